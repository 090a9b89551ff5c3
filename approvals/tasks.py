"""What is done about cases without anybody asking."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from approvals.services import steps_remind


@shared_task
def remind() -> None:
    """Tell of the last days of open steps: once each, however often this runs."""
    steps_remind(actor=None, day=timezone.localdate())
