"""What a slip keeps of the facts it was worked out from, and how that becomes a facts frame again.

Two compact arrays a slip, in an order that the run fixes when it starts: codes (text) and numbers (whole numbers; a day
is the number of days since 1970, yes is 1). NULL is NONE. Several codes of one fact are joined by "+", a history of
yearly results is "2025=QUALIFIED+2024=EXCELLENT", honours are "KIND:LEVEL:2024-05-01" joined by "+".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from payroll.rules.needs import HISTORY, HONOURS, pay_inputs
from policy.rules.document import Policy
from policy.rules.facts import Facts, vocabulary

_EPOCH = date(1970, 1, 1)
_CODES = {"coded": "text", "ordered": "text", "set": "set", "history": "history", "honours": "honours"}
_NUMBERS = {"number": "number", "date": "date", "yesno": "yesno"}

Order = Mapping[str, Sequence[Sequence[str]]]


def input_order(policy: Policy) -> dict[str, list[list[str]]]:
    """The facts that slips under this policy keep: {"codes": [[name, form], …], "numbers": [[name, form], …]}."""
    known = vocabulary(policy)
    order: dict[str, list[list[str]]] = {"codes": [], "numbers": []}
    for name in sorted(pay_inputs(policy)):
        fact = known.get(name)
        kind = str(fact.kind) if fact is not None else "coded"
        if kind in _CODES:
            order["codes"].append([name, _CODES[kind]])
        else:
            order["numbers"].append([name, _NUMBERS[kind]])
    return order


def input_columns(facts: Facts, order: Order) -> tuple[list[pl.Series], list[pl.Series]]:
    """The frame's facts as columns to be stored: codes as String, numbers as Int64, both in the order given.

    A fact that was not read is NULL throughout.
    """
    people = facts.people
    codes = [_code_column(facts, name, form) for name, form in order["codes"]]
    numbers = [
        people[name].cast(pl.Int32 if form == "date" else pl.Int64).cast(pl.Int64).alias(name)
        if name in people.columns
        else pl.Series(name, [None] * people.height, dtype=pl.Int64)
        for name, form in order["numbers"]
    ]
    return codes, numbers


def _code_column(facts: Facts, name: str, form: str) -> pl.Series:
    people = facts.people
    if form == "history":
        years = sorted((c for c in people.columns if c.startswith(f"{HISTORY}.")), reverse=True)
        if not years:
            return pl.Series(name, [None] * people.height, dtype=pl.String)
        parts = [
            pl.when(pl.col(column).is_not_null()).then(pl.lit(column.split(".")[1] + "=") + pl.col(column))
            for column in years
        ]
        return people.select(pl.concat_str(*parts, separator="+", ignore_nulls=True).alias(name)).to_series()
    if form == "honours":
        joined = (
            facts.honours.sort("person", "day", "kind")
            .with_columns(
                pl.concat_str(
                    "kind", pl.col("level").fill_null(""), pl.col("day").cast(pl.String), separator=":"
                ).alias("one")
            )
            .group_by("person", maintain_order=True)
            .agg(pl.col("one").str.join("+").alias(name))
        )
        return people.select("person").join(joined, on="person", how="left", maintain_order="left")[name]
    if name not in people.columns:
        return pl.Series(name, [None] * people.height, dtype=pl.String)
    if isinstance(people.schema[name], pl.List):
        return people[name].list.sort().list.join("+").alias(name)
    return people[name].cast(pl.String)


def stored_facts(rows: pl.DataFrame, order: Order) -> Facts:
    """Slips as a facts frame again.

    rows: person, unit_id, unit, unit_path, day, pay_from, pay_to, input_codes (List(String)), input_numbers
    (List(Int64)). The frame has every fact that was kept; nothing else may be asked of it.
    """
    columns: list[pl.Expr] = []
    honours: pl.DataFrame | None = None
    for n, (name, form) in enumerate(order["codes"]):
        value = pl.col("input_codes").list.get(n, null_on_oob=True)
        if form == "set":
            columns.append(value.str.split("+").fill_null([]).alias(name))
        elif form == "history":
            columns.extend(_history_columns(rows, n))
        elif form == "honours":
            honours = _honours(rows, n)
        else:
            columns.append(value.alias(name))
    for n, (name, form) in enumerate(order["numbers"]):
        number = pl.col("input_numbers").list.get(n, null_on_oob=True)
        if form == "date":
            number = number.cast(pl.Int32).cast(pl.Date)
        elif form == "yesno":
            number = number.cast(pl.Boolean)
        else:
            number = number.cast(pl.Int64)
        columns.append(number.alias(name))
    people = rows.with_columns(columns).drop("input_codes", "input_numbers").sort("person")
    first = people["day"].min() if people.height else _EPOCH
    assert isinstance(first, date)
    return Facts(
        day=first.replace(day=1),
        people=people,
        spans=pl.DataFrame(schema={"person": pl.Int64, "category": pl.String, "start": pl.Date, "end": pl.Date}),
        honours=honours if honours is not None else _no_honours(),
        left_out=pl.DataFrame(schema={"person": pl.Int64, "code": pl.String, "params": pl.String}),
    )


def _history_columns(rows: pl.DataFrame, n: int) -> list[pl.Expr]:
    texts = rows["input_codes"].list.get(n, null_on_oob=True)
    years = sorted(texts.drop_nulls().str.extract_all(r"\d{4}=").explode().str.slice(0, 4).drop_nulls().unique())
    return [
        pl.col("input_codes")
        .list.get(n, null_on_oob=True)
        .str.extract(rf"{year}=([A-Z_]+)", 1)
        .alias(f"{HISTORY}.{year}")
        for year in years
    ]


def _no_honours() -> pl.DataFrame:
    return pl.DataFrame(schema={"person": pl.Int64, "kind": pl.String, "level": pl.String, "day": pl.Date})


def _honours(rows: pl.DataFrame, n: int) -> pl.DataFrame:
    found: list[dict[str, Any]] = []
    for person, codes in rows.select("person", "input_codes").iter_rows():
        for one in (codes[n] or "").split("+"):
            if one:
                kind, level, day = one.split(":")
                found.append({"person": person, "kind": kind, "level": level or None, "day": date.fromisoformat(day)})
    return pl.DataFrame(found, schema=_no_honours().schema)


def input_values(order: Order, codes: Sequence[str | None], numbers: Sequence[int | None]) -> dict[str, Any]:
    """The stored inputs of one slip by name, as Python values, for showing."""
    values: dict[str, Any] = {name: code for (name, _form), code in zip(order["codes"], codes, strict=False)}
    for (name, form), number in zip(order["numbers"], numbers, strict=False):
        if number is None:
            values[name] = None
        elif form == "date":
            values[name] = _EPOCH + timedelta(days=number)
        elif form == "yesno":
            values[name] = bool(number)
        else:
            values[name] = number
    return values


__all__ = ["HONOURS", "Order", "input_columns", "input_order", "input_values", "stored_facts"]
