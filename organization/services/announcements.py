"""Writes of announcements."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Announcement, Permission, Unit, User

LONGEST = timedelta(days=366)  # what stands for longer is read by nobody


@transaction.atomic
def announcement_write(*, actor: User | None, unit: Unit, text: str, start: date, end: date) -> Announcement:
    """Tell something to whoever holds a role on a unit or below, from `start` until and without `end`.

    Raises Refused with everything that is wrong with the days and the text.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_ANNOUNCEMENTS, unit)
    text = " ".join(text.split())
    errors: dict[str, list[str]] = {}
    if not text:
        errors["text"] = [_("Write what the announcement says.")]
    elif len(text) > 500:
        errors["text"] = [_("The announcement has %(count)s characters, more than 500.") % {"count": len(text)}]
    if end <= start:
        errors["end"] = [_("The announcement would end before it begins. Give a later day.")]
    elif end - start > LONGEST:
        errors["end"] = [_("An announcement stands for a year at most. Give an earlier day.")]
    elif end <= timezone.localdate():
        errors["end"] = [_("Nobody would see it: the last day has passed. Give a later day.")]
    if errors:
        raise Refused([one for found in errors.values() for one in found], errors)
    told = Announcement.objects.create(unit=unit, text=text, start=start, end=end, written_by=actor)
    audit(
        actor=actor,
        action="organization.announcement.write",
        obj=told,
        unit_code=unit.code,
        after={"text": text, "start": str(start), "end": str(end)},
    )
    return told


@transaction.atomic
def announcement_end(*, actor: User | None, announcement: Announcement) -> Announcement:
    """Nobody sees it from today on. Raises Conflict where it has ended already."""
    told = Announcement.objects.select_for_update(of=("self",)).select_related("unit").get(pk=announcement.pk)
    if actor is not None:
        require(actor, Permission.CHANGE_ANNOUNCEMENTS, told.unit)
    today = timezone.localdate()
    if told.end <= today:
        raise Conflict(_("This announcement has ended already, on %(day)s.") % {"day": told.end})
    before = {"end": str(told.end)}
    told.end = max(today, told.start)
    told.save(update_fields=["end"])
    audit(
        actor=actor,
        action="organization.announcement.end",
        obj=told,
        unit_code=told.unit.code,
        before=before,
        after={"end": str(told.end)},
    )
    return told
