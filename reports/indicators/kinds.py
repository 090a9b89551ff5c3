"""What an indicator is made of: a population of rows, each of one person, an optional value, and an aggregate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeAlias

from django.db.models import Q
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.models import Permission

Rows: TypeAlias = Any  # a query set, whose annotations no type knows


@dataclass(frozen=True, slots=True)
class Span:
    """What a figure is of: the part of the tree below a path, as of a day; for events, from `since` to `day` inclusive.

    known_at: as it was on record at that moment, None for as it is on record now.
    """

    path: str
    day: date
    since: date
    known_at: datetime | None = None


@dataclass(frozen=True)
class Population:
    """Rows that are counted. Each has `person_id` and two annotations: `place`, the path of the unit that it counts in,
    and `at`, the day as of which everything about the person is read. No row counts in two units, so that the numbers
    of the units below add up to the number of the unit.

    events: the rows are what happened in a span of days, else what holds on its day. employed: the rows are employments.
    plain: they have the breakdowns that name this population and no others. marks: the population whose marks of what
    has changed are also of this one. chained: each row of somebody has `next`, the day of their next one. last_of: the
    rows are those of that population, of each person the last in the span.
    """

    code: str
    text: Any
    rows: Callable[[Span], Rows]
    events: bool = False
    employed: bool = False
    plain: bool = False
    marks: str = ""
    chained: bool = False
    last_of: str = ""


class Aggregate(Enum):
    COUNT = "count"  # the rows, or those that fulfil the condition
    SHARE = "share"  # those that fulfil the condition ÷ the rows
    MEAN = "mean"
    SUM = "sum"
    LEAST = "least"
    MOST = "most"
    PER_FACT = "per_fact"  # the rows ÷ a number known of the unit
    OF_UNIT = "of_unit"  # a number known of the unit: nobody stands behind it


class Measure(Enum):
    """What a figure is in, and with how many decimals it is printed."""

    PEOPLE = "people"
    PER_CENT = "per_cent"
    YEARS = "years"
    YUAN = "yuan"
    PER_10000 = "per_10000"
    SEATS = "seats"
    APPROVED = "approved_seats"
    TIMES = "person_times"
    AREAS = "areas"

    @property
    def places(self) -> int:
        return {"yuan": 2, "years": 1, "per_cent": 1, "per_10000": 1, "areas": 1}.get(self.value, 0)

    @property
    def label(self) -> Any:
        return _MEASURES[self.value]


_MEASURES = {
    "people": _("people"),
    "per_cent": _("per cent"),
    "years": _("years"),
    "yuan": _("yuan"),
    "per_10000": _("people per 10,000 residents"),
    "seats": _("offices"),
    "approved_seats": pgettext_lazy("measure", "seats"),
    "person_times": _("person-times"),
    "areas": _("areas"),
}


@dataclass(frozen=True)
class Indicator:
    """A figure with its definition. names: the permission that opens the people behind it; of a number of the unit itself
    the one without which it is withheld, "" for none.

    condition: which rows the numerator has. value: the number of each row that a mean or a sum is of, in 1/scale of the
    measure. fact: the keys of what is known of a unit that the rows are divided by, times `times`, or that the figure
    itself is; "approved_seats" is the number of approved seats, "computed_seats" the one that the rules of the place
    give, "excellent_places" how many results may be excellent. policy: paths of the values in the rules of a place that the figure depends on.
    """

    code: str
    name: Any
    definition: Any
    population: Population
    aggregate: Aggregate = Aggregate.COUNT
    measure: Measure = Measure.PEOPLE
    numerator: Any = ""
    denominator: Any = ""
    condition: Callable[[Span], Q] | None = None
    value: Callable[[Span], BaseExpression] | None = None
    scale: int = 1
    fact: tuple[str, ...] = ()
    times: int = 1
    policy: tuple[str, ...] = ()
    names: str = Permission.VIEW_PEOPLE

    @property
    def of_unit(self) -> bool:
        """Whether it is a number of the unit itself, behind which nobody stands."""
        return self.aggregate is Aggregate.OF_UNIT

    @property
    def counted(self) -> Any:
        """Who or what its rows are, in words."""
        return "" if self.of_unit else self.population.text

    @property
    def rounding(self) -> Any:
        if self.aggregate in (Aggregate.COUNT, Aggregate.OF_UNIT):
            return _("none: a whole number")
        return _("half up") if self.measure.places else _("none: a whole number")
