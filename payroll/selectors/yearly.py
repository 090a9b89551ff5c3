"""What people's pay of a year is, and what it would be by other values on the ladders or other posts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from core.periods import Month
from organization.models import Unit
from organization.walls import beyond_walls
from payroll.rules.yearly import YEARLY, Yearly, yearly_pay
from payroll.selectors.month import RecordedMonths
from payroll.selectors.planned import planned_run_for_system
from policy.models import PolicyVersion
from policy.rules.context import MissingIndex, UnsetValue
from policy.rules.facts import Facts

Ranges = Sequence[tuple[str, str]]


def year_pay_for_system(
    unit: Unit,
    day: date,
    version: PolicyVersion,
    ranges: Ranges,
    suppose: Callable[[Facts], Facts] | None = None,
) -> pl.DataFrame:
    """A row a person of the ranges of unit paths: person, year (fen), by the rules of a version on a day.

    suppose: what to change of the facts to ask what would be. Whom the rules can't pay has no row; nobody has one where
    the rules have no pay or an index of the day has no value.
    """
    if version.document.pay is None:
        return pl.DataFrame(schema=YEARLY)
    try:
        return yearly_for_system(unit, day, version, ranges, suppose).pay
    except (MissingIndex, UnsetValue):
        return pl.DataFrame(schema=YEARLY)


def yearly_for_system(
    unit: Unit,
    day: date,
    version: PolicyVersion,
    ranges: Ranges,
    suppose: Callable[[Facts], Facts] | None = None,
) -> Yearly:
    """The same with the reasons of those who can't be paid. The rules must have pay; raises MissingIndex, UnsetValue."""
    month = Month.of(day)
    with beyond_walls("which rules, results and means a month is reckoned by"):
        run = planned_run_for_system(unit, month, version)
    return yearly_pay(RecordedMonths(run, "", "", ranges, suppose).day(day), month)


__all__ = ["year_pay_for_system", "yearly_for_system"]
