"""Reads of drafts: everybody sees their own alone."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Viewer
from organization.models import User
from personnel.models import Draft


def drafts_list(*, user: Viewer) -> QuerySet[Draft]:
    """The user's drafts, the newest first."""
    return Draft.objects.filter(user=user) if isinstance(user, User) else Draft.objects.none()


def draft_for(*, user: Viewer, key: UUID) -> Draft:
    """A draft of the user's own; else NotFound."""
    draft = drafts_list(user=user).filter(key=key).first()
    if draft is None:
        raise NotFound(_("There is no such draft among yours. It may have been sent already."))
    return draft
