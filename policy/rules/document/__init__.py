"""The policy of a place in memory: one frozen class for each block of a policy file.

Field names are the keys of the file (`from` is `from_`, `in` is `in_`, `else` is `otherwise`), so that the file, this
module and `docs/policy.md` (which is generated from the descriptions below) say the same thing. Reading fills these
classes (`policy.rules.reading`); nothing here computes.

Money is in yuan as printed (`Decimal`, at most two decimals), percentages are 0 to 100, days are dates.
Scalars that choose between words (`mode: kept`) are plain values here; where their value was assumed or left open,
the leaf that says so is in `Policy.leaves` under the same path, and what is left open is `None`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from policy.rules.document.archives import Archives, Custodian
from policy.rules.document.assessment import (
    Assessment,
    Best,
    Cap,
    Consequence,
    Drop,
    GradeName,
    GradeShare,
    Input,
    InputPart,
    NotGraded,
    PointItem,
    Points,
    Scheme,
    ScoreRounding,
)
from policy.rules.document.blocks import Block, Condition, Figure, LeafOf, Measure, MonthDay, Name, Scope, Term
from policy.rules.document.check import Check, Wanted
from policy.rules.document.employment import Contract, Employing, Exit, Rise, Transfer, Trial
from policy.rules.document.pay import (
    KINDS,
    Absence,
    Component,
    Cycle,
    Deduction,
    DeductionBase,
    DeductionRates,
    Kind,
    Limit,
    MidMonth,
    Pay,
    Rounding,
    Share,
)
from policy.rules.document.place import (
    Article,
    Aspect,
    Effective,
    Index,
    IndexApplies,
    IndexPoint,
    OwnMean,
    PostClass,
    Service,
    SourceDocument,
    Workers,
)
from policy.rules.document.procedures import Applies, Days, Departments, Procedure, Step, TimeLimit
from policy.rules.document.quota import Counts, Quota, QuotaBound, QuotaRow
from policy.rules.document.recruitment import (
    Bonus,
    BonusRow,
    Criterion,
    Entry,
    Exam,
    ExamRounding,
    Judges,
    OpenAt,
    Part,
    Planning,
    PublicNotice,
    Recruitment,
    Shortlist,
    Soft,
    Subject,
)
from policy.rules.document.scales import (
    ConversionStep,
    CreditRow,
    Credits,
    Deemed,
    Every,
    Move,
    PostChange,
    Review,
    Scale,
    ScaleProbation,
    Start,
    StartYears,
)
from policy.rules.terms import Leaf, Status

__all__ = [
    "KINDS",
    "Absence",
    "Applies",
    "Archives",
    "Article",
    "Aspect",
    "Assessment",
    "Best",
    "Block",
    "Bonus",
    "BonusRow",
    "Cap",
    "Check",
    "Component",
    "Condition",
    "Consequence",
    "Contract",
    "ConversionStep",
    "Counts",
    "CreditRow",
    "Credits",
    "Criterion",
    "Custodian",
    "Cycle",
    "Days",
    "Deduction",
    "DeductionBase",
    "DeductionRates",
    "Deemed",
    "Departments",
    "Drop",
    "Effective",
    "Employing",
    "Entry",
    "Every",
    "Exam",
    "ExamRounding",
    "Exit",
    "Figure",
    "GradeName",
    "GradeShare",
    "Index",
    "IndexApplies",
    "IndexPoint",
    "Input",
    "InputPart",
    "Judges",
    "Kind",
    "LeafOf",
    "Limit",
    "Measure",
    "MidMonth",
    "MonthDay",
    "Move",
    "Name",
    "NotGraded",
    "OpenAt",
    "OwnMean",
    "Part",
    "Pay",
    "Planning",
    "PointItem",
    "Points",
    "Policy",
    "PostChange",
    "PostClass",
    "Procedure",
    "PublicNotice",
    "Quota",
    "QuotaBound",
    "QuotaRow",
    "Recruitment",
    "Review",
    "Rise",
    "Rounding",
    "Scale",
    "ScaleProbation",
    "Scheme",
    "Scope",
    "ScoreRounding",
    "Service",
    "Share",
    "Shortlist",
    "Soft",
    "SourceDocument",
    "Start",
    "StartYears",
    "Step",
    "Subject",
    "Term",
    "TimeLimit",
    "Transfer",
    "Trial",
    "Wanted",
    "Workers",
    "clause",
    "iter_leaves",
]


class Policy(Block):
    """The rules of a place in one version, in normal form, with every value's source."""

    place: str = Field(description="the place: significant digits of its unit code (340181, 5206)")
    name: Name = Field(description="its name")
    version: str = Field(description="the version, as text")
    effective: Effective = Field(description="the days in force")
    extends: str | None = Field(
        default=None, description="`place/version` of the upper unit's file that this one changes"
    )
    documents: tuple[SourceDocument, ...] = Field(default=(), description="the governing documents")
    indices: Mapping[str, Index] = Field(default_factory=dict, description="dated series")
    workers: Workers = Field(default_factory=Workers, description="whom the place evaluates and pays")
    service: Service = Field(default_factory=Service, description="how years of service are counted")
    posts: tuple[PostClass, ...] = Field(
        default=(), description="the posts, highest first: the first whose condition holds"
    )
    classes: Mapping[str, tuple[PostClass, ...]] = Field(
        default_factory=dict, description="other groupings; each becomes a fact and may use earlier ones"
    )
    scales: Mapping[str, Scale] = Field(
        default_factory=dict, description="ladders; each becomes a fact, and `<scale>_years` too"
    )
    pay: Pay | None = Field(default=None, description="what is paid")
    assessment: Assessment | None = Field(default=None, description="how people are assessed")
    checks: tuple[Check, ...] = Field(default=(), description="what is to be reached, and by when")
    employment: Employing | None = Field(default=None, description="how people are employed")
    exits: tuple[Exit, ...] = Field(default=(), description="the reasons of leaving")
    archives: Archives | None = Field(default=None, description="who keeps the personnel archives")
    quota: Quota | None = Field(default=None, description="how many people a unit may have")
    procedures: tuple[Procedure, ...] = Field(
        default=(), description="the steps in front of acts about posts, moves and leaving"
    )
    recruitment: Recruitment | None = Field(default=None, description="open recruitment by examination")
    leaves: Annotated[tuple[Leaf, ...], Term] = Field(default=(), description="every value in document order")
    sha256: str = Field(default="", description="hash of the text (with its parents')")
    text: str = Field(default="", description="the file as written")

    def unset(self, path: str = "") -> tuple[Leaf, ...]:
        """The values left open at or below a path, in document order."""
        return tuple(
            leaf
            for leaf in self.leaves
            if leaf.status is Status.UNSET and (not path or leaf.path == path or leaf.path.startswith(path + "."))
        )


def iter_leaves(policy: Policy) -> Iterator[Leaf]:
    """Every value of the document, in its order, with source and status."""
    yield from policy.leaves


def clause(policy: Policy, path: str) -> Any:
    """The leaf at a path, or the block that stands there; KeyError if there is neither."""
    for leaf in policy.leaves:
        if leaf.path == path:
            return leaf
    found = _find(policy, path)
    if found is None:
        raise KeyError(path)
    return found


def _find(value: Any, path: str) -> Any:
    if isinstance(value, Block):
        if value.path == path and path:
            return value
        if value.path and not path.startswith(value.path + "."):
            return None
        for field in type(value).model_fields:
            found = _find(getattr(value, field), path)
            if found is not None:
                return found
    elif isinstance(value, tuple | list):
        for item in value:
            found = _find(item, path)
            if found is not None:
                return found
    elif isinstance(value, dict):
        for item in value.values():
            found = _find(item, path)
            if found is not None:
                return found
    elif getattr(value, "path", None) == path:
        return value
    return None
