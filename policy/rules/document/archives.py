"""Archives: who keeps somebody's personnel archive."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition
from policy.rules.terms import ALWAYS

CUSTODY_BY = ("posts_held",)  # facts that are known of every day of an archive; of others custody can't follow a change


class Custodian(Block):
    """Whose archives somebody keeps. What is kept is decided for each day by the posts held in the county on it."""

    when: Condition = Field(
        default=ALWAYS, description="for whom, by `posts_held`; without it for everybody else, as the last line"
    )
    at: Literal["ORGANISATION_DEPARTMENT", "STREET"] | None = Field(
        default=None,
        description="who keeps them (needed): the organisation department of the county, or the street; left open, the "
        "archive stays with whom it was recorded",
    )


class Archives(Block):
    """Who keeps the personnel archives. A place that leaves the section out says nothing of it, and nothing moves."""

    custody: tuple[Custodian, ...] = Field(
        default=(), description="who keeps whose (needed): the first line that holds"
    )
