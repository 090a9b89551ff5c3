"""Checks: whatever is counted or shared among people or units, with what it should be."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from policy.rules.document.blocks import Block, Condition, LeafOf, Measure, Name, Scope
from policy.rules.terms import ALWAYS

# Facts of somebody on a named list, who need not be employed.
LISTED_FACTS = ("sex", "birth_date", "age", "political_status", "education", "degree", "study_mode", "major")


class Wanted(Block):
    """What a number should be."""

    at_least: LeafOf | None = Field(default=None, description="no less", json_schema_extra={"measure": Measure.SHARE})
    at_most: LeafOf | None = Field(default=None, description="no more", json_schema_extra={"measure": Measure.SHARE})
    target: LeafOf | None = Field(
        default=None,
        description="what is aimed at; less is shown and is no fault",
        json_schema_extra={"measure": Measure.SHARE},
    )


class Check(Block):
    """Something to reach: a share, a number, or a value that each one has. Exactly one of `share`, `count`, `each`."""

    code: str = Field(description="its code")
    name: Name | None = Field(default=None, description="its name")
    of: Literal["people", "grids", "communities"] = Field(default="people", description="what is looked at")
    list_: str | None = Field(default=None, description="of people: only those on this named list")
    who: Condition = Field(default=ALWAYS, description="which of them; without it, all")
    having: Condition | None = Field(
        default=None, description="what the share or the number is of; without it, all of them"
    )
    fact: str | None = Field(default=None, description="each: the number that each one has")
    share: Wanted | None = Field(default=None, description="percent of them")
    count: Wanted | None = Field(default=None, description="how many of them")
    each: Wanted | None = Field(default=None, description="the fact of each one")
    scope: Scope = Field(default="county", description="the units in which it is counted")
    by: date | None = Field(default=None, description="the day by which it is to be reached")
    action: Literal["report"] = Field(default="report", description="what follows: the gap is reported")
