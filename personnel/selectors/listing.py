"""The list of people: who is meant, in which order, page by page, and how many there are.

Everything is asked of `Listing`, one narrow table; what a row shows is read afterwards, for the rows of one page. A
page begins behind the last row of the page before it, so that the twenty-thousandth costs what the first does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value, Window
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, after, scope_for
from organization.models import Permission, Unit, User, units_on, widen
from personnel.models import Archive, Education, Listing, SavedFilter
from personnel.rules.listing import COMING, EVERYBODY, LEFT, SORTS, WORKING, Cursor

FEW = 20_000  # rows up to which all that fit are found, counted and then sorted; beyond, their number is an estimate


class Newest(Func):
    """No other row of the person holds on a day within a scope and began later (migration 0006)."""

    function = "personnel_listing_newest"
    output_field = BooleanField()

    def __init__(self, day: date, scope: Scope) -> None:
        paths = ArrayField(TextField())
        low, high = Value(list(scope.paths), paths), Value([after(path) for path in scope.paths], paths)
        super().__init__(F("person_id"), F("pk"), F("start"), Value(day), low, high)


class HoldsPost(Func):
    """The person of the row holds one of some posts on a day (migration 0006)."""

    function = "personnel_holds_post"
    output_field = BooleanField()

    def __init__(self, titles: list[str], day: date) -> None:
        super().__init__(F("person_id"), Value(list(titles), ArrayField(TextField())), Value(day))


_PERSON = OuterRef("person_id")
# The condition that the person of a row lacks, by now, one of what every record should have (rules.listing.LACKING).
LACKS: dict[str, Q] = {
    "photo": Q(person__photo__isnull=True),
    "identity_number": Q(person__identity_number__isnull=True) | Q(person__identity_number=""),
    "phone": Q(person__phone=""),
    "education": ~Q(Exists(Education.objects.filter(person=_PERSON))),
    "archive": ~Q(Exists(Archive.objects.filter(person=_PERSON))),
}


def people_rows(*, user: Viewer, day: date, state: str = WORKING, unit: Unit | None = None) -> QuerySet[Listing]:
    """One row a person of the user's units, or of `unit` and below, who on a day is in a state. Not sorted.

    working: has an employment, or a post without one; left: had one, has none; coming: has one that begins later, and
    none yet; all: any of these. Who has several at once is shown with the one that began last.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    return rows_for_system(scope.within(unit.path) if unit is not None else scope, day, state)


def rows_for_system(scope: Scope, day: date, state: str) -> QuerySet[Listing]:
    others = scope.filter(Listing.objects.filter(person_id=OuterRef("person_id")))
    later = Q(start__gt=OuterRef("start")) | Q(start=OuterRef("start"), pk__gt=OuterRef("pk"))
    earlier = Q(start__lt=OuterRef("start")) | Q(start=OuterRef("start"), pk__lt=OuterRef("pk"))
    now = Q(start__lte=day, end__gt=day)
    rows = scope.filter(Listing.objects.all())
    if state == LEFT:
        longer = Q(end__gt=OuterRef("end")) | Q(end=OuterRef("end"), pk__gt=OuterRef("pk"))
        return rows.filter(~Exists(others.filter(longer, start__lte=day)), end__lte=day)
    if state == COMING:
        return rows.filter(~Exists(others.filter(now | Q(earlier, start__gt=day))), start__gt=day)
    if state == EVERYBODY:
        return rows.filter(~Exists(others.filter(later)))
    return rows.filter(now).filter(Q(alone=True) | Q(Newest(day, scope)))


@dataclass(frozen=True)
class Page:
    """`rows` of a list in its order; the cursors of its neighbours, None where there are none.

    place: rows before it, None where nobody has counted them. total: counted if `exact`, else an estimate.
    """

    rows: list[Listing]
    previous: str | None
    next: str | None
    last: str | None
    place: int | None
    total: int
    exact: bool

    @property
    def first_row(self) -> int | None:
        return None if self.place is None else self.place + 1

    @property
    def last_row(self) -> int | None:
        return None if self.place is None else self.place + len(self.rows)


@dataclass(frozen=True)
class Parts:
    """A list in parts that don't overlap.

    rare: few rows fit, and the database has no means to know it. uneven: sort keys along which the rows that fit are
    anything but evenly spread, since a filter on another date goes with them.
    """

    parts: list[QuerySet[Listing]]
    rare: bool = False
    uneven: frozenset[str] = frozenset()


