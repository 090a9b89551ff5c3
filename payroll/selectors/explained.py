"""A slip worked out again from what it kept, with the trace on."""

from __future__ import annotations

import polars as pl

from core.periods import Month
from payroll.models import ManualItem, PaySlip
from payroll.rules.components import Reading
from payroll.rules.explain import ExplainedLine, explain
from payroll.rules.snapshot import earlier_spans, stored_facts
from payroll.selectors.month import StoredMonths, context_for_system, policy_of_month_for_system
from policy.rules.facts import Facts


def facts_of_slip_for_system(slip: PaySlip) -> Facts:
    """The facts that one slip kept."""
    rows = pl.DataFrame(
        [
            {
                "person": slip.person_id,
                "unit_id": slip.unit_id,
                "unit": slip.unit.code.ljust(12, "0"),
                "unit_path": slip.unit.path,
                "day": slip.day,
                "pay_from": slip.from_day,
                "pay_to": slip.to_day,
                "input_codes": slip.input_codes,
                "input_numbers": slip.input_numbers,
            }
        ],
        schema_overrides={"input_codes": pl.List(pl.String), "input_numbers": pl.List(pl.Int64)},
    )
    return stored_facts(rows, slip.run.inputs, earlier_spans(slip.person_id, slip.earlier))


def explained_lines_for_system(slip: PaySlip) -> tuple[ExplainedLine, ...]:
    """The lines of a slip with their steps; standards and amounts re-add to the stored ones."""
    run = slip.run
    month = Month.of(slip.month)
    policy = policy_of_month_for_system(run, month)
    reading = Reading(facts_of_slip_for_system(slip), policy, context_for_system(run, policy, month), _entered(slip))
    return explain(reading, month, StoredMonths(run, slip.person_id, slip.earlier))


def _entered(slip: PaySlip) -> pl.DataFrame:
    """What was entered by hand is the slip's own amount; the entries name the reasons."""
    schema = {"person": pl.Int64, "line": pl.String, "amount": pl.Int64}
    lines = set(
        ManualItem.objects.filter(person_id=slip.person_id, month__lte=slip.month).values_list("line", flat=True)
    )
    rows = [
        {"person": slip.person_id, "line": line["code"], "amount": standard}
        for line, standard in zip(slip.run.lines, slip.standards, strict=True)
        if line["code"] in lines
    ]
    return pl.DataFrame(rows, schema=schema)
