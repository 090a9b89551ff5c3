"""Scans and photographs of somebody's file, for a user who may look at the person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Viewer
from personnel.models import ArchiveItem, Person, RowHistory, StoredFile
from personnel.selectors.people import person_for


def file_for(*, user: Viewer, person_id: int, file_id: int) -> StoredFile:
    """A stored file that this person's record points at, or did (an earlier photograph), with its content; else NotFound."""
    person = person_for(user=user, person_id=person_id)
    mine = (
        person.photo_id == file_id
        or ArchiveItem.objects.filter(archive__person=person, file=file_id).exists()
        or RowHistory.objects.filter(
            person_id=person.pk, table_name=Person._meta.db_table, row__photo_id=file_id
        ).exists()
    )
    found = StoredFile.objects.filter(pk=file_id).first() if mine else None
    if found is None:
        raise NotFound(_("There is no such file in this record."))
    return found
