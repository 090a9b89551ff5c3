"""Rows of the page of differences: everybody whose pay is not that of the month before, with causes that add up.

The causes are changed one at a time in a fixed order (days of the month before, rules, each fact, days of this month),
and each gets the change in pay that it makes; payments for a cycle and amounts entered by hand stand by themselves.
So the causes of a person add up to the difference, and what they leave is shown as unexplained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from core.periods import Month
from payroll.models import PayDifference, PayRun
from payroll.rules.components import Reading
from payroll.rules.components import pay as pay_of
from payroll.rules.lines import payables
from payroll.rules.snapshot import stored_facts
from payroll.selectors.frames import leavers_for_system, stored_slips_for_system
from payroll.selectors.month import MonthlyPay, context_for_system, policy_of_month_for_system
from policy.rules.facts import Facts

Cause = dict[str, Any]


def difference_rows(*, run: PayRun, month: Month, pay: MonthlyPay, path_from: str, path_to: str) -> list[PayDifference]:
    """The rows for everybody of the batch, and for those who have left the range since the month before."""
    before = month.previous()
    old = stored_slips_for_system(before, pay.facts.people["person"], sealed=False)
    new = pay.slips.join(
        pay.facts.people.select("person", "unit_id", "unit_path"), on="person", how="inner", maintain_order="left"
    )
    both = new.join(
        old.select("person", "run", pl.col("gross").alias("old_gross"), pl.col("amounts").alias("old_amounts")),
        on="person",
        how="left",
        maintain_order="left",
    )
    changed = both.filter(pl.col("old_gross").is_not_null() & (pl.col("gross") != pl.col("old_gross")))
    causes: dict[int, list[Cause]] = {}
    for run_id, group in changed.group_by("run", maintain_order=True):
        earlier = PayRun.objects.get(pk=run_id[0])
        causes |= _causes(run, earlier, month, pay, group, old.filter(pl.col("run") == run_id[0]))
    rows = [
        _row(run, row, row["old_gross"], row["gross"], causes[row["person"]]) for row in changed.iter_rows(named=True)
    ]
    rows += [
        _row(run, row, None, row["gross"], [{"code": "JOINED", "params": {}, "amount": row["gross"]}])
        for row in both.filter(pl.col("old_gross").is_null()).iter_rows(named=True)
    ]
    rows += [
        _row(run, row, row["gross"], None, [{"code": "LEFT", "params": {}, "amount": -row["gross"]}])
        for row in leavers_for_system(run, before, month, path_from, path_to, new["person"].to_list())
    ]
    return rows


def _row(run: PayRun, row: dict[str, Any], old: int | None, new: int | None, causes: list[Cause]) -> PayDifference:
    delta = (new or 0) - (old or 0)
    return PayDifference(
        run=run,
        person_id=row["person"],
        unit_id=row["unit_id"],
        unit_path=row["unit_path"],
        old=old,
        new=new,
        delta=delta,
        unexplained=delta - sum(cause["amount"] for cause in causes),
        causes=causes,
        codes=[cause["code"] for cause in causes],
    )


def _apart(lines: Sequence[dict[str, Any]], amounts: Sequence[int], kind: set[str]) -> int:
    return sum(fen for line, fen in zip(lines, amounts, strict=True) if line["code"] in kind)


def _causes(
    run: PayRun, earlier: PayRun, month: Month, pay: MonthlyPay, changed: pl.DataFrame, old: pl.DataFrame
) -> dict[int, list[Cause]]:
    """person → causes, for those who have a slip in both months."""
    policy = policy_of_month_for_system(run, month)
    old_policy = policy_of_month_for_system(earlier, month.previous())
    ctx = context_for_system(run, policy, month)
    old_ctx = context_for_system(earlier, old_policy, month.previous())
    by_hand = {c.code for p in (policy, old_policy) if p.pay for c in p.pay.components if c.kind == "manual"}
    by_cycle = {
        part.code
        for p in (policy, old_policy)
        if p.pay
        for c in p.pay.components
        for part in payables(c)
        if part.cycle.every != "month"
    }
    own = pay.facts.people.join(changed.select("person"), on="person", how="semi", maintain_order="left")
    kept = stored_facts(
        old.join(changed.select("person"), on="person", how="semi").select(
            "person", "unit_id", "unit", "unit_path", "day", "pay_from", "pay_to", "input_codes", "input_numbers"
        ),
        earlier.inputs,
    ).people
    facts = [name for name in kept.columns if name in own.columns and name not in _NOT_FACTS]
    frame = own.drop(facts).join(kept.select("person", *facts), on="person", how="left", maintain_order="left")
    whole_before = {"pay_from": pl.lit(month.previous().first_day), "pay_to": pl.lit(month.first_day)}
    whole_now = {"pay_from": pl.lit(month.first_day), "pay_to": pl.lit(month.next_first)}

    def gross(people: pl.DataFrame, *, now: bool, last: dict[int, int]) -> dict[int, int]:
        reading = Reading(
            Facts(pay.facts.day, people.select(own.columns), pay.facts.spans, pay.facts.honours),
            policy if now else old_policy,
            ctx if now else old_ctx,
        )
        found = pay_of(reading, month if now else month.previous()).slips
        # A mixture that nobody can be paid by (a post without its grade) makes no change of its own.
        return last | dict(found.select("person", "gross").iter_rows())

    people = changed["person"].to_list()
    causes: dict[int, list[Cause]] = {person: [] for person in people}
    before: dict[int, int] = {}
    wanted: dict[int, int] = {}
    for row in changed.iter_rows(named=True):
        was, now = row["old_amounts"], row["amounts"]
        parts = {
            "CYCLE": (_apart(earlier.lines, was, by_cycle), _apart(run.lines, now, by_cycle)),
            "MANUAL": (_apart(earlier.lines, was, by_hand), _apart(run.lines, now, by_hand)),
        }
        before[row["person"]] = row["old_gross"] - sum(old_part for old_part, _new in parts.values())
        wanted[row["person"]] = row["gross"] - sum(new_part for _old, new_part in parts.values())
        _note(causes, row["person"], {code: new_part - old_part for code, (old_part, new_part) in parts.items()})

    def change(code: str, now: dict[int, int], params: dict[int, dict[str, Any]] | None = None) -> None:
        for person in people:
            _note(causes, person, {code: now[person] - before[person]}, (params or {}).get(person))
            before[person] = now[person]

    change("DAYS", gross(frame.with_columns(**whole_before), now=False, last=before))
    frame = frame.with_columns(**whole_now)
    change("POLICY", gross(frame, now=True, last=before))
    for name in sorted(facts):
        values = own.select("person", pl.col(name).alias("_new"))
        mixed = frame.join(values, on="person", how="left", maintain_order="left")
        differs = (
            mixed.filter(pl.col(name).ne_missing(pl.col("_new")))
            if mixed.schema[name] == mixed.schema["_new"]
            else mixed
        )
        if differs.is_empty():
            continue
        params = {
            person: {"old": str(was) if was is not None else None, "new": str(now) if now is not None else None}
            for person, was, now in differs.select("person", name, "_new").iter_rows()
        }
        frame = mixed.with_columns(pl.col("_new").alias(name)).drop("_new")
        change(name, gross(frame, now=True, last=before), params)
    change("DAYS", gross(own, now=True, last=before))
    # What the mixtures do not reach (a line that counts service in its own way) is left, and shown as unexplained.
    return {person: _merged(found) for person, found in causes.items()}


_NOT_FACTS = {"person", "unit_id", "unit", "unit_path", "community", "street", "county", "day", "pay_from", "pay_to"}


def _note(
    causes: dict[int, list[Cause]], person: int, amounts: dict[str, int], params: dict[str, Any] | None = None
) -> None:
    causes[person] += [
        {"code": code, "params": params or {}, "amount": amount} for code, amount in amounts.items() if amount
    ]


def _merged(causes: list[Cause]) -> list[Cause]:
    """One entry a code, in the order in which they came; what cancels out is gone."""
    found: dict[str, Cause] = {}
    for cause in causes:
        if cause["code"] in found:
            found[cause["code"]]["amount"] += cause["amount"]
        else:
            found[cause["code"]] = dict(cause)
    return [cause for cause in found.values() if cause["amount"]]
