"""Every way to a page of the list of people gives the same page, and reads a bounded number of rows, behind the walls too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict

from cwms.walls import APP_ROLE
from organization.access import Scope
from personnel.filters import PeopleFilter
from personnel.models import Listing
from personnel.rules.listing import SORTS, WORKING, Cursor
from personnel.selectors import pages
from personnel.selectors.listing import rows_for_system

DAY = date(2026, 1, 1)
PEOPLE = 16_000
FILTERS = (
    "sex=MALE", "age_to=30", "entered_to=2009-12-31", "entered_from=2024-01-01", "probation_from=2024-01-01",
    "sex=FEMALE&entered_to=2012-12-31", "sex=MALE&age_to=40&entered_from=2015-01-01",
)  # fmt: skip
LEVELS = ("34/", "34/3401/")  # 16,000 and 4,000 of them
MANY = ("sex=FEMALE", "entered_to=2009-12-31")  # three quarters and a fifth of all people
BOUND = 3_207 + 500  # rows that one page may read: that fifth, and a walk


@pytest.fixture
def many(db, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen thousand people in four cities, four counties each, ten streets each; limits smaller in proportion.

    Days of entry run from 2006 to 2025, probation ends half a year later, nobody has a contract, one in four is a man.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO personnel_listing (person_id, unit_path, sort_name, first, start, "end", probation_end,
                                           contract_end, born, alone, words)
            SELECT n, format('34/%%s/%%s/%%s/', city, county, county || lpad((n / 100 %% 10 + 1)::text, 3, '0')),
                   'name ' || lpad((n * 7919 %% 16000)::text, 5, '0'), '王', began, date '9999-12-31', began + 183,
                   date '9999-12-31', date '1960-01-01' + (n * 6151 %% 15000), true,
                   array_to_tsvector(ARRAY[CASE WHEN n %% 4 = 0 THEN 'S/MALE' ELSE 'S/FEMALE' END, 'T/STAFF', 'O/STAFF'])
              FROM generate_series(0, %s - 1) AS n,
                   LATERAL (SELECT 3401 + n / 4000 AS city,
                                   ((3401 + n / 4000) * 100 + n / 1000 %% 4 + 1)::text AS county,
                                   date '2006-01-01' + (n * 3571 %% 7300) AS began) AS place
            """,
            [PEOPLE],
        )
        cursor.execute("ANALYZE personnel_listing")
    monkeypatch.setattr(pages, "FEW", 400)
    monkeypatch.setattr(pages, "COUNTING", 900)
    monkeypatch.setattr(pages, "QUARTERED", 3_000)
    monkeypatch.setattr(pages, "WALK", 500)
    monkeypatch.setattr(pages, "GLIMPSE", 150)


def page(path: str, query: str, sort: str, cursor: str = "") -> pages.Page:
    scope = Scope.of([path])
    found = PeopleFilter(QueryDict(query), queryset=rows_for_system(scope, DAY, WORKING), day=DAY)
    return pages.page_for_system(replace(found.found, scope=scope), sort=sort, cursor=cursor, size=10)


@pytest.mark.parametrize("sort", ["name", "-born", "entered", "-probation", "probation", "contract", "-unit"])
def test_every_way_gives_the_same_page(many, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    first = {query: page("34/3401/", query, sort) for query in FILTERS}
    second = {query: page("34/3401/", query, sort, quick.next) for query, quick in first.items() if quick.next}
    monkeypatch.setattr(pages, "_walked", lambda *_given: None)
    for query, quick in first.items():
        assert [row.pk for row in quick.rows] == [row.pk for row in page("34/3401/", query, sort).rows], query
    for query, behind in second.items():
        slow = page("34/3401/", query, sort, first[query].next or "")
        assert [row.pk for row in behind.rows] == [row.pk for row in slow.rows], query
        assert not {row.pk for row in first[query].rows} & {row.pk for row in behind.rows}, query
    assert second


def put_walls_up(path: str) -> None:
    """From here to the end of the transaction the database is asked as by the web, for somebody with one unit."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        cursor.execute("SELECT set_config('cw.units', %s, true)", [f"{{[{path},{path[:-1]}0)}}"])


def rows_read() -> int:
    """Rows of the listing that this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'personnel_listing'"
        )
        return int(cursor.fetchone()[0])


def most_read(*, down: bool, cursors: bool = False) -> tuple[int, str]:
    """The most rows that one of all these questions reads, and which one it is."""
    most = (0, "")
    for path in LEVELS:
        inside = Listing.objects.filter(unit_path__startswith=path).order_by("person_id")
        middle = inside[inside.count() // 2]
        for query in MANY:
            for sort, keys in SORTS.items():
                at = Cursor(tuple(getattr(middle, key) for key in keys), False, None).text() if cursors else ""
                order = f"-{sort}" if down else sort
                before = rows_read()
                page(path, query, order, at)
                most = max(most, (rows_read() - before, f"{path} {query} {order}"))
    return most


@pytest.mark.parametrize("walls", [False, True], ids=["open", "walls"])
def test_where_many_fit_a_page_of_any_order_reads_few_rows(many, walls: bool) -> None:
    if walls:
        put_walls_up("34/")
    for cursors, down in ((False, True), (True, False)):
        read, question = most_read(cursors=cursors, down=down)
        assert read <= BOUND, question


def test_without_walks_everybody_who_fits_would_be_read(many, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(pages, "_walked", lambda *_given: None)
    read, _question = most_read(down=True)
    assert read >= PEOPLE


@pytest.mark.parametrize("path", LEVELS)
def test_behind_the_walls_every_way_gives_what_it_gives_before_them(many, path: str) -> None:
    asked = [(query, sort) for query in ("", "sex=FEMALE", "entered_to=2009-12-31") for sort in SORTS]
    before = [[row.pk for row in page(path, query, sort).rows] for query, sort in asked]
    put_walls_up(path)
    assert [[row.pk for row in page(path, query, sort).rows] for query, sort in asked] == before
    assert Listing.objects.count() == {"34/": PEOPLE, "34/3401/": PEOPLE // 4}[path]


def test_what_a_policy_asks_once_is_not_taken_for_the_plan_of_a_part(many) -> None:
    put_walls_up("34/")
    rows = [Listing.objects.filter(pk=1), Listing.objects.all()]
    texts = [part.values("pk").query.sql_with_params() for part in rows]
    plans = pages._plans(" UNION ALL ".join(f"({sql})" for sql, _params in texts), [*texts[0][1], *texts[1][1]])
    assert [plan["Plan Rows"] > 1_000 for plan in plans] == [False, True]


def test_a_surname_is_walked_among_its_own_names_alone() -> None:
    """What the first page of “wang” may look at lies among the names that begin so; without the bounds anywhere."""
    rows = Listing.objects.filter(sort_name__gte="wang", sort_name__lt="wang{")
    found, order = pages.Parts([]), pages.Order(("sort_name", "person_id"), False, (), 51)
    _sql, params = pages._walk(pages.Part(rows, names=("wang", "wang{")), found, order, 10).query.sql_with_params()
    assert list(params).count("wang") == 2
    _sql, params = pages._walk(pages.Part(rows), found, order, 10).query.sql_with_params()  # the control
    assert list(params).count("wang") == 1
    by_day = pages.Order(("start", "person_id"), False, (), 51)  # another order has no such bounds
    _sql, params = pages._walk(pages.Part(rows, names=("wang", "wang{")), found, by_day, 10).query.sql_with_params()
    assert list(params).count("wang") == 1
