"""One person's working life: posts, grades, results, pay and training, a line a year."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give
from payroll.models import GradeSpan
from personnel.models import Person, Tenure
from personnel.selectors import record_on
from personnel.selectors.sights import sights_of
from personnel.services import person_create, section_change, tenure_start
from reports.selectors.career import CareerYear, career_of
from tests.payroll.conftest import JANUARY, Place, place  # noqa: F401
from training.services import training_record_add

DAY = date(2026, 2, 15)


@pytest.fixture
def worker(place: Place) -> Person:
    """Hired in March 2024 as staff, deputy secretary from June 2025; a certificate of September 2023, before that."""
    person = place.hire("甲", start=date(2024, 3, 1), certificate="ASSISTANT")
    place.result(person, 2024, "GOOD")
    place.result(person, 2025, "EXCELLENT")
    Tenure.objects.filter(person=person).update(end=date(2025, 6, 1))
    tenure_start(
        actor=None, person=person, unit=place.units["232762100001"], title="DEPUTY_SECRETARY", start=date(2025, 6, 1)
    )
    GradeSpan.objects.create(
        person=person, scale="grade", value=3, start=date(2024, 3, 1), end=date(2025, 6, 1), code="IMPORTED"
    )
    GradeSpan.objects.create(person=person, scale="grade", value=5, start=date(2025, 6, 1), code="IMPORTED")
    for title, started, days in (
        ("书记示范班", date(2025, 4, 1), Decimal("1.5")),
        ("实务班", date(2025, 9, 1), Decimal("2.0")),
    ):
        training_record_add(
            actor=None, person=person, title=title, organiser="区委组织部", mode="CENTRAL", started=started, days=days
        )
    return person


def career(place: Place, user: str, person: Person) -> list[CareerYear]:
    actor = place.users[user]
    record = record_on(user=actor, person_id=person.pk, day=DAY)
    return career_of(user=actor, record=record, seen=sights_of(user=actor, person=record.person))


@pytest.mark.requirement("SL-37")
def test_a_career_has_a_line_a_year_with_what_was_reached_in_it(place: Place, worker: Person) -> None:
    place.run(seal=True, month=JANUARY)
    last, middle, first = career(place, "officer", worker)
    assert [one.year for one in (first, middle, last)] == [2024, 2025, 2026]
    assert first.posts == ["community staff · 小扬气社区"]
    assert middle.posts == ["community staff · 小扬气社区", "deputy party secretary · 小扬气社区"]
    assert last.posts == ["deputy party secretary · 小扬气社区"]
    assert [one.grades for one in (first, middle, last)] == [[("grade", 3)], [("grade", 5)], [("grade", 5)]]
    assert [one.result for one in (first, middle, last)] == ["good", "excellent", ""]
    assert [(one.sessions, one.days) for one in (first, middle, last)] == [
        (0, Decimal(0)), (2, Decimal("3.5")), (0, Decimal(0)),
    ]  # fmt: skip
    assert [one.months for one in (first, middle, last)] == [0, 0, 1]
    # 2,900 base + 650 deputy + 150 assistant + 10 for the year of service + 25 % of 650 for an excellent result
    assert last.pay == 290_000 + 65_000 + 15_000 + 1_000 + 16_250


def test_a_year_has_the_posts_of_its_days_each_once(place: Place) -> None:
    """Two posts at once; one that changes its category goes on in a second row; what ends on 1 January is of the year
    before, what begins on 31 December of that year already."""
    unit = place.units["232762100001"]
    person = place.hire("甲", start=date(2022, 12, 31))
    row = person.tenures.get()
    section_change(actor=None, row=row, day=date(2023, 6, 1), values={"appointed_as": "general"})
    Tenure.objects.filter(person=person, end=None).update(end=date(2025, 1, 1))
    for title in ("PARTY_SECRETARY", "COMMITTEE_DIRECTOR"):
        tenure_start(actor=None, person=person, unit=unit, title=title, start=date(2025, 12, 31))
    both = [f"{title} · 小扬气社区" for title in ("director of the residents' committee", "party secretary")]
    found = {one.year: one.posts for one in career(place, "officer", person)}
    assert (found[2022], found[2023], found[2024]) == (["community staff · 小扬气社区"],) * 3
    assert (sorted(found[2025]), sorted(found[2026])) == (both, both)


def test_grades_are_those_of_the_end_of_the_year(place: Place, worker: Person) -> None:
    """What begins on 1 January is not the year's before; what ends then is."""
    GradeSpan.objects.filter(end=None).update(end=date(2026, 1, 1))
    GradeSpan.objects.create(person=worker, scale="grade", value=6, start=date(2026, 1, 1), code="IMPORTED")
    last, middle, _first = career(place, "officer", worker)
    assert (middle.grades, last.grades) == ([("grade", 5)], [("grade", 6)])


def test_a_file_without_employment_has_no_career(place: Place) -> None:
    person = person_create(actor=None, unit=place.units["232762100001"], name="空", sex="MALE")
    assert career(place, "officer", person) == []


def test_who_may_not_look_at_results_and_pay_is_told_neither(place: Place, worker: Person) -> None:
    place.run(seal=True, month=JANUARY)
    place.users["writer"] = User.objects.create(username="writer", display_name="程序")
    grant_give(actor=None, user=place.users["writer"], unit=place.units["232762"], role=Role.REST_WRITER)
    shown = career(place, "writer", worker)
    assert {(one.result, one.pay, one.months) for one in shown} == {("", None, 0)}
    assert shown[0].posts == ["deputy party secretary · 小扬气社区"]
    paid = career(place, "finance", worker)
    assert ({one.result for one in paid}, paid[0].months) == ({""}, 1)


def test_the_page_is_on_the_record_and_on_the_trail(place: Place, worker: Person, client: Client) -> None:
    client.force_login(place.users["officer"])
    assert f"/people/{worker.pk}/career/" in client.get(f"/people/{worker.pk}/").content.decode()
    page = client.get(f"/people/{worker.pk}/career/").content.decode()
    assert "3.5" in page
    assert "小扬气社区" in page
    entry = AuditEntry.objects.filter(action="personnel.person.seen").latest("pk")
    assert (entry.actor_name, entry.after["part"]) == ("officer", "career")
    client.force_login(place.users["foreign"])
    assert client.get(f"/people/{worker.pk}/career/").status_code == 404
