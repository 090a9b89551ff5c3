"""What users keep of lists, and lists as workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import IO

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from core.models import Export
from core.rules.sheets import Format, Heading, Table
from core.services import audit
from core.services.exports import export_write
from organization.access import scope_for
from organization.models import Permission, User
from organization.services import countersigned
from personnel.models.lists import ColumnChoice, Listing, SavedFilter
from personnel.rules.fields import fields_of
from personnel.rules.listing import COLUMNS, USUAL, valid_columns
from personnel.rules.review import FURTHER
from personnel.selectors.columns import TABLE, lines_of
from personnel.selectors.pages import ordered_for_system
from personnel.selectors.sheets import section_sheets_for_system
from personnel.selectors.sights import may_reveal_somewhere, sights_by_place
from personnel.services.showing import purpose_given

MOST_FILTERS = 50  # kept by one user
MOST_EXPORTED = 100_000  # rows of one workbook
_CHUNK = 2_000
_SHOWING = (Permission.CHANGE_PEOPLE, Permission.SEAL_PAY, Permission.VIEW_AUDIT)
_SHEET = "人员名单"


@transaction.atomic
def filter_save(*, actor: User, name: str, query: str) -> SavedFilter:
    """Keep a question under a name; a name of the user's own that is there already gets the new question.

    query: the part of the address behind "?", without the place in the list. Raises Refused.
    """
    name, query = name.strip(), query.strip().lstrip("?")
    errors = []
    if not name:
        errors.append(_("Give the filter a name."))
    if len(name) > 60:
        errors.append(_("The name of a filter has 60 characters at most."))
    if not query:
        errors.append(_("There is no filter to keep. Search for something first."))
    if len(query) > 4000:
        errors.append(_("This question is too long to be kept. Take filters away."))
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if SavedFilter.objects.filter(user=actor).exclude(name=name).count() >= MOST_FILTERS:
        errors.append(_("You have %(most)s filters already. Delete one first.") % {"most": MOST_FILTERS})
    if errors:
        raise Refused(errors)
    kept, created = SavedFilter.objects.update_or_create(user=actor, name=name, defaults={"query": query})
    audit(
        actor=actor,
        action="personnel.filter_saved" if created else "personnel.filter_changed",
        obj=kept,
        after={"name": name, "query": query},
    )
    return kept


@transaction.atomic
def filter_delete(*, actor: User, number: int) -> None:
    """Delete one of the actor's own filters. Raises NotFound."""
    kept = SavedFilter.objects.select_for_update().filter(user=actor, pk=number).first()
    if kept is None:
        raise NotFound(_("There is no such filter among yours."))
    audit(actor=actor, action="personnel.filter_deleted", obj=kept, before={"name": kept.name, "query": kept.query})
    kept.delete()


@transaction.atomic
def columns_choose(*, actor: User, columns: list[str]) -> list[str]:
    """Keep the columns that a user wants to see; none at all brings the usual ones back."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    wanted = valid_columns(columns) if columns else list(USUAL)
    choice, _created = ColumnChoice.objects.update_or_create(user=actor, table=TABLE, defaults={"columns": wanted})
    audit(actor=actor, action="personnel.columns_chosen", obj=choice, after={"columns": wanted})
    return wanted


@transaction.atomic
def people_export(
    *,
    actor: User,
    rows: QuerySet[Listing],
    sort: str,
    columns: list[str],
    day: date,
    query: str,
    out: IO[bytes],
    unmasked: bool = False,
    purpose: str = "",
    words: str = "",
    sections: bool = False,
    file_format: Format = "xlsx",
) -> Export:
    """Write a list as it is shown (the same rows, order and columns) to a workbook or a CSV.

    sections: also a sheet for each section of the files of which the people have rows, a row each, whenever they held.

    `rows` come from `people_rows` for the same user. Each field is written as far as the actor's roles over the person
    see it; what is masked until asked for only if `unmasked` is asked for with a purpose (of `Purpose`, and `words`).
    Raises NotAllowed, Refused.
    """
    asked = [*columns, *(one.code for code in FURTHER for one in fields_of(code) if sections)]
    if unmasked and not may_reveal_somewhere(user=actor, codes=asked):
        raise NotAllowed(_("You may not export identity and phone numbers. Export the list with masked numbers."))
    given = purpose_given(purpose, words) if unmasked else {}
    found = rows.order_by()[: MOST_EXPORTED + 1].count()
    if found > MOST_EXPORTED:
        raise Refused(
            _("A workbook takes %(most)s people at most. Choose a unit or another filter.")
            % {"most": f"{MOST_EXPORTED:,}"}
        )
    if sections and file_format == "csv":
        raise Refused(_("A CSV has one table. Export the sections of the files as a workbook."))
    # Whoever agrees may do the same: by the right that shows the actor whole numbers, wherever the actor sees anybody.
    shows = (one for one in _SHOWING if scope_for(actor, one)) if unmasked else iter(())
    permission = next(shows, Permission.VIEW_PEOPLE)
    countersigned(
        actor=actor,
        action="personnel.list_exported_unmasked" if unmasked else "personnel.list_exported",
        rows=found,
        permission=permission,
        paths=scope_for(actor, Permission.VIEW_PEOPLE).paths,
        about=_("Export of people: %(filter)s") % {"filter": query or _("everybody")},
        depends={
            "query": query, "columns": columns, "sort": sort, "day": day, "sections": sections, "format": file_format,
            "purpose": [purpose, words] if unmasked else None,
        },
    )  # fmt: skip
    places: dict[int, tuple[str, ...]] = {}  # of the rows of each person
    seen = sights_by_place(user=actor)

    def cells() -> Iterator[list[str]]:
        for chunk in _chunks(ordered_for_system(rows, sort).iterator(chunk_size=_CHUNK)):
            for line in lines_of(chunk, columns, day, user=actor, official=True, revealed=unmasked):
                if not line.restricted:  # the sections have nothing of who is
                    places[line.person_id] = (*places.get(line.person_id, ()), line.unit_path)
                yield line.cells

    def tables() -> Iterator[Table]:
        wide = "identity_number"
        yield Table(_SHEET, [Heading(COLUMNS[code].zh, 22 if code == wide else 14) for code in columns], cells())
        if sections:  # asked for when the people are known: the first table has been written
            people = {person: seen(*paths) for person, paths in places.items()}
            for title, headings, lines in section_sheets_for_system(people, revealed=unmasked):
                yield Table(title, [Heading(text, 22 if n == 1 else 14) for n, text in enumerate(headings)], lines)

    return export_write(
        actor=actor,
        action="personnel.list_exported_unmasked" if unmasked else "personnel.list_exported",
        kind="personnel.people",
        file_format=file_format,
        tables=tables(),
        out=out,
        query=query,
        columns=columns,
        sensitive=unmasked,
        about={"day": str(day), "sections": sections, **given},
    )


def _chunks(rows: Iterator[Listing]) -> Iterator[list[Listing]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk
