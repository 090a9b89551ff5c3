"""Every case of kind `assessment` in tests/cases, exact to the last digit."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

from assessment.rules.evaluating import evaluate, with_pools
from assessment.rules.inputs import Gathered
from policy.rules.context import Context
from policy.rules.reading import read

CASES = Path(__file__).resolve().parent.parent / "cases"
GRADES = ["EXCELLENT", "QUALIFIED", "BASICALLY_QUALIFIED", "UNQUALIFIED"]


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            if case.get("kind") == "assessment":
                marks = [pytest.mark.requirement(case["cite"])] if case.get("cite") else []
                found.append(pytest.param(case, id=case["name"], marks=marks))
    return found


def policy_of(case: dict[str, Any]):
    from io import StringIO

    assessment: dict[str, Any] = {
        "cite": "T",
        "grades": [{"code": code, "name": code} for code in case.get("grades", GRADES)],
        "schemes": [{"code": "annual", "cycle": "year"} | case["scheme"]],
    }
    if "catalogue" in case:
        assessment["points"] = {"catalogue": case["catalogue"]}
    document = {
        "schema": 1,
        "place": "340181",
        "name": "T",
        "version": "1",
        "effective": {"from": date(2020, 1, 1)},
        "documents": [{"code": "T", "title": "T"}],
        "assessment": assessment,
    }
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    return read(text.getvalue(), name="case")


def rows_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in case["people"] for _n in range(row.get("times", 1))]


def gathered_of(rows: list[dict[str, Any]], pools: pl.DataFrame) -> Gathered:
    ballots = [
        (person, "annual", raters, [int(Decimal(str(b)) * 100) for b in given])
        for person, row in enumerate(rows, start=1)
        for raters, given in (row.get("ratings") or {}).items()
    ]
    points = [
        (person, item, day, int(Decimal(str(number)) * 10_000))
        for person, row in enumerate(rows, start=1)
        for item, days in (row.get("points") or {}).items()
        for day, number in days.items()
    ]
    return Gathered(
        points=pl.DataFrame(
            points,
            schema={"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64},
            orient="row",
        ),
        ratings=pl.DataFrame(
            [(p, s, r, sum(b), len(b), b, None) for p, s, r, b in ballots],
            schema={
                "person": pl.Int64,
                "scheme": pl.String,
                "raters": pl.String,
                "total": pl.Int64,
                "count": pl.Int64,
                "ballots": pl.List(pl.Int64),
                "kinds": pl.List(pl.String),
            },
            orient="row",
        ),
        pools=pools,
    )


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    rows = rows_of(case)
    path = "34/3401/340181/340181002/340181002008/"
    people = with_pools(
        pl.DataFrame(
            {
                "person": range(1, len(rows) + 1),
                "unit_id": [1] * len(rows),
                "unit": ["340181002008"] * len(rows),
                "unit_path": [path] * len(rows),
                "unit_grade": [row.get("unit_grade") for row in rows],
                "discipline_in_effect": [row.get("discipline_in_effect", False) for row in rows],
            },
            schema_overrides={"person": pl.Int64, "unit_id": pl.Int64, "unit_grade": pl.String},
        )
    )
    unit_grades = {row.get("unit_grade") for row in rows}
    pools = pl.DataFrame(
        {"unit_path": [path], "unit_grade": [unit_grades.pop() if len(unit_grades) == 1 else None]},
        schema={"unit_path": pl.String, "unit_grade": pl.String},
    )
    assert policy.assessment is not None
    scheme = policy.assessment.schemes[0]
    out = evaluate(people, scheme, Context(policy=policy, day=date(2025, 12, 31)), gathered_of(rows, pools))
    by_person = {row["person"]: row for row in out.people.to_dicts()}
    expect = case["expect"]
    numbers = range(1, len(rows) + 1)

    def of(field: str) -> list[Any]:
        return [by_person.get(n, {}).get(field) for n in numbers]

    if "scores" in expect:
        assert of("score") == [None if s is None else int(Fraction(str(s)) * 10_000) for s in expect["scores"]]
    if "grades" in expect:
        assert of("grade") == expect["grades"]
    if "ranks" in expect:
        assert of("rank") == expect["ranks"]
    if "counts" in expect:
        assert Counter(of("grade")) == Counter(expect["counts"])
    if "caps" in expect:
        assert [{"grade": c.grade, "counted": c.counted, "at_most": c.at_most} for c in out.caps] == expect["caps"]
    if "ties" in expect:
        found = [{"grade": t.grade, "places": t.places, "candidates": list(t.candidates)} for t in out.ties]
        assert found == expect["ties"]
    assert dict(out.issues.select("person", "code").iter_rows()) == expect.get("issues", {})
    for person, codes in expect.get("reasons", {}).items():
        import json

        assert [reason["code"] for reason in json.loads(f"[{by_person[person]['reasons']}]")] == codes
