"""When somebody retires: at the age that the rules of a place give, or at the statutory one.

The statutory age is raised since January 2025, step by step (decision of the Standing Committee of 13 September 2024):
for men from 60 to 63 and for women from 55 to 58 by a month every four months, for women of 50 to 55 by a month every
two. Community workers are reckoned like staff: women at 55.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from policy.rules.context import Context
from policy.rules.document import Policy
from policy.rules.figures import figure

RAISED_FROM = date(2025, 1, 1)
STATUTORY = {"MALE": (60, 4, 36), "FEMALE": (55, 4, 36)}  # age, a month's raise every so many months, at most


def retirement_day(birth: date, sex: str, age: int | None = None) -> date:
    """The day from which somebody is retired. age: by the rules of a place; None: the statutory one.

    >>> retirement_day(date(1965, 4, 30), "MALE")
    datetime.date(2025, 5, 30)
    >>> retirement_day(date(1970, 5, 1), "FEMALE")
    datetime.date(2025, 7, 1)
    """
    if age is not None:
        return months_on(birth, age * 12)
    years, every, most = STATUTORY[sex]
    plain = months_on(birth, years * 12)
    passed = (plain.year - RAISED_FROM.year) * 12 + plain.month - RAISED_FROM.month
    return months_on(birth, years * 12 + (0 if passed < 0 else min(passed // every + 1, most)))


def births_between(first: date, end: date, sex: str, age: int | None = None) -> tuple[date, date]:
    """The birth dates [from, to) of those who retire on a day of [first, end)."""
    return _earliest(lambda birth: retirement_day(birth, sex, age) >= first), _earliest(
        lambda birth: retirement_day(birth, sex, age) >= end
    )


def retirement_age(policy: Policy | None, sex: str, day: date) -> int | None:
    """The age that the rules of a place give somebody of a sex; None where they leave it to the law, or open."""
    rule = policy.employment.retirement if policy is not None and policy.employment is not None else None
    if policy is None or rule is None:
        return None
    number = figure(rule, Context(policy, day))
    row = pl.DataFrame({"sex": [sex]}).select(n=number.numerator, unset=number.unset, missing=number.missing).row(0)
    return None if row[1] is not None or row[2] else int(row[0]) // number.denominator


def _earliest(reached: Callable[[date], bool]) -> date:
    """The first birth date that fulfils what every later one fulfils too."""
    low, high = date(1900, 1, 1).toordinal(), date(2100, 1, 1).toordinal()
    while low < high:
        middle = (low + high) // 2
        if reached(date.fromordinal(middle)):
            high = middle
        else:
            low = middle + 1
    return date.fromordinal(low)


def months_on(day: date, months: int) -> date:
    """The same day some months later; the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - date(year, month + 1, 1)).days))


__all__ = ["births_between", "months_on", "retirement_age", "retirement_day"]
