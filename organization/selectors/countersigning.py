"""Second signatures: what waits for the asker's, and what they asked for."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from organization.access import scope_for
from organization.models import Countersignature, User

MOST = 200  # requests of an installation that wait at one time and are looked through
LAST = 20


def countersignatures_waiting(*, user: User) -> list[Countersignature]:
    """The requests of others to which the user may agree, oldest first."""
    waiting = Countersignature.objects.filter(agreed__isnull=True, expires__gt=timezone.now()).exclude(asked_by=user)
    return [
        row
        for row in waiting.select_related("asked_by").order_by("pk")[:MOST]
        if row.paths and all(scope_for(user, row.permission).covers(path) for path in row.paths)
    ]


def countersignatures_asked(*, user: User) -> QuerySet[Countersignature]:
    """The user's own last requests, newest first."""
    return Countersignature.objects.filter(asked_by=user).select_related("decided_by").order_by("-pk")[:LAST]
