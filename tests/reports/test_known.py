"""What was known at an earlier moment: figures asked of then are those that were answered then, whatever is corrected."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as installation
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import Export
from cwms.known import SEALED, TABLES
from cwms.walls import APP_ROLE
from organization.models import Role, Unit, UnitFact, User
from organization.services import grant_give, token_give, unit_create, unit_move
from organization.walls import walled
from personnel.models import (
    Certificate,
    Education,
    Employment,
    Honour,
    NamedListEntry,
    Person,
    Post,
    ResponsibilityArea,
    Tenure,
)
from reports.indicators import INDICATORS, Span
from reports.selectors import counted_for_system
from reports.selectors import rollups as reading
from reports.selectors.counting import several_for_system
from reports.selectors.known import known_for_system
from reports.selectors.rollups import POPULATIONS
from tests.reports.test_api import BASE, counts
from tests.reports.test_consistency import _BODIES, PATHS, _person, enter, undone
from training.models import TrainingRecord

Hire = Callable[..., Person]
DAY = date(2024, 6, 30)


def now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def told(code: str, unit: Unit, by: tuple[str, ...] = (), known_at: datetime | None = None) -> dict[Any, Any]:
    span = Span(unit.path, DAY, date(2024, 1, 1), known_at)
    return {
        key: (one.numerator, one.denominator) for key, one in counted_for_system(INDICATORS[code], span, by).items()
    }


def test_corrections_of_later_change_no_figure_of_then(units: dict[str, Unit], hire: Hire) -> None:
    """One born in 1994 (30 on the day) who was entered as of 1974 (50), a degree and an employment entered late."""
    county = units["340181"]
    one, two = hire("甲", birth_date=date(1974, 1, 1), start=date(2020, 1, 1)), hire("乙", start=date(2024, 9, 1))
    Person.objects.filter(pk=two.pk).update(birth_date=date(1994, 1, 1))
    before = now()
    Person.objects.filter(pk=one.pk).update(birth_date=date(1994, 1, 1))
    between = now()
    Education.objects.create(person=one, level="BACHELOR", graduated=date(2016, 7, 1), completion="GRADUATED")
    Employment.objects.filter(person=two).update(start=date(2024, 3, 1))  # as it was all along

    assert told("mean_age", county) == {(): (30 + 30, 2)}
    assert told("mean_age", county, known_at=between) == {(): (30, 1)}
    assert told("mean_age", county, known_at=before) == {(): (50, 1)}
    assert told("college", county) == {(): (1, 2)}
    assert told("college", county, known_at=between) == {(): (0, 1)}
    assert told("hires", county) == {(): (1, None)}
    assert told("hires", county, known_at=before) == {(): (0, None)}


def test_every_table_that_is_counted_is_known_of_then() -> None:
    """Whoever counts something new from another table names it in cwms/known.py."""
    texts = []
    for population in POPULATIONS:
        names, raw = reading._columns(population)
        texts.append(str(reading._rows(population, "0/", date.max).values_list(*names, *raw).query))
    asked = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(texts)))
    asked.remove("payroll_payslip")  # never changes once its run is sealed; that of a run which is not, counts nowhere
    assert asked <= {*TABLES, *SEALED}
    asked -= set(SEALED)
    facts = {"organization_unitfact", "staffing_quotaplan", "staffing_quotaallocation", "staffing_seatfreeze"}
    assert set(TABLES) - asked == facts | {"assessment_evaluation"}  # what rows are divided by; the state of results


_BY = (("unit",), ("age", "education"))
_CODES = ("workers", "mean_age", "college", "party_members", "certified", "seats_used", "committee", "one_hand", "honoured",
          "per_10000", "reserve", "hires", "trainings", "trained", "trained_share", "risen", "diplomas", "area_heads", "with_area")  # fmt: skip
_ASKED = [INDICATORS[code] for code in _CODES]
_deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ("born", "sex", "start", "end", "gone", "degree", "no degree", "level", "certificate", "post", "honour", "moved",
             "reserve", "status", "residents", "somebody", "training", "no training", "area", "no area")
        ),
        st.integers(0, 10_000),
    ),
    min_size=4, max_size=8,
)  # fmt: skip


def correct(units: dict[str, Unit], deed: str, number: int) -> None:
    """Some row that there is, or a new one, becomes different; `number` says which and how."""

    def some(model: Any) -> Any:
        rows = model.objects.order_by("pk")
        return rows.filter(pk=rows[number % len(rows)].pk) if len(rows) else rows

    person = some(Person)
    if deed == "born":
        person.update(birth_date=date(1965, 1, 1) + timedelta(days=number))
    elif deed == "sex":
        person.update(sex="MALE" if number % 2 else "FEMALE")
    elif deed == "status":
        person.update(political_status="PARTY_MEMBER" if number % 2 else None)
    elif deed == "start":
        some(Employment).update(start=date(1999, 1, 1) - timedelta(days=number))
    elif deed == "end":
        some(Tenure).update(end=DAY - timedelta(days=1), start=date(1999, 1, 1))
    elif deed == "gone":
        some(Employment).delete()
    elif deed == "degree":
        Education.objects.create(person=person.get(), level="MASTER", graduated=DAY - timedelta(days=number % 40))
    elif deed == "no degree":
        some(Education).delete()
    elif deed == "level":
        some(Education).update(level="HIGH")
    elif deed == "certificate":
        some(Certificate).update(issued=DAY + timedelta(days=1))
    elif deed == "post":
        some(Tenure).update(
            post=Post.objects.filter(title="STAFF").order_by("pk")[number % 2], title="STAFF", body="STAFF"
        )
    elif deed == "honour":
        Honour.objects.create(person=person.get(), kind="COMMENDATION", level="CITY", day=DAY)
    elif deed == "moved":
        where = units[PATHS[1 + number % 3]]
        some(Employment).update(unit=where, unit_path=where.path)
    elif deed == "reserve":
        some(NamedListEntry).delete()
    elif deed == "training":
        TrainingRecord.objects.create(
            person=person.get(), title=f"补录{number}", organiser="街道", mode="CENTRAL", days=1,
            started=DAY - timedelta(days=number % 300),
        )  # fmt: skip
    elif deed == "area":
        ResponsibilityArea.objects.get_or_create(
            person=person.get(), unit=units[PATHS[2]], role="AREA_HEAD", start=DAY - timedelta(days=number % 40)
        )
    elif deed == "no area":
        some(ResponsibilityArea).delete()
    elif deed == "no training":
        some(TrainingRecord).delete()
    elif deed == "residents":
        UnitFact.objects.update_or_create(
            unit=units["340181"], key="residents", day=date(2024, 1, 1), defaults={"value": str(1000 + number)}
        )
    else:
        new = Person.objects.create(name=f"新{number}", sex="FEMALE", belongs_to=units[PATHS[1]])
        Employment.objects.create(
            person=new, employer=units[PATHS[2]], unit=units[PATHS[2]], unit_path=units[PATHS[2]].path,
            category="COMMUNITY_WORKER", start=DAY - timedelta(days=number % 900),
        )  # fmt: skip


def answers(unit: Unit, known_at: datetime | None) -> dict[Any, Any]:
    span = Span(unit.path, DAY, date(2023, 1, 1), known_at)
    return {(by, code): cells for by in _BY for code, cells in several_for_system(
        [one for one in _ASKED if by == ("unit",) or one.aggregate.value != "per_fact"], span, by
    ).items()}  # fmt: skip


def test_what_was_answered_is_answered_again(units: dict[str, Unit]) -> None:
    """Random files and corrections: asked with a moment, each figure is what it was at that moment."""
    posts = {
        (title, code): Post.objects.create(unit=units[code], body=body, title=title)
        for title, body in _BODIES.items()
        for code in PATHS[2:]
    }
    differed: list[bool] = []

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(_person, min_size=3, max_size=6), _deeds)
    def holds(people: list[dict[str, Any]], deeds: list[tuple[str, int]]) -> None:
        with undone():
            told = [(now(), answers(units["340181"], None))]
            for number, drawn in enumerate(people):
                enter(units, posts, number, drawn)
            told.append((now(), answers(units["340181"], None)))
            for deed, number in deeds:
                with suppress(IntegrityError), transaction.atomic():  # two of a kind at a time: nobody could enter it
                    correct(units, deed, number)
                told.append((now(), answers(units["340181"], None)))
            for moment, then in told:
                assert answers(units["340181"], moment) == then, moment
            differed.append(told[-1][1] != told[1][1])

    holds()
    assert any(differed)


def test_a_unit_that_moved_later_stands_where_it_was_known(units: dict[str, Unit], hire: Hire) -> None:
    hire("甲", unit="340181002008")
    other = unit_create(
        actor=None,
        code="340181001",
        name="卧牛山街道",
        kind="STREET",
        parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )
    before = now()
    unit_move(actor=None, unit=units["340181002008"], parent=other, day=date(2024, 6, 1), document="文〔2024〕1号")
    streets = [units["340181002"], other]
    assert [told("workers", one)[()][0] for one in streets] == [0, 1]
    assert [told("workers", one, known_at=before)[()][0] for one in streets] == [1, 0]


def program(unit: Unit, role: Role = Role.REST_CLIENT) -> Client:
    user = User.objects.create(username=f"{role}-{unit.code}", display_name="程序")
    grant_give(actor=None, user=user, unit=unit, role=role)
    return Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='t')[1]}"})


def test_programs_pages_and_files_say_the_same(units: dict[str, Unit], hire: Hire) -> None:
    """Three, of whom one was entered by mistake and is another street's by now: counted, and named to nobody here."""
    street = units["340181002"]
    hire("甲"), hire("乙", unit="340181002001")
    mistaken = hire("丙")
    other = unit_create(
        actor=None,
        code="340181001",
        name="卧牛山街道",
        kind="STREET",
        parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )
    before = now().isoformat()
    Employment.objects.filter(person=mistaken).update(unit=other, unit_path=other.path, employer=other)
    Tenure.objects.filter(person=mistaken).delete()
    client = program(street)
    asked = {"indicator": "workers", "unit": "340181002", "day": "2024-06-30"}

    answer = client.get(f"{BASE}values/", asked | {"known_at": before})
    (value,) = answer.json()["results"]
    assert (value["numerator"], datetime.fromisoformat(value["known_at"])) == (3, datetime.fromisoformat(before))
    (value,) = client.get(f"{BASE}values/", asked).json()["results"]
    assert (value["numerator"], value["known_at"]) == (2, None)
    table = client.get(f"{BASE}breakdown/", asked | {"known_at": before, "by": "unit"})
    assert counts(table.json()) == {"340181002001": 1, "340181002008": 2}
    assert table["ETag"] != client.get(f"{BASE}breakdown/", asked | {"by": "unit"})["ETag"]
    behind = client.get(f"{BASE}people/", asked | {"known_at": before}).json()
    assert behind["count"] == 3
    assert sorted(str(row["name"]) for row in behind["results"]) == ["None", "乙", "甲"]
    assert [row["person"] is None for row in behind["results"]].count(True) == 1

    leader = User.objects.create(username="leader", display_name="主任")
    grant_give(actor=None, user=leader, unit=street, role=Role.ORG_OFFICER)
    page = Client()
    page.force_login(leader)
    shown = page.get("/reports/workers/", asked | {"known_at": before})
    assert shown.context["figure"].numerator == 3
    assert f"known_at={before.replace(':', '%3A').replace('+', '%2B')}" in shown.content.decode()
    names = page.get("/reports/workers/people/", asked | {"known_at": before})
    assert (names.context["page"].paginator.count, len(names.context["lines"])) == (3, 3)
    assert "丙" not in names.content.decode()
    file = page.post("/reports/workers/export/", asked | {"known_at": before, "output": "csv", "by": "unit"})
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    cells = {row[0]: (row[1], row[-1][:16]) for row in rows if len(row) > 4}
    moment = timezone.localtime(datetime.fromisoformat(before)).isoformat()[:16]
    assert [cells[name] for name in ("裕溪河畔社区", "旗山社区", "合计")] == [(n, moment) for n in "123"]
    assert "known_at=" in Export.objects.get().query


