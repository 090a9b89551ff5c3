"""Payments for a quarter, a half year or a year: which cycle a month pays, and how much of it.

A payment covers the last whole cycle that has ended by the end of the month of payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import polars as pl

from core.money import rounded_to
from core.periods import Month
from payroll.rules.lines import (
    Reading,
    assumed,
    depends_on_results,
    due,
    missing,
    month_lines,
    standards,
    std,
    unset,
)
from policy.rules.document import Component, Cycle, Share
from policy.rules.facts import Facts
from policy.rules.service import months_served

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A cycle: its first month, and the month after its last."""

    first: Month
    end: Month

    @property
    def last(self) -> Month:
        return self.end.previous()

    def months(self) -> tuple[Month, ...]:
        return tuple(self.first.until(self.end))


class Readings(Protocol):
    """Where other months' facts come from. The people are those of the month that is paid, and who left before it."""

    def month(self, month: Month) -> Reading:
        """Everybody of the scope employed in a month, as the pay of that month sees them."""

    def cycle_end(self, period: Period) -> Reading:
        """Everybody of the scope on the last day of a cycle, with the results of that period."""


def period_of(every: str, month: Month) -> Period:
    """The cycle in which a month lies."""
    length = MONTHS[every]
    first = Month(month.year, (month.month - 1) // length * length + 1)
    return Period(first, first.plus(length))


def paid_period(cycle: Cycle, month: Month) -> Period | None:
    """The cycle that is paid in this month, or None. Without `paid_in` a cycle is paid in its last month."""
    if cycle.every == "month":
        return None
    own = period_of(cycle.every, month)
    if cycle.paid_in:
        if month.month not in cycle.paid_in:
            return None
        return own if own.last == month else period_of(cycle.every, own.first.previous())
    return own if own.last == month else None


def parts(reading: Reading) -> Iterator[Component | Share]:
    """Everything that is a line of its own: components, and the shares of a split instead of the split."""
    for component in reading.pay.components:
        if component.kind == "split":
            yield from component.shares
        else:
            yield component


def cycle_payments(part: Component | Share, month: Month, reading: Reading, readings: Readings) -> pl.DataFrame | None:
    """What is paid of a cycle in this month: person, amount (fen), assumed, unset, missing, waiting; None if nothing.

    Leavers: `at_exit` are paid in the month in which they leave, `with_the_rest` with everybody, `forfeits` never.
    """
    period = paid_period(part.cycle, month)
    frames: list[pl.DataFrame] = []
    if period is not None:
        frames.append(_payment(part, period, readings))
    if part.cycle.leaver == "at_exit":
        leaving = reading.facts.people.filter(pl.col("pay_to") < month.next_first).select("person")
        if leaving.height:
            # The open cycle up to the exit; a cycle that this month pays anyway is among the frames already.
            now = Period(period_of(part.cycle.every, month).first, month.next())
            if period is None or period.first != now.first:
                frames.append(_payment(part, now, readings).join(leaving, on="person", how="semi"))
    if not frames:
        return None
    return (
        pl.concat(frames)
        .group_by("person")
        .agg(
            pl.col("amount").sum(), pl.col("assumed").any(), pl.col("unset").drop_nulls().first(),
            pl.col("missing").any(), pl.col("waiting").any(),
        )
    )  # fmt: skip


def _payment(part: Component | Share, period: Period, readings: Readings) -> pl.DataFrame:
    paid = _accrued(part, period, readings) if part.cycle.accrues else _for_the_whole(part, period, readings)
    if part.cycle.leaver == "with_the_rest":
        return paid
    # Those who are gone by the end of the cycle: paid when they left, or not at all.
    staying = readings.month(period.last).facts.people.filter(pl.col("pay_to") >= period.last.next_first)
    if part.cycle.leaver == "at_exit":
        staying = readings.month(period.last).facts.people
    return paid.join(staying.select("person"), on="person", how="semi")


def _accrued(part: Component | Share, period: Period, readings: Readings) -> pl.DataFrame:
    """The sum of what each month was worth, with that month's facts, results and rules."""
    frames = []
    for month in period.months():
        reading = readings.month(month)
        if part.code not in {line.code for line in parts(reading)}:
            continue  # a version before the component existed
        lines = month_lines(reading, month)
        frames.append(_columns(lines, part.code, pl.col(due(part.code))))
    if not frames:
        return _NOBODY
    return (
        pl.concat(frames)
        .group_by("person")
        .agg(
            pl.col("amount").sum(), pl.col("assumed").any(), pl.col("unset").drop_nulls().first(),
            pl.col("missing").any(), pl.col("waiting").any(),
        )
    )  # fmt: skip


def _for_the_whole(part: Component | Share, period: Period, readings: Readings) -> pl.DataFrame:
    """Worked out once, with the facts of the cycle's last day; `part` for those who served only some of its months."""
    end = readings.cycle_end(period)
    frames = [_part_of(part, period, end, standards(end))]
    if part.cycle.leaver != "forfeits":
        seen = end.facts.people.select("person")
        for month in reversed(period.months()):
            reading = readings.month(month)
            gone = reading.facts.people.join(seen, on="person", how="anti")
            if gone.height:
                facts = Facts(reading.facts.day, gone, reading.facts.spans, reading.facts.honours)
                last = Reading(facts, reading.policy, reading.ctx, reading.manual)
                frames.append(_part_of(part, period, last, standards(last)))
            seen = pl.concat([seen, gone.select("person")])
    return pl.concat(frames)


def _part_of(part: Component | Share, period: Period, reading: Reading, lines: pl.DataFrame) -> pl.DataFrame:
    whole = len(period.months())
    if part.cycle.part == "full":
        amount = pl.col(due(part.code))
    else:
        served = months_served(
            reading.facts, reading.policy.service, reading.ctx, period.first.first_day, period.end.first_day
        )
        lines = lines.join(served, on="person", how="left", maintain_order="left").with_columns(
            pl.col("served").fill_null(0).clip(0, whole)
        )
        if part.cycle.part == "none":
            amount = pl.when(pl.col("served") == whole).then(pl.col(due(part.code))).otherwise(0)
        else:
            rounding = part.rounding
            amount = rounded_to(pl.col(due(part.code)) * pl.col("served"), whole, rounding.to, rounding.mode)
    waiting = pl.lit(False)
    if depends_on_results(part) and "result_open" in lines.columns:
        # Not closed yet: the line waits, and comes as arrears of this month once it is.
        waiting = pl.col("result_open").fill_null(False)
    return _columns(lines, part.code, pl.when(waiting).then(0).otherwise(amount).cast(pl.Int64), waiting)


def _columns(lines: pl.DataFrame, code: str, amount: pl.Expr, waiting: pl.Expr | None = None) -> pl.DataFrame:
    return lines.select(
        "person",
        amount=amount,
        assumed=pl.col(assumed(code)),
        unset=pl.col(unset(code)),
        missing=pl.col(missing(code)),
        waiting=pl.lit(False) if waiting is None else waiting,
    )


_NOBODY = pl.DataFrame(
    schema={
        "person": pl.Int64, "amount": pl.Int64, "assumed": pl.Boolean, "unset": pl.String, "missing": pl.Boolean,
        "waiting": pl.Boolean,
    }
)  # fmt: skip


def last_day_of(period: Period) -> object:
    """The day on which the facts of a cycle are read."""
    return period.end.first_day - timedelta(days=1)


__all__ = ["Period", "Readings", "cycle_payments", "last_day_of", "paid_period", "parts", "period_of", "std"]
