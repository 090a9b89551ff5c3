"""The policy of a place in memory: one frozen class for each block of a policy file.

Field names are the keys of the file (`from` is `from_`, `in` is `in_`, `else` is `otherwise`), so that the file, this
module and `docs/policy.md` (which is generated from the descriptions below) say the same thing. Reading fills these
classes (`policy.rules.reading`); nothing here computes.

Money is in yuan as printed (`Decimal`, at most two decimals), percentages are 0 to 100, days are dates.
Scalars that choose between words (`mode: kept`) are plain values here; where their value was assumed or left open,
the leaf that says so is in `Policy.leaves` under the same path, and what is left open is `None`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from policy.rules import terms
from policy.rules.terms import ALWAYS, Leaf, Status

KINDS = ("amount", "percent_of", "split", "per_unit", "once", "manual")
Kind = Literal["amount", "percent_of", "split", "per_unit", "once", "manual"]
Scope = Literal["community", "street", "county", "city"]


class Measure(StrEnum):
    """What a number is, which decides what may be written: the reader checks it, the reference prints it."""

    MONEY = "money"  # yuan, at most two decimals
    PERCENT = "percent"  # 0..100
    SHARE = "share"  # a percentage that may pass 100 (percent_of)
    FACTOR = "factor"  # any exact number
    COUNT = "count"  # a whole number from 0 on
    STEP = "step"  # a whole number from 1 on
    VALUE = "value"  # a value of the scale: 1..values
    SCORE = "score"  # 0..100
    YEARS = "years"  # 0 or more


class Term:
    """Marks a field that holds a term (leaf, figure, condition) as read: pydantic takes it as it is."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


LeafOf = Annotated[Leaf, Term]
Figure = Annotated[terms.Figure, Term]
Condition = Annotated[terms.Condition, Term]


class MonthDay(NamedTuple):
    month: int
    day: int


class Block(BaseModel):
    """A block of a policy file. `path` is where it stands; `cite` the source of everything in it that names no other."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    path: str = Field("", exclude=True)
    line: int = Field(0, exclude=True)
    origin: str = Field("", exclude=True)
    cite: str | None = Field(None, description="the requirement row or article that the block's values come from")


class Name(BaseModel):
    """A name in Chinese and English; a plain string in the file is both."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh


# -- The head of the file ---------------------------------------------------------------------------------------------


class Effective(Block):
    """From which day (and to which, exclusive) the version is in force, and when it was made public."""

    from_: date = Field(description="first day in force")
    to: date | None = Field(None, description="first day no longer in force; open while empty")
    published: date | None = Field(
        None, description="the day it was made public; later than `from` means the months since become arrears"
    )


class SourceDocument(Block):
    """A governing document: what `cite` may name."""

    code: str = Field(description="how `cite` names it")
    title: Name = Field(description="its title")
    number: str | None = Field(None, description="its document number (文号)")
    issuer: str | None = Field(None, description="who issued it")
    level: Literal["central", "province", "city", "county", "street"] | None = Field(
        None, description="level of the issuer"
    )
    issued: date | None = Field(None, description="day of issue")
    supersedes: str | None = Field(None, description="the document it replaces")
    url: str | None = Field(None, description="where it can be read")
    note: str | None = Field(None, description="anything else worth knowing")


# -- Indices ----------------------------------------------------------------------------------------------------------


class IndexPoint(Block):
    """One published value of an index."""

    value: LeafOf = Field(description="yuan, or a plain number")
    published: date | None = Field(None, description="the day of publication; without it the value is taken as known")


class OwnMean(Block):
    """The mean of the place's own sealed slips of a closed period, used as an index."""

    of: tuple[str, ...] = Field(description="codes of the components that make up the mean")
    who: Condition = Field(ALWAYS, description="whose slips")
    of_year: Literal["previous"] = Field("previous", description="which closed period")


class IndexApplies(Block):
    """From which month a newly published yearly figure applies."""

    from_month: int = Field(1, ge=1, le=12, description="month of the year (1 to 12)")