def test_moments_that_cannot_be_asked_for_are_refused_with_everything_else(units: dict[str, Unit]) -> None:
    client = program(units["340181"])
    for typed, word in (
        ("2999-01-01", "still to come"), ("1999-12-31", "not on record"), ("soon", "no day and no time"),
        ("2024-02-30T10:00", "no day and no time"), (f"{date.max}", "no day and no time"),
    ):  # fmt: skip
        answer = client.get(
            f"{BASE}values/", {"known_at": typed, "day": "2025-13-01"}, headers={"Accept-Language": "en"}
        )
        assert answer.status_code == 400
        assert set(answer.json()["error"]["fields"]) == {"known_at", "day"}
        assert word in answer.json()["error"]["fields"]["known_at"][0], typed
    today = client.get(f"{BASE}values/", {"known_at": date.today().isoformat(), "indicator": "workers"})
    assert today.status_code == 200


@pytest.mark.skipif(not installation.CWMS_WALLS_ROLE, reason="this server has no role for the web")
def test_rows_of_then_are_behind_the_wall(units: dict[str, Unit], hire: Hire) -> None:
    """The web's role reads of then what it reads of now; the control is who looks after the street."""
    one = hire("甲")
    Person.objects.filter(pk=one.pk).update(name="乙")
    Employment.objects.filter(person=one).update(start=date(2019, 1, 1))
    users = {}
    for code, grants in (("own", "340181002"), ("foreign", "340181002001")):
        users[code] = User.objects.create(username=code, display_name=code)
        grant_give(actor=None, user=users[code], unit=units[grants], role=Role.ORG_OFFICER)
    moment = now()
    Person.objects.filter(pk=one.pk).update(name="丙")
    for code, seen in (("own", ["乙"]), ("foreign", [])):
        with walled(lambda code=code: users[code].pk), known_for_system(moment):
            assert list(Person.objects.values_list("name", flat=True)) == seen
            assert Employment.objects.count() == len(seen)
            assert Tenure.objects.count() == len(seen)
    for statement in (
        "SELECT count(*) FROM core_rowsadded", "CREATE TABLE known.mine (id int)", "DELETE FROM known.personnel_honour",
        "CREATE OR REPLACE VIEW known.people AS SELECT 1::bigint AS person_id",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
            cursor.execute(statement)
