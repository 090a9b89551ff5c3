"""Two workers on one batch, a claim that has run out, and a worker that dies: one result all the same."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from assessment import tasks
from assessment.models import AnnualResult, EvaluationBatch
from assessment.services import batches as computing
from assessment.services import compute_evaluation, compute_evaluation_batch, evaluation_cancel, evaluation_start
from core.services.runs import claim_batch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(units, policy, crew):
    crew("340181002001", [9900 - n for n in range(20)])
    crew("340181003001", [9900 - n for n in range(7)])
    return evaluation_start(actor=None, unit=units["340181"], period=2025, people_a_batch=5)


def at_once(work, count: int = 4) -> list:
    """Run `work` in threads of their own connections, all beginning together."""
    barrier, results = threading.Barrier(count), []

    def one() -> None:
        try:
            barrier.wait(timeout=10)
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.requirement("CH-45")
def test_of_several_workers_on_one_batch_one_computes_it(run) -> None:
    batch = EvaluationBatch.objects.filter(run=run).first()
    assert sorted(at_once(lambda: compute_evaluation_batch(batch_id=batch.pk))) == [False, False, False, True]
    batch.refresh_from_db()
    assert (batch.state, batch.attempt, batch.people) == ("DONE", 1, 20)
    assert AnnualResult.objects.count() == 20


def test_without_claiming_the_same_workers_collide(run) -> None:
    """The control: the computing alone, without a claim, does not keep several workers apart."""
    batch = EvaluationBatch.objects.filter(run=run).first()
    claim = claim_batch(model=EvaluationBatch, batch_id=batch.pk)
    failures = []

    def unclaimed() -> None:
        from django.db import transaction

        try:
            with transaction.atomic():
                computing._compute(claim)
        except Exception as error:
            failures.append(error)

    at_once(unclaimed)
    assert len(failures) == 3


def test_a_dead_workers_batch_is_taken_over_when_its_lease_has_run_out(run, settings) -> None:
    first, second = EvaluationBatch.objects.filter(run=run)
    claim = claim_batch(model=EvaluationBatch, batch_id=first.pk)
    assert claim is not None
    assert compute_evaluation_batch(batch_id=first.pk) is False  # still somebody's
    EvaluationBatch.objects.filter(pk=first.pk).update(lease="2020-01-01T00:00:00Z")
    assert compute_evaluation_batch(batch_id=first.pk) is True
    assert compute_evaluation_batch(batch_id=second.pk) is True
    run.refresh_from_db()
    assert run.state == "READY"
    assert AnnualResult.objects.filter(evaluation=run).count() == 27


def test_a_worker_and_this_process_give_the_same_fingerprint(run, units, settings) -> None:
    from cwms.celery import app

    app.conf.task_always_eager = True
    try:
        tasks.start_evaluation.delay(run.pk)
    finally:
        app.conf.task_always_eager = False
    run.refresh_from_db()
    assert run.state == "READY"
    carried = run.fingerprint
    evaluation_cancel(actor=None, run=run)
    here = compute_evaluation(run=evaluation_start(actor=None, unit=units["340181"], period=2025))
    assert here.fingerprint == carried


def test_the_sweeper_settles_a_run_whose_last_worker_died_before_saying_so(run) -> None:
    for batch in EvaluationBatch.objects.filter(run=run):
        claim = claim_batch(model=EvaluationBatch, batch_id=batch.pk)
        from core.services.runs import compute_claimed

        assert claim is not None
        assert compute_claimed(claim=claim, compute=computing._compute)
    run.refresh_from_db()
    assert run.state == "RUNNING"
    tasks.sweep()
    run.refresh_from_db()
    assert run.state == "READY"


def test_a_batch_that_keeps_failing_says_so_and_its_run_fails(run, monkeypatch) -> None:
    def broken(*args, **kwargs):
        raise ZeroDivisionError("broken on purpose")

    monkeypatch.setattr(computing, "evaluate_all", broken)
    failed = compute_evaluation(run=run)
    assert failed.state == "FAILED"
    assert "broken on purpose" in failed.error
    assert not AnnualResult.objects.exists()
