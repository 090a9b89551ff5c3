"""Employment and leaving: contracts, retirement, who may be lent out and who may move, and the reasons of leaving."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, Name, Scope
from policy.rules.terms import ALWAYS

ContractForm = Literal["labour", "dispatch", "service"]
Handed = Literal["SEALS", "KEYS", "FILES", "FUNDS", "EQUIPMENT", "ACCOUNTS", "OTHER"]
# What a place's own reason of leaving counts as, wherever leavers are counted.
COUNTS_AS = ("DISMISSED", "RESIGNED", "DISCHARGED", "RETIRED", "NOT_RENEWED", "CIVIL_SERVICE")
CountsAs = Literal["DISMISSED", "RESIGNED", "DISCHARGED", "RETIRED", "NOT_RENEWED", "CIVIL_SERVICE"]


class Trial(Block):
    """The trial time of a new employment."""

    months: LeafOf = Field(
        description="at most so many months; for a labour contract no more than the law allows",
        json_schema_extra={"measure": Measure.COUNT},
    )


class Contract(Block):
    """What an employment rests on."""

    form: ContractForm = Field(
        default="labour", description="labour contract, dispatch by an agency, service agreement"
    )
    years: LeafOf | None = Field(
        default=None, description="for at most so many years", json_schema_extra={"measure": Measure.STEP}
    )
    probation: Trial | None = Field(default=None, description="the trial time")


class Transfer(Block):
    """Who may move to another street, and how far."""

    who: Condition = Field(default=ALWAYS, description="for whom; everybody else stays in their street")
    scope: Scope = Field(default="county", description="the unit inside which they may move")
    keeps: Literal["grade", "recompute"] = Field(
        default="grade",
        description="of whoever comes from another street: grade: the values on ladders go along as they are; recompute: they "
        "are worked out anew by the rules of the place, as of whoever begins there. The rules that somebody comes under count",
    )


class Rise(Block):
    """Out of one category of posts into a higher one by appointment, and its conditions."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    from_: str = Field(description="the post that somebody has")
    to: str = Field(description="the post that they are appointed as")
    when: Condition = Field(
        default=ALWAYS,
        description="for whom; a condition that is left open lets nobody rise, and is named. Results are those of the years "
        "that have ended before the day",
    )


Away = Literal["ATTACHMENT", "SHADOWING", "ACTING", "SECONDED_OUT", "DRAFTED", "EXCHANGE"]


class Secondment(Block):
    """A way in which people of the place work elsewhere for a while, and come back."""

    kind: Away = Field(description="what it is: attachment, shadowing, acting, seconded, drafted or exchanged")
    name: Name = Field(description="what the place calls it")
    months: LeafOf | None = Field(
        default=None,
        description="for at most so many months, after which they are expected back",
        json_schema_extra={"measure": Measure.COUNT},
    )


class Employing(Block):
    """How people are employed."""

    contract: Contract | None = Field(default=None, description="the contract")
    retirement: Figure | None = Field(
        default=None,
        description="the age of retirement in years; left out, the statutory age with its gradual raise since 2025",
        json_schema_extra={"measure": Measure.YEARS},
    )
    lending_out: Literal["allowed", "approval", "forbidden"] = Field(
        default="allowed", description="whether somebody may be seconded; approval: with a document"
    )
    secondments: tuple[Secondment, ...] = Field(
        default=(), description="the place's own ways of working elsewhere for a while; others stay possible"
    )
    transfer: Transfer | None = Field(default=None, description="who may move; left out, everybody")
    rises: tuple[Rise, ...] = Field(default=(), description="from one category of posts to a higher one by appointment")


class Exit(Block):
    """A reason of leaving; it is chosen by hand. Where none of the list is left open, there are no other reasons."""

    code: str = Field(description="its code")
    name: Name = Field(description="its name")
    counts_as: CountsAs = Field(default="DISCHARGED", description="what it is in the counts of leavers")
    after: str | None = Field(
        default=None,
        description="the consequence of `assessment` that opens a case of leaving for this reason by itself",
    )
    hands_over: tuple[Handed, ...] = Field(
        default=(),
        description="what is handed over before somebody leaves for this reason; left out, the common list",
    )
