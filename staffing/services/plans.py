"""Writes of approved seats. Every act leaves its trace at the plan, so that the plan's page can tell its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import newest_row, take_tree
from staffing.models import IssuerLevel, PlanState, QuotaAllocation, QuotaPlan, SeatFreeze, holds_on
from staffing.rules import boundary, next_boundary, share_faults
from staffing.selectors import formulas_for_system, seat_rule_for_system, units_to_share_for_system
from staffing.services.steps import Faults, locked_plan, refuse, say

MOST = 1_000_000  # seats of a plan: more is a slip of the finger


@transaction.atomic
def plan_enter(
    *,
    actor: User | None,
    unit: Unit,
    start: date,
    number: int,
    document: str,
    issuer: str,
    level: str,
    end: date | None = None,
    shares: Mapping[int, int] | None = None,
    kept: int = 0,
) -> QuotaPlan:
    """A document approves `number` seats for a unit from a day on, until (and without) `end`.

    shares: how many of them the units directly below get, by the number of the unit's row; `kept` stay with the unit.
    Left out, nothing is shared out yet. Raises Refused with all that is wrong, by value ("share_12" for a share),
    Conflict if another plan of the unit holds on one of the days.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, unit)
    take_tree()  # whoever is being employed now was let in without these seats: they are counted first
    unit, first_day = newest_row(unit)
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    plan = QuotaPlan(
        unit=unit, start=start, end=end, document=document.strip(), issuer=issuer.strip(), level=level,
    )  # fmt: skip
    faults = _plan_faults(plan, number)
    if start < first_day:
        say(faults, "start", _("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": first_day})
    _above_faults(faults, plan, number)
    _rule_faults(faults, plan, number)
    below = units_to_share_for_system(unit, start) if shares else []
    if shares:
        _share_errors(faults, unit, number, below, shares, kept, {})
    refuse(faults)
    _save_plan(plan)
    root = QuotaAllocation.objects.create(plan=plan, unit=unit, number=number)
    if shares:
        _write_shares(plan, root, below, shares)
    _trace(actor, "enter", plan, unit, after=_state(plan))
    return plan


@transaction.atomic
def plan_change(
    *,
    actor: User | None,
    plan: QuotaPlan,
    start: date,
    number: int,
    document: str,
    issuer: str,
    level: str,
) -> QuotaPlan:
    """What was entered wrongly of a plan is put right: its values are these. A new decision is another plan.

    Raises Refused with all that is wrong by value, Conflict for a plan that has ended or days of another plan.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, plan.unit)
    plan = _locked_open(plan)
    root = QuotaAllocation.objects.get(plan=plan, parent=None)
    before = _state(plan)
    plan.start, plan.document, plan.issuer, plan.level = start, document.strip(), issuer.strip(), level
    faults = _plan_faults(plan, number)
    _unit, first_day = newest_row(plan.unit)
    if start < first_day:
        say(faults, "start", _("%(unit)s begins on %(from)s only.") % {"unit": plan.unit.name, "from": first_day})
    shared = sum(QuotaAllocation.objects.filter(parent=root).values_list("number", flat=True))
    if number < shared:
        say(
            faults,
            "number",
            _("%(shared)s seats of %(unit)s are shared out below it, more than %(number)s. Share them out anew first.")
            % {"shared": shared, "unit": plan.unit.name, "number": number},
        )
    _above_faults(faults, plan, number)
    _rule_faults(faults, plan, number, corrected=True)
    refuse(faults)
    _save_plan(plan)
    root.number = number
    root.save(update_fields=["number"])
    _trace(actor, "correct", plan, plan.unit, before=before, after=_state(plan))
    return plan


@transaction.atomic
def plan_close(*, actor: User | None, plan: QuotaPlan, end: date) -> QuotaPlan:
    """The plan no longer holds from `end` on; on its first day: it was entered by mistake and never held.

    Raises Refused for a day before the first, Conflict for a plan that has ended.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, plan.unit)
    plan = _locked_open(plan)
    faults: Faults = {}
    if end < plan.start:
        text = _("The plan of %(unit)s would end on %(end)s, before it begins on %(start)s.")
        say(faults, "end", text % {"unit": plan.unit.name, "end": end, "start": plan.start})
    if plan.end is not None and end > plan.end:
        text = _("The plan of %(unit)s ends on %(end)s already. Enter a new plan for later days.")
        say(faults, "end", text % {"unit": plan.unit.name, "end": plan.end})
    if end != plan.start:
        _period_faults(faults, "end", plan, end)
    refuse(faults)
    before = _state(plan)
    plan.end, plan.state = end, PlanState.CLOSED
    plan.save(update_fields=["end", "state"])
    _trace(actor, "close", plan, plan.unit, before=before, after=_state(plan))
    return plan


