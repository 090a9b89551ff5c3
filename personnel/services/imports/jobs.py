"""Applying and undoing apart from the page: many rows take longer than a page may.

The database is the truth: a piece of work is claimed by a conditional UPDATE with a lease, and its last statement, in
the transaction that writes the rows, marks it done. A killed worker takes its transaction along, so that nothing is half;
the lease runs out and somebody else begins again from nothing. How far it is goes through a connection of its own,
because nobody else sees into the writing transaction.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import ApplicationError, Refused
from core.services import audit
from core.services.runs import LostClaim, lease_seconds
from organization.models import Permission, User
from organization.services import countersigned
from personnel.models.imports import OPEN_JOBS, Import, ImportJob, JobKind, JobState
from personnel.services.imports.applying import import_apply
from personnel.services.imports.reviewing import lock_open
from personnel.services.imports.undoing import import_undo
from personnel.services.imports.watching import Watch

IN_REQUEST = 50  # so many rows are written while the page waits
MAX_ATTEMPTS = 3
log = logging.getLogger(__name__)


@transaction.atomic
def import_queue(
    *, actor: User | None, source: Import, kind: str, options: Mapping[str, Any], language: str = ""
) -> ImportJob:
    """Note that an import is to be applied or undone by a worker, and by whose right. At most one piece of work at a time.

    options: what `import_apply` or `import_undo` takes. Raises Conflict where the import is closed or at work.
    """
    source = lock_open(actor, source.pk)
    if kind == JobKind.APPLY:
        countersigned(
            actor=actor,
            action="personnel.import.apply",
            rows=source.counts.get("ready", 0),
            permission=Permission.CHANGE_PEOPLE,
            paths=[source.unit.path],
            about=_("Import of %(file)s for %(unit)s") % {"file": source.file_name, "unit": source.unit.name},
            depends={"import": source.pk, "options": dict(options), "content": _what_is_written(source)},
        )
    job = ImportJob.objects.create(
        source=source,
        kind=kind,
        started_by=actor,
        language=language or translation.get_language() or "zh-hans",
        options=dict(options),
        total=source.counts.get("ready" if kind == JobKind.APPLY else "applied", 0),
    )
    audit(
        actor=actor,
        action="personnel.import.queue",
        obj=source,
        unit_code=source.unit.code,
        after={"kind": kind, "rows": job.total},
    )
    return job


def _what_is_written(source: Import) -> str:
    """SHA-256 of the file, of how it is read and of what was corrected, left out and found in its rows."""
    found = hashlib.sha256(json.dumps([source.sha256, str(source.day), source.sheets, source.defaults]).encode())
    for row in source.rows.only("source_id", "position", "fixed", "action", "left_out").order_by("position").iterator():
        found.update(json.dumps([row.position, row.fixed, row.action, row.left_out], sort_keys=True).encode())
    return found.hexdigest()


def due_jobs(*, limit: int = 20) -> list[int]:
    """Work that waits for somebody: never claimed, or its claim has run out."""
    waiting = Q(state=JobState.DUE) | Q(state=JobState.CLAIMED, lease__lt=timezone.now())
    return list(ImportJob.objects.filter(waiting).order_by("pk").values_list("pk", flat=True)[:limit])


def import_job_run(*, job_id: int) -> bool:
    """Do a piece of work if it is due. False: it is done, or in other hands.

    What the services refuse, and an error of the program, end it with what they say; a broken connection goes up, and
    the lease brings the work back.
    """
    job = _claim(job_id)
    if job is None:
        return False
    with translation.override(job.language), _Progress(job) as watch:
        if job.attempt > MAX_ATTEMPTS:
            _end(job, JobState.FAILED, [_broken_off(job)])
            return False
        try:
            if job.kind == JobKind.APPLY:
                import_apply(actor=job.started_by, source=job.source, watch=watch, **job.options)
            else:
                import_undo(actor=job.started_by, source=job.source, watch=watch, **job.options)
        except LostClaim:
            return False
        except ApplicationError as error:
            lines = error.errors if isinstance(error, Refused) else [error.message]
            _end(job, JobState.REFUSED, [str(line) for line in lines])
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("work %s on import %s failed", job.pk, job.source_id)
            _end(job, JobState.FAILED, [_("Nothing was written: the program failed. Try again, and report it if it fails again.")])  # fmt: skip
    return True


def _broken_off(job: ImportJob) -> str:
    return _(
        "Nothing was written: the work was broken off %(count)s times. Start it again when the server is well."
    ) % {"count": job.attempt - 1}


@transaction.atomic
def _claim(job_id: int) -> ImportJob | None:
    """The work, if it is due. An import that another worker is writing is locked: a slow one is not begun again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE personnel_importjob SET state = 'CLAIMED', attempt = attempt + 1, done = 0,
                      lease = clock_timestamp() + make_interval(secs => %s)
                WHERE id = (SELECT j.id FROM personnel_importjob j JOIN personnel_import i ON i.id = j.source_id
                             WHERE j.id = %s AND (j.state = 'DUE' OR (j.state = 'CLAIMED' AND j.lease < clock_timestamp()))
                               FOR NO KEY UPDATE OF j, i SKIP LOCKED)
            RETURNING id""",
            [lease_seconds(), job_id],
        )
        found = cursor.fetchone()
    return ImportJob.objects.select_related("source", "started_by").get(pk=found[0]) if found else None


@transaction.atomic
def _end(job: ImportJob, state: str, said: Sequence[str]) -> None:
    ImportJob.objects.filter(pk=job.pk, state=JobState.CLAIMED, attempt=job.attempt).update(
        state=state, said=list(said), finished=timezone.now(), lease=None
    )


class _Progress(Watch, AbstractContextManager["_Progress"]):
    """Tells how far the work is, beside its transaction, and marks it done in it."""

    def __init__(self, job: ImportJob) -> None:
        self.work = job
        self.job = job.pk
        self._beside = connection.copy()

    def __exit__(self, *_error: object) -> None:
        self._beside.close()

    def tell(self, done: int) -> None:
        with self._beside.cursor() as cursor:
            cursor.execute(
                """UPDATE personnel_importjob SET done = %s, lease = clock_timestamp() + make_interval(secs => %s)
                    WHERE id = %s AND state = 'CLAIMED' AND attempt = %s""",
                [done, lease_seconds(), self.work.pk, self.work.attempt],
            )

    def finish(self, done: int, kept: Sequence[str]) -> None:
        if self.work.kind == JobKind.APPLY:
            said = ngettext("%(count)s row was applied.", "%(count)s rows were applied.", done)
        else:
            said = ngettext("%(count)s row was taken back.", "%(count)s rows were taken back.", done)
        rows = ImportJob.objects.filter(pk=self.work.pk, state=JobState.CLAIMED, attempt=self.work.attempt).update(
            state=JobState.DONE,
            done=F("total"),
            said=[said % {"count": done}, *kept[:10]],
            finished=timezone.now(),
            lease=None,
        )
        if rows != 1:
            raise LostClaim(f"work {self.work.pk}, attempt {self.work.attempt}")


__all__ = ["IN_REQUEST", "OPEN_JOBS", "due_jobs", "import_job_run", "import_queue"]
