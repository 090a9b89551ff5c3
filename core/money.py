"""Money is a whole number of fen (分); amounts enter as yuan with at most two decimals. Pure: no Django."""

from __future__ import annotations

import re
from decimal import Decimal
from math import lcm

import polars as pl

Fen = int

MODES = ("half_up", "up", "down")
UNITS = {"fen": 1, "jiao": 10, "yuan": 100, "ten_yuan": 1000}
INT64_BOUND = 2**62

_YUAN = re.compile(r"^[+-]?\d+(?:\.\d{1,2})?$")


def parse_yuan(text: str | Decimal | int) -> Fen:
    """Yuan as written ("3,640.50", "¥3640.5", full-width digits too) in fen; more than two decimals is a ValueError.

    >>> parse_yuan("3,640.5")
    364050
    """
    written = str(text).translate(_NARROW).replace(",", "").replace(" ", "").removeprefix("¥").removesuffix("元")
    if not _YUAN.match(written):
        raise ValueError(f"{text!r} is not an amount in yuan with at most two decimals")
    return int(Decimal(written) * 100)


_NARROW = {ord("０") + n: str(n) for n in range(10)} | {ord("．"): ".", ord("，"): ",", ord("－"): "-", ord("￥"): "¥"}


def format_yuan(fen: Fen) -> str:
    """Fen as yuan with thousands separators: 364000 → "3,640.00"; negative amounts with a minus sign."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def round_ratio(numerator: int, denominator: int, mode: str = "half_up") -> int:
    """numerator / denominator as a whole number. half_up: a half goes away from zero; up: away; down: towards zero.

    >>> round_ratio(5, 2), round_ratio(-5, 2), round_ratio(5, 2, "down"), round_ratio(-9, 4, "up")
    (3, -3, 2, -3)
    """
    if denominator <= 0:
        raise ValueError("a denominator is above zero")
    sign, size = (-1 if numerator < 0 else 1), abs(numerator)
    match mode:
        case "half_up":
            return sign * ((2 * size + denominator) // (2 * denominator))
        case "up":
            return sign * -(-size // denominator)
        case "down":
            return sign * (size // denominator)
    raise ValueError(f"unknown rounding {mode!r}; allowed: {', '.join(MODES)}")


def rounded(numerator: pl.Expr, denominator: int, mode: str = "half_up") -> pl.Expr:
    """The column twin of `round_ratio`: whole numbers of the numerator's type."""
    if denominator <= 0:
        raise ValueError("a denominator is above zero")
    if denominator == 1:
        return numerator
    size = numerator.abs()
    match mode:
        case "half_up":
            whole = (2 * size + denominator) // (2 * denominator)
        case "up":
            whole = (size + (denominator - 1)) // denominator
        case "down":
            whole = size // denominator
        case _:
            raise ValueError(f"unknown rounding {mode!r}; allowed: {', '.join(MODES)}")
    return pl.when(numerator < 0).then(whole * -1).otherwise(whole)  # negation is not there for Int128


def rounded_to(numerator: pl.Expr, denominator: int, unit: str, mode: str = "half_up") -> pl.Expr:
    """Fen (numerator / denominator) rounded to fen, jiao, yuan or ten_yuan, in fen."""
    step = UNITS[unit]
    return rounded(numerator, denominator * step, mode) * step


def fraction_of(number: Decimal) -> tuple[int, int]:
    """A decimal as (numerator, denominator) in lowest terms."""
    return number.as_integer_ratio()


def common_denominator(numbers: list[Decimal]) -> int:
    """The smallest whole number by which all numbers become whole."""
    return lcm(1, *(number.as_integer_ratio()[1] for number in numbers))
