"""Kept figures are those of the records: for random trees and histories, whatever is changed and by whatever statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create, unit_move
from payroll.models import GradeSpan
from personnel.models import (
    Certificate,
    Education,
    Employment,
    Honour,
    NamedListEntry,
    Person,
    PersonPast,
    Post,
    PublicRole,
    SpecialTreatment,
    Tenure,
)
from personnel.services import employment_end
from reports.indicators import Span
from reports.indicators.columns import dimensions_of
from reports.models import Rollup, RollupDay, StaleUnit
from reports.selectors import rollups as reading
from reports.selectors.direct import counts_for_system
from reports.selectors.rollups import POPULATIONS, form_for_system, kept_for_system
from reports.services import rollups as writing
from reports.services import rollups_check, rollups_keep
from tests.reports.test_consistency import _BODIES, DAY, PATHS, _person, enter, undone

EVENING = datetime(2024, 6, 30, 21, tzinfo=ZoneInfo("Asia/Shanghai"))
JANUARY = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the evening of DAY: its figures are kept, and those of the next day too."""
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: DAY)
    monkeypatch.setattr(timezone, "localtime", lambda *args, **kwargs: EVENING)


@pytest.fixture
def posts(units: dict[str, Unit]) -> dict[tuple[str, str], Post]:
    return {
        (title, code): Post.objects.create(unit=units[code], body=body, title=title)
        for title, body in _BODIES.items()
        for code in PATHS[2:]
    }


def count_all() -> None:
    while rollups_keep():
        pass


def told(rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[tuple[str, ...], dict[str, int]]:
    """What is said of somebody: a cell of nobody is none."""
    numbers = {
        key: {name: int(value or 0) for name, value in row.items() if not name.startswith("by_")}
        for key, row in rows.items()
    }
    return {key: row for key, row in numbers.items() if any(row.values()) or key == ()}


def agree(paths: list[str], populations: Collection[str], dimensions: Collection[str], day: date = DAY) -> None:
    """Kept and counted are the same: the whole, by units, by each dimension alone and of each unit, and within a code."""
    for path in paths:
        span = Span(path, day, date(day.year, 1, 1))
        shapes: list[tuple[tuple[str, ...], dict[str, str]]] = [
            ((), {}),
            (("unit",), {}),
            (("unit",), {"sex": "FEMALE"}),
        ]
        shapes += [((code,), {}) for code in dimensions] + [(("age", "unit"), {})]
        for by, within in shapes:
            dimension = {*by, *within} - {"unit"}
            groups = {code: POPULATIONS[code] for code in populations if dimension <= {*dimensions_of(code)}}
            kept = kept_for_system(groups, span, by, within)
            assert kept.keys() == groups.keys()
            for code, group in groups.items():
                assert told(kept[code]) == told(counts_for_system(group, span, by, within)), (day, path, by, code)


def write_in_every_way(units: dict[str, Unit], posts: dict[tuple[str, str], Post]) -> list[Callable[[], Any]]:
    """Changes of everything that is counted: rows added, changed and removed, in bulk, by services and by raw SQL."""
    street, near, far = (units[code] for code in PATHS[1:])

    def raw(text: str) -> Callable[[], Any]:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(text)

        return run

    def job(start: date, unit: Unit = near, **fields: Any) -> Employment:
        person = Person.objects.create(name="新人", belongs_to=unit, sex="FEMALE", birth_date=date(1990, 7, 1))
        return Employment(
            person=person, employer=unit, unit=unit, unit_path=unit.path, category="COMMUNITY_WORKER", start=start, **fields
        )  # fmt: skip

    mine = job(date(2015, 1, 1))
    mine.save()
    who = mine.person

    def end_by_service() -> None:
        employment = job(date(2020, 1, 1))
        employment.save()
        employment_end(actor=None, employment=employment, end=DAY, reason="RESIGNED")

    def move() -> None:
        Unit.objects.filter(pk=far.pk).update(kind="COMMUNITY")
        other = unit_create(
            actor=None,
            code="340181003",
            name="东街",
            kind="STREET",
            parent=units["340181"],
            valid_from=date(2000, 1, 1),
        )
        unit_move(actor=None, unit=Unit.objects.filter(code=far.code).latest("valid_from"), parent=other, day=DAY)

    def sits(title: str, unit: Unit) -> None:
        post = posts[title, next(code for code in PATHS if units[code] == unit)]
        Tenure.objects.get_or_create(
            person=who, post=post, body=post.body, title=title, single_holder=False, start=DAY - timedelta(days=9)
        )

    return [
        lambda: job(date(2024, 3, 1)).save(),
        lambda: Employment.objects.bulk_create([job(DAY, unit) for unit in (street, near, far)]),
        lambda: Employment.objects.filter(unit_path=near.path).update(unit=far, unit_path=far.path),
        lambda: Employment.objects.filter(unit_path=far.path, end=None, start__lte=DAY).update(end=DAY + timedelta(1)),
        end_by_service,
        raw("UPDATE personnel_employment SET unit_path = '34/3401/340181/' WHERE category = 'COMMUNITY_WORKER'"),
        lambda: Person.objects.update(sex="MALE"),
        lambda: Person.objects.filter(pk=who.pk).update(birth_date=date(1980, 7, 1), political_status="PARTY_MEMBER"),
        lambda: PersonPast.objects.create(person=who, field="political_status", value="MASSES", until=date(2025, 1, 1)),
        lambda: PersonPast.objects.all().delete(),
        lambda: Education.objects.create(person=who, level="BACHELOR", degree="BACHELOR", graduated=date(2024, 7, 1)),
        lambda: Education.objects.update(graduated=date(2010, 7, 1)),
        lambda: Education.objects.all().delete(),
        lambda: Certificate.objects.create(person=who, level="SOCIAL_WORKER", number="X", issued=date(2024, 1, 1)),
        lambda: Certificate.objects.all().delete(),
        lambda: Honour.objects.create(person=who, kind="COMMENDATION", level="COUNTY", day=DAY),
        lambda: PublicRole.objects.create(person=who, kind="PEOPLES_DEPUTY", level="COUNTY", start=DAY),
        lambda: SpecialTreatment.objects.create(person=who, level="DEPUTY_SECTION", start=JANUARY),
        lambda: NamedListEntry.objects.create(person=who, kind="COMMITTEE_RESERVE", start=JANUARY),
        lambda: GradeSpan.objects.create(person=who, scale="grade", value=7, start=JANUARY, code="IMPORTED", params={}),
        lambda: GradeSpan.objects.update(end=DAY + timedelta(days=1)),
        lambda: sits("PARTY_COMMITTEE_MEMBER", near),
        lambda: sits("COMMITTEE_MEMBER", far),
        lambda: Post.objects.filter(unit=near, title="STAFF").update(unit=units["340181"]),
        raw(f"UPDATE organization_unit SET kind = 'ESTATE' WHERE id = {far.pk}"),
        raw(f"UPDATE organization_unit SET kind = 'COMMUNITY' WHERE id = {far.pk}"),
        lambda: Tenure.objects.filter(person=who).delete(),
        lambda: NamedListEntry.objects.filter(start__lt=DAY).update(end=DAY),
        move,
        raw("DELETE FROM personnel_employment"),
    ]


def test_kept_figures_are_those_of_the_records_whatever_changes(
    units: dict[str, Unit], posts: dict[tuple[str, str], Post]
) -> None:
    """Also before anybody has counted again, and afterwards without any mark; in the end of every population and way."""
    paths = [units[code].path for code in PATHS]
    every = sorted({code for population in POPULATIONS for code in dimensions_of(population)})

    @settings(
        max_examples=2,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(st.lists(_person, min_size=4, max_size=7), st.permutations(range(28)))
    def holds(people: list[dict[str, Any]], order: list[int]) -> None:
        with undone():
            for number, drawn in enumerate(people):
                enter(units, posts, number, drawn)
            count_all()
            ways = write_in_every_way(units, posts)
            for turn, number in enumerate([*order, 28, 29]):
                ways[number]()
                some = (sorted(POPULATIONS)[turn % len(POPULATIONS)], "workers")
                agree(paths[:1], some, (every[turn % len(every)],))
                if turn % 9 == 8:
                    count_all()
                    assert not StaleUnit.objects.exists()
                    agree(paths[1:2], sorted(POPULATIONS), every if turn == 8 else ())
                    agree(paths[:1], sorted(POPULATIONS), (), DAY + timedelta(days=1))
            count_all()
            assert rollups_check() == []

    holds()


def count_of(code: str, path: str) -> int:
    """The people of a population as they are kept, stale units counted now."""
    return int(kept_for_system({code: POPULATIONS[code]}, Span(path, DAY, JANUARY), (), {})[code][()]["workers_rows"])


def test_what_no_trigger_has_seen_is_found_and_put_right(
    units: dict[str, Unit], hire: Callable[..., Person], capsys: pytest.CaptureFixture[str]
) -> None:
    """The control of the triggers: without one, a change is missing from the figures until somebody checks."""
    hire()
    count_all()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come can't be altered
        cursor.execute("ALTER TABLE personnel_employment DISABLE TRIGGER reports_added")
        cursor.execute("ALTER TABLE personnel_tenure DISABLE TRIGGER reports_added")
    hire("李明", title=None)
    StaleUnit.objects.all().delete()
    assert count_of("workers", units["34"].path) == 1
    with pytest.raises(CommandError, match="6 rows"):  # of workers, everybody employed and seats, on two days
        call_command("statistics", "check")
    assert "34/3401/340181/340181002/340181002008/, workers" in capsys.readouterr().out
    call_command("statistics", "check", "--repair")
    assert count_of("workers", units["34"].path) == 2
    Rollup.objects.filter(day=DAY, unit_path=units["3401"].path, population="workers").update(below=None)
    assert [one.what for one in rollups_check(repair=True)] == ["below"]
    assert rollups_check() == []
    assert count_of("workers", units["3401"].path) == 2


def test_a_mark_counts_at_once_and_goes_when_it_is_counted(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    hire()
    count_all()
    before = Rollup.objects.get(day=DAY, unit_path=units["34"].path, population="workers").below
    hire("李明")
    assert StaleUnit.objects.filter(unit_path=units["340181002008"].path).exists()
    assert Rollup.objects.get(day=DAY, unit_path=units["34"].path, population="workers").below == before
    assert count_of("workers", units["34"].path) == 2
    count_all()
    assert not StaleUnit.objects.exists()
    after = Rollup.objects.get(day=DAY, unit_path=units["34"].path, population="workers").below
    assert after is not None
    assert after[""][""][0] == 2


def test_one_process_counts_at_a_time(units: dict[str, Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_locked", lambda **how: False)
    assert not rollups_keep()
    assert not RollupDay.objects.exists()


def test_only_what_is_kept_of_this_question_is_read(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A past day, a period of one's own, two breakdowns, too many stale units, other definitions: all are counted."""
    hire()
    groups = {code: POPULATIONS[code] for code in ("workers", "hires")}
    span = Span(units["34"].path, DAY, JANUARY)
    assert kept_for_system(groups, span, (), {}) == {}  # nothing is counted yet
    count_all()
    assert kept_for_system(groups, span, (), {}).keys() == {"workers", "hires"}
    assert kept_for_system(groups, replace(span, since=date(2024, 2, 1)), (), {}).keys() == {"workers"}
    assert kept_for_system(groups, replace(span, day=DAY - timedelta(days=1)), (), {}) == {}
    assert kept_for_system(groups, span, ("sex",), {"age": "0-30"}) == {}
    monkeypatch.setattr(reading, "MOST_STALE", 0)
    assert kept_for_system(groups, span, (), {}).keys() == {"workers", "hires"}
    hire("李明")
    assert kept_for_system(groups, span, (), {}) == {}
    monkeypatch.setattr(reading, "MOST_STALE", 50)
    RollupDay.objects.filter(day=DAY).update(form="of an earlier version")
    assert kept_for_system(groups, span, (), {}) == {}
    count_all()  # forgets what an earlier version meant, and counts anew
    assert set(RollupDay.objects.values_list("day", "form")) == {
        (DAY, form_for_system()),
        (DAY + timedelta(days=1), form_for_system()),
    }
    assert count_of("workers", units["34"].path) == 2


def test_a_day_that_has_passed_is_forgotten(units: dict[str, Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    count_all()
    tomorrow = DAY + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: tomorrow)
    monkeypatch.setattr(timezone, "localtime", lambda *args, **kwargs: EVENING - timedelta(hours=12))
    count_all()
    assert list(RollupDay.objects.values_list("day", flat=True)) == [tomorrow]
    assert set(Rollup.objects.values_list("day", flat=True)) <= {tomorrow}


@pytest.mark.usefixtures("db")
def test_every_table_that_is_counted_marks_what_changes() -> None:
    """Whoever counts something new from another table gives it its triggers."""
    texts = []
    for population in POPULATIONS:
        names, raw = reading._columns(population)
        texts.append(str(reading._rows(population, "0/", date.max).values_list(*names, *raw).query))
    asked = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(texts)))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, array_agg(DISTINCT t.tgname::text), bool_and(t.tgenabled = 'A') FROM pg_trigger t
                 JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'reports\\_%' GROUP BY 1"""
        )
        watched = {table: set(names) for table, names, always in cursor.fetchall() if always}
    assert asked == watched.keys()
    # Nobody counts by being entered, or by a post or a unit alone.
    only_changes = {"personnel_person", "personnel_post", "organization_unit"}
    for table, names in watched.items():
        rows = set() if table in only_changes else {"reports_added", "reports_removed"}
        assert names == rows | {"reports_changed", "reports_emptied"}, table


@pytest.mark.usefixtures("units")
def test_an_emptied_table_leaves_nothing_kept() -> None:
    count_all()
    assert RollupDay.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE personnel_honour")
    assert not RollupDay.objects.exists()


def test_the_dashboard_of_kept_figures_asks_fifteen_times_at_most(
    units: dict[str, Unit], hire: Callable[..., Person], client: Client
) -> None:
    hire()
    count_all()
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client.force_login(user)
    client.get("/reports/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/reports/")
    assert page.status_code == 200
    assert len(queries) <= 15
