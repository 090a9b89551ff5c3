"""Reads of approved seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.models import AuditEntry
from organization.access import Scope, Viewer, scope_for, scoped
from organization.models import Permission, Unit, User, units_on
from staffing.models import IssuerLevel, QuotaAllocation, QuotaPlan, SeatFreeze, holds_on


@dataclass(frozen=True, slots=True)
class Approved:
    """The seats of a unit on a day. `shared`: how many of them are shared out below it. `frozen`: how many of them, in
    it or below it, nobody may fill."""

    allocation: QuotaAllocation
    number: int
    shared: int
    reason: str
    frozen: int = 0

    @property
    def plan(self) -> QuotaPlan:
        return self.allocation.plan


def approved_on_for_system(units: Iterable[Unit], day: date) -> dict[int, Approved]:
    """The seats of units on a day, by the unit's first row; a unit without any is missing. One query.

    Where several plans name a unit, the one of the nearest unit counts: a county's own before its city's.
    """
    frozen = SeatFreeze.objects.filter(holds_on(day), unit__path__startswith=OuterRef("unit__path")).order_by()
    # A sum of its own for each row and no GROUP BY: what was known earlier comes from views, which have no primary key.
    shared = QuotaAllocation.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    rows = (
        QuotaAllocation.objects.filter(holds_on(day, "plan__"), unit__lineage__in=[unit.first_row for unit in units])
        .select_related("plan__unit", "unit")
        .annotate(
            shared=Coalesce(Subquery(shared.annotate(seats=Sum("number")).values("seats")), 0),
            frozen=Coalesce(Subquery(frozen.values(all=Value(1)).annotate(seats=Sum("number")).values("seats")), 0),
        )
        .order_by("plan__unit__path", "pk")
    )
    return {row.unit.first_row: Approved(row, row.number, row.shared, row.reason, row.frozen) for row in rows}


def seats_below_for_system(units: Iterable[Unit], day: date) -> dict[int, int]:
    """The sum of the seats of the highest plans below each unit on a day, by the unit's first row; a unit without any is
    missing. One query.
    """
    units = list(units)
    roots = QuotaAllocation.objects.filter(holds_on(day, "plan__"), parent__isnull=True)
    rows = (
        roots.filter(Scope.of(unit.path for unit in units).q("unit__path"))
        .order_by("unit__path")
        .values_list("unit__path", "number")
        if units
        else []
    )
    highest: list[tuple[str, int]] = []
    for path, number in rows:
        if not highest or not path.startswith(highest[-1][0]):
            highest.append((path, number))
    found: dict[int, int] = {}
    for unit in units:
        numbers = [number for path, number in highest if path.startswith(unit.path)]
        if numbers:
            found[unit.first_row] = sum(numbers)
    return found


def freezes_of_unit(*, user: Viewer, unit: Unit) -> QuerySet[SeatFreeze]:
    """The freezes of seats of a unit and of what lies below it, also of past ones, the newest first.

    Raises NotFound for a unit on which the user may not look at seats.
    """
    if not scope_for(user, Permission.VIEW_QUOTA).covers(unit.path):
        raise NotFound(_("There is no such unit."))
    rows = SeatFreeze.objects.filter(unit__path__startswith=unit.path).select_related("unit")
    return rows.order_by("-start", "-pk")


def freeze_for(*, user: Viewer, number: int) -> SeatFreeze:
    """A freeze of seats of a unit on which the user may look at seats; else NotFound."""
    rows = SeatFreeze.objects.filter(pk=number).select_related("unit")
    freeze: SeatFreeze | None = scoped(user, Permission.VIEW_QUOTA, rows, "unit__path").first()
    if freeze is None:
        raise NotFound(_("There is no such freeze of seats."))
    return freeze


def freezes_list(*, user: Viewer) -> QuerySet[SeatFreeze]:
    """The freezes of seats, also past ones, of the units on which the user may look at seats."""
    rows = SeatFreeze.objects.select_related("unit")
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path")


def plans_list(*, user: Viewer) -> QuerySet[QuotaPlan]:
    """The plans, also ended ones, of the units on which the user may look at seats; `number`: their seats."""
    root = QuotaAllocation.objects.filter(plan=OuterRef("pk"), parent=None).values("number")
    rows = QuotaPlan.objects.select_related("unit").annotate(number=Subquery(root))
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path")


def allocations_list(*, user: Viewer) -> QuerySet[QuotaAllocation]:
    """The seats, by plan, of the units on which the user may look at seats: also by plans of units above them."""
    rows = QuotaAllocation.objects.select_related("plan", "unit", "parent__unit")
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path")


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
    """A plan with the seats of a unit in it, of which `shared` are shared out below. opens: the user may look at it."""

    plan: QuotaPlan
    allocation: QuotaAllocation
    shared: int
    opens: bool


def plans_of_unit(*, user: Viewer, unit: Unit) -> list[PlanNumbers]:
    """Every plan that names a unit, the newest first: its own and those of units above it. One query.

    Raises NotFound for a unit on which the user may not look at seats.
    """
    mine = scope_for(user, Permission.VIEW_QUOTA)
    if not mine.covers(unit.path):
        raise NotFound(_("There is no such unit."))
    rows = (
        QuotaAllocation.objects.filter(unit__lineage=unit.first_row)
        .select_related("plan__unit", "unit")
        .annotate(shared=Sum("children__number", default=0))
        .order_by("-plan__start", "-plan")
    )
    return [PlanNumbers(row.plan, row, row.shared, mine.covers(row.plan.unit.path)) for row in rows]


def allocations_of_plan(*, user: Viewer, plan: QuotaPlan) -> QuerySet[QuotaAllocation]:
    """The seats of a plan that the user may look at, in the order of the tree."""
    rows = QuotaAllocation.objects.filter(plan=plan).select_related("unit", "parent__unit")
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path").order_by("unit__path")


def allocations_below(*, user: Viewer, allocation: QuotaAllocation) -> QuerySet[QuotaAllocation]:
    """What the units directly below have of a unit's seats, as far as the user may look at it."""
    rows = QuotaAllocation.objects.filter(parent=allocation).select_related("unit")
    return scoped(user, Permission.VIEW_QUOTA, rows, "unit__path").order_by("unit__path")


