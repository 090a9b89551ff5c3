"""Reads of announcements: those that are for somebody, and those that somebody may write and take back."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Viewer, rights_of, scope_for
from organization.models import Announcement, Grant, Permission, Unit, User, units_on


def announcements_for(*, user: Viewer, day: date | None = None) -> QuerySet[Announcement]:
    """What is shown on a day (today unless given) to whoever holds a role on the announcement's unit or below it.

    The newest first. Units count as what they are called and where they belong on the day.
    """
    day = day or timezone.localdate()
    if not isinstance(user, User) or not rights_of(user, today=day).anywhere:
        return Announcement.objects.none()
    grants = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), user=user, valid_from__lte=day)
    told = Unit.objects.filter(units_on(day), lineage=OuterRef("unit__lineage")).values("path")[:1]
    held = Unit.objects.filter(
        units_on(day), lineage__in=grants.values("unit__lineage"), path__startswith=OuterRef("told")
    )
    return (
        Announcement.objects.filter(start__lte=day, end__gt=day)
        .alias(told=Subquery(told))
        .filter(Exists(held))
        .select_related("unit")
    )


def announcements_list(*, user: Viewer) -> QuerySet[Announcement]:
    """Those of the units for which the user may write some: what is shown or will be, and what has ended, newest first."""
    scope = scope_for(user, Permission.CHANGE_ANNOUNCEMENTS)
    return scope.filter(Announcement.objects.select_related("unit", "written_by"), "unit__path")


def announcement_for(*, user: Viewer, number: int) -> Announcement:
    """One of those that the user may take back; else NotFound."""
    found = announcements_list(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such announcement."))
    return found
