"""Checks of a place's rules: what is counted or shared in each unit, and how much is missing.

Shares are compared exactly (45 % of 11 people are five); nothing is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import polars as pl

from policy.rules.conditions import condition
from policy.rules.context import Context
from policy.rules.document import Check, Wanted
from policy.rules.terms import Leaf, Status

DIGITS = {"community": 12, "street": 9, "county": 6, "city": 4}  # of a unit's code, by level


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one unit of its scope, by the unit's path.

    whole: how many were looked at; having: how many of them fulfil it. value: the share in percent, the number, or (each)
    how many don't fulfil it. gap: how many are missing, or too many, 0 where it is fulfilled. short: how many are missing
    to the target. items: each: the rows that don't fulfil it.
    """

    path: str
    whole: int
    having: int
    value: Fraction
    gap: int
    short: int
    items: tuple[int, ...] = ()

    @property
    def holds(self) -> bool:
        return self.gap == 0

    @property
    def percent(self) -> str:
        """The share with two decimals, half up."""
        hundredths = floor(self.value * 100 + Fraction(1, 2))
        return f"{hundredths // 100}.{hundredths % 100:02}"


def open_words(check: Check) -> tuple[str, ...]:
    """What the rules leave open of a check, in their own words; a check with any can't be answered."""
    leaves = [leaf for wanted in (check.share, check.count, check.each) if wanted for leaf in _leaves(wanted)]
    return tuple(leaf.because or leaf.path for leaf in leaves if leaf.status is Status.UNSET)


def examine(check: Check, rows: pl.DataFrame, scopes: Iterable[str], ctx: Context) -> list[Finding]:
    """One finding for each unit of the scope, by its path, in their order.

    rows: one a person or unit, with `key` (Int64), `path` of the unit and the facts that the check asks for. A unit in
    which nobody is looked at has no share, and so no finding of one. Raises UnsetValue for an open condition.
    """
    rows = rows.filter(condition(check.who, ctx))
    having = pl.lit(True) if check.having is None else condition(check.having, ctx)
    if check.each is not None:
        assert check.fact is not None
        scale = ctx.vocabulary[check.fact].scale
        having = _within(pl.col(check.fact), check.each, scale)
    rows = rows.select("key", "path", having=having)
    by_scope: dict[str, list[tuple[int, bool]]] = {scope: [] for scope in scopes}
    for key, path, fulfils in rows.iter_rows():
        scope = scope_of(path, check.scope)
        if scope in by_scope:
            by_scope[scope].append((key, fulfils))
    found = (_finding(check, scope, members) for scope, members in by_scope.items())
    return [one for one in found if one is not None]


def scope_of(path: str, level: str) -> str:
    """The path of the unit of a level in which a path lies; "" if it lies above.

    >>> scope_of("34/3401/340181/340181002/340181002008/", "street")
    '34/3401/340181/340181002/'
    """
    parts = path.rstrip("/").split("/")
    ends = [n for n, part in enumerate(parts) if len(part) == DIGITS[level]]
    return "/".join(parts[: ends[0] + 1]) + "/" if ends else ""


def _finding(check: Check, scope: str, members: Sequence[tuple[int, bool]]) -> Finding | None:
    whole = len(members)
    having = sum(fulfils for _key, fulfils in members)
    if check.share is not None:
        if not whole:
            return None
        least, most = _bounds(check.share)
        needed = ceil(Fraction(least) * whole / 100) if least is not None else 0
        allowed = floor(Fraction(most) * whole / 100) if most is not None else whole
        aim = check.share.target
        target = ceil(Fraction(aim.number) * whole / 100) if aim is not None else needed
        gap = max(needed - having, having - allowed, 0)
        return Finding(scope, whole, having, Fraction(100 * having, whole), gap, max(target - having, 0))
    if check.count is not None:
        least, most = _bounds(check.count)
        aim = check.count.target
        gap = max(int(least or 0) - having, having - int(most) if most is not None else 0, 0)
        short = max(int(aim.number) - having, 0) if aim is not None else gap
        return Finding(scope, whole, having, Fraction(having), gap, short)
    wrong = tuple(key for key, fulfils in members if not fulfils)
    return Finding(scope, whole, having, Fraction(len(wrong)), len(wrong), len(wrong), wrong)


def _within(column: pl.Expr, wanted: Wanted, scale: int) -> pl.Expr:
    least, most = _bounds(wanted)
    found = pl.lit(True)
    if least is not None:
        found = found & (column >= ceil(least * scale))
    if most is not None:
        found = found & (column <= floor(most * scale))
    return found.fill_null(False)


def _bounds(wanted: Wanted) -> tuple[Decimal | None, Decimal | None]:
    least = wanted.at_least.number if wanted.at_least is not None else None
    return least, wanted.at_most.number if wanted.at_most is not None else None


def _leaves(wanted: Wanted) -> list[Leaf]:
    return [leaf for leaf in (wanted.at_least, wanted.at_most, wanted.target) if leaf is not None]


__all__ = ["Finding", "examine", "open_words", "scope_of"]
