"""The pay of a month: every line of every slip, floors and ceilings, deductions, and who can't be paid and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from core.money import rounded_to
from core.periods import Month
from payroll.rules.cycles import Period, Readings, cycle_payments, last_day_of, paid_period, parts, period_of
from payroll.rules.lines import (
    FEN,
    Line,
    Reading,
    assumed,
    component_order,
    due,
    missing,
    month_lines,
    std,
    unset,
)
from policy.rules.conditions import condition
from policy.rules.document import Limit
from policy.rules.facts import no_one_left_out
from policy.rules.figures import Number, figure, product


@dataclass(frozen=True)
class PayResult:
    """slips: person, standards, amounts (List(Int64), fen, in the order of `lines`), gross, assumed (bit n: line n rests
    on an assumed value). left_out: person, code, params. reports: person, limit, amount (fen below or above).
    people: the facts of everybody with a slip, leavers of a cycle included, with pay_from and pay_to.
    """

    lines: tuple[Line, ...]
    slips: pl.DataFrame
    left_out: pl.DataFrame
    people: pl.DataFrame
    waiting: pl.DataFrame
    reports: pl.DataFrame = field(default_factory=lambda: _no_reports())


def pay(reading: Reading, month: Month, readings: Readings | None = None) -> PayResult:
    """The slips of a month for everybody in `reading`.

    `readings` gives the facts of other months for components with a cycle; without it such components are not paid.
    """
    lines = component_order(reading.policy)
    everybody = _with_leavers(reading, month, readings)
    frame = month_lines(everybody, month)
    waiting = pl.DataFrame(schema={"person": pl.Int64, "line": pl.String})
    for part in parts(reading):
        amount = f"amount:{part.code}"
        if part.cycle.every == "month":
            frame = frame.with_columns(pl.col(due(part.code)).alias(amount))
            continue
        payments = None if readings is None else cycle_payments(part, month, everybody, readings)
        frame, waits = _with_payment(frame, part.code, payments)
        waiting = pl.concat([waiting, waits])
    frame = _unpaid_are_standards(frame, lines)
    bad = _bad(frame, lines, reading)
    frame = frame.join(bad, on="person", how="anti", maintain_order="left")
    frame, reports, blocked = _with_limits(frame, reading, lines, month)
    if blocked.height:
        bad = pl.concat([bad, blocked])
        frame = frame.join(blocked, on="person", how="anti", maintain_order="left")
    frame = _with_deductions(frame, reading)
    slips = _slips(frame, lines)
    people = everybody.facts.people.join(slips, on="person", how="semi", maintain_order="left")
    return PayResult(lines, slips, bad, people, waiting, reports)


# -- Cycles -----------------------------------------------------------------------------------------------------------


def _with_leavers(reading: Reading, month: Month, readings: Readings | None) -> Reading:
    """Adds those who left before this month and are still owed a cycle that it pays; they have no days in the month."""
    if readings is None:
        return reading
    seen = reading.facts.people
    for part in parts(reading):
        period = paid_period(part.cycle, month)
        if period is None or part.cycle.leaver != "with_the_rest":
            continue
        for earlier in reversed(period.months()):
            if earlier == month:
                continue
            gone = readings.month(earlier).facts.people.join(seen.select("person"), on="person", how="anti")
            if gone.height:
                gone = gone.with_columns(pay_from=pl.lit(month.first_day), pay_to=pl.lit(month.first_day))
                seen = pl.concat([seen, gone.select(seen.columns)], how="vertical_relaxed")
    if seen.height == reading.facts.people.height:
        return reading
    facts = reading.facts
    return Reading(
        type(facts)(facts.day, seen.sort("person"), facts.spans, facts.honours, facts.left_out),
        reading.policy,
        reading.ctx,
        reading.manual,
    )


def _with_payment(frame: pl.DataFrame, code: str, payments: pl.DataFrame | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Puts a cycle's payment in place of what the month accrued; marks are those of the payment."""
    nobody = pl.DataFrame(schema={"person": pl.Int64, "line": pl.String})
    if payments is None:
        # Nothing is paid this month: what the month is worth stays a standard, and its gaps harm nobody yet.
        frame = frame.with_columns(
            pl.lit(0, dtype=pl.Int64).alias(f"amount:{code}"),
            pl.lit(None, dtype=pl.String).alias(unset(code)),
            pl.lit(False).alias(missing(code)),
        )
        return frame, nobody
    renamed = payments.rename({"amount": "_amount", "assumed": "_assumed", "unset": "_unset", "missing": "_missing"})
    frame = frame.join(renamed, on="person", how="left", maintain_order="left").with_columns(
        pl.col("_amount").fill_null(0).alias(f"amount:{code}"),
        (pl.col(assumed(code)) | pl.col("_assumed").fill_null(False)).alias(assumed(code)),
        pl.col("_unset").alias(unset(code)),
        pl.col("_missing").fill_null(False).alias(missing(code)),
    )
    waits = frame.filter(pl.col("waiting").fill_null(False)).select("person", line=pl.lit(code))
    return frame.drop("_amount", "_assumed", "_unset", "_missing", "waiting"), waits


