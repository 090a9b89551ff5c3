"""The machinery of runs: the database is the truth, messages only say "look at this batch".

A batch is claimed in a transaction of its own, computed and marked done in one other. While that one runs, the row is
locked, so that a batch whose lease has run out under a slow but living worker is not begun a second time; when the
worker dies, the lock goes with its connection and the lease decides. These functions are called by services and tasks
of the apps that have runs; they write no audit entries (a run's start, result and confirmation have theirs).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone

from core.errors import Conflict
from core.models import BatchBase, BatchState, RunBase, RunState
from core.rules import PathRange, add_totals, fingerprint

MAX_FAILURES = 3
R = TypeVar("R", bound=RunBase)


class LostClaim(Conflict):
    """Somebody else has the batch now, or its run has been stopped: what was computed must not be kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to compute one batch: good for this attempt only."""

    model: type[Any]
    batch_id: int
    run_id: int
    number: int
    path_from: str
    path_to: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Counted from the batches, so that it is right whoever computed them."""

    batches: int
    done: int
    failed: int
    claimed: int
    people: int
    expected: int
    left_out: int

    @property
    def percent(self) -> int:
        if self.expected:
            return min(100, 100 * self.people // self.expected) if self.done < self.batches else 100
        return 100 * self.done // self.batches if self.batches else 100

    @property
    def ended(self) -> bool:
        return self.done + self.failed == self.batches


def lease_seconds() -> int:
    return int(getattr(settings, "CWMS_LEASE_SECONDS", 30))


def lock(name: str, *, shared: bool = False) -> None:
    """One at a time for everybody who names the same thing, until the end of the transaction.

    Those who take it `shared` go together, but never with one who takes it for themselves alone.
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])


def lock_run(model: type[R], run_id: int) -> R:
    """The run, locked against changes by others until the end of the transaction. Raises DoesNotExist."""
    return model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=run_id)


def batch_target(headcounts: Sequence[tuple[str, int]]) -> int:
    """People a batch: as many as memory allows, since each batch costs something of its own whatever its size, and
    such that all cores have equally many batches of equal size. The largest unit is added, so that the last batch is
    not a small rest.
    """
    most: int = settings.CWMS_BATCH_PEOPLE
    cores = os.cpu_count() or 1
    people = sum(number for _path, number in headcounts)
    largest = max((number for _path, number in headcounts), default=0)
    rounds = -(-people // (max(most - largest, most // 2) * cores))
    return max(-(-people // (max(rounds, 1) * cores)) + largest, most // 10)


def plan(run: RunBase, batch_model: type[Any], ranges: Sequence[PathRange]) -> int:
    """Write the batches of a new run; returns how many."""
    batch_model.objects.bulk_create(
        [
            batch_model(run=run, number=number, path_from=r.path_from, path_to=r.path_to, expected=r.people)
            for number, r in enumerate(ranges, start=1)
        ],
        batch_size=1000,
    )
    return len(ranges)


@transaction.atomic
def claim_batch(*, model: type[Any], batch_id: int) -> Claim | None:
    """Claim a batch that is due, or whose claim has run out. None: done, in other hands, or its run is not running."""
    table = model._meta.db_table
    run_table = model._meta.get_field("run").related_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} SET state = 'CLAIMED', attempt = attempt + 1, error = '',
                       lease = clock_timestamp() + make_interval(secs => %s)
                 WHERE id = (SELECT b.id FROM {table} b JOIN {run_table} r ON r.id = b.run_id
                              WHERE b.id = %s AND r.state = 'RUNNING'
                                AND (b.state = 'DUE' OR (b.state = 'CLAIMED' AND b.lease < clock_timestamp()))
                                FOR NO KEY UPDATE OF b SKIP LOCKED)
             RETURNING id, run_id, number, path_from, path_to, attempt""",  # table names come from the models
            [lease_seconds(), batch_id],
        )
        row = cursor.fetchone()
    return Claim(model, *row) if row else None


def hold_batch(*, claim: Claim) -> None:
    """First statement of the computing transaction: lock the claimed row. Raises LostClaim."""
    table = claim.model._meta.db_table
    run_table = claim.model._meta.get_field("run").related_model._meta.db_table
    with connection.cursor() as cursor:
        # In SQL, because the lock must be on the batch alone: other workers hold the run's row in share mode. It waits:
        # who has the row while the attempt is still this one is a worker that is just finding it claimed.
        cursor.execute(
            f"""SELECT b.id FROM {table} b JOIN {run_table} r ON r.id = b.run_id
                 WHERE b.id = %s AND b.state = 'CLAIMED' AND b.attempt = %s AND r.state = 'RUNNING'
                   FOR NO KEY UPDATE OF b""",
            [claim.batch_id, claim.attempt],
        )
        held = cursor.fetchone()
    if not held:
        raise LostClaim(f"batch {claim.batch_id}, attempt {claim.attempt}")


