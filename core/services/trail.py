"""Every write leaves a trace in the transaction of the write."""

from __future__ import annotations

from collections.abc import Mapping
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
    name = "system"
    if actor is not None:
        name = getattr(actor, "username", "") or str(actor)
    return AuditEntry.objects.create(
        actor_id=getattr(actor, "pk", None),
        actor_name=name,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        unit_code=unit_code,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )
