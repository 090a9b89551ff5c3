"""What the people of a unit are paid in a year: read before and after a decision that is tried out and undone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
from django.utils import timezone
from django.utils.translation import gettext as _

from core.periods import Month
from organization.access import after
from organization.models import Unit
from organization.selectors.above import LastPay, YearPay
from organization.walls import beyond_walls
from payroll.models import PromotionKind, PromotionRun
from payroll.models.wording import left_out_text
from payroll.rules.yearly import with_values
from payroll.selectors.ladders import outcomes_of_range_for_system
from payroll.selectors.month import month_pay_for_system
from payroll.selectors.planned import planned_run_for_system, policy_entry_for_system
from payroll.selectors.yearly import yearly_for_system
from policy.models import PolicyVersion
from policy.rules.context import MissingIndex, UnsetValue
from policy.selectors import policy_of_unit_for_system

_VALUES: dict[str, type[pl.DataType]] = {"person": pl.Int64, "scale": pl.String, "value": pl.Int64}


@dataclass(frozen=True)
class Read(YearPay):
    """A reading of a unit. moves: the values on ladders that the rules have for people on that day beside those they
    hold (person, scale, value): of newcomers, after a change of post, and what the next review brings anyhow.
    """

    moves: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_VALUES))


def year_pay_in_for_system(unit: Unit, day: date, before: YearPay | None = None) -> YearPay:
    """The pay of a year of everybody in and below a unit on a day, or why it can't be said.

    before: the reading of the same unit and day before a decision: what the decision itself does to values on ladders
    (a first value, the value of another post) counts as done, whichever month it begins in.
    """
    version, unsaid = _paying(unit, day)
    if version is None:
        return Read(unsaid=unsaid)
    ranges = [(unit.path, after(unit.path))]
    try:
        moves = _moves(unit, day, version)
        suppose = None
        if isinstance(before, Read):
            done = moves.join(before.moves, on=list(_VALUES), how="anti")
            suppose = with_values(done) if done.height else None
        found = yearly_for_system(unit, day, version, ranges, suppose)
    except (UnsetValue, MissingIndex) as error:
        return Read(unsaid=_open_words(error, version))
    why = {
        int(person): left_out_text(code, json.loads(params or "{}"))
        for person, code, params in found.left_out.select("person", "code", "params").iter_rows()
    }
    return Read(years=dict(found.pay.iter_rows()), why=why, moves=moves)


def last_pay_for_system(person: int, unit: Unit, end: date) -> LastPay:
    """The slip of the last month of somebody who leaves a unit, cut by the place's rules; `end` is the first day without
    work. Asked after the employment has ended, or while that is tried out.
    """
    month = Month.of(end - timedelta(days=1))
    version, unsaid = _paying(unit, month.first_day)
    if version is None:
        return LastPay(month.first_day, why=unsaid)
    with beyond_walls("which rules, results and means a month is reckoned by"):
        run = planned_run_for_system(unit, month, version)
    try:
        found = month_pay_for_system(run, unit.path, after(unit.path))
    except (UnsetValue, MissingIndex) as error:
        return LastPay(month.first_day, why=_open_words(error, version))
    own = found.facts.people.filter(pl.col("person") == person)
    if own.height:
        slip = found.slips.row(by_predicate=pl.col("person") == person, named=True)
        row = own.row(0, named=True)
        return LastPay(month.first_day, row["pay_from"], row["pay_to"], int(slip["gross"]))
    left = found.left_out.filter(pl.col("person") == person)
    why = (
        left_out_text(left["code"][0], json.loads(left["params"][0] or "{}"))
        if left.height
        else _("The rules of pay of %(unit)s don't cover in what category somebody is employed.") % {"unit": unit.name}
    )
    return LastPay(month.first_day, why=why)


def _paying(unit: Unit, day: date) -> tuple[PolicyVersion | None, str]:
    """The version that pays in a unit on a day, else why nothing can be said of pay."""
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        return None, _("No rules are in force for %(unit)s on %(day)s.") % {"unit": unit.name, "day": day}
    if version.document.pay is None:
        return None, _("The rules of %(place)s say nothing of pay.") % {"place": version.document.name.zh}
    return version, ""


def _open_words(error: UnsetValue | MissingIndex, version: PolicyVersion) -> str:
    if isinstance(error, MissingIndex):
        return _("“%(index)s” has no value for %(day)s.") % {"index": error.index, "day": error.day}
    opened = "; ".join(leaf.because or leaf.path for leaf in error.leaves)
    text = _("The rules of %(place)s publish no pay table that could be reckoned with: %(open)s")
    return text % {"place": version.document.name.zh, "open": opened}


def _moves(unit: Unit, day: date, version: PolicyVersion) -> pl.DataFrame:
    """What a review on the day would make other than it is, of everybody in and below a unit."""
    if not version.document.scales:
        return pl.DataFrame(schema=_VALUES)
    review = PromotionRun(
        unit=unit,
        unit_path=unit.path,
        day=day,
        kind=PromotionKind.REVIEW,
        policies=[policy_entry_for_system(version)],
        scales=list(version.document.scales),
        created=timezone.now(),
    )
    found = outcomes_of_range_for_system(review, unit.path, after(unit.path))
    changed = found.filter(pl.col("new").is_not_null() & pl.col("new").ne_missing(pl.col("old")))
    return changed.select("person", "scale", value="new")


__all__ = ["last_pay_for_system", "year_pay_in_for_system"]
