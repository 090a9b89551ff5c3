"""Indices that are means of the place's own sealed slips of a closed year."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl

from core.models import RunState
from core.periods import Month
from organization.models import Unit
from payroll.models import PayKind, PayRun
from payroll.rules.lines import FEN
from payroll.rules.snapshot import stored_facts
from payroll.selectors.frames import slips_of_run_for_system
from policy.rules.conditions import condition
from policy.rules.context import Context
from policy.rules.document import Index, Policy
from policy.rules.terms import ALWAYS

MONTHS = 12


def own_means_for_system(policy: Policy, year: int) -> dict[str, Fraction]:
    """Index code → yuan a person (a month, or a year for an index per year), over all slips sealed for the year.

    An index for which nobody has a sealed slip is not in it: whoever needs it is told so by its name.
    """
    own = {code: index for code, index in policy.indices.items() if index.own_mean is not None}
    if not own:
        return {}
    place = Unit.objects.filter(code=policy.place.ljust(12, "0")).values_list("path", flat=True).first()
    if place is None:
        return {}
    sums = dict.fromkeys(own, (0, 0))
    runs = PayRun.objects.filter(
        state=RunState.SEALED, kind=PayKind.REGULAR, dry_run=False, month__gte=date(year, 1, 1),
        month__lt=date(year + 1, 1, 1),
    )  # fmt: skip
    for run in runs.order_by("month", "pk"):
        if not (run.unit_path.startswith(place) or place.startswith(run.unit_path)):
            continue
        slips = slips_of_run_for_system(run, place)
        for code, index in own.items():
            total, people = _added(slips, run, index, policy)
            sums[code] = (sums[code][0] + total, sums[code][1] + people)
    return {
        code: Fraction(total, people * FEN) * (MONTHS if own[code].per == "year" else 1)
        for code, (total, people) in sums.items()
        if people
    }


def _added(slips: pl.DataFrame, run: PayRun, index: Index, policy: Policy) -> tuple[int, int]:
    """(fen, slips) of the slips whose people the mean is over, as they were in the month."""
    assert index.own_mean is not None
    if index.own_mean.who is not ALWAYS and slips.height:
        month = Month.of(run.month)
        facts = stored_facts(slips.drop("run", "post_stored", "gross", "standards", "amounts"), run.inputs)
        ctx = Context(policy=policy, day=month.first_day, month=month)
        those = facts.people.filter(condition(index.own_mean.who, ctx)).select("person")
        slips = slips.join(those, on="person", how="semi")
    places = [n for n, line in enumerate(run.lines) if line["code"] in index.own_mean.of]
    if not places or not slips.height:
        return 0, slips.height if places else 0
    total = slips.select(pl.sum_horizontal([pl.col("amounts").list.get(n) for n in places]).sum()).item()
    return int(total), slips.height


__all__ = ["own_means_for_system"]
