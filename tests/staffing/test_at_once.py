"""Two who share out the same seats at once: one goes first, and the other finds what is left."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from staffing.models import QuotaAllocation, QuotaPlan
from staffing.services import allocate
from tests.payroll.conftest import Place
from tests.staffing.conftest import root, seats

FUNCTION: str = importlib.import_module("staffing.migrations.0002_within_the_parent").FUNCTION
LOCK = "PERFORM FROM staffing_quotaplan WHERE id = ANY (plans) ORDER BY id FOR NO KEY UPDATE;"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Place:
    from tests.payroll.conftest import build_place

    return build_place()


@contextmanager
def somebody_else() -> Iterator[Any]:
    """A second connection in a transaction of its own; what waits there for more than 0.2 seconds gives up."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
            yield other, cursor
    finally:
        other.rollback()
        other.close()


INSERT = """INSERT INTO staffing_quotaallocation (plan_id, unit_id, parent_id, number, reason)
            VALUES (%s, %s, %s, 20, '')"""
LOOK = "SET CONSTRAINTS staffing_within_parent IMMEDIATE"


def _second_of_two(place: Place, plan: QuotaPlan) -> str:
    """Two transactions take 20 of 27 seats each; how the second fares when it looks before the first has ended."""
    top = root(plan)
    with somebody_else() as (other, theirs), connection.cursor() as mine:
        with transaction.atomic():
            mine.execute(INSERT, [plan.pk, place.units["232762100"].pk, top.pk])
            mine.execute(LOOK)
            theirs.execute(INSERT, [plan.pk, place.units["232762101"].pk, top.pk])
            try:
                with other.wrap_database_errors:
                    theirs.execute(LOOK)
            except OperationalError:
                return "waits"
        other.commit()
    return "passes"


def test_who_shares_out_meanwhile_waits(place: Place, plan: QuotaPlan) -> None:
    assert _second_of_two(place, plan) == "waits"
    assert seats(plan) == {"232762": 27, "232762100": 20}
    with pytest.raises(IntegrityError, match="more seats"), transaction.atomic():
        QuotaAllocation.objects.create(plan=plan, unit=place.units["232762101"], parent=root(plan), number=20)


def test_without_the_lock_both_pass(place: Place, plan: QuotaPlan) -> None:
    """The control: 40 of 27."""
    assert LOCK in FUNCTION
    with connection.cursor() as cursor:
        cursor.execute(FUNCTION.replace(LOCK, ""))
    try:
        assert _second_of_two(place, plan) == "passes"
        assert seats(plan) == {"232762": 27, "232762100": 20, "232762101": 20}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(FUNCTION)


@pytest.mark.parametrize("held", [True, False])
def test_the_service_takes_the_plan_first(place: Place, plan: QuotaPlan, held: bool) -> None:
    """With the control: nobody else at the plan, and nothing to wait for."""
    wanted = {place.units["232762100"].pk: 16, place.units["232762101"].pk: 11}
    with somebody_else() as (_other, theirs), connection.cursor() as mine:
        if held:
            theirs.execute("SELECT FROM staffing_quotaplan FOR NO KEY UPDATE")
        mine.execute("SET lock_timeout = '200ms'")
        try:
            if held:
                with pytest.raises(OperationalError, match="lock timeout"):
                    allocate(actor=None, allocation=root(plan), shares=wanted)
            else:
                allocate(actor=None, allocation=root(plan), shares=wanted)
        finally:
            mine.execute("RESET lock_timeout")
    assert len(seats(plan)) == (1 if held else 3)
