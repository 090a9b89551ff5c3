"""What makes a pay run refuse as a whole, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policy.rules.conditions import facts_of, walk
from policy.rules.context import Context, MissingIndex, UnsetValue
from policy.rules.document import Component, Limit, Policy, Share
from policy.rules.terms import Figure, IndexRef, Leaf, Status, Test, Values, leaves


def unset_for_pay(policy: Policy, ctx: Context) -> list[Leaf]:
    """The values whose absence leaves nobody payable: each component none of whose values is set, by value.

    A single unset cell of a table that is otherwise set refuses nobody but the people who need it, and is not listed.
    A missing component list is one missing value. Open operands of conditions and indices without a value that may be
    used on the day of `ctx` stop everybody, and are listed too.
    """
    day = ctx.day
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
    for block in (*policy.pay.components, *policy.pay.deductions.values(), *_limits(policy)):
        found |= {leaf.path: leaf for leaf in _without_value(block, ctx)}
    for leaf in _open_operands((policy.pay, policy.posts, policy.classes)):
        found[leaf.path] = leaf
    # What was left open in place of a whole block is no figure any more; the document still lists it.
    for leaf in policy.unset("pay"):
        if not any(leaf.path == known.path for known in _all_leaves(policy)):
            found.setdefault(leaf.path, leaf)
    return list(found.values())


def _limits(policy: Policy) -> Iterator[Limit]:
    """The limits that every slip is held against; a limit of a mean is only reported, and says itself what it lacks."""
    assert policy.pay is not None
    yield from (limit for limit in policy.pay.limits if limit.of != "mean_total" and limit.over != "year")


def _without_value(block: object, ctx: Context) -> Iterator[Leaf]:
    for part in walk(block):
        if isinstance(part, IndexRef):
            try:
                ctx.index(part)
            except UnsetValue as error:
                yield from error.leaves
            except MissingIndex as error:
                because = f"{ctx.day} 没有可用的数值 — no value that may be used on {ctx.day}"
                yield Leaf(None, f"indices.{error.index}.series", Status.UNSET, because=because)


def _open_operands(blocks: object) -> Iterator[Leaf]:
    for part in walk(blocks):
        if isinstance(part, Test):
            yield from (leaf for leaf in part.operand if leaf.status is Status.UNSET)


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
