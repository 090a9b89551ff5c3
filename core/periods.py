"""Days, months, spans and whole years. Ranges are half open: [start, end), and no end is no end. Pure: no Django."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

_MONTH = re.compile(r"^(\d{4})[-./年]?(\d{1,2})月?$")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month.

    >>> Month.parse("2026-01").previous()
    Month(year=2025, month=12)
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9998):
            raise ValueError(f"{self.year}-{self.month} is no month")

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, text: str) -> Month:
        """2026-01, 2026.1, 202601 or 2026年1月; anything else is a ValueError."""
        found = _MONTH.match(text.strip())
        if not found:
            raise ValueError(f"{text!r} is no month; write it like 2026-01")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, self.days)

    @property
    def next_first(self) -> date:
        return self.last_day + timedelta(days=1)

    @property
    def days(self) -> int:
        return monthrange(self.year, self.month)[1]

    def plus(self, months: int) -> Month:
        number = self.year * 12 + self.month - 1 + months
        return Month(number // 12, number % 12 + 1)

    def previous(self) -> Month:
        return self.plus(-1)

    def next(self) -> Month:
        return self.plus(1)

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day < self.next_first

    def until(self, end: Month) -> Iterator[Month]:
        """This month and those after it, up to and without `end`."""
        month = self
        while month < end:
            yield month
            month = month.next()


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to before `end`; without an end, on and on."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"a span can't end ({self.end}) before it starts ({self.start})")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Span) -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


def add_years(day: date, years: int) -> date:
    """The anniversary; that of 29 February in a common year is 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the 28th for a 29th of February.

    >>> years_before(date(2024, 2, 29), 10)
    datetime.date(2014, 2, 28)
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def add_months(day: date, months: int) -> date:
    """The same day so many months on; where the month has no such day, the first of the month after."""
    month = Month(day.year, day.month).plus(months)
    return date(month.year, month.month, day.day) if day.day <= month.days else month.next_first


def whole_months(start: date, day: date) -> int:
    """Full months from `start` to `day`, by day of the month; never below zero."""
    return max(0, (day.year - start.year) * 12 + day.month - start.month - (day.day < start.day))


def whole_years(start: date, day: date) -> int:
    """Anniversaries reached on `day`; who was born on 29 February completes a year on 1 March of a common year."""
    return whole_months(start, day) // 12


def whole_months_between(start: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The column twin of `whole_months`; Int64, null where either date is."""
    months = (day.dt.year().cast(pl.Int64) - start.dt.year()) * 12 + day.dt.month() - start.dt.month()
    return (months - (day.dt.day() < start.dt.day()).cast(pl.Int64)).clip(lower_bound=0)


def whole_years_between(start: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The column twin of `whole_years`."""
    return whole_months_between(start, day) // 12
