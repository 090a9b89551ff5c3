from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from core.errors import NotAllowed, NotFound
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, user_create
from personnel.models import Employment, Person
from personnel.selectors import people_list, person_for, person_record
from personnel.services import discipline_add, employment_end, employment_start, honour_add, person_create

Hire = Callable[..., Person]


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    grant_give(actor=None, user=user, unit=units["340181002008"], role=Role.STREET_CLERK)
    return user


def test_a_clerk_writes_in_their_units_and_nowhere_else(units: dict[str, Unit], clerk: User, hire: Hire) -> None:
    person = person_create(actor=clerk, unit=units["340181002008"], name="新人")
    job = {"person": person, "category": "COMMUNITY_WORKER", "start": date(2025, 1, 1)}
    with pytest.raises(NotFound):
        employment_start(actor=clerk, unit=units["340181002001"], **job)
    employment = employment_start(actor=clerk, unit=units["340181002008"], **job)
    honour_add(actor=clerk, person=person, kind="COMMENDATION", level="COUNTY", day=date(2025, 7, 1))
    stranger = hire("外人", unit="340181002001")
    with pytest.raises(NotAllowed):
        discipline_add(actor=clerk, person=stranger, kind="WARNING", start=date(2025, 1, 1))
    with pytest.raises(NotFound):
        employment_end(actor=clerk, employment=stranger.employments.get(), end=date(2025, 2, 1), reason="RESIGNED")
    employment_end(actor=clerk, employment=employment, end=date(2025, 6, 1), reason="RESIGNED")
    trail = AuditEntry.objects.filter(actor_id=clerk.pk).order_by("id")
    assert [entry.action for entry in trail] == [
        "personnel.person.create",
        "personnel.employment.start",
        "personnel.honour.add",
        "personnel.employment.end",
    ]
    last = trail.last()
    assert last is not None
    assert (last.before["end"], last.after["end"], last.unit_code) == (None, "2025-06-01", "340181002008")


def test_who_may_look_sees_people_of_their_units_alone(units: dict[str, Unit], clerk: User, hire: Hire) -> None:
    own, other = hire("赵敏"), hire("李静", unit="340181002001")
    leaver = hire("钱进", end=date(2021, 1, 1))
    people = people_list(user=clerk, day=date(2025, 1, 1))
    assert [(p.name, p.unit_name, p.category) for p in people] == [("赵敏", "旗山社区", "COMMUNITY_WORKER")]
    assert person_for(user=clerk, person_id=own.pk) == own
    assert person_for(user=clerk, person_id=leaver.pk) == leaver  # a leaver stays a person
    with pytest.raises(NotFound):
        person_for(user=clerk, person_id=other.pk)
    with pytest.raises(NotFound):
        person_for(user=clerk, person_id=10**9)
    record = person_record(user=clerk, person_id=own.pk)
    assert [tenure.title for tenure in record.tenures] == ["STAFF"]


def test_the_list_takes_the_same_queries_for_many_people(
    units: dict[str, Unit], clerk: User, hire: Hire, django_assert_num_queries
) -> None:
    for n in range(3):
        hire(f"甲{n}")
    with django_assert_num_queries(2):
        assert len(people_list(user=clerk)) == 3
    for n in range(20):
        hire(f"乙{n}")
    with django_assert_num_queries(2):
        assert len(people_list(user=clerk)) == 23
    assert Employment.objects.count() == 23
