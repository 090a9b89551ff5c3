"""Celery carries numbers to the services; whatever it loses or repeats, the sweeper and the claims put right."""

from __future__ import annotations

from celery import shared_task

from assessment import services
from assessment.models import EvaluationBatch
from core.services.runs import due_batches

# Messages that the sweeper sends again at a time: enough for every worker, few enough not to flood a healthy queue.
AGAIN = 16


@shared_task
def compute_evaluation_batch(batch_id: int) -> None:
    services.compute_evaluation_batch(batch_id=batch_id)


@shared_task
def start_evaluation(run_id: int) -> None:
    """One message from the page; the batches' own messages are sent here, where a slow broker keeps nobody waiting."""
    for batch_id in due_batches(model=EvaluationBatch, run_id=run_id):
        compute_evaluation_batch.delay(batch_id)


@shared_task
def sweep() -> None:
    """Send again what is due or whose worker has died, and settle runs whose last worker died before it could."""
    for batch_id in due_batches(model=EvaluationBatch, limit=AGAIN):
        compute_evaluation_batch.delay(batch_id)
    services.settle_evaluations()
