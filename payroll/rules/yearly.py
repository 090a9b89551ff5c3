"""What people's pay is worth in a year, as they are on one day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from core.periods import Month
from payroll.rules.components import pay
from payroll.rules.lines import Reading
from payroll.rules.means import times_a_year
from policy.rules.facts import Facts

YEARLY: dict[str, pl.DataType | type[pl.DataType]] = {"person": pl.Int64, "year": pl.Int64}


@dataclass(frozen=True, slots=True)
class Yearly:
    """pay: a row a person whom the rules can pay: person, year (fen). left_out: person, code, params of everybody else."""

    pay: pl.DataFrame
    left_out: pl.DataFrame


def yearly_pay(reading: Reading, month: Month) -> Yearly:
    """What the rules pay everybody of a reading in a year, and whom they can't pay and why.

    A full month's standards, each as often as it is paid in a year; what is paid but once counts once. The facts are
    those of one day, so that nobody's days in the month change anything.
    """
    facts = reading.facts
    people = facts.people.with_columns(pay_from=pl.lit(month.first_day), pay_to=pl.lit(month.next_first))
    on_day = type(facts)(facts.day, people, facts.spans, facts.honours, facts.left_out)
    result = pay(Reading(on_day, reading.policy, reading.ctx, reading.manual), month)
    often = times_a_year(reading.policy, result.lines, "year")
    worth = [
        pl.col("standards").list.get(n) * often[line.code] for n, line in enumerate(result.lines) if line.code in often
    ]
    paid = result.slips.select("person", year=pl.sum_horizontal([pl.lit(0, dtype=pl.Int64), *worth]).cast(pl.Int64))
    return Yearly(paid, pl.concat([facts.left_out, result.left_out]))


def with_values(values: pl.DataFrame) -> Callable[[Facts], Facts]:
    """Supposes values on ladders (person, scale, value) in place of those that people have."""

    def supposed(facts: Facts) -> Facts:
        people = facts.people
        for scale in values["scale"].unique().sort().to_list():
            if scale not in people.columns:
                continue
            own = values.filter(pl.col("scale") == scale).select("person", _supposed="value")
            people = (
                people.join(own, on="person", how="left", maintain_order="left")
                .with_columns(pl.coalesce("_supposed", scale).alias(scale))
                .drop("_supposed")
            )
        return Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)

    return supposed


__all__ = ["YEARLY", "Yearly", "with_values", "yearly_pay"]
