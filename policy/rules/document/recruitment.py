"""Recruitment: who may apply, how the examination is scored, ranked and cut, and what comes before a hire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from policy.rules.document.assessment import Drop
from policy.rules.document.blocks import Block, Condition, LeafOf, Measure, Name

Review = Literal["MEDICAL", "BACKGROUND", "POLITICAL"]
REVIEWS = ("MEDICAL", "BACKGROUND", "POLITICAL")
TOTAL = "total"  # what a bonus may be added to, beside a part
# Words of `ties` that are neither a part nor a fact, and codes that no part may have.
RESERVED = (TOTAL, "bonus")


class Entry(Block):
    """By which ways somebody may come in."""

    exam_required: bool = Field(
        description="whether nobody comes in without an examination (凡进必考): an employment then begins through a plan "
        "of recruitment, unless by one of the channels of `except`"
    )
    except_: tuple[str, ...] = Field(
        default=(), description="ways in without one (`except`): codes of `entry_channel` (ELECTED, APPOINTED, …)"
    )


class Planning(Block):
    """Who proposes a plan of recruitment and who puts the proposals together."""

    proposes: Literal["community", "street", "county"] | None = Field(
        default=None, description="the level whose units propose lines"
    )
    consolidates: Literal["county", "city"] | None = Field(
        default=None, description="the level whose organisation department fixes the plan"
    )
    frame: Literal["city", "province"] | None = Field(
        default=None, description="the level that sets the frame of plans"
    )
    every: Literal["year", "batch"] | None = Field(default=None, description="how often there is a plan")


class Criterion(Block):
    """A hard condition: who doesn't meet it is not admitted."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name, as the notice and a refusal say it")
    when: Condition = Field(description="what an applicant must be, of facts that an applicant has")


class Soft(Block):
    """A quality that is judged and not counted: ability, character."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    part: str | None = Field(default=None, description="the part of the examination in which it is judged")


class OpenAt(Block):
    """From how many applicants on an examination is held."""

    applicants_per_post: int | None = Field(
        default=None, ge=1, description="admitted applicants for each post; with fewer, posts are cut by decision"
    )


class Judges(Block):
    """Marks of judges: their mean is the score of the part."""

    drop: Drop = Field(default_factory=Drop, description="marks left out at the ends before the mean")
    at_least: int = Field(default=1, ge=1, description="fewer marks than this are no score")


class Subject(Block):
    """A paper or section of a part; `ties` may name it as `part.subject`."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    weight: LeafOf = Field(
        description="percent of the part; the weights add to 100", json_schema_extra={"measure": Measure.PERCENT}
    )


class Part(Block):
    """A part of the examination; scores are 0 to 100."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    weight: LeafOf = Field(
        description="percent of the total; the weights add to 100", json_schema_extra={"measure": Measure.PERCENT}
    )
    pass_: LeafOf | None = Field(
        default=None,
        description="the score of the part (before any bonus) from which on it is passed",
        json_schema_extra={"measure": Measure.SCORE},
    )
    subjects: tuple[Subject, ...] = Field(default=(), description="the papers it is made of")
    judges: Judges | None = Field(default=None, description="how the marks of judges make its score")


class Shortlist(Block):
    """How many are invited to a later part, by what was scored before it."""

    for_: str = Field(description="the part to which they are invited")
    per_post: LeafOf = Field(description="how many for each post", json_schema_extra={"measure": Measure.STEP})
    ties: Literal["all", "by_ties"] = Field(
        default="all", description="equal with the last one: all are invited, or `ties` of the place decides"
    )


class ExamRounding(Block):
    """Digits after the point, how, and when."""

    digits: int = Field(default=2, ge=0, le=4, description="digits after the point")
    mode: Literal["half_up", "up", "down"] = Field(default="half_up", description="how")
    each: Literal["step", "total"] = Field(
        default="step",
        description="step: the score of a part, each part × weight, the bonus and the total; total: the total alone",
    )


class Exam(Block):
    """The examination."""

    parts: tuple[Part, ...] = Field(description="its parts in their order; the weights add to 100")
    pass_: LeafOf | None = Field(
        default=None,
        description="the total from which on it is passed",
        json_schema_extra={"measure": Measure.SCORE},
    )
    shortlist: Shortlist | None = Field(default=None, description="who is invited to a later part")
    rounding: ExamRounding = Field(default_factory=ExamRounding, description="of scores")


class BonusRow(Block):
    """Points for who meets a condition."""

    name: Name | None = Field(default=None, description="its name")
    when: Condition = Field(description="for whom")
    points: LeafOf = Field(description="points", json_schema_extra={"measure": Measure.SCORE})


class Bonus(Block):
    """Points added for what an applicant is or holds; the rows of one list."""

    added_to: str = Field(description="code of a part, or total")
    before_weight: bool = Field(
        default=True, description="added to a part: to its score (and weighted with it), or to its weighted score"
    )
    take: Literal["highest", "sum"] = Field(default="highest", description="of several rows that fit")
    at_most: LeafOf | None = Field(
        default=None, description="never more than this", json_schema_extra={"measure": Measure.SCORE}
    )
    rows: tuple[BonusRow, ...] = Field(description="what gives points, and how many")


class PublicNotice(Block):
    """For how long the names of those to be hired stay up."""

    days: int | None = Field(default=None, ge=1, description="how many days, the first one not counted")
    count: Literal["natural", "working"] | None = Field(
        default=None, description="natural days, or working days by the table of holidays"
    )


class Recruitment(Block):
    """Open recruitment by examination."""

    entry: Entry | None = Field(default=None, description="which ways in there are")
    organisers: Mapping[str, Name] = Field(default_factory=dict, description="who holds it: names by code")
    planning: Planning | None = Field(default=None, description="who proposes and who fixes plans")
    as_of: Literal["notice_date", "applications_from", "applications_until"] | None = Field(
        default=None, description="the day on which ages and years are read"
    )
    hard: tuple[Criterion, ...] = Field(
        default=(),
        description="the hard conditions; one that is left open is checked by hand, and screening says so",
    )
    soft: tuple[Soft, ...] = Field(default=(), description="what is judged and not counted")
    open_at: OpenAt | None = Field(default=None, description="from how many applicants on it is held")
    exam: Exam | None = Field(default=None, description="the examination")
    bonus: Bonus | None = Field(default=None, description="points beside the scores")
    ties: tuple[str, ...] = Field(
        default=(),
        description="equal totals: compared by these in order — a part, a `part.subject`, or a fact (the better of an "
        "ordered one, the larger number, yes before no); what is still equal is decided by people",
    )
    reviews: tuple[Review, ...] = Field(
        default=(), description=f"what must be passed before the notice: {', '.join(REVIEWS)}"
    )
    notice: PublicNotice | None = Field(default=None, description="the public notice before a hire")
