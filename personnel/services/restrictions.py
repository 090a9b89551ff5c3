"""Restricting what is done with a file, and lifting that."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.services import audit
from organization.models import User
from personnel.models import Person, Restriction
from personnel.services.steps import lock_person, refuse, require_person

MOST_REASON, MOST_DOCUMENT = 300, 200


@transaction.atomic
def restriction_set(*, actor: User, person: Person, reason: str, document: str, start: date | None) -> Restriction:
    """From a day on the file is masked in lists, exports and statistics by name; pay and evaluation go on.

    Raises NotAllowed, Refused with everything that is wrong, Conflict where it is restricted already.
    """
    require_person(actor, person)
    person = lock_person(person)
    errors = _faults(reason, document)
    if start is None:
        errors["start"] = [_("Give the day.")]
    refuse(errors)
    assert start is not None
    if Restriction.objects.filter(person=person, end=None).exists():
        raise Conflict(_("The file of %(person)s is restricted already. Lift that first.") % {"person": person.name})
    made = Restriction.objects.create(
        person=person, reason=reason.strip(), document=document.strip(), start=start, set_by=actor
    )
    after = {"reason": made.reason, "document": made.document, "start": str(start)}
    audit(actor=actor, action="personnel.restriction.set", obj=person, after=after)
    return made


@transaction.atomic
def restriction_lift(*, actor: User, person: Person, reason: str, document: str) -> Restriction:
    """From today on the file is as any other again. Raises NotAllowed, Refused, Conflict where nothing restricts it."""
    require_person(actor, person)
    lock_person(person)
    refuse(_faults(reason, document))
    found = Restriction.objects.select_for_update(of=("self",)).filter(person=person, end=None).first()
    if found is None:
        raise Conflict(_("Nothing restricts the file of %(person)s any more.") % {"person": person.name})
    found.end = max(timezone.localdate(), found.start)
    found.lifted_by, found.lift_reason, found.lift_document = actor, reason.strip(), document.strip()
    found.save(update_fields=["end", "lifted_by", "lift_reason", "lift_document"])
    after = {"reason": found.lift_reason, "document": found.lift_document, "end": str(found.end)}
    audit(actor=actor, action="personnel.restriction.lift", obj=person, after=after)
    return found


def _faults(reason: str, document: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 2 <= len(reason.strip()) <= MOST_REASON:
        errors["reason"] = [_("Say why, in 2 to %(most)s characters.") % {"most": MOST_REASON}]
    if not 2 <= len(document.strip()) <= MOST_DOCUMENT:
        errors["document"] = [_("Name the document, in 2 to %(most)s characters.") % {"most": MOST_DOCUMENT}]
    return errors
