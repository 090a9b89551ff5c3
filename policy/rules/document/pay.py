"""The lines of pay, floors and ceilings, absence and deductions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, Name, Scope
from policy.rules.document.place import Service
from policy.rules.terms import ALWAYS

KINDS = ("amount", "percent_of", "split", "per_unit", "once", "manual")
Kind = Literal["amount", "percent_of", "split", "per_unit", "once", "manual"]


class Rounding(Block):
    """To which unit of money, and how."""

    to: Literal["fen", "jiao", "yuan", "ten_yuan"] = Field(default="fen", description="unit")
    mode: Literal["half_up", "up", "down"] = Field(default="half_up", description="how; halves away from zero")


class Cycle(Block):
    """When a component is paid, and what for."""

    every: Literal["month", "quarter", "half_year", "year"] = Field(
        default="month", description="length of the cycle (`cycle: monthly` is the short form)"
    )
    paid_in: tuple[int, ...] = Field(
        default=(), description="months of payment; the last whole cycle ended by then is paid"
    )
    accrues: bool = Field(
        default=False, description="each month's amount is worked out with that month's facts, and their sum is paid"
    )
    part: Literal["by_month", "full", "none"] = Field(
        default="by_month", description="what someone gets who served only some months of it"
    )
    leaver: Literal["at_exit", "with_the_rest", "forfeits"] = Field(
        default="with_the_rest", description="when a leaver gets it"
    )


class Share(Block):
    """A row of a split."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    percent: LeafOf = Field(description="its share", json_schema_extra={"measure": Measure.PERCENT})
    when: Condition | None = Field(
        default=None, description="paid only to whom it fits; the share of others is not paid"
    )
    payer: Mapping[str, int] = Field(default_factory=dict, description="who pays")
    paid: bool = Field(default=True, description="false: shown, not paid")
    cycle: Cycle = Field(default_factory=Cycle, description="when it is paid")
    probation: Literal["full", "none"] | Figure = Field(
        default="full", description="full | none | {percent: 90}", json_schema_extra={"measure": Measure.PERCENT}
    )
    proration: Literal["calendar_days", "workdays_21_75", "whole_month", "none"] = Field(
        default="calendar_days", description="how joiners, leavers and absence are cut"
    )
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    contribution_base: bool = Field(default=True, description="whether it counts for contributions")


