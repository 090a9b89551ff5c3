"""The pages of a list of people: which rows, in which order, and how many there are.

Everything is asked of `Listing`, one narrow table; what a row shows is read afterwards, for the rows of one page. A
page begins behind the last row of the page before it, so that the twenty-thousandth costs what the first does.

There are three ways to a page, and the database tells what each would cost before one is taken:

* **search**: the indexes of what is filtered find all rows that fit, which are counted and sorted;
* **read**: the index of the unit finds its rows, which are tested, counted and sorted;
* **walk**: the index of the order is followed, and rows are tested until the page is full, so that nobody counts. A walk
  ends after `WALK` rows, and the rows are searched then: they are few. Where a filter on one date decides where in the
  order of another date its rows lie, every quarter is walked for itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, IntegerField, QuerySet, Value, Window
from django.db.models.expressions import RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import IsNull
from django.db.models.sql.datastructures import BaseTable

from organization.access import Scope, after
from personnel.models import Listing
from personnel.models.lists import QUARTERS, area_of, quarter_of
from personnel.rules.listing import SORTS, Cursor

FEW = 20_000  # rows up to which a list may be counted; beyond, their number is an estimate
QUARTERED = 60_000  # rows that walks of quarters may be expected to look at
# Rows that a walk may look at before it gives up: those that fit are few, or lie far behind. The second number is for an
# order by a date that a filter on another date goes with.
WALK, GLIMPSE = 6_000, 1_500
# In the planner's units, of which a page takes about 2 µs: what finding and counting all rows may cost where a walk would
# do, and what a row of the bitmap of an index costs, which the planner takes for nearly nothing.
COUNTING, BITMAP_ROW = 9_000, 0.06


Dates = dict[str, tuple[date | None, date | None]]


@dataclass(frozen=True)
class Part:
    """Rows of a list; `words` is the rest of the condition on them, the text of a tsquery or "".

    names: where the rows are known to lie among names, [first, last), None for anywhere.
    """

    rows: QuerySet[Listing]
    words: str = ""
    names: tuple[str, str] | None = None

    def searched(self) -> QuerySet[Listing]:
        """Found by the index of the words, among others."""
        return self.rows.filter(words__matches=self.words) if self.words else self.rows

    def read(self) -> QuerySet[Listing]:
        """Found by other indexes, the words being tested."""
        return self.rows.filter(words__holds=self.words) if self.words else self.rows


@dataclass(frozen=True)
class Parts:
    """A list in parts that don't overlap.

    rare: few rows fit, and the database has no means to know it. dates: what is filtered by a range of dates (None: no
    bound), by which rows may lie anywhere but evenly in the order of another date. scope: where all of them lie.
    """

    parts: list[Part]
    rare: bool = False
    dates: Dates = field(default_factory=dict)
    scope: Scope = field(default_factory=lambda: Scope(()))

    @property
    def area(self) -> str:
        """The area (models.lists.Area) that all rows lie in, "" if there are several."""
        areas = {area_of(path) for path in self.scope.paths}
        return areas.pop() if len(areas) == 1 else ""


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


def page_for_system(found: Parts, *, sort: str = "name", cursor: str = "", size: int = 50) -> Page:
    """One page of a list, sorted by a key of SORTS ("-" before it turns the order). One query, and two a part at most."""
    keys, down = SORTS[sort.lstrip("-")], sort.startswith("-")
    at = Cursor.read(cursor, sort) if cursor else Cursor()
    order = Order(keys, down != at.back, at.values, size + 1)
    costs, among = ([_RARE] * len(found.parts), Among()) if found.rare else _costs(found, order)
    expected = sum(cost.rows for cost in costs)
    counting = at.total is None and not at.values
    rows: list[Listing] = []
    counted: int | None = 0
    for part, cost in zip(found.parts, costs, strict=True):
        mine: list[Listing] | None = None
        if not (cost.cheap and (expected <= FEW or found.rare)):
            mine = _walked(part, found, order, cost, among)
        if mine is None:
            mine = list(_found(part.read() if cost.reading else part.searched(), order, counting and expected <= FEW))
            number = getattr(mine[0], "counted", None) if mine else 0
            counted = None if counted is None or number is None else counted + number
        else:
            counted = None
        rows += mine
    total, exact = (expected, False) if at.total is None else (at.total, at.exact)
    if counting and counted is not None:
        total, exact = counted, True
    elif at.total is None:
        total = _rounded(max(total, size + 1))
    rows.sort(key=lambda row: tuple(getattr(row, key) for key in keys), reverse=order.down)
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
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return round(number / step) * step


def ordered_for_system(rows: QuerySet[Listing], sort: str) -> QuerySet[Listing]:
    """All rows of a list in its order."""
    return _ordered(rows.defer("words"), SORTS[sort.lstrip("-")], sort.startswith("-"))


def _ordered(rows: QuerySet[Listing], keys: Sequence[str], down: bool, late: bool = False) -> QuerySet[Listing]:
    # No index has the order of an expression, so that the rows are found before they are sorted.
    by = [Coalesce(F(key), F(key)) if late else F(key) for key in keys]
    return rows.order_by(*(key.desc() if down else key.asc() for key in by))


# -- The ways to a page ------------------------------------------------------------------------------------------------

_DATES = frozenset({"start", "probation_end", "contract_end"})  # dates of an employment, which go together
_BUSY = 40  # quarters in which anybody at work may have entered


@dataclass(frozen=True)
class Order:
    """What a page is sorted by, the row that it begins behind, and how many rows are wanted."""

    keys: tuple[str, ...]
    down: bool
    values: tuple[Any, ...]
    size: int

    def sorted(self, rows: QuerySet[Listing], late: bool = False) -> QuerySet[Listing]:
        return _ordered(rows.defer("words"), self.keys, self.down, late)

    def beyond(self, rows: QuerySet[Listing], *, indexed: bool) -> QuerySet[Listing]:
        """The rows behind the place, compared as one row of values, as indexes are.

        How many these are the planner knows badly: where another index shall find them, they are only tested.
        """
        if not self.values:
            return rows
        compare = TupleLessThan if self.down else TupleGreaterThan
        behind = compare(Tuple(*(F(key) for key in self.keys)), self.values)
        return rows.filter(behind if indexed else IsNull(NullIf(behind, Value(False)), False))


@dataclass(frozen=True)
class Cost:
    """What it costs to find all rows of a part, in the planner's units, how many it expects, and by which way."""

    cost: float
    rows: int
    reading: bool

    @property
    def cheap(self) -> bool:
        return self.cost <= COUNTING


