"""What the rules of a place say of who keeps archives: of the days of a post, and in words for the page."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from organization.models import COUNTY_DIGITS, path_above
from personnel.selectors.record import FileRecord
from policy.models import PolicyVersion, named
from policy.rules.custody import custodian_of
from policy.rules.terms import Status
from policy.selectors import versions_of_places_for_system


class RulesSay:
    """What versions of rules say of posts held, worked out once for each; for `personnel.rules.custody`."""

    def __init__(self) -> None:
        self._known: dict[tuple[Hashable, frozenset[str]], str | None] = {}

    def __call__(self, rules: Hashable, posts: frozenset[str]) -> str | None:
        if (rules, posts) not in self._known:
            assert isinstance(rules, PolicyVersion)
            line = custodian_of(rules.document, posts)
            self._known[rules, posts] = line.at if line is not None else None
        return self._known[rules, posts]


def ruled_days_for_system(
    path: str, start: date, end: date | None, versions: Sequence[PolicyVersion]
) -> Iterator[tuple[PolicyVersion | None, bool, date, date | None]]:
    """The days [start, end) of a unit in pieces, each with its rules and whether these are in force on them. Asks nothing.

    path: of the unit. versions: those of nearer places first. Before the first rules of all, these are named and not in
    force.
    """
    own = _of_place(path, versions)
    edges = {day for one in own for day in (one.effective.lower, one.effective.upper)}
    days = sorted({start, *(day for day in edges if day is not None and day > start and (end is None or day < end))})
    first = min(own, key=lambda one: one.first_day, default=None)
    for day, until in zip(days, [*days[1:], end], strict=True):
        rules = _in_force(own, day)
        if rules is None and first is not None and day < first.first_day:
            yield first, False, day, until
        else:
            yield rules, rules is not None, day, until


def _of_place(path: str, versions: Sequence[PolicyVersion]) -> list[PolicyVersion]:
    """Those of the unit and of what lies above it, in their order."""
    codes = set(path.rstrip("/").split("/"))
    return [one for one in versions if one.place in codes]


def _in_force(versions: Sequence[PolicyVersion], day: date) -> PolicyVersion | None:
    return next((one for one in versions if day in one.effective), None)


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules of a place say of an archive, in words; names: whether they name who keeps it."""

    words: str
    names: bool = False


def custody_words_for_system(record: FileRecord) -> list[Said]:
    """What the rules say of who keeps a person's archive on the day of the record, with the clause; where they say
    nothing, that it stays where it is on record. One for each place in which the person works or holds a post.
    """
    held: dict[str, set[str]] = {}
    for one in (*record.holding("employment"), *record.holding("post")):
        row: Any = one.row
        unit = row.post.unit if one.section.code == "post" else row.unit
        held.setdefault(path_above(unit.path, COUNTY_DIGITS), set()).update(
            [row.title] if one.section.code == "post" else []
        )
    versions = versions_of_places_for_system(code for path in held for code in path.rstrip("/").split("/"))
    return [_said(path, posts, record, versions) for path, posts in sorted(held.items())]


def _said(path: str, posts: set[str], record: FileRecord, versions: Sequence[PolicyVersion]) -> Said:
    version = _in_force(_of_place(path, versions), record.day)
    if version is None:
        return Said(
            _("No rules are in force here: nothing says who keeps the archive, and it stays where it is on record.")
        )
    words = {"place": named(version.document.name)}
    line = custodian_of(version.document, posts)
    key = f"{line.path}.at" if line is not None else "archives"
    leaf = next((one for one in version.document.leaves if one.path.startswith(key)), None)
    if line is not None and line.at is not None and leaf is not None:
        if leaf.status == Status.ASSUMED:
            text = _("Follows the rules of %(place)s, by an assumption: %(why)s")
            return Said(text % (words | {"why": leaf.because or ""}), names=True)
        text = _("Follows the rules of %(place)s (%(clause)s).")
        return Said(text % (words | {"clause": leaf.cite or key}), names=True)
    if leaf is not None and leaf.status == Status.UNSET:
        text = _("The rules of %(place)s leave open who keeps the archive: %(why)s It stays where it is on record.")
        return Said(text % (words | {"why": leaf.because or ""}))
    text = _("The rules of %(place)s don't say who keeps the archive: it stays where it is on record.")
    return Said(text % words)