def page_for_system(found: Parts, *, sort: str = "name", cursor: str = "", size: int = 50) -> Page:
    """One page of a list, sorted by a key of SORTS ("-" before it turns the order). A few queries, however many rows.

    Where few rows are expected, all are found, counted and sorted. Where many are, the index of the order is followed
    until the page is full, which is soon, and nobody counts.
    """
    keys, down = SORTS[sort.lstrip("-")], sort.startswith("-")
    at = Cursor.read(cursor, sort) if cursor else Cursor()
    turned = down != at.back
    total, exact = at.total, at.exact
    if total is None:
        total, exact = 0 if found.rare else _estimated(found.parts), False
    few = found.rare or exact or total <= FEW
    counting = few and at.total is None
    rows: list[Listing] = []
    counted = 0
    for part in found.parts:
        beyond = _beyond(part.defer("words"), keys, at.values, turned)
        if counting:
            beyond = beyond.annotate(counted=Window(Count("*")))
        beyond = _ordered(beyond, keys, turned, late=few or bool(found.uneven & set(keys)))
        mine = list(beyond[: size + 1])
        counted += int(getattr(mine[0], "counted", 0)) if mine else 0
        rows += mine
    if counting and not at.values:
        total, exact = counted, True
    elif not exact and at.total is None:
        total = _rounded(max(total, FEW))
    rows.sort(key=lambda row: tuple(getattr(row, key) for key in keys), reverse=turned)
    more = len(rows) > size
    rows = rows[:size]
    if at.back:
        rows.reverse()
    if not more and not at.values:
        total, exact = len(rows), True
    has_previous, has_next = (more, bool(at.values)) if at.back else (bool(at.values), more)
    place = at.place
    if at.back and not at.values:  # the last page
        place = total - len(rows) if exact else None
    elif at.back and place is not None:
        place = max(place - len(rows), 0)

    def cursor_at(row: Listing, back: bool) -> str:
        before = None if place is None else place if back else place + len(rows)
        return Cursor(tuple(getattr(row, key) for key in keys), back, before, total, exact).text()

    return Page(
        rows=rows,
        previous=cursor_at(rows[0], True) if rows and has_previous else None,
        next=cursor_at(rows[-1], False) if rows and has_next else None,
        last=Cursor((), True, None, total, exact).text() if has_next else None,
        place=place,
        total=total,
        exact=exact,
    )


def _rounded(number: int) -> int:
    """To two digits: 998986 → 1000000."""
    step: int = 10 ** (len(str(number)) - 2)
    return round(number / step) * step


def ordered_for_system(rows: QuerySet[Listing], sort: str) -> QuerySet[Listing]:
    """All rows of a list in its order."""
    return _ordered(rows.defer("words"), SORTS[sort.lstrip("-")], sort.startswith("-"))


def _ordered(rows: QuerySet[Listing], keys: tuple[str, ...], down: bool, late: bool = False) -> QuerySet[Listing]:
    # No index has the order of an expression, so that the rows are found before they are sorted.
    by = [Coalesce(F(key), F(key)) if late else F(key) for key in keys]
    return rows.order_by(*(key.desc() if down else key.asc() for key in by))


def _beyond(rows: QuerySet[Listing], keys: tuple[str, ...], values: tuple[Any, ...], down: bool) -> QuerySet[Listing]:
    """The rows behind some values in an order; the first key alone bounds the range of its index."""
    if not values:
        return rows
    strict, bound = ("lt", "lte") if down else ("gt", "gte")
    condition = Q(pk__in=[])
    for n, (key, value) in enumerate(zip(keys, values, strict=True)):
        condition |= Q(**dict(zip(keys[:n], values[:n], strict=False)), **{f"{key}__{strict}": value})
    return rows.filter(condition, **{f"{keys[0]}__{bound}": values[0]})


def _estimated(parts: list[QuerySet[Listing]]) -> int:
    """How many rows the database expects in all, from its statistics, without counting."""
    if not parts:
        return 0
    one, *others = (part.order_by().values("pk") for part in parts)
    try:
        sql, params = (one.union(*others, all=True) if others else one).query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


@dataclass(frozen=True)
class Branch:
    """Where in the tree of units a list stands: the units above (within what the user may see), itself, those below."""

    above: list[Unit]
    unit: Unit | None
    below: list[Unit]
    scope: Scope  # what of the user's units lies here

    @property
    def small(self) -> bool:
        """Streets and less: some thousand people at most, all of whom are quickly found, counted and sorted."""
        return all(path.count("/") >= 4 for path in self.scope.paths)


def unit_branch(*, user: Viewer, code: str, day: date) -> Branch:
    """The units around one of the user's, by its code (short or full) or its whole name; without a code, where the user's own begin.

    Raises NotFound for a unit that is not among the user's. Three queries.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    typed = code.strip()
    if not typed:
        # whoever has one unit starts with what lies below it
        start = Q(parent__path=scope.paths[0]) if len(scope.paths) == 1 else Q(path__in=scope.paths)
        return Branch([], None, list(mine.filter(start).order_by("path")[:200]), scope)
    named = Q(code=widen(typed)) if typed.isdecimal() else Q(name=typed)
    everywhen = scope.filter(Unit.objects.filter(named), "path").order_by(F("valid_from").desc())
    unit = mine.filter(named).order_by("path").first() or everywhen.first()
    if unit is None:
        raise NotFound(
            _("There is no unit “%(typed)s” among those you may work with. Choose one from the tree.")
            % {"typed": typed}
        )
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts) - 1)]
    near = list(mine.filter(Q(path__in=paths) | Q(parent=unit)).order_by("path"))
    return Branch(
        [one for one in near if unit.path.startswith(one.path)],
        unit,
        [one for one in near if not unit.path.startswith(one.path)],
        scope.within(unit.path),
    )


def filters_list(*, user: User) -> QuerySet[SavedFilter]:
    """The user's own filters, by name."""
    return SavedFilter.objects.filter(user=user)


def filter_of_link(*, user: Viewer, key: UUID) -> SavedFilter:
    """The filter behind a link, whoever asks: it holds a question, and the answer stays within the asker's units."""
    kept = SavedFilter.objects.filter(key=key).first()
    if kept is None or user is None:
        raise NotFound(_("This filter is no longer there. Ask for a new link."))
    return kept
