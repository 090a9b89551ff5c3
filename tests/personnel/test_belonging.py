"""Which unit a file belongs to while neither an employment nor a post says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import NotAllowed, NotFound
from organization.models import Permission, Role, Unit, UnitKind, User
from organization.services import grant_give, unit_create, unit_move, user_create
from personnel.models import Person
from personnel.selectors.duplicates import NUMBER, likenesses
from personnel.selectors.people import file_in, person_for
from personnel.services import (
    employment_start,
    person_change,
    person_correct,
    person_create,
    row_correct,
    row_withdraw,
    section_add,
    tenure_start,
)
from personnel.services.entry import person_enter

Hire = Callable[..., Person]


@pytest.fixture
def other_street(units: dict[str, Unit]) -> Unit:
    return unit_create(
        actor=None, code="340181003", name="卧牛山街道", kind=UnitKind.STREET, parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )  # fmt: skip


def _clerk(name: str, unit: Unit) -> User:
    user, _password = user_create(actor=None, username=name, display_name=name)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=unit, role=Role.STREET_CLERK)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def clerk(units: dict[str, Unit]) -> User:
    return _clerk("clerk", units["340181002"])


@pytest.fixture
def stranger(other_street: Unit) -> User:
    return _clerk("stranger", other_street)


def test_whoever_enters_a_person_without_employment_or_post_goes_on_with_the_file(
    units: dict[str, Unit], clerk: User, stranger: User
) -> None:
    person = person_create(actor=clerk, unit=units["340181002008"], name="王芳", sex="FEMALE")
    person_correct(actor=clerk, person=person, values={"phone": "13812345678"}, reason="补录")
    section_add(actor=clerk, person=person, section="honour",
                values={"kind": "ADVANCED_INDIVIDUAL", "level": "COUNTY", "day": "2020-01-01"})  # fmt: skip
    assert person_for(user=clerk, person_id=person.pk) == person
    with pytest.raises(NotFound):
        person_for(user=stranger, person_id=person.pk)
    with pytest.raises(NotAllowed):
        person_correct(actor=stranger, person=person, values={"phone": "13812345679"}, reason="x")


def test_without_the_unit_named_by_the_person_nobody_could_go_on(units: dict[str, Unit], clerk: User) -> None:
    """The control of the test above."""
    person = person_create(actor=clerk, unit=units["340181002008"], name="王芳", sex="FEMALE")
    Person.objects.filter(pk=person.pk).update(belongs_to=None)
    with pytest.raises(NotFound):
        person_for(user=clerk, person_id=person.pk)
    with pytest.raises(NotAllowed):
        person_correct(actor=clerk, person=person, values={"phone": "13812345678"}, reason="补录")


@pytest.mark.parametrize("what", ["employment", "post"])
def test_from_an_employment_or_post_on_the_unit_of_the_entry_says_nothing(
    units: dict[str, Unit], clerk: User, stranger: User, other_street: Unit, what: str
) -> None:
    person = person_create(actor=clerk, unit=units["340181002008"], name="王芳", sex="FEMALE")
    if what == "employment":
        employment_start(actor=stranger, person=person, unit=other_street, category="COMMUNITY_WORKER",
                         start=date(2026, 1, 1))  # fmt: skip
    else:
        tenure_start(actor=stranger, person=person, unit=other_street, title="STAFF", start=date(2026, 1, 1))
    person_change(actor=stranger, person=person, day=date(2026, 2, 1), values={"phone": "13812345678"})
    assert not file_in(user=clerk, person=person, permission=Permission.VIEW_PEOPLE)
    with pytest.raises(NotAllowed):
        person_change(actor=clerk, person=person, day=date(2026, 3, 1), values={"phone": "13812345679"})


def test_withdrawing_the_last_employment_leaves_the_file_where_it_was(
    units: dict[str, Unit], clerk: User, stranger: User, other_street: Unit
) -> None:
    """A wrong employment is withdrawn to be entered anew: the clerk finds the person by number and opens the file."""
    number = "11010519491231002X"
    person = person_enter(
        actor=stranger,
        identity={"name": "王芳", "identity_number": number, "sex": "FEMALE", "birth_date": date(1949, 12, 31)},
        employment={"unit": other_street, "category": "COMMUNITY_WORKER", "start": date(2026, 1, 1)},
        post=None,
    )
    job = person.employments.get()
    row_correct(actor=None, row=job, values={"unit": "340181002008"}, reason="录错单位")
    tenure = tenure_start(actor=clerk, person=person, unit=units["340181002008"], title="STAFF", start=date(2026, 1, 1))
    row_withdraw(actor=clerk, row=job, reason="录错")
    person.refresh_from_db()
    assert person.belongs_to == other_street  # a post says where the file belongs; nothing else is asked
    row_withdraw(actor=clerk, row=tenure, reason="录错")
    person.refresh_from_db()
    assert person.belongs_to == units["340181002008"]
    assert person_for(user=clerk, person_id=person.pk) == person
    assert not file_in(user=stranger, person=person, permission=Permission.VIEW_PEOPLE)
    [found] = likenesses(user=clerk, identity_number=number)
    assert (found.why, found.person, found.may_change) == (NUMBER, person, True)
    [hidden] = likenesses(user=stranger, identity_number=number)
    assert (hidden.why, hidden.person) == (NUMBER, None)
    page = Client()
    page.force_login(clerk)
    record = page.get(reverse("personnel:person", args=[person.pk])).content.decode()
    assert reverse("personnel:row_new", args=[person.pk, "employment"]) in record
    section_add(actor=clerk, person=person, section="employment",
                values={"unit": "340181002008", "category": "COMMUNITY_WORKER", "start": "2026-02-01"})  # fmt: skip


def test_a_waiting_file_follows_its_unit_into_another_street(
    units: dict[str, Unit], clerk: User, stranger: User, other_street: Unit, hire: Hire
) -> None:
    waiting = person_create(actor=clerk, unit=units["340181002008"], name="王芳", sex="FEMALE")
    working = hire("李娜")
    moved = unit_move(
        actor=None, unit=units["340181002008"], day=date(2026, 1, 1), parent=other_street, code="340181003008",
        document="巢政〔2025〕9号",
    )  # fmt: skip
    waiting.refresh_from_db()
    working.refresh_from_db()
    assert (waiting.belongs_to, working.belongs_to) == (moved, units["340181002008"])
    assert person_for(user=stranger, person_id=waiting.pk) == waiting
    assert not file_in(user=clerk, person=waiting, permission=Permission.VIEW_PEOPLE)
