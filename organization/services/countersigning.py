"""Acts on many rows at once take a second signature (docs/decisions/0038)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NeedsCountersignature, NotAllowed, NotFound
from core.services import audit
from organization.access import scope_for
from organization.models import Countersignature, User


@transaction.atomic
def countersigned(
    *,
    actor: User | None,
    action: str,
    rows: int,
    permission: str,
    paths: Iterable[str],
    about: str,
    depends: Mapping[str, Any],
) -> None:
    """Go on if the act is small or another user has agreed to exactly this one; the agreement is used up by it.

    depends: everything by which the act would be another one. Raises NeedsCountersignature with what to ask for; the
    caller's transaction ends with it, and whoever answers the request asks (`countersign_ask`).
    """
    if actor is None or not 0 < settings.CWMS_COUNTERSIGN_ROWS <= rows:
        return
    text = json.dumps([action, rows, dict(depends)], sort_keys=True, ensure_ascii=False, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = (
        Countersignature.objects.select_for_update(of=("self",))
        .filter(asked_by=actor, digest=digest, agreed=True, used_at__isnull=True, expires__gt=timezone.now())
        .order_by("pk")
        .first()
    )
    if found is None:
        raise NeedsCountersignature(
            {
                "action": action,
                "digest": digest,
                "about": about[:200],
                "rows": rows,
                "permission": str(permission),
                "paths": sorted(set(paths)),
            }
        )
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])
    audit(
        actor=actor,
        action="organization.countersignature.use",
        obj=found,
        unit_code=actor.unit_code,
        after={"action": action, "rows": rows, "agreed_by": found.decided_by_id},
    )


@transaction.atomic
def countersign_ask(*, actor: User, asked: Mapping[str, Any]) -> Countersignature:
    """Put a request into the list of those who may agree; what waits already is not asked for twice."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    now = timezone.now()
    waiting = Countersignature.objects.filter(
        asked_by=actor, digest=asked["digest"], agreed__isnull=True, expires__gt=now
    ).first()
    if waiting is not None:
        return waiting
    made = Countersignature.objects.create(
        asked_by=actor, asked_at=now, expires=now + timedelta(hours=settings.CWMS_COUNTERSIGN_HOURS), **asked
    )
    audit(
        actor=actor,
        action="organization.countersignature.ask",
        obj=made,
        unit_code=actor.unit_code,
        after={"action": made.action, "rows": made.rows, "about": made.about},
    )
    return made


@transaction.atomic
def countersign_decide(*, actor: User, number: int, agree: bool) -> Countersignature:
    """Agree to what another user asks for, or refuse it.

    Raises NotFound unless the actor holds the permission wherever the act reaches, NotAllowed for one's own request,
    Conflict where it is decided already or has expired.
    """
    row = Countersignature.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is not None and row.asked_by_id == actor.pk:
        raise NotAllowed(_("Nobody agrees to what they asked for. Another user who may do this decides."))
    if row is None or not all(scope_for(actor, row.permission).covers(path) for path in row.paths):
        raise NotFound(_("There is no such request."))
    now = timezone.now()
    if row.agreed is not None or row.expires <= now:
        raise Conflict(_("This request is decided already or has expired."))
    row.decided_by, row.decided_at, row.agreed = actor, now, agree
    row.save(update_fields=["decided_by", "decided_at", "agreed"])
    audit(
        actor=actor,
        action=f"organization.countersignature.{'agree' if agree else 'refuse'}",
        obj=row,
        unit_code=actor.unit_code,
        after={"action": row.action, "rows": row.rows, "about": row.about},
    )
    return row
