"""Celery carries the work; the database is the truth (docs/decisions/0001)."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup

from cwms.starting import wait_until_prepared

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cwms.settings")

# Work is shared out among processes, a core each; threads inside them would only take turns. Read when polars loads.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

app = Celery("cwms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect(weak=False)
def _wait(**kwargs: Any) -> None:
    """All is read, nothing has been begun."""
    wait_until_prepared()
