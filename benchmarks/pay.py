"""A pay run through Celery, from its start to its seal, and a COPY of the same rows."""

from __future__ import annotations

import io
import time
from datetime import date
from typing import Any

from django.db import connection, transaction

from benchmarks.people import populate
from core.models import RunBase
from core.periods import Month
from core.services.tables import copy_rows
from organization.models import Role, Unit, User
from organization.services import grant_give
from payroll import tasks
from payroll.models import PayBatch, PayRun, PaySlip
from payroll.services.batches import settle_pay_run
from payroll.services.pay_runs import pay_run_cancel, pay_run_seal, pay_run_start

MONTH = Month(2026, 1)


def unit_of(place: str) -> Unit:
    return Unit.objects.get(code=place.ljust(12, "0"))


def prepare(place: str, people: int) -> float:
    """Make the people unless they are there (a kept database), and somebody who seals; seconds."""
    began = time.perf_counter()
    if not Unit.objects.filter(code=place.ljust(12, "0")).exists():
        populate(place, people)
        sealer = User.objects.create(username=f"sealer-{place}", display_name="Sealer")
        grant_give(actor=None, user=sealer, unit=unit_of(place), role=Role.FINANCE)
    return time.perf_counter() - began


def wait(run: RunBase) -> None:
    """Until a run is not running any more. Asks often enough to be right within two per cent, and rarely and plainly
    enough to leave the processors to the workers: a query set makes a run of 10,000 a tenth slower.
    """
    began = time.perf_counter()
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f'SELECT state <> %s FROM "{run._meta.db_table}" WHERE id = %s', ["RUNNING", run.pk])
            if cursor.fetchone()[0]:
                return
            time.sleep(max(0.004, 0.02 * (time.perf_counter() - began)))


def pay_run(place: str, *, copy: bool = True) -> dict[str, Any]:
    """Seconds of the run, of its phases and of a raw COPY of its rows; the month is free again afterwards."""
    unit, sealer = unit_of(place), User.objects.get(username=f"sealer-{place}")
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    run = pay_run_start(actor=None, unit=unit, month=MONTH)
    planned = time.perf_counter()
    tasks.start_pay_run.delay(run.pk)
    wait(run)
    computed = time.perf_counter()
    run.refresh_from_db()
    if run.state != "READY":
        raise SystemExit(f"the run {run.state}: {run.error}")
    # The seal itself is part of the time; it is taken back, so that the rows can be removed and the run repeated.
    with transaction.atomic():
        point = transaction.savepoint()
        pay_run_seal(actor=sealer, run=run, fingerprint=run.fingerprint)
        transaction.savepoint_rollback(point)
    sealed = time.perf_counter()
    found: dict[str, Any] = {
        "seconds": round(sealed - began, 3),
        "plan_seconds": round(planned - began, 3),
        "compute_seconds": round(computed - planned, 3),
        "slips": PaySlip.objects.filter(run=run).count(),
        "batches": PayBatch.objects.filter(run=run).count(),
        "fingerprint": run.fingerprint,
    }
    if copy:
        found["copy_seconds"] = round(raw_copy(run), 3)
    pay_run_cancel(actor=None, run=run)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM payroll_payslip")
    settle_pay_run(run_id=run.pk)
    return found


_COLUMNS = (
    "person_id", "unit_id", "month", "kind", "post", "day", "from_day", "to_day", "gross", "arrears", "assumed",
    "standards", "amounts", "input_codes", "input_numbers", "earlier", "run_id",
)  # fmt: skip


def raw_copy(run: PayRun) -> float:
    """One COPY of the rows of a run, under another month, in one transaction; the rows are removed afterwards."""
    other = PayRun.objects.create(
        unit=run.unit, unit_path=run.unit_path, month=date(2020, 1, 1), known_on=run.known_on, state="RUNNING"
    )
    replaced = {"month": "date '2020-01-01'", "run_id": str(other.pk)}
    columns = ", ".join(replaced.get(name, name) for name in _COLUMNS)
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT {columns} FROM payroll_payslip WHERE run_id = {run.pk} ORDER BY person_id) TO STDOUT", buffer
        )
    rows = buffer.getvalue()
    del buffer
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    with transaction.atomic():
        copy_rows(PaySlip._meta.db_table, _COLUMNS, rows)
    seconds = time.perf_counter() - began
    pay_run_cancel(actor=None, run=other)
    return seconds
