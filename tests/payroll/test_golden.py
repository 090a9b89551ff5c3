"""Every case of the kinds `pay`, `ladder` and `service` in tests/cases, exact to the fen, the value and the twelfth.

A case lays down a fragment of a policy, people, and what comes out; the arithmetic stands beside it as a comment. What
a person leaves out has the default of DEFAULTS.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

from core.periods import Month
from payroll.rules.components import Period, Reading, pay
from payroll.rules.explain import explain
from payroll.rules.ladder import PREVIOUS, previous_of, review, start
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Policy
from policy.rules.facts import Facts
from policy.rules.reading import read
from policy.rules.service import counted

CASES = Path(__file__).resolve().parent.parent / "cases"
GRADES = ["EXCELLENT", "QUALIFIED", "BASICALLY_QUALIFIED", "UNQUALIFIED"]
DEFAULTS: dict[str, Any] = {
    "sex": "MALE",
    "birth_date": date(1980, 1, 1),
    "posts_held": ["STAFF"],
    "category": "COMMUNITY_WORKER",
    "education": None,
    "degree": None,
    "certificate": None,
    "appointed_certificate": None,
    "probation": False,
    "probation_end": None,
    "entry_date": date(2015, 1, 1),
    "contract_start": None,
    "street": "999999001000",
    "county": "999999000000",
    "community": "999999001001",
    "households": 0,
    "branch_star": None,
}
SCHEMA: dict[str, Any] = {
    "birth_date": pl.Date,
    "posts_held": pl.List(pl.String),
    "probation": pl.Boolean,
    "probation_end": pl.Date,
    "entry_date": pl.Date,
    "contract_start": pl.Date,
    "households": pl.Int64,
}


def cases(kind: str) -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            if case.get("kind") == kind:
                marks = [pytest.mark.requirement(*case["requirements"])] if case.get("requirements") else []
                found.append(pytest.param(case, id=case["name"], marks=marks))
    return found


def policy_of(case: dict[str, Any]) -> Policy:
    document: dict[str, Any] = {
        "schema": 1,
        "place": "999999",
        "name": "T",
        "version": "1",
        "effective": {"from": case.get("effective", date(2000, 1, 1))},
        "documents": [{"code": "T", "title": "T"}],
        "service": {"counts": {"category": "COMMUNITY_WORKER"}},
        "posts": [
            {"code": "chief", "when": {"posts_held": {"any_of": ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]}}},
            {"code": "deputy", "when": {"posts_held": {"any_of": ["DEPUTY_SECRETARY", "DEPUTY_DIRECTOR"]}}},
            {"code": "general"},
        ],
        "assessment": {
            "grades": [{"code": code, "name": code} for code in case.get("grades", GRADES)],
            "schemes": case.get("schemes", [{"code": "annual", "cycle": "year", "inputs": [
                {"code": "all", "name": "all", "from": "score", "weight": 100}],
                "grading": {"thresholds": {"EXCELLENT": 90, "QUALIFIED": 75, "BASICALLY_QUALIFIED": 60}}}]),
        },
    }  # fmt: skip
    document |= case["policy"]
    document = {key: _cited(value) if key not in _BARE else value for key, value in document.items()}
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    return read(text.getvalue(), name=case["name"])


_BARE = {"schema", "place", "name", "version", "effective", "documents"}


def _cited(block: Any) -> Any:
    """A source for whatever names none: cases are about numbers."""
    if isinstance(block, dict):
        return {"cite": "T"} | block if "cite" not in block else block
    return [_cited(entry) if isinstance(entry, dict) else entry for entry in block]


def facts_of(case: dict[str, Any], day: date, month: Month | None, changes: dict[int, dict[str, Any]] | None) -> Facts:
    rows, spans, honours = [], [], []
    for number, given in enumerate(case["people"], start=1):
        person = given | (changes or {}).get(number, {})
        if person.get("absent"):
            continue
        own = {name: person.get(name, default) for name, default in DEFAULTS.items()}
        own |= {"person": number, "day": person.get("day", day), "unit_id": 1, "unit": "999999001001"}
        for year, grade in person.get("grades", {}).items():
            own[f"annual_grades.{year}"] = grade
        for name in ("score.month", "points", "result_open", "absence_days.PERSONAL"):
            if any(name in p or name in (changes or {}).get(n, {}) for n, p in enumerate(case["people"], start=1)):
                value = person.get(name, 0)
                scale = {"score.month": 10_000, "points": 10_000, "absence_days.PERSONAL": 100}.get(name)
                own[name] = bool(value) if scale is None else int(Decimal(str(value)) * scale)
        for scale in ("grade",):
            if scale in person:
                own[scale] = person[scale]
        if month is not None:
            own["pay_from"] = person.get("pay_from", month.first_day)
            own["pay_to"] = person.get("pay_to", month.next_first)
            own["day"] = max(own["day"], own["pay_from"])
        rows.append(own)
        for category, begin, end in person.get("spans", [["COMMUNITY_WORKER", date(2015, 1, 1), None]]):
            spans.append({"person": number, "category": category, "start": begin, "end": end})
        honours += [{"person": number} | honour for honour in person.get("honours", [])]
    names = {name for row in rows for name in row}
    schema = {name: SCHEMA[name] for name in SCHEMA if name in names}
    schema |= {name: pl.String for name in names if name.startswith("annual_grades.")}
    frame = pl.DataFrame([{name: row.get(name) for name in sorted(names)} for row in rows], schema_overrides=schema)
    return Facts(
        day,
        frame,
        pl.DataFrame(spans, schema={"person": pl.Int64, "category": pl.String, "start": pl.Date, "end": pl.Date}),
        pl.DataFrame(honours, schema={"person": pl.Int64, "kind": pl.String, "level": pl.String, "day": pl.Date}),
    )


class CaseMonths:
    """The months of a case: `months` of the case changes single facts of single people in single months."""

    def __init__(self, case: dict[str, Any], policy: Policy) -> None:
        self.case, self.policy = case, policy

    def month(self, month: Month) -> Reading:
        changes = self.case.get("months", {}).get(str(month), {})
        return self._reading(month.first_day, month, changes, self.case.get("results_year", month.year - 1))

    def cycle_end(self, period: Period) -> Reading:
        day = period.end.first_day - timedelta(days=1)
        return self._reading(day, period.last, {}, day.year, on_a_day=True)

    def _reading(
        self, day: date, month: Month, changes: dict[int, dict[str, Any]], year: int, *, on_a_day: bool = False
    ) -> Reading:
        ctx = Context(self.policy, day, results_year=year, month=month, known=self.case.get("known"))
        facts = facts_of(self.case, day, None if on_a_day else month, changes)
        return Reading(derive(facts, self.policy, ctx), self.policy, ctx, self._manual())

    def _manual(self) -> pl.DataFrame:
        rows = [
            {"person": number, "line": line, "amount": int(Decimal(str(yuan)) * 100)}
            for number, person in enumerate(self.case["people"], start=1)
            for line, yuan in person.get("manual", {}).items()
        ]
        return pl.DataFrame(rows, schema={"person": pl.Int64, "line": pl.String, "amount": pl.Int64})


@pytest.mark.parametrize("case", cases("pay"))
def test_pay(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    month = Month.parse(str(case.get("month", "2026-01")))
    months = CaseMonths(case, policy)
    reading = months.month(month)
    result = pay(reading, month, months)
    codes = [line.code for line in result.lines]
    slips = {row["person"]: row for row in result.slips.iter_rows(named=True)}
    left_out = dict(result.left_out.select("person", "code").iter_rows())
    for number, wanted in enumerate(case["expect"], start=1):
        if "left_out" in wanted:
            assert left_out.get(number) == wanted["left_out"], (number, left_out)
            assert number not in slips
            continue
        slip = slips[number]
        amounts = dict(zip(codes, slip["amounts"], strict=True))
        standards = dict(zip(codes, slip["standards"], strict=True))
        for name, yuan in wanted.items():
            fen = int(Decimal(str(yuan)) * 100) if not isinstance(yuan, list | bool) else yuan
            if name == "gross":
                assert slip["gross"] == fen, (number, slip)
            elif name == "assumed":
                assert [code for n, code in enumerate(codes) if slip["assumed"] >> n & 1] == yuan
            elif name.startswith("standard."):
                assert standards[name.removeprefix("standard.")] == fen, (number, name, standards)
            else:
                assert amounts[name] == fen, (number, name, amounts)
        assert slip["gross"] == sum(fen for code, fen in amounts.items() if not code.startswith("deduction."))
        # What explains a slip adds up to it again.
        one = Facts(
            reading.facts.day, reading.facts.people.filter(pl.col("person") == number),
            reading.facts.spans, reading.facts.honours,
        )  # fmt: skip
        if one.people.height:
            told = explain(Reading(one, policy, reading.ctx, reading.manual), month, months)
            assert [line.amount for line in told] == slip["amounts"]


@pytest.mark.parametrize("case", cases("service"))
def test_service(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    day = case["day"]
    ctx = Context(policy, day, results_year=case.get("results_year", day.year - 1))
    facts = facts_of(case, day, None, None)
    how = case.get("fact", "service_years")
    years = counted(facts, policy.service, ctx, interruption="restarts" if how == "continuous_years" else None)
    found = [value for (value,) in years.sort("person").select("value").iter_rows()]
    assert found == [round(Decimal(str(wanted)) * 12) for wanted in case["expect"]]


@pytest.mark.parametrize("case", cases("ladder"))
def test_ladder(case: dict[str, Any]) -> None:
    policy = policy_of(case)
    day = case.get("day", date(2026, 1, 1))
    ctx = Context(policy, day, results_year=case.get("results_year", day.year - 1))
    facts = derive(facts_of(case, day, None, None), policy, ctx)
    held = [
        {"person": number, "left_over": 0, "reduced": 0, "taken": []} | person["previous"]
        for number, person in enumerate(case["people"], start=1)
        if "previous" in person
    ]
    if not held:
        found = start(facts, policy, "grade", ctx).sort("person").rename({"value": "new"})
    else:
        previous = pl.DataFrame(held, schema=PREVIOUS)
        found = review(facts, previous, policy, "grade", day, ctx).sort("person")
    for wanted, row in zip(case["expect"], found.iter_rows(named=True), strict=True):
        params = json.loads(row["params"])
        assert row["new"] == wanted["value"], (case["name"], row)
        assert row["code"] == wanted.get("code", row["code"]), row
        for name, value in wanted.get("params", {}).items():
            assert str(params[name]) == str(value), (name, params)


def test_the_state_of_a_value_survives_being_stored() -> None:
    policy = policy_of(
        {
            "name": "stored",
            "people": [],
            "policy": {"scales": {"grade": {"name": "级", "values": 18, "start": {"from": 3, "years": {"every": 4}}}}},
        }
    )
    ctx = Context(policy, date(2026, 1, 1), results_year=2025)
    facts = derive(facts_of({"people": [{}]}, date(2026, 1, 1), None, None), policy, ctx)
    spans = start(facts, policy, "grade", ctx).with_columns(since=pl.lit(date(2026, 1, 1)))
    # Eleven years at 4 a step: two steps, three years left over.
    assert spans["value"].to_list() == [5]
    assert previous_of(spans).select("left_over", "reduced", "post").row(0) == (3, 0, "general")


def test_there_are_enough_cases() -> None:
    kinds = [case["kind"] for path in CASES.glob("*.yaml") for case in YAML(typ="safe").load(path.read_text("utf-8"))]
    assert len(kinds) >= 60
    assert {"pay", "ladder", "service", "assessment"} <= set(kinds)