_RARE = Cost(0, 0, False)


@dataclass(frozen=True)
class Among:
    """The rows that there are, whether they fit or not: in what a walk follows, and in all."""

    walked: int = 0
    all: int = 0


def _costs(found: Parts, order: Order) -> tuple[list[Cost], Among]:
    """The better way to find all rows of every part, and among how many they are. One query."""
    asked: list[tuple[int, bool]] = []
    texts: list[str] = []
    params: list[Any] = []
    for number, part in enumerate(found.parts):
        for reading in (False, True) if part.words else (False,):
            rows = part.read() if reading else part.searched()
            with suppress(EmptyResultSet):
                sql, values = rows.order_by().values("pk").query.sql_with_params()
                asked.append((number, reading))
                texts.append(f"({sql})")
                params += values
    costs = [_RARE] * len(found.parts)
    if not texts:
        return costs, Among()
    for rows in (_to_walk(found, order), Listing.objects.all()):
        sql, values = rows.values("pk").query.sql_with_params()
        texts.append(f"({sql})")
        params += values
    plans = _plans(" UNION ALL ".join(texts), params)
    known: set[int] = set()
    for (number, reading), plan in zip(asked, plans, strict=False):
        cost = float(plan["Total Cost"]) + BITMAP_ROW * sum(_bitmaps(plan))
        if number not in known or cost < costs[number].cost:
            costs[number] = Cost(cost, costs[number].rows if number in known else int(plan["Plan Rows"]), reading)
        known.add(number)
    return costs, Among(int(plans[-2]["Plan Rows"]), int(plans[-1]["Plan Rows"]))


