"""Celery carries the work; the database is the truth (docs/decisions/0001)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwms.settings")

app = Celery("cwms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
