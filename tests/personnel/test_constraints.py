"""What the database itself forbids, with a control each that the same write a little later is allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from core.errors import Conflict, Refused
from organization.models import Unit
from personnel.models import Certificate, Employment, Person, Post, Tenure
from personnel.services import (
    certificate_add,
    employment_end,
    employment_start,
    person_create,
    tenure_end,
    tenure_start,
)

Hire = Callable[..., Person]


def test_no_two_employments_of_one_category_at_a_time(units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    again = {"person": person, "unit": units["340181002001"], "category": "COMMUNITY_WORKER"}
    with pytest.raises(Conflict, match="王芳"):
        employment_start(actor=None, start=date(2024, 1, 1), **again)
    first = person.employments.get()
    employment_end(actor=None, employment=first, end=date(2024, 1, 1), reason="TRANSFERRED")
    employment_start(actor=None, start=date(2024, 1, 1), **again)
    with pytest.raises(IntegrityError), transaction.atomic():
        Employment.objects.filter(pk=first.pk).update(end=date(2024, 1, 2))


def test_an_employment_of_another_category_may_overlap(units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    employment_start(
        actor=None, person=person, unit=units["340181002008"], category="FULL_TIME_STAFF", start=date(2024, 1, 1)
    )
    assert person.employments.count() == 2


def test_no_end_before_the_start(units: dict[str, Unit], hire: Hire) -> None:
    employment = hire().employments.get()
    with pytest.raises(Refused):
        employment_end(actor=None, employment=employment, end=date(2019, 12, 31), reason="RESIGNED")
    with pytest.raises(IntegrityError), transaction.atomic():
        Employment.objects.filter(pk=employment.pk).update(end=date(2019, 12, 31))
    employment_end(actor=None, employment=employment, end=date(2020, 1, 1), reason="CORRECTED")


def test_one_holder_at_a_time_of_a_single_holder_post(units: dict[str, Unit], hire: Hire) -> None:
    hire("赵敏", title="PARTY_SECRETARY")
    second = hire("李静")
    post = {"person": second, "unit": units["340181002008"], "title": "PARTY_SECRETARY"}
    with pytest.raises(Conflict, match="赵敏"):
        tenure_start(actor=None, start=date(2025, 1, 1), **post)
    first = Tenure.objects.get(person__name="赵敏")
    tenure_end(actor=None, tenure=first, end=date(2025, 1, 1))
    tenure_start(actor=None, start=date(2025, 1, 1), **post)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenure.objects.filter(pk=first.pk).update(end=None)


def test_a_post_of_many_holders_takes_many_and_nobody_twice(units: dict[str, Unit], hire: Hire) -> None:
    hire("赵敏", title="COMMITTEE_MEMBER")
    second = hire("李静", title="COMMITTEE_MEMBER")
    with pytest.raises(Conflict, match="李静"):
        tenure_start(
            actor=None, person=second, unit=units["340181002008"], title="COMMITTEE_MEMBER", start=date(2024, 1, 1)
        )


def test_a_tenure_repeats_its_post_and_nothing_else(units: dict[str, Unit], hire: Hire) -> None:
    hire(title="PARTY_SECRETARY")
    tenure = Tenure.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenure.objects.filter(pk=tenure.pk).update(single_holder=False)
    Post.objects.filter(pk=tenure.post_id).update(single_holder=False)
    tenure.refresh_from_db()
    assert tenure.single_holder is False


def test_a_certificate_number_and_an_identity_number_belong_to_one_person(units: dict[str, Unit], hire: Hire) -> None:
    first, second = hire("赵敏"), hire("李静")
    certificate_add(actor=None, person=first, level="ASSISTANT", number="A1", issued=date(2020, 9, 1))
    with pytest.raises(Conflict, match="A1"):
        certificate_add(actor=None, person=second, level="SENIOR", number="A1", issued=date(2021, 9, 1))
    assert Certificate.objects.count() == 1
    person_create(actor=None, unit=units["340181"], name="甲", identity_number="11010519491231002X")
    with pytest.raises(Conflict):
        person_create(actor=None, unit=units["340181"], name="乙", identity_number="11010519491231002x")


def test_an_identity_number_must_agree_with_the_record(units: dict[str, Unit]) -> None:
    person = person_create(actor=None, unit=units["340181"], name="甲", identity_number="11010519491231002X")
    assert (person.sex, person.birth_date) == ("FEMALE", date(1949, 12, 31))
    assert person.masked_identity_number == "1101**********002X"
    with pytest.raises(Refused) as refused:
        person_create(
            actor=None,
            unit=units["340181"],
            name=" ",
            sex="MALE",
            birth_date=date(1950, 1, 1),
            identity_number="11010519491231002X",
        )
    assert len(refused.value.errors) == 3
