"""Work of the clock: what is kept for a while is forgotten."""

from __future__ import annotations

from celery import shared_task

from personnel.services.imports import imports_forget


@shared_task
def forget_imports() -> None:
    """Remove the files of imports, and what stood in their cells, after thirty days."""
    imports_forget()
