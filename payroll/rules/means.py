"""Floors and ceilings of a mean: what a batch adds up for them, what the sums say.

All sums are fen of a whole year, so that lines with different cycles add up: a month's line counts twelve times, a
half-year's twice. `over: month` divides by twelve when the mean is shown; what is paid but once (`once`, an amount by
hand that does not repeat) counts once in a year and, in a month, like any other line of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.money import round_ratio, rounded_to
from payroll.rules.components import Line, PayResult, bound_of
from payroll.rules.cycles import MONTHS
from payroll.rules.lines import FEN, Reading, payables
from policy.rules.conditions import condition
from policy.rules.context import Context, MissingIndex, UnsetValue
from policy.rules.document import Limit, Policy
from policy.rules.figures import figure
from policy.rules.terms import Status

YEAR = 12
_UNITS = {
    "community": pl.col("community"),
    "street": pl.col("street"),
    "county": pl.col("county"),
    "city": pl.col("county").str.slice(0, 4),
}
_SUBJECTS = {
    "person": pl.Int64,
    "limit": pl.String,
    "unit": pl.String,
    "total": pl.Int64,
    "at_least": pl.Int64,
    "at_most": pl.Int64,
    "open": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class MeanReport:
    """A floor or ceiling of a mean over one unit: what was found and what the rules ask for.

    total, at_least and at_most are sums over the people, least and most single people's, all in fen of a year. A bound
    that is not asked for is None; `open`: one that is asked for can't be told for everybody. months: what a mean is
    shown for, 1 or 12.
    """

    limit: str
    unit: str
    people: int
    total: int
    least: int
    most: int
    at_least: int | None
    at_most: int | None
    months: int
    open: bool = False

    def shown(self, sum_: int | None) -> int | None:
        """A sum as the mean of one person, in fen of `months`, half up."""
        if sum_ is None or not self.people:
            return None
        return int(round_ratio(sum_ * self.months, self.people * YEAR, "half_up"))

    def _off(self, fen: int) -> int:
        return -(-fen * self.months // (self.people * YEAR)) if fen > 0 and self.people else 0

    @property
    def short(self) -> int:
        """How much the mean lies below the floor, in fen a person, rounded up; 0 where it does not."""
        return 0 if self.at_least is None else self._off(self.at_least - self.total)

    @property
    def above(self) -> int:
        """How much the mean lies above the ceiling, in the same way."""
        return 0 if self.at_most is None else self._off(self.total - self.at_most)


def mean_limits(policy: Policy) -> tuple[Limit, ...]:
    return tuple(limit for limit in policy.pay.limits if limit.of == "mean_total") if policy.pay else ()


def bound_assumed(limit: Limit, ctx: Context) -> bool:
    """Whether what a limit asks for rests on an assumed value."""
    parts = [part for part in (limit.at_least, limit.at_most, limit.times) if part is not None]
    try:
        return any(leaf.status is Status.ASSUMED for part in parts for leaf in figure(part, ctx).leaves)
    except (MissingIndex, UnsetValue):
        return False


def times_a_year(policy: Policy, lines: Iterable[Line], over: str) -> dict[str, int]:
    """How often the standard of each paid line counts in a year; deductions lower what is received, not the pay."""
    often: dict[str, int] = {}
    for component in policy.pay.components if policy.pay else ():
        rare = component.kind == "once" or (component.kind == "manual" and not component.repeats)
        for part in payables(component):
            monthly = part.cycle.every == "month" or part.cycle.accrues
            often[part.code] = YEAR if monthly else YEAR // MONTHS[part.cycle.every]
            if rare and over == "year":
                often[part.code] = 1
    return {line.code: often.get(line.code, YEAR) for line in lines if line.paid and line.kind != "deduction"}


def mean_subjects(reading: Reading, result: PayResult) -> pl.DataFrame:
    """A row a person and mean limit: person, limit, unit, total, at_least, at_most (fen of a year), open.

    `open` says that the bound can't be told for this person: a value is unset or an index has none. Whose `who` can't be
    decided has no row.
    """
    found = [pl.DataFrame(schema=_SUBJECTS)]
    for limit in mean_limits(reading.policy):
        try:
            people = result.people.filter(condition(limit.who, reading.ctx))
        except UnsetValue:
            continue
        often = times_a_year(reading.policy, result.lines, limit.over)
        places = [(n, often[line.code]) for n, line in enumerate(result.lines) if line.code in often]
        total = pl.sum_horizontal([pl.col("standards").list.get(n) * times for n, times in places])
        bounds, open_ = _bounds(limit, reading)
        found.append(
            people.select("person", unit=_UNITS.get(limit.scope, _UNITS["county"]), open=open_, **bounds)
            .join(result.slips.select("person", total=total), on="person", maintain_order="left")
            .select(
                "person",
                pl.lit(limit.code).alias("limit"),
                "unit",
                pl.col("total", "at_least", "at_most").cast(pl.Int64),
                pl.col("open").cast(pl.Boolean),
            )
        )
    return pl.concat(found)


def _bounds(limit: Limit, reading: Reading) -> tuple[dict[str, pl.Expr], pl.Expr]:
    """Each person's floor and ceiling (fen of a year), and whether one of them can't be told."""
    bounds: dict[str, pl.Expr] = {}
    open_: list[pl.Expr] = [pl.lit(False)]
    for side, mode in (("at_least", "up"), ("at_most", "down")):
        bounds[side] = pl.lit(None, dtype=pl.Int64)
        try:
            number = bound_of(limit, side, reading)
        except (MissingIndex, UnsetValue):
            open_.append(pl.lit(True))
            continue
        if number is None:
            continue
        bounds[side] = rounded_to(number.numerator * (FEN * YEAR), number.denominator, "fen", mode).cast(pl.Int64)
        open_ += [number.unset.is_not_null(), number.missing.fill_null(False)]
    return bounds, pl.any_horizontal(open_)


def mean_sums(subjects: pl.DataFrame, people: pl.Series) -> dict[str, int]:
    """What a batch keeps of the people who have a slip: "mean.<limit>.<unit>.<what>" → whole numbers (fen of a year).

    people, open, total, at_least and at_most may be added over batches; least and most may not.
    """
    if not subjects.height:
        return {}
    sums = (
        subjects.filter(pl.col("person").is_in(people.implode()))
        .group_by("limit", "unit")
        .agg(
            pl.len().alias("people"),
            pl.col("open").sum(),
            pl.col("total").sum(),
            pl.col("total").min().alias("least"),
            pl.col("total").max().alias("most"),
            *(pl.when(pl.col(side).is_not_null().all()).then(pl.col(side).sum()).alias(side) for side in _SIDES),
        )
        .sort("limit", "unit")
    )
    return {
        f"{_MEAN}{row['limit']}.{row['unit']}.{name}": int(row[name])
        for row in sums.iter_rows(named=True)
        for name in ("people", "open", "total", "least", "most", *_SIDES)
        if row[name] is not None
    }


_MEAN = "mean."
_SIDES = ("at_least", "at_most")


def without_means(totals: Mapping[str, Any]) -> dict[str, Any]:
    """The totals of a run without what only its batches need."""
    return {key: number for key, number in totals.items() if not key.startswith(_MEAN)}


def mean_reports(policy: Policy, batches: Iterable[Mapping[str, int]]) -> tuple[MeanReport, ...]:
    """The sums of all batches of a run put together: a report a limit and unit, in the policy's order, then by unit."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for totals in batches:
        for key, number in totals.items():
            if not key.startswith(_MEAN):
                continue
            code, unit, name = key.removeprefix(_MEAN).rsplit(".", 2)
            group = found.setdefault((code, unit), {})
            together = {"least": min, "most": max}.get(name)
            if name not in group:
                group[name] = number
            else:
                group[name] = together(group[name], number) if together else group[name] + number
    reports: list[MeanReport] = []
    for limit in mean_limits(policy):
        for code, unit in sorted(found):
            if code != limit.code:
                continue
            group = found[code, unit]
            told = not group["open"]
            reports.append(
                MeanReport(
                    limit=code,
                    unit=unit,
                    people=group["people"],
                    total=group["total"],
                    least=group["least"],
                    most=group["most"],
                    at_least=group.get("at_least") if told else None,
                    at_most=group.get("at_most") if told else None,
                    months=YEAR if limit.over == "year" else 1,
                    open=not told,
                )
            )
    return tuple(reports)
