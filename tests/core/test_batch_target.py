"""How many people a batch has: equal shares for all cores, never more than memory allows."""

from __future__ import annotations

import os

import pytest
from django.conf import LazySettings

from core.rules import plan_batches
from core.services.runs import batch_target


def sizes(units: list[int]) -> list[int]:
    counts = [(f"/{number:05d}/", people) for number, people in enumerate(units)]
    return [one.people for one in plan_batches("/", "0", counts, batch_target(counts))]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    settings.CWMS_BATCH_PEOPLE = 20_000


@pytest.mark.parametrize(
    ("people", "batches"),
    [(10_000, 2), (38_000, 2), (42_000, 4), (100_000, 6), (1_000_000, 52)],
)
def test_every_core_has_as_many_batches_of_the_same_size(people: int, batches: int) -> None:
    found = sizes([20] * (people // 20))
    assert sum(found) == people
    assert len(found) == batches
    assert max(found) <= 20_000
    assert max(found) - min(found) <= 20 * batches


def test_a_small_scope_is_one_batch() -> None:
    assert sizes([20] * 90) == [1_800]


def test_large_units_do_not_make_a_small_rest() -> None:
    found = sizes([3_000] * 14)
    assert sum(found) == 42_000
    assert min(found) >= 6_000
