"""Who keeps the archive of somebody who holds certain posts (policy section `archives`)."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from policy.rules.conditions import condition
from policy.rules.context import Context
from policy.rules.document import Custodian, Policy


def custodian_of(policy: Policy, posts: Collection[str]) -> Custodian | None:
    """The first line of `archives` that holds for the posts held (codes of `posts_held`), whose `at` may be left open;
    None where the place says nothing of such people.
    """
    if policy.archives is None:
        return None
    frame = pl.DataFrame({"posts_held": [sorted(posts) or None]}, schema={"posts_held": pl.List(pl.String)})
    ctx = Context(policy=policy, day=policy.effective.from_)
    return next((line for line in policy.archives.custody if frame.filter(condition(line.when, ctx)).height), None)
