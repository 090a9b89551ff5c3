"""Whom a place evaluates and pays is its own dated rule; where its text is silent, the same three categories."""

from __future__ import annotations

from typing import Any

import pytest

from personnel.models import COUNTED_CATEGORIES
from policy.rules.reading import PolicyErrors
from policy.rules.terms import Status
from policy.rules.workers import UNLESS_SAID, evaluated_categories, paid_categories
from tests.policies import read_all
from tests.policy.frames import policy

THREE = ("COMMUNITY_WORKER", "FULL_TIME_STAFF", "GRID_WORKER")


def test_a_text_that_says_nothing_counts_the_three_as_before() -> None:
    silent = policy()
    assert evaluated_categories(silent) == paid_categories(silent) == THREE
    assert evaluated_categories(None) == paid_categories(None) == THREE
    assert tuple(COUNTED_CATEGORIES) == UNLESS_SAID


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"category": "COMMUNITY_WORKER"}, ("COMMUNITY_WORKER",)),
        ({"category": {"any_of": ["GRID_WORKER", "COMMUNITY_WORKER"]}}, ("COMMUNITY_WORKER", "GRID_WORKER")),
        ({"category": {"none_of": ["PUBLIC_WELFARE_POST", "ESTABLISHMENT_STAFF"]}}, THREE),
        ({"not": {"category": "GRID_WORKER"}},
         ("COMMUNITY_WORKER", "FULL_TIME_STAFF", "PUBLIC_WELFARE_POST", "ESTABLISHMENT_STAFF")),
    ],
)  # fmt: skip
def test_who_is_paid_and_who_is_evaluated_are_asked_apart(written: dict[str, Any], meant: tuple[str, ...]) -> None:
    assert paid_categories(policy(workers={"paid": written})) == meant
    assert evaluated_categories(policy(workers={"paid": written})) == THREE
    assert evaluated_categories(policy(workers={"evaluated": written})) == meant


def test_who_counts_is_known_by_the_category_alone_and_can_not_be_left_open() -> None:
    for wrong, code in (({"sex": "FEMALE"}, "FACT_NOT_HERE"), ({"unset": "not printed"}, "UNSET_NOT_ALLOWED")):
        with pytest.raises(PolicyErrors) as refused:
            policy(workers={"paid": wrong})
        assert code in {error.code for error in refused.value.errors}


def test_every_place_says_it_with_its_source() -> None:
    for name, one in read_all().items():
        said = [leaf for leaf in one.leaves if leaf.path.startswith("workers.")]
        assert {leaf.path.split(".")[1] for leaf in said} == {"evaluated", "paid"}, name
        assert all(leaf.cite if leaf.status is Status.CITED else leaf.because for leaf in said), name
        assert evaluated_categories(one) == paid_categories(one) == THREE


@pytest.mark.requirement("SL-11")
def test_songling_names_who_supplements_the_workers_by_citation() -> None:
    said = [leaf for leaf in read_all()["songling/2022"].leaves if leaf.path.startswith("workers.paid")]
    assert {(leaf.value, leaf.cite, leaf.status) for leaf in said} == {
        ("PUBLIC_WELFARE_POST", "SL-11", Status.CITED),
        ("ESTABLISHMENT_STAFF", "SL-11", Status.CITED),
    }