def _unpaid_are_standards(frame: pl.DataFrame, lines: Iterable[Line]) -> pl.DataFrame:
    return frame.with_columns(pl.lit(0, dtype=pl.Int64).alias(f"amount:{line.code}") for line in lines if not line.paid)


# -- Who can't be paid ------------------------------------------------------------------------------------------------


def _bad(frame: pl.DataFrame, lines: tuple[Line, ...], reading: Reading) -> pl.DataFrame:
    """People who need a value that is unset, or for whom a table has no row: person, code, params (JSON)."""
    found = [no_one_left_out()]
    own = [line for line in lines if line.kind in ("component", "share")]
    gaps = [pl.col(unset(line.code)).is_not_null() | pl.col(missing(line.code)).fill_null(False) for line in own]
    if not frame.select(pl.any_horizontal(pl.lit(False), *gaps).any()).item():
        return found[0]
    for line in own:
        hit = frame.filter(pl.col(unset(line.code)).is_not_null()).select("person", path=pl.col(unset(line.code)))
        if hit.height:
            found.append(_reasons(hit, "UNSET_VALUE", line, reading))
        hit = frame.filter(pl.col(missing(line.code)).fill_null(False)).select("person", path=pl.lit(line.code))
        if hit.height:
            found.append(_reasons(hit, "NO_ROW", line, reading))
    return pl.concat(found).unique("person", keep="first", maintain_order=True)


def _reasons(hit: pl.DataFrame, code: str, line: Line, reading: Reading) -> pl.DataFrame:
    because = {leaf.path: leaf.because or "" for leaf in reading.policy.leaves}
    paths = hit["path"].unique().to_list()
    texts = {
        path: json.dumps(
            {
                "line": line.code,
                "name": line.name.zh,
                "name_en": line.name.en,
                "path": path,
                "because": because.get(path, ""),
            },
            ensure_ascii=False,
        )
        for path in paths
    }
    return hit.select(
        "person", code=pl.lit(code), params=pl.col("path").replace_strict(texts, default="{}", return_dtype=pl.String)
    )


# -- Floors and ceilings ----------------------------------------------------------------------------------------------


def bound_of(limit: Limit, side: str, reading: Reading) -> Number | None:
    """The floor (at_least) or ceiling (at_most) of a limit in yuan, factor included; None where it has none."""
    bound = limit.at_least if side == "at_least" else limit.at_most
    if bound is None:
        return None
    numbers = [figure(bound, reading.ctx)]
    if limit.times is not None:
        numbers.append(figure(limit.times, reading.ctx))
    return product(numbers)


def _subject(limit: Limit, lines: Iterable[Line]) -> pl.Expr:
    """The standard that is held against the limit, in fen."""
    if limit.of == "total":
        codes = [line.code for line in lines if line.paid and line.kind in ("component", "share")]
        return pl.sum_horizontal([pl.col(std(code)) for code in codes])
    return pl.col(std(limit.of))


