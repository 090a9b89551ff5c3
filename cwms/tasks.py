"""What the platform itself does now and then."""

from __future__ import annotations

from celery import shared_task

from cwms.sessions import forget_ended


@shared_task
def forget_sessions() -> None:
    """Sessions that have ended by time are taken away, though nobody came back to find them ended."""
    forget_ended()
