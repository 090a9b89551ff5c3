"""What an evaluation knows beside the facts: the policy, the day, the results that count, the indices in force."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.periods import Month
from policy.rules.facts import Fact, vocabulary
from policy.rules.terms import IndexRef, Leaf, Status

if TYPE_CHECKING:
    from policy.rules.document import Index, IndexPoint, Policy


T = TypeVar("T")


class UnsetValue(Exception):
    """A computation needs values that the policy leaves open: `leaves` names all of them."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.leaves = tuple(leaves)
        super().__init__("; ".join(f"{leaf.path}: {leaf.because or ''}" for leaf in self.leaves))


class MissingIndex(Exception):
    """An index has no value that may be used on the day."""

    def __init__(self, index: str, place: str, day: date, unit: str | None = None) -> None:
        self.index, self.place, self.day, self.unit = index, place, day, unit
        super().__init__(f"{index} of {unit or place} has no value for {day}")


@dataclass(frozen=True, slots=True)
class IndexValue:
    """The value of an index in force: per month where a month is computed. `leaf` says where it comes from."""

    unit: str | None  # the street or county it is for; None: for everybody
    value: Fraction
    leaf: Leaf


@dataclass(frozen=True)
class Context:
    """One evaluation's surroundings.

    day decides dated indices; `known` (default: the day) which publications had been made. results_year is the newest
    year whose annual results count. With a month, yearly figures are divided by 12. own_means: index code → mean of
    the place's own sealed slips. published: values entered after the policy, index code → key → (value, published).
    """

    policy: Policy
    day: date
    results_year: int | None = None
    month: Month | None = None
    known: date | None = None
    own_means: Mapping[str, Fraction] = field(default_factory=dict)
    published: Mapping[str, Mapping[int | date, tuple[Decimal, date | None]]] = field(default_factory=dict)

    @cached_property
    def vocabulary(self) -> Mapping[str, Fact]:
        return vocabulary(self.policy)

    @cached_property
    def _built(self) -> dict[Hashable, tuple[object, Any]]:
        return {}

    def once(self, what: Hashable, term: object, build: Callable[[], T]) -> T:
        """What `build` makes of a term of the policy in these surroundings: made once, since neither ever changes.

        Expressions cost more to put together than to work out for some thousand people, and every batch of a run asks
        for the same. Each is kept with its term, so that the term's number can't come to stand for another.
        """
        key = (what, id(term))
        if key not in self._built:
            self._built[key] = (term, build())
        return cast(T, self._built[key][1])

    def at(self, day: date, *, month: Month | None = None, results_year: int | None = None) -> Context:
        """The same surroundings on another day."""
        return replace(self, day=day, month=month, results_year=results_year)

    def index(self, ref: IndexRef) -> tuple[IndexValue, ...]:
        """The values of an index for this day: one for everybody, or one a street or county.

        Of an index split by street or county, a unit without a value is left out, and so are its people; where no unit
        has one, UnsetValue or MissingIndex is raised as for an index of all.
        """
        index = self.policy.indices[ref.index]
        months = 12 if index.per == "year" and self.month is not None else 1
        if index.own_mean is not None:
            if ref.index not in self.own_means:
                raise MissingIndex(ref.index, self.policy.place, self.day)
            leaf = Leaf(value=None, path=ref.path, cite=ref.cite or index.cite)
            return (IndexValue(None, self.own_means[ref.index] / months, leaf),)
        series = dict(index.series_by) if index.by else {None: index.series}
        found: list[IndexValue] = []
        gaps: list[UnsetValue | MissingIndex] = []
        for unit, points in series.items():
            try:
                leaf = self._in_force(index, points, ref, unit)
                if leaf.status is Status.UNSET:
                    raise UnsetValue([leaf])
            except (UnsetValue, MissingIndex) as gap:
                gaps.append(gap)
            else:
                found.append(IndexValue(unit, Fraction(leaf.number) / months, leaf))
        if gaps and not found:
            raise gaps[0]
        return tuple(found)

    def _in_force(self, index: Index, points: Mapping[int | date, IndexPoint], ref: IndexRef, unit: str | None) -> Leaf:
        known = self.known or self.day
        usable: dict[int | date, Leaf] = {
            key: point.value for key, point in points.items() if point.published is None or point.published <= known
        }
        if unit is None:
            for key, (value, published) in self.published.get(ref.index, {}).items():
                if published is None or published <= known:
                    usable[key] = Leaf(value=value, path=f"indices.{ref.index}.series.{key}", cite=ref.index)
        if index.keyed == "date":
            days = [key for key in usable if isinstance(key, date) and key <= self.day]
            if not days:
                raise MissingIndex(ref.index, self.policy.place, self.day, unit)
            return usable[max(days)]
        wanted = self._year(ref, index)
        if wanted in usable:
            return usable[wanted]
        earlier = [key for key in usable if isinstance(key, int) and key < wanted]
        if index.pending == "stop" or isinstance(ref.of_year, int) or not earlier:
            raise MissingIndex(ref.index, self.policy.place, self.day, unit)
        return usable[max(earlier)]

    def _year(self, ref: IndexRef, index: Index) -> int:
        if isinstance(ref.of_year, int):
            return ref.of_year
        year = self.day.year - (1 if ref.of_year == "previous" else 0)
        return year if self.day.month >= index.applies.from_month else year - 1
