"""Before and after somebody leaves: what they hand over, and where their archive goes."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound, Refused
from core.services import audit
from organization.models import User
from personnel.models import Archive, ArchiveDispatch, Employment, EndReason, HandoverItem, HandoverKind, Loan
from personnel.selectors.employing import handed_over_for_system
from personnel.services.steps import (
    columns_of,
    lock_person,
    name_writer,
    refuse,
    require_person,
    save_new,
    state_of,
    too_long,
)


@transaction.atomic
def handover_begin(*, actor: User | None, employment: Employment, code: str = "") -> list[HandoverItem]:
    """The list of what somebody hands over before their employment ends, with an item for each kind; what is there stays.

    code: the place's reason of leaving, which may name its kinds; else the common ones.
    """
    require_person(actor, employment.person)
    lock_person(employment.person)
    known = set(HandoverItem.objects.filter(employment=employment).values_list("kind", flat=True))
    wanted = handed_over_for_system(employment.unit, timezone.localdate(), code)
    made = HandoverItem.objects.bulk_create(
        HandoverItem(employment=employment, kind=kind, entered_by=actor) for kind in wanted if kind not in known
    )
    audit(
        actor=actor,
        action="personnel.handover.begin",
        obj=employment,
        unit_code=employment.unit.code,
        after={"kinds": [item.kind for item in made]},
    )
    return made


@transaction.atomic
def handover_add(*, actor: User | None, employment: Employment, kind: str, what: str) -> HandoverItem:
    """One more thing on the list. Raises Refused for no kind or no words, Conflict for what is there already."""
    require_person(actor, employment.person)
    lock_person(employment.person)
    errors: dict[str, list[str]] = {}
    if kind not in HandoverKind.values:
        errors["kind"] = [_("Choose what kind of thing it is.")]
    if not what.strip():
        errors["what"] = [_("Say what exactly is handed over.")]
    refuse(errors | too_long(HandoverItem, what=what))
    item = HandoverItem(employment=employment, kind=kind, what=what.strip(), entered_by=actor)
    save_new(item, _("This is on the list already."))
    _say(actor, "add", item)
    return item


@transaction.atomic
def handover_sign(
    *, actor: User | None, item: HandoverItem, receiver: str = "", day: date | None = None, left_open: str = ""
) -> HandoverItem:
    """Somebody has taken a thing over on a day; or it stays open for a reason, and whoever leaves may go all the same.

    Raises Refused with all that is wrong, Conflict for what has been signed already.
    """
    person = item.employment.person
    require_person(actor, person)
    lock_person(person)
    found = HandoverItem.objects.select_for_update(of=("self",)).filter(pk=item.pk).first()
    if found is None:
        raise NotFound(_("There is no such row."))
    if found.signed is not None:
        raise Conflict(_("%(name)s took it over on %(day)s already.") % {"name": found.receiver, "day": found.signed})
    errors: dict[str, list[str]] = {}
    reason = left_open.strip()
    if reason and (receiver.strip() or day is not None):
        errors["left_open"] = [_("It is either taken over or stays open: fill in one of both.")]
    elif not reason:
        if not receiver.strip():
            errors["receiver"] = [_("Say who takes it over, or why it stays open.")]
        if day is None or day > timezone.localdate():
            errors["day"] = [_("Give the day on which it was taken over, today at the latest.")]
        elif day < found.employment.start:
            errors["day"] = [_("The employment begins on %(day)s.") % {"day": found.employment.start}]
    refuse(errors | too_long(HandoverItem, receiver=receiver, left_open=reason))
    before = state_of(found, columns_of(found))
    found.receiver, found.signed, found.left_open = receiver.strip(), day, reason
    found.save(update_fields=["receiver", "signed", "left_open"])
    _say(actor, "sign", found, before)
    return found


def refuse_open_handover(employment: Employment, reason: str) -> None:
    """Raises Refused while something on the list of an employment is neither taken over nor left open for a reason.

    What was entered by mistake hands nothing over; neither does who moves on inside the house.
    """
    if reason in (EndReason.CORRECTED, EndReason.TRANSFERRED):
        return
    waiting = [str(item) for item in HandoverItem.objects.filter(employment=employment) if item.is_open]
    if waiting:
        raise Refused(
            [
                _("%(person)s has not handed over yet: %(items)s. Have each signed, or say why it stays open.")
                % {"person": employment.person.name, "items": "、".join(waiting)}
            ]
        )


@transaction.atomic
def archive_dispatch(
    *, actor: User | None, archive: Archive, destination: str, number: str, sent: date
) -> ArchiveDispatch:
    """The archive of somebody who has left goes to whoever keeps it from now on, under a number.

    Raises Refused with all that is wrong, Conflict for one that is away already.
    """
    person = archive.person
    require_person(actor, person)
    lock_person(person)
    errors: dict[str, list[str]] = {}
    if not destination.strip():
        errors["destination"] = [_("Say who keeps the archive from now on.")]
    if not number.strip():
        errors["number"] = [_("Give the number of the dispatch.")]
    if sent < archive.opened or sent > timezone.localdate():
        errors["sent"] = [_("It can have been sent from %(first)s to today.") % {"first": archive.opened}]
    elif (working := person.employments.filter(end__isnull=True).first()) is not None:
        errors[""] = [
            _("%(person)s works in %(unit)s: the archive goes elsewhere only after they have left.")
            % {"person": person.name, "unit": working.unit.name}
        ]
    if Loan.objects.filter(archive=archive, end__isnull=True).exists():
        errors.setdefault("", []).append(_("The archive is lent out. Enter its return first."))
    refuse(errors | too_long(ArchiveDispatch, destination=destination, number=number))
    row = ArchiveDispatch(
        archive=archive, destination=destination.strip(), number=number.strip(), sent=sent, sent_by=actor
    )
    save_new(row, _("The archive is away already, or the number %(number)s is taken.") % {"number": number.strip()})
    _say(actor, "send", row)
    return row


@transaction.atomic
def archive_receipt(*, actor: User | None, dispatch: ArchiveDispatch, receipt: str, day: date) -> ArchiveDispatch:
    """The receipt has come: whoever the archive was sent to has it. Raises Refused, Conflict for a second receipt."""
    return _told(actor, dispatch, "receipt", receipt=receipt, day=day)


@transaction.atomic
def archive_come_back(*, actor: User | None, dispatch: ArchiveDispatch, day: date) -> ArchiveDispatch:
    """The archive is here again: it wasn't taken, or who had left has come back. Raises Refused."""
    return _told(actor, dispatch, "back", day=day)


