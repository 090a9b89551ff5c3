"""The list of people: who is meant, in which order, page by page, and how many there are.

Everything is asked of `Listing`, one narrow table; what a row shows is read afterwards, for the rows of one page. A
page begins behind the last row of the page before it, so that the twenty-thousandth costs what the first does.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, Unit, units_on, widen
from personnel.models import Person
from personnel.models.lists import Listing
from personnel.rules.names import compact

WORKING, LEFT, COMING, EVERYBODY = "working", "left", "coming", "all"
STATES = (WORKING, LEFT, COMING, EVERYBODY)
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)  # what stands for "none" in a listing
# What a list can be sorted by: the columns, the last of which tells two people apart.
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("sort_name", "person_id"),
    "unit": ("unit_path", "sort_name", "person_id"),
    "born": ("born", "person_id"),
    "entered": ("start", "person_id"),
    "probation": ("probation_end", "person_id"),
    "contract": ("contract_end", "person_id"),
}
MOST_COUNTED = 10_000  # beyond this the number is the database's estimate, and is called one


def people_rows(*, user: Viewer, day: date, state: str = WORKING, unit: Unit | None = None) -> QuerySet[Listing]:
    """One row a person of the user's units, or of `unit` and below, who on a day is in a state. Not sorted.

    working: has an employment, or a post without one; left: had one, has none; coming: has one that begins later, and
    none yet; all: any of these. Who has several at once is shown with the one that began last.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    return rows_of_scope(scope.within(unit.path) if unit is not None else scope, day, state)


def rows_of_scope(scope: Scope, day: date, state: str) -> QuerySet[Listing]:
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
    return rows.filter(now).filter(Q(alone=True) | ~Exists(others.filter(now, later)))


def search_condition(typed: str) -> Q | str:
    """What somebody typed into the one box: a condition on identity or phone number, or a word of a tsquery.

    Eighteen (or fifteen) digits are an identity number, seven to twelve a phone number; everything else is the
    beginning of a name, of a part of one, of its pinyin or of its initials.
    """
    word = compact(typed)
    number = word.upper()
    if re.fullmatch(r"\d{17}[\dX]|\d{15}|[A-Z]{3}\d{12}", number):
        return Q(person_id__in=Person.objects.filter(identity_number=number).values("pk"))
    if re.fullmatch(r"\+?\d{7,14}", number):
        number = number.removeprefix("+86").lstrip("+")
        return Q(person_id__in=Person.objects.filter(phone=number).exclude(phone="").values("pk"))
    word = re.sub(r"[^\w]", "", word)
    return f"'{word}':*" if word else ""


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: behind (or, going back, before) a row, known by the values that the list is sorted by."""

    values: tuple[Any, ...] = ()
    back: bool = False
    place: int | None = 0  # rows before the page; None where nobody has counted them

    def text(self) -> str:
        raw = json.dumps([int(self.back), self.place, *self.values], default=str, ensure_ascii=False)
        return urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, sort: str) -> Cursor:
        """The cursor of a text that `text()` made; the beginning of the list if it is anything else."""
        try:
            back, place, *values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            keys = SORTS[sort.lstrip("-")]
            if values and len(values) != len(keys):
                return cls()
            typed = tuple(_typed(key, value) for key, value in zip(keys, values, strict=False))
            return cls(typed, bool(back), int(place) if place is not None else None)
        except (ValueError, TypeError, KeyError):
            return cls()


def _typed(key: str, value: Any) -> Any:
    if key == "person_id":
        return int(value)
    return str(value) if key in ("sort_name", "unit_path") else date.fromisoformat(value)


@dataclass(frozen=True)
class Page:
    """`rows` of a list in its order; the cursors of its neighbours, None where there are none."""

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


def people_page(rows: QuerySet[Listing], *, sort: str = "name", cursor: str = "", size: int = 50) -> Page:
    """One page of a list, sorted by a key of SORTS ("-" before it turns the order). Two queries, or three."""
    keys, down = SORTS[sort.lstrip("-")], sort.startswith("-")
    at = Cursor.read(cursor, sort) if cursor else Cursor()
    forward = not at.back
    found = list(_ordered(_beyond(rows, keys, at.values, down != at.back), keys, down != at.back)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if at.back:
        found.reverse()
    has_previous, has_next = (bool(at.values), more) if forward else (more, bool(at.values))
    total, exact = _total(rows, at, found, more)
    place = at.place
    if at.back and not at.values:  # the last page
        place = total - len(found) if exact else None
    elif at.back and place is not None:
        place = max(place - len(found), 0)

    def cursor_at(row: Listing, back: bool) -> str:
        before = None if place is None else place if back else place + len(found)
        return Cursor(tuple(getattr(row, key) for key in keys), back, before).text()

    return Page(
        rows=found,
        previous=cursor_at(found[0], True) if found and has_previous else None,
        next=cursor_at(found[-1], False) if found and has_next else None,
        last=Cursor((), True, None).text() if has_next else None,
        place=place,
        total=total,
        exact=exact,
    )


def ordered(rows: QuerySet[Listing], sort: str) -> QuerySet[Listing]:
    """All rows of a list in its order."""
    return _ordered(rows, SORTS[sort.lstrip("-")], sort.startswith("-"))


def _ordered(rows: QuerySet[Listing], keys: tuple[str, ...], down: bool) -> QuerySet[Listing]:
    return rows.order_by(*(F(key).desc() if down else F(key).asc() for key in keys))


def _beyond(rows: QuerySet[Listing], keys: tuple[str, ...], values: tuple[Any, ...], down: bool) -> QuerySet[Listing]:
    """The rows behind some values in an order; the first key alone bounds the range of its index."""
    if not values:
        return rows
    strict, bound = ("lt", "lte") if down else ("gt", "gte")
    condition = Q(pk__in=[])
    for n, (key, value) in enumerate(zip(keys, values, strict=True)):
        condition |= Q(**dict(zip(keys[:n], values[:n], strict=True)), **{f"{key}__{strict}": value})
    return rows.filter(condition, **{f"{keys[0]}__{bound}": values[0]})


def _total(rows: QuerySet[Listing], at: Cursor, found: list[Listing], more: bool) -> tuple[int, bool]:
    if not more and not at.values:  # one page holds all
        return len(found), True
    number = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    if number <= MOST_COUNTED:
        return number, True
    return max(estimated(rows), MOST_COUNTED), False


def estimated(rows: QuerySet[Listing]) -> int:
    """How many rows the database expects, from its statistics, without counting."""
    sql, params = rows.order_by().values("pk").query.sql_with_params()
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


def unit_branch(*, user: Viewer, code: str, day: date) -> Branch:
    """The units around one of the user's, by its code (short or full) or its whole name; without a code, the highest.

    Raises NotFound for a unit that is not among the user's. Three queries.
    """
    scope = scope_for(user, Permission.VIEW_PEOPLE)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    typed = code.strip()
    if not typed:
        return Branch([], None, list(mine.filter(path__in=scope.paths).order_by("path")[:200]))
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
    )


def born_between(day: date, youngest: int | None, oldest: int | None) -> tuple[date | None, date | None]:
    """The half-open range of birth dates of those who on a day are at least so many years old and at most so many."""
    return (
        _years_before(day, oldest + 1) + timedelta(days=1) if oldest is not None else None,
        _years_before(day, youngest) + timedelta(days=1) if youngest is not None else None,
    )


def _years_before(day: date, years: int) -> date:
    """The last day of birth of whoever has completed so many years on a day; the 29th of February counts as the 28th."""
    if years >= day.year:
        return FIRST_DAY
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
