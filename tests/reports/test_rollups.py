"""Kept figures are those of the records: for random trees and histories, whatever is changed and by whatever statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
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

from assessment.models import AnnualResult
from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create, unit_move
from payroll.models import GradeSpan, PayKind, PayRun, PaySlip
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
    ResponsibilityArea,
    SpecialTreatment,
    Tenure,
)
from personnel.services import employment_end
from reports.indicators import Indicator, Span
from reports.indicators.columns import dimensions_of
from reports.models import PastColumn, PastState, Rollup, RollupDay, StalePerson, StaleUnit
from reports.selectors import past
from reports.selectors import rollups as reading
from reports.selectors.direct import counts_for_system
from reports.selectors.past import KEPT, past_for_system, stale_people_for_system
from reports.selectors.rollups import POPULATIONS, form_for_system, kept_for_system
from reports.services import past as past_writing
from reports.services import rollups as writing
from reports.services import rollups_check, rollups_keep
from tests.reports.test_consistency import _BODIES, DAY, PATHS, _person, enter, undone
from training.models import TrainingRecord

EVENING = datetime(2024, 6, 30, 21, tzinfo=ZoneInfo("Asia/Shanghai"))
LINES = [
    {"code": "base", "name": "基本工资", "name_en": "base pay", "payer": {"CITY": 60, "STREET": 40}, "paid": True},
    {"code": "insurance", "name": "社保", "name_en": "insurance", "payer": {}, "paid": False},
    {"code": "bonus", "name": "奖金", "name_en": "bonus", "payer": {}, "paid": True},
]
JANUARY, JUNE = date(2024, 1, 1), date(2024, 6, 1)


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


def breakdowns(population: str) -> list[str]:
    return dimensions_of(POPULATIONS[population][0].population)


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
            groups = {code: POPULATIONS[code] for code in populations if dimension <= {*breakdowns(code)}}
            kept = kept_for_system(groups, span, by, within)
            assert kept.keys() == groups.keys()
            for code, group in groups.items():
                assert told(kept[code]) == told(counts_for_system(group, span, by, within)), (day, path, by, code)


def draft(unit: Unit, pay: Mapping[Person, int], month: date = JUNE) -> PayRun:
    """A pay run of a unit that is not sealed yet, with the gross pay of some people in fen."""
    run = PayRun.objects.create(
        unit=unit, unit_path=unit.path, month=month, started_by=user_of("starter"), state="READY", fingerprint="f",
        known_on=month, lines=LINES,
    )  # fmt: skip
    PaySlip.objects.bulk_create(
        PaySlip(
            run=run, person=person, unit=unit, month=month, day=month + timedelta(days=14), from_day=month,
            to_day=month + timedelta(days=30), gross=gross, standards=[], amounts=[gross - 1_000, 500, 1_000], input_codes=[], input_numbers=[],
        )
        for person, gross in pay.items()
    )  # fmt: skip
    return run


def seal(run: PayRun) -> None:
    PayRun.objects.filter(pk=run.pk).update(state="SEALED", confirmed_by=user_of("finance"))


def user_of(name: str) -> User:
    return User.objects.get_or_create(username=name, defaults={"display_name": name})[0]


PAST = [code for code, group in POPULATIONS.items() if code in KEPT or group[0].population.last_of]


def past_told(group: Sequence[Indicator], span: Span, *shape: Any) -> Any:
    return past_for_system(stale_people_for_system(span.path), group, span, *shape)


def agree_on_past_days(
    paths: list[str], dimensions: Collection[str], days: Collection[date], populations: Collection[str] = PAST
) -> None:
    """What is kept of past days and counted of them are the same, in every shape of a question."""
    shapes: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((), {}),
        (("unit",), {}),
        (("unit", "sex"), {"age": "31-35"}),
    ]
    shapes += [((code,), {}) for code in dimensions]
    for day, path in ((day, path) for day in days for path in paths):
        span = Span(path, day, day - timedelta(days=200))
        for by, within in shapes:
            for code, group in ((code, POPULATIONS[code]) for code in populations if code in PAST):
                if {*by, *within} - {"unit"} <= {*breakdowns(code)}:
                    kept = past_told(group, span, by, within)
                    assert kept is not None
                    assert told(kept) == told(counts_for_system(group, span, by, within)), (day, path, by, within, code)


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

    def trained(person: Person, *days: date) -> None:
        TrainingRecord.objects.bulk_create(
            TrainingRecord(person=person, title=f"党务{day}", organiser="组织部", mode="CENTRAL", started=day, days=2)
            for day in days
        )

    def paid(unit: Unit, month: date = JUNE) -> Callable[[], None]:
        def run() -> None:
            has = PaySlip.objects.filter(month=month).values("person")
            people = Person.objects.exclude(pk__in=has).order_by("pk")[:3]
            seal(draft(unit, {person: 300_000 + 1000 * person.pk for person in people}, month))

        return run

    def unsealed() -> None:
        employment = job(JANUARY)
        employment.save()
        draft(near, {employment.person: 1})

    def result(unit: Unit, grade: str, state: str = "CLOSED", year: int = DAY.year) -> Callable[[], None]:
        def run() -> None:
            person = Person.objects.exclude(annual_results__year=year).order_by("-pk").first()
            AnnualResult.objects.create(
                person=person, year=year, unit=unit, grade=grade, source="IMPORTED", state=state
            )

        return run

    return [
        paid(near),
        paid(far),
        paid(street, date(2024, 5, 1)),
        unsealed,
        result(near, "EXCELLENT"),
        result(far, "QUALIFIED"),
        result(near, "QUALIFIED", year=2023),
        result(street, "EXCELLENT", "OPEN"),
        lambda: AnnualResult.objects.filter(state="OPEN").update(state="CLOSED"),
        lambda: Person.objects.filter(pk=who.pk).update(sex="FEMALE", birth_date=date(1970, 1, 1)),
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
        lambda: trained(who, DAY, DAY - timedelta(days=150), JANUARY - timedelta(days=9)),
        lambda: ResponsibilityArea.objects.create(person=who, unit=near, role="AREA_HEAD", start=JANUARY),
        lambda: ResponsibilityArea.objects.filter(start__lt=DAY).update(end=DAY),
        lambda: ResponsibilityArea.objects.all().delete(),
        lambda: TrainingRecord.objects.filter(person=who).update(started=JUNE),
        lambda: TrainingRecord.objects.filter(started__lt=JUNE).delete(),
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
    every = sorted({code for population in POPULATIONS for code in breakdowns(population)})

    @settings(
        max_examples=2,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(st.lists(_person, min_size=4, max_size=7), st.permutations(range(44)))
    def holds(people: list[dict[str, Any]], order: list[int]) -> None:
        with undone():
            for number, drawn in enumerate(people):
                enter(units, posts, number, drawn)
            count_all()
            ways = write_in_every_way(units, posts)
            for turn, number in enumerate([*order, 44, 45]):
                ways[number]()
                some = (sorted(POPULATIONS)[turn % len(POPULATIONS)], "workers")
                agree(paths[:1], some, (every[turn % len(every)],))
                agree_on_past_days(paths[:1], (), (DAY - timedelta(days=100 * (turn % 8)),), some)
                if turn % 9 == 8:
                    count_all()
                    assert not StaleUnit.objects.exists()
                    agree(paths[1:2], sorted(POPULATIONS), every if turn == 8 else ())
                    agree(paths[:1], sorted(POPULATIONS), (), DAY + timedelta(days=1))
            count_all()
            assert not StalePerson.objects.exists()
            agree_on_past_days(paths[:1], every, [DAY - timedelta(days=days) for days in (1, 180)])
            agree_on_past_days([units["34"].path], (), [DAY - timedelta(days=days) for days in (-200, 0, 366, 800)])
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
    # Of workers, everybody employed and seats, on two days; for past days, of these and of hires.
    with pytest.raises(CommandError, match="10 rows"):
        call_command("statistics", "check")
    last_year = Span(units["34"].path, DAY - timedelta(days=366), JANUARY)
    assert past_count(last_year) == 1
    assert "34/3401/340181/340181002/340181002008/, workers" in capsys.readouterr().out
    call_command("statistics", "check", "--repair")
    assert count_of("workers", units["34"].path) == 2
    assert past_count(last_year) == 2
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


def test_what_no_day_has_counted_is_left_to_its_county(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After everybody was loaded at once, every unit is marked and none is counted: each is counted once and not twice."""
    hire()
    assert StaleUnit.objects.exists()
    counted: list[list[str] | None] = []
    whole = writing._count

    def count(day: date, path: str, places: list[str] | None, populations: Collection[str]) -> None:
        counted.append(places)
        whole(day, path, places, populations)

    monkeypatch.setattr(writing, "_count", count)
    county = units["340181"].path
    while not RollupDay.objects.filter(day=DAY, reached__gte=county).exists():
        assert writing._step()
    assert not StaleUnit.objects.filter(unit_path__startswith=county).exists()
    assert all(places is None or (len(places) == 1 and places[0].count("/") < writing.AREA) for places in counted)
    hire("李明")  # where the day is counted already: a mark of its own
    counted.clear()
    assert writing._step()
    assert counted[0] == [units["340181002008"].path]
    count_all()
    assert (rollups_check(), count_of("workers", units["34"].path)) == ([], 2)