class Index(Block):
    """A dated series such as the minimum wage, with its region, basis and source."""

    code: str = Field("", description="its key in `indices`")
    name: Name | None = Field(None, description="its name")
    per: Literal["year", "month"] = Field(
        "month",
        description="the period that a value covers; `year` is divided by 12 wherever a month's pay is computed",
    )
    keyed: Literal["year", "date"] = Field(
        "date", description="whether the series is listed by year or by the day from which a value holds"
    )
    region: str | None = Field(None, description="the region whose figure it is")
    basis: str | None = Field(None, description="what exactly is measured")
    source: str | None = Field(None, description="who publishes it")
    by: Literal["street", "county"] | None = Field(
        None, description="the series is split by the units of this level: `series: {unit code: {…}}`"
    )
    series: Mapping[int | date, IndexPoint] = Field(default_factory=dict, description="the values by year or day")
    series_by: Mapping[str, Mapping[int | date, IndexPoint]] = Field(
        default_factory=dict, description="the values by unit code, then by year or day (written under `series`)"
    )
    applies: IndexApplies = Field(default_factory=IndexApplies, description="from which month a late figure applies")
    pending: Literal["keep_previous", "stop"] = Field(
        "keep_previous", description="until the figure is published: keep the newest published one, or stop"
    )
    own_mean: OwnMean | None = Field(None, description="instead of `series`: the mean of the place's own sealed slips")


# -- Service ----------------------------------------------------------------------------------------------------------


class Service(Block):
    """How years of service are counted."""

    counts: Condition = Field(ALWAYS, description="which employments count (a condition on the employment: `category`)")
    from_: date | None = Field(None, description="nothing before this day counts")
    leave_out: Condition | None = Field(None, description="calendar years whose results fulfil this are taken out")
    year_open: Literal["count", "leave_out"] = Field("count", description="a year whose result is not closed or NONE")
    interruption: Literal["adds", "restarts", "restarts_after"] = Field(
        "adds",
        description="adds: gaps drop out; restarts: only the last unbroken stretch counts; `{restarts_after: {months: n}}`: shorter gaps drop out, longer ones restart",
    )
    restarts_after_months: int | None = Field(None, description="the months of `{restarts_after: {months: n}}`")
    part_year: Literal["down", "up", "exact"] = Field(
        "down", description="the part year is dropped, counted as one, or given in twelfths"
    )
    as_of: Literal["month"] | MonthDay | None = Field(
        "month",
        description="month: on the first day of each month; `{month: 1, day: 1}`: once a year, kept till the next",
    )


# -- Posts and classes ------------------------------------------------------------------------------------------------


class PostClass(Block):
    """A post of the place, or a class of another grouping: the first whose condition holds is the person's."""

    code: str = Field(description="its code")
    name: Name | None = Field(None, description="its name")
    when: Condition = Field(ALWAYS, description="whose it is; without it, everybody's who reaches it")


# -- Scales -----------------------------------------------------------------------------------------------------------


class Deemed(Block):
    """Years that are added to the counted ones at the start of a scale: the first row that holds."""

    when: Condition = Field(ALWAYS, description="for whom")
    years: Figure = Field(description="how many years", json_schema_extra={"measure": Measure.YEARS})


class StartYears(Block):
    """How counted years raise the first value."""

    every: LeafOf | None = Field(
        None, description="+1 for each so many years", json_schema_extra={"measure": Measure.YEARS}
    )
    reached: Literal["full", "passed"] = Field("full", description="full: at the anniversary; passed: only beyond it")
    deemed: tuple[Deemed, ...] = Field(
        (), description="deemed years; the first row that holds is added to the counted years"
    )
    bands: Figure | None = Field(
        None,
        description="instead of `every`: how much to add, as a figure",
        json_schema_extra={"measure": Measure.COUNT},
    )


class CreditRow(Block):
    """A row of a credits entry."""

    when: Condition = Field(ALWAYS, description="for whom")
    up: Figure = Field(description="values up", json_schema_extra={"measure": Measure.COUNT})


class Credits(Block):
    """One entry of credits; entries add up."""

    name: Name = Field(description="what the credit is for")
    rows: tuple[CreditRow, ...] = Field(description="its rows")
    take: Literal["highest", "sum", "first"] = Field("highest", description="which of the rows that hold count")
    once: bool = Field(False, description="once in a career, also across versions")


