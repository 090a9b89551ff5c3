"""Assessment: grades, points, schemes with their inputs, what follows from results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, Name, Scope
from policy.rules.terms import ALWAYS


class GradeName(Block):
    """A yearly grade."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")


class NotGraded(Block):
    """Who gets no grade: no rank, and NONE for other rules."""

    code: str = Field(default="NOT_GRADED", description="its code")
    name: Name = Field(default=Name(zh="不定等次", en="Not graded"), description="its name")
    when: Condition = Field(description="for whom")


class PointItem(Block):
    """An item of the points catalogue."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    aspect: str | None = Field(default=None, description="the aspect it belongs to")
    points: LeafOf | None = Field(default=None, description="points each time; below zero for a penalty")
    per: str | None = Field(default=None, description="what is counted (visit, day, …)")
    cap: Mapping[Literal["day", "month", "quarter", "half_year", "year"], LeafOf] = Field(
        default_factory=dict, description="at most so many points in a period"
    )


class Points(Block):
    """Points that are written down through the year."""

    catalogue: tuple[PointItem, ...] = Field(default=(), description="what gives points, and how many")


class InputPart(Block):
    """A share of one kind of rater among the ballots."""

    rater: str = Field(description="kind of rater")
    at_least: LeafOf | None = Field(
        default=None, description="percent of the ballots", json_schema_extra={"measure": Measure.PERCENT}
    )
    at_most: LeafOf | None = Field(
        default=None, description="percent of the ballots", json_schema_extra={"measure": Measure.PERCENT}
    )


class Drop(Block):
    """Ballots left out at the ends."""

    highest: int = Field(default=0, ge=0, description="how many of the highest")
    lowest: int = Field(default=0, ge=0, description="how many of the lowest")


class Input(Block):
    """An input of a score; its value is 0 to 100."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    from_: Literal["points", "scheme", "ratings", "figure", "score"] = Field(
        description="points (the ledger), scheme (another scheme's score), ratings (ballots), figure, score (entered: a meeting's, an inspection's)"
    )
    of: str | None = Field(default=None, description="from scheme: its code")
    aspect: str | None = Field(default=None, description="from points: only items of this aspect")
    take: Literal["mean", "sum", "last"] = Field(
        default="mean", description="from scheme: what is taken of its periods"
    )
    raters: str | None = Field(default=None, description="from ratings: whose (RESIDENTS, LEADERS, PEERS, …)")
    at_least: int | None = Field(
        default=None,
        ge=1,
        description="from ratings: fewer ballots than this do not count (written `at_least: {raters: n}`)",
    )
    mix: tuple[InputPart, ...] = Field(
        default=(), description="from ratings: shares of kinds of raters (written `mix: {KIND: {at_least: percent}}`)"
    )
    drop: Drop = Field(default_factory=Drop, description="from ratings: ballots left out at the ends")
    to_100: LeafOf | None = Field(
        default=None, description="the number that is worth 100 (written `to_100: {full: n}`)"
    )
    value: Figure | None = Field(
        default=None, description="from figure: the figure", json_schema_extra={"measure": Measure.SCORE}
    )
    weight: LeafOf = Field(
        description="percent; the weights of a scheme add to 100", json_schema_extra={"measure": Measure.PERCENT}
    )


class ScoreRounding(NamedTuple):
    """Digits after the point, how, and when: every step (input) or once at the end (score)."""

    digits: int = 2
    mode: str = "half_up"
    each: str = "score"


class Cap(Block):
    """At most (or at least) so many of a grade in a pool."""

    grade: str = Field(description="the capped grade")
    at_most: Figure | None = Field(
        default=None,
        description="percent of the pool (written `at_most: {percent: 30}`)",
        json_schema_extra={"measure": Measure.PERCENT},
    )
    at_least: Figure | None = Field(
        default=None,
        description="percent of the pool; reported only (written `at_least: {percent: 5}`)",
        json_schema_extra={"measure": Measure.PERCENT},
    )
    of: Literal["graded", "all"] = Field(
        default="graded", description="graded: everybody in the pool who gets a grade of the scheme"
    )
    pool: Scope = Field(default="street", description="the units over which it is counted")
    rounding: Literal["down", "up", "half_up"] = Field(default="down", description="of the number of places")


class Best(Block):
    """No better grade than this for whom the condition holds."""

    grade: str = Field(description="the best grade")
    when: Condition = Field(description="for whom")


class GradeShare(Block):
    """A share of a grading by rank; `rest` takes what the others leave."""

    grade: str = Field(description="the grade")
    percent: LeafOf | None = Field(
        default=None,
        description="percent of the pool; empty for `rest`",
        json_schema_extra={"measure": Measure.PERCENT},
    )
    rest: bool = Field(default=False, description="takes what remains")


class Scheme(Block):
    """A scheme of assessment: inputs → score → rank → grade."""

    code: str = Field(description="its code")
    name: Name | None = Field(default=None, description="its name")
    cycle: Literal["day", "month", "quarter", "half_year", "year", "special"] = Field(
        description="how often it is closed"
    )
    who: Condition = Field(
        default=ALWAYS, description="whom it assesses; the first yearly one that fits gives annual_grade"
    )
    inputs: tuple[Input, ...] = Field(default=(), description="what the score is made of; weights add to 100")
    missing: Literal["stop", "spread"] = Field(
        default="stop", description="a missing input: list the person, or spread its weight over the others"
    )
    rounding: ScoreRounding = Field(default=ScoreRounding(), description="digits, mode, each: input | score")
    thresholds: Mapping[str, LeafOf] | None = Field(
        default=None,
        description="lowest score of a grade (written `grading: {thresholds: {…}}`)",
        json_schema_extra={"measure": Measure.SCORE},
    )
    shares: tuple[GradeShare, ...] | None = Field(
        default=None, description="shares by rank, best first (written `grading: {shares: {…, rest: GRADE}}`)"
    )
    rank_in: Scope = Field(default="street", description="the pool of ranks and shares")
    caps: tuple[Cap, ...] = Field(default=(), description="at most so many of a grade")
    best: tuple[Best, ...] = Field(default=(), description="no better than")
    ties: Literal["decide"] | tuple[str, ...] = Field(
        default="decide", description="equal scores across a cap: decided by people, or by these inputs in order"
    )


class Consequence(Block):
    """What follows from results."""

    when: Condition = Field(description="for whom")
    in_: Scope | None = Field(default=None, description="the pool of a rank test")
    do: str = Field(description="what (REMINDER_TALK, OPEN_EXIT_CASE, NOT_RENEWED, …)")
    on: Literal["closing", "contract_end"] = Field(default="closing", description="when")


class Assessment(Block):
    """How people are assessed."""

    owner: Literal["community", "street", "county", "city", "province"] = Field(
        default="street", description="who runs it"
    )
    grades: tuple[GradeName, ...] = Field(default=(), description="the yearly grades, best first")
    not_graded: NotGraded | None = Field(default=None, description="who gets no grade")
    points: Points | None = Field(default=None, description="the points ledger")
    schemes: tuple[Scheme, ...] = Field(default=(), description="the schemes")
    decisions: tuple[str, ...] = Field(
        default=(), description="further outputs of the annual review meeting, recorded with the grade"
    )
    consequences: tuple[Consequence, ...] = Field(default=(), description="what follows from results")
    appeal_days: int | None = Field(default=None, ge=1, description="days for an appeal (written `appeal: {days: n}`)")
