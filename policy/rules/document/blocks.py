"""What every block of a policy is made of: terms as fields, names, measures of numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from policy.rules import terms
from policy.rules.terms import Leaf

Scope = Literal["community", "street", "county", "city"]


class Measure(StrEnum):
    """What a number is, which decides what may be written: the reader checks it, the reference prints it."""

    MONEY = "money"  # yuan, at most two decimals
    PERCENT = "percent"  # 0..100
    SHARE = "share"  # a percentage that may pass 100 (percent_of)
    FACTOR = "factor"  # any exact number
    COUNT = "count"  # a whole number from 0 on
    STEP = "step"  # a whole number from 1 on
    VALUE = "value"  # a value of the scale: 1..values
    SCORE = "score"  # 0..100
    YEARS = "years"  # 0 or more


class Term:
    """Marks a field that holds a term (leaf, figure, condition) as read: pydantic takes it as it is."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


LeafOf = Annotated[Leaf, Term]
Figure = Annotated[terms.Figure, Term]
Condition = Annotated[terms.Condition, Term]


class MonthDay(NamedTuple):
    month: int
    day: int


class Block(BaseModel):
    """A block of a policy file. `path` is where it stands; `cite` the source of everything in it that names no other."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    path: str = Field(default="", exclude=True)
    line: int = Field(default=0, exclude=True)
    origin: str = Field(default="", exclude=True)
    cite: str | None = Field(
        default=None, description="the requirement row or article that the block's values come from"
    )


class Name(BaseModel):
    """A name in Chinese and English; a plain string in the file is both."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh
