"""Every write leaves a trace in the transaction of the write."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.utils.translation import gettext as _

from core.errors import NotRecorded
from core.models import AuditEntry

logger = logging.getLogger("cwms.audit")

# How far back a commit looks for entries of transactions that took longer; and the sweeper, for the rest.
RECENT, FAR = 1_000, 100_000
OLDEST = "1 day"  # no transaction takes that long


@transaction.atomic
def audit(
    *,
    actor: Any,
    action: str,
    obj: models.Model,
    unit_code: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write down who did what. `actor` is a user, or None for the system itself (set-up, sweeper).

    Raises NotRecorded where the trail takes nothing: then the caller's transaction must not be committed either.
    """
    entry = _entry(actor, action, obj, unit_code, before, after)
    with _recorded():
        entry.save(force_insert=True)
    return entry


@transaction.atomic
def audit_all(*, actor: Any, entries: Iterable[Mapping[str, Any]]) -> int:
    """Write down many things in their order, each as `audit` takes it. Returns how many."""
    found = [
        _entry(actor, one["action"], one["obj"], one.get("unit_code", ""), one.get("before"), one.get("after"))
        for one in entries
    ]
    with _recorded():
        AuditEntry.objects.bulk_create(found, batch_size=1_000)
    return len(found)


@contextmanager
def _recorded() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        logger.exception("the trail takes no entry")
        raise NotRecorded(
            _("This can't be recorded just now, and what isn't recorded isn't done. Try again later.")
        ) from error


def _entry(
    actor: Any,
    action: str,
    obj: models.Model,
    unit_code: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> AuditEntry:
    name = "system"
    if actor is not None:
        name = getattr(actor, "username", "") or str(actor)
    if not any(entry[1] is _chain for entry in connection.run_on_commit):
        transaction.on_commit(_chain, robust=True)
    return AuditEntry(
        actor_id=getattr(actor, "pk", None),
        actor_name=name,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        unit_code=unit_code,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )


def _chain() -> None:
    audit_chain()


def audit_chain(*, depth: int = RECENT) -> int:
    """Hang the committed entries on the end of the chain, in a transaction of its own; how many.

    After the commit, because whoever holds the end of the chain would keep everybody else waiting for the rest of a long
    transaction. What a process that died in between left over is taken by the next commit or by the sweeper.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_audit_chain(%s, %s)", [depth, OLDEST])
        return int(cursor.fetchone()[0])
