"""Conditions as polars expressions: Boolean columns that are never null.

A fact that is NONE (null) fulfils no test but `is: NONE`; a set without members fulfils `none_of`. Tests of honours
read a hidden column a test, which `prepare` adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor
from typing import Any, cast

import polars as pl
from pydantic import BaseModel

from policy.rules.context import Context, UnsetValue
from policy.rules.facts import LEVEL, NONE, Fact
from policy.rules.terms import All, AnyOf, Condition, HistoryTest, HonourTest, Leaf, Not, Status, Test


def condition(cond: Condition, ctx: Context) -> pl.Expr:
    """The people for whom a condition holds. An operand that the policy leaves open raises UnsetValue."""
    return ctx.once("condition", cond, lambda: _condition(cond, ctx))


def _condition(cond: Condition, ctx: Context) -> pl.Expr:
    match cond:
        case All():
            return pl.all_horizontal([condition(part, ctx) for part in cond.of]) if cond.of else pl.lit(True)
        case AnyOf():
            return pl.any_horizontal([condition(part, ctx) for part in cond.of]) if cond.of else pl.lit(False)
        case Not():
            return ~condition(cond.of, ctx)
        case HistoryTest():
            return _history(cond, ctx)
        case HonourTest():
            if cond.level is not None:
                _set_leaves(cond.level)
            return pl.col(honour_column(cond))
        case Test():
            return _test(cond, ctx)
    raise TypeError(f"no condition: {cond!r}")


def honour_column(test: HonourTest) -> str:
    """The hidden column that says who fulfils a test of honours."""
    return f"honours:{test.path}"


def prepare(people: pl.DataFrame, honours: pl.DataFrame, tests: Iterable[HonourTest]) -> pl.DataFrame:
    """People with a Boolean column for each test of honours; `people` has `person` and `day`.

    A test whose level the policy leaves open gets none: `condition` says so to whoever needs it.
    """
    for test in tests:
        column = honour_column(test)
        if column in people.columns or (test.level is not None and _open_leaves(test.level)):
            continue
        rows = honours.join(people.select("person", as_of=pl.col("day")), on="person").filter(
            pl.col("day") <= pl.col("as_of")
        )
        if test.kind:
            rows = rows.filter(pl.col("kind").is_in(list(test.kind)))
        if test.level is not None:
            rows = rows.filter(_coded(pl.col("level"), test.level, LEVEL))
        if test.within_years is not None:
            rows = rows.filter(pl.col("day") > pl.col("as_of").dt.offset_by(f"-{test.within_years}y"))
        holders = rows["person"].unique().to_list()
        people = people.with_columns(pl.col("person").is_in(holders).alias(column))
    return people


def walk(term: Any) -> Iterator[Any]:
    """Everything inside a block, a figure or a condition, itself first."""
    yield term
    if isinstance(term, BaseModel):
        inner: Iterable[Any] = (getattr(term, name) for name in type(term).model_fields if name != "leaves")
    elif is_dataclass(term) and not isinstance(term, type):
        inner = (getattr(term, item.name) for item in fields(term))
    elif isinstance(term, dict):
        inner = term.values()
    elif isinstance(term, list | tuple | frozenset):
        inner = term
    else:
        return
    for part in inner:
        yield from walk(part)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a block asks about: facts, tests of honours, and how many years back its history tests look."""

    facts: frozenset[str]
    honours: tuple[HonourTest, ...]
    longest: int


# A block of a policy never changes and is asked about in every batch. Each is kept with its answer, so that its number
# can't come to stand for another.
_known: dict[int, tuple[BaseModel, _Asked]] = {}
_KEPT = 4096


def _asked(term: Any) -> _Asked:
    if not isinstance(term, BaseModel):
        return _look(term)
    kept = _known.get(id(term))
    if kept is None:
        if len(_known) >= _KEPT:
            _known.clear()
        kept = _known[id(term)] = (term, _look(term))
    return kept[1]


def _look(term: Any) -> _Asked:
    facts: set[str] = set()
    honours: list[HonourTest] = []
    longest = 0
    levels: set[int] = set()  # tests of an honour's level are among its lines and ask about no fact of the person
    for part in walk(term):
        match part:
            case Test():
                if id(part) not in levels:
                    facts.add(part.fact)
            case HistoryTest():
                facts.add("annual_grades")
                longest = max(longest, part.in_last if isinstance(part.in_last, int) else 10)
                if part.in_last == "contract_term":
                    facts |= {"contract_start", "entry_date"}
            case HonourTest():
                facts.add("honours")
                honours.append(part)
                levels.add(id(part.level))
            case _:
                for name in ("by", "fact"):
                    value = getattr(part, name, None)
                    if is_dataclass(part) and isinstance(value, str):
                        facts.add(value)
    return _Asked(frozenset(facts), tuple(honours), longest)


def facts_of(term: Any) -> frozenset[str]:
    """Names of the facts that a block, a figure or a condition asks about."""
    return _asked(term).facts


def honour_tests(term: Any) -> tuple[HonourTest, ...]:
    return _asked(term).honours


def _open_leaves(test: Test) -> list[Leaf]:
    return [leaf for leaf in test.operand if leaf.status is Status.UNSET]


def _set_leaves(test: Test) -> list[Any]:
    if open_leaves := _open_leaves(test):
        raise UnsetValue(open_leaves)
    return [leaf.value for leaf in test.operand]


