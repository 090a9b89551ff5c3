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


@dataclass
class Above:
    """The hooks of the apps above, by app."""

    follows: dict[str, Callable[..., dict[str, int]]] = field(default_factory=dict)
    open_runs: dict[str, Callable[[list[str]], list[str]]] = field(default_factory=dict)
    subjects: dict[str, tuple[Any, Callable[[int], Subject | None]]] = field(default_factory=dict)
    headcounts: Callable[[str, date], dict[str, int]] | None = None
    posts: Callable[[User | None, Unit, date], list[Any]] | None = None
    party: Callable[[User | None, Unit, date], list[Any]] | None = None

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


above = Above()
