"""What a slip keeps of the facts it was worked out from, and how that becomes a facts frame again.

Two compact arrays a slip, in an order that the run fixes when it starts: codes (text) and numbers (whole numbers; a day
is the number of days since 1970, yes is 1). NULL is NONE. Several codes of one fact are joined by "+", a history of
yearly results is "2025=QUALIFIED+2024=EXCELLENT", honours are "KIND:LEVEL:2024-05-01" joined by "+".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

import polars as pl

from payroll.rules.lines import extra_columns, payables
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
    for name in sorted({*pay_inputs(policy), *extra_columns(policy)}):
        fact = known.get(name.split("@")[0])
        kind = str(fact.kind) if fact is not None else "coded"
        if kind in _CODES:
            order["codes"].append([name, _CODES[kind]])
        else:
            order["numbers"].append([name, _NUMBERS[kind]])
    return order


def _asked_by_proration(policy: Policy) -> frozenset[str]:
    """Facts that probation and absence look at without naming them."""
    if policy.pay is None:
        return frozenset()
    parts = [part for component in policy.pay.components for part in payables(component)]
    names = {f"absence_days.{absence.kind}" for absence in policy.pay.absence}
    if any(part.probation != "full" for part in parts):
        names |= {"probation", "probation_end"}
    return frozenset(names)


_SOURCES = {"age": "birth_date", "working_years": "work_started", "post_years": "post_since"}


def _asked_again(policy: Policy) -> frozenset[str]:
    """Sources of numbers that a `once` line works out a second time, for the month before."""
    if policy.pay is None:
        return frozenset()
    facts = {component.fact for component in policy.pay.components if component.kind == "once"}
    return frozenset(source for name, source in _SOURCES.items() if name in facts)


def keeps_service(policy: Policy) -> bool:
    """Whether a slip has to keep the whole service as well: where a line counts it in its own way or once more."""
    if policy.pay is None:
        return False
    parts = [part for component in policy.pay.components for part in payables(component)]
    return any(component.service is not None or component.kind == "once" for component in policy.pay.components) or any(
        part.cycle.every != "month" for part in parts
    )


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


def stored_facts(rows: pl.DataFrame, order: Order, spans: pl.DataFrame | None = None) -> Facts:
    """Slips as a facts frame again.

    rows: person, unit_id, unit, unit_path, day, pay_from, pay_to, input_codes (List(String)), input_numbers
    (List(Int64)). spans: person, category, start, end, where they were kept. The frame has every fact that was kept;
    nothing else may be asked of it.
    """
    parts = pl.col("unit_path").str.strip_chars_end("/").str.split("/")
    rows = rows.with_columns(
        parts.list.get(4, null_on_oob=True).alias("community"),
        parts.list.get(3, null_on_oob=True).str.pad_end(12, "0").alias("street"),
        parts.list.get(2, null_on_oob=True).alias("county"),
    )
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
        spans=spans if spans is not None else _no_spans(),
        honours=honours if honours is not None else _no_honours(),
        left_out=pl.DataFrame(schema={"person": pl.Int64, "code": pl.String, "params": pl.String}),
    )


def _no_spans() -> pl.DataFrame:
    return pl.DataFrame(schema={"person": pl.Int64, "category": pl.String, "start": pl.Date, "end": pl.Date})


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


# -- What a payment for a cycle, or a line with its own way of counting, needs beside the month's own facts -----------


def earlier_inputs(facts: Facts, others: Mapping[str, tuple[Facts, Order]]) -> pl.DataFrame:
    """person, earlier (JSON text): {"spans": [[category, start, end], …], "others": {name: row}}.

    others: name ("2025-03", or "end 2025-12-31" for the last day of a cycle) → the facts used and their order. A row is
    {"u": unit number, "d", "f", "t": days since 1970, "c": codes, "n": numbers}.
    """
    people = facts.people.select("person")
    spans = (
        facts.spans.join(people, on="person", how="semi")
        .sort("person", "start", "category")
        .select("person", one=pl.struct("category", pl.col("start").to_physical(), pl.col("end").to_physical()))
        .group_by("person", maintain_order=True)
        .agg(pl.col("one").alias("spans"))
    )
    frame = people.join(spans, on="person", how="left", maintain_order="left")
    names: list[str] = []
    for name, (other, order) in sorted(others.items()):
        codes, numbers = input_columns(other, order)
        own = other.people
        day = own["day"].to_physical()
        row = pl.DataFrame(
            [
                own["person"],
                own["unit_id"].alias("u"),
                own["unit_path"].alias("p"),
                day.alias("d"),
                (own["pay_from"].to_physical() if "pay_from" in own.columns else day).alias("f"),
                (own["pay_to"].to_physical() if "pay_to" in own.columns else day + 1).alias("t"),
                *(column.alias(f"c{n}") for n, column in enumerate(codes)),
                *(column.alias(f"n{n}") for n, column in enumerate(numbers)),
                (
                    own["result_open"]
                    if "result_open" in own.columns
                    else pl.Series([None] * own.height, dtype=pl.Boolean)
                ).alias("o"),
            ]
        )
        packed = row.select(
            "person",
            pl.struct(
                "u", "p", "d", "f", "t", "o",
                pl.concat_list([f"c{n}" for n in range(len(codes))]).alias("c")
                if codes
                else pl.lit([], dtype=pl.List(pl.String)).alias("c"),
                pl.concat_list([f"n{n}" for n in range(len(numbers))]).alias("n")
                if numbers
                else pl.lit([], dtype=pl.List(pl.Int64)).alias("n"),
            ).alias(name),
        )  # fmt: skip
        frame = frame.join(packed, on="person", how="left", maintain_order="left")
        names.append(name)
    inner = pl.struct(*names) if names else pl.lit(None)
    return frame.select("person", earlier=pl.struct("spans", inner.alias("others")).struct.json_encode())


def earlier_spans(person: int, earlier: Mapping[str, Any] | None) -> pl.DataFrame:
    """The service that a slip kept, as a facts frame has it."""
    rows = (earlier or {}).get("spans") or []
    return pl.DataFrame(
        {
            "person": [person] * len(rows),
            "category": [row["category"] for row in rows],
            "start": [_EPOCH + timedelta(days=row["start"]) for row in rows],
            "end": [_EPOCH + timedelta(days=row["end"]) if row["end"] is not None else None for row in rows],
        },
        schema=_no_spans().schema,
    )


def earlier_facts(person: int, earlier: Mapping[str, Any] | None, name: str, order: Order) -> Facts:
    """The facts of another month or day that a slip kept; nobody where the person was not there then."""
    row = ((earlier or {}).get("others") or {}).get(name)
    schema = {
        "person": pl.Int64, "unit_id": pl.Int64, "unit": pl.String, "unit_path": pl.String, "day": pl.Date,
        "pay_from": pl.Date, "pay_to": pl.Date, "result_open": pl.Boolean,
        "input_codes": pl.List(pl.String), "input_numbers": pl.List(pl.Int64),
    }  # fmt: skip
    rows = []
    if row is not None and row.get("u") is not None:
        rows.append(
            {
                "person": person,
                "unit_id": row["u"],
                "unit": row["p"].rstrip("/").rsplit("/", 1)[-1].ljust(12, "0"),
                "unit_path": row["p"],
                "day": _EPOCH + timedelta(days=row["d"]),
                "pay_from": _EPOCH + timedelta(days=row["f"]),
                "pay_to": _EPOCH + timedelta(days=row["t"]),
                "result_open": row.get("o"),
                "input_codes": row["c"],
                "input_numbers": row["n"],
            }
        )
    return stored_facts(pl.DataFrame(rows, schema=cast(Any, schema)), order, earlier_spans(person, earlier))


__all__ = [
    "HONOURS", "Order", "earlier_facts", "earlier_inputs", "earlier_spans", "input_columns", "input_order",
    "input_values", "keeps_service", "stored_facts",
]  # fmt: skip
