"""Who is counted. Every population gives each person (or event) one place in the tree, as of the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import DateField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessment.models import AnnualResult
from organization.access import after
from organization.models import Unit, UnitKind, units_on
from payroll.models import PayLine, PayShare, PaySlip
from personnel.models import (
    COUNTED_CATEGORIES,
    Body,
    Category,
    Completion,
    Education,
    Employment,
    NamedListEntry,
    NamedListKind,
    PostTitle,
    StudyMode,
    Tenure,
)
from reports.indicators.expressions import DayBefore, Rank
from reports.indicators.kinds import Population, Rows, Span
from training.models import TrainingRecord


def holding(day: Any, prefix: str = "") -> Q:
    """The condition that a range of days has the day."""
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day}))


def as_of(day: Any) -> Any:
    return Value(day, output_field=DateField())


def placed(rows: Rows, span: Span, unit: str = "unit", path: str = "unit_path") -> Rows:
    """The rows in the part of the tree, by the place that their unit had on the day.

    A unit that has moved since is found by its place then, as long as it is still the same unit (decision 0011).
    """
    changed = Unit.objects.filter(valid_from__gt=span.day, origin__isnull=False)
    if span.day >= timezone.localdate() or not changed.exists():  # a change of the tree is entered on its day or later
        return rows.annotate(place=F(path)).filter(**{f"{path}__gte": span.path, f"{path}__lt": after(span.path)})
    since = changed.filter(lineage=OuterRef("lineage"))
    then = Unit.objects.filter(Exists(since), units_on(span.day), lineage=OuterRef(f"{unit}__lineage")).values("path")[
        :1
    ]
    return rows.annotate(place=Coalesce(Subquery(then), F(path))).filter(
        place__gte=span.path, place__lt=after(span.path)
    )


def _newest(categories: tuple[str, ...]) -> Q:
    """The employment that began last, where somebody has several of these categories on the day."""
    later = Q(start__gt=OuterRef("start")) | Q(start=OuterRef("start"), pk__gt=OuterRef("pk"))
    return ~Q(
        Exists(
            Employment.objects.filter(
                later, holding(OuterRef("at")), person_id=OuterRef("person_id"), category__in=categories
            )
        )
    )


def _workers(span: Span) -> Rows:
    rows = Employment.objects.filter(holding(span.day), category__in=COUNTED_CATEGORIES).annotate(at=as_of(span.day))
    return placed(rows, span).filter(_newest(COUNTED_CATEGORIES))


def _employed(span: Span) -> Rows:
    rows = Employment.objects.filter(holding(span.day)).annotate(at=as_of(span.day))
    return placed(rows, span).filter(_newest(tuple(Category.values)))


def _seated(span: Span) -> Rows:
    """As `counted_for_system` counts who fills a seat: one employment of the category at a time is all there can be."""
    rows = Employment.objects.filter(
        holding(span.day), category=Category.COMMUNITY_WORKER, establishment__isnull=True
    ).annotate(at=as_of(span.day))
    return placed(rows, span)


def committee_seats(day: Any) -> Rows:
    """Seats of a day in the two committees of communities; an estate's branch is of neither."""
    return Tenure.objects.filter(
        holding(day), body__in=(Body.PARTY, Body.COMMITTEE), post__unit__kind=UnitKind.COMMUNITY
    )


def _committee(span: Span) -> Rows:
    """Whoever sits in several communities counts in the one of the weightiest seat."""
    first = (
        committee_seats(span.day)
        .filter(person_id=OuterRef("person_id"))
        .order_by(Rank(PostTitle.values, "title"), "start", "pk")
        .values("pk")[:1]
    )
    rows = committee_seats(span.day).annotate(at=as_of(span.day))
    return placed(rows, span, "post__unit", "post__unit__path").filter(pk=Subquery(first))


def sits(span: Span, body: str) -> Q:
    """The condition that a person has a seat in one of the two committees, of whichever community.

    Asked as the key of one such seat, which is looked up row by row: of a semi-join, which an EXISTS becomes, PostgreSQL
    expects one row beside `_committee`, joins everybody who has a seat to every unit asked for, and takes minutes.
    """
    seats = committee_seats(span.day).filter(person_id=OuterRef("person_id"), body=body)
    return Q(IsNull(Subquery(seats.order_by().values("pk")[:1]), False))


def _secretaries(span: Span) -> Rows:
    rows = (
        committee_seats(span.day).filter(body=Body.PARTY, title=PostTitle.PARTY_SECRETARY).annotate(at=as_of(span.day))
    )
    return placed(rows, span, "post__unit", "post__unit__path")


def _grid_leaders(span: Span) -> Rows:
    rows = Tenure.objects.filter(holding(span.day), title=PostTitle.GRID_LEADER).annotate(at=as_of(span.day))
    return placed(rows, span, "post__unit", "post__unit__path")


