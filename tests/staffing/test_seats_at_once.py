"""A hundred are hired on one free seat at once: one is, and without the lock several would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connections, transaction

from core.errors import Refused
from personnel.models import Employment, Person
from personnel.selectors.headcount import HeadsFor
from personnel.services import employment_start
from staffing.selectors import units_above_for_system
from staffing.services import guard
from tests.payroll.conftest import Place, build_place
from tests.rounds import AT_ONCE, ROUNDS
from tests.staffing.conftest import enter
from tests.staffing.rules import BLOCK, load

START = date(2026, 3, 1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(transactional_db: None) -> Place:
    found = build_place()
    load(BLOCK)
    return found


def people(place: Place, count: int) -> list[Person]:
    made = [
        Person(name=f"甲{n}", name_pinyin=f"jia{n}", sex="MALE", belongs_to=place.units["232762100001"])
        for n in range(count)
    ]
    return Person.objects.bulk_create(made)


def hire_at_once(place: Place, count: int) -> Counter[str]:
    """`count` threads each hire somebody for the county's one seat, in different communities; how each of them fares."""
    waiting = people(place, count)
    gate = Barrier(count)
    communities = ("232762100001", "232762100002", "232762101001")

    def one(number: int) -> str:
        try:
            gate.wait()
            with transaction.atomic():
                employment_start(
                    actor=None, person=waiting[number], unit=place.units[communities[number % 3]],
                    category="COMMUNITY_WORKER", start=START,
                )  # fmt: skip
        except Refused:
            return "refused"
        else:
            return "hired"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


def vacate() -> None:
    Employment.objects.filter(person__name__startswith="甲").delete()


@pytest.mark.requirement("CH-13")
def test_a_hundred_on_one_vacancy_are_one_hire(place: Place) -> None:
    enter(place, number=1)
    # A server has sixty connections: fifty come at once, and fifty more find nothing left.
    first, second = hire_at_once(place, AT_ONCE), hire_at_once(place, AT_ONCE)
    assert first + second == {"hired": 1, "refused": 2 * AT_ONCE - 1}
    assert Employment.objects.count() == 1


def test_rounds_of_fifty_make_one_hire_each(place: Place) -> None:
    enter(place, number=1)
    for _round in range(ROUNDS):
        assert hire_at_once(place, AT_ONCE) == {"hired": 1, "refused": AT_ONCE - 1}
        vacate()


def test_without_the_lock_several_get_the_seat(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the count alone, of what others have not committed yet, lets more than one in."""
    monkeypatch.setattr(guard, "_hold", units_above_for_system)
    enter(place, number=1)
    counted = Barrier(2)
    count = HeadsFor.count

    def slow(heads: HeadsFor, paths: Sequence[str], day: date) -> dict[str, tuple[int, int]]:
        found = count(heads, paths, day)
        counted.wait()  # both have written and counted, and neither has committed
        return found

    monkeypatch.setattr(HeadsFor, "count", slow)
    monkeypatch.setattr(guard, "_kept_ceilings", lambda *values: [])
    monkeypatch.setattr(guard, "_days", lambda lines, first, end, heads: [first])
    assert hire_at_once(place, 2) == {"hired": 2}
