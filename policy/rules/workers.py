"""Whom a place evaluates and pays, by the category of their employment (policy section `workers`)."""

from __future__ import annotations

import polars as pl

from policy.rules.conditions import condition
from policy.rules.context import Context
from policy.rules.document import Condition, Policy
from policy.rules.facts import CATEGORIES

# Whom a place counts that doesn't say: who fills a public-welfare post supplements the workers, and staff of an
# establishment are paid by it (SL-10, SL-11, LS-01).
UNLESS_SAID = ("COMMUNITY_WORKER", "FULL_TIME_STAFF", "GRID_WORKER")


def evaluated_categories(policy: Policy | None) -> tuple[str, ...]:
    """The categories of those whom a place evaluates, in the order of `facts.CATEGORIES`; None: no rules in force."""
    return UNLESS_SAID if policy is None else _meant(policy, policy.workers.evaluated)


def paid_categories(policy: Policy | None) -> tuple[str, ...]:
    """The categories of those whom a place pays and who have values on its ladders."""
    return UNLESS_SAID if policy is None else _meant(policy, policy.workers.paid)


def _meant(policy: Policy, who: Condition | None) -> tuple[str, ...]:
    if who is None:
        return UNLESS_SAID
    codes = pl.DataFrame({"category": CATEGORIES})
    ctx = Context(policy=policy, day=policy.effective.from_)
    return tuple(codes.filter(condition(who, ctx))["category"])
