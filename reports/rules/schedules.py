"""When a scheduled report is due, and of which day it then is."""

from __future__ import annotations

from datetime import date, timedelta

STEPS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
LAST_DAY = 28  # of a month that every month has


def next_due(every: str, on_day: int, after: date) -> date:
    """The first day after `after` on which the report is due: day `on_day` of each month, of the first month of each
    quarter, or of January.

    >>> next_due("MONTH", 5, date(2026, 11, 5)), next_due("QUARTER", 5, date(2026, 11, 5)), next_due("YEAR", 5, date(2026, 1, 4))
    (datetime.date(2026, 12, 5), datetime.date(2027, 1, 5), datetime.date(2026, 1, 5))
    """
    step = STEPS[every]
    found = date(after.year, (after.month - 1) // step * step + 1, on_day)
    while found <= after:
        months = found.year * 12 + found.month - 1 + step
        found = date(months // 12, months % 12 + 1, on_day)
    return found


def period_of(as_of: str, due: date) -> tuple[date, date]:
    """The period that a report of a due day is about: its first day, and the day as of which it is.

    SAME_DAY: since 1 January. MONTH, QUARTER, YEAR: the whole one before that of the due day.

    >>> period_of("MONTH", date(2026, 3, 5)), period_of("YEAR", date(2026, 3, 5))
    ((datetime.date(2026, 2, 1), datetime.date(2026, 2, 28)), (datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)))
    """
    if as_of == "SAME_DAY":
        return date(due.year, 1, 1), due
    step = STEPS[as_of]
    last = date(due.year, (due.month - 1) // step * step + 1, 1) - timedelta(days=1)
    return date(last.year, last.month - step + 1, 1), last
