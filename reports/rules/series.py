"""The days on which a series has its points."""

from __future__ import annotations

from datetime import date, timedelta

from core.periods import Month

MONTHS = {"month": 1, "quarter": 3, "year": 12}
MOST = 120  # points of one series: ten years by month


def points(first: date, last: date, step: str) -> list[tuple[date, date]]:
    """The months, quarters or years that lie between two days, each as its first and last day, cut at both ends.

    >>> points(date(2025, 11, 15), date(2026, 1, 31), "quarter")
    [(datetime.date(2025, 11, 15), datetime.date(2025, 12, 31)), (datetime.date(2026, 1, 1), datetime.date(2026, 1, 31))]
    """
    length, found, begin = MONTHS[step], [], first
    while begin <= last:
        month = (begin.month - 1) // length * length + length
        end = min(Month(begin.year, month).last_day, last)
        found.append((begin, end))
        begin = end + timedelta(days=1)
    return found
