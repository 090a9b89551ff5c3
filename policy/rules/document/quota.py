"""Quotas: how many people a place's formula gives a unit, who fills a seat, and what happens beyond the seats."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, Name
from policy.rules.terms import ALWAYS

PER = ("urban_residents", "households", "grids", "communities")
Per = Literal["urban_residents", "households", "grids", "communities"]
Level = Literal["community", "street", "county", "city"]
# What a rule about who counts may ask: what an employment says by itself, so that the guard of the seats can count
# under its lock.
COUNTED_BY = ("category", "entry_channel", "establishment")


class QuotaRow(Block):
    """A number of people for a unit of the quota's level. It is `count`, `at_least` or `at_most` for each `each` of
    `per`, a `figure` of the unit's facts, or a fixed `count`."""

    code: str = Field(description="its code")
    name: Name | None = Field(default=None, description="its name")
    when: Condition = Field(default=ALWAYS, description="for which units, by their facts; without it, for all")
    per: Per | None = Field(default=None, description="what the number goes by")
    each: LeafOf | None = Field(default=None, description="for each so many of `per`")
    each_most: LeafOf | None = Field(default=None, description="the upper end of `each`")
    count: Figure | None = Field(
        default=None, description="so many people", json_schema_extra={"measure": Measure.FACTOR}
    )
    count_most: LeafOf | None = Field(default=None, description="the upper end of `count`")
    at_least: LeafOf | None = Field(
        default=None, description="no fewer than so many, with `per`", json_schema_extra={"measure": Measure.FACTOR}
    )
    at_most: LeafOf | None = Field(
        default=None, description="no more than so many, with `per`", json_schema_extra={"measure": Measure.FACTOR}
    )
    figure: Figure | None = Field(
        default=None,
        description="the number itself, by facts of the unit",
        json_schema_extra={"measure": Measure.COUNT},
    )
    part: Literal["up", "down", "half_up"] = Field(
        default="up", description="how a part of a person counts; the number is rounded once, at the quota's level"
    )


class QuotaBound(Block):
    """The least or the most that a unit of a level may have."""

    level: Level = Field(description="the units it is for")
    when: Condition = Field(default=ALWAYS, description="for which of them, by their facts; without it, for all")
    at_least: LeafOf | None = Field(
        default=None, description="no fewer people", json_schema_extra={"measure": Measure.COUNT}
    )
    at_most: LeafOf | None = Field(
        default=None, description="no more people", json_schema_extra={"measure": Measure.COUNT}
    )


class Counts(Block):
    """Who fills a seat."""

    who: Condition | None = Field(
        default=None,
        description="whose employment fills a seat, by " + ", ".join(COUNTED_BY) + "; without it, community workers",
    )
    seconded_out: Literal["home", "nowhere"] = Field(
        default="home", description="where somebody counts who is away on a secondment"
    )
    establishment_staff: bool = Field(
        default=False, description="whether somebody who belongs to an establishment fills a seat"
    )


class Quota(Block):
    """How many people a unit may have."""

    rows: tuple[QuotaRow, ...] = Field(default=(), description="the formula; each row gives a number for a unit")
    combine: Literal["sum", "max"] = Field(default="sum", description="what several rows make together")
    bounds: tuple[QuotaBound, ...] = Field(default=(), description="least and most by level")
    level: Level = Field(default="county", description="the units for which the rows are worked out and rounded, once")
    approved: Literal["may_differ", "within"] = Field(
        default="may_differ",
        description="the approved number rules. within: a document may approve no number outside the formula's",
    )
    review: Literal["committee_term", "yearly", "years"] | None = Field(
        default=None, description="the approved number changes only when a period begins"
    )
    review_years: int | None = Field(default=None, ge=1, description="the period in years")
    periods_from: date | None = Field(
        default=None, description="the first day of one period, from which the others are reckoned"
    )
    counts: Counts = Field(default_factory=Counts, description="who fills a seat")
    one_in_one_out: bool = Field(
        default=False,
        description="nobody comes before somebody goes: without an approved number, those in post when the rules came "
        "into force are the seats",
    )
    over: Literal["report", "block"] = Field(
        default="report", description="what happens to somebody beyond the seats: let in with the reason, or refused"
    )
