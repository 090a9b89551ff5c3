"""Files whose time is over: for how long a file is kept after leaving says the data map (docs/decisions/0050).

So are numbers without a name, on which documents of pay hung, once the documents' own time is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from posixpath import commonpath
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, Exists, Func, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils.translation import gettext_lazy

from approvals.models import Case as Procedure
from approvals.models import CaseState
from assessment.models import Appeal
from core.models import RunState
from core.periods import years_before
from cwms.data_map import whole
from cwms.retention.plan import NOBODY
from organization.access import Viewer, scope_for
from organization.models import Permission
from payroll.models import PaySlip
from personnel.models import (
    CorrectionRequest,
    CorrectionState,
    Deletion,
    Employment,
    OwnFile,
    Person,
    Restriction,
    Tenure,
)
from personnel.selectors.people import belonging_for_system

_ARRAY = Func(
    OuterRef("pk"),
    function="ARRAY",
    template="%(function)s[%(expressions)s]",
    output_field=ArrayField(BigIntegerField()),
)

HOLDS = {
    "restriction": gettext_lazy("processing is restricted"),
    "correction": gettext_lazy("a correction is asked for"),
    "case": gettext_lazy("a case is under way"),
    "appeal": gettext_lazy("an appeal is open"),
    "pay": gettext_lazy("pay is not sealed yet"),
    "account": gettext_lazy("their account as a user is open"),
    "proposed": gettext_lazy("its deletion is proposed already"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A file whose time is over. left: the first day without employment or post,
    of a number without a name the month of the last pay or the day of the first deletion; holds: of HOLDS, why it stays
    all the same."""

    person_id: int
    left: date
    holds: tuple[str, ...]


def files_due_for_system(day: date, *, people: Collection[int] | None = None) -> Iterator[Due]:
    """The files that are kept no longer by a day, the longest due first; of some people, or of all. One query.

    Who has an employment or a post on the day or later isn't among them, nor who never had any: they have not left.
    """
    found = _due(day) if people is None else _due(day).filter(pk__in=people)
    for person in found.iterator():
        yield Due(person.pk, person.since, holds_of(person))


def files_due(*, user: Viewer, day: date) -> QuerySet[Person]:
    """The same of one's own units, where one proposes deletions: people with `since`, as `Due.left`, each of HOLDS, and `last_unit`."""
    last = Employment.objects.filter(person=OuterRef("pk")).order_by("-start").values("unit__name")[:1]
    found = _due(day).filter(belonging_for_system(scope_for(user, Permission.PROPOSE_DELETION)))
    annotated: QuerySet[Person] = found.annotate(last_unit=Subquery(last))
    return annotated


def holds_of(person: Any) -> tuple[str, ...]:
    """Of somebody among `files_due`: names of HOLDS."""
    return tuple(name for name in HOLDS if getattr(person, name))


def place_of_for_system(people: Collection[int]) -> str:
    """The lowest place above all that some people's files belong to; empty where there is none."""
    jobs = Employment.objects.filter(person__in=people).values_list("unit_path", flat=True)
    posts = Tenure.objects.filter(person__in=people).values_list("post__unit__path", flat=True)
    bare = Person.objects.filter(pk__in=people, employments=None, tenures=None, belongs_to__isnull=False)
    shared = commonpath([*jobs, *posts, *bare.values_list("belongs_to__path", flat=True)])
    return f"{shared}/" if shared else ""


def deletions_of(*, user: Viewer) -> QuerySet[Deletion]:
    """Proposals and certificates about files of one's own units, the newest first."""
    scope = scope_for(user, Permission.PROPOSE_DELETION)
    return scope.filter(Deletion.objects.select_related("proposed_by", "decided_by")).order_by("-pk")


def _due(day: date) -> QuerySet[Any]:
    years = {name: one["years"] for name, one in whole()["retentions"].items()}
    over = Q(left__lte=years_before(day, years["file"]))
    bare = Q(name=NOBODY, left=None, bared__isnull=False, since__lt=date(day.year - years["pay"], 1, 1))
    return _left().filter(over | bare).order_by("since", "pk")


def _left() -> QuerySet[Any]:
    """People with nothing that goes on, with the day of leaving and what holds their files."""

    def last(model: Any) -> Subquery:
        rows = model.objects.filter(person=OuterRef("pk")).order_by().values("person")
        return Subquery(rows.annotate(last=Max("end")).values("last"))

    def going_on(model: Any) -> Exists:
        return Exists(model.objects.filter(person=OuterRef("pk"), end=None))

    of_it = Deletion.objects.filter(people__contains=_ARRAY)
    bared = of_it.filter(report__isnull=False).order_by("-pk").values(day=TruncDate("decided_at"))[:1]
    paid = PaySlip.objects.filter(person=OuterRef("pk")).order_by("-month").values("month")[:1]
    return Person.objects.filter(~going_on(Employment), ~going_on(Tenure)).annotate(
        left=Greatest(last(Employment), last(Tenure)),  # of PostgreSQL: the one that there is
        bared=Case(When(name=NOBODY, then=Subquery(bared))),
        since=Coalesce("left", Case(When(name=NOBODY, then=Subquery(paid))), "bared"),
        restriction=Exists(Restriction.objects.filter(Q(end=None), person=OuterRef("pk"))),
        correction=Exists(CorrectionRequest.objects.filter(person=OuterRef("pk"), state=CorrectionState.OPEN)),
        case=Exists(Procedure.objects.filter(subject=OuterRef("key"), state=CaseState.OPEN)),
        appeal=Exists(Appeal.objects.filter(result__person=OuterRef("pk"), state="OPEN")),
        pay=Exists(PaySlip.objects.filter(person=OuterRef("pk")).exclude(run__state=RunState.SEALED)),
        account=Exists(OwnFile.objects.filter(person=OuterRef("pk"), user__is_active=True)),
        proposed=Exists(of_it.filter(confirmed=None)),
    )
