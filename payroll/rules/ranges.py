"""The lowest and highest full-month pay that the rules of a place can give, found by paying everybody who could be.

Every combination of the facts that the rules look at makes one imagined person; numbers are taken where the rules
change: at the edges of bands, beside the bounds of conditions, at nothing and without end. What is entered by hand and
what is paid but once is no part of a full month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor, prod
from typing import Any

import polars as pl

from core.periods import Month
from payroll.rules.components import pay
from payroll.rules.lines import Reading, before_column, extra_columns, own_column
from payroll.rules.means import times_a_year
from payroll.rules.needs import pay_inputs
from policy.rules.conditions import facts_of, honour_column, honour_tests, walk
from policy.rules.context import Context, MissingIndex, UnsetValue
from policy.rules.document import Component, Policy, Scale
from policy.rules.facts import NONE, Fact, Facts
from policy.rules.figures import figure
from policy.rules.terms import Bands, FactRef, HistoryTest, IndexRef, Steps, Table, Test

MOST_PEOPLE = 300_000
ENDLESS = 10**6  # more units of a fact than anybody has
_TYPES: dict[str, Any] = {"number": pl.Int64, "yesno": pl.Boolean, "date": pl.Date, "set": pl.List(pl.String)}


@dataclass(frozen=True, slots=True)
class PayRange:
    """Fen of a year (see means). most None: a line grows with a number without end."""

    least: int
    most: int | None


def pay_range(policy: Policy, ctx: Context, month: Month, over: str = "month") -> PayRange | None:
    """The range of the pay of a full month (over: month) or of a year at the same facts. None: the rules can't tell.

    They can't where they look at years of results one by one, where there are more combinations than MOST_PEOPLE, or
    where an index has no value.
    """
    if policy.pay is None:
        return None
    # The same rules in the same month say the same of every run.
    key = (
        policy.sha256,
        str(month),
        over,
        ctx.day,
        ctx.known,
        ctx.results_year,
        repr(ctx.published),
        repr(ctx.own_means),
    )
    if policy.sha256 and key in _found:
        return _found[key]
    if len(_found) >= _KEPT:
        _found.clear()
    _found[key] = found = _range(policy, ctx, month, over)
    return found


_found: dict[tuple[object, ...], PayRange | None] = {}
_KEPT = 256


def _range(policy: Policy, ctx: Context, month: Month, over: str) -> PayRange | None:
    assert policy.pay is not None
    try:
        people = _everybody(policy, ctx, month)
        if people is None or not people.height:
            return None
        nothing = pl.DataFrame(schema={"person": pl.Int64})
        reading = Reading(Facts(month.first_day, people, nothing, nothing), policy, ctx)
        result = pay(reading, month)
    except (MissingIndex, UnsetValue):
        return None
    if not result.slips.height:
        return None
    regular = {
        code: times
        for code, times in times_a_year(policy, result.lines, over).items()
        if code not in {one.code for one in policy.pay.components if one.kind in ("once", "manual")}
    }
    places = [(n, regular[line.code]) for n, line in enumerate(result.lines) if line.code in regular]
    total = pl.sum_horizontal([pl.col("standards").list.get(n) * times for n, times in places])
    least, most = result.slips.select(total.min().alias("least"), total.max().alias("most")).row(0)
    return PayRange(int(least), None if _endless(policy) else int(most))


# -- Imagined people ----------------------------------------------------------------------------------------------------


def _everybody(policy: Policy, ctx: Context, month: Month) -> pl.DataFrame | None:
    """One person for each combination of the facts that decide pay; None where they can't be told or are too many."""
    assert policy.pay is not None
    blocks = [*_regular(policy), *(limit for limit in policy.pay.limits if limit.of != "mean_total")]
    if any(isinstance(part, HistoryTest) for block in blocks for part in walk(block)):
        return None
    names = {name for block in blocks for name in facts_of(_rules_of(block))} | {"post"}
    names |= {by for part in _parts(blocks, IndexRef) if (by := policy.indices[part.index].by) is not None}
    for code in names & set(policy.scales):
        names |= {name for end in _ends(policy.scales[code]) for name in facts_of(end)}
    columns: dict[str, list[Any]] = {
        name: _values(ctx.vocabulary[name], policy, blocks) for name in sorted(names - {"honours"})
    }
    columns |= {honour_column(test): [True, False] for test in honour_tests(tuple(blocks))}
    if any(not values for values in columns.values()) or prod(map(len, columns.values())) > MOST_PEOPLE:
        return None
    people = pl.DataFrame({"_": [0]})
    for name, values in columns.items():
        people = people.join(pl.DataFrame({name: pl.Series(values, dtype=_dtype(name, ctx))}), how="cross")
    for code in sorted(names & set(policy.scales)):
        people = _within_range(people, policy.scales[code], ctx)
    return _completed(people.drop("_"), policy, ctx, month)


def _within_range(people: pl.DataFrame, scale: Scale, ctx: Context) -> pl.DataFrame:
    """Only values that the person's post may have; posts without a range have none, once."""
    fits = pl.col(scale.code).is_not_null()
    none = pl.lit(False)
    for end, low in ((scale.range_low, True), (scale.range_high, False)):
        if end is None:
            continue
        number = figure(end, ctx)
        value = pl.col(scale.code) * number.denominator
        fits = fits & ((value >= number.numerator) if low else (value <= number.numerator)) & ~number.missing
        none = none | number.missing
    return people.filter(fits.fill_null(False) | (none & pl.col(scale.code).is_null()))