def _test(test: Test, ctx: Context) -> pl.Expr:
    fact = ctx.vocabulary[test.fact]
    column = pl.col(test.fact)
    values = _set_leaves(test)
    if fact.name.startswith("rank.") and values == ["last"]:
        return pl.col(f"{fact.name}.last").fill_null(False)
    match fact.kind:
        case "number":
            return _number(column, test.op, values, fact.scale)
        case "date":
            return _date(column, test.op, values)
        case "yesno":
            wanted = values[0] in (True, "true")
            return (column.fill_null(False) if wanted else ~column.fill_null(False)).alias(test.path)
        case "set":
            return _set(column, test.op, values)
        case _:
            return _coded(column, test, fact)


def _number(column: pl.Expr, op: str, values: list[Any], scale: int) -> pl.Expr:
    bounds = [cast(Decimal, value) * scale for value in values]
    low = bounds[0]
    match op:
        case "is":
            found = column == int(low) if low == int(low) else pl.lit(False)
        case "any_of":
            found = column.is_in([int(bound) for bound in bounds if bound == int(bound)])
        case "none_of":
            found = ~column.is_in([int(bound) for bound in bounds if bound == int(bound)])
        case "at_least":
            found = column >= ceil(low)
        case "at_most":
            found = column <= floor(low)
        case "above":
            found = column > floor(low)
        case "below":
            found = column < ceil(low)
        case "within":
            found = column.is_between(ceil(low), floor(bounds[1]))
        case _:
            raise ValueError(f"{op} does not compare numbers")
    return found.fill_null(False)


def _date(column: pl.Expr, op: str, values: list[Any]) -> pl.Expr:
    if op in ("is", "any_of") and NONE in values:
        return column.is_null() | column.is_in([day for day in values if day != NONE]).fill_null(False)
    day = cast(date, values[0])
    match op:
        case "is" | "any_of":
            found = column.is_in(values)
        case "none_of":
            found = ~column.is_in(values)
        case "before" | "below":
            found = column < day
        case "after" | "above":
            found = column > day
        case "at_least":
            found = column >= day
        case "at_most":
            found = column <= day
        case "within":
            found = column.is_between(day, cast(date, values[1]))
        case _:
            raise ValueError(f"{op} does not compare days")
    return found.fill_null(False)


def _set(column: pl.Expr, op: str, values: list[Any]) -> pl.Expr:
    members = column.fill_null(pl.lit([], dtype=pl.List(pl.String)))
    has = [
        (members.list.len() == 0) if value == NONE else members.list.contains(pl.lit(value, dtype=pl.String))
        for value in values
    ]
    match op:
        case "is" | "any_of":
            return pl.any_horizontal(has).fill_null(False)
        case "all_of":
            return pl.all_horizontal(has).fill_null(False)
        case "none_of":
            return ~pl.any_horizontal(has).fill_null(False)
    raise ValueError(f"{op} does not compare sets")


def _coded(column: pl.Expr, test: Test, fact: Fact) -> pl.Expr:
    values = _set_leaves(test)
    order = fact.order or ()
    match test.op:
        case "is" | "any_of":
            found = column.is_in([value for value in values if value != NONE])
            return found.fill_null(False) | column.is_null() if NONE in values else found.fill_null(False)
        case "none_of":
            return (~column.is_in([value for value in values if value != NONE])).fill_null(False)
        case "all_of":
            return pl.all_horizontal([column == value for value in values]).fill_null(False)
        case "at_least" | "at_most" | "above" | "below":
            spot = order.index(str(values[0]))
            reached = {
                "at_least": order[: spot + 1],
                "above": order[:spot],
                "at_most": order[spot:],
                "below": order[spot + 1 :],
            }[test.op]
            return column.is_in(list(reached)).fill_null(False)
    raise ValueError(f"{test.op} does not compare codes")


def _history(test: HistoryTest, ctx: Context) -> pl.Expr:
    """How often a grade was had in the last years up to the newest that counts; a year without one matches nothing."""
    last = ctx.results_year
    if last is None:
        return pl.lit(False)
    if isinstance(test.in_last, int):
        years = range(last - test.in_last + 1, last + 1)
        hits = [_had(year, test.grade) for year in years]
    else:
        start = pl.coalesce(pl.col("contract_start"), pl.col("entry_date")).dt.year()
        hits = [_had(year, test.grade) & (start <= year) for year in range(last - 9, last + 1)]
    return pl.sum_horizontal([hit.cast(pl.Int32) for hit in hits]) >= test.times


def _had(year: int, grades: tuple[str, ...]) -> pl.Expr:
    return grade_in(year).is_in(list(grades)).fill_null(False)


def grade_in(year: int) -> pl.Expr:
    """The annual grade of a year; null where the frame has none (see `with_years`)."""
    return pl.col(f"annual_grades.{year}")


def with_years(people: pl.DataFrame, years: Iterable[int]) -> pl.DataFrame:
    """People with a column for each of the years, empty where no result is known."""
    missing = [year for year in years if f"annual_grades.{year}" not in people.columns]
    return people.with_columns(pl.lit(None, dtype=pl.String).alias(f"annual_grades.{year}") for year in missing)


def window(term: Any, last: int | None) -> range:
    """The years that the history tests of a block look at."""
    if last is None:
        return range(0)
    return range(last - _asked(term).longest + 1, last + 1)
