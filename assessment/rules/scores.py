"""Inputs × weights: one exact fraction a person, rounded where the scheme says and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod

import polars as pl

from assessment.rules.inputs import FULL, SCALE
from policy.rules.document import ScoreRounding


@dataclass(frozen=True)
class Weighted:
    """Columns of one input in the frame (numerator and denominator in 1/10000, null where missing), and its weight."""

    num: str
    den: str
    weight: Fraction


def rounded(num: pl.Expr, den: pl.Expr, unit: int, mode: str) -> pl.Expr:
    """num / den, neither below 0, rounded to whole multiples of `unit`: half_up, up or down."""
    step = den * unit
    if mode == "half_up":
        return (num * 2 + step) // (step * 2) * unit
    if mode == "up":
        return (num + step - 1) // step * unit
    return num // step * unit


def input_value(column: Weighted) -> pl.Expr:
    """An input as a whole number of 1/10000, half up: for showing and for ties; the score does not start from it."""
    return rounded(pl.col(column.num), pl.col(column.den), 1, "half_up")


def scores(frame: pl.DataFrame, inputs: Sequence[Weighted], rounding: ScoreRounding, *, spread: bool) -> pl.Series:
    """The score of each row in 1/10000, 0 to 100 points. Null where an input is missing, with `spread` where all are.

    each "input": every input and every weighted input is rounded, then they are added. each "score": the exact sum is
    rounded once. With `spread` the weights of the inputs that are there count in proportion.
    """
    if not inputs:
        return pl.Series("score", [None] * frame.height, dtype=pl.Int64)
    common = lcm(*(column.weight.denominator for column in inputs))
    weights = [int(column.weight * common) for column in inputs]
    unit = 10 ** (4 - rounding.digits)
    there = [pl.col(column.num).is_not_null() for column in inputs]
    usable = pl.any_horizontal(there) if spread else pl.all_horizontal(there)
    kind = _kind(frame, inputs, sum(weights))
    if kind is None:
        return _slowly(frame, inputs, weights, rounding, unit, spread=spread)
    nums = [pl.col(column.num).fill_null(0).cast(kind) for column in inputs]
    dens = [pl.col(column.den).fill_null(1).cast(kind) for column in inputs]
    present = pl.sum_horizontal(
        pl.when(here).then(pl.lit(weight, dtype=kind)).otherwise(pl.lit(0, dtype=kind))
        for here, weight in zip(there, weights, strict=True)
    )
    if rounding.each == "input":
        parts = [
            rounded(rounded(num, den, unit, rounding.mode) * weight, present, unit, rounding.mode)
            for num, den, weight in zip(nums, dens, weights, strict=True)
        ]
        score = pl.sum_horizontal(parts)
    else:
        product = _product(dens)
        over = [
            num * weight * _product([den for m, den in enumerate(dens) if m != n])
            for n, (num, weight) in enumerate(zip(nums, weights, strict=True))
        ]
        score = rounded(pl.sum_horizontal(over), product * present, unit, rounding.mode)
    # rows without a usable input would divide by zero weights; their result is dropped
    return frame.select(
        pl.when(usable & (present > 0)).then(score.clip(0, FULL)).otherwise(None).cast(pl.Int64).alias("score")
    ).to_series()


def _product(columns: Sequence[pl.Expr]) -> pl.Expr:
    result: pl.Expr = pl.lit(1)
    for column in columns:
        result = column * result
    return result


def _kind(frame: pl.DataFrame, inputs: Sequence[Weighted], total: int) -> type[pl.Int64] | type[pl.Int128] | None:
    """The smallest whole-number type in which nothing can overflow; None when not even 128 bits are enough."""
    highest = [frame[column.den].max() for column in inputs]
    dens = [int(value) if isinstance(value, int) else 1 for value in highest]
    bound = 4 * FULL * max(total, 1) * prod(dens)
    if bound < 1 << 62:
        return pl.Int64
    return pl.Int128 if bound < 1 << 126 else None


def _slowly(
    frame: pl.DataFrame,
    inputs: Sequence[Weighted],
    weights: Sequence[int],
    rounding: ScoreRounding,
    unit: int,
    *,
    spread: bool,
) -> pl.Series:
    """The same with Python's fractions, for denominators that no column type holds."""
    columns = [name for column in inputs for name in (column.num, column.den)]
    result: list[int | None] = []
    for row in frame.select(columns).iter_rows():
        pairs = [
            (Fraction(row[2 * n], row[2 * n + 1]), weight) for n, weight in enumerate(weights) if row[2 * n] is not None
        ]
        present = sum(weight for _value, weight in pairs)
        if not present or (not spread and len(pairs) < len(weights)):
            result.append(None)
        elif rounding.each == "input":
            steps = [
                _round(Fraction(_round(value, unit, rounding.mode) * weight, present), unit, rounding.mode)
                for value, weight in pairs
            ]
            result.append(min(FULL, sum(steps)))
        else:
            exact = sum((value * weight for value, weight in pairs), Fraction()) / present
            result.append(min(FULL, _round(exact, unit, rounding.mode)))
    return pl.Series("score", result, dtype=pl.Int64)


def _round(value: Fraction, unit: int, mode: str) -> int:
    """The scalar twin of `rounded`."""
    steps = value / unit
    if mode == "half_up":
        return int((steps * 2 + 1) // 2) * unit
    if mode == "up":
        return -int(-steps // 1) * unit
    return int(steps // 1) * unit


__all__ = ["FULL", "SCALE", "Weighted", "input_value", "rounded", "scores"]
