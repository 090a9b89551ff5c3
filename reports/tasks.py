"""Celery says when; the service does what is left, in one process at a time."""

from __future__ import annotations

from celery import shared_task

from reports.services import rollups_keep


@shared_task
def keep_rollups() -> None:
    """Count what has changed, and what of today or tomorrow isn't counted yet."""
    rollups_keep()
