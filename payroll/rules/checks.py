"""What makes a pay run refuse as a whole, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policy.rules.conditions import facts_of, walk
from policy.rules.document import Component, Policy, Share
from policy.rules.terms import Figure, IndexRef, Leaf, Status, Values, leaves


def unset_for_pay(policy: Policy, day: date) -> list[Leaf]:
    """The values whose absence leaves nobody payable: each component none of whose values is set, by value.

    A single unset cell of a table that is otherwise set refuses nobody but the people who need it, and is not listed.
    A missing component list is one missing value. `day` decides which values of an index are in force.
    """
    if policy.pay is None or not policy.pay.components:
        open_leaves = list(policy.unset("pay"))
        return open_leaves or [Leaf(None, "pay.components", Status.UNSET, because="no pay is laid down")]
    found: dict[str, Leaf] = {}
    for component in policy.pay.components:
        for fig in _figures(component):
            own = list(_with_indices(fig, policy, day))
            if own and all(leaf.status is Status.UNSET for leaf in own):
                found |= {leaf.path: leaf for leaf in own}
    for code in sorted(facts_of(policy.pay) & set(policy.scales)):
        for fig in _placements(policy, code):
            own = list(leaves(fig))
            if own and all(leaf.status is Status.UNSET for leaf in own):
                found |= {leaf.path: leaf for leaf in own}
    # What was left open in place of a whole block is no figure any more; the document still lists it.
    for leaf in policy.unset("pay"):
        if not any(leaf.path == known.path for known in _all_leaves(policy)):
            found.setdefault(leaf.path, leaf)
    return list(found.values())


def _figures(component: Component) -> Iterator[Figure]:
    for name in ("amount", "percent"):
        fig = getattr(component, name)
        if fig is not None:
            yield fig
    yield from component.times
    yield from component.at.values()
    for share in component.shares:
        yield share.percent


def _placements(policy: Policy, code: str) -> Iterator[Figure]:
    scale = policy.scales[code]
    for fig in (scale.range_low, scale.range_high):
        if fig is not None:
            yield fig
    if scale.start is not None and not isinstance(scale.start.from_, str):
        yield scale.start.from_


def _with_indices(fig: Figure, policy: Policy, day: date) -> Iterator[Leaf]:
    yield from leaves(fig)
    for part in walk(fig):
        if isinstance(part, Values) and part.of:
            continue
        if isinstance(part, Values):
            yield part.missing
        if isinstance(part, IndexRef):
            index = policy.indices[part.index]
            series = [index.series, *index.series_by.values()]
            yield from (point.value for points in series for point in points.values())


def _all_leaves(policy: Policy) -> list[Leaf]:
    return [part for part in walk(policy.pay) if isinstance(part, Leaf)]


__all__ = ["Share", "unset_for_pay"]
