"""Files whose time is over: for how long a file is kept after leaving says the data map (docs/decisions/0050)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy

from approvals.models import Case, CaseState
from assessment.models import Appeal
from cwms.data_map import whole
from personnel.models import CorrectionRequest, CorrectionState, Employment, Person, Restriction, Tenure

HOLDS = {
    "restriction": gettext_lazy("processing is restricted"),
    "correction": gettext_lazy("a correction is asked for"),
    "case": gettext_lazy("a case is under way"),
    "appeal": gettext_lazy("an appeal is open"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A file whose time is over. left: the first day without employment or post; holds: of HOLDS, why it stays all the same."""

    person_id: int
    left: date
    holds: tuple[str, ...]


def files_due_for_system(day: date) -> Iterator[Due]:
    """The files that are kept no longer by a day, the longest due first. One query.

    Who has an employment or a post on the day or later isn't among them, nor who never had any: they have not left.
    """
    found = _left().filter(left__lte=years_before(day, whole()["retentions"]["file"]["years"])).order_by("left", "pk")
    for one in found.values("pk", "left", *HOLDS).iterator():
        yield Due(one["pk"], one["left"], tuple(name for name in HOLDS if one[name]))


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the 28th for a 29th of February.

    >>> years_before(date(2024, 2, 29), 10)
    datetime.date(2014, 2, 28)
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _left() -> QuerySet[Any]:
    """People with nothing that goes on, with the day of leaving and what holds their files."""

    def last(model: Any) -> Subquery:
        rows = model.objects.filter(person=OuterRef("pk")).order_by().values("person")
        return Subquery(rows.annotate(last=Max("end")).values("last"))

    def going_on(model: Any) -> Exists:
        return Exists(model.objects.filter(person=OuterRef("pk"), end=None))

    return Person.objects.filter(~going_on(Employment), ~going_on(Tenure)).annotate(
        left=Greatest(last(Employment), last(Tenure)),  # of PostgreSQL: the one that there is
        restriction=Exists(Restriction.objects.filter(Q(end=None), person=OuterRef("pk"))),
        correction=Exists(CorrectionRequest.objects.filter(person=OuterRef("pk"), state=CorrectionState.OPEN)),
        case=Exists(Case.objects.filter(subject=OuterRef("key"), state=CaseState.OPEN)),
        appeal=Exists(Appeal.objects.filter(result__person=OuterRef("pk"), state="OPEN")),
    )
