"""What a decision makes of seats and pay, told to programs before it is taken: the figures are those found after it, and
nothing of what was tried out stays.
"""

# ruff: noqa: F811

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from organization.models import Role, User
from organization.selectors.above import above
from organization.services import grant_give
from personnel.models import Person, Post
from personnel.selectors.headcount import seats_around_for_system
from personnel.services import foresight
from staffing.services import plan_enter
from tests.payroll.conftest import Place, place, staffed  # noqa: F401
from tests.personnel.test_api import Program, error
from tests.test_api_limits import digest

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 1)
HERE, THERE = "232762100001", "232762101001"
EMPLOYMENTS, TENURES, POSTS, PEOPLE = (f"/api/v1/{name}/" for name in ("employments", "tenures", "posts", "people"))
A, B, C = (
    12 * 3640_00,
    12 * 3675_00,
    12 * 3850_00,
)  # the pay of a year of 甲, 乙 and 丙: tests/payroll/test_foresight.py


@pytest.fixture
def county(staffed: Place) -> Place:
    for code, number in (("232762", 10), ("232762100", 5)):
        plan_enter(
            actor=None, unit=staffed.units[code], number=number, start=date(2020, 1, 1), document="编〔2020〕1号",
            issuer="编办", level="COUNTY",
        )  # fmt: skip
    return staffed


@pytest.fixture
def officer(county: Place) -> Program:
    """Whoever may change people and look at pay in both streets."""
    user = county.users["clerk"]
    grant_give(actor=None, user=user, unit=county.units["232762"], role=Role.STREET_CLERK)
    grant_give(actor=None, user=user, unit=county.units["232762"], role=Role.REST_WRITER)
    return Program(user)


@dataclass(frozen=True)
class Decision:
    """act: its address. thing: what it rests on; empty for something new. about: whose decision it is."""

    act: str
    body: dict[str, Any]
    thing: str = ""
    about: str = "甲"


def ending(county: Place) -> Decision:
    job = f"{EMPLOYMENTS}{Person.objects.get(name='甲').employments.get().pk}/"
    return Decision(f"{job}end/", {"day": str(DAY), "reason": "RESIGNED", "with_posts": True}, job)


def moving(county: Place) -> Decision:
    job = f"{EMPLOYMENTS}{Person.objects.get(name='甲').employments.get().pk}/"
    return Decision(f"{job}transfer/", {"day": str(DAY), "unit": THERE}, job)


def changing(county: Place) -> Decision:
    job = f"{EMPLOYMENTS}{Person.objects.get(name='甲').employments.get().pk}/"
    return Decision(f"{job}change/", {"day": str(DAY), "values": {"category": "PUBLIC_WELFARE_POST"}}, job)


def taking_up(county: Place) -> Decision:
    number = Person.objects.get(name="甲").pk
    return Decision(TENURES, {"person": number, "unit": HERE, "title": "PARTY_SECRETARY", "start": str(DAY)})


def giving_up(county: Place) -> Decision:
    held = f"{TENURES}{Person.objects.get(name='戊').tenures.get().pk}/"
    return Decision(f"{held}end/", {"day": str(DAY)}, held, "戊")


def appointing(county: Place) -> Decision:
    seat = f"{POSTS}{Post.objects.get(unit__code=THERE, title='DEPUTY_DIRECTOR').pk}/"
    return Decision(f"{seat}appoint/", {"person": Person.objects.get(name="己").pk, "start": str(DAY)}, seat, "己")


def vacating(county: Place) -> Decision:
    seat = f"{POSTS}{Post.objects.get(unit__code=THERE, title='DEPUTY_DIRECTOR').pk}/"
    return Decision(f"{seat}vacate/", {"day": str(DAY)}, seat, "戊")


def coming_back(county: Place) -> Decision:
    person = county.hire("庚", end=date(2024, 1, 1))
    values = {"category": "COMMUNITY_WORKER", "start": str(DAY), "entry_channel": "ELECTED"}
    return Decision(EMPLOYMENTS, {"person": person.pk, "unit": HERE, **values}, about="庚")


def coming(county: Place) -> Decision:
    person = {"name": "辛", "birth_date": "1995-03-15", "sex": "MALE"}
    job = {"unit": HERE, "category": "COMMUNITY_WORKER", "start": str(DAY), "entry_channel": "ELECTED"}
    post = {"unit": HERE, "title": "STAFF", "start": str(DAY)}
    return Decision(PEOPLE, {"person": person, "employment": job, "post": post}, about="辛")


DECISIONS = [ending, moving, changing, taking_up, giving_up, appointing, vacating, coming_back, coming]


def found_after(county: Place, told: dict[str, Any], about: str) -> dict[str, Any]:
    """The figures of an answer as they are on record now."""
    units = [county.units[one["unit"]] for one in told["units"]]
    on = max(DAY, timezone.localdate())
    readings = [above.year_pay(unit, DAY) for unit in units]
    person = Person.objects.get(name=about).pk
    return {
        "seats": {one.unit.code: one.now for one in seats_around_for_system(units, on)},
        "units": [sum(one.years.values()) for one in readings],
        "person": sum(one.years.get(person, 0) for one in readings),
    }


