"""Numbers of units that add up: counted from rows, added and taken away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import polars as pl

# dimension → code → numbers in a fixed order; the whole is under "" and "".
Numbers: TypeAlias = dict[str, dict[str, list[int]]]


def added(parts: Iterable[Numbers]) -> Numbers:
    """The sum of the numbers of several units; a code that only some of them have counts as nothing in the others.

    >>> added([{"": {"": [2, 1]}, "sex": {"FEMALE": [2, 1]}}, {"": {"": [1, 0]}, "sex": {"": [1, 0]}}])
    {'': {'': [3, 1]}, 'sex': {'FEMALE': [2, 1], '': [1, 0]}}
    """
    total: Numbers = {}
    for part in parts:
        for dimension, cells in part.items():
            known = total.setdefault(dimension, {})
            for code, numbers in cells.items():
                before = known.get(code)
                known[code] = [a + b for a, b in zip(before, numbers, strict=True)] if before else list(numbers)
    return total


def numbers_by_place(frame: pl.DataFrame, dimensions: Sequence[str], columns: Sequence[str]) -> dict[str, Numbers]:
    """The numbers of each place. frame: a row a person with "place", the code of each dimension, and number columns."""
    found: dict[str, Numbers] = {}
    sums: list[Any] = [pl.col(name).sum() for name in columns]
    for dimension in ("", *dimensions):
        keys = ["place", dimension] if dimension else ["place"]
        for place, *rest in frame.group_by(keys).agg(sums).sort(keys).iter_rows():
            code, numbers = (rest[0], rest[1:]) if dimension else ("", rest)
            found.setdefault(place, {}).setdefault(dimension, {})[code] = numbers
    return found
