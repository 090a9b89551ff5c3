"""What the apps above hang onto units. They register when the program starts; organization imports none of them.

So a unit can be moved with its people in one transaction although this app knows no people, and a page of a unit can
say how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from organization.models import Unit, User


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that one may or may not work with: where it is, and what of its state can stand in the way.

    paths: of units; a permission on one of them is enough. starter: the number of the user who began it.
    """

    name: str
    paths: tuple[str, ...]
    state: str = ""
    starter: int | None = None


@dataclass(frozen=True)
class YearPay:
    """The pay of a year of the people of a unit: fen by person's number, and why somebody's can't be said.

    unsaid: why nobody's can. Who is in neither is employed nowhere in the unit.
    """

    years: Mapping[int, int] = field(default_factory=dict)
    why: Mapping[int, str] = field(default_factory=dict)
    unsaid: str = ""


@dataclass(frozen=True)
class LastPay:
    """The last slip of somebody who leaves: the first day of its month, its days [from, to), fen; why: it can't be said."""

    month: date
    first: date | None = None
    end: date | None = None
    gross: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ladders:
    """What a move does to somebody's values on ladders, by the number of the person.

    faults(person, unit, day): why they can't go along. end(actor=, person=, day=): they end. begin(actor=, person=, unit=,
    day=): the first ones by the rules of a unit.
    """

    faults: Callable[[int, Unit, date], list[str]]
    end: Callable[..., None]
    begin: Callable[..., None]


@dataclass
class Above:
    """The hooks of the apps above, by app."""

    follows: dict[str, Callable[..., dict[str, int]]] = field(default_factory=dict)
    open_runs: dict[str, Callable[[list[str]], list[str]]] = field(default_factory=dict)
    subjects: dict[str, tuple[Any, Callable[[int], Subject | None]]] = field(default_factory=dict)
    headcounts: Callable[[str, date], dict[str, int]] | None = None
    posts: Callable[[User | None, Unit, date], list[Any]] | None = None
    party: Callable[[User | None, Unit, date], list[Any]] | None = None
    pay: Callable[[Unit, date, YearPay | None], YearPay] | None = None
    last: Callable[[int, Unit, date], LastPay] | None = None
    ladders: Ladders | None = None

    def follow(self, *, actor: User | None, moved: Mapping[int, Unit], day: date) -> dict[str, int]:
        """Let everything above follow its unit; row counts by kind."""
        counts: dict[str, int] = {}
        for app in sorted(self.follows):
            counts |= self.follows[app](actor=actor, moved=moved, day=day)
        return counts

    def runs_in_the_way(self, paths: list[str]) -> list[str]:
        """A sentence for each open run that has people of these parts of the tree."""
        return [text for app in sorted(self.open_runs) for text in self.open_runs[app](paths)]

    def people_below(self, path: str, day: date) -> dict[str, int]:
        """How many people work on the day in each unit in and below the path, by the unit's path."""
        return self.headcounts(path, day) if self.headcounts is not None else {}

    def posts_of(self, user: User | None, unit: Unit, day: date) -> list[Any]:
        """The posts of a unit with their holders, as far as the user may see them."""
        return self.posts(user, unit, day) if self.posts is not None else []

    def party_of(self, user: User | None, unit: Unit, day: date) -> list[Any]:
        """How many party organisations of each kind there are below a unit, as far as the user may see them."""
        return self.party(user, unit, day) if self.party is not None else []

    def year_pay(self, unit: Unit, day: date, before: YearPay | None = None) -> YearPay:
        """The pay of a year in a unit. before: the same before a decision, which is tried out now."""
        return self.pay(unit, day, before) if self.pay is not None else YearPay()

    def last_pay(self, person: int, unit: Unit, end: date) -> LastPay | None:
        """The last slip of somebody who is no longer employed in a unit from a day on."""
        return self.last(person, unit, end) if self.last is not None else None


above = Above()