def test_a_mark_stays_while_another_day_has_counted_its_unit(
    units: dict[str, Unit], hire: Callable[..., Person]
) -> None:
    hire()
    count_all()
    RollupDay.objects.filter(day=DAY + timedelta(days=1)).update(reached="")
    hire("李明")
    days = list(RollupDay.objects.order_by("day"))
    for _level in units["340181"].path.strip("/").split("/"):
        assert writing._count_area(days)
    assert StaleUnit.objects.filter(unit_path=units["340181002008"].path).exists()
    count_all()
    assert (rollups_check(), StaleUnit.objects.count()) == ([], 0)


def past_count(span: Span) -> int:
    """The community workers of a day, from what is kept of past days."""
    found = past_told(POPULATIONS["workers"], span)
    assert found is not None
    return int(found[()]["workers_rows"])


def test_a_past_day_tells_at_once_what_was_put_right_later(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    """A correction of an earlier start, an end that is taken back, a deletion: marked people are counted from the records."""
    person = hire(start=date(2023, 3, 1))
    hire("李明", start=date(2020, 1, 1))
    count_all()
    before, after = (Span(units["34"].path, day, JANUARY) for day in (date(2023, 2, 28), date(2023, 3, 1)))
    assert (past_count(before), past_count(after)) == (1, 2)
    Employment.objects.filter(person=person).update(start=date(2022, 3, 1))
    assert set(StalePerson.objects.values_list("whose", flat=True)) == {person.pk}
    assert (past_count(before), past_count(after)) == (2, 2)
    count_all()
    assert not StalePerson.objects.exists()
    assert (past_count(before), past_count(after)) == (2, 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM personnel_tenure; DELETE FROM personnel_placement; DELETE FROM personnel_employment"
        )
    assert (past_count(before), past_count(after)) == (0, 0)
    count_all()
    assert (past_count(before), past_count(after)) == (0, 0)
    assert not PastColumn.objects.exists()


def test_history_is_read_where_all_of_it_is_kept(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of pay, nor below a county, nor with too many stale people, nor before everybody is through, nor of another form."""
    hire()
    workers, span = POPULATIONS["workers"], Span(units["340181"].path, DAY - timedelta(days=9), JANUARY)
    assert past_told(workers, span) is None
    count_all()
    assert past_count(span) == 1
    assert past_told(POPULATIONS["slips"], span) is None
    assert past_told(workers, replace(span, path=units["340181002"].path)) is None
    monkeypatch.setattr(past, "MOST_STALE", 0)
    hire("李明")
    assert past_told(workers, span) is None
    monkeypatch.setattr(past, "MOST_STALE", 1)
    assert past_count(span) == 2
    PastState.objects.update(reached=1)
    assert past_told(workers, span) is None
    PastState.objects.update(reached=None, form="of an earlier version")
    assert past_told(workers, span) is None
    count_all()  # forgets what an earlier version meant
    assert past_count(span) == 2


def test_whose_turn_has_not_come_is_counted_then_and_not_before(
    units: dict[str, Unit], hire: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = hire(), hire("李明")
    written: list[list[int]] = []
    whole = past_writing._write

    def write(people: Sequence[int], fresh: Any) -> None:
        written.append(list(people))
        whole(people, fresh)

    monkeypatch.setattr(past_writing, "_write", write)
    monkeypatch.setattr(past_writing, "FIRST", 1)
    assert past_writing.past_count_for_system()
    assert set(StalePerson.objects.values_list("whose", flat=True)) == {second.pk}
    Certificate.objects.create(person=first, level="SOCIAL_WORKER", issued=date(2023, 1, 1))
    while past_writing.past_count_for_system():
        pass
    assert written == [[first.pk], [first.pk], [second.pk], []]
    assert not StalePerson.objects.exists()
    count_all()
    assert (rollups_check(), past_count(Span(units["34"].path, DAY - timedelta(days=9), JANUARY))) == ([], 2)


def test_sealing_marks_pay_alone(units: dict[str, Unit], hire: Callable[..., Person]) -> None:
    """Pay is told at once, its least and highest too; figures of people are still those that are kept."""
    near, far = units["340181002001"], units["340181002008"]
    one, two, three = hire("李明", near.code), hire("王芳"), hire("赵强")
    seal(draft(near, {one: 500_000}))
    run = draft(far, {two: 400_000, three: 600_001})
    count_all()

    def pay() -> list[Any]:
        span = Span(units["34"].path, DAY, JANUARY)
        row = kept_for_system({"slips": POPULATIONS["slips"]}, span, (), {})["slips"][()]
        return [row[name] for name in ("pay_mean_rows", "pay_sum_total", "pay_least_least", "pay_most_most")]

    assert pay() == [1, 500_000, 500_000, 500_000]
    seal(run)
    assert set(StaleUnit.objects.values_list("unit_path", "population")) == {(far.path, "slips")}
    assert pay() == [3, 1_500_001, 400_000, 600_001]
    count_all()
    assert not StaleUnit.objects.exists()
    assert pay() == [3, 1_500_001, 400_000, 600_001]
    # Somebody's slip stays where it was sealed, whatever is put right about where they worked.
    Employment.objects.filter(person=two).update(unit=near, unit_path=near.path)
    Tenure.objects.filter(person=two).delete()
    count_all()
    Person.objects.filter(pk=two.pk).update(sex="FEMALE")
    agree([units["34"].path, far.path], ("slips",), ("sex",))


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
    # Slips count with their run's seal, and a sealed run takes none (tests/payroll/test_sealed.py); their kinds are named
    # where a person's slips are looked for.
    asked -= {"payroll_payslip", "payroll_payline", "payroll_payshare"}  # the last two are views of slips
    assert PayKind.values == [1]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, array_agg(DISTINCT t.tgname::text), bool_and(t.tgenabled = 'A') FROM pg_trigger t
                 JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'reports\\_%' GROUP BY 1"""
        )
        watched = {table: set(names) for table, names, always in cursor.fetchall() if always}
    said = {"organization_unitfact", "staffing_quotaplan", "staffing_quotaallocation", "staffing_seatfreeze"}
    assert asked | said | {"policy_policyversion"} == watched.keys()
    # Nobody counts by being entered, or by a post or a unit alone.
    only_changes = {"personnel_person", "personnel_post", "organization_unit"}
    for table, names in watched.items():
        rows = set() if table in only_changes else {"reports_added", "reports_removed"}
        expected = rows | {"reports_changed", "reports_emptied"}
        if table == "payroll_payrun":
            expected = {"reports_sealed"}
        elif table == "assessment_annualresult":  # what is closed is neither removed nor emptied
            expected = {"reports_added", "reports_changed", "reports_added_of_people", "reports_changed_of_people"}
        elif table == "organization_unit":  # where a unit was on a past day
            expected |= {"reports_added", "reports_changed_of_people", "reports_changed_of_paid"}
            expected |= {"reports_words_added", "reports_words_changed"}  # its names and days
        elif table == "policy_policyversion":  # what the rules give; it is never emptied
            expected = {"reports_words_added", "reports_words_changed", "reports_words_removed"}
        elif table in said:  # what is said beside the numbers
            expected = {"reports_emptied", "reports_words_added", "reports_words_changed", "reports_words_removed"}
        assert names == expected, table


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
