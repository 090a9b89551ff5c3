"""The formula of a place: golden cases worked out by hand, the five places, and the periods of review."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy.rules.document import Quota
from policy.rules.reading import read
from staffing.rules import UnitNumbers, boundary, compute, next_boundary
from tests.policies import read_all
from tests.staffing.rules import HEAD

CASES = yaml.safe_load((Path(__file__).resolve().parents[1] / "cases/quota/formula.yaml").read_text(encoding="utf-8"))
DAY = date(2026, 1, 1)


def numbers(unit: dict[str, Any]) -> UnitNumbers:
    return UnitNumbers(1, unit["level"], {name: value for name, value in unit.items() if name != "level"})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_formula(case: dict[str, Any]) -> None:
    section = {key: case[key] for key in ("rows", "combine", "bounds", "level") if key in case}
    policy = read(HEAD + yaml.safe_dump({"quota": section}, allow_unicode=True))
    found = compute(policy, [numbers(case["unit"])], DAY).get(1)
    if "missing" in case or "unset" in case:
        assert found is not None
        assert [list(found.missing), list(found.unset)] == [case.get("missing", []), case.get("unset", [])]
        return
    assert (None if found is None else [found.least, found.most]) == case["expect"]


def test_every_case_is_read() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) == 16


@pytest.mark.requirement("CH-10", "SL-03", "TR-05", "QY-03")
@pytest.mark.parametrize(
    ("place", "residents", "least", "most"),
    [
        ("chaohu/2023", 318_333, 573, 573),  # 572.9994, up
        ("songling/2022", 15_000, 27, None),
        ("tongren/2024", 1_557_647, 2_804, 2_804),  # 2,803.7646, up
        ("qingyang/2023", 646_111, 1_163, None),  # 1,162.9998, up
    ],
)
def test_places_by_their_own_rules(place: str, residents: int, least: int, most: int | None) -> None:
    policy = read_all()[place]
    assert policy.quota is not None
    unit = UnitNumbers(1, policy.quota.level, {"urban_residents": residents})
    found = compute(policy, [unit], DAY)[1]
    assert (found.least, found.most) == (least, most)
    assert found.parts[0].cite is not None


def test_gansu_gives_small_communities_nine() -> None:
    policy = read_all()["qingyang/2023"]
    small = UnitNumbers(1, "community", {"urban_residents": 4_999})
    assert compute(policy, [small], DAY)[1].least == 9


@pytest.mark.requirement("LS-04")
def test_leshan_has_no_formula_and_keeps_its_number() -> None:
    quota = read_all()["leshan-shizhong/2024"].quota
    assert quota is not None
    assert (quota.rows, quota.one_in_one_out, quota.review) == ((), True, "yearly")


@pytest.mark.requirement("SL-05")
def test_periods_of_review() -> None:
    term = Quota(review="committee_term", periods_from=date(2021, 5, 1))
    assert boundary(term, date(2021, 5, 1)) == date(2021, 5, 1)
    assert boundary(term, date(2021, 4, 30)) == date(2016, 5, 1)
    assert boundary(term, date(2031, 4, 30)) == date(2026, 5, 1)
    two = Quota(review="years", review_years=2, periods_from=date(2023, 9, 1))
    assert boundary(two, date(2025, 8, 31)) == date(2023, 9, 1)
    assert next_boundary(two, date(2025, 8, 31)) == date(2025, 9, 1)
    assert boundary(Quota(review="yearly"), date(2026, 7, 1)) == date(2026, 1, 1)
    assert boundary(Quota(review="committee_term"), date(2026, 7, 1)) is None
    assert boundary(Quota(), date(2026, 7, 1)) is None
    leap = Quota(review="yearly", periods_from=date(2024, 2, 29))
    assert boundary(leap, date(2025, 3, 1)) == date(2025, 2, 28)