def finish_batch(
    *, claim: Claim, people: int, left_out: int, digest: str, totals: Mapping[str, int] | None = None
) -> None:
    """Last statement of the computing transaction: mark the batch done. Raises LostClaim, and all is rolled back."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a batch is finished in the transaction that writes its rows")
    rows = claim.model.objects.filter(
        pk=claim.batch_id, state=BatchState.CLAIMED, attempt=claim.attempt, run__state=RunState.RUNNING
    ).update(
        state=BatchState.DONE, people=people, left_out=left_out, digest=digest, totals=dict(totals or {}), lease=None
    )
    if rows != 1:
        raise LostClaim(f"batch {claim.batch_id}, attempt {claim.attempt}")


@transaction.atomic
def fail_batch(*, claim: Claim, error: str) -> None:
    """Note an error of the program; the batch is due again until it has failed MAX_FAILURES times."""
    batch = claim.model.objects.select_for_update(of=("self",), no_key=True).get(pk=claim.batch_id)
    if batch.state != BatchState.CLAIMED or batch.attempt != claim.attempt:
        return
    batch.failures += 1
    batch.error = error[:4000]
    batch.lease = None
    batch.state = BatchState.FAILED if batch.failures >= MAX_FAILURES else BatchState.DUE
    batch.save(update_fields=["failures", "error", "lease", "state"])


def due_batches(*, model: type[Any], run_id: int | None = None, limit: int = 10_000) -> list[int]:
    """Batches of running runs that wait for somebody: never claimed, or their claim has run out."""
    waiting = model.objects.filter(run__state=RunState.RUNNING).filter(
        models.Q(state=BatchState.DUE) | models.Q(state=BatchState.CLAIMED, lease__lt=timezone.now())
    )
    if run_id is not None:
        waiting = waiting.filter(run_id=run_id)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])


def compute_claimed(*, claim: Claim, compute: Callable[[Claim], None]) -> bool:
    """Compute a claimed batch in one transaction. False: the claim was lost or the attempt failed; nothing is kept.

    A broken connection says nothing about the batch: it goes up, and the lease brings the batch back. In-process
    callers see it too.
    """
    try:
        with transaction.atomic():
            hold_batch(claim=claim)
            with connection.wrap_database_errors:  # also for those who talk to the driver themselves
                compute(claim)
    except LostClaim:
        return False
    except Exception as error:  # whatever it is, it must not take the other batches along
        if _connection_lost(error):
            raise
        fail_batch(claim=claim, error=f"{type(error).__name__}: {error}")
        return False
    return True


def _connection_lost(error: Exception) -> bool:
    """A server that goes away in mid-query is a bare DatabaseError to the driver, told from others by its having no code."""
    return isinstance(error, OperationalError | InterfaceError) or (
        type(error) is DatabaseError and getattr(error.__cause__, "pgcode", None) is None
    )


def progress(*, run: RunBase) -> Progress:
    counts = run.batches.aggregate(  # type: ignore[attr-defined]  # the concrete models' batches
        batches=models.Count("pk"),
        done=models.Count("pk", filter=models.Q(state=BatchState.DONE)),
        failed=models.Count("pk", filter=models.Q(state=BatchState.FAILED)),
        claimed=models.Count("pk", filter=models.Q(state=BatchState.CLAIMED)),
        people=models.Sum("people"),
        expected=models.Sum("expected"),
        left_out=models.Sum("left_out"),
    )
    return Progress(**{key: number or 0 for key, number in counts.items()})


@transaction.atomic
def settle_run(*, model: type[RunBase], run_id: int, policies: Sequence[str], what: str = "") -> RunState | None:
    """After the last batch: READY with totals and fingerprint, or FAILED. None while there is work left.

    Every worker calls it after its batch and the sweeper for those who could not; the lock lets one of them through.
    """
    run = lock_run(model, run_id)
    if run.state != RunState.RUNNING:
        return None
    batches: list[BatchBase] = list(run.batches.all())  # type: ignore[attr-defined]
    if any(batch.state in (BatchState.DUE, BatchState.CLAIMED) for batch in batches):
        return None
    run.finished = timezone.now()
    failed = [batch for batch in batches if batch.state == BatchState.FAILED]
    if failed:
        run.state = RunState.FAILED
        run.error = "\n".join(f"{batch.number}: {batch.error}" for batch in failed[:20])
    else:
        run.state = RunState.READY
        run.totals = {
            **run.totals,
            **add_totals(batch.totals for batch in batches),
            "people": sum(batch.people for batch in batches),
            "left_out": sum(batch.left_out for batch in batches),
        }
        run.fingerprint = fingerprint(
            policies=policies, digests=(batch.digest for batch in batches), code_version=run.code_version, what=what
        )
    run.save(update_fields=["state", "error", "finished", "totals", "fingerprint"])
    return RunState(run.state)


@cache
def code_version(*packages: str) -> str:
    """The hash of the sources that decide a result: all modules below the named packages, by path and content."""
    import importlib

    digest = hashlib.sha256()
    for package in sorted(packages):
        root = Path(str(importlib.import_module(package).__file__)).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
