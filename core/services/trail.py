"""Every write leaves a trace in the transaction of the write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models, transaction

from core.models import AuditEntry


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
    """Write down who did what. `actor` is a user, or None for the system itself (set-up, sweeper)."""
    entry = _entry(actor, action, obj, unit_code, before, after)
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def audit_all(*, actor: Any, entries: Iterable[Mapping[str, Any]]) -> int:
    """Write down many things in their order, each as `audit` takes it. Returns how many."""
    found = [
        _entry(actor, one["action"], one["obj"], one.get("unit_code", ""), one.get("before"), one.get("after"))
        for one in entries
    ]
    AuditEntry.objects.bulk_create(found, batch_size=1_000)
    return len(found)


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
