"""Every way to a page of the list of people gives the same page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict

from organization.access import Scope
from personnel.filters import PeopleFilter
from personnel.rules.listing import WORKING
from personnel.selectors import pages
from personnel.selectors.listing import rows_for_system

DAY = date(2026, 1, 1)
PEOPLE = 16_000
FILTERS = (
    "sex=MALE", "age_to=30", "entered_to=2009-12-31", "entered_from=2024-01-01", "probation_from=2024-01-01",
    "sex=FEMALE&entered_to=2012-12-31", "sex=MALE&age_to=40&entered_from=2015-01-01",
)  # fmt: skip


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


@pytest.mark.parametrize("query", FILTERS)
@pytest.mark.parametrize("sort", ["name", "-born", "entered", "-probation", "probation", "contract", "-unit"])
def test_every_way_gives_the_same_page(many, monkeypatch: pytest.MonkeyPatch, query: str, sort: str) -> None:
    quick = page("34/3401/", query, sort)
    behind = page("34/3401/", query, sort, quick.next) if quick.next else None
    monkeypatch.setattr(pages, "_walked", lambda *_given: None)
    assert [row.pk for row in quick.rows] == [row.pk for row in page("34/3401/", query, sort).rows]
    if behind is not None and quick.next:
        slow = page("34/3401/", query, sort, quick.next)
        assert [row.pk for row in behind.rows] == [row.pk for row in slow.rows]
        assert not {row.pk for row in quick.rows} & {row.pk for row in behind.rows}
