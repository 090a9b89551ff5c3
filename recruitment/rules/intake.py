"""What those whom a batch brought are like beside those who serve: mean age, college or above, certificates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import round_ratio
from core.periods import whole_years


@dataclass(frozen=True, slots=True)
class Worker:
    """What is asked of somebody. college_since, certified_since: the first day on which they had such a diploma (junior
    college or above) or a certificate of social work of any level; None: never."""

    birth_date: date | None
    college_since: date | None
    certified_since: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """People as of a day. ages: the sum of whole years of those `aged` whose date of birth is on record."""

    people: int
    ages: int
    aged: int
    college: int
    certified: int

    @property
    def mean_age(self) -> Decimal | None:
        return _tenths(self.ages, self.aged)

    @property
    def college_share(self) -> Decimal | None:
        return _tenths(100 * self.college, self.people)

    @property
    def certified_share(self) -> Decimal | None:
        return _tenths(100 * self.certified, self.people)


@dataclass(frozen=True, slots=True)
class Compared:
    """Those hired beside those who served, as of the day of the first hire; all of it from whole numbers, half up."""

    day: date
    hired: Group
    serving: Group

    @property
    def age_change(self) -> Decimal | None:
        """By how many years those hired are older (or younger, below 0)."""
        return _difference(self.hired.ages, self.hired.aged, self.serving.ages, self.serving.aged)

    @property
    def college_change(self) -> Decimal | None:
        """By how many percentage points their share is higher."""
        return _difference(100 * self.hired.college, self.hired.people, 100 * self.serving.college, self.serving.people)

    @property
    def certified_change(self) -> Decimal | None:
        return _difference(
            100 * self.hired.certified, self.hired.people, 100 * self.serving.certified, self.serving.people
        )


def group_of(workers: Iterable[Worker], day: date) -> Group:
    """People as they are on a day."""
    people = ages = aged = college = certified = 0
    for one in workers:
        people += 1
        if one.birth_date is not None:
            ages += whole_years(one.birth_date, day)
            aged += 1
        college += one.college_since is not None and one.college_since <= day
        certified += one.certified_since is not None and one.certified_since <= day
    return Group(people, ages, aged, college, certified)


def _tenths(part: int, whole: int) -> Decimal | None:
    return Decimal(round_ratio(10 * part, whole)).scaleb(-1) if whole else None


def _difference(part: int, whole: int, other: int, of: int) -> Decimal | None:
    """part ÷ whole − other ÷ of, rounded once."""
    return _tenths(part * of - other * whole, whole * of)
