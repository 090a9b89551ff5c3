"""The head of a policy, its indices, the counting of service, posts and classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, LeafOf, MonthDay, Name
from policy.rules.terms import ALWAYS


class Effective(Block):
    """From which day (and to which, exclusive) the version is in force, and when it was made public."""

    from_: date = Field(description="first day in force")
    to: date | None = Field(default=None, description="first day no longer in force; open while empty")
    published: date | None = Field(
        default=None, description="the day it was made public; later than `from` means the months since become arrears"
    )


# Where what a document governs may be carried out: the sections of a file, and the parts of the program.
SECTIONS = (
    "workers", "service", "posts", "classes", "scales", "pay", "assessment", "checks", "employment", "exits", "archives", "quota",
    "procedures", "recruitment",
)  # fmt: skip
MODULES = ("approvals", "staffing", "personnel", "training", "recruitment", "assessment", "payroll", "reports")


class Aspect(Block):
    """A side of the work that a document governs, and where it is carried out."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    sections: tuple[str, ...] = Field(
        default=(), description="the sections of this file that hold its rules: " + ", ".join(SECTIONS)
    )
    modules: tuple[str, ...] = Field(
        default=(), description="the parts of the program that carry it out: " + ", ".join(MODULES)
    )


class Article(Block):
    """An article of a document."""

    code: str = Field(description="its number")
    aspect: str | None = Field(default=None, description="code of the aspect that it belongs to")
    title: Name | None = Field(default=None, description="what it says")


class SourceDocument(Block):
    """A governing document: what `cite` may name."""

    code: str = Field(description="how `cite` names it")
    title: Name = Field(description="its title")
    number: str | None = Field(default=None, description="its document number (文号)")
    issuer: str | None = Field(default=None, description="who issued it")
    level: Literal["central", "province", "city", "county", "street"] | None = Field(
        default=None, description="level of the issuer"
    )
    issued: date | None = Field(default=None, description="day of issue")
    supersedes: str | None = Field(default=None, description="the document it replaces")
    url: str | None = Field(default=None, description="where it can be read")
    note: str | None = Field(default=None, description="anything else worth knowing")
    aspects: tuple[Aspect, ...] = Field(default=(), description="what it governs")
    articles: tuple[Article, ...] = Field(default=(), description="its articles")


class IndexPoint(Block):
    """One published value of an index."""

    value: LeafOf = Field(description="yuan, or a plain number")
    published: date | None = Field(
        default=None, description="the day of publication; without it the value is taken as known"
    )


class OwnMean(Block):
    """The mean of the place's own sealed slips of a closed period, used as an index."""

    of: tuple[str, ...] = Field(description="codes of the components that make up the mean")
    who: Condition = Field(default=ALWAYS, description="whose slips")
    of_year: Literal["previous"] = Field(default="previous", description="which closed period")


class IndexApplies(Block):
    """From which month a newly published yearly figure applies."""

    from_month: int = Field(default=1, ge=1, le=12, description="month of the year (1 to 12)")


class Index(Block):
    """A dated series such as the minimum wage, with its region, basis and source."""

    code: str = Field(default="", description="its key in `indices`")
    name: Name | None = Field(default=None, description="its name")
    per: Literal["year", "month"] = Field(
        default="month",
        description="the period that a value covers; `year` is divided by 12 wherever a month's pay is computed",
    )
    keyed: Literal["year", "date"] = Field(
        default="date", description="whether the series is listed by year or by the day from which a value holds"
    )
    region: str | None = Field(default=None, description="the region whose figure it is")
    basis: str | None = Field(default=None, description="what exactly is measured")
    source: str | None = Field(default=None, description="who publishes it")
    by: Literal["street", "county"] | None = Field(
        default=None, description="the series is split by the units of this level: `series: {unit code: {…}}`"
    )
    series: Mapping[int | date, IndexPoint] = Field(default_factory=dict, description="the values by year or day")
    series_by: Mapping[str, Mapping[int | date, IndexPoint]] = Field(
        default_factory=dict, description="the values by unit code, then by year or day (written under `series`)"
    )
    applies: IndexApplies = Field(default_factory=IndexApplies, description="from which month a late figure applies")
    pending: Literal["keep_previous", "stop"] = Field(
        default="keep_previous", description="until the figure is published: keep the newest published one, or stop"
    )
    own_mean: OwnMean | None = Field(
        default=None, description="instead of `series`: the mean of the place's own sealed slips"
    )


class Service(Block):
    """How years of service are counted."""

    counts: Condition = Field(
        default=ALWAYS, description="which employments count (a condition on the employment: `category`)"
    )
    from_: date | None = Field(default=None, description="nothing before this day counts")
    leave_out: Condition | None = Field(
        default=None, description="calendar years whose results fulfil this are taken out"
    )
    year_open: Literal["count", "leave_out"] = Field(
        default="count", description="a year whose result is not closed or NONE"
    )
    interruption: Literal["adds", "restarts", "restarts_after"] = Field(
        default="adds",
        description="adds: gaps drop out; restarts: only the last unbroken stretch counts; `{restarts_after: {months: n}}`: shorter gaps drop out, longer ones restart",
    )
    restarts_after_months: int | None = Field(default=None, description="the months of `{restarts_after: {months: n}}`")
    part_year: Literal["down", "up", "exact"] = Field(
        default="down", description="the part year is dropped, counted as one, or given in twelfths"
    )
    as_of: Literal["month"] | MonthDay | None = Field(
        default="month",
        description="month: on the first day of each month; `{month: 1, day: 1}`: once a year, kept till the next",
    )


# What a rule about whose workers are a place's own may ask: runs read people by it, before anything else of them is known.
WORKERS_BY = ("category",)


class Workers(Block):
    """Whose employment makes somebody one of those whom the place evaluates and pays; others are on record in no run."""

    evaluated: Condition | None = Field(
        default=None,
        description="who is evaluated, by category; without it, community workers, full-time staff and grid workers",
    )
    paid: Condition | None = Field(
        default=None,
        description="who is paid and has values on the ladders, by category; without it, the same three",
    )


class PostClass(Block):
    """A post of the place, or a class of another grouping: the first whose condition holds is the person's."""

    code: str = Field(description="its code")
    name: Name | None = Field(default=None, description="its name")
    when: Condition = Field(default=ALWAYS, description="whose it is; without it, everybody's who reaches it")