def _hires(span: Span) -> Rows:
    """Who moved from one unit to the next, or changed the category, was employed the day before and is not counted."""
    before = Employment.objects.filter(
        Q(start__lt=OuterRef("start")) | Q(start=OuterRef("start"), pk__lt=OuterRef("pk")),
        Q(end__isnull=True) | Q(end__gte=OuterRef("start")),
        person_id=OuterRef("person_id"),
        category__in=COUNTED_CATEGORIES,
    )
    rows = Employment.objects.filter(
        ~Exists(before), start__gte=span.since, start__lte=span.day, category__in=COUNTED_CATEGORIES
    ).exclude(end=F("start"))
    return placed(rows.annotate(at=F("start")), span)


def _leavers(span: Span) -> Rows:
    goes_on = Employment.objects.filter(
        Q(end__isnull=True) | Q(end__gt=OuterRef("end")) | Q(end=OuterRef("end"), pk__gt=OuterRef("pk")),
        start__lte=OuterRef("end"),
        person_id=OuterRef("person_id"),
        category__in=COUNTED_CATEGORIES,
    ).exclude(pk=OuterRef("pk"))
    rows = Employment.objects.filter(
        ~Exists(goes_on), end__gte=span.since, end__lte=span.day, category__in=COUNTED_CATEGORIES
    ).exclude(end=F("start"))
    return placed(rows.annotate(at=DayBefore("end")), span)


def reserve_rows(kind: str) -> Callable[[Span], Rows]:
    """The rows of a population: those on a named list on the day."""
    return lambda span: _listed(kind, span)


def _listed(kind: str, span: Span) -> Rows:
    """They need not be employed: the place is that of the newest employment, else post, else where they were entered."""
    jobs = Employment.objects.filter(person_id=OuterRef("person_id"), start__lte=span.day).order_by("-start", "-pk")
    posts = Tenure.objects.filter(person_id=OuterRef("person_id"), start__lte=span.day).order_by("-start", "-pk")
    same = NamedListEntry.objects.filter(
        holding(span.day), person_id=OuterRef("person_id"), kind=kind, pk__gt=OuterRef("pk")
    )
    where = Coalesce(
        Subquery(jobs.values("unit_path")[:1]),
        Subquery(posts.values("post__unit__path")[:1]),
        F("person__belongs_to__path"),
    )
    rows = NamedListEntry.objects.filter(holding(span.day), ~Exists(same), kind=kind).annotate(
        at=as_of(span.day), place=where
    )
    return rows.filter(place__gte=span.path, place__lt=after(span.path))


def _happened(span: Span, day: str, number: str) -> Rows:
    """What people did on a day of the span while they were employed, `number` which of it: a row of each, in the unit of
    the latest of the employments of that day."""
    rows = Employment.objects.annotate(at=F(day), number=F(number))
    return placed(rows.filter(holding(F("at")), at__gte=span.since, at__lte=span.day), span).filter(
        _newest(tuple(Category.values))
    )


def _trainings(span: Span) -> Rows:
    employed = Employment.objects.filter(holding(OuterRef("started")), person_id=OuterRef("person_id"))
    later = TrainingRecord.objects.filter(
        Q(started__gt=OuterRef("at")) | Q(started=OuterRef("at"), pk__gt=OuterRef("number")),
        Exists(employed),
        person_id=OuterRef("person_id"),
    )
    return _happened(span, "person__trainings__started", "person__trainings__pk").annotate(
        next=Subquery(later.order_by("started").values("started")[:1]), mode=F("person__trainings__mode")
    )


def _trained(span: Span) -> Rows:
    return _trainings(span).filter(Q(next__isnull=True) | Q(next__gt=span.day))


def _diplomas(span: Span) -> Rows:
    return _happened(span, "person__educations__graduated", "person__educations__pk").filter(
        Exists(
            Education.objects.filter(
                pk=OuterRef("number"), study_mode=StudyMode.IN_SERVICE, completion=Completion.GRADUATED
            )
        )
    )


def _taken(span: Span) -> Rows:
    """A seat goes on in a row of its own where something about it changes, and isn't taken again then."""
    goes_on = Tenure.objects.filter(person_id=OuterRef("person_id"), post_id=OuterRef("post_id"), end=OuterRef("start"))
    rows = Tenure.objects.filter(
        ~Exists(goes_on),
        body__in=(Body.PARTY, Body.COMMITTEE),
        post__unit__kind=UnitKind.COMMUNITY,
        start__gte=span.since,
        start__lte=span.day,
    ).exclude(end=F("start"))
    return placed(rows.annotate(at=DayBefore("start")), span, "post__unit", "post__unit__path")


