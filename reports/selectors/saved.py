"""Reports that users have saved, and those that were made for them."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.rules import Todo
from organization.access import scope_for
from organization.models import Permission, User
from reports.models import MadeReport, MadeState, SavedReport


def reports_saved(*, user: User) -> QuerySet[SavedReport]:
    """The user's own, and those that others share in the user's units, by name."""
    mine = scope_for(user, Permission.VIEW_STATISTICS)
    shared = Q(shared=True) & mine.q("unit__path")
    return SavedReport.objects.filter(Q(owner=user) | shared).select_related("unit", "owner").order_by("name", "pk")


def report_for(*, user: User, number: int) -> SavedReport:
    """One that the user may run. Raises NotFound."""
    found = reports_saved(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such report among yours."))
    return found


def reports_made(*, user: User) -> QuerySet[MadeReport]:
    """What was made for the user and is still kept, the newest first."""
    return MadeReport.objects.filter(owner=user).select_related("unit").defer("content").order_by("-pk")


def made_for(*, user: User, number: int) -> MadeReport:
    """One that was made for the user, with its content. Raises NotFound."""
    found = MadeReport.objects.filter(owner=user, pk=number).select_related("unit").first()
    if found is None:
        raise NotFound(_("There is no such report among yours. Files are removed after a while: have it made again."))
    return found


def reports_waiting(*, user: User) -> list[Todo]:
    """For the workplace: what was made and the user has not seen, oldest first. One query."""
    rows = reports_made(user=user).filter(seen__isnull=True).exclude(state=MadeState.WAITING).order_by("pk")
    return [
        Todo(
            label=_("Report “%(name)s” of %(day)s") % {"name": row.name, "day": row.day},
            unit=row.unit.name,
            since=timezone.localdate(row.created),
            mine=False,
            state=str(row.get_state_display()),
            url_name="reports:made",
            url_args=(row.pk,),
        )
        for row in rows
    ]
