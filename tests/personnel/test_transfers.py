"""Moving somebody while somebody else writes to the same employment, or moves the unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from core.errors import ApplicationError, Conflict, NotFound, Refused
from organization.models import Unit, UnitKind
from organization.services import unit_create, unit_move
from personnel.models import Employment, Person, Tenure
from personnel.services import employment as employment_services
from personnel.services import (
    employment_end,
    employment_start,
    employment_transfer,
    row_correct,
    row_withdraw,
    tenure_start,
)
from tests.personnel.test_api import together

Hire = Callable[..., Person]
HERE, THERE = "340181002008", "340181002001"
MOVED_PATH = "34/3401/340181/340181003/340181002001/"


@pytest.fixture
def other_street(units: dict[str, Unit]) -> Unit:
    return unit_create(
        actor=None, code="340181003", name="卧牛山街道", kind=UnitKind.STREET, parent=units["340181"],
        valid_from=date(2000, 1, 1),
    )  # fmt: skip


def said(act: Callable[[], Any]) -> Callable[[], Any]:
    """The act in a transaction of its own, with what it raises as its answer."""

    def run() -> Any:
        try:
            with transaction.atomic():
                return act()
        except ApplicationError as error:
            return error

    return run


def jobs() -> list[tuple[str, date, date | None, str]]:
    return list(Employment.objects.order_by("start").values_list("unit__code", "start", "end", "end_reason"))


def code_of(units: dict[str, Unit], code: str) -> str:
    return units[code].code


def test_who_left_meanwhile_is_not_moved_and_stays_gone(units: dict[str, Unit], hire: Hire) -> None:
    """The row in hand still says that they work."""
    seen = hire(start=date(2020, 1, 1)).employments.get()
    employment_end(actor=None, employment=seen, end=date(2024, 12, 31), reason="RESIGNED")
    assert seen.end is None
    with pytest.raises(Refused, match="left on 2024-12-31 and cannot move on 2025-01-01"):
        employment_transfer(actor=None, employment=seen, unit=units[THERE], day=date(2025, 1, 1))
    assert jobs() == [(code_of(units, HERE), date(2020, 1, 1), date(2024, 12, 31), "RESIGNED")]


def test_the_end_on_record_goes_along(units: dict[str, Unit], hire: Hire) -> None:
    seen = hire(start=date(2020, 1, 1)).employments.get()
    employment_end(actor=None, employment=seen, end=date(2026, 1, 1), reason="RESIGNED")
    employment_transfer(actor=None, employment=seen, unit=units[THERE], day=date(2025, 1, 1))
    assert [(start, end) for _unit, start, end, _reason in jobs()] == [
        (date(2020, 1, 1), date(2025, 1, 1)),
        (date(2025, 1, 1), date(2026, 1, 1)),
    ]


def test_without_the_fresh_row_a_leaver_would_be_taken_back(
    units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of both tests above."""
    monkeypatch.setattr(employment_services, "_fresh", lambda employment: employment)
    seen = hire(start=date(2020, 1, 1)).employments.get()
    employment_end(actor=None, employment=Employment.objects.get(), end=date(2024, 12, 31), reason="RESIGNED")
    employment_transfer(actor=None, employment=seen, unit=units[THERE], day=date(2025, 1, 1))
    assert [(end, reason) for _unit, _start, end, reason in jobs()] == [(date(2025, 1, 1), "TRANSFERRED"), (None, "")]


def test_what_was_withdrawn_meanwhile_is_not_moved(units: dict[str, Unit], hire: Hire) -> None:
    seen = hire().employments.get()
    row_withdraw(actor=None, row=Employment.objects.get(), reason="录错")
    with pytest.raises(NotFound):
        employment_transfer(actor=None, employment=seen, unit=units[THERE], day=date(2025, 1, 1))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_somebody_at_once_the_second_is_told(
    units: dict[str, Unit], hire: Hire, other_street: Unit
) -> None:
    job = hire(start=date(2020, 1, 1)).employments.get()
    one, two, waited = together(
        lambda: employment_transfer(actor=None, employment=job, unit=units[THERE], day=date(2025, 1, 1)),
        said(lambda: employment_transfer(actor=None, employment=job, unit=other_street, day=date(2025, 3, 1))),
    )
    assert waited
    assert one.unit == units[THERE]
    assert isinstance(two, Refused)
    assert jobs() == [
        (code_of(units, HERE), date(2020, 1, 1), date(2025, 1, 1), "TRANSFERRED"),
        (code_of(units, THERE), date(2025, 1, 1), None, ""),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["transfer", "appoint", "correct"])
def test_whoever_is_put_into_a_unit_that_is_being_moved_moves_with_it(
    units: dict[str, Unit], hire: Hire, other_street: Unit, act: str
) -> None:
    """The second waits until the unit has its new place, and writes that one."""
    person = hire(start=date(2020, 1, 1))
    job = person.employments.get()
    acts: dict[str, Callable[[], Any]] = {
        "transfer": lambda: employment_transfer(actor=None, employment=job, unit=units[THERE], day=date(2026, 2, 1)),
        "appoint": lambda: tenure_start(
            actor=None, person=person, unit=units[THERE], title="COMMITTEE_MEMBER", start=date(2026, 2, 1)
        ),
        "correct": lambda: row_correct(actor=None, row=job, values={"unit": units[THERE]}, reason="录错单位"),
    }
    moved, written, waited = together(
        lambda: unit_move(actor=None, unit=units[THERE], parent=other_street, day=date(2026, 1, 1)), said(acts[act])
    )
    assert waited
    assert moved.path == MOVED_PATH
    assert isinstance(written, Employment | Tenure), written
    if act == "appoint":
        assert Tenure.objects.get(title="COMMITTEE_MEMBER").post.unit == moved
    else:
        newest = Employment.objects.latest("start")
        assert (newest.unit, newest.unit_path) == (moved, MOVED_PATH)


@pytest.mark.django_db(transaction=True)
def test_without_the_hold_of_the_tree_somebody_would_be_left_behind(
    units: dict[str, Unit], hire: Hire, other_street: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without waiting, the place of before is written, which is nobody's by then."""
    monkeypatch.setattr(employment_services, "hold_tree", lambda: None)
    job = hire(start=date(2020, 1, 1)).employments.get()
    _moved, _written, waited = together(
        lambda: unit_move(actor=None, unit=units[THERE], parent=other_street, day=date(2026, 1, 1)),
        said(lambda: employment_transfer(actor=None, employment=job, unit=units[THERE], day=date(2026, 2, 1))),
    )
    assert not waited
    assert Employment.objects.latest("start").unit_path == units[THERE].path != MOVED_PATH


def test_whoever_is_employed_twice_at_once_is_refused_by_the_database(hire: Hire, units: dict[str, Unit]) -> None:
    person = hire(start=date(2020, 1, 1))
    with pytest.raises(Conflict):
        employment_start(
            actor=None, person=person, unit=units[THERE], category="COMMUNITY_WORKER", start=date(2025, 1, 1)
        )
