"""One batch, one worker at a time: two real connections, and what happens when the locking SQL is weakened."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg2
import pytest
from django.db import Error, connection, transaction

from assessment.models import Evaluation, EvaluationBatch
from core.models import BatchState, RunState
from core.rules import PathRange
from core.services.runs import (
    Claim,
    LostClaim,
    claim_batch,
    compute_claimed,
    due_batches,
    finish_batch,
    hold_batch,
    lock_run,
    plan,
    settle_run,
)
from organization.models import Unit, UnitKind
from payroll.models import PayBatch, PayRun, PromotionBatch, PromotionRun

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = "FOR NO KEY UPDATE OF b"  # what claiming and holding must say to the database
RUNS = {
    PayBatch: lambda unit: PayRun.objects.create(
        unit=unit, unit_path=unit.path, month=date(2026, 1, 1), known_on=date(2026, 1, 31)
    ),
    PromotionBatch: lambda unit: PromotionRun.objects.create(unit=unit, unit_path=unit.path, day=date(2026, 1, 1)),
    EvaluationBatch: lambda unit: Evaluation.objects.create(unit=unit, unit_path=unit.path, period="2025", year=2025),
}


class Worker:
    """Somebody else: a thread with a connection of its own, which stays open from one call to the next."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.pid = int(self(lambda: connection.ensure_connection() or connection.connection.info.backend_pid))

    def begin(self, work: Callable[..., Any], **named: Any) -> Future[Any]:
        return self._thread.submit(work, **named)

    def __call__(self, work: Callable[..., Any], **named: Any) -> Any:
        return self.begin(work, **named).result(timeout=30)

    def leave(self) -> None:
        self(lambda: connection.close())  # its own, not ours
        self._thread.shutdown()


@pytest.fixture
def other() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.leave()


every_kind_of_run = pytest.mark.parametrize("batches", RUNS, indirect=True, ids=lambda model: model.__name__)


@pytest.fixture
def batches(request: pytest.FixtureRequest) -> list[Any]:
    """Two batches of a run, committed: of a pay run where a test does not ask for `every_kind_of_run`."""
    model = getattr(request, "param", PayBatch)
    unit = Unit.objects.create(
        code="340000000000",
        name="安徽省",
        name_en="Anhui",
        kind=UnitKind.PROVINCE,
        path="34/",
        valid_from=date(2000, 1, 1),
    )
    run = RUNS[model](unit)
    plan(run, model, [PathRange("34/", "34/b/", 3), PathRange("34/b/", "340", 4)])
    return list(run.batches.order_by("number"))


def claim(batch: Any) -> Claim | None:
    return claim_batch(model=type(batch), batch_id=batch.pk)


def end_lease(batch: Any) -> None:
    type(batch).objects.filter(pk=batch.pk).update(lease="2020-01-01T00:00:00Z")


def finish(held: Claim, people: int = 3) -> None:
    """The computing transaction of a batch, with nothing computed."""
    with transaction.atomic():
        hold_batch(claim=held)
        finish_batch(claim=held, people=people, left_out=0, digest="0" * 64, totals={"gross": 5})


def state(batch: Any) -> tuple[str, int, int]:
    return type(batch).objects.values_list("state", "attempt", "people").get(pk=batch.pk)


@contextmanager
def saying(instead: str) -> Iterator[list[str]]:
    """In this thread the locking clause reads otherwise. Gives the statements that were changed."""
    changed: list[str] = []

    def rewrite(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if LOCK in sql:
            changed.append(sql)
            sql = re.sub(f"{LOCK}( SKIP LOCKED)?", instead, sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rewrite):
        yield changed


def waits(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid])
        return bool(cursor.fetchone()[0])


# -- Two claim at once --------------------------------------------------------------------------------------------------


@every_kind_of_run
def test_while_one_claims_another_gets_nothing_and_does_not_wait(batches: list[Any], other: Worker) -> None:
    with transaction.atomic():
        mine = claim(batches[0])
        assert mine is not None
        assert other(claim, batch=batches[0]) is None  # not committed yet, and still no waiting
    assert mine.attempt == 1
    assert other(claim, batch=batches[0]) is None  # committed: the lease holds
    assert state(batches[0]) == (BatchState.CLAIMED, 1, 0)


@every_kind_of_run
def test_without_the_lock_both_claims_succeed(batches: list[Any], other: Worker) -> None:
    """The control: the second waits for the first to commit, and then takes what is taken."""

    def unlocked(batch: Any) -> tuple[Claim | None, int]:
        with saying("") as changed:
            return claim(batch), len(changed)

    with transaction.atomic():
        mine, weakened = unlocked(batches[0])
        late = other.begin(unlocked, batch=batches[0])
        while not waits(other.pid):
            assert not late.done()
    theirs, also = late.result(timeout=30)
    assert (weakened, also) == (1, 1)
    assert mine is not None
    assert theirs is not None
    assert (mine.attempt, theirs.attempt) == (1, 2)


