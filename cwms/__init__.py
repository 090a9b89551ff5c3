"""The composition root: settings, routes, the task queue, the embedded services and the demonstration."""

from cwms.celery import app as celery_app

__all__ = ["celery_app"]
