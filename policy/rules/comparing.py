"""What is different between two policies: value by value, with the sources of both."""

from __future__ import annotations

from dataclasses import dataclass

from policy.rules.document import Policy
from policy.rules.terms import Leaf

CHANGED, ADDED, REMOVED, SOURCE = "changed", "added", "removed", "source"


@dataclass(frozen=True, slots=True)
class Difference:
    """kind: changed (another value or status), added, removed, or source (same value, another citation or reason)."""

    path: str
    kind: str
    old: Leaf | None
    new: Leaf | None


def compare(old: Policy, new: Policy) -> tuple[Difference, ...]:
    """Every value that is not the same, in the order of the new document; what was removed comes at its old place."""
    before = {leaf.path: leaf for leaf in old.leaves}
    after = {leaf.path: leaf for leaf in new.leaves}
    found: list[Difference] = []
    for path, leaf in after.items():
        was = before.get(path)
        if was is None:
            found.append(Difference(path, ADDED, None, leaf))
        elif (was.value, was.status, was.low, was.high) != (leaf.value, leaf.status, leaf.low, leaf.high):
            found.append(Difference(path, CHANGED, was, leaf))
        elif (was.cite, was.because) != (leaf.cite, leaf.because):
            found.append(Difference(path, SOURCE, was, leaf))
    order = {path: number for number, path in enumerate(before)}
    removed = [Difference(path, REMOVED, leaf, None) for path, leaf in before.items() if path not in after]
    for difference in sorted(removed, key=lambda one: order[one.path]):
        earlier = [
            number
            for number, one in enumerate(found)
            if order.get(one.path, -1) < order[difference.path] and one.path in order
        ]
        found.insert(earlier[-1] + 1 if earlier else 0, difference)
    return tuple(found)