class Start(Block):
    """The first value of a scale (套改, hire, each review of a recomputed scale)."""

    from_: Literal["range_floor"] | Figure = Field(
        "range_floor", description="`range_floor` or a figure", json_schema_extra={"measure": Measure.VALUE}
    )
    years: StartYears | None = Field(None, description="what counted years add")
    credits: tuple[Credits, ...] = Field((), description="what education, certificates, honours … add")
    credits_later: Literal["next_month", "next_january", "never"] = Field(
        "next_month", description="when a credit earned later moves a kept scale"
    )
    left_over: Literal["counts", "lapses"] = Field(
        "counts", description="years beyond the last full step, for the first rise"
    )


class Every(Block):
    """A move for counted years."""

    years: Figure = Field(
        description="how many years since the last move", json_schema_extra={"measure": Measure.YEARS}
    )
    counting: Condition = Field(ALWAYS, description="which years count")
    otherwise: Literal["skip", "restart"] = Field(
        "skip", description="a year that does not count is skipped or restarts the count"
    )


class Move(Block):
    """A rise or fall on a scale, tried at each review in the order written."""

    name: Name = Field(description="its name in the regulation")
    code: str | None = Field(None, description="a stable code; its number without one")
    up: Figure | None = Field(None, description="values up", json_schema_extra={"measure": Measure.STEP})
    down: Figure | None = Field(None, description="values down", json_schema_extra={"measure": Measure.STEP})
    when: Condition | None = Field(None, description="for whom")
    every: Every | None = Field(None, description="after so many counted years")
    at_most: int | None = Field(None, ge=1, description="how often in a career")
    uses_years: bool = Field(False, description="results used for this move do not serve a second one")
    manual: bool = Field(False, description="entered as a case with a reason, never by a review")


class Review(Block):
    """When a scale is reviewed."""

    when: Condition | None = Field(None, description="whose value is reviewed; for everybody else it stays as it is")
    each: Literal["yearly", "monthly"] = Field("yearly", description="on 1 January, or on the first of each month")


class PostChange(Block):
    """What a change of post does to the value."""

    do: Literal["keep_within_range", "keep_offset", "recompute", "table"] = Field(
        "keep_within_range",
        description="keep the value within the new range, the same distance from the range floor, work it out anew, or a table",
    )
    effective: Literal["next_month", "next_january"] = Field("next_month", description="from when")
    table: Figure | None = Field(
        None,
        description="the new value as a figure of the facts after the change (written `{table: figure}`)",
        json_schema_extra={"measure": Measure.VALUE},
    )


class ScaleProbation(Block):
    """Values down while on probation; ends with the month after."""

    down: LeafOf = Field(description="values down", json_schema_extra={"measure": Measure.COUNT})
    not_below: LeafOf | None = Field(
        None, description="but not below this value", json_schema_extra={"measure": Measure.VALUE}
    )


class Scale(Block):
    """A ladder of whole-number values (岗位等级)."""

    code: str = Field("", description="its key in `scales`; also the name of the fact")
    name: Name = Field(description="its name")
    values: int = Field(ge=1, description="the number of values: 1 is the lowest")
    range_low: Figure | None = Field(
        None,
        description="the lowest value by post (written under `range`)",
        json_schema_extra={"measure": Measure.VALUE},
    )
    range_high: Figure | None = Field(
        None,
        description="the highest value by post (written under `range`)",
        json_schema_extra={"measure": Measure.VALUE},
    )
    no_range: frozenset[str] = Field(
        frozenset(), description="posts without a row in `range`: they have no value on the scale"
    )
    mode: Literal["kept", "recomputed"] = Field(
        "kept", description="kept: start once, then only moves change it; recomputed: `start` anew at each review"
    )
    review: Review = Field(default_factory=Review, description="yearly | monthly | {when: …, each: yearly}")
    start: Start | None = Field(None, description="the first value")
    moves: tuple[Move, ...] = Field((), description="rises and falls, tried in order at each review")
    one_review: Literal["first", "sum"] = Field("first", description="if several moves hold at one review")
    after_move: Literal["restart", "carry"] = Field("restart", description="the years since the last move")
    post_change: PostChange = Field(default_factory=PostChange, description="what a change of post does")
    probation: ScaleProbation | None = Field(None, description="values down while on probation")
    service: Service | None = Field(
        None, description="single lines of `service` changed for this scale (here merged with the rest)"
    )


# -- Pay --------------------------------------------------------------------------------------------------------------


class Rounding(Block):
    """To which unit of money, and how."""

    to: Literal["fen", "jiao", "yuan", "ten_yuan"] = Field("fen", description="unit")
    mode: Literal["half_up", "up", "down"] = Field("half_up", description="how; halves away from zero")


