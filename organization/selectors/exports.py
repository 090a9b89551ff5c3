"""Exports, for those who may know of them."""

from __future__ import annotations

from core.models import Export
from core.selectors import export_for_system
from organization.access import may_somewhere
from organization.models import Permission, User

LAST = 20


def export_named(*, user: User, code: str) -> Export | None:
    """The export with a number that stands in a file. One's own, or anybody's for those who look at the audit trail.

    The trail's readers aren't asked for the unit: a number can't be guessed, so whoever types one has the file.
    """
    found = export_for_system(code)
    if found is None or found.actor_id == user.pk or may_somewhere(user, Permission.VIEW_AUDIT):
        return found
    return None


def exports_list(*, user: User) -> list[Export]:
    """One's own last exports, the newest first."""
    return list(Export.objects.filter(actor_id=user.pk).order_by("-at", "-pk")[:LAST])