@pytest.mark.parametrize("make", DECISIONS, ids=lambda make: make.__name__)
def test_what_is_told_before_is_what_is_found_after(
    county: Place, officer: Program, make: Callable[[Place], Decision]
) -> None:
    decision = make(county)
    before = digest()
    answer = officer.post(f"{decision.act}foresee/", decision.body)
    assert answer.status_code == 200, answer.content
    assert digest() == before
    told = answer.json()
    assert (told["refused"], told["day"]) == ([], str(DAY))
    state = {"If_Match": officer.state(decision.thing)} if decision.thing else {}
    assert officer.post(decision.act, decision.body, **state).status_code in (200, 201)
    after = found_after(county, told, decision.about)
    assert {one["unit"]: one["after"] for one in told["seats"]} == after["seats"]
    assert len(after["seats"]) == 2 - (decision.about in "戊己")  # of the county and the street, if that has any
    assert [one["after"] for one in told["units"]] == after["units"]
    assert len(told["units"]) == (2 if make is moving else 1)
    # Without a post, or in a category that the rules of pay don't cover, nobody can say.
    unsaid = make in (changing, giving_up, vacating, coming_back)
    assert told["person"]["after"] == (None if unsaid else after["person"])
    assert bool(told["person"]["why_after"]) is unsaid
    for one in (told["person"], *told["units"]):
        assert one["difference"] == (None if one["after"] is None else one["after"] - one["before"])


def test_whoever_leaves_frees_a_seat_and_the_last_pay_is_told(county: Place, officer: Program) -> None:
    decision = ending(county)
    told = officer.post(f"{decision.act}foresee/", decision.body | {"day": "2026-02-11"}).json()
    assert told["person"] == {"before": A, "after": 0, "difference": -A, "why_before": "", "why_after": ""}
    assert [(one["unit"], one["before"], one["after"]) for one in told["units"]] == [(HERE, A + B + C, B + C)]
    assert [(one["unit_name"], one["approved"], one["before"], one["after"], one["vacant"]) for one in told["seats"]] == [
        ("松岭区", 10, 6, 5, 5), ("小扬气镇", 5, 4, 3, 2),
    ]  # fmt: skip
    # Ten of 28 days of February: tests/payroll/test_foresight.py.
    assert told["last_pay"] == {
        "month": "2026-02", "first": "2026-02-01", "end": "2026-02-11", "gross": 1300_00, "why": "",
    }  # fmt: skip


def test_what_the_act_would_refuse_is_told_in_its_words(county: Place, officer: Program) -> None:
    decision = ending(county)
    wrong = decision.body | {"day": "2020-01-01"}
    told = officer.post(f"{decision.act}foresee/", wrong).json()
    act = officer.post(decision.act, wrong, If_Match=officer.state(decision.thing))
    assert told["refused"] == [error(act, act.status_code, act.json()["error"]["code"])["message"]]
    assert (told["seats"], told["units"], told["person"], told["last_pay"]) == ([], [], None, None)
    bad = officer.post(f"{decision.act}foresee/", decision.body | {"resaon": "x"})
    assert set(error(bad, 400, "invalid")["fields"]) == {"resaon"}  # a body is refused as that of the act is


def test_pay_is_told_of_units_whose_pay_the_reader_may_look_at(county: Place, officer: Program) -> None:
    user = User.objects.create(username="writer")
    grant_give(actor=None, user=user, unit=county.units["232762"], role=Role.REST_WRITER)
    decision = ending(county)
    told = Program(user).post(f"{decision.act}foresee/", decision.body).json()
    assert (told["units"], told["last_pay"]) == ([], None)
    assert (told["person"]["before"], told["person"]["after"]) == (None, None)
    assert "小扬气社区" in told["person"]["why_before"]
    assert str(A) not in str(told)
    assert [one["after"] for one in told["seats"]] == [5, 3]  # seats are no secret
    # The control: with the permission it is told.
    assert officer.post(f"{decision.act}foresee/", decision.body).json()["person"]["before"] == A


def test_it_is_asked_by_whom_the_act_is_for(county: Place, officer: Program) -> None:
    def program(name: str, unit: str, role: str) -> Program:
        user = User.objects.create(username=name)
        grant_give(actor=None, user=user, unit=county.units[unit], role=role)
        return Program(user)

    reader, sibling = program("reader", "232762", Role.REST_CLIENT), program("other", "232762101", Role.REST_WRITER)
    for make in DECISIONS:
        decision = make(county)
        if make not in (giving_up, appointing, vacating):  # those are in the sibling's street
            answer = sibling.post(f"{decision.act}foresee/", decision.body)
            assert answer.status_code == 404, make
        answer = reader.post(f"{decision.act}foresee/", decision.body)
        assert answer.status_code in (403, 404), make


@pytest.mark.parametrize("undone", [True, False], ids=["undone", "the control"])
def test_nothing_of_it_stays(county: Place, officer: Program, monkeypatch: pytest.MonkeyPatch, undone: bool) -> None:
    if not undone:
        monkeypatch.setattr(
            foresight, "transaction", SimpleNamespace(atomic=transaction.atomic, set_rollback=lambda undo: None)
        )
    decision = ending(county)
    before = digest()
    assert officer.post(f"{decision.act}foresee/", decision.body).status_code == 200
    changed = {table for table, rows in digest().items() if rows != before[table]}
    assert changed == set() if undone else {"personnel_employment", "core_auditentry"} <= changed