class Component(Block):
    """A line of pay; computed in the file's order. Which fields belong to which kind is in `KIND_FIELDS`."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name in the regulation")
    kind: Kind = Field(description="amount | percent_of | split | per_unit | once | manual")
    when: Condition | None = Field(default=None, description="who has the line; others have none")
    payer: Mapping[str, int] = Field(
        default_factory=dict, description="CITY, or {CITY: 60, STREET: 40}: percentages that add to 100"
    )
    paid: bool = Field(default=True, description="false: a standard, computed and shown but not paid")
    cycle: Cycle = Field(default_factory=Cycle, description="when it is paid")
    probation: Literal["full", "none"] | Figure = Field(
        default="full", description="full | none | {percent: 90}", json_schema_extra={"measure": Measure.PERCENT}
    )
    proration: Literal["calendar_days", "workdays_21_75", "whole_month", "none"] = Field(
        default="calendar_days", description="how joiners, leavers and absence are cut"
    )
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    contribution_base: bool = Field(default=True, description="whether it counts for contributions")
    service: Service | None = Field(
        default=None, description="single lines of `service` changed for this component (here merged with the rest)"
    )
    amount: Figure | None = Field(
        default=None, description="amount, per_unit: yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    times: tuple[Figure, ...] = Field(
        default=(), description="amount: factors", json_schema_extra={"measure": Measure.FACTOR}
    )
    of: tuple[str, ...] = Field(default=(), description="percent_of, split: codes of earlier components")
    percent: Figure | None = Field(
        default=None, description="percent_of: the percentage", json_schema_extra={"measure": Measure.SHARE}
    )
    shares: tuple[Share, ...] = Field(
        default=(), description="split: the rows; all but the last are rounded, the last is the rest"
    )
    fact: str | None = Field(
        default=None, description="per_unit, once: the number that is multiplied, or that passes the marks"
    )
    at: Mapping[int, Figure] = Field(
        default_factory=dict, description="once: the amount by mark", json_schema_extra={"measure": Measure.MONEY}
    )
    passed_before: Literal["not_paid", "paid"] = Field(
        default="not_paid", description="once: whether those who had passed a mark before the first version are paid"
    )
    at_most_units: Figure | None = Field(
        default=None,
        description="per_unit: at most so many units (written `at_most: {units: …}`)",
        json_schema_extra={"measure": Measure.COUNT},
    )
    at_most_yuan: Figure | None = Field(
        default=None,
        description="per_unit, manual: at most so many yuan (written `at_most: {yuan: …}`)",
        json_schema_extra={"measure": Measure.MONEY},
    )
    note: str | None = Field(default=None, description="manual: what is entered and on what grounds")
    repeats: bool = Field(default=False, description="manual: paid each month until changed")


class Limit(Block):
    """A floor or ceiling of a line, of the total, or of a mean."""

    code: str = Field(default="", description="its code; without one, its number")
    name: Name = Field(description="its name")
    of: str = Field(description="a component's code, `total` or `mean_total`")
    who: Condition = Field(default=ALWAYS, description="for whom")
    at_least: Figure | None = Field(
        default=None, description="floor, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    at_most: Figure | None = Field(
        default=None, description="ceiling, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    times: Figure | None = Field(
        default=None, description="factor of the floor and ceiling", json_schema_extra={"measure": Measure.FACTOR}
    )
    over: Literal["month", "year"] = Field(
        default="month", description="over a month, or over the twelve months of a year"
    )
    scope: Scope = Field(default="county", description="the units over which a mean is formed")
    action: Literal["report", "block", "top_up", "cut"] = Field(
        default="report", description="what happens; a mean is only reported"
    )


class MidMonth(Block):
    """Joiners, leavers and changes in the middle of a month."""

    joins: Literal["from_day"] = Field(default="from_day", description="a joiner's month is paid from the day")
    leaves: Literal["to_day"] = Field(default="to_day", description="a leaver's month is paid to the day")
    changes: Literal["next_month"] = Field(default="next_month", description="changed facts count from the next month")


class Absence(Block):
    """What unpaid absence takes off."""

    kind: str = Field(description="kind of absence (PERSONAL, SICK, …)")
    of: tuple[str, ...] = Field(description="components that it reduces")
    take: Literal["calendar_days", "workdays_21_75"] = Field(
        default="workdays_21_75", description="how days missed are cut"
    )


class DeductionBase(Block):
    """The base of a contribution."""

    of: tuple[str, ...] = Field(description="components that make up the base")
    at_least: Figure | None = Field(
        default=None, description="lowest base, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    at_most: Figure | None = Field(
        default=None, description="highest base, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )


class DeductionRates(Block):
    """Rates in basis points (1,000 is 10 %)."""

    person: LeafOf = Field(description="the person's share, in basis points")
    employer: LeafOf = Field(description="the employer's share, in basis points")


class Deduction(Block):
    """An insurance or housing-fund scheme that the place grants."""

    code: str = Field(default="", description="its key in `deductions`")
    name: Name | None = Field(default=None, description="its name")
    basis: str | None = Field(default=None, description="the law that orders it")
    base: DeductionBase | None = Field(default=None, description="what it is reckoned on")
    rates: DeductionRates | None = Field(default=None, description="basis points")
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    who: Condition = Field(default=ALWAYS, description="for whom")


class Pay(Block):
    """What is paid."""

    components: tuple[Component, ...] = Field(
        default=(), description="the lines of pay, in order; a component may refer only to earlier ones"
    )
    limits: tuple[Limit, ...] = Field(default=(), description="floors and ceilings")
    mid_month: MidMonth = Field(default_factory=MidMonth, description="joiners, leavers, changes")
    probation_ends: Literal["month", "exact_day"] = Field(
        default="month",
        description="month: the status of the month's first day counts; exact_day: cut by calendar days",
    )
    absence: tuple[Absence, ...] = Field(default=(), description="what unpaid absence takes off")
    deductions: Mapping[str, Deduction] = Field(
        default_factory=dict, description="insurance and fund schemes by name; only those granted"
    )
    annual_grade_from: Literal["closing", "january"] = Field(
        default="closing",
        description="from when a new yearly result counts in monthly components: the month after closing, or January (with arrears)",
    )
