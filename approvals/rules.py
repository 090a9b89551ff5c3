"""Days of notices, what a step still needs, and how far a move goes: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from organization.rules.codes import DIGITS

SATURDAY = 5  # of date.weekday()
# Which values of an act answer a need of a step.
VALUES: Mapping[str, tuple[str, ...]] = {
    "group": ("group",),
    "votes": ("votes_for", "votes_against", "votes_abstained"),
    "evaluation": ("evaluation",),
    "meeting": ("meeting_day",),
    "decision_number": ("decision_number",),
    "order_number": ("order_number",),
    "effective_date": ("effective_date",),
}


class YearMissing(Exception):
    """Nobody has entered the holidays of a year. `year`: which."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


def is_working(day: date, calendar: Mapping[date, bool], years: Collection[int]) -> bool:
    """Whether a day is a working day. calendar: exceptions, True for a weekend day worked, False for a holiday.

    Raises YearMissing for a year that is not in `years`.
    """
    if day.year not in years:
        raise YearMissing(day.year)
    return calendar.get(day, day.weekday() < SATURDAY)


def last_day(first: date, days: int, count: str, calendar: Mapping[date, bool], years: Collection[int]) -> date:
    """The last day of a notice that went up on `first` for at least `days` days (natural or working).

    The first day is not counted; what depends on the notice may happen from the day after the last one.
    """
    if count == "natural":
        return first + timedelta(days=days)
    day, counted = first, 0
    while counted < days:
        day += timedelta(days=1)
        counted += is_working(day, calendar, years)
    return day


def levels_left(path: str, to: str) -> frozenset[str]:
    """The levels (community, street, county, city) whose unit somebody leaves who goes from one path to another.

    >>> sorted(levels_left("34/3401/340181/340181002/340181002001/", "34/3401/340181/340181003/340181003001/"))
    ['community', 'street']
    """
    found = set()
    for level in ("community", "street", "county", "city"):
        codes = path.rstrip("/").split("/")
        own = next((n for n, code in enumerate(codes) if len(code) == DIGITS[level.upper()]), len(codes) - 1)
        if not to.startswith("/".join(codes[: own + 1]) + "/"):
            found.add(level)
    return frozenset(found)


def missing(needs: Collection[str], values: Mapping[str, Any], documents: int) -> list[str]:
    """The needs of a step that nothing answers yet, in their order. documents: how many are attached to the step."""
    found = []
    for need in needs:
        if need == "document":
            if not documents:
                found.append(need)
        elif any(values.get(name) in (None, "") for name in VALUES[need]):
            found.append(need)
    return found
