"""The control: the same work without claims, leases, locks or a sweeper, and with messages acknowledged when they arrive."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import connection, transaction

from cwms.celery import app
from tests.chaos.kinds import PAUSE_LOCK

QUEUE = "naive"  # so that the workers with claims do not take its messages
ENDED = "the last message has come"
PAUSE_AT = 6  # the number of the batch in whose middle its worker waits as long as a test holds the lock

app.conf.task_acks_late = False


@shared_task(acks_late=False)
def naive_batch(batch_id: int) -> None:
    from core.services.runs import Claim
    from payroll.models import PayBatch
    from payroll.services import batches

    batch: Any = PayBatch.objects.get(pk=batch_id)
    PayBatch.objects.filter(pk=batch_id).update(state="CLAIMED", attempt=1)
    with transaction.atomic():
        batches._compute(Claim(PayBatch, batch_id, batch.run_id, batch.number, batch.path_from, batch.path_to, 1))
        if batch.number == PAUSE_AT:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PAUSE_LOCK])


@shared_task(acks_late=False)
def naive_end(run_id: int) -> None:
    from payroll.models import PayRun

    PayRun.objects.filter(pk=run_id).update(error=ENDED)


@shared_task(acks_late=False)
def naive_import(kind: str, source_id: int) -> None:
    from personnel.models import Import, ImportRow
    from personnel.services.imports import undoing
    from personnel.services.imports.writing import units_named, write_row

    source = Import.objects.get(pk=source_id)
    rows = list(ImportRow.objects.filter(source=source).order_by("position"))
    units = units_named(rows, source)
    for row in rows:
        with transaction.atomic():
            if kind == "APPLY":
                write_row(None, source, row, units)
            else:
                undoing._take_back([row])