@transaction.atomic
def allocate(
    *, actor: User | None, allocation: QuotaAllocation, shares: Mapping[int, int], kept: int = 0
) -> list[QuotaAllocation]:
    """Share the seats of a unit out among all units directly below it, at once; what was shared out before is replaced.

    shares: seats by the number of the unit's row, 0 for a unit that is left out; `kept` stay with the unit, and all of
    it adds up to its seats. Raises Refused with all that is wrong by value, Conflict for a plan that has ended.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, allocation.unit)
    plan = _locked_open(allocation.plan)
    allocation = QuotaAllocation.objects.select_related("unit").get(pk=allocation.pk)
    unit = allocation.unit
    below = units_to_share_for_system(unit, plan.start)
    rows = {row.unit_id: row for row in QuotaAllocation.objects.filter(parent=allocation).select_related("unit")}
    inner: dict[int, int] = {}
    for parent, number in QuotaAllocation.objects.filter(parent__parent=allocation).values_list(
        "parent__unit", "number"
    ):
        inner[parent] = inner.get(parent, 0) + number
    faults: Faults = {}
    named = {row.pk: row for row in below} | {key: row.unit for key, row in rows.items()}
    _share_errors(faults, unit, allocation.number, list(named.values()), shares, kept, inner)
    refuse(faults)
    before = {row.unit.code: row.number for row in rows.values()}
    QuotaAllocation.objects.filter(parent=allocation).exclude(unit_id__in=[row.pk for row in below]).delete()
    made = _write_shares(plan, allocation, below, shares)
    _trace(
        actor,
        "allocate",
        plan,
        unit,
        before={"unit": unit.code, "shares": before},
        after={"unit": unit.code, "shares": {row.unit.code: row.number for row in made}, "kept": kept},
    )
    return made


@transaction.atomic
def over_explain(*, actor: User | None, allocation: QuotaAllocation, reason: str) -> QuotaAllocation:
    """Why a unit has more people than seats, in at most 200 characters; empty takes the reason away."""
    if actor is not None:
        require(actor, Permission.CHANGE_QUOTA, allocation.unit)
    plan = _locked_open(allocation.plan)
    allocation = QuotaAllocation.objects.select_related("unit").get(pk=allocation.pk)
    before, reason = allocation.reason, reason.strip()
    if len(reason) > 200:
        refuse({"reason": [_("The reason has %(found)s characters; 200 at most.") % {"found": len(reason)}]})
    allocation.reason = reason
    allocation.save(update_fields=["reason"])
    unit = allocation.unit
    _trace(
        actor,
        "explain",
        plan,
        unit,
        before={"unit": unit.code, "reason": before},
        after={"unit": unit.code, "reason": reason},
    )
    return allocation


@transaction.atomic
def quotas_follow_units(*, actor: User | None, moved: Mapping[int, Unit], day: date) -> dict[str, int]:
    """Plans and seats follow a unit that is renamed or changed in form; a decision about seats comes first elsewhere.

    Part of the services of units, in their transaction and after their check of who may. Raises Refused where a unit
    would leave the unit whose seats it shares, and where one with a plan or seats in force goes on in another unit.
    """
    if not moved:
        return {}
    olds = {unit.pk: unit for unit in Unit.objects.filter(pk__in=moved)}
    same = {pk: unit for pk, unit in moved.items() if pk in olds and olds[pk].first_row == unit.first_row}
    other = [pk for pk in moved if pk not in same]
    errors = [
        _("%(unit)s has seats in the plan “%(document)s”. Share them out anew without it, or end the plan, first.")
        % {"unit": row.unit.name, "document": row.plan.document}
        for row in QuotaAllocation.objects.filter(holds_on(day, "plan__"), unit_id__in=other)
        .exclude(number=0)
        .select_related("plan", "unit")
        .order_by("unit__path", "pk")
    ]
    errors += [
        _("%(number)s seats of %(unit)s are frozen (%(document)s). Lift the freeze first.")
        % {"number": freeze.number, "unit": freeze.unit.name, "document": freeze.document}
        for freeze in SeatFreeze.objects.filter(holds_on(day), unit_id__in=other).select_related("unit").order_by("pk")
    ]
    plans = rows = freezes = 0
    for pk, unit in same.items():
        plans += QuotaPlan.objects.filter(unit_id=pk).update(unit=unit)
        rows += QuotaAllocation.objects.filter(unit_id=pk).update(unit=unit)
        freezes += SeatFreeze.objects.filter(unit_id=pk).update(unit=unit)
    ends = [unit.pk for unit in same.values()]
    placed = (
        QuotaAllocation.objects.filter(holds_on(day, "plan__"), unit_id__in=ends, parent__isnull=False)
        .select_related("plan", "unit", "parent__unit")
        .order_by("unit__path", "pk")
    )
    errors += [
        _("%(unit)s shares the seats of %(parent)s in the plan “%(document)s”. Share them out anew without it first.")
        % {"unit": row.unit.name, "parent": row.parent.unit.name, "document": row.plan.document}
        for row in placed
        if row.parent is not None and row.number and not row.unit.path.startswith(row.parent.unit.path)
    ]
    if errors:
        raise Refused(errors)
    if plans or rows or freezes:
        audit(
            actor=actor,
            action="staffing.units.follow",
            obj=next(iter(moved.values())),
            after={"plans": plans, "allocations": rows, "freezes": freezes, "day": str(day)},
        )
    return {"staffing.plans": plans, "staffing.allocations": rows, "staffing.freezes": freezes}


def _locked_open(plan: QuotaPlan) -> QuotaPlan:
    """The plan as it is now, locked: one act on it at a time. Raises Conflict if it has ended."""
    plan = locked_plan(plan)
    if plan.state == PlanState.CLOSED:
        raise Conflict(
            _("The plan “%(document)s” of %(unit)s has ended on %(end)s and stays as it is. Enter a new plan.")
            % {"document": plan.document, "unit": plan.unit.name, "end": plan.end}
        )
    return plan


def _save_plan(plan: QuotaPlan) -> None:
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError as error:
        other = (
            QuotaPlan.objects.filter(Q(end__isnull=True) | Q(end__gt=plan.start), unit=plan.unit)
            .filter(start__lt=plan.end or date.max)
            .exclude(pk=plan.pk)
            .first()
        )
        raise Conflict(
            _("%(unit)s has the plan “%(document)s” from %(from)s to %(to)s in these days. End that one first.")
            % {
                "unit": plan.unit.name,
                "document": other.document if other else "?",
                "from": other.start if other else "?",
                "to": (other.end if other else None) or "…",
            }
        ) from error


def _plan_faults(plan: QuotaPlan, number: int) -> Faults:
    faults: Faults = {}
    if not 0 <= number <= MOST:
        say(faults, "number", _("The number of seats is from 0 to %(most)s.") % {"most": f"{MOST:,}"})
    for name, value in (("document", plan.document), ("issuer", plan.issuer)):
        if not 1 <= len(value) <= 100:
            say(
                faults,
                name,
                _("Name the document that approves the seats, in 1 to 100 characters.")
                if name == "document"
                else _("Say who issued the document, in 1 to 100 characters."),
            )
    if plan.level not in IssuerLevel.values:
        say(faults, "level", _("“%(level)s” is no level of an issuer.") % {"level": plan.level})
    if plan.end is not None and plan.end <= plan.start:
        text = _("The plan would end on %(end)s, before it begins on %(start)s.")
        say(faults, "end", text % {"end": plan.end, "start": plan.start})
    return faults


def _above_faults(faults: Faults, plan: QuotaPlan, number: int) -> None:
    """A unit's own plan stays within what a plan above gives it on the plan's first day."""
    above = (
        QuotaAllocation.objects.filter(holds_on(plan.start, "plan__"), unit=plan.unit, parent__isnull=False)
        .select_related("plan__unit")
        .order_by("number")
        .first()
    )
    if above is not None and number > above.number:
        say(
            faults,
            "number",
            _("%(unit)s has %(seats)s seats by the plan “%(document)s” of %(above)s, fewer than %(number)s.")
            % {
                "unit": plan.unit.name,
                "seats": above.number,
                "document": above.plan.document,
                "above": above.plan.unit.name,
                "number": number,
            },
        )


def _rule_faults(faults: Faults, plan: QuotaPlan, number: int, *, corrected: bool = False) -> None:
    """A number outside the formula where the rules allow none; a later number between two reviews."""
    formula = formulas_for_system([plan.unit], plan.start).get(plan.unit.first_row)
    rule = seat_rule_for_system(plan.unit, plan.start)
    quota = rule.quota
    if quota is not None and quota.approved == "within" and formula is not None and not formula.computed.holds(number):
        say(
            faults,
            "number",
            _("The rules (%(clause)s) give %(unit)s %(range)s, not %(number)s.")
            % {
                "clause": rule.clause,
                "unit": plan.unit.name,
                "range": formula.range,
                "number": number,
            },
        )
    earlier = QuotaPlan.objects.filter(unit__lineage=plan.unit.first_row, start__lt=plan.start).exclude(pk=plan.pk)
    if not corrected and earlier.exclude(end=F("start")).exists():
        _period_faults(faults, "start", plan, plan.start)


def _period_faults(faults: Faults, name: str, plan: QuotaPlan, day: date) -> None:
    """An approved number changes only when a period of review begins."""
    rule = seat_rule_for_system(plan.unit, day)
    quota = rule.quota
    first = boundary(quota, day) if quota is not None else None
    if quota is None or first is None or first == day:
        return
    say(
        faults,
        name,
        _("The number of %(unit)s changes only when a period of review begins (%(clause)s): on %(first)s or %(next)s.")
        % {
            "unit": plan.unit.name,
            "clause": rule.review_clause,
            "first": first,
            "next": next_boundary(quota, day),
        },
    )


def _share_errors(
    faults: Faults,
    unit: Unit,
    whole: int,
    below: list[Unit],
    shares: Mapping[int, int],
    kept: int,
    inner: Mapping[int, int],
) -> None:
    """What is wrong with the shares of a unit's seats, in words, each beside its share ("share_12")."""
    known = {one.pk: one for one in below}
    for key, seats in shares.items():
        if key not in known:
            say(faults, "", _("One of the units does not lie directly below %(unit)s.") % {"unit": unit.name})
        elif not 0 <= seats <= MOST:
            text = _("%(unit)s: the number of seats is from 0 to %(most)s.")
            say(faults, f"share_{key}", text % {"unit": known[key].name, "most": f"{MOST:,}"})
    if kept < 0:
        say(faults, "kept", _("What stays with %(unit)s is 0 or more.") % {"unit": unit.name})
    for fault in share_faults(whole, shares, kept, inner):
        if fault.code == "TOTAL":
            text = _("%(found)s seats are shared out or kept, and %(unit)s has %(wanted)s. Make them add up.")
            say(faults, "kept", text % {"found": fault.found, "wanted": fault.wanted, "unit": unit.name})
        elif fault.key in known:
            text = _("%(unit)s has itself shared out %(wanted)s seats and can't have %(found)s. Change those first.")
            words = {"unit": known[fault.key].name, "wanted": fault.wanted, "found": fault.found}
            say(faults, f"share_{fault.key}", text % words)


