"""Computing one batch of a pay run: claim, read, compute, write, done. The results and the mark are one transaction.

The same function serves the worker, the command and the tests, so that all give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from django.db import IntegrityError, transaction

from core.models import RunState
from core.periods import Month
from core.rules import add_digests, digest_text, unit_digest
from core.services import audit
from core.services.runs import Claim, claim_batch, compute_claimed, due_batches, finish_batch, settle_run
from core.services.tables import (
    copy_rows,
    csv_array,
    csv_elements,
    csv_rows,
    csv_text,
)
from organization.models import User
from payroll.models import ArrearsLine, PayBatch, PayDifference, PayLeftOut, PayRun, PaySlip
from payroll.rules.means import mean_sums
from payroll.rules.snapshot import input_columns
from payroll.selectors.frames import slips_exist_for_system, unit_paths_of_people_for_system
from payroll.selectors.month import MonthlyPay, month_pay_for_system
from payroll.services.arrears import find_arrears
from payroll.services.differences import difference_rows
from payroll.services.means import note_means

_SLIP = (
    "person_id",
    "unit_id",
    "month",
    "kind",
    "post",
    "day",
    "from_day",
    "to_day",
    "gross",
    "arrears",
    "assumed",
    "standards",
    "amounts",
    "input_codes",
    "input_numbers",
    "earlier",
    "run_id",
)


def compute_pay_batch(*, actor: User | None = None, batch_id: int) -> bool:
    """Claim and compute one batch, and settle its run if it was the last. False: nothing was done.

    Any number of calls with the same number, at once or one after another, leave the same rows.
    """
    claim = claim_batch(model=PayBatch, batch_id=batch_id)
    if claim is None:
        return False
    done = compute_claimed(claim=claim, compute=_compute)
    settle_pay_run(actor=actor, run_id=claim.run_id)
    return done


def compute_pay_run(*, actor: User | None = None, run: PayRun) -> PayRun:
    """The whole run in this process, batch by batch: for commands, and where there is no broker."""
    while due := due_batches(model=PayBatch, run_id=run.pk):
        for batch_id in due:
            compute_pay_batch(actor=actor, batch_id=batch_id)
    settle_pay_run(actor=actor, run_id=run.pk)
    run.refresh_from_db()
    return run


def settle_pay_runs(*, actor: User | None = None) -> None:
    """What the workers could not settle themselves; for the sweeper."""
    for run_id in PayRun.objects.filter(state=RunState.RUNNING).values_list("pk", flat=True):
        settle_pay_run(actor=actor, run_id=run_id)


@transaction.atomic
def settle_pay_run(*, actor: User | None = None, run_id: int) -> RunState | None:
    """READY with totals and fingerprint after the last batch, or FAILED; None while there is work left."""
    if PayBatch.objects.filter(run_id=run_id, state__in=("DUE", "CLAIMED")).exists():
        return None
    run = PayRun.objects.select_related("unit").get(pk=run_id)
    state = settle_run(
        model=PayRun,
        run_id=run_id,
        policies=[entry["sha256"] for entry in run.policies],
        what=f"pay {run.unit.code} {run.month:%Y-%m} kind {run.kind} arrears from {run.arrears_from or '-'}",
    )
    if state is not None:
        run.refresh_from_db()
        note_means(run=run)
        audit(
            actor=actor,
            action="payroll.payrun.computed",
            obj=run,
            unit_code=run.unit.code,
            after={"state": state, "fingerprint": run.fingerprint, "totals": run.totals},
        )
    return state


# -- One batch ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Written:
    people: int
    left_out: int
    digests: list[int]
    totals: dict[str, int]


def _compute(claim: Claim) -> None:
    run = PayRun.objects.get(pk=claim.run_id)
    month = Month.of(run.month)
    pay = month_pay_for_system(run, claim.path_from, claim.path_to)
    try:
        with transaction.atomic():
            written = _write(run, month, pay, claim)
    except IntegrityError:
        # Somebody has a slip of the month in another run: rare, so that it is looked for only now.
        written = _write(run, month, _without_those_paid_elsewhere(run, month, pay), claim)
    finish_batch(
        claim=claim,
        people=written.people,
        left_out=written.left_out,
        digest=digest_text(add_digests(written.digests)),
        totals=written.totals,
    )


def _write(run: PayRun, month: Month, pay: MonthlyPay, claim: Claim) -> _Written:
    arrears = find_arrears(run=run, pay=pay, path_from=claim.path_from, path_to=claim.path_to)
    rows, lengths, units = _slip_rows(run, pay, arrears.sums)
    left_rows = sorted([*_left_out_rows(run, month, pay.left_out), *arrears.leavers])
    single = rows.split(b"\n")
    digests = [unit_digest(unit, text) for unit, text in zip(units, _of_units(single, lengths), strict=True)]
    digests += [unit_digest(f"left out {person}", *map(str.encode, rest)) for person, *rest in left_rows]
    digests += [unit_digest("arrears", repr(row).encode()) for row in arrears.rows]
    if not run.dry_run:
        copy_rows(PaySlip._meta.db_table, _SLIP, (b",%d\n" % run.pk).join(single), csv=True)
        _write_arrears(run, arrears.rows)
    _write_left_out(run, left_rows)
    changed = _write_differences(run, month, pay, claim)
    return _Written(
        people=pay.slips.height,
        left_out=len(left_rows),
        digests=digests,
        totals=_totals(run, pay, arrears.total) | {"changed": changed},
    )


def _totals(run: PayRun, pay: MonthlyPay, arrears: int) -> dict[str, int]:
    slips = pay.slips
    totals = {"gross": int(slips["gross"].sum() or 0), "arrears": arrears}
    if slips.height:
        sums = slips.select(
            pl.col("amounts").list.get(n).sum().cast(pl.Int64).alias(line["code"]) for n, line in enumerate(run.lines)
        ).row(0)
        totals |= {f"line.{line['code']}": fen for line, fen in zip(run.lines, sums, strict=True)}
    totals["assumed"] = int((slips["assumed"] != 0).sum())
    return totals if pay.means is None else totals | mean_sums(pay.means, slips["person"])


def _slip_rows(run: PayRun, pay: MonthlyPay, arrears: pl.DataFrame) -> tuple[bytes, list[int], list[str]]:
    """The slips as CSV without the run, in the order of units and people; how many a unit, and the units."""
    codes, numbers = input_columns(pay.facts, run.inputs)
    inputs = pl.DataFrame(
        [
            pay.facts.people["person"],
            pay.facts.people["unit"],
            pay.facts.people["unit_path"],
            pay.facts.people["unit_id"],
            pay.facts.people["day"],
            pay.facts.people["pay_from"],
            pay.facts.people["pay_to"],
            *(column.alias(f"c{n}") for n, column in enumerate(codes)),
            *(column.alias(f"n{n}") for n, column in enumerate(numbers)),
        ]
    )
    frame = pay.slips.join(inputs, on="person", how="inner", maintain_order="left")
    frame = (
        frame.join(arrears, on="person", how="left", maintain_order="left")
        if arrears.height
        else frame.with_columns(pl.lit(0).alias("arrears"))
    )
    if pay.earlier is not None:
        frame = frame.join(pay.earlier, on="person", how="left", maintain_order="left")
    frame = frame.sort("unit_path", "person")
    frame = frame.with_columns(pl.col("standards", "amounts").list.to_array(len(run.lines)))
    post = next((n for n, (name, _form) in enumerate(run.inputs["codes"]) if name == "post"), None)
    nothing = pl.lit(None, dtype=pl.String)
    text = csv_rows(
        [
            pl.col("person"),
            pl.col("unit_id"),
            pl.lit(f"{run.month:%Y-%m-%d}"),
            pl.lit(int(run.kind)),
            csv_text(pl.col(f"c{post}")) if post is not None else nothing,
            pl.col("day"),
            pl.col("pay_from"),
            pl.col("pay_to"),
            pl.col("gross"),
            pl.col("arrears").fill_null(0),
            pl.col("assumed"),
            *csv_array([pl.col("standards").arr.get(n) for n in range(len(run.lines))]),
            *csv_array([pl.col("amounts").arr.get(n) for n in range(len(run.lines))]),
            *csv_array(csv_elements([frame[f"c{n}"] for n in range(len(codes))])),
            *csv_array([pl.col(f"n{n}") for n in range(len(numbers))]),
            csv_text(pl.col("earlier")) if pay.earlier is not None else nothing,
        ],
        frame,
    )
    counts = frame.group_by("unit_path", "unit", maintain_order=True).len()
    return text, counts["len"].to_list(), counts["unit"].to_list()


def _of_units(single: Sequence[bytes], lengths: Sequence[int]) -> Iterable[bytes]:
    """The text of each unit's rows, from the rows of all."""
    start = 0
    for length in lengths:
        yield b"\n".join(single[start : start + length]) + b"\n"
        start += length