def _completed(people: pl.DataFrame, policy: Policy, ctx: Context, month: Month) -> pl.DataFrame:
    """The columns that paying needs beside the facts that vary: everybody is there all month and off probation."""
    assert policy.pay is not None
    rest = {name: ctx.vocabulary[name] for name in pay_inputs(policy) - {"honours", "annual_grades"}}
    fixed = {
        "day": pl.lit(month.first_day),
        "pay_from": pl.lit(month.first_day),
        "pay_to": pl.lit(month.next_first),
        "probation": pl.lit(False),
    } | {honour_column(test): pl.lit(False) for test in honour_tests(policy.pay)}
    fixed |= {name: _nothing(fact) for name, fact in rest.items() if name not in fixed}
    for place in ("unit", "community", "street", "county"):
        fixed.setdefault(place, pl.lit(None, dtype=pl.String))
    people = people.with_row_index("person", offset=1).with_columns(pl.col("person").cast(pl.Int64))
    people = people.with_columns(value.alias(name) for name, value in fixed.items() if name not in people.columns)
    for component in policy.pay.components:
        # Years counted in a component's own way are the same years here; no mark is passed in the month.
        for name in ("service_years", "continuous_years"):
            if own_column(name, component) in extra_columns(policy) and name in people.columns:
                people = people.with_columns(pl.col(name).alias(own_column(name, component)))
        if component.kind == "once":
            people = people.with_columns(pl.col(str(component.fact)).alias(before_column(component)))
    return people


def _nothing(fact: Fact) -> pl.Expr:
    if fact.kind == "number":
        return pl.lit(0, dtype=pl.Int64)
    if fact.kind == "yesno":
        return pl.lit(False)
    return pl.lit(None, dtype=_TYPES.get(fact.kind, pl.String))


def _dtype(name: str, ctx: Context) -> Any:
    fact = ctx.vocabulary.get(name)
    return pl.Boolean if fact is None else _TYPES.get(fact.kind, pl.String)


def _regular(policy: Policy) -> list[Component]:
    assert policy.pay is not None
    return [one for one in policy.pay.components if one.kind not in ("once", "manual")]


def _rules_of(block: Any) -> tuple[Any, ...]:
    """What of a block decides amounts: not the service that a component counts in its own way."""
    return tuple(getattr(block, name) for name in type(block).model_fields if name not in ("service", "probation")) + (
        (_FactOf(block.fact),) if getattr(block, "fact", None) else ()
    )


@dataclass(frozen=True, slots=True)
class _FactOf:
    fact: str


def _ends(scale: Scale) -> list[Any]:
    return [end for end in (scale.range_low, scale.range_high) if end is not None]


def _parts(blocks: Iterable[Any], kind: type[Any]) -> Iterator[Any]:
    return (part for block in blocks for part in walk(_rules_of(block)) if isinstance(part, kind))


# -- Which values ---------------------------------------------------------------------------------------------------------


def _values(fact: Fact, policy: Policy, blocks: list[Any]) -> list[Any]:
    """The values at which the rules can differ. Empty: they can't be listed."""
    if fact.name == "post":
        return [post.code for post in policy.posts] or [None]
    if fact.name in policy.scales:
        scale = policy.scales[fact.name]
        return [*range(1, scale.values + 1), *([None] if scale.no_range else [])]
    match fact.kind:
        case "yesno":
            return [True, False]
        case "number":
            return _numbers(fact, policy, blocks)
        case "set":
            members = fact.codes or _codes(fact, policy, blocks)
            return [[], *([one] for one in members), list(members)]
        case "coded" | "ordered":
            return [*(fact.order or fact.codes or _codes(fact, policy, blocks)), None]
        case "date":
            days = {
                leaf.value for test in _tests(fact, blocks) for leaf in test.operand if isinstance(leaf.value, date)
            }
            near = {date.fromordinal(day.toordinal() + off) for day in days for off in (-1, 0, 1)}
            return [*sorted(near), None]
    return []


def _tests(fact: Fact, blocks: list[Any]) -> Iterator[Test]:
    return (test for test in _parts(blocks, Test) if test.fact == fact.name)


def _codes(fact: Fact, policy: Policy, blocks: list[Any]) -> tuple[str, ...]:
    """The codes that the rules name, and one that they don't."""
    found = {code for table in _parts(blocks, Table) if table.by == fact.name for code in table.of if code != NONE}
    found |= {str(leaf.value) for test in _tests(fact, blocks) for leaf in test.operand if leaf.value != NONE}
    for ref in _parts(blocks, IndexRef):
        index = policy.indices[ref.index]
        if index.by == fact.name:
            # A unit without a value of its own can't be paid by it, so that only those with one are taken.
            return tuple(str(unit).ljust(12, "0") for unit in index.series_by)
    return (*sorted(found), "?")


def _numbers(fact: Fact, policy: Policy, blocks: list[Any]) -> list[int]:
    edges: set[Decimal] = {Decimal(0)}
    for part in _parts(blocks, Bands):
        if part.by == fact.name:
            edges |= set(part.edges)
    for part in _parts(blocks, Test):
        if part.fact == fact.name:
            edges |= {leaf.value for leaf in part.operand if isinstance(leaf.value, Decimal)}
    units = {floor(edge * fact.scale) for edge in edges}
    near = {unit + off for unit in units for off in (-1, 0, 1) if unit + off >= 0}
    return sorted(near | {ENDLESS * fact.scale})


def _endless(policy: Policy) -> bool:
    """Whether a line grows with a number without end."""
    assert policy.pay is not None
    regular = _regular(policy)
    if any(one.kind == "per_unit" and one.at_most_units is None and one.at_most_yuan is None for one in regular):
        return True
    if any(part.by not in policy.scales for part in _parts(regular, Steps)):
        return True
    return any(part.tail is not None for part in _parts(regular, Bands)) or any(True for _ in _parts(regular, FactRef))
