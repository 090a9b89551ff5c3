"""When an approved number may change: at the beginning of a period of review."""

from __future__ import annotations

from datetime import date

from policy.rules.document import Quota

TERM = 5  # years of a term of the committees, by the organic law of residents' committees as revised in 2018


def boundary(quota: Quota, day: date) -> date | None:
    """The first day of the period that a day lies in; None where the rules name no cycle, or no first day.

    >>> boundary(Quota(review="committee_term", periods_from=date(2021, 5, 1)), date(2026, 4, 30))
    datetime.date(2021, 5, 1)
    """
    years = {"committee_term": TERM, "yearly": 1, "years": quota.review_years or 1}.get(quota.review or "")
    if years is None:
        return None
    if quota.periods_from is None:
        return date(day.year, 1, 1) if quota.review == "yearly" else None
    first = quota.periods_from
    passed = day.year - first.year - ((day.month, day.day) < (first.month, first.day))
    return _years_on(first, passed // years * years)


def next_boundary(quota: Quota, day: date) -> date | None:
    """The first day of the next period after a day; None where `boundary` is.

    >>> next_boundary(Quota(review="committee_term", periods_from=date(2021, 5, 1)), date(2026, 4, 30))
    datetime.date(2026, 5, 1)
    """
    first = boundary(quota, day)
    if first is None:
        return None
    years = {"committee_term": TERM, "years": quota.review_years or 1}.get(quota.review or "", 1)
    return _years_on(first, years)


def _years_on(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
