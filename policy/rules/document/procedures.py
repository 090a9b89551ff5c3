"""Procedures: the steps that a decision about a post goes through before it may be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Name

StepKind = Literal["report", "inspection", "opinions", "notice", "decision", "order", "approve"]
Party = Literal["STREET_PARTY_COMMITTEE", "ORGANISATION_DEPARTMENT", "DEPARTMENTS"]

ACTS = ("APPOINT", "REMOVE", "EXIT")
ABOUT_POSTS = frozenset({"APPOINT", "REMOVE"})
# What a step may ask for before it can be taken.
NEEDS = ("document", "group", "votes", "evaluation", "meeting", "decision_number", "order_number", "effective_date")


class Applies(Block):
    """Which acts a procedure stands before."""

    posts: tuple[str, ...] = Field(
        default=(), description="codes of `posts_held`; EXIT is about an employment and has none"
    )
    acts: tuple[str, ...] = Field(description=", ".join(ACTS))
    during: Literal["any", "mid_term"] = Field(
        default="any", description="mid_term: not for whoever comes in by a general election"
    )


class Departments(Block):
    """The departments whose opinions are asked for; all of them must answer."""

    exactly: int = Field(ge=1, description="how many; the list must have as many")
    of: Mapping[str, Name | None] = Field(
        description="names by code (written `of: {POLICE: 公安局}`); a name that is left open stops the opening of cases"
    )


class Days(Block):
    """For how long a notice stays up."""

    at_least: int = Field(ge=1, description="how many days, the first one not counted")
    count: Literal["natural", "working"] | None = Field(
        default=None, description="natural days, or working days by the table of holidays"
    )


class TimeLimit(Block):
    """Within how many days a step is to be taken; whoever holds it is reminded, and who opened the case is told."""

    within: int = Field(ge=1, description="how many days, the first one not counted")
    count: Literal["natural", "working"] | None = Field(
        default=None, description="natural days, or working days by the table of holidays"
    )


class Step(Block):
    """A step of a procedure; steps are taken in their order, each once."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    kind: StepKind = Field(description="what happens in it; opinions has `departments`, notice has `days`")
    by: Party = Field(description="who takes it")
    needs: tuple[str, ...] = Field(default=(), description="what must be there before it is taken: " + ", ".join(NEEDS))
    departments: Departments | None = Field(default=None, description="kind opinions: who is asked")
    days: Days | None = Field(default=None, description="kind notice: for how long")
    limit: TimeLimit | None = Field(
        default=None, description="within how many days; not for kind notice, which has its own"
    )
    back: tuple[str, ...] = Field(default=(), description="earlier steps to which it may be sent back")
    other_than: tuple[str, ...] = Field(
        default=(), description="earlier steps: nobody who took one of them may take this one"
    )


class Procedure(Block):
    """The steps in front of an act about a post or of leaving; an act about a post is refused without them."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    applies_to: Applies = Field(description="which acts it stands before")
    steps: tuple[Step, ...] = Field(description="the steps in their order; the last one is an order or an approve")

    def covers(self, act: str, post: str, *, by_election: bool) -> bool:
        """Whether an act about a post needs this procedure. by_election: the person comes in by a general election."""
        to = self.applies_to
        if act not in to.acts or (by_election and to.during == "mid_term"):
            return False
        return act not in ABOUT_POSTS or post in to.posts
