"""What the platform itself does now and then."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cwms.sessions import forget_ended
from organization.services import token_uses_forget


@shared_task
def forget_sessions() -> None:
    """Sessions that have ended by time are taken away, though nobody came back to find them ended."""
    forget_ended()


@shared_task
def forget_token_uses() -> None:
    """How tokens were used is kept for a while."""
    token_uses_forget(today=timezone.localdate())
