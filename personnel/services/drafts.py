"""Writes of drafts: what is being typed is kept as it was typed, and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound, Refused
from core.services import audit
from organization.models import User
from personnel.models import Draft, DraftKind

MOST_DRAFTS = 50  # kept by one user
MOST_CHARACTERS = 60_000  # of one page of a draft


@transaction.atomic
def draft_save(
    *,
    actor: User,
    key: UUID,
    page: str,
    values: Mapping[str, list[str]],
    version: int | None = None,
    kind: str = DraftKind.NEW_PERSON,
    title: str | None = None,
) -> Draft:
    """Keep one page of an entry as it was typed. The page that is shown brings the key; its first writing begins it.

    values: name of the input → its texts. version: the one that the page was shown with, 0 for a draft that has not
    begun; Conflict if another window has written since. Raises NotFound for a draft that is not the actor's or was sent
    already, Refused for too much.
    """
    if sum(len(text) for texts in values.values() for text in texts) > MOST_CHARACTERS:
        raise Refused([_("This is too much for one page. Put long papers into the archive.")])
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if not version and not Draft.objects.filter(key=key).exists():
        if Draft.objects.filter(user=actor).count() >= MOST_DRAFTS:
            raise Refused([_("You have %(most)s drafts already. Finish or discard one first.") % {"most": MOST_DRAFTS}])
        return Draft.objects.create(key=key, user=actor, kind=kind, title=title or "", values={page: dict(values)})
    draft = _own(actor, key)
    if draft.values.get(page) == dict(values) and title in (None, draft.title):
        return draft
    if version is not None and version != draft.version:
        raise Conflict(
            _("This draft was changed in another window at %(time)s. Load the page again to see what is in it.")
            % {"time": timezone.localtime(draft.changed).strftime("%H:%M")}
        )
    draft.values = {**draft.values, page: dict(values)}
    draft.title = draft.title if title is None else title[:100]
    draft.version += 1
    draft.save(update_fields=["values", "title", "version", "changed"])
    return draft


@transaction.atomic
def draft_discard(*, actor: User, key: UUID) -> None:
    """What was typed goes, because it was sent or is not wanted. Raises NotFound."""
    draft = _own(actor, key)
    audit(actor=actor, action="personnel.draft.discard", obj=draft)
    draft.delete()


def _own(actor: User, key: UUID) -> Draft:
    draft = Draft.objects.select_for_update(no_key=True).filter(user=actor, key=key).first()
    if draft is None:
        raise NotFound(_("There is no such draft among yours. It may have been sent already."))
    return draft
