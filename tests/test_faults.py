"""A service is whole or nothing: whichever of its statements fails, nothing of it is left (tests/faults.py)."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from organization.models import Role, User
from organization.services import (
    fact_enter,
    grant_give,
    token_give,
    unit_create,
    unit_move,
    unit_rename,
    user_create,
    user_deactivate,
)
from personnel.services import (
    archive_lend,
    archive_open,
    employment_end,
    employment_transfer,
    party_open,
    person_correct,
    person_create,
    section_add,
    section_change,
)
from personnel.services.imports import import_start
from personnel.services.leaving import (
    archive_come_back,
    archive_dispatch,
    archive_receipt,
    handover_add,
    handover_begin,
    handover_sign,
)
from personnel.services.lists import filter_save
from personnel.services.showing import person_unmask
from staffing.services import freeze_lift, plan_enter, seats_freeze
from tests.faults import Act, partial_effects
from tests.payroll.conftest import Place, place  # noqa: F401

DAY = date(2026, 2, 1)
TEXT = "姓名,身份证号,所属社区,人员类别,入职日期\n丙,11010519491231002X,232762100001,社区工作者,2021-01-01\n"


@pytest.fixture
def acts(place: Place) -> dict[str, Act]:
    """A call of each service that succeeds."""
    person = place.hire("甲")
    with_seats = place.units["232762101"]
    plan_enter(
        actor=None, unit=with_seats, start=DAY, number=9, document="编〔2025〕1号", issuer="编办", level="COUNTY"
    )
    frozen = seats_freeze(actor=None, unit=with_seats, number=1, start=DAY, document="冻")
    lent = archive_open(actor=None, person=place.hire("乙"), opened=date(2021, 1, 1))
    employment = person.employments.get()
    gone = archive_open(actor=None, person=place.hire("走", end=date(2026, 1, 1)), opened=date(2021, 1, 1))
    away = archive_dispatch(actor=None, archive=gone, destination="x", number="1", sent=date(2026, 1, 2))
    left = place.hire("去", end=date(2026, 1, 1))
    unsent = archive_open(actor=None, person=left, opened=date(2021, 1, 1))
    thing = handover_add(actor=None, employment=place.hire("移").employments.get(), kind="KEYS", what="x")
    clerk, street = place.users["officer"], place.units["232762100"]
    loan = {"borrower": "张科长", "purpose": "干部考察", "start": "2026-01-06", "due": "2026-01-20"}
    education = {"level": "BACHELOR", "graduated": "2012-07-01"}
    community, other = place.units["232762100001"], place.units["232762101001"]
    return {
        "unit_create": partial(unit_create, actor=None, code="232762100009", name="新", kind="COMMUNITY", parent=street, valid_from=DAY),
        "unit_rename": partial(unit_rename, actor=None, unit=community, name="新社区", day=DAY),
        "unit_move": partial(unit_move, actor=None, unit=community, parent=place.units["232762101"], day=DAY, code="232762101009"),
        "fact_enter": partial(fact_enter, actor=None, unit=community, key="residents", day=DAY, value="100", source="x"),
        "user_create": partial(user_create, actor=None, username="new", display_name="新"),
        "user_deactivate": partial(user_deactivate, actor=None, user=clerk),
        "grant_give": partial(grant_give, actor=None, user=User.objects.create(username="n"), unit=street, role=Role.REST_CLIENT),
        "token_give": partial(token_give, actor=None, user=_program(street), label="x"),
        "person_create": partial(person_create, actor=None, unit=street, name="丁", sex="MALE", birth_date=date(1990, 5, 1)),
        "person_correct": partial(person_correct, actor=None, person=person, values={"name": "王"}, reason="x"),
        "person_unmask": partial(person_unmask, actor=_clerk(street), person=person, purpose="CHECK"),
        "section_add": partial(section_add, actor=None, person=person, section="education", values=education),
        "section_change": partial(section_change, actor=None, row=employment, day=DAY, values={"category": "GRID_WORKER"}),
        "employment_end": partial(employment_end, actor=None, employment=employment, end=DAY, reason="RESIGNED", with_posts=True),
        "employment_transfer": partial(employment_transfer, actor=None, employment=employment, unit=other, day=DAY),
        "archive_open": partial(archive_open, actor=None, person=person, opened=DAY),
        "archive_lend": partial(archive_lend, actor=None, archive=lent, values=loan),
        "handover_begin": partial(handover_begin, actor=None, employment=employment),
        "handover_add": partial(handover_add, actor=None, employment=employment, kind="KEYS", what="x"),
        "handover_sign": partial(handover_sign, actor=None, item=thing, receiver="李静", day=DAY),
        "archive_dispatch": partial(archive_dispatch, actor=None, archive=unsent, destination="x", number="2", sent=DAY),
        "archive_receipt": partial(archive_receipt, actor=None, dispatch=away, receipt="x", day=DAY),
        "archive_come_back": partial(archive_come_back, actor=None, dispatch=away, day=DAY),
        "party_open": partial(party_open, actor=None, kind="STREET_COMMITTEE", name="党工委", unit=street, parent=None, day=DAY),
        "plan_enter": partial(plan_enter, actor=None, unit=street, start=DAY, number=1, document="编〔2026〕1号", issuer="编办", level="COUNTY"),
        "seats_freeze": partial(seats_freeze, actor=None, unit=with_seats, number=1, start=DAY, document="冻"),
        "freeze_lift": partial(freeze_lift, actor=None, freeze=frozen, end=DAY),
        "filter_save": partial(filter_save, actor=clerk, name="x", query="q=w"),
        "import_start": partial(import_start, actor=None, unit=street, day=DAY, file_name="b.csv", text=TEXT),
    }  # fmt: skip


def _program(street: Any) -> User:
    user = User.objects.create(username="program")
    grant_give(actor=None, user=user, unit=street, role=Role.REST_CLIENT)
    return user


def _clerk(street: Any) -> User:
    user = User.objects.create(username="street-clerk")
    grant_give(actor=None, user=user, unit=street, role=Role.STREET_CLERK)
    return user


@pytest.mark.slow
def test_no_service_leaves_a_part_of_itself(acts: dict[str, Act]) -> None:
    found, counts = {}, {}
    for name, act in acts.items():
        left, counts[name] = partial_effects(act)
        if left:
            found[name] = left
    assert found == {}
    assert len(counts) == 29


def test_without_its_transaction_a_service_does(place: Place) -> None:
    """The control: the same service, not atomic."""
    bare = unit_rename.__wrapped__  # type: ignore[attr-defined]
    left, _count = partial_effects(partial(bare, actor=None, unit=place.units["232762100001"], name="新", day=DAY))
    assert left
