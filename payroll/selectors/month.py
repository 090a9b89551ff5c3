"""The pay of a range of units for a month, worked out from the records: read, derive, compute; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from assessment.selectors.results import with_results_for_system
from core.periods import Month
from payroll.models import PayRun
from payroll.rules.components import Line, Period, Reading, pay
from payroll.rules.lines import prepared
from payroll.rules.means import mean_subjects
from payroll.rules.needs import pay_needs
from payroll.rules.snapshot import Order, earlier_facts, earlier_inputs, input_order, keeps_service
from payroll.selectors.frames import (
    manual_amounts_for_system,
    with_grades_for_system,
    with_open_results_for_system,
)
from personnel.selectors import day_facts_for_system, month_facts_for_system
from policy.models import PolicyVersion
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Policy
from policy.rules.facts import Facts
from policy.rules.workers import paid_categories


@dataclass(frozen=True)
class MonthlyPay:
    """facts: of everybody with a slip, as they were used, derived ones included. slips, left_out: as the rules return
    them, those whom the records leave out included. waiting: person, line of payments that wait for a result. earlier:
    person and what a slip keeps beside the month's own facts (JSON), where the rules need that. means: what counts
    towards floors of a mean, a row a person and limit, in the run's own month.
    """

    facts: Facts
    slips: pl.DataFrame
    left_out: pl.DataFrame
    lines: tuple[Line, ...]
    waiting: pl.DataFrame
    earlier: pl.DataFrame | None = None
    means: pl.DataFrame | None = None


_contexts: dict[Hashable, Context] = {}  # by all that they are made of: every batch of a run asks for the same
_KEPT = 32


def context_for_system(run: PayRun, policy: Policy, month: Month, results_year: int | None = None) -> Context:
    """The surroundings in which a month is worked out for a run; the same for computing, explaining and comparing."""
    means = run.inputs.get("own_means", {}).get(str(month), {})
    key = (
        id(policy), month, Month.of(run.month), run.results_year, results_year, run.known_on,
        json.dumps([run.published, means], sort_keys=True),
    )  # fmt: skip
    found = _contexts.get(key)
    if found is None:
        if len(_contexts) >= _KEPT:
            _contexts.clear()
        found = _contexts[key] = _context(run, policy, month, results_year, means)
    return found


def _context(
    run: PayRun, policy: Policy, month: Month, results_year: int | None, means: Mapping[str, tuple[int, int]]
) -> Context:
    published: dict[str, dict[int | date, tuple[Decimal, date | None]]] = {}
    for index, key, value, day in run.published:
        when = key if isinstance(key, int) else date.fromisoformat(key)
        published.setdefault(index, {})[when] = (Decimal(value), date.fromisoformat(day) if day else None)
    if results_year is None:
        results_year = run.results_year
        if month != Month.of(run.month):
            # Another month of the same run: its own year before, or what the run's month sees if that is older.
            results_year = min(month.year - 1, run.results_year or month.year - 1)
    return Context(
        policy=policy,
        day=month.first_day,
        results_year=results_year,
        month=month,
        known=run.known_on,
        published=published,
        own_means={code: Fraction(*pair) for code, pair in means.items()},
    )


def policy_of_month_for_system(run: PayRun, month: Month) -> Policy:
    """The rules of a month as the run fixed them when it started; of a month it did not fix, its own."""
    number = run.inputs.get("months", {}).get(str(month), run.policies[0]["id"])
    version: PolicyVersion = PolicyVersion.objects.select_related("parent").get(pk=number)
    return version.document


def _end_name(period: Period) -> str:
    return f"end {period.end.first_day - timedelta(days=1)}"


@dataclass(frozen=True)
class StoredMonths:
    """Readings of one person from what a slip kept, for explaining it."""

    run: PayRun
    person: int
    earlier: dict[str, Any] | None

    def month(self, month: Month) -> Reading:
        policy = policy_of_month_for_system(self.run, month)
        facts = earlier_facts(self.person, self.earlier, str(month), input_order(policy))
        return Reading(facts, policy, context_for_system(self.run, policy, month))

    def cycle_end(self, period: Period) -> Reading:
        policy = policy_of_month_for_system(self.run, period.last)
        facts = earlier_facts(self.person, self.earlier, _end_name(period), input_order(policy))
        day = period.end.first_day - timedelta(days=1)
        ctx = replace(context_for_system(self.run, policy, period.last, results_year=day.year), day=day)
        return Reading(facts, policy, ctx)


@dataclass
class RecordedMonths:
    """Readings of a range of units for the rules: the run's own month and, where a cycle asks, others.

    ranges: several ranges [from, to) instead of the one. suppose: what to change of the facts before anything is
    derived from them, to ask what would be.
    """

    run: PayRun
    path_from: str
    path_to: str
    ranges: Sequence[tuple[str, str]] = ()
    suppose: Callable[[Facts], Facts] | None = None

    def __post_init__(self) -> None:
        self.ranges = self.ranges or [(self.path_from, self.path_to)]
        self._months: dict[Month, Reading] = {}
        self._ends: dict[Period, Reading] = {}

    def month(self, month: Month) -> Reading:
        """Everybody employed in a month, with results, values on scales and all that the month's policy derives."""
        if month not in self._months:
            policy = self._policy(month)
            facts = month_facts_for_system(self.ranges, month, pay_needs(policy), paid_categories(policy))
            reading = self._read(facts, policy, context_for_system(self.run, policy, month), month)
            self._months[month] = self._with_columns_of_own(reading)
        return self._months[month]

    def _with_columns_of_own(self, reading: Reading) -> Reading:
        """Leavers of another month join the run's own people: what only those have is none for them."""
        own = self._months.get(Month.of(self.run.month))
        if own is None:
            return reading
        facts, schema = reading.facts, own.facts.people.schema
        missing = [
            pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in facts.people.columns
        ]
        people = facts.people.with_columns(missing)
        return replace(reading, facts=Facts(facts.day, people, facts.spans, facts.honours, facts.left_out))

    def day(self, day: date) -> Reading:
        """Everybody employed on a day, by the rules of the run's month."""
        month = Month.of(self.run.month)
        policy = self._policy(month)
        facts = day_facts_for_system(self.ranges, day, pay_needs(policy), paid_categories(policy))
        return self._read(facts, policy, context_for_system(self.run, policy, month), month)

    def cycle_end(self, period: Period) -> Reading:
        """Everybody on the last day of a cycle, with the results of the year in which it ends."""
        if period not in self._ends:
            self._ends[period] = self._cycle_end(period)
        return self._ends[period]

    def _cycle_end(self, period: Period) -> Reading:
        day = period.end.first_day - timedelta(days=1)
        policy = self._policy(period.last)
        facts = day_facts_for_system(self.ranges, day, pay_needs(policy), paid_categories(policy))
        facts = with_open_results_for_system(facts, day.year)
        ctx = replace(context_for_system(self.run, policy, period.last, results_year=day.year), day=day)
        return self._read(facts, policy, ctx, period.last)

    def used(self) -> dict[str, tuple[Facts, Order]]:
        """What was read beside the run's own month, named as a slip keeps it."""
        own = Month.of(self.run.month)
        found: dict[str, tuple[Facts, Order]] = {
            str(month): (reading.facts, input_order(reading.policy))
            for month, reading in self._months.items()
            if month != own
        }
        for period, reading in self._ends.items():
            found[_end_name(period)] = (reading.facts, input_order(reading.policy))
        return found

    def _policy(self, month: Month) -> Policy:
        return policy_of_month_for_system(self.run, month)

    def _supposed(self, facts: Facts) -> Facts:
        """The facts as read; where it is asked what would be, as they would be then. Before anything is derived."""
        return facts if self.suppose is None else self.suppose(facts)

    def _read(self, facts: Facts, policy: Policy, ctx: Context, month: Month) -> Reading:
        needs = pay_needs(policy)
        year = ctx.results_year if ctx.results_year is not None else month.year - 1
        facts = with_results_for_system(facts, policy, up_to_year=year, needs=needs, day=month.first_day)
        facts = self._supposed(with_grades_for_system(facts, needs & set(policy.scales)))
        facts = derive(facts, policy, ctx, needs=needs)
        if policy.pay is not None and any(component.kind == "manual" for component in policy.pay.components):
            manual = manual_amounts_for_system(facts.people["person"], month)
            return prepared(Reading(facts, policy, ctx, manual))
        return prepared(Reading(facts, policy, ctx))


def month_pay_for_system(
    run: PayRun,
    path_from: str,
    path_to: str,
    *,
    month: Month | None = None,
    ranges: Sequence[tuple[str, str]] = (),
) -> MonthlyPay:
    """The pay of the range in the run's month, or of another month as it would be worked out now.

    ranges: several ranges [from, to) of unit paths instead of the one.
    """
    month = month or Month.of(run.month)
    months = RecordedMonths(run, path_from, path_to, ranges)
    reading = months.month(month)
    result = pay(reading, month, months)
    facts = Facts(reading.facts.day, result.people, reading.facts.spans, reading.facts.honours)
    return MonthlyPay(
        facts=facts,
        slips=result.slips,
        left_out=pl.concat([reading.facts.left_out, result.left_out]),
        lines=result.lines,
        waiting=result.waiting,
        earlier=earlier_inputs(facts, months.used()) if keeps_service(reading.policy) else None,
        means=mean_subjects(reading, result) if month == Month.of(run.month) else None,
    )