def _write_shares(
    plan: QuotaPlan, parent: QuotaAllocation, below: list[Unit], shares: Mapping[int, int]
) -> list[QuotaAllocation]:
    """One row for each unit directly below, whether it has seats or 0."""
    QuotaAllocation.objects.bulk_create(
        [QuotaAllocation(plan=plan, unit=unit, parent=parent, number=shares.get(unit.pk, 0)) for unit in below],
        update_conflicts=True,
        unique_fields=["plan", "unit"],
        update_fields=["number", "parent"],
    )
    return list(QuotaAllocation.objects.filter(parent=parent).select_related("unit").order_by("unit__path"))


def _state(plan: QuotaPlan) -> dict[str, Any]:
    rows = QuotaAllocation.objects.filter(plan=plan).select_related("unit").order_by("unit__path")
    numbers = {row.unit.code: row.number for row in rows}
    return {
        "start": str(plan.start),
        "end": str(plan.end) if plan.end else None,
        "document": plan.document,
        "issuer": plan.issuer,
        "level": plan.level,
        "state": plan.state,
        "number": numbers.get(plan.unit.code),
        "shares": {code: number for code, number in numbers.items() if code != plan.unit.code},
    }


def _trace(
    actor: User | None, act: str, plan: QuotaPlan, unit: Unit, *, after: dict[str, Any], before: Any = None
) -> None:
    audit(actor=actor, action=f"staffing.plan.{act}", obj=plan, unit_code=unit.code, before=before, after=after)
