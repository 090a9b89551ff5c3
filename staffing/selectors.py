"""Reads of approved seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.models import AuditEntry
from organization.access import Viewer, scope_for, scoped
from organization.models import Permission, Unit, units_on
from staffing.models import QuotaAllocation, QuotaPlan, plans_on


@dataclass(frozen=True, slots=True)
class Approved:
    """The seats of a unit on a day. `shared`: how many of them are shared out below it."""

    allocation: QuotaAllocation
    number: int
    shared: int
    reason: str

    @property
    def plan(self) -> QuotaPlan:
        return self.allocation.plan


def approved_on_for_system(units: Iterable[Unit], day: date) -> dict[int, Approved]:
    """The seats of units on a day, by the unit's first row; a unit without any is missing. One query.

    Where several plans name a unit, the one of the nearest unit counts: a county's own before its city's.
    """
    rows = (
        QuotaAllocation.objects.filter(plans_on(day, "plan__"), unit__lineage__in=[unit.first_row for unit in units])
        .select_related("plan__unit", "unit")
        .annotate(shared=Sum("children__number", default=0))
        .order_by("plan__unit__path", "pk")
    )
    return {row.unit.first_row: Approved(row, row.number, row.shared, row.reason) for row in rows}


def plan_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_QUOTA) -> QuotaPlan:
    """A plan of a unit on which the user holds the permission; else NotFound."""
    plans = QuotaPlan.objects.filter(pk=number).select_related("unit")
    plan: QuotaPlan | None = scoped(user, permission, plans, "unit__path").first()
    if plan is None:
        raise NotFound(_("There is no such staffing plan."))
    return plan


def allocation_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_QUOTA) -> QuotaAllocation:
    """The seats of a unit on which the user holds the permission; else NotFound."""
    rows = QuotaAllocation.objects.filter(pk=number).select_related("plan__unit", "unit", "parent__unit")
    row: QuotaAllocation | None = scoped(user, permission, rows, "unit__path").first()
    if row is None:
        raise NotFound(_("There is no such allocation of seats."))
    return row


def unit_of_quota(*, user: Viewer, number: int, permission: str = Permission.VIEW_QUOTA) -> Unit:
    """The newest row of a unit on which the user holds the permission; else NotFound."""
    scope = scope_for(user, permission)
    asked = scope.filter(Unit.objects.filter(pk=number), "path").first()
    if asked is None:
        raise NotFound(_("There is no such unit."))
    newest = Unit.objects.filter(lineage=asked.first_row).order_by("-valid_from").select_related("parent")[0]
    return newest if scope.covers(newest.path) else asked


@dataclass(frozen=True, slots=True)
class PlanNumbers:
    """A plan with the seats of a unit in it, of which `shared` are shared out below."""

    plan: QuotaPlan
    allocation: QuotaAllocation
    shared: int
    may_change: bool


def plans_of_unit(*, user: Viewer, unit: Unit) -> list[PlanNumbers]:
    """Every plan that names a unit, the newest first: its own and those of units above it. One query.

    Raises NotFound for a unit on which the user may not look at seats.
    """
    if not scope_for(user, Permission.VIEW_QUOTA).covers(unit.path):
        raise NotFound(_("There is no such unit."))
    changes = scope_for(user, Permission.CHANGE_QUOTA)
    rows = (
        QuotaAllocation.objects.filter(unit__lineage=unit.first_row)
        .select_related("plan__unit", "unit")
        .annotate(shared=Sum("children__number", default=0))
        .order_by("-plan__start", "-plan")
    )
    return [PlanNumbers(row.plan, row, row.shared, changes.covers(row.plan.unit.path)) for row in rows]


def allocations_of_plan(*, user: Viewer, plan: QuotaPlan) -> QuerySet[QuotaAllocation]:
    """The seats of a plan that the user may look at, in the order of the tree."""
    rows = QuotaAllocation.objects.filter(plan=plan).select_related("unit", "parent")
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path").order_by("unit__path")


def units_to_share_for_system(unit: Unit, start: date, today: date | None = None) -> list[Unit]:
    """The units directly below one, among which its seats are shared out: as of today, or of a later first day."""
    day = max(start, today or timezone.localdate())
    return list(Unit.objects.filter(units_on(day), parent__path=unit.path).order_by("path"))


def acts_of_plan(*, user: Viewer, plan: QuotaPlan, most: int = 200) -> list[AuditEntry]:
    """What was done with a plan and its seats, the newest first. One query; nothing outside the user's units."""
    if not scope_for(user, Permission.VIEW_QUOTA).covers(plan.unit.path):
        return []
    return list(
        AuditEntry.objects.filter(object_type=QuotaPlan._meta.label_lower, object_id=str(plan.pk)).order_by("-pk")[
            :most
        ]
    )