def _risen(span: Span) -> Rows:
    """Of several seats taken on one day the weightiest."""
    seats = Tenure.objects.filter(
        person_id=OuterRef("person_id"),
        body__in=(Body.PARTY, Body.COMMITTEE),
        post__unit__kind=UnitKind.COMMUNITY,
    ).exclude(end=F("start"))
    before = seats.filter(Q(end__isnull=True) | Q(end__gte=OuterRef("start")), start__lt=OuterRef("start"))
    first = seats.filter(start=OuterRef("start")).order_by(Rank(PostTitle.values, "title"), "pk").values("pk")[:1]
    return _taken(span).filter(~Exists(before), pk=Subquery(first))


def _results(span: Span) -> Rows:
    """Closed results keep the unit of their time."""
    return AnnualResult.objects.filter(
        year=span.day.year, state="CLOSED", unit__path__gte=span.path, unit__path__lt=after(span.path)
    ).annotate(at=as_of(span.day), place=F("unit__path"))


def _paid(rows: Rows, span: Span) -> Rows:
    """Of sealed slips of the month of the day, in the unit of their time."""
    rows = rows.filter(month=span.day.replace(day=1), unit__path__gte=span.path, unit__path__lt=after(span.path))
    return rows.annotate(at=F("day"), place=F("unit__path"))


def _slips(span: Span) -> Rows:
    return _paid(PaySlip.objects.filter(run__state="SEALED"), span)


WORKERS = Population(
    "workers",
    _("people employed on the day as community workers, full-time staff of communities or full-time grid workers; whoever has two such employments counts in the unit of the later one"),
    _workers,
    employed=True,
)  # fmt: skip
EMPLOYED = Population(
    "employed",
    _("people employed on the day in any category, public-welfare posts and staff of the establishment among them; whoever has several employments counts in the unit of the latest one"),
    _employed,
    employed=True,
)  # fmt: skip
SEATED = Population(
    "seated",
    _("people who fill an approved seat on the day: employed as community workers and of no establishment"),
    _seated,
    employed=True,
)
COMMITTEE = Population(
    "committee",
    _("people who sit on the day in the party organisation or the residents' committee of a community, each counted once"),
    _committee,
)  # fmt: skip
IN_PARTY = Population(
    "in_party", _("people who sit on the day in the party organisation of a community, each counted once"),
    lambda span: _committee(span).filter(sits(span, Body.PARTY)),
)  # fmt: skip
IN_RESIDENTS = Population(
    "in_residents", _("people who sit on the day in the residents' committee of a community, each counted once"),
    lambda span: _committee(span).filter(sits(span, Body.COMMITTEE)),
)  # fmt: skip
SECRETARIES = Population("secretaries", _("party secretaries of communities on the day"), _secretaries)
GRID_LEADERS = Population("grid_leaders", _("grids that have a leader on the day"), _grid_leaders)
HIRES = Population(
    "hires",
    _("employments of community workers, full-time staff and grid workers that begin in the period, of people who had none the day before"),
    _hires,
    events=True,
    employed=True,
)  # fmt: skip
LEAVERS = Population(
    "leavers",
    _("employments of community workers, full-time staff and grid workers that end in the period, of people who have none from that day on"),
    _leavers,
    events=True,
    employed=True,
)  # fmt: skip
TRAININGS = Population(
    "trainings",
    _("trainings that begin in the period, once for each of their people who is employed on that day in any category; in the unit of the latest employment"),
    _trainings,
    events=True,
    employed=True,
    chained=True,
)  # fmt: skip
TRAINED = Population(
    "trained",
    _("people with a training that begins in the period on a day on which they are employed, each counted once, in the unit of the last one"),
    _trained,
    events=True,
    employed=True,
    last_of="trainings",
)  # fmt: skip
DIPLOMAS = Population(
    "diplomas",
    _("studies in service from which somebody graduates in the period while employed in any category"),
    _diplomas,
    events=True,
    employed=True,
)
TAKEN = Population(
    "taken",
    _("seats in the two committees of communities that somebody takes in the period; as of the day before"),
    _taken,
    events=True,
)
RISEN = Population(
    "risen",
    _("people who take a seat in the two committees of communities in the period and had none the day before; as of that day"),
    _risen,
    events=True,
)  # fmt: skip
RESERVE = Population(
    "reserve",
    _("people on the list of reserves for the two committees on the day"),
    reserve_rows(NamedListKind.COMMITTEE_RESERVE),
)
RESULTS = Population("results", _("closed yearly results of the year of the day, in the unit of their time"), _results)
SLIPS = Population("slips", _("sealed payslips of the month of the day, in the unit of their time"), _slips)
PAY_LINES = Population(
    "pay_lines",
    _("paid lines of sealed payslips of the month of the day that are not nothing, in the unit of their time; what lifts pay to a floor is a line of its own"),
    lambda span: _paid(PayLine.objects.all(), span),
    plain=True,
    marks="slips",
)  # fmt: skip
PAY_SHARES = Population(
    "pay_shares",
    _("what each payer bears of sealed payslips of the month of the day, in the unit of their time"),
    lambda span: _paid(PayShare.objects.all(), span),
    plain=True,
    marks="slips",
)
