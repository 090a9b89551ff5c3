from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.errors import Conflict, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create, user_create
from personnel.models import Person
from personnel.services import employment_start, person_create
from training.models import TrainingMode
from training.selectors import training_year, training_years_for_system, trainings_list
from training.services import training_record_add


@pytest.fixture
def street(db) -> Unit:
    province = unit_create(
        actor=None, code="34", name="安徽省", kind="PROVINCE", parent=None, valid_from=date(2000, 1, 1)
    )
    city = unit_create(
        actor=None, code="3401", name="合肥市", kind="CITY", parent=province, valid_from=date(2000, 1, 1)
    )
    return unit_create(
        actor=None, code="340181", name="巢湖市", kind="COUNTY", parent=city, valid_from=date(2000, 1, 1)
    )


@pytest.fixture
def clerk(street: Unit) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=street, role=Role.STREET_CLERK)
    return user


@pytest.fixture
def worker(street: Unit) -> Person:
    person = person_create(actor=None, unit=street, name="王芳")
    employment_start(actor=None, person=person, unit=street, category="COMMUNITY_WORKER", start=date(2020, 1, 1))
    return person


def course(actor: User | None, person: Person, title: str, day: date, days: str, mode: str = "CENTRAL") -> None:
    training_record_add(
        actor=actor,
        person=person,
        title=title,
        organiser="市委组织部",
        mode=mode,
        started=day,
        days=Decimal(days),
    )


@pytest.mark.requirement("CH-25")
def test_a_year_counts_central_sessions_and_their_days(clerk: User, worker: Person) -> None:
    course(clerk, worker, "春季班", date(2025, 4, 1), "3")
    course(clerk, worker, "网络课", date(2025, 5, 1), "4", TrainingMode.ONLINE)
    course(clerk, worker, "去年班", date(2024, 12, 31), "5")
    year = training_year(user=clerk, person=worker, year=2025)
    assert (year.sessions, year.days) == (1, Decimal(3))
    assert not year.fulfils(sessions=1, days=5)
    course(clerk, worker, "秋季班", date(2025, 9, 1), "2.0")
    year = training_year(user=clerk, person=worker, year=2025)
    assert (year.sessions, year.days) == (2, Decimal(5))
    assert year.fulfils(sessions=1, days=5)
    assert training_year(user=clerk, person=worker, year=2025, mode=None).days == Decimal(9)
    assert [record.title for record in trainings_list(user=clerk, person_id=worker.pk)] == [
        "秋季班",
        "网络课",
        "春季班",
        "去年班",
    ]
    assert AuditEntry.objects.filter(action="training.record.add").count() == 4


def test_people_without_training_have_zeros_in_one_query(worker: Person, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert training_years_for_system([worker.pk, 10**9], 2025)[10**9].sessions == 0


def test_a_course_is_entered_once_and_only_with_days(clerk: User, worker: Person) -> None:
    course(clerk, worker, "春季班", date(2025, 4, 1), "0.5")
    with pytest.raises(Conflict):
        course(clerk, worker, "春季班", date(2025, 4, 1), "1")
    with pytest.raises(Refused) as refused:
        course(clerk, worker, " ", date(2025, 4, 1), "0.25", "SLEEP")
    assert len(refused.value.errors) == 3


def test_somebody_of_another_unit_does_not_exist(worker: Person, street: Unit) -> None:
    stranger, _password = user_create(actor=None, username="stranger", display_name="外人")
    with pytest.raises(NotFound):
        course(stranger, worker, "春季班", date(2025, 4, 1), "1")
    with pytest.raises(NotFound):
        trainings_list(user=stranger, person_id=worker.pk)
