"""Every case in tests/cases/recruitment, exact to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from policy.rules.context import Context
from recruitment.rules import screened
from tests.recruitment.frames import applicants_of, policy_of, rank_of, score

CASES = Path(__file__).resolve().parent.parent / "cases" / "recruitment"


def cases(*names: str) -> list[Any]:
    found = []
    for name in names:
        for case in YAML(typ="safe").load((CASES / f"{name}.yaml").read_text(encoding="utf-8")):
            marks = [pytest.mark.requirement(*case["requirements"])] if "requirements" in case else []
            found.append(pytest.param(case, id=case["name"], marks=marks))
    return found


@pytest.mark.parametrize("case", cases("screening"))
def test_screening(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    assert policy.recruitment is not None
    found = screened(applicants_of(case), policy.recruitment, Context(policy, case["as_of"])).sort("applicant")
    assert found["failed"].to_list() == case["expect"]["failed"]
    assert found["open"].to_list() == [case["expect"]["open"]] * len(found)


@pytest.mark.parametrize("case", cases("scoring", "bonus", "shortlist", "ranking"))
def test_ranking(case: dict[str, Any]) -> None:
    found, invited = rank_of(case)
    expect = case["expect"]
    columns = {"states": "state", "places": "place", "sides": "side", "by": "by", "failed": "failed"}
    for key, column in columns.items():
        if key in expect:
            assert found[column].to_list() == expect[key], key
    for key, column in {"totals": "total", "bonus": "bonus"}.items():
        if key in expect:
            assert found[column].to_list() == [score(value) for value in expect[key]], key
    for number, parts in enumerate(expect.get("scores", [])):
        assert {part: found[f"score:{part}"][number] for part in parts} == {p: score(v) for p, v in parts.items()}
    if "invited" in expect:
        assert invited["invited"].to_list() == expect["invited"]