class Cycle(Block):
    """When a component is paid, and what for."""

    every: Literal["month", "quarter", "half_year", "year"] = Field(
        "month", description="length of the cycle (`cycle: monthly` is the short form)"
    )
    paid_in: tuple[int, ...] = Field((), description="months of payment; the last whole cycle ended by then is paid")
    accrues: bool = Field(
        False, description="each month's amount is worked out with that month's facts, and their sum is paid"
    )
    part: Literal["by_month", "full", "none"] = Field(
        "by_month", description="what someone gets who served only some months of it"
    )
    leaver: Literal["at_exit", "with_the_rest", "forfeits"] = Field(
        "with_the_rest", description="when a leaver gets it"
    )


class Share(Block):
    """A row of a split."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    percent: LeafOf = Field(description="its share", json_schema_extra={"measure": Measure.PERCENT})
    when: Condition | None = Field(None, description="paid only to whom it fits; the share of others is not paid")
    payer: Mapping[str, int] = Field(default_factory=dict, description="who pays")
    paid: bool = Field(True, description="false: shown, not paid")
    cycle: Cycle = Field(default_factory=Cycle, description="when it is paid")
    probation: Literal["full", "none"] | Figure = Field(
        "full", description="full | none | {percent: 90}", json_schema_extra={"measure": Measure.PERCENT}
    )
    proration: Literal["calendar_days", "workdays_21_75", "whole_month", "none"] = Field(
        "calendar_days", description="how joiners, leavers and absence are cut"
    )
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    contribution_base: bool = Field(True, description="whether it counts for contributions")


class Component(Block):
    """A line of pay; computed in the file's order. Which fields belong to which kind is in `KIND_FIELDS`."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name in the regulation")
    kind: Kind = Field(description="amount | percent_of | split | per_unit | once | manual")
    when: Condition | None = Field(None, description="who has the line; others have none")
    payer: Mapping[str, int] = Field(
        default_factory=dict, description="CITY, or {CITY: 60, STREET: 40}: percentages that add to 100"
    )
    paid: bool = Field(True, description="false: a standard, computed and shown but not paid")
    cycle: Cycle = Field(default_factory=Cycle, description="when it is paid")
    probation: Literal["full", "none"] | Figure = Field(
        "full", description="full | none | {percent: 90}", json_schema_extra={"measure": Measure.PERCENT}
    )
    proration: Literal["calendar_days", "workdays_21_75", "whole_month", "none"] = Field(
        "calendar_days", description="how joiners, leavers and absence are cut"
    )
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    contribution_base: bool = Field(True, description="whether it counts for contributions")
    service: Service | None = Field(
        None, description="single lines of `service` changed for this component (here merged with the rest)"
    )
    amount: Figure | None = Field(
        None, description="amount, per_unit: yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    times: tuple[Figure, ...] = Field((), description="amount: factors", json_schema_extra={"measure": Measure.FACTOR})
    of: tuple[str, ...] = Field((), description="percent_of, split: codes of earlier components")
    percent: Figure | None = Field(
        None, description="percent_of: the percentage", json_schema_extra={"measure": Measure.SHARE}
    )
    shares: tuple[Share, ...] = Field(
        (), description="split: the rows; all but the last are rounded, the last is the rest"
    )
    fact: str | None = Field(
        None, description="per_unit, once: the number that is multiplied, or that passes the marks"
    )
    at: Mapping[int, Figure] = Field(
        default_factory=dict, description="once: the amount by mark", json_schema_extra={"measure": Measure.MONEY}
    )
    passed_before: Literal["not_paid", "paid"] = Field(
        "not_paid", description="once: whether those who had passed a mark before the first version are paid"
    )
    at_most_units: Figure | None = Field(
        None,
        description="per_unit: at most so many units (written `at_most: {units: …}`)",
        json_schema_extra={"measure": Measure.COUNT},
    )
    at_most_yuan: Figure | None = Field(
        None,
        description="per_unit, manual: at most so many yuan (written `at_most: {yuan: …}`)",
        json_schema_extra={"measure": Measure.MONEY},
    )
    note: str | None = Field(None, description="manual: what is entered and on what grounds")
    repeats: bool = Field(False, description="manual: paid each month until changed")


class Limit(Block):
    """A floor or ceiling of a line, of the total, or of a mean."""

    code: str = Field("", description="its code; without one, its number")
    name: Name = Field(description="its name")
    of: str = Field(description="a component's code, `total` or `mean_total`")
    who: Condition = Field(ALWAYS, description="for whom")
    at_least: Figure | None = Field(None, description="floor, in yuan", json_schema_extra={"measure": Measure.MONEY})
    at_most: Figure | None = Field(None, description="ceiling, in yuan", json_schema_extra={"measure": Measure.MONEY})
    times: Figure | None = Field(
        None, description="factor of the floor and ceiling", json_schema_extra={"measure": Measure.FACTOR}
    )
    over: Literal["month", "year"] = Field("month", description="over a month, or over the twelve months of a year")
    scope: Scope = Field("county", description="the units over which a mean is formed")
    action: Literal["report", "block", "top_up", "cut"] = Field(
        "report", description="what happens; a mean is only reported"
    )


class MidMonth(Block):
    """Joiners, leavers and changes in the middle of a month."""

    joins: Literal["from_day"] = Field("from_day", description="a joiner's month is paid from the day")
    leaves: Literal["to_day"] = Field("to_day", description="a leaver's month is paid to the day")
    changes: Literal["next_month"] = Field("next_month", description="changed facts count from the next month")


class Absence(Block):
    """What unpaid absence takes off."""

    kind: str = Field(description="kind of absence (PERSONAL, SICK, …)")
    of: tuple[str, ...] = Field(description="components that it reduces")
    take: Literal["calendar_days", "workdays_21_75"] = Field("workdays_21_75", description="how days missed are cut")


class DeductionBase(Block):
    """The base of a contribution."""

    of: tuple[str, ...] = Field(description="components that make up the base")
    at_least: Figure | None = Field(
        None, description="lowest base, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )
    at_most: Figure | None = Field(
        None, description="highest base, in yuan", json_schema_extra={"measure": Measure.MONEY}
    )


class DeductionRates(Block):
    """Rates in basis points (1,000 is 10 %)."""

    person: LeafOf = Field(description="the person's share, in basis points")
    employer: LeafOf = Field(description="the employer's share, in basis points")


class Deduction(Block):
    """An insurance or housing-fund scheme that the place grants."""

    code: str = Field("", description="its key in `deductions`")
    name: Name | None = Field(None, description="its name")
    base: DeductionBase | None = Field(None, description="what it is reckoned on")
    rates: DeductionRates | None = Field(None, description="basis points")
    rounding: Rounding = Field(default_factory=Rounding, description="to what and how")
    who: Condition = Field(ALWAYS, description="for whom")


class Pay(Block):
    """What is paid."""

    components: tuple[Component, ...] = Field(
        (), description="the lines of pay, in order; a component may refer only to earlier ones"
    )
    limits: tuple[Limit, ...] = Field((), description="floors and ceilings")
    mid_month: MidMonth = Field(default_factory=MidMonth, description="joiners, leavers, changes")
    probation_ends: Literal["month", "exact_day"] = Field(
        "month", description="month: the status of the month's first day counts; exact_day: cut by calendar days"
    )
    absence: tuple[Absence, ...] = Field((), description="what unpaid absence takes off")
    deductions: Mapping[str, Deduction] = Field(
        default_factory=dict, description="insurance and fund schemes by name; only those granted"
    )
    annual_grade_from: Literal["closing", "january"] = Field(
        "closing",
        description="from when a new yearly result counts in monthly components: the month after closing, or January (with arrears)",
    )


# -- Assessment -------------------------------------------------------------------------------------------------------


class GradeName(Block):
    """A yearly grade."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")


class NotGraded(Block):
    """Who gets no grade: no rank, and NONE for other rules."""

    code: str = Field("NOT_GRADED", description="its code")
    name: Name = Field(default=Name(zh="不定等次", en="Not graded"), description="its name")
    when: Condition = Field(description="for whom")


class PointItem(Block):
    """An item of the points catalogue."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    aspect: str | None = Field(None, description="the aspect it belongs to")
    points: LeafOf | None = Field(None, description="points each time; below zero for a penalty")
    per: str | None = Field(None, description="what is counted (visit, day, …)")
    cap: Mapping[Literal["day", "month", "quarter", "half_year", "year"], LeafOf] = Field(
        default_factory=dict, description="at most so many points in a period"
    )


class Points(Block):
    """Points that are written down through the year."""

    catalogue: tuple[PointItem, ...] = Field((), description="what gives points, and how many")


class InputPart(Block):
    """A share of one kind of rater among the ballots."""

    rater: str = Field(description="kind of rater")
    at_least: LeafOf | None = Field(
        None, description="percent of the ballots", json_schema_extra={"measure": Measure.PERCENT}
    )
    at_most: LeafOf | None = Field(
        None, description="percent of the ballots", json_schema_extra={"measure": Measure.PERCENT}
    )


class Drop(Block):
    """Ballots left out at the ends."""

    highest: int = Field(0, ge=0, description="how many of the highest")
    lowest: int = Field(0, ge=0, description="how many of the lowest")


class Input(Block):
    """An input of a score; its value is 0 to 100."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    from_: Literal["points", "scheme", "ratings", "figure", "score"] = Field(
        description="points (the ledger), scheme (another scheme's score), ratings (ballots), figure, score (entered: a meeting's, an inspection's)"
    )
    of: str | None = Field(None, description="from scheme: its code")
    aspect: str | None = Field(None, description="from points: only items of this aspect")
    take: Literal["mean", "sum", "last"] = Field("mean", description="from scheme: what is taken of its periods")
    raters: str | None = Field(None, description="from ratings: whose (RESIDENTS, LEADERS, PEERS, …)")
    at_least: int | None = Field(
        None, ge=1, description="from ratings: fewer ballots than this do not count (written `at_least: {raters: n}`)"
    )
    mix: tuple[InputPart, ...] = Field(
        (), description="from ratings: shares of kinds of raters (written `mix: {KIND: {at_least: percent}}`)"
    )
    drop: Drop = Field(default_factory=Drop, description="from ratings: ballots left out at the ends")
    to_100: LeafOf | None = Field(None, description="the number that is worth 100 (written `to_100: {full: n}`)")
    value: Figure | None = Field(
        None, description="from figure: the figure", json_schema_extra={"measure": Measure.SCORE}
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
        None,
        description="percent of the pool (written `at_most: {percent: 30}`)",
        json_schema_extra={"measure": Measure.PERCENT},
    )
    at_least: Figure | None = Field(
        None,
        description="percent of the pool; reported only (written `at_least: {percent: 5}`)",
        json_schema_extra={"measure": Measure.PERCENT},
    )
    of: Literal["graded", "all"] = Field(
        "graded", description="graded: everybody in the pool who gets a grade of the scheme"
    )
    pool: Scope = Field("street", description="the units over which it is counted")
    rounding: Literal["down", "up", "half_up"] = Field("down", description="of the number of places")


class Best(Block):
    """No better grade than this for whom the condition holds."""

    grade: str = Field(description="the best grade")
    when: Condition = Field(description="for whom")


class GradeShare(Block):
    """A share of a grading by rank; `rest` takes what the others leave."""

    grade: str = Field(description="the grade")
    percent: LeafOf | None = Field(
        None, description="percent of the pool; empty for `rest`", json_schema_extra={"measure": Measure.PERCENT}
    )
    rest: bool = Field(False, description="takes what remains")


class Scheme(Block):
    """A scheme of assessment: inputs → score → rank → grade."""

    code: str = Field(description="its code")
    name: Name | None = Field(None, description="its name")
    cycle: Literal["day", "month", "quarter", "half_year", "year", "special"] = Field(
        description="how often it is closed"
    )
    who: Condition = Field(ALWAYS, description="whom it assesses; the first yearly one that fits gives annual_grade")
    inputs: tuple[Input, ...] = Field((), description="what the score is made of; weights add to 100")
    missing: Literal["stop", "spread"] = Field(
        "stop", description="a missing input: list the person, or spread its weight over the others"
    )
    rounding: ScoreRounding = Field(ScoreRounding(), description="digits, mode, each: input | score")
    thresholds: Mapping[str, LeafOf] | None = Field(
        None,
        description="lowest score of a grade (written `grading: {thresholds: {…}}`)",
        json_schema_extra={"measure": Measure.SCORE},
    )
    shares: tuple[GradeShare, ...] | None = Field(
        None, description="shares by rank, best first (written `grading: {shares: {…, rest: GRADE}}`)"
    )
    rank_in: Scope = Field("street", description="the pool of ranks and shares")
    caps: tuple[Cap, ...] = Field((), description="at most so many of a grade")
    best: tuple[Best, ...] = Field((), description="no better than")
    ties: Literal["decide"] | tuple[str, ...] = Field(
        "decide", description="equal scores across a cap: decided by people, or by these inputs in order"
    )


class Consequence(Block):
    """What follows from results."""

    when: Condition = Field(description="for whom")
    in_: Scope | None = Field(None, description="the pool of a rank test")
    do: str = Field(description="what (REMINDER_TALK, OPEN_EXIT_CASE, NOT_RENEWED, …)")
    on: Literal["closing", "contract_end"] = Field("closing", description="when")


class Assessment(Block):
    """How people are assessed."""

    owner: Literal["community", "street", "county", "city", "province"] = Field("street", description="who runs it")
    grades: tuple[GradeName, ...] = Field((), description="the yearly grades, best first")
    not_graded: NotGraded | None = Field(None, description="who gets no grade")
    points: Points | None = Field(None, description="the points ledger")
    schemes: tuple[Scheme, ...] = Field((), description="the schemes")
    decisions: tuple[str, ...] = Field(
        (), description="further outputs of the annual review meeting, recorded with the grade"
    )
    consequences: tuple[Consequence, ...] = Field((), description="what follows from results")
    appeal_days: int | None = Field(None, ge=1, description="days for an appeal (written `appeal: {days: n}`)")


# -- The whole --------------------------------------------------------------------------------------------------------


class Policy(Block):
    """The rules of a place in one version, in normal form, with every value's source."""

    place: str = Field(description="the place: significant digits of its unit code (340181, 5206)")
    name: Name = Field(description="its name")
    version: str = Field(description="the version, as text")
    effective: Effective = Field(description="the days in force")
    extends: str | None = Field(None, description="`place/version` of the upper unit's file that this one changes")
    documents: tuple[SourceDocument, ...] = Field((), description="the governing documents")
    indices: Mapping[str, Index] = Field(default_factory=dict, description="dated series")
    service: Service = Field(default_factory=Service, description="how years of service are counted")
    posts: tuple[PostClass, ...] = Field((), description="the posts, highest first: the first whose condition holds")
    classes: Mapping[str, tuple[PostClass, ...]] = Field(
        default_factory=dict, description="other groupings; each becomes a fact and may use earlier ones"
    )
    scales: Mapping[str, Scale] = Field(
        default_factory=dict, description="ladders; each becomes a fact, and `<scale>_years` too"
    )
    pay: Pay | None = Field(None, description="what is paid")
    assessment: Assessment | None = Field(None, description="how people are assessed")
    leaves: Annotated[tuple[Leaf, ...], Term] = Field((), description="every value in document order")
    sha256: str = Field("", description="hash of the text (with its parents')")
    text: str = Field("", description="the file as written")

    def unset(self, path: str = "") -> tuple[Leaf, ...]:
        """The values left open at or below a path, in document order."""
        return tuple(
            leaf
            for leaf in self.leaves
            if leaf.status is Status.UNSET and (not path or leaf.path == path or leaf.path.startswith(path + "."))
        )


# -- walking ----------------------------------------------------------------------------------------------------------


def iter_leaves(policy: Policy) -> Iterator[Leaf]:
    """Every value of the document, in its order, with source and status."""
    yield from policy.leaves


def clause(policy: Policy, path: str) -> Any:
    """The leaf at a path, or the block that stands there; KeyError if there is neither."""
    for leaf in policy.leaves:
        if leaf.path == path:
            return leaf
    found = _find(policy, path)
    if found is None:
        raise KeyError(path)
    return found


def _find(value: Any, path: str) -> Any:
    if isinstance(value, Block):
        if value.path == path and path:
            return value
        if value.path and not path.startswith(value.path + "."):
            return None
        for field in type(value).model_fields:
            found = _find(getattr(value, field), path)
            if found is not None:
                return found
    elif isinstance(value, tuple | list):
        for item in value:
            found = _find(item, path)
            if found is not None:
                return found
    elif isinstance(value, dict):
        for item in value.values():
            found = _find(item, path)
            if found is not None:
                return found
    elif getattr(value, "path", None) == path:
        return value
    return None
