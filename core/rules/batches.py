"""How a run is cut into batches, and how it is proven to be the same run again. Pure: no Django, database or clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class PathRange:
    """Everything with path_from <= path < path_to (collation C), and how many people are expected there."""

    path_from: str
    path_to: str
    people: int


def plan_batches(low: str, high: str, headcounts: Sequence[tuple[str, int]], target: int) -> list[PathRange]:
    """Cut [low, high) into contiguous ranges of about `target` people; a cut lies only at a given unit's path.

    headcounts: (path, people) of the units that must stay whole, in path order, each once. A unit larger than the
    target is a batch of its own. The ranges cover the whole of [low, high), so that somebody who comes into an empty
    unit after the plan is still in exactly one batch. Without any unit there is one batch.
    """
    if target < 1:
        raise ValueError("a batch needs a target of at least one person")
    ranges: list[PathRange] = []
    start, count, last = low, 0, ""
    for path, people in headcounts:
        if path <= last or not low <= path < high:
            raise ValueError(f"units must come in path order inside the scope: {path!r} after {last!r}")
        last = path
        if count and count + people > target:
            ranges.append(PathRange(start, path, count))
            start, count = path, 0
        count += people
    ranges.append(PathRange(start, high, count))
    return ranges


def unit_digest(unit: str, *parts: bytes) -> int:
    """The SHA-256 of one unit's rows as a number; each part is preceded by its length, so that none runs into another."""
    digest = hashlib.sha256()
    for part in (unit.encode(), *parts):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "big")


def add_digests(digests: Iterable[int]) -> int:
    """The sum modulo 2^256: the same whatever the order and however the units were put into batches."""
    return sum(digests) % MODULUS


def digest_text(digest: int) -> str:
    return f"{digest:064x}"


def digest_number(text: str) -> int:
    return int(text, 16) if text else 0


def fingerprint(*, policies: Iterable[str], digests: Iterable[str], code_version: str, what: str = "") -> str:
    """One text of 64 characters for a whole run: policy hashes, what was asked for, rows of all units, code version."""
    whole = add_digests(digest_number(text) for text in digests)
    joined = "\n".join([code_version, what, *sorted(set(policies)), digest_text(whole)])
    return hashlib.sha256(joined.encode()).hexdigest()


def add_totals(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Whole numbers added key by key, keys in order."""
    total: dict[str, int] = {}
    for part in parts:
        for key, number in part.items():
            total[key] = total.get(key, 0) + number
    return dict(sorted(total.items()))
