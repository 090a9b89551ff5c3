"""Writes of archives: opening, items, hand-over and loans. The custodian follows the posts (custody.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.rules.scans import MAX_BYTES as MOST_BYTES
from core.rules.scans import media_type
from core.services import audit
from core.services.files import check_scan, made_photograph
from organization.models import User
from personnel.models import Archive, ArchiveItem, Custody, Loan, Person, StoredFile
from personnel.services.custody import follow_posts
from personnel.services.papers import papers_of_archive
from personnel.services.steps import (
    columns_of,
    label_of,
    lock_person,
    name_writer,
    read_values,
    refuse,
    require_person,
    save_checked,
    state_of,
)


@transaction.atomic
def archive_open(*, actor: User | None, person: Person, opened: date, number: str = "", shelf: str = "") -> Archive:
    """Open the one archive of a person; its custodian follows from the posts,
    and what was closed before (results of evaluations) is filed at once. number: given out unless said."""
    require_person(actor, person)
    person = lock_person(person)
    if Archive.objects.filter(person=person).exists():
        raise Conflict(_("%(person)s has an archive already.") % {"person": person.name})
    archive = Archive(person=person, number=number.strip() or f"A{person.pk:08d}", opened=opened, shelf=shelf.strip())
    save_checked(archive)
    audit(actor=actor, action="personnel.archive.open", obj=archive, after=state_of(archive, columns_of(archive)))
    follow_posts(actor=actor, person=person)
    papers_of_archive(actor=actor, archive=archive)
    return archive


@transaction.atomic
def archive_item_add(
    *,
    actor: User | None,
    archive: Archive,
    values: Mapping[str, Any],
    content: bytes | None = None,
    file_name: str = "",
) -> ArchiveItem:
    """File a paper: category, title, day, document, issuer, pages; with its scan (PDF, JPEG or PNG, 10 MB at most).

    Filing the same paper again (category, title, day, document) changes nothing and returns what is there.
    """
    require_person(actor, archive.person)
    lock_person(archive.person)
    allowed = {"category", "title", "document", "issuer", "day", "pages"}
    clean, errors = read_values(ArchiveItem, {name: value for name, value in values.items() if name in allowed})
    for name in values.keys() - allowed:
        errors[name] = [_("An item of an archive has no field “%(field)s”.") % {"field": name}]
    for name in ("category", "title", "day"):
        if clean.get(name) in (None, "") and name not in errors:
            label = label_of(ArchiveItem, name)
            errors[name] = [_("Give a value for “%(field)s”.") % {"field": label}]
    if content is not None:
        errors |= _file_errors(content, file_name)
    refuse(errors)
    same = ArchiveItem.objects.filter(
        archive=archive,
        category=clean["category"],
        title=clean["title"],
        day=clean["day"],
        document=clean.get("document", ""),
    ).first()
    if same is not None:
        return same
    item = ArchiveItem(archive=archive, **clean)
    if content is not None:
        item.file = _store(content, file_name)
    save_checked(item)
    audit(actor=actor, action="personnel.archiveitem.add", obj=item, after=state_of(item, columns_of(item)))
    return item


@transaction.atomic
def custody_hand_over(*, actor: User | None, custody: Custody, day: date, received_by: str) -> Custody:
    """The custodian has the papers in hand since `day`."""
    require_person(actor, custody.archive.person)
    lock_person(custody.archive.person)
    custody = Custody.objects.select_for_update(of=("self",), no_key=True).get(pk=custody.pk)
    errors: dict[str, list[str]] = {}
    if not received_by.strip():
        errors["received_by"] = [_("Say who has received the archive.")]
    if custody.handed_over is not None:
        errors["day"] = [
            _("The archive was handed over on %(day)s already, to %(name)s.")
            % {"day": custody.handed_over, "name": custody.received_by}
        ]
    elif day < custody.start:
        errors["day"] = [
            _("The archive goes to its new custodian on %(day)s and cannot be handed over before.")
            % {"day": custody.start}
        ]
    refuse(errors)
    before = state_of(custody, columns_of(custody))
    name_writer(actor, "hand over")
    custody.handed_over, custody.received_by = day, received_by.strip()
    custody.save(update_fields=["handed_over", "received_by"])
    audit(
        actor=actor,
        action="personnel.custody.hand_over",
        obj=custody,
        before=before,
        after=state_of(custody, columns_of(custody)),
    )
    return custody


@transaction.atomic
def archive_lend(*, actor: User | None, archive: Archive, values: Mapping[str, Any]) -> Loan:
    """Lend an archive out: borrower, organisation, purpose, approved_by, start, due. Conflict while it is lent out."""
    require_person(actor, archive.person)
    lock_person(archive.person)
    allowed = {"borrower", "organisation", "purpose", "approved_by", "start", "due"}
    clean, errors = read_values(Loan, {name: value for name, value in values.items() if name in allowed})
    for name in ("borrower", "purpose", "start", "due"):
        if clean.get(name) in (None, "") and name not in errors:
            errors[name] = [_("Give a value for “%(field)s”.") % {"field": label_of(Loan, name)}]
    if not errors and clean["due"] < clean["start"]:
        errors["due"] = [_("The archive would be due before it is lent.")]
    refuse(errors)
    loan = Loan(archive=archive, **clean)
    save_checked(loan)
    audit(actor=actor, action="personnel.loan.lend", obj=loan, after=state_of(loan, columns_of(loan)))
    return loan


@transaction.atomic
def archive_return(*, actor: User | None, loan: Loan, day: date) -> Loan:
    """A lent archive is back."""
    require_person(actor, loan.archive.person)
    lock_person(loan.archive.person)
    loan = Loan.objects.select_for_update(of=("self",), no_key=True).get(pk=loan.pk)
    if loan.end is not None:
        raise Conflict(_("This archive came back on %(day)s already.") % {"day": loan.end})
    if day < loan.start:
        refuse({"day": [_("The archive was lent on %(day)s and cannot come back before.") % {"day": loan.start}]})
    before = state_of(loan, columns_of(loan))
    name_writer(actor, "return")
    loan.end = day
    loan.save(update_fields=["end"])
    audit(
        actor=actor,
        action="personnel.loan.return",
        obj=loan,
        before=before,
        after=state_of(loan, columns_of(loan)),
    )
    return loan


@transaction.atomic
def photo_set(*, actor: User | None, person: Person, content: bytes, file_name: str = "photo.jpg") -> Person:
    """Keep a photograph of a person, made small and without what the camera wrote into it. The old row is history."""
    require_person(actor, person)
    person = lock_person(person)
    picture = _photo(content)
    name_writer(actor, "change")
    before = {"photo": person.photo_id}
    person.photo = _store(picture, file_name)
    person.save(update_fields=["photo"])
    audit(actor=actor, action="personnel.person.photo", obj=person, before=before, after={"photo": person.photo_id})
    return person


def _photo(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        refuse({"photo": [_("The photograph must be a JPEG or PNG picture of 10 MB at most.")]})
    try:
        return made_photograph(content)
    except Refused as error:
        raise Refused(error.errors, {"photo": error.errors}) from error


def _file_errors(content: bytes, name: str) -> dict[str, list[str]]:
    if len(content) > MOST_BYTES:
        return {"file": [_("“%(name)s” is larger than 10 MB. Scan it with fewer dots.") % {"name": name}]}
    if not media_type(content):
        return {
            "file": [_("“%(name)s” is neither PDF nor JPEG nor PNG. Save the scan as one of them.") % {"name": name}]
        }
    try:
        check_scan(content)
    except Refused as error:
        return {"file": error.errors}
    return {}


def _store(content: bytes, name: str) -> StoredFile:
    """The same content is stored once, whoever hands it in."""
    found, _created = StoredFile.objects.get_or_create(
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "name": name.replace("\\", "/").rpartition("/")[2][:200] or "file",
            "media_type": media_type(content),
            "size": len(content),
            "content": content,
        },
    )
    return found
