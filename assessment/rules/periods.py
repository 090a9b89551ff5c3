"""Periods of schemes as texts: "2025", "2025-H1", "2025-Q3", "2025-03", "2025-03-05", and "2025/…" for a special one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

CYCLES = ("day", "month", "quarter", "half_year", "year", "special")
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("year", re.compile(r"(\d{4})")),
    ("half_year", re.compile(r"(\d{4})-H([12])")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("month", re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
    ("special", re.compile(r"(\d{4})/([\w.-]{1,12})")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a cycle: all days with first <= day < end."""

    cycle: str
    code: str
    first: date
    end: date

    @property
    def year(self) -> int:
        return self.first.year

    @property
    def last(self) -> date:
        """The day on which people's facts are read."""
        return self.end - timedelta(days=1)


def parse(code: str) -> Period:
    """The period of a text. Raises ValueError with what is allowed."""
    for cycle, form in _FORMS:
        match = form.fullmatch(code.strip())
        if match:
            return _of(cycle, list(match.groups()))
    raise ValueError(f"{code!r} is no period: write 2025, 2025-H1, 2025-Q3, 2025-03, 2025-03-05 or 2025/name")


def _of(cycle: str, groups: list[str]) -> Period:
    year = int(groups[0])
    if cycle == "special":
        return Period(cycle, f"{year}/{groups[1]}", date(year, 1, 1), date(year + 1, 1, 1))
    if cycle == "day":
        day = date(year, int(groups[1]), int(groups[2]))
        return Period(cycle, day.isoformat(), day, day + timedelta(days=1))
    length = _MONTHS[cycle]
    number = int(groups[1]) if len(groups) > 1 else 1
    first = date(year, (number - 1) * length + 1, 1)
    following = (number * length) + 1
    end = date(year + 1, 1, 1) if following > 12 else date(year, following, 1)
    return Period(cycle, _code(cycle, year, number), first, end)


def _code(cycle: str, year: int, number: int) -> str:
    return {
        "year": f"{year}",
        "half_year": f"{year}-H{number}",
        "quarter": f"{year}-Q{number}",
        "month": f"{year}-{number:02d}",
    }[cycle]


def containing(cycle: str, day: date) -> str:
    """The code of the month, quarter, half-year or year in which a day lies."""
    return _code(cycle, day.year, (day.month - 1) // _MONTHS[cycle] + 1)


def within(period: Period, cycle: str) -> tuple[str, ...]:
    """The codes of a shorter (or the same) cycle's periods inside a period, oldest first; special ones are not listed."""
    if cycle == "day":
        days = (period.end - period.first).days
        return tuple((period.first + timedelta(days=n)).isoformat() for n in range(days))
    if cycle == "special":
        return ()
    length = _MONTHS[cycle]
    codes = []
    for number in range(1, 12 // length + 1):
        inner = _of(cycle, [str(period.year), str(number)])
        if period.first <= inner.first and inner.end <= period.end:
            codes.append(inner.code)
    return tuple(codes)