def _told(actor: User | None, dispatch: ArchiveDispatch, act: str, *, day: date, receipt: str = "") -> ArchiveDispatch:
    person = dispatch.archive.person
    require_person(actor, person)
    lock_person(person)
    found = ArchiveDispatch.objects.select_for_update(of=("self",)).get(pk=dispatch.pk)
    if found.returned is not None or (act == "receipt" and found.received is not None):
        raise Conflict(_("This is on record already. Look at the archive as it is now."))
    errors: dict[str, list[str]] = {}
    if act == "receipt" and not receipt.strip():
        errors["receipt"] = [_("Give the number of the receipt, or who signed it.")]
    if day < found.sent or day > timezone.localdate():
        errors["day"] = [_("It can have happened from %(first)s to today.") % {"first": found.sent}]
    refuse(errors | too_long(ArchiveDispatch, receipt=receipt))
    before = state_of(found, columns_of(found))
    if act == "receipt":
        found.receipt, found.received = receipt.strip(), day
    else:
        found.returned = day
    found.save(update_fields=["receipt", "received", "returned"])
    _say(actor, act, found, before)
    return found


def _say(
    actor: User | None, act: str, row: HandoverItem | ArchiveDispatch, before: dict[str, object] | None = None
) -> None:
    name_writer(actor, act)
    name = "handover" if isinstance(row, HandoverItem) else "dispatch"
    audit(
        actor=actor,
        action=f"personnel.{name}.{act}",
        obj=row,
        before=before,
        after=state_of(row, columns_of(row)),
    )
