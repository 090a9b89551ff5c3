"""Which counts of a table are withheld, so that nobody with fewer than three of a kind can be told from the rest.

A table of counts is a set of sums: each total is the sum of its parts. Withheld is first every count of one or two. What
is left over in a sum would give a lone withheld count away, so further counts are withheld until no count of one or two
follows from the others: neither exactly (by any adding and subtracting of the sums) nor because the rest of a sum is so
small that it can only be made up in one way.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

LEAST = 3  # people of whom a count may be told
_PRIME = 2_147_483_647

K = TypeVar("K", bound=Hashable)


def withheld(
    counts: Mapping[K, int],
    sums: Iterable[tuple[K, Sequence[K]]],
    *,
    settled: Iterable[K] = (),
    shown: Iterable[K] = (),
) -> frozenset[K]:
    """The keys of the counts to withhold. sums: (total, parts), every key of which is in `counts`.

    settled: keys that were withheld by a table above already; shown: keys that were shown by one, and stay so. The same
    input gives the same answer, so that two questions can't be played off against each other.
    """
    equations = [(total, tuple(parts)) for total, parts in sums]
    open_keys = frozenset(shown)
    hidden = set(settled) | {key for key, count in counts.items() if 0 < count < LEAST and key not in open_keys}
    while True:
        told = _told(hidden, equations, counts)
        grown = False
        for key in sorted(told, key=repr):
            for total, parts in equations:
                near = (total, *parts)
                if key not in near or grown:
                    continue
                free = [k for k in near if k not in hidden and k not in open_keys and counts[k] > 0]
                if free:
                    hidden.add(min(free, key=lambda k: (k == total, counts[k], repr(k))))
                    grown = True
        if not grown:
            return frozenset(hidden)


def _told(hidden: set[K], sums: list[tuple[K, tuple[K, ...]]], counts: Mapping[K, int]) -> set[K]:
    """The withheld keys that the shown ones give away."""
    order = sorted(hidden, key=repr)
    place = {key: n for n, key in enumerate(order)}
    rows: list[dict[int, int]] = []
    told: set[K] = set()
    for total, parts in sums:
        row = {place[key]: 1 for key in parts if key in place}
        if total in place:
            row[place[total]] = _PRIME - 1
        elif row:
            left = sum(counts[key] for key in parts if key in place)
            if left < max(LEAST, len(row) + 1):  # each is at least one, so that little room tells them apart
                told.update(key for key in parts if key in place)
        if row:
            rows.append(row)
    told.update(order[n] for n in _determined(rows))
    return told


def _determined(rows: list[dict[int, int]]) -> set[int]:
    """The unknowns that a system of sums determines: those alone in a row of its reduced form. Modulo a large prime."""
    done: dict[int, dict[int, int]] = {}
    for row in rows:
        row = dict(row)
        for column, known in done.items():
            if column in row:
                _subtract(row, known, row[column])
        if not row:
            continue
        column = min(row)
        inverse = pow(row[column], -1, _PRIME)
        row = {n: value * inverse % _PRIME for n, value in row.items()}
        for known in done.values():
            if column in known:
                _subtract(known, row, known[column])
        done[column] = row
    return {column for column, row in done.items() if len(row) == 1}


def _subtract(row: dict[int, int], other: dict[int, int], times: int) -> None:
    for n, value in other.items():
        changed = (row.get(n, 0) - times * value) % _PRIME
        if changed:
            row[n] = changed
        else:
            row.pop(n, None)