def units_to_share_for_system(unit: Unit, start: date, today: date | None = None) -> list[Unit]:
    """The units directly below one, among which its seats are shared out: as of today, or of a later first day."""
    day = max(start, today or timezone.localdate())
    return list(Unit.objects.filter(units_on(day), parent__path=unit.path).order_by("path"))


@dataclass(frozen=True, slots=True)
class Alteration:
    """A value of a plan before and after an act, in words; "" for none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Act:
    """What was done with a plan, when and by whom."""

    at: datetime
    name: str
    actor: str
    changes: list[Alteration]


def acts_of_plan(*, user: Viewer, plan: QuotaPlan, most: int = 200) -> list[Act]:
    """What was done with a plan and its seats, the newest first; nothing outside the user's units. Three queries."""
    if not scope_for(user, Permission.VIEW_QUOTA).covers(plan.unit.path):
        return []
    mine = AuditEntry.objects.filter(object_type=QuotaPlan._meta.label_lower, object_id=str(plan.pk))
    entries = list(mine.order_by("-pk")[:most])
    codes = {
        code
        for entry in entries
        for state in (entry.before or {}, entry.after or {})
        for code in (*state.get("shares", {}), state.get("unit"))
        if code
    }
    units: dict[str, str] = dict(Unit.objects.filter(code__in=codes).order_by("valid_from").values_list("code", "name"))
    people: dict[str, str] = dict(
        User.objects.filter(username__in={entry.actor_name for entry in entries}).values_list(
            "username", "display_name"
        )
    )
    names = _act_names()
    return [
        Act(
            at=entry.at,
            name=names.get(entry.action, entry.action),
            actor=people.get(entry.actor_name, entry.actor_name),
            changes=_alterations(entry.before or {}, entry.after or {}, units),
        )
        for entry in entries
    ]


def _act_names() -> dict[str, str]:
    return {
        "staffing.plan.enter": _("entered"),
        "staffing.plan.correct": _("corrected"),
        "staffing.plan.allocate": _("shared out"),
        "staffing.plan.explain": _("reason written down"),
        "staffing.plan.close": _("ended"),
    }


def _alterations(before: dict[str, Any], after: dict[str, Any], units: dict[str, str]) -> list[Alteration]:
    """What differs between two states of a plan; shares by unit."""
    labels = {
        "unit": _("Unit"),
        "number": _("Approved headcount"),
        "document": _("Document"),
        "issuer": _("Issued by"),
        "level": _("Level of the issuer"),
        "start": _("In force from"),
        "end": _("First day out of force"),
        "reason": _("Why more people than seats"),
        "kept": _("Kept, not shared out"),
    }
    found = [
        Alteration(label, _word(key, before.get(key), units), _word(key, after.get(key), units))
        for key, label in labels.items()
        if before.get(key) != after.get(key) or (key == "unit" and after.get(key))
    ]
    found = [Alteration(one.label, "", one.after) if one.before == one.after else one for one in found]
    old, new = before.get("shares", {}), after.get("shares", {})
    return found + [
        Alteration(units.get(code, code), str(old.get(code, "")), str(new.get(code, 0)))
        for code in sorted({*old, *new})
        if old.get(code) != new.get(code)
    ]


def _word(key: str, value: Any, units: dict[str, str]) -> str:
    if value is None:
        return ""
    if key == "unit":
        return units.get(str(value), str(value))
    return str(dict(IssuerLevel.choices).get(value, value)) if key == "level" else str(value)
