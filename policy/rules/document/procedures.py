"""Procedures: the steps that a decision about a post, a move or leaving goes through before it may be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Name, Scope
from policy.rules.document.employment import Away

StepKind = Literal["report", "inspection", "opinions", "notice", "decision", "order", "approve"]
Party = Literal["STREET_PARTY_COMMITTEE", "ORGANISATION_DEPARTMENT", "DEPARTMENTS"]

ACTS = ("APPOINT", "REMOVE", "EXIT", "TRANSFER", "SECONDMENT")
ABOUT_POSTS = frozenset({"APPOINT", "REMOVE"})
MOVES = frozenset({"TRANSFER", "SECONDMENT"})  # two units have a say: that somebody leaves, and that they come to
# What a step may ask for before it can be taken.
NEEDS = ("document", "group", "votes", "evaluation", "meeting", "decision_number", "order_number", "effective_date")


class Applies(Block):
    """Which acts a procedure stands before."""

    posts: tuple[str, ...] = Field(
        default=(),
        description="codes of `posts_held`; EXIT, TRANSFER and SECONDMENT are about an employment and have none",
    )
    acts: tuple[str, ...] = Field(description=", ".join(ACTS))
    during: Literal["any", "mid_term"] = Field(
        default="any", description="mid_term: not for whoever comes in by a general election"
    )
    beyond: Scope | None = Field(
        default=None,
        description="TRANSFER and SECONDMENT: only for whoever leaves the unit of this level that they work in; left out, "
        "for every other unit",
    )
    away: tuple[Away, ...] = Field(
        default=(), description="SECONDMENT: only for these ways of being away; left out, for all"
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
    side: Literal["giving", "receiving"] = Field(
        default="giving",
        description="TRANSFER and SECONDMENT: whose office takes it, that of the unit somebody leaves or of the one they "
        "come to; nobody acts for both",
    )
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
    """The steps in front of an act about a post, of moving or of leaving; it is refused without them. The first one counts."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    applies_to: Applies = Field(description="which acts it stands before")
    steps: tuple[Step, ...] = Field(description="the steps in their order; the last one is an order or an approve")

    def covers(
        self, act: str, post: str, *, by_election: bool = False, leaves: Collection[str] = (), away: str = ""
    ) -> bool:
        """Whether an act needs this procedure. by_election: the person comes in by a general election. leaves: of a move,
        the levels whose unit somebody leaves. away: of a secondment, its kind.
        """
        to = self.applies_to
        if act not in to.acts or (by_election and to.during == "mid_term"):
            return False
        if act in MOVES:
            if to.beyond is not None and to.beyond not in leaves:
                return False
            return act != "SECONDMENT" or not to.away or away in to.away
        return act not in ABOUT_POSTS or post in to.posts

    @property
    def of_moves(self) -> bool:
        """Whether two units have a say in it."""
        return bool(MOVES.intersection(self.applies_to.acts))
