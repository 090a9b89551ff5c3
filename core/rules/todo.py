"""What waits for somebody, and in which order. Pure: no Django, database or clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits: what it is, where, since when, whether the reader started it, and the page to open.

    due: the day by which it should be done, None where no day is set.
    """

    label: str
    unit: str
    since: date
    mine: bool
    state: str
    url_name: str
    url_args: tuple[int, ...]
    due: date | None = None


DUE = ("overdue", "today", "this week", "later", "no day")


def due_group(due: date | None, today: date) -> str:
    """The group of DUE that a day belongs to. A week ends on Sunday, as in the calendars of offices."""
    if due is None:
        return "no day"
    if due < today:
        return "overdue"
    if due == today:
        return "today"
    return "this week" if due <= today + timedelta(days=6 - today.weekday()) else "later"


def due_groups(todo: Iterable[Todo], today: date) -> dict[str, list[Todo]]:
    """Todos by the groups of DUE, without empty groups; the soonest first, what has no day by its age."""
    groups: dict[str, list[Todo]] = {name: [] for name in DUE}
    for one in sorted(todo, key=lambda one: (one.due or date.max, one.since)):
        groups[due_group(one.due, today)].append(one)
    return {name: found for name, found in groups.items() if found}
