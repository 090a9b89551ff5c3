"""Why a slip is what it is: every line opened to its figures, with the values, the clause and the status of each.

Nothing of this is stored. It is worked out again from the facts that the slip kept, by the evaluators that computed the
slip, with their trace on; the lines re-add to the stored amounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from core.periods import Month
from payroll.rules.components import pay
from payroll.rules.cycles import Readings, paid_period
from payroll.rules.lines import Reading, due, month_lines, standards, std
from policy.rules.conditions import condition, facts_of
from policy.rules.document import Component, Name, Share
from policy.rules.figures import figure
from policy.rules.terms import Figure, Leaf, Status


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a line's arithmetic.

    kind: AMOUNT (yuan), FACTOR, PERCENT, BASE (fen, an earlier line), UNITS, SHARE, REST, MANUAL (fen), NOT_ELIGIBLE,
    STANDARD (fen), DUE (fen), MONTH (fen, one month of a cycle), CYCLE. facts: the facts that chose the value. leaf:
    the value of the policy with its path, source and status, where there is one.
    """

    kind: str
    value: Fraction | None
    facts: tuple[tuple[str, Any], ...] = ()
    leaf: Leaf | None = None
    ref: str = ""

    @property
    def text(self) -> str:
        """The value as a decimal, as exact as it can be printed."""
        if self.value is None:
            return ""
        number = Decimal(self.value.numerator) / Decimal(self.value.denominator)
        return f"{number.normalize():f}"


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line with its arithmetic: standard and amount in fen, the clause, and whether it rests on an assumed value."""

    code: str
    name: Name
    kind: str
    standard: int
    amount: int
    paid: bool
    monthly: bool
    cite: str | None
    assumed: bool
    steps: tuple[Step, ...]


def explain(reading: Reading, month: Month, readings: Readings | None = None) -> tuple[ExplainedLine, ...]:
    """The lines of the one person in `reading`, in the order of the slip. Without that person a ValueError."""
    if reading.facts.people.height != 1:
        raise ValueError("an explanation is of one person")
    result = pay(reading, month, readings)
    # Other months may bring people who are still owed a cycle; the one asked for is meant.
    slips = result.slips.filter(pl.col("person") == reading.facts.people["person"][0])
    if slips.height != 1:
        raise ValueError("there is no slip to explain")
    frame = month_lines(reading, month)
    steps = {code: tuple(found) for code, found in _steps(reading, month, frame, readings)}
    slip = slips.row(0, named=True)
    return tuple(
        ExplainedLine(
            code=line.code,
            name=line.name,
            kind=line.kind,
            standard=slip["standards"][n],
            amount=slip["amounts"][n],
            paid=line.paid,
            monthly=line.monthly,
            cite=line.cite,
            assumed=bool(slip["assumed"] >> n & 1),
            steps=steps.get(line.code, ()),
        )
        for n, line in enumerate(result.lines)
    )


def _steps(
    reading: Reading, month: Month, frame: pl.DataFrame, readings: Readings | None
) -> Iterator[tuple[str, list[Step]]]:
    for component in reading.pay.components:
        if component.kind == "split":
            for share in component.shares:
                last = share is component.shares[-1]
                found = [_base(frame, code) for code in component.of]
                found.append(_figure_step("REST" if last else "SHARE", share.percent, reading, frame))
                yield share.code, [*found, *_ending(share, share.code, reading, month, frame, readings)]
            continue
        if component.when is not None and not frame.select(condition(component.when, reading.ctx).first()).item():
            facts = _seen(component.when, frame)
            yield component.code, [Step("NOT_ELIGIBLE", None, facts)]
            continue
        found = list(_arithmetic(component, reading, frame))
        yield component.code, [*found, *_ending(component, component.code, reading, month, frame, readings)]


def _arithmetic(component: Component, reading: Reading, frame: pl.DataFrame) -> Iterator[Step]:
    match component.kind:
        case "amount":
            assert component.amount is not None
            yield _figure_step("AMOUNT", component.amount, reading, frame)
            for factor in component.times:
                yield _figure_step("FACTOR", factor, reading, frame)
        case "percent_of":
            assert component.percent is not None
            for code in component.of:
                yield _base(frame, code)
            yield _figure_step("PERCENT", component.percent, reading, frame)
        case "per_unit":
            assert component.fact is not None
            assert component.amount is not None
            scale = reading.ctx.vocabulary[component.fact].scale
            units = _value(frame, component.fact) if component.fact in frame.columns else None
            yield Step("UNITS", Fraction(units or 0, scale), ((component.fact, units),))
            yield _figure_step("AMOUNT", component.amount, reading, frame)
            for kind, most in (("AT_MOST_UNITS", component.at_most_units), ("AT_MOST_YUAN", component.at_most_yuan)):
                if most is not None:
                    yield _figure_step(kind, most, reading, frame)
        case "once":
            assert component.fact is not None
            scale = reading.ctx.vocabulary[component.fact].scale
            yield Step(
                "UNITS", Fraction(_value(frame, component.fact) or 0, scale), _seen_names([component.fact], frame)
            )
            for mark, amount in component.at.items():
                step = _figure_step("MARK", amount, reading, frame)
                yield Step("MARK", step.value, (("mark", mark),), step.leaf)
        case _:
            yield Step("MANUAL", Fraction(int(_value(frame, std(component.code)) or 0)))
            if component.at_most_yuan is not None:
                yield _figure_step("AT_MOST_YUAN", component.at_most_yuan, reading, frame)


def _ending(
    part: Component | Share, code: str, reading: Reading, month: Month, frame: pl.DataFrame, readings: Readings | None
) -> Iterator[Step]:
    """The standard, what is due for the month where that is less, and what a cycle pays."""
    standard, owed = int(_value(frame, std(code)) or 0), int(_value(frame, due(code)) or 0)
    yield Step("STANDARD", Fraction(standard))
    if owed != standard:
        days = (_value(frame, "pay_to") - _value(frame, "pay_from")).days
        facts: list[tuple[str, Any]] = [("days", days), ("days_of_month", month.days)]
        if "probation" in frame.columns:
            facts.append(("probation", _value(frame, "probation")))
        yield Step("DUE", Fraction(owed), tuple(facts))
    period = paid_period(part.cycle, month)
    if period is None or readings is None:
        return
    person = _value(frame, "person")
    if part.cycle.accrues:
        for earlier in period.months():
            lines = month_lines(readings.month(earlier), earlier).filter(pl.col("person") == person)
            if lines.height and due(code) in lines.columns:
                yield Step("MONTH", Fraction(int(lines[due(code)][0])), ref=str(earlier))
    else:
        lines = standards(readings.cycle_end(period)).filter(pl.col("person") == person)
        if lines.height:
            yield Step("CYCLE", Fraction(int(lines[due(code)][0])), ref=f"{period.first}–{period.last}")


def _figure_step(kind: str, fig: Figure, reading: Reading, frame: pl.DataFrame) -> Step:
    number = figure(fig, reading.ctx)
    row = frame.with_columns(
        number.numerator.alias("_n"), number.leaf.alias("_leaf"), number.unset.alias("_unset")
    ).row(0, named=True)
    leaf = number.leaves[row["_leaf"]] if row["_leaf"] is not None else None
    facts = _seen(fig, frame)
    if row["_unset"] is not None:
        return Step(kind, None, facts, leaf or Leaf(None, row["_unset"], Status.UNSET))
    return Step(kind, Fraction(int(row["_n"]), number.denominator), facts, leaf)


def _base(frame: pl.DataFrame, code: str) -> Step:
    return Step("BASE", Fraction(int(_value(frame, std(code)) or 0)), ref=code)


def _seen(term: Any, frame: pl.DataFrame) -> tuple[tuple[str, Any], ...]:
    return _seen_names(sorted(facts_of(term)), frame)


def _seen_names(names: list[str], frame: pl.DataFrame) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _value(frame, name)) for name in names if name in frame.columns)


def _value(frame: pl.DataFrame, name: str) -> Any:
    value = frame[name][0]
    return value.to_list() if isinstance(value, pl.Series) else value


__all__ = ["ExplainedLine", "Step", "explain"]
