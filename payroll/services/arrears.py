"""What sealed months turn out to have owed: recomputed minus paid, line by line, paid with a later run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from core.periods import Month
from payroll.models import PayRun
from payroll.selectors.frames import arrears_paid_for_system, stored_slips_for_system
from payroll.selectors.month import MonthlyPay, month_pay_for_system

Row = tuple[int, date, str, int, int]  # person, month, line, paid, due (fen)


@dataclass(frozen=True)
class Arrears:
    """rows: one a person, month and line that differs. sums: person, arrears (fen)."""

    rows: list[Row] = field(default_factory=list)
    sums: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"person": pl.Int64, "arrears": pl.Int64}))

    @property
    def total(self) -> int:
        return int(self.sums["arrears"].sum() or 0)


def find_arrears(*, run: PayRun, pay: MonthlyPay, path_from: str, path_to: str) -> Arrears:
    """For everybody who has a slip in this run: the sealed months since `run.arrears_from`, worked out again."""
    if run.arrears_from is None or not pay.slips.height:
        return Arrears()
    ids = pay.slips["person"].to_list()
    rows: list[Row] = []
    for month in Month.of(run.arrears_from).until(Month.of(run.month)):
        stored = stored_slips_for_system(month, pay.slips["person"], sealed=True)
        if not stored.height:
            continue
        again = month_pay_for_system(run, path_from, path_to, month=month)
        rows += _compared(month, stored, again, arrears_paid_for_system(month, ids))
    if not rows:
        return Arrears()
    sums: dict[int, int] = {}
    for person, _month, _line, was, due in rows:
        sums[person] = sums.get(person, 0) + due - was
    return Arrears(
        rows=sorted(rows),
        sums=pl.DataFrame(
            {"person": list(sums), "arrears": list(sums.values())}, schema={"person": pl.Int64, "arrears": pl.Int64}
        ),
    )


def _compared(
    month: Month,
    stored: pl.DataFrame,
    again: MonthlyPay,
    earlier: dict[tuple[int, str], int],
) -> list[Row]:
    """The lines that differ between what was paid (slips and earlier arrears) and what is due now."""
    orders = _orders(stored)
    places = {line.code: n for n, line in enumerate(again.lines)}
    paid_lines = [line.code for line in again.lines if line.paid]
    both = stored.select("run", "person", pl.col("amounts").alias("was")).join(
        again.slips.select("person", pl.col("amounts").alias("due")), on="person", how="inner"
    )
    rows: list[Row] = []
    for run_id, person, was, due in both.iter_rows():
        before = dict(zip(orders[run_id], was, strict=True))
        for code in paid_lines:
            paid = before.get(code, 0) + earlier.get((person, code), 0)
            owed = due[places[code]]
            if paid != owed:
                rows.append((person, month.first_day, code, paid, owed))
        for code in before.keys() - places.keys():
            paid = before[code] + earlier.get((person, code), 0)
            if paid:
                rows.append((person, month.first_day, code, paid, 0))
    return rows


def _orders(stored: pl.DataFrame) -> dict[int, list[str]]:
    """The paid lines of the runs of the stored slips; a line that was only shown counts as nothing paid."""
    runs = PayRun.objects.filter(pk__in=stored["run"].unique().to_list()).values_list("pk", "lines")
    return {pk: [line["code"] for line in lines] for pk, lines in runs}
