"""Seats that nobody may fill for a time. Each act leaves its trace at the freeze."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import newest_row, take_tree
from staffing.models import SeatFreeze
from staffing.selectors import approved_on_for_system
from staffing.services.steps import Faults, locked_freeze, refuse, say


@transaction.atomic
def seats_freeze(
    *,
    actor: User | None,
    unit: Unit,
    number: int,
    start: date,
    document: str,
    end: date | None = None,
    reason: str = "",
) -> SeatFreeze:
    """Nobody may fill `number` seats of a unit from a day on, until (and without) `end`.

    Whoever fills one of them stays. Raises Refused with all that is wrong by value: above all more seats than are
    approved and not frozen yet.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, unit)
    take_tree()  # whoever is being employed now was let in without this: they are counted first
    unit, first_day = newest_row(unit)
    freeze = SeatFreeze(
        unit=unit, number=number, start=start, end=end, document=document.strip(), reason=reason.strip()
    )
    faults: Faults = {}
    if start < first_day:
        say(faults, "start", _("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": first_day})
    if end is not None and end <= start:
        text = _("The freeze would end on %(end)s, before it begins on %(start)s.")
        say(faults, "end", text % {"end": end, "start": start})
    if not 1 <= len(freeze.document) <= 100:
        say(faults, "document", _("Name the document that freezes the seats, in 1 to 100 characters."))
    if len(freeze.reason) > 200:
        text = _("The reason has %(found)s characters; 200 at most.")
        say(faults, "reason", text % {"found": len(freeze.reason)})
    _number_fault(faults, freeze)
    refuse(faults)
    freeze.save()
    audit(actor=actor, action="staffing.freeze.enter", obj=freeze, unit_code=unit.code, after=_state(freeze))
    return freeze


@transaction.atomic
def freeze_lift(*, actor: User | None, freeze: SeatFreeze, end: date) -> SeatFreeze:
    """The seats may be filled again from `end` on; on the first day of the freeze: it was entered by mistake.

    Raises Refused for a day before its first, Conflict where it ends on such a day or earlier already.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, freeze.unit)
    freeze = locked_freeze(freeze)
    words = {"unit": freeze.unit.name, "start": freeze.start, "end": freeze.end, "day": end}
    if freeze.end is not None and end >= freeze.end:
        raise Conflict(_("The freeze of seats of %(unit)s ends on %(end)s already.") % words)
    if end < freeze.start:
        text = _("The freeze of seats of %(unit)s would end on %(day)s, before it begins on %(start)s.") % words
        refuse({"end": [text]})
    before = _state(freeze)
    freeze.end = end
    freeze.save(update_fields=["end"])
    audit(
        actor=actor,
        action="staffing.freeze.lift",
        obj=freeze,
        unit_code=freeze.unit.code,
        before=before,
        after=_state(freeze),
    )
    return freeze


def _number_fault(faults: Faults, freeze: SeatFreeze) -> None:
    """A freeze is of seats that there are, and that no other freeze holds."""
    words = {"unit": freeze.unit.name, "day": freeze.start, "number": freeze.number}
    approved = approved_on_for_system([freeze.unit], freeze.start).get(freeze.unit.first_row)
    if freeze.number < 1:
        say(faults, "number", _("Say how many seats are frozen: 1 or more."))
    elif approved is None:
        text = _("No document approves seats of %(unit)s on %(day)s, so none can be frozen. Enter the plan first.")
        say(faults, "number", text % words)
    elif freeze.number > approved.number - approved.frozen:
        words |= {"seats": approved.number, "frozen": approved.frozen}
        text = _("%(unit)s has %(seats)s seats on %(day)s, of which %(frozen)s are frozen: %(number)s more can't be.")
        say(faults, "number", text % words)


def _state(freeze: SeatFreeze) -> dict[str, Any]:
    return {
        "unit": freeze.unit.code,
        "number": freeze.number,
        "start": str(freeze.start),
        "end": str(freeze.end) if freeze.end else None,
        "document": freeze.document,
        "reason": freeze.reason,
    }
