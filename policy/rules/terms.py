"""The terms of which every rule is made: leaves, figures and conditions, in normal form.

A policy file has many ways to write a number or a condition; reading the file turns each into one of the frozen
classes below, and everything that computes works on these alone. Numbers stay exact (`Decimal`); what a source
leaves open stays visible (`Leaf.status`) and is never replaced by zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Value = Decimal | str | bool | date


class Status(StrEnum):
    """Where a value comes from: printed in a source, assumed by us with a reason, or left open."""

    CITED = "cited"
    ASSUMED = "assumed"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a policy, with its place in the document and its source.

    `path` is stable and unique in a document ("pay.components.post.amount.of.chief"); entries of a list that have a
    code are named by it, others by their number. `because` is the reason of an assumed value or the text of an unset
    one; `low` and `high` bound a value that lower units choose (unset until one of them does).
    """

    value: Value | None
    path: str
    status: Status = Status.CITED
    cite: str | None = None
    because: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    line: int = 0
    origin: str = ""  # the file (place/version) it came from, when documents are merged

    @property
    def number(self) -> Decimal:
        """The value as a number; asking an unset or textual leaf for one is a programming error."""
        if not isinstance(self.value, Decimal):
            raise TypeError(f"{self.path} is not a number: {self.value!r}")
        return self.value


# -- Figures (policy.md 3.3) ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """A figure by one coded fact; several facts are tables within tables, in the order written."""

    by: str
    of: Mapping[str, Figure]
    otherwise: Figure | None
    path: str


@dataclass(frozen=True, slots=True)
class Tail:
    """How bands go on past the last edge: for each further `every` units of the fact, `add`."""

    every: Leaf
    add: Leaf
    part: str  # up | down: a started step counts (up) or does not (down)


@dataclass(frozen=True, slots=True)
class Bands:
    """A figure by bands of a number. `values[i]` holds from `edges[i]` on.

    closed "at": the edge belongs to the band it opens (`at:`); "over": to the band below (`over:`).
    `otherwise` holds below the first edge; without it such a person is an error that names them.
    """

    by: str
    edges: tuple[Decimal, ...]
    values: tuple[Figure, ...]
    closed: str
    otherwise: Figure | None
    tail: Tail | None
    path: str


@dataclass(frozen=True, slots=True)
class Steps:
    """A figure by a whole number from 1 on: `first + (n - 1) × each`."""

    by: str
    first: Leaf
    each: Leaf
    path: str


@dataclass(frozen=True, slots=True)
class Values:
    """A figure by a whole number with its values listed; a number that is not listed is unset (`missing`)."""

    by: str
    of: Mapping[int, Figure]
    missing: Leaf
    path: str


@dataclass(frozen=True, slots=True)
class IndexRef:
    """A dated index (minimum wage, average wage). `of_year`: None (by the day), "previous", "same" or a year."""

    index: str
    of_year: str | int | None
    path: str
    cite: str | None = None


@dataclass(frozen=True, slots=True)
class FactRef:
    """A fact that is itself the number."""

    fact: str
    path: str
    cite: str | None = None


Figure = Leaf | Table | Bands | Steps | Values | IndexRef | FactRef


def leaves(figure: Figure) -> Iterator[Leaf]:
    """Every leaf of a figure, in the order of the document."""
    match figure:
        case Leaf():
            yield figure
        case Table() | Values():
            for inner in figure.of.values():
                yield from leaves(inner)
            if isinstance(figure, Table) and figure.otherwise is not None:
                yield from leaves(figure.otherwise)
        case Bands():
            if figure.otherwise is not None:
                yield from leaves(figure.otherwise)
            for inner in figure.values:
                yield from leaves(inner)
            if figure.tail is not None:
                yield from (figure.tail.every, figure.tail.add)
        case Steps():
            yield from (figure.first, figure.each)
        case IndexRef() | FactRef():
            return


# -- Conditions (policy.md 3.2) ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """One line of a condition. op: is, any_of, all_of, none_of, at_least, at_most, above, below, before, after, within.

    `operand` has one leaf, or several for the operators of sets (and two days for `within`).
    A fact that is NONE fulfils no test but `is: NONE` (and `none_of` of sets without the members).
    """

    __test__ = False  # not a test case, whatever pytest makes of its name

    fact: str
    op: str
    operand: tuple[Leaf, ...]
    path: str


@dataclass(frozen=True, slots=True)
class HistoryTest:
    """`annual_grades: {grade: G, times: n, in_last: m | contract_term}`; a year that is NONE matches nothing."""

    grade: tuple[str, ...]
    times: int
    in_last: int | str
    path: str


@dataclass(frozen=True, slots=True)
class HonourTest:
    """`honours: {kind: K, level: test}`: at least one honour that fulfils all given lines."""

    kind: tuple[str, ...]
    level: Test | None
    path: str
    within_years: int | None = None


@dataclass(frozen=True, slots=True)
class All:
    of: tuple[Condition, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple[Condition, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


Condition = Test | HistoryTest | HonourTest | All | AnyOf | Not

ALWAYS = All(())
