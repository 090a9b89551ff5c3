"""Proposing to delete files whose time is over, and confirming or refusing it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.services import audit
from cwms.retention.due import HOLDS, files_due, files_due_for_system, holds_of, place_of_for_system
from organization.access import scope_for
from organization.models import Permission, User
from personnel.models import Deletion, Person
from personnel.models.deletions import MOST_FILES

MOST_DOCUMENT, MOST_REASON = 200, 300


@transaction.atomic
def deletion_propose(*, actor: User, people: Collection[int], document: str) -> Deletion:
    """Propose to delete the files of some people, on a document (the approval of the destruction, its number).

    Raises NotFound for a file that isn't due or not the actor's to propose, Refused with everything that is wrong: what
    holds which file, more than MOST_FILES, no document.
    """
    list(Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=people).order_by("pk").values("pk"))
    found = list(files_due(user=actor, day=timezone.localdate()).filter(pk__in=people))
    if len(found) < len(set(people)):
        raise NotFound(_("There is no such file among those whose time is over."))
    document = " ".join(document.split())
    errors: list[str] = []
    fields: dict[str, list[str]] = {}
    if not found:
        errors.append(_("Choose at least one file."))
    if len(found) > MOST_FILES:
        text = ngettext(
            "Choose at most %(most)s file at a time.", "Choose at most %(most)s files at a time.", MOST_FILES
        )
        errors.append(text % {"most": MOST_FILES})
    for person in found:
        errors += _held(person, holds_of(person))
    if not 2 <= len(document) <= MOST_DOCUMENT:
        text = _("Name the document, in 2 to %(most)s characters.") % {"most": MOST_DOCUMENT}
        errors.append(text)
        fields["document"] = [text]
    numbers = sorted(person.pk for person in found)
    place = place_of_for_system(numbers) if numbers else ""
    if numbers and not place:
        errors.append(_("These files belong to different provinces. Propose those of each by themselves."))
    if errors:
        raise Refused(errors, fields)
    made = Deletion.objects.create(people=numbers, unit_path=place, document=document, proposed_by=actor)
    after = {"files": len(numbers), "document": document}
    audit(actor=actor, action="personnel.deletion.propose", obj=made, unit_code=actor.unit_code, after=after)
    return made


@transaction.atomic
def deletion_confirm(*, actor: User, deletion: Deletion) -> Deletion:
    """Delete what another user proposed: every table, earlier rows, files and what the trail says, or nothing at all.

    Raises NotFound outside the actor's units, NotAllowed for one's own proposal, Conflict where it is decided already,
    Refused with everything that holds a file by now.
    """
    found = _locked(actor, deletion)
    people = list(Person.objects.select_for_update(of=("self",)).filter(pk__in=found.people).order_by("pk"))
    _still_due(found, people)
    found.decided_by, found.decided_at, found.confirmed = actor, timezone.now(), True
    found.save(update_fields=["decided_by", "decided_at", "confirmed"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT personnel_delete_files(%s)", [found.pk])
    found.refresh_from_db()
    report = found.report or {}
    after = {**{name: report[name] for name in ("files", "stubs", "redactions")}, "digest": found.digest}
    audit(actor=actor, action="personnel.deletion.confirm", obj=found, unit_code=actor.unit_code, after=after)
    return found


@transaction.atomic
def deletion_refuse(*, actor: User, deletion: Deletion, reason: str) -> Deletion:
    """Leave the files as they are. Raises NotFound, NotAllowed, Conflict as `deletion_confirm`, Refused without a reason."""
    found = _locked(actor, deletion)
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= MOST_REASON:
        text = _("Say why, in 2 to %(most)s characters.") % {"most": MOST_REASON}
        raise Refused([text], {"reason": [text]})
    found.decided_by, found.decided_at, found.confirmed, found.reason = actor, timezone.now(), False, reason
    found.save(update_fields=["decided_by", "decided_at", "confirmed", "reason"])
    audit(
        actor=actor, action="personnel.deletion.refuse", obj=found, unit_code=actor.unit_code, after={"reason": reason}
    )
    return found


def _held(person: Person, holds: Iterable[str]) -> list[str]:
    """What holds a file, a sentence each."""
    return [
        _("The file of %(person)s stays: %(hold)s.") % {"person": person.name, "hold": HOLDS[name]} for name in holds
    ]


def _locked(actor: User, deletion: Deletion) -> Deletion:
    """The proposal, which the actor may decide and nobody else decides meanwhile."""
    found = Deletion.objects.select_for_update(of=("self",)).filter(pk=deletion.pk).first()
    scope = scope_for(actor, Permission.CONFIRM_DELETION)
    if found is None or not scope.covers(found.unit_path):
        raise NotFound(_("There is no such deletion."))
    if found.proposed_by_id == actor.pk:
        raise NotAllowed(_("Nobody confirms what they proposed. Another user who may do this decides."))
    if found.confirmed is not None:
        raise Conflict(_("This deletion is decided already."))
    return found


def _still_due(found: Deletion, people: Collection[Person]) -> None:
    day = timezone.localdate()
    due = {one.person_id: one.holds for one in files_due_for_system(day, people=found.people)}
    errors: list[str] = []
    for person in people:
        if person.pk not in due:
            errors.append(_("The file of %(person)s stays: its time is not over.") % {"person": person.name})
        errors += _held(person, [name for name in due.get(person.pk, ()) if name != "proposed"])
    if len(people) < len(found.people):
        errors.append(_("A file of this deletion is gone. Refuse it, and propose the others anew."))
    if errors:
        raise Refused(errors)
