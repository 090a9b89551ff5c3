"""What a clerk finds on the workplace: what falls due, what records lack, and whom they looked at last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from core.rules import Todo
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, User
from personnel.models import Listing, Loan, Placement, QualityCount
from personnel.rules.listing import LACKING, WORKING
from personnel.selectors.listing import lacking_for_system, rows_for_system

SOON = timedelta(days=30)  # what falls due later than that is nobody's task yet
MOST_DUE = 50
_SEEN = "seen"
COUNTED = 999  # more are not counted, on a page that is opened all day
COUNTED_BELOW = 2  # slashes of a path: a province or a city is counted now and then, what lies below on every visit


@dataclass(frozen=True)
class Quality:
    """people: who works in the user's units, None where they are too many and nobody has counted them yet.

    lacking: (what, how many of them lack it), without those that nobody lacks; `?missing=<what>` lists them. counted:
    when, None for now.
    """

    people: int | None
    lacking: list[tuple[str, int]]
    counted: datetime | None = None


def quality_of(*, user: Viewer) -> Quality:
    """How many people the user has, and of how many something is missing that every record should have.

    The same rows as the list of people shows, so that each number is the length of the list behind it; whoever has a
    whole province or city is told what a worker has counted last, and when. One query, two for who has both.
    """
    paths = scope_for(user, Permission.VIEW_PEOPLE).paths
    large = [path for path in paths if path.count("/") <= COUNTED_BELOW]
    small = [path for path in paths if path not in large]
    people, lacking, counted = 0, Counter[str](), None
    if large:
        kept = list(QualityCount.objects.filter(unit_path__in=large))
        if len(kept) < len(large):
            return Quality(None, [])
        counted = min(one.counted for one in kept)
        for one in kept:
            people += one.people
            lacking.update(one.lacking)
    if small:
        found, missing = count_for_system(small, timezone.localdate())
        people += found
        lacking.update(missing)
    return Quality(people, [(what, lacking[what]) for what in LACKING if lacking[what]], counted)


def count_for_system(paths: Sequence[str], day: date) -> tuple[int, dict[str, int]]:
    """How many people work in some parts of the tree on a day, and how many of them lack what. One query."""
    rows = rows_for_system(Scope.of(paths), day, WORKING)
    counts = rows.aggregate(
        people=Count("pk"), **{what: Count("pk", filter=lacking_for_system(what, day)) for what in LACKING}
    )
    return counts["people"], {what: counts[what] for what in LACKING}


@dataclass(frozen=True, slots=True)
class Near:
    """A kind of day that comes near: of how many people (COUNTED at most, then `more`), and the list's query."""

    label: str
    count: int
    more: bool
    query: str


def deadlines_near(*, user: Viewer, until: date) -> list[Near]:
    """Contracts and probations that end from today until a day, of people whom the user may change; none without any.

    Each count is the length of the list of people that its query asks for.
    """
    today = timezone.localdate()
    scope = scope_for(user, Permission.CHANGE_PEOPLE)
    if not scope:
        return []
    rows = rows_for_system(scope, today, WORKING)
    kinds = (
        (_("Contracts that end"), "contract", "contract_end"),
        (_("Probations that end"), "probation", "probation_end"),
    )
    found = []
    for label, name, column in kinds:
        ending = rows.filter(**{f"{column}__gte": today, f"{column}__lte": until})
        count = len(ending.order_by().values_list("pk", flat=True)[: COUNTED + 1])
        if count:
            query = f"sort={name}&{name}_from={today}&{name}_to={until}"
            found.append(Near(label, min(count, COUNTED), count > COUNTED, query))
    return found


@dataclass(frozen=True, slots=True)
class Met:
    """due: what falls due; seen: (number, name, unit of the newest row) of people looked at last, in the order given."""

    due: list[Todo]
    seen: list[tuple[int, str, str]]


def people_met(*, user: User, numbers: Sequence[int] = ()) -> Met:
    """Contracts and probations that end, lent archives that are due, and who is expected back from where they work for a
    while, among people whom the user may change; and those of some people whom the user may look at.

    Soonest first, MOST_DUE at most: those within SOON, and those that are overdue. A probation that has ended asks for
    nothing any more. One query for both.
    """
    today = timezone.localdate()
    scope, seeing = scope_for(user, Permission.CHANGE_PEOPLE), scope_for(user, Permission.VIEW_PEOPLE)
    soon = today + SOON
    parts: list[QuerySet[Any, Any]] = []
    if scope:
        here = scope.filter(Listing.objects.filter(start__lte=today, end__gt=today))
        ends = here.filter(employment__isnull=False)
        loans = Loan.objects.filter(Q(archive__person__in=here.values("person")), end__isnull=True, due__lte=soon)
        parts += [
            _due(ends.filter(contract_end__lte=soon), "contract", "contract_end", "employment__unit__name"),
            _due(
                ends.filter(probation_end__range=(today, soon)), "probation", "probation_end", "employment__unit__name"
            ),
            _due(loans, "loan", "due", "borrower", person="archive__person"),
            _due(_away(scope, soon), "back", "due", "employment__unit__name", person="employment__person"),
        ]
    if seeing and numbers:
        rows = seeing.filter(Listing.objects.filter(person__in=numbers)).annotate(
            where=Coalesce("employment__unit__name", "tenure__post__unit__name")
        )
        parts.append(_due(rows, _SEEN, "start", "where"))
    if not parts:
        return Met([], [])
    found = list(parts[0].union(*parts[1:], all=True).order_by("day", "number"))
    newest = {number: (number, name, where or "") for kind, _day, number, name, where in found if kind == _SEEN}
    return Met(
        [_todo(*row) for row in found if row[0] != _SEEN][:MOST_DUE],
        [newest[number] for number in numbers if number in newest],
    )


def _away(scope: Scope, until: date) -> QuerySet[Placement]:
    """Those of some units who work elsewhere and are expected back by a day, or were and are not back yet."""
    return scope.filter(Placement.objects.filter(end__isnull=True, due__lte=until), "employment__unit_path")


def _due(rows: QuerySet[Any], kind: str, day: str, where: str, *, person: str = "person") -> QuerySet[Any, Any]:
    values = {"what": Value(kind, CharField()), "day": F(day), "number": F(f"{person}_id")}
    ordered = rows.annotate(**values).order_by("day", "number")
    found: QuerySet[Any, Any] = ordered.values_list("what", "day", "number", f"{person}__name", where)[:MOST_DUE]
    return found


def _todo(kind: str, day: date, number: int, name: str, where: str) -> Todo:
    label, state = {
        "contract": (_("Renew or end the contract of %(name)s"), _("the contract ends")),
        "probation": (_("Decide on the probation of %(name)s"), _("the probation ends")),
        "loan": (_("Get back the archive of %(name)s"), _("lent out")),
        "back": (_("Enter the return of %(name)s, or a later day"), _("expected back")),
    }[kind]
    return Todo(
        label=label % {"name": name},
        unit=where,
        since=day,
        mine=False,
        state=state,
        url_name="personnel:archive" if kind == "loan" else "personnel:person",
        url_args=(number,),
        due=day,
    )