def _with_limits(
    frame: pl.DataFrame, reading: Reading, lines: tuple[Line, ...], month: Month
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    reports, blocked = [_no_reports()], [no_one_left_out()]
    for limit in reading.pay.limits:
        if limit.of == "mean_total" or limit.over == "year":
            continue
        subject = _subject(limit, lines)
        who = condition(limit.who, reading.ctx)
        gap: pl.Expr = pl.lit(0, dtype=pl.Int64)
        for side, sign in (("at_least", 1), ("at_most", -1)):
            bound = bound_of(limit, side, reading)
            if bound is None:
                continue
            fen = rounded_to(bound.numerator * FEN, bound.denominator, "fen", "up" if sign > 0 else "down").cast(
                pl.Int64
            )
            off = (fen - subject) if sign > 0 else (subject - fen)
            gap = pl.when(off > 0).then(off * sign).otherwise(gap)
        frame = frame.with_columns(pl.when(who).then(gap).otherwise(0).alias("_gap"))
        code = f"limit.{limit.code}"
        match limit.action:
            case "report":
                reports.append(
                    frame.filter(pl.col("_gap") != 0).select("person", limit=pl.lit(limit.code), amount=-pl.col("_gap"))
                )
            case "block":
                hit = frame.filter(pl.col("_gap") != 0)
                params = json.dumps({"limit": limit.name.zh, "limit_en": limit.name.en}, ensure_ascii=False)
                blocked.append(hit.select("person", code=pl.lit("LIMIT_BLOCKS"), params=pl.lit(params)))
            case _:
                wanted = (
                    pl.col("_gap").clip(lower_bound=0)
                    if limit.action == "top_up"
                    else pl.col("_gap").clip(upper_bound=0)
                )
                days = (pl.col("pay_to") - pl.col("pay_from")).dt.total_days()
                frame = frame.with_columns(wanted.alias(std(code))).with_columns(
                    rounded_to(pl.col(std(code)) * days, month.days, "fen").cast(pl.Int64).alias(f"amount:{code}"),
                    (pl.col(std(code)) != 0).alias(assumed(code))
                    if _assumed_limit(limit, reading)
                    else pl.lit(False).alias(assumed(code)),
                )
        frame = frame.drop("_gap")
    return frame, pl.concat(reports), pl.concat(blocked).unique("person", keep="first", maintain_order=True)


def _assumed_limit(limit: Limit, reading: Reading) -> bool:
    numbers = [number for side in ("at_least", "at_most") if (number := bound_of(limit, side, reading)) is not None]
    return any(leaf.status == "assumed" for number in numbers for leaf in number.leaves)


# -- Deductions and the slip ------------------------------------------------------------------------------------------


def _with_deductions(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """A person's contributions, as negative lines; they lower what is received, never the gross."""
    for code, deduction in reading.pay.deductions.items():
        if deduction.rates is None:
            continue
        base: pl.Expr = pl.lit(0, dtype=pl.Int64)
        if deduction.base is not None:
            base = pl.sum_horizontal([pl.col(std(name)) for name in deduction.base.of])
            for bound, side in ((deduction.base.at_least, "up"), (deduction.base.at_most, "down")):
                if bound is None:
                    continue
                number = figure(bound, reading.ctx)
                fen = rounded_to(number.numerator * FEN, number.denominator, "fen", side).cast(pl.Int64)
                base = pl.max_horizontal(base, fen) if side == "up" else pl.min_horizontal(base, fen)
        rate = figure(deduction.rates.person, reading.ctx)
        owed = rounded_to(
            base * rate.numerator, rate.denominator * 10_000, deduction.rounding.to, deduction.rounding.mode
        ).cast(pl.Int64)
        who = condition(deduction.who, reading.ctx)
        column = f"deduction.{code}"
        frame = frame.with_columns(pl.when(who).then(-owed).otherwise(0).alias(std(column))).with_columns(
            pl.col(std(column)).alias(f"amount:{column}"), rate.assumed.alias(assumed(column))
        )
    return frame


def _slips(frame: pl.DataFrame, lines: tuple[Line, ...]) -> pl.DataFrame:
    counted = [line.code for line in lines if line.kind != "deduction"]
    bits = [
        pl.when(pl.col(assumed(line.code)) & ((pl.col(std(line.code)) != 0) | (pl.col(f"amount:{line.code}") != 0)))
        .then(pl.lit(1 << n, dtype=pl.Int64))
        .otherwise(pl.lit(0, dtype=pl.Int64))
        for n, line in enumerate(lines)
    ]
    return frame.select(
        "person",
        standards=_list_of([std(line.code) for line in lines]),
        amounts=_list_of([f"amount:{line.code}" for line in lines]),
        gross=pl.sum_horizontal([pl.col(f"amount:{code}") for code in counted]).cast(pl.Int64),
        assumed=pl.sum_horizontal(bits).cast(pl.Int64),
    )


def _list_of(columns: list[str]) -> pl.Expr:
    """One list a person; by way of an array, which is put together thirty times as fast as a list."""
    if not columns:
        return pl.lit([], dtype=pl.List(pl.Int64))
    return pl.concat_arr([pl.col(column).cast(pl.Int64) for column in columns]).arr.to_list()


def _no_reports() -> pl.DataFrame:
    return pl.DataFrame(schema={"person": pl.Int64, "limit": pl.String, "amount": pl.Int64})


__all__ = [
    "Line", "PayResult", "Period", "Reading", "Readings", "bound_of", "component_order", "last_day_of", "paid_period",
    "pay", "period_of",
]  # fmt: skip
