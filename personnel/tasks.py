"""Celery carries numbers to the services; what it loses or repeats, the sweeper and the claims put right."""

from __future__ import annotations

from celery import shared_task

from personnel.services.imports import due_jobs, import_job_run, imports_forget
from personnel.services.quality import quality_count


@shared_task
def forget_imports() -> None:
    """Remove the files of imports, and what stood in their cells, after thirty days."""
    imports_forget()


@shared_task
def count_quality() -> None:
    """Count what the records of whole provinces and cities lack, which nobody waits for."""
    quality_count()


@shared_task
def run_import_job(job_id: int) -> None:
    import_job_run(job_id=job_id)


@shared_task
def sweep_imports() -> None:
    """Send again what is due or whose worker has died."""
    for job_id in due_jobs():
        run_import_job.delay(job_id)
