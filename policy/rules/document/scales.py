"""Ladders: where they start, how they are reviewed, what moves people on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, Name
from policy.rules.document.place import Service
from policy.rules.terms import ALWAYS


class Deemed(Block):
    """Years that are added to the counted ones at the start of a scale: the first row that holds."""

    when: Condition = Field(default=ALWAYS, description="for whom")
    years: Figure = Field(description="how many years", json_schema_extra={"measure": Measure.YEARS})


class StartYears(Block):
    """How counted years raise the first value."""

    every: LeafOf | None = Field(
        default=None, description="+1 for each so many years", json_schema_extra={"measure": Measure.YEARS}
    )
    reached: Literal["full", "passed"] = Field(
        default="full", description="full: at the anniversary; passed: only beyond it"
    )
    deemed: tuple[Deemed, ...] = Field(
        default=(), description="deemed years; the first row that holds is added to the counted years"
    )
    bands: Figure | None = Field(
        default=None,
        description="instead of `every`: how much to add, as a figure",
        json_schema_extra={"measure": Measure.COUNT},
    )


class CreditRow(Block):
    """A row of a credits entry."""

    when: Condition = Field(default=ALWAYS, description="for whom")
    up: Figure = Field(description="values up", json_schema_extra={"measure": Measure.COUNT})


class Credits(Block):
    """One entry of credits; entries add up."""

    name: Name = Field(description="what the credit is for")
    rows: tuple[CreditRow, ...] = Field(description="its rows")
    take: Literal["highest", "sum", "first"] = Field(default="highest", description="which of the rows that hold count")
    once: bool = Field(default=False, description="once in a career, also across versions")


class ConversionStep(Block):
    """A step of the conversion of existing staff; each is taken on a document, by its order, once."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    other_than: tuple[str, ...] = Field(
        default=(), description="earlier steps: nobody who took one of them may take this one"
    )


class Start(Block):
    """The first value of a scale (套改, hire, each review of a recomputed scale)."""

    from_: Literal["range_floor"] | Figure = Field(
        default="range_floor", description="`range_floor` or a figure", json_schema_extra={"measure": Measure.VALUE}
    )
    years: StartYears | None = Field(default=None, description="what counted years add")
    credits: tuple[Credits, ...] = Field(default=(), description="what education, certificates, honours … add")
    credits_later: Literal["next_month", "next_january", "never"] = Field(
        default="next_month", description="when a credit earned later moves a kept scale"
    )
    left_over: Literal["counts", "lapses"] = Field(
        default="counts", description="years beyond the last full step, for the first rise"
    )
    conversion: tuple[ConversionStep, ...] = Field(
        default=(),
        description="the steps in which existing staff are converted (套改), in their order; with the last one the values "
        "begin, confirmed by somebody else than who started",
    )


class Every(Block):
    """A move for counted years."""

    years: Figure = Field(
        description="how many years since the last move", json_schema_extra={"measure": Measure.YEARS}
    )
    counting: Condition = Field(default=ALWAYS, description="which years count")
    otherwise: Literal["skip", "restart"] = Field(
        default="skip", description="a year that does not count is skipped or restarts the count"
    )


class Move(Block):
    """A rise or fall on a scale, tried at each review in the order written."""

    name: Name = Field(description="its name in the regulation")
    code: str | None = Field(default=None, description="a stable code; its number without one")
    up: Figure | None = Field(default=None, description="values up", json_schema_extra={"measure": Measure.STEP})
    down: Figure | None = Field(default=None, description="values down", json_schema_extra={"measure": Measure.STEP})
    when: Condition | None = Field(default=None, description="for whom")
    every: Every | None = Field(default=None, description="after so many counted years")
    at_most: int | None = Field(default=None, ge=1, description="how often in a career")
    uses_years: bool = Field(default=False, description="results used for this move do not serve a second one")
    manual: bool = Field(default=False, description="entered as a case with a reason, never by a review")


class Review(Block):
    """When a scale is reviewed."""

    when: Condition | None = Field(
        default=None, description="whose value is reviewed; for everybody else it stays as it is"
    )
    each: Literal["yearly", "monthly"] = Field(
        default="yearly", description="on 1 January, or on the first of each month"
    )


class PostChange(Block):
    """What a change of post does to the value."""

    do: Literal["keep_within_range", "keep_offset", "recompute", "table"] = Field(
        default="keep_within_range",
        description="keep the value within the new range, the same distance from the range floor, work it out anew, or a table",
    )
    effective: Literal["next_month", "next_january"] = Field(default="next_month", description="from when")
    table: Figure | None = Field(
        default=None,
        description="the new value as a figure of the facts after the change (written `{table: figure}`)",
        json_schema_extra={"measure": Measure.VALUE},
    )


class ScaleProbation(Block):
    """Values down while on probation; ends with the month after."""

    down: LeafOf = Field(description="values down", json_schema_extra={"measure": Measure.COUNT})
    not_below: LeafOf | None = Field(
        default=None, description="but not below this value", json_schema_extra={"measure": Measure.VALUE}
    )


class Scale(Block):
    """A ladder of whole-number values (岗位等级)."""

    code: str = Field(default="", description="its key in `scales`; also the name of the fact")
    name: Name = Field(description="its name")
    values: int = Field(ge=1, description="the number of values: 1 is the lowest")
    range_low: Figure | None = Field(
        default=None,
        description="the lowest value by post (written under `range`)",
        json_schema_extra={"measure": Measure.VALUE},
    )
    range_high: Figure | None = Field(
        default=None,
        description="the highest value by post (written under `range`)",
        json_schema_extra={"measure": Measure.VALUE},
    )
    no_range: frozenset[str] = Field(
        default=frozenset(), description="posts without a row in `range`: they have no value on the scale"
    )
    mode: Literal["kept", "recomputed"] = Field(
        default="kept",
        description="kept: start once, then only moves change it; recomputed: `start` anew at each review",
    )
    review: Review = Field(default_factory=Review, description="yearly | monthly | {when: …, each: yearly}")
    start: Start | None = Field(default=None, description="the first value")
    moves: tuple[Move, ...] = Field(default=(), description="rises and falls, tried in order at each review")
    one_review: Literal["first", "sum"] = Field(default="first", description="if several moves hold at one review")
    after_move: Literal["restart", "carry"] = Field(default="restart", description="the years since the last move")
    post_change: PostChange = Field(default_factory=PostChange, description="what a change of post does")
    probation: ScaleProbation | None = Field(default=None, description="values down while on probation")
    service: Service | None = Field(
        default=None, description="single lines of `service` changed for this scale (here merged with the rest)"
    )
