"""Which facts a policy's rules look at: what has to be read, and what a slip has to keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from policy.rules.document import Component, Policy
from policy.rules.terms import Bands, FactRef, HistoryTest, HonourTest, Leaf, Steps, Table, Test, Values

HISTORY = "annual_grades"
HONOURS = "honours"
_COUNTED = ("service_years", "continuous_years")


def facts_named(*parts: Any) -> frozenset[str]:
    """The names of all facts that conditions, figures and blocks of a policy mention, nothing derived followed."""
    return frozenset(name for part in parts for name in _names(part))


def _names(part: Any) -> Iterator[str]:
    match part:
        case None | str() | int() | Leaf():
            return
        case Test() | FactRef():
            yield part.fact
        case HistoryTest():
            yield HISTORY
        case HonourTest():
            yield HONOURS
            return  # the level is a line of the honour and no fact of the person's
        case Table() | Bands() | Steps() | Values():
            yield part.by
    if isinstance(part, Component) and part.fact:
        yield part.fact
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _names(getattr(part, name))
    elif is_dataclass(part):
        for field in fields(part):
            yield from _names(getattr(part, field.name))
    elif isinstance(part, Mapping):
        for inner in part.values():
            yield from _names(inner)
    elif isinstance(part, (tuple, list, frozenset, set)):
        for inner in part:
            yield from _names(inner)


def with_sources(policy: Policy, names: frozenset[str]) -> frozenset[str]:
    """The names together with the facts from which the policy derives them (posts, classes, counted service)."""
    found: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        if name in policy.classes:
            todo |= facts_named(policy.classes[name])
        if name in ("post", "post_years"):
            todo |= facts_named(policy.posts)
        if name in _COUNTED or name.endswith("_years"):
            todo |= facts_named(policy.service)
        if name == "annual_grade":
            todo.add(HISTORY)
    return frozenset(found)


def pay_inputs(policy: Policy) -> frozenset[str]:
    """The facts that lines of pay, limits and deductions look at directly: what a slip keeps."""
    own = [index.own_mean.who for index in policy.indices.values() if index.own_mean is not None]
    return facts_named(policy.pay, *own) | {"post"}


_NEEDS: dict[str, frozenset[str]] = {}
_KEPT = 64


def pay_needs(policy: Policy) -> frozenset[str]:
    """What has to be read for a pay run; worked out once for each text."""
    if policy.sha256 not in _NEEDS or not policy.sha256:
        if len(_NEEDS) >= _KEPT:
            _NEEDS.clear()
        _NEEDS[policy.sha256] = _pay_needs(policy)
    return _NEEDS[policy.sha256]


def _pay_needs(policy: Policy) -> frozenset[str]:
    used = pay_inputs(policy) | {"probation"}
    services = [component.service for component in policy.pay.components] if policy.pay else []
    return with_sources(policy, used | facts_named(*services, policy.service))


def ladder_needs(policy: Policy) -> frozenset[str]:
    """What has to be read for reviews and placements on the policy's scales."""
    return with_sources(policy, facts_named(*policy.scales.values(), policy.service) | {"post", "probation", HISTORY})


def history_years(policy: Policy) -> int:
    """How many years of annual results the rules look back at most."""
    longest = 1
    for test in _history_tests([policy.pay, policy.scales, policy.classes, policy.service]):
        longest = max(longest, test.in_last if isinstance(test.in_last, int) else 10)
    return longest


def _history_tests(part: Any) -> Iterator[HistoryTest]:
    if isinstance(part, HistoryTest):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _history_tests(getattr(part, name))
    elif isinstance(part, Mapping):
        for inner in part.values():
            yield from _history_tests(inner)
    elif isinstance(part, (tuple, list)):
        for inner in part:
            yield from _history_tests(inner)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _history_tests(getattr(part, field.name))
