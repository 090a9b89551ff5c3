"""Small policies and small frames of facts for the tests of what evaluates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from policy.rules.conditions import condition, honour_tests, prepare, window, with_years
from policy.rules.context import Context
from policy.rules.document import Policy
from policy.rules.facts import Fact, Facts, vocabulary
from policy.rules.figures import Number, figure
from policy.rules.reading import read

STREETS = ("340181001000", "340181002000")
BASE: dict[str, Any] = {
    "schema": 1,
    "place": "340181",
    "name": "T",
    "version": "1",
    "cite": "T",
    "effective": {"from": date(2000, 1, 1)},
    "documents": [{"code": "T", "title": "T"}],
    "service": {"counts": {"category": {"any_of": ["COMMUNITY_WORKER", "GRID_WORKER"]}}},
    "posts": [
        {"code": "chief", "when": {"posts_held": {"any_of": ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]}}},
        {"code": "deputy", "when": {"posts_held": "DEPUTY_DIRECTOR"}},
        {"code": "general"},
    ],
    "scales": {"grade": {"name": "g", "values": 18, "start": {"from": 1}}},
    "assessment": {
        "grades": [{"code": code, "name": code} for code in ("GOOD", "FAIR", "POOR", "BAD")],
        "schemes": [
            {
                "code": "annual",
                "cycle": "year",
                "inputs": [{"code": "all", "name": "all", "from": "score", "weight": 100}],
                "grading": {"thresholds": {"GOOD": 90, "FAIR": 75, "POOR": 60}},
            }
        ],
    },
}
COLUMNS = {
    "coded": pl.String,
    "ordered": pl.String,
    "number": pl.Int64,
    "date": pl.Date,
    "yesno": pl.Boolean,
    "set": pl.List(pl.String),
}


def policy(**sections: Any) -> Policy:
    """A policy of BASE with these sections in the place of its own."""
    document = BASE | {name.removesuffix("_"): value for name, value in sections.items()}
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    return read(text.getvalue(), name="small")


def judging(when: Any, **sections: Any) -> Policy:
    """A policy with one condition: that of its only consequence."""
    consequences = [{"when": when, "do": "TALK"}]
    return policy(assessment=BASE["assessment"] | {"consequences": consequences}, **sections)


def paying(amount: Any, **sections: Any) -> Policy:
    """A policy with one figure: the amount of its only component."""
    return policy(pay={"components": [{"code": "a", "name": "A", "kind": "amount", "amount": amount}]}, **sections)


def frame(rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Fact], day: date) -> pl.DataFrame:
    """A row a person, numbered from 1. Numbers are written in their unit (years, days) and stored in that of the fact."""
    names = {name for row in rows for name in row}
    schema: dict[str, Any] = {"person": pl.Int64, "day": pl.Date}
    for name in sorted(names - schema.keys()):
        if name.startswith("annual_grades."):
            schema[name] = pl.String
        elif name.endswith(".last"):
            schema[name] = pl.Boolean
        else:
            schema[name] = COLUMNS[facts[name].kind]

    def stored(name: str, value: Any) -> Any:
        if value is None or name not in facts or facts[name].kind != "number":
            return value
        whole = Fraction(str(value)) * facts[name].scale
        assert whole.denominator == 1, f"{name} {value} can't be stored"
        return int(whole)

    found = [
        {"person": number, "day": day} | {name: stored(name, value) for name, value in row.items()}
        for number, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in found], schema=schema)


def spans_of(rows: Sequence[Sequence[tuple[str, date, date | None]]]) -> pl.DataFrame:
    """The spans of the people 1, 2, …: category, start, end of each."""
    found = [(number, *span) for number, spans in enumerate(rows, start=1) for span in spans]
    schema = {"person": pl.Int64, "category": pl.String, "start": pl.Date, "end": pl.Date}
    return pl.DataFrame(found, schema=schema, orient="row")


def honours_of(rows: Sequence[Sequence[tuple[str, str | None, date]]]) -> pl.DataFrame:
    """The honours of the people 1, 2, …: kind, level, day of each."""
    found = [(number, *honour) for number, honours in enumerate(rows, start=1) for honour in honours]
    schema = {"person": pl.Int64, "kind": pl.String, "level": pl.String, "day": pl.Date}
    return pl.DataFrame(found, schema=schema, orient="row")


def facts_of(
    rows: Sequence[Mapping[str, Any]],
    rules: Policy,
    day: date,
    *,
    spans: Sequence[Sequence[tuple[str, date, date | None]]] = (),
    honours: Sequence[Sequence[tuple[str, str | None, date]]] = (),
) -> Facts:
    return Facts(day, frame(rows, vocabulary(rules), day), spans_of(spans), honours_of(honours))


def who(
    when: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    day: date = date(2026, 1, 1),
    results_year: int | None = 2025,
    honours: Sequence[Sequence[tuple[str, str | None, date]]] = (),
    **sections: Any,
) -> list[bool]:
    """For each row whether the condition holds."""
    rules = judging(when, **sections)
    term = rules.assessment.consequences[0].when  # type: ignore[union-attr]
    ctx = Context(rules, day, results_year=results_year)
    people = frame(rows, vocabulary(rules), day)
    people = with_years(people, window(term, results_year))
    people = prepare(people, honours_of(honours), honour_tests(term))
    found = people.with_columns(condition(term, ctx).alias("holds")).sort("person")["holds"]
    assert found.dtype == pl.Boolean
    assert found.null_count() == 0, "a condition is never null"
    return found.to_list()


def number(rules: Policy, ctx: Context) -> Number:
    """The figure of `paying`."""
    return figure(rules.pay.components[0].amount, ctx)  # type: ignore[union-attr,arg-type]


def worth(
    amount: Any, rows: Sequence[Mapping[str, Any]], *, ctx: Mapping[str, Any] | None = None, **sections: Any
) -> list[Fraction | str]:
    """What the figure is for each row: a Fraction, "missing", or the path of the unset value that the row needs."""
    return [found[0] for found in marked(amount, rows, ctx=ctx, **sections)]


def marked(
    amount: Any, rows: Sequence[Mapping[str, Any]], *, ctx: Mapping[str, Any] | None = None, **sections: Any
) -> list[tuple[Fraction | str, bool, str | None]]:
    """The worth of the figure for each row, whether it rests on an assumption, and the path of the leaf that it used."""
    rules = paying(amount, **sections)
    surroundings = Context(rules, **({"day": date(2026, 1, 1)} | dict(ctx or {})))
    value = number(rules, surroundings)
    people = frame(rows, vocabulary(rules), surroundings.day).select(
        n=value.numerator, assumed=value.assumed, unset=value.unset, missing=value.missing, leaf=value.leaf
    )
    found: list[tuple[Fraction | str, bool, str | None]] = []
    for row in people.iter_rows(named=True):
        leaf = None if row["leaf"] is None else value.leaves[row["leaf"]].path
        if row["missing"]:
            found.append(("missing", row["assumed"], leaf))
        elif row["unset"] is not None:
            found.append((row["unset"], row["assumed"], leaf))
        else:
            assert abs(row["n"]) <= value.bound, "no numerator is larger than its bound"
            found.append((Fraction(row["n"], value.denominator), row["assumed"], leaf))
    # A figure of literals alone has one row, which stands for everybody.
    return found if len(found) == len(rows) else found * len(rows)


def yuan(value: str | int) -> Fraction:
    return Fraction(Decimal(str(value)))