# -- One computes -------------------------------------------------------------------------------------------------------


@every_kind_of_run
def test_a_batch_that_is_being_computed_is_nobody_elses_even_when_its_lease_has_ended(
    batches: list[Any], other: Worker
) -> None:
    mine = claim(batches[0])
    assert mine is not None
    end_lease(batches[0])
    with transaction.atomic():
        hold_batch(claim=mine)
        assert other(claim, batch=batches[0]) is None
        finish_batch(claim=mine, people=3, left_out=0, digest="0" * 64)
    assert state(batches[0]) == (BatchState.DONE, 1, 3)
    assert other(claim, batch=batches[0]) is None


@every_kind_of_run
def test_without_the_lock_a_batch_that_is_being_computed_is_claimed_again(batches: list[Any], other: Worker) -> None:
    """The control: the same with a hold that reads the row without locking it, as `exists()` would."""
    mine = claim(batches[0])
    assert mine is not None
    end_lease(batches[0])
    with pytest.raises(LostClaim), transaction.atomic():
        with saying("") as changed:
            hold_batch(claim=mine)
        theirs = other(claim, batch=batches[0])
        assert theirs is not None  # two have it now …
        finish_batch(claim=mine, people=3, left_out=0, digest="0" * 64)  # … and the first has worked for nothing
    assert len(changed) == 1
    assert (mine.attempt, theirs.attempt) == (1, 2)


def test_holding_a_batch_leaves_the_run_and_its_other_batches_free(batches: list[Any], other: Worker) -> None:
    mine, theirs = claim(batches[0]), claim(batches[1])
    assert mine is not None
    assert theirs is not None
    with transaction.atomic():
        hold_batch(claim=mine)
        other(finish, held=theirs, people=4)
    assert state(batches[1]) == (BatchState.DONE, 1, 4)


def test_a_lock_on_the_run_too_would_keep_the_other_batches_waiting(batches: list[Any], other: Worker) -> None:
    """The control: `OF b` is what lets the workers of one run compute side by side."""
    mine, theirs = claim(batches[0]), claim(batches[1])
    assert mine is not None
    assert theirs is not None

    def wide(held: Claim) -> None:
        with saying("FOR NO KEY UPDATE SKIP LOCKED"):
            finish(held, people=4)

    with transaction.atomic():
        with saying("FOR NO KEY UPDATE SKIP LOCKED"):
            hold_batch(claim=mine)
        with pytest.raises(LostClaim):
            other(wide, held=theirs)
    assert state(batches[1]) == (BatchState.CLAIMED, 1, 0)


def test_a_hold_waits_for_who_is_just_finding_the_batch_claimed(batches: list[Any], other: Worker) -> None:
    """Another worker that looks at the batch has its row for a moment; giving up then would leave it until the sweeper."""
    mine = claim(batches[0])
    assert mine is not None
    found, go = threading.Event(), threading.Event()

    def look() -> None:
        with transaction.atomic():
            type(batches[0]).objects.select_for_update(of=("self",), no_key=True).get(pk=batches[0].pk)
            found.set()
            go.wait(timeout=30)

    looking = other.begin(look)
    assert found.wait(timeout=30)
    with saying(f"{LOCK} SKIP LOCKED"), pytest.raises(LostClaim), transaction.atomic():
        hold_batch(claim=mine)  # the control: whoever does not wait takes it for lost
    threading.Timer(0.2, go.set).start()
    with transaction.atomic():
        hold_batch(claim=mine)
    looking.result(timeout=30)


# -- A claim that has run out -------------------------------------------------------------------------------------------


@every_kind_of_run
def test_a_claim_that_has_run_out_is_taken_over_once(batches: list[Any]) -> None:
    model = type(batches[0])
    first = claim(batches[0])
    assert first is not None
    assert due_batches(model=model) == [batches[1].pk]
    end_lease(batches[0])
    assert due_batches(model=model) == [batches[0].pk, batches[1].pk]
    together = threading.Barrier(4)

    def at_once() -> Claim | None:
        together.wait(timeout=30)
        return claim(batches[0])

    workers = [Worker() for _n in range(4)]
    found = [begun.result(timeout=30) for begun in [worker.begin(at_once) for worker in workers]]
    for worker in workers:
        worker.leave()
    assert sorted(one.attempt for one in found if one is not None) == [2]
    assert due_batches(model=model) == [batches[1].pk]
    assert state(batches[0]) == (BatchState.CLAIMED, 2, 0)


