"""How many people the formula of a place gives a unit, with the arithmetic of each row.

A number is a range of whole people: `most` None is "no upper end" (a rule that only says "no fewer than"). Each row is
exact and rounded once, for the unit itself; the rows are added or the greatest is taken; then the bounds of the unit's
level cut. Nothing is guessed: what a unit has no number of is named, and so is a value that the rules leave open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import polars as pl

from policy.rules.conditions import condition, facts_of
from policy.rules.context import Context, UnsetValue
from policy.rules.document import Policy, Quota, QuotaBound, QuotaRow
from policy.rules.figures import figure
from policy.rules.terms import Figure, Leaf, Status

NUMBERS = ("urban_residents", "households", "grids")
WORDS = ("area_kind", "unit_kind", "unit", "street", "county")


@dataclass(frozen=True, slots=True)
class UnitNumbers:
    """What is known of a unit on a day. level: community, street, county, city. numbers: by name of a fact, and
    `communities`; words: area_kind and codes of units."""

    key: int
    level: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What a row or a bound gives a unit, with what it was worked out from.

    kind: per (`amount` of `per`, for each `each` up to `each_most`, `count` up to `count_most`), fixed, figure or bound.
    exact and exact_most: before rounding. least and most: after it.
    """

    code: str
    name: str
    kind: str
    cite: str | None
    assumed: bool
    least: int
    most: int | None
    per: str = ""
    amount: int = 0
    each: Decimal = Decimal(0)
    each_most: Decimal | None = None
    count: Decimal | None = None
    count_most: Decimal | None = None
    exact: Fraction = Fraction(0)
    exact_most: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """The formula's number for a unit, or what it can't be worked out without.

    missing: names of facts that the unit has no number of. unset: what the rules leave open, in their own words.
    """

    parts: tuple[Part, ...] = ()
    bounds: tuple[Part, ...] = ()
    least: int = 0
    most: int | None = None
    missing: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return not self.missing and not self.unset

    @property
    def assumed(self) -> bool:
        return any(part.assumed for part in (*self.parts, *self.bounds))

    def holds(self, number: int) -> bool:
        """Whether a number lies in what the formula gives; what can't be worked out refuses none."""
        return not self.known or (self.least <= number and (self.most is None or number <= self.most))


def compute(policy: Policy, units: Iterable[UnitNumbers], day: date) -> dict[int, Computed]:
    """The number of each unit of the quota's level, by its key; of other levels only the bounds of theirs.

    A unit for which the rules say nothing is missing.
    """
    quota = policy.quota
    if quota is None:
        return {}
    ctx = Context(policy, day)
    found: dict[int, Computed] = {}
    for unit in units:
        rows = quota.rows if unit.level == quota.level else ()
        bounds = [bound for bound in quota.bounds if bound.level == unit.level]
        if rows or bounds:
            found[unit.key] = _of_unit(quota, rows, bounds, unit, ctx)
    return {key: one for key, one in found.items() if one.parts or one.bounds or not one.known}


def _of_unit(
    quota: Quota, rows: Iterable[QuotaRow], bounds: Iterable[QuotaBound], unit: UnitNumbers, ctx: Context
) -> Computed:
    missing: set[str] = set()
    unset: list[str] = []
    parts: list[Part] = []
    limits: list[Part] = []
    terms: list[QuotaRow | QuotaBound] = [*rows, *bounds]
    for term in terms:
        lacking = _lacking(term, unit)
        missing |= lacking
        if lacking:
            continue
        try:
            if not _holds(term.when, unit, ctx):
                continue
            if isinstance(term, QuotaRow):
                parts.append(_row(term, unit, ctx))
            else:
                limits.append(_bound(term))
        except UnsetValue as error:
            unset += [leaf.because or leaf.path for leaf in error.leaves]
    if missing or unset:
        return Computed(missing=tuple(sorted(missing)), unset=tuple(dict.fromkeys(unset)))
    least, most = _together(quota.combine, parts)
    for limit in limits:
        least = max(least, limit.least)
        if limit.most is not None:
            least, most = min(least, limit.most), limit.most if most is None else min(most, limit.most)
    if most is not None:
        most = max(most, least)
    return Computed(tuple(parts), tuple(limits), least, most)


def _together(combine: str, parts: list[Part]) -> tuple[int, int | None]:
    """The sum or the greatest of ranges; without an upper end as soon as one has none."""
    if not parts:
        return 0, None
    whole = sum if combine == "sum" else max
    highest = [part.most for part in parts if part.most is not None]
    return whole(part.least for part in parts), whole(highest) if len(highest) == len(parts) else None


