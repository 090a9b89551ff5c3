"""Writes of the calendar: days off, and weekend days worked instead."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import CalendarDay, DayKind
from core.errors import NotAllowed, NotFound, Refused
from core.services import audit
from organization.access import may_somewhere
from organization.models import Permission, User


@transaction.atomic
def calendar_day_set(*, actor: User | None, day: date, kind: str, name: str) -> CalendarDay:
    """Say of a day that it is off, or worked instead. Raises Refused for an unknown kind or without a name."""
    _require(actor)
    errors = {}
    if kind not in DayKind.values:
        errors["kind"] = [_("“%(kind)s” is no kind of day.") % {"kind": kind}]
    if not name.strip() or len(name.strip()) > 60:
        errors["name"] = [_("Say in at most 60 characters what day this is.")]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    row, _created = CalendarDay.objects.update_or_create(day=day, defaults={"kind": kind, "name": name.strip()})
    audit(
        actor=actor, action="approvals.calendar.set", obj=row, after={"day": str(day), "kind": kind, "name": row.name}
    )
    return row


@transaction.atomic
def calendar_day_remove(*, actor: User | None, day: date) -> None:
    """The day is what its weekday says again. Raises NotFound if nothing is said of it."""
    _require(actor)
    row = CalendarDay.objects.select_for_update().filter(day=day).first()
    if row is None:
        raise NotFound(_("Nothing is entered for %(day)s.") % {"day": day})
    audit(actor=actor, action="approvals.calendar.remove", obj=row, before={"day": str(day), "kind": row.kind})
    row.delete()


def _require(actor: User | None) -> None:
    if actor is not None and not may_somewhere(actor, Permission.CHANGE_CALENDAR):
        raise NotAllowed(_("Only a system administrator changes the calendar."))
