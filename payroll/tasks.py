"""Celery carries numbers to the services; whatever it loses or repeats, the sweeper and the claims put right."""

from __future__ import annotations

from celery import shared_task

from core.services.runs import due_batches
from payroll.models import PayBatch, PromotionBatch
from payroll.services import batches, promotion

# Messages that the sweeper sends again at a time: enough for every worker, few enough not to flood a healthy queue.
AGAIN = 16


@shared_task
def compute_pay_batch(batch_id: int) -> None:
    batches.compute_pay_batch(batch_id=batch_id)


@shared_task
def compute_promotion_batch(batch_id: int) -> None:
    promotion.compute_promotion_batch(batch_id=batch_id)


@shared_task
def start_pay_run(run_id: int) -> None:
    """One message from the page; the batches' own messages are sent here, where a slow broker keeps nobody waiting."""
    for batch_id in due_batches(model=PayBatch, run_id=run_id):
        compute_pay_batch.delay(batch_id)


@shared_task
def start_promotion_run(run_id: int) -> None:
    for batch_id in due_batches(model=PromotionBatch, run_id=run_id):
        compute_promotion_batch.delay(batch_id)


@shared_task
def sweep() -> None:
    """Send again what is due or whose worker has died, and settle runs whose last worker died before it could."""
    for batch_id in due_batches(model=PayBatch, limit=AGAIN):
        compute_pay_batch.delay(batch_id)
    for batch_id in due_batches(model=PromotionBatch, limit=AGAIN):
        compute_promotion_batch.delay(batch_id)
    batches.settle_pay_runs()
    promotion.settle_promotion_runs()