def _plans(sql: str, params: Sequence[Any]) -> list[dict[str, Any]]:
    """The plans of the parts of a UNION ALL; what a policy asks once for all of them (an InitPlan) is none of them."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        raw = cursor.fetchone()[0]
    plan = (json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]
    return [below for below in plan["Plans"] if below["Parent Relationship"] == "Member"]


def _bitmaps(plan: dict[str, Any]) -> Iterable[float]:
    if plan["Node Type"] == "Bitmap Index Scan":
        yield plan["Plan Rows"]
    for below in plan.get("Plans", ()):
        yield from _bitmaps(below)


def _found(rows: QuerySet[Listing], order: Order, counting: bool) -> QuerySet[Listing]:
    """All rows that fit are found, and then sorted."""
    rows = order.beyond(rows, indexed=False)
    if counting:
        rows = rows.annotate(counted=Window(Count("*")))
    return order.sorted(rows, late=True)[: order.size]


def _walked(part: Part, found: Parts, order: Order, cost: Cost, among: Among) -> list[Listing] | None:
    """The page as the index of the order gives it, or None where that would take, or took, too long."""
    others = (_DATES & set(found.dates)) - {order.keys[0]} if order.keys[0] in _DATES else set()
    most = GLIMPSE if others else WALK
    if among.walked * order.size <= most * max(cost.rows, 1):
        rows = list(_walk(part, found, order, most))
        if len(rows) == order.size:
            return rows
    if "start" in others or (others and order.keys[0] == "start"):
        quarters = _quarters(found, order)
        looked_at = among.all * order.size * min(len(quarters), _BUSY) / max(cost.rows, 1)
        if order.keys[0] == "start" or looked_at <= QUARTERED:
            return list(_by_quarters(part, found, order, quarters))
    return None


def _to_walk(found: Parts, order: Order) -> QuerySet[Listing]:
    """The rows that a walk may come across: a range of the index of the order."""
    rows = Listing.objects.all()
    key = order.keys[0]
    roots = {path.split("/")[0] for path in found.scope.paths}
    if key == "unit_path":
        if len(found.scope.paths) == 1:
            rows = rows.filter(unit_path__gte=found.scope.paths[0], unit_path__lt=after(found.scope.paths[0]))
    elif found.area:
        rows = rows.filter(area=found.area)
    elif key == "contract_end" and len(roots) == 1:
        rows = rows.filter(root=roots.pop())
    return _bounded(rows, found, [key])


def _bounded(rows: QuerySet[Listing], found: Parts, keys: Iterable[str]) -> QuerySet[Listing]:
    for key in keys:
        low, high = found.dates.get(key, (None, None))
        rows = rows.filter(**({f"{key}__gte": low} if low else {}), **({f"{key}__lte": high} if high else {}))
    return rows


class _Fence(BaseTable):
    """A table that is the answer to a query: what is asked of it is asked of no index."""

    def __init__(self, table: str, alias: str | None, sql: str = "", params: Sequence[Any] = ()) -> None:
        super().__init__(table, alias)
        self.sql, self.params = sql, params

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"({self.sql}) {compiler.quote_name_unless_alias(self.table_name)}", tuple(self.params)


def _walk(part: Part, found: Parts, order: Order, most: int) -> QuerySet[Listing]:
    """The first rows that fit among so many of the order; whoever asks for them follows the index until they are full."""
    walked = _to_walk(found, order)
    if part.names is not None and order.keys[0] == "sort_name":
        walked = walked.filter(sort_name__gte=part.names[0], sort_name__lt=part.names[1])
    inner = _ordered(order.beyond(walked, indexed=True), order.keys, order.down)[:most]
    return _fenced(order.sorted(part.read())[: order.size], *inner.query.sql_with_params())


def _fenced(rows: QuerySet[Listing], sql: str, params: Sequence[Any]) -> QuerySet[Listing]:
    table = Listing._meta.db_table
    rows.query.get_initial_alias()
    rows.query.alias_map[table] = _Fence(table, None, sql, params)
    return rows


def _quarters(found: Parts, order: Order) -> list[int]:
    """The quarters of the days of entry that are asked for, in the order of the page."""
    first, last = found.dates.get("start", (None, None))
    if order.keys[0] == "start" and order.values:
        first, last = (first, order.values[0]) if order.down else (order.values[0], last)
    quarters = range(quarter_of(first) if first else QUARTERS[0], (quarter_of(last) if last else QUARTERS[1]) + 1)
    return list(reversed(quarters)) if order.down else list(quarters)


def _by_quarters(part: Part, found: Parts, order: Order, quarters: list[int]) -> QuerySet[Listing]:
    """The first rows of every quarter in which somebody entered, and of these the first of all.

    An order by the day of entry takes one quarter after the other, and ends where the page is full.
    """
    way = Listing.objects.filter(quarter=RawSQL("bucket.quarter", [], output_field=IntegerField()))
    if order.keys[0] == "start":
        way = _bounded(way, found, _DATES - {"start"})
    else:
        way = _ordered(way, order.keys, order.down)
    way_sql, way_params = way.query.sql_with_params()
    inner = _fenced(order.sorted(order.beyond(part.read(), indexed=False)), f"{way_sql} OFFSET 0", way_params)
    try:
        sql, params = inner.values("id", *order.keys)[: order.size].query.sql_with_params()
    except EmptyResultSet:
        return part.rows.none()
    by = [f"candidate.{key} {'DESC' if order.down else 'ASC'}" for key in order.keys]
    if order.keys[0] == "start":
        by.insert(0, "bucket.place")
    numbers = RawSQL(  # noqa: S611 - the names are of SORTS, and the values are parameters
        f"SELECT candidate.id FROM unnest(%s::int[]) WITH ORDINALITY AS bucket (quarter, place)"
        f" CROSS JOIN LATERAL ({sql}) AS candidate ORDER BY {', '.join(by)} LIMIT {order.size}",
        [quarters, *params],
    )
    return order.sorted(Listing.objects.filter(pk__in=numbers))
