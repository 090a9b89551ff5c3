"""What a settled run says of the floors of a mean, and of the range that the rules allow."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.models import RunState
from core.money import round_ratio
from core.periods import Month
from payroll.models import PayRun
from payroll.rules.means import YEAR, MeanReport, bound_assumed, mean_limits, mean_reports, without_means
from payroll.rules.ranges import PayRange, pay_range
from payroll.selectors.month import context_for_system, policy_of_month_for_system

# Significant digits of a unit's code by the scope of a mean.
_DIGITS = {"community": 12, "street": 9, "county": 6, "city": 4}


@transaction.atomic
def note_means(*, run: PayRun) -> PayRun:
    """Puts the sums of the batches together in the totals of a run that has just become ready; the caller writes audit.

    totals["means"]: a row a limit and unit, money in fen for one person and the row's `over` (month or year).
    totals["range"]: the lowest and highest full month that the rules give, where they tell.
    """
    if run.state != RunState.READY:
        return run
    month = Month.of(run.month)
    policy = policy_of_month_for_system(run, month)
    ctx = context_for_system(run, policy, month)
    limits = {limit.code: limit for limit in mean_limits(policy)}
    ranges = {over: pay_range(policy, ctx, month, over) for over in {"month"} | {one.over for one in limits.values()}}
    totals = without_means(run.totals)
    if (of_month := ranges["month"]) is not None:
        totals["range"] = _range(of_month, months=1)
    if limits:
        totals["means"] = [
            _row(report, ranges[limits[report.limit].over])
            | {
                "unit": report.unit[: _DIGITS.get(limits[report.limit].scope, 6)],
                "name": limits[report.limit].name.zh,
                "name_en": limits[report.limit].name.en,
                "cite": limits[report.limit].cite or "",
                "over": limits[report.limit].over,
                "scope": limits[report.limit].scope,
                "assumed": bound_assumed(limits[report.limit], ctx),
            }
            for report in mean_reports(policy, run.batches.values_list("totals", flat=True))
        ]
    run.totals = totals
    run.save(update_fields=["totals"])
    return run


def _row(report: MeanReport, theory: PayRange | None) -> dict[str, Any]:
    return {
        "limit": report.limit,
        "people": report.people,
        "mean": report.shown(report.total),
        "at_least": report.shown(report.at_least),
        "at_most": report.shown(report.at_most),
        "short": report.short,
        "above": report.above,
        "met": None if report.open else not (report.short or report.above),
        "observed": {"least": _span(report.least, report.months), "most": _span(report.most, report.months)},
        "range": None if theory is None else _range(theory, months=report.months),
    }


def _range(theory: PayRange, *, months: int) -> dict[str, int | None]:
    return {
        "least": _span(theory.least, months),
        "most": None if theory.most is None else _span(theory.most, months),
    }


def _span(fen_a_year: int, months: int) -> int:
    return int(round_ratio(fen_a_year * months, YEAR, "half_up"))
