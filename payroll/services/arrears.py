"""What sealed months turn out to have owed: recomputed minus paid, line by line, paid with a later run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from core.money import Fen, format_yuan
from core.periods import Month
from organization.access import Scope, after
from payroll.models import PayRun
from payroll.selectors.frames import arrears_paid_for_system, former_people_for_system, stored_slips_for_system
from payroll.selectors.month import MonthlyPay, month_pay_for_system, policy_of_month_for_system
from policy.rules.workers import paid_categories

Row = tuple[int, date, str, int, int]  # person, month, line, paid, due (fen)
LeaverRow = tuple[int, str, str, str]  # person, unit path, code, params as JSON


@dataclass(frozen=True)
class Arrears:
    """rows: one a person, month and line that differs. sums: person, arrears (fen). leavers: who is owed or owes and has
    no slip to settle it with.
    """

    rows: list[Row] = field(default_factory=list)
    sums: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"person": pl.Int64, "arrears": pl.Int64}))
    leavers: list[LeaverRow] = field(default_factory=list)

    @property
    def total(self) -> int:
        return int(self.sums["arrears"].sum() or 0)


def find_arrears(*, run: PayRun, pay: MonthlyPay, path_from: str, path_to: str) -> Arrears:
    """The sealed months since `run.arrears_from`, worked out again, for everybody who has a slip in this run.

    Leavers have none, and whoever has moved is found where they were then, as long as that lies in the run's unit.
    """
    if run.arrears_from is None:
        return Arrears()
    own = Month.of(run.month)
    categories = paid_categories(policy_of_month_for_system(run, own))
    gone = former_people_for_system(path_from, path_to, run.arrears_from, own, categories)
    for person in (*pay.slips["person"], *pay.left_out["person"]):
        gone.pop(person, None)
    people = pl.concat([pay.slips["person"], pl.Series("person", sorted(gone), dtype=pl.Int64)])
    if not len(people):
        return Arrears()
    ids = people.to_list()
    rows: list[Row] = []
    for month in Month.of(run.arrears_from).until(own):
        stored = stored_slips_for_system(month, people, sealed=True)
        if not stored.height:
            continue
        paid = arrears_paid_for_system(month, ids)
        again = month_pay_for_system(run, path_from, path_to, month=month)
        rows += _compared(month, stored, again, paid)
        moved = _moved(run, stored, again, path_from, path_to)
        if moved.height:
            ranges = [(path, after(path)) for path in Scope.of(moved["unit_path"].to_list()).paths]
            there = month_pay_for_system(run, path_from, path_to, month=month, ranges=ranges)
            rows += _compared(month, moved, there, paid)
    return _together(rows, gone)


def _moved(run: PayRun, stored: pl.DataFrame, again: MonthlyPay, path_from: str, path_to: str) -> pl.DataFrame:
    """The stored slips of those who were elsewhere in the run's unit then: another batch works that place out."""
    path = pl.col("unit_path")
    here = (path >= path_from) & (path < path_to)
    return stored.filter(~here & path.str.starts_with(run.unit_path)).join(again.slips, on="person", how="anti")


def _together(rows: list[Row], gone: Mapping[int, str]) -> Arrears:
    sums: dict[int, int] = {}
    months: dict[int, list[date]] = {}
    for person, month, _line, was, due in rows:
        sums[person] = sums.get(person, 0) + due - was
        months.setdefault(person, []).append(month)
    leavers = [
        (
            person,
            gone[person],
            "LEAVER_OWED" if fen > 0 else "LEAVER_OVERPAID",
            json.dumps(
                {
                    "from": f"{min(months[person]):%Y-%m}",
                    "to": f"{max(months[person]):%Y-%m}",
                    "yuan": format_yuan(Fen(abs(fen))),
                },
                sort_keys=True,
            ),
        )
        for person, fen in sorted(sums.items())
        if person in gone and fen
    ]
    paid = {person: fen for person, fen in sums.items() if person not in gone}
    return Arrears(
        rows=sorted(row for row in rows if row[0] not in gone),
        sums=pl.DataFrame(
            {"person": list(paid), "arrears": list(paid.values())}, schema={"person": pl.Int64, "arrears": pl.Int64}
        ),
        leavers=leavers,
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
