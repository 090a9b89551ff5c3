"""Celery says when; the service does what is left, in one process at a time."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from reports.services import rollups_keep
from reports.services.saved import reports_forget, reports_make


@shared_task
def keep_rollups() -> None:
    """Count what has changed, and what of today or tomorrow isn't counted yet."""
    rollups_keep()


@shared_task
def make_reports() -> None:
    """Make what has fallen due or was asked for: once each, however many do this at once."""
    reports_make(today=timezone.localdate())


@shared_task
def forget_reports() -> None:
    """Remove files whose time is over."""
    reports_forget()
