"""Numbers of units that add up: counted from rows, added and taken away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import polars as pl

LEAST, MOST = "_least", "_most"  # how a slot is called that isn't a sum
# dimension → code → numbers in a fixed order; the whole is under "" and "". The least and the most of nothing is None.
Numbers: TypeAlias = dict[str, dict[str, list[int | None]]]


def folded(slot: str, one: int | None, other: int | None) -> int | None:
    """Two numbers of a slot as one: the least or the most of both where the slot is called so, else their sum.

    >>> folded("pay_least", 5, 3), folded("pay_most", None, 3), folded("rows", 5, 3)
    (3, 3, 8)
    """
    if one is None or other is None:
        return other if one is None else one
    if slot.endswith(LEAST):
        return min(one, other)
    return max(one, other) if slot.endswith(MOST) else one + other


def added(parts: Iterable[Numbers], slots: Sequence[str]) -> Numbers:
    """The numbers of several units together; a code that only some of them have counts as nothing in the others.

    >>> added([{"": {"": [2, 1]}, "sex": {"F": [2, 1]}}, {"": {"": [1, 0]}, "sex": {"": [1, 0]}}], ["rows", "some_part"])
    {'': {'': [3, 1]}, 'sex': {'F': [2, 1], '': [1, 0]}}
    """
    plain = not any(slot.endswith((LEAST, MOST)) for slot in slots)
    total: Numbers = {}
    for part in parts:
        for dimension, cells in part.items():
            known = total.setdefault(dimension, {})
            for code, numbers in cells.items():
                before = known.get(code)
                if before is None:
                    known[code] = list(numbers)
                elif plain:
                    known[code] = [a + b for a, b in zip(before, numbers, strict=True)]  # type: ignore[operator]
                else:
                    known[code] = [folded(*each) for each in zip(slots, before, numbers, strict=True)]
    return total


def numbers_by_place(frame: pl.DataFrame, dimensions: Sequence[str], columns: Sequence[str]) -> dict[str, Numbers]:
    """The numbers of each place. frame: a row a person with "place", the code of each dimension, and number columns."""
    found: dict[str, Numbers] = {}
    sums: list[Any] = [
        pl.col(name).min()
        if name.endswith(LEAST)
        else pl.col(name).max()
        if name.endswith(MOST)
        else pl.col(name).sum()
        for name in columns
    ]
    for dimension in ("", *dimensions):
        keys = ["place", dimension] if dimension else ["place"]
        for place, *rest in frame.group_by(keys).agg(sums).sort(keys).iter_rows():
            code, numbers = (rest[0], rest[1:]) if dimension else ("", rest)
            found.setdefault(place, {}).setdefault(dimension, {})[code] = numbers
    return found