@every_kind_of_run
def test_the_first_claimants_late_finish_is_refused(batches: list[Any], other: Worker) -> None:
    first = claim(batches[0])
    assert first is not None
    end_lease(batches[0])
    second = other(claim, batch=batches[0])
    assert second is not None
    with pytest.raises(LostClaim):
        finish(first, people=99)
    with pytest.raises(LostClaim), transaction.atomic():  # nor when it got past holding before
        finish_batch(claim=first, people=99, left_out=0, digest="f" * 64)
    assert state(batches[0]) == (BatchState.CLAIMED, 2, 0)
    other(finish, held=second)
    for _again in range(2):
        with pytest.raises(LostClaim):
            finish(first, people=99)
    assert state(batches[0]) == (BatchState.DONE, 2, 3)


def test_it_is_the_attempt_that_refuses_the_late_finish(batches: list[Any], other: Worker) -> None:
    """The control: the same late finish under the number of the second attempt goes through."""
    first = claim(batches[0])
    assert first is not None
    end_lease(batches[0])
    assert other(claim, batch=batches[0]) is not None
    finish(replace(first, attempt=2), people=99)
    assert state(batches[0]) == (BatchState.DONE, 2, 99)


# -- An attempt that ends with an error ---------------------------------------------------------------------------------


def ending_with(error: Exception) -> Callable[[Claim], None]:
    def compute(_claim: Claim) -> None:
        raise error

    return compute


LOST = "server closed the connection unexpectedly"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(psycopg2.DatabaseError(LOST), id="bare"),  # what a server that is stopped at once leaves behind
        pytest.param(psycopg2.OperationalError(LOST), id="operational"),
        pytest.param(psycopg2.InterfaceError("connection already closed"), id="interface"),
    ],
)
def test_a_lost_connection_is_not_counted_against_the_batch(batches: list[Any], error: Exception) -> None:
    mine = claim(batches[0])
    assert mine is not None
    with pytest.raises(Error):  # it goes up, and the lease brings the batch back
        compute_claimed(claim=mine, compute=ending_with(error))
    batches[0].refresh_from_db()
    assert (batches[0].state, batches[0].failures, batches[0].error) == (BatchState.CLAIMED, 0, "")
    assert batches[0].lease is not None


@pytest.mark.parametrize("error", [ZeroDivisionError("broken"), psycopg2.DataError("broken")])
def test_an_error_of_the_program_is_counted_and_after_three_the_batch_has_failed(
    batches: list[Any], error: Exception
) -> None:
    """The control: what is no lost connection is an error, and the batch is due again at once."""
    for attempt, expected in enumerate([BatchState.DUE, BatchState.DUE, BatchState.FAILED], start=1):
        mine = claim(batches[0])
        assert mine is not None
        assert compute_claimed(claim=mine, compute=ending_with(error)) is False
        batches[0].refresh_from_db()
        assert (batches[0].state, batches[0].failures, batches[0].attempt) == (expected, attempt, attempt)
        assert batches[0].error == f"{type(error).__name__}: broken"
    assert claim(batches[0]) is None


# -- The run ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stopped", [RunState.CANCELLED, RunState.FAILED])
def test_nothing_of_a_stopped_run_is_claimed_or_finished(batches: list[Any], other: Worker, stopped: RunState) -> None:
    mine = claim(batches[0])
    assert mine is not None
    type(batches[0].run).objects.filter(pk=batches[0].run_id).update(state=stopped)
    assert other(claim, batch=batches[1]) is None
    with pytest.raises(LostClaim):
        finish(mine)
    with pytest.raises(LostClaim), transaction.atomic():
        finish_batch(claim=mine, people=3, left_out=0, digest="0" * 64)
    assert due_batches(model=type(batches[0])) == []


def test_of_two_who_settle_a_run_one_does(batches: list[Any], other: Worker) -> None:
    model, run_id = type(batches[0].run), batches[0].run_id
    for batch in batches:
        held = claim(batch)
        assert held is not None
        finish(held, people=batch.expected)

    def settle() -> RunState | None:
        return settle_run(model=model, run_id=run_id, policies=[], what="test")

    with transaction.atomic():
        lock_run(model, run_id)
        late = other.begin(settle)
        while not waits(other.pid):
            assert not late.done()
        assert settle() == RunState.READY
    assert late.result(timeout=30) is None
    run = model.objects.get(pk=run_id)
    assert (run.state, run.totals) == (RunState.READY, {"gross": 10, "people": 7, "left_out": 0})