def _without_those_paid_elsewhere(run: PayRun, month: Month, pay: MonthlyPay) -> MonthlyPay:
    """Somebody who has a slip of the month in another run gets no second one; they are left out and told so."""
    paid = dict(
        PaySlip.objects.filter(month=run.month, kind=run.kind, person_id__in=pay.slips["person"].to_list())
        .exclude(run=run)
        .values_list("person_id", "run_id")
    )
    if not paid:
        return pay
    rows = pl.DataFrame(
        {
            "person": list(paid),
            "code": ["PAID_ELSEWHERE"] * len(paid),
            "params": [json.dumps({"run": number, "month": str(month)}) for number in paid.values()],
        },
        schema=pay.left_out.schema,
    )
    return replace(
        pay,
        slips=pay.slips.filter(~pl.col("person").is_in(rows["person"].implode())),
        left_out=pl.concat([pay.left_out, rows]),
    )


_LeftRow = tuple[int, str, str, str]


def _left_out_rows(run: PayRun, month: Month, left_out: pl.DataFrame) -> list[_LeftRow]:
    """(person, unit path, code, params as JSON) a person once, the first reason found."""
    found: dict[int, tuple[str, str]] = {}
    for person, code, params in left_out.select("person", "code", "params").iter_rows():
        found.setdefault(person, (code, params or "{}"))
    paths = unit_paths_of_people_for_system(sorted(found), month)
    return [
        (
            person,
            paths.get(person, run.unit_path),
            code,
            json.dumps(json.loads(params), ensure_ascii=False, sort_keys=True),
        )
        for person, (code, params) in sorted(found.items())
    ]


def _write_left_out(run: PayRun, rows: Sequence[_LeftRow]) -> None:
    if not rows:
        return
    PayLeftOut.objects.bulk_create(
        [
            PayLeftOut(run=run, person_id=person, unit_path=path, code=code, params=json.loads(params))
            for person, path, code, params in rows
        ],
        batch_size=2000,
    )


def _write_arrears(run: PayRun, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    ArrearsLine.objects.bulk_create(
        [
            ArrearsLine(run=run, person_id=person, month=month, line=line, paid=paid, due=due, amount=due - paid)
            for person, month, line, paid, due in rows
        ],
        batch_size=2000,
    )


def _write_differences(run: PayRun, month: Month, pay: MonthlyPay, claim: Claim) -> int:
    """The rows of the page of differences, for everybody whose pay is not that of the month before; how many."""
    before = month.previous()
    if not slips_exist_for_system(before, claim.path_from, claim.path_to):
        return 0
    rows = difference_rows(run=run, month=month, pay=pay, path_from=claim.path_from, path_to=claim.path_to)
    PayDifference.objects.bulk_create(rows, batch_size=2000)
    return len(rows)