def _lacking(term: QuotaRow | QuotaBound, unit: UnitNumbers) -> set[str]:
    asked = set(facts_of(term)) & set(NUMBERS)
    if isinstance(term, QuotaRow) and term.per is not None:
        asked.add(term.per)
    return asked - set(unit.numbers)


def _frame(unit: UnitNumbers) -> pl.DataFrame:
    numbers = {name: pl.Series(name, [unit.numbers.get(name, 0)], pl.Int64) for name in NUMBERS}
    words = {name: pl.Series(name, [unit.words.get(name)], pl.String) for name in WORDS}
    return pl.DataFrame(numbers | words)


def _holds(when: object, unit: UnitNumbers, ctx: Context) -> bool:
    return bool(_frame(unit).select(condition(when, ctx).alias("holds"))["holds"][0])  # type: ignore[arg-type]


def _value(fig: Figure, unit: UnitNumbers, ctx: Context) -> tuple[Decimal | Fraction, bool]:
    """The number that a figure gives a unit, and whether it rests on an assumption. Raises UnsetValue."""
    if isinstance(fig, Leaf):
        return _number(fig), fig.status is Status.ASSUMED
    number = figure(fig, ctx)
    row = _frame(unit).select(
        n=number.numerator, assumed=number.assumed, unset=number.unset, missing=number.missing
    ).row(0, named=True)  # fmt: skip
    if row["unset"] is not None or row["missing"]:
        raise UnsetValue([leaf for leaf in number.leaves if leaf.path == row["unset"]] or number.leaves[:1])
    return Fraction(row["n"], number.denominator), bool(row["assumed"])


def _number(leaf: Leaf) -> Decimal:
    if leaf.status is Status.UNSET:
        raise UnsetValue([leaf])
    return leaf.number


def _row(row: QuotaRow, unit: UnitNumbers, ctx: Context) -> Part:
    leaves = [leaf for leaf in (row.each, row.each_most, row.count_most, row.at_least, row.at_most) if leaf is not None]
    for leaf in leaves:
        _number(leaf)
    assumed = any(leaf.status is Status.ASSUMED for leaf in leaves)
    low: Fraction
    high: Fraction | None
    count: Decimal | None = None
    count_most: Decimal | None = None
    if row.figure is not None:
        value, rests = _value(row.figure, unit, ctx)
        low = high = Fraction(value)
        kind, assumed = "figure", assumed or rests
    else:
        if row.count is not None:
            value, rests = _value(row.count, unit, ctx)
            assumed = assumed or rests
            count = value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)
            low = Fraction(value)
            high = low if row.count_most is None else Fraction(row.count_most.number)
            count_most = None if row.count_most is None else row.count_most.number
        else:
            low = Fraction(row.at_least.number) if row.at_least is not None else Fraction(0)
            high = Fraction(row.at_most.number) if row.at_most is not None else None
            count = row.at_least.number if row.at_least is not None else None
            count_most = row.at_most.number if row.at_most is not None else None
        kind = "fixed"
        if row.per is not None and row.each is not None:
            kind = "per"
            amount = unit.numbers[row.per]
            low = amount * low / Fraction((row.each_most or row.each).number)
            high = None if high is None else amount * high / Fraction(row.each.number)
    return Part(
        code=row.code,
        name=row.name.zh if row.name is not None else row.code,
        kind=kind,
        cite=row.cite,
        assumed=assumed,
        least=_whole(low, row.part),
        most=None if high is None else _whole(high, row.part),
        per=row.per or "",
        amount=unit.numbers.get(row.per or "", 0),
        each=row.each.number if row.each is not None else Decimal(0),
        each_most=row.each_most.number if row.each_most is not None else None,
        count=count,
        count_most=count_most,
        exact=low,
        exact_most=high,
    )


def _bound(bound: QuotaBound) -> Part:
    leaves = [leaf for leaf in (bound.at_least, bound.at_most) if leaf is not None]
    return Part(
        code=bound.path,
        name="",
        kind="bound",
        cite=bound.cite,
        assumed=any(leaf.status is Status.ASSUMED for leaf in leaves),
        least=int(_number(bound.at_least)) if bound.at_least is not None else 0,
        most=int(_number(bound.at_most)) if bound.at_most is not None else None,
    )


def _whole(value: Fraction, part: str) -> int:
    if part == "up":
        return ceil(value)
    return floor(value) if part == "down" else floor(value + Fraction(1, 2))
