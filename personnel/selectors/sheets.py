"""The sections of the files of some people as sheets, which an import reads back as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Count

from organization.models import Unit
from personnel.models import Person
from personnel.rules.disclosure import Sights
from personnel.rules.fields import FIELDS, SECTIONS, Field, fields_of, wording
from personnel.rules.review import FURTHER

WHO = ("name", "identity_number", "sex", "birth_date")


def section_sheets_for_system(
    people: Mapping[int, Sights], *, revealed: bool
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """(name of the sheet, headings, rows of cells) of every section in which somebody has a row.

    people: number → what the reader sees of them; revealed: what is masked until asked for was asked for. A mask is not
    written: columns of which nothing can be written are not there, and neither is a row without what tells it apart, so
    that the sheet is read back without a difference. Words are those of the standards. A query a section, and one for
    the units of all.
    """
    found = Person.objects.in_bulk(list(people))
    kinds = set(people.values())
    book = _Names()
    for section in FURTHER:
        spec = SECTIONS[section]
        model: Any = apps.get_model("personnel", spec.model)
        fields = [one for one in fields_of(section) if any(seen[one.code].shown(revealed) for seen in kinds)]
        same = [one for one in fields_of(section) if one.attribute in spec.same[:1]]
        if not fields or any(one not in fields for one in same):
            continue
        units = [one.attribute for one in fields if one.kind == "unit"]
        rows = model._default_manager.filter(person__in=found).select_related(*units)
        lines = [
            _line(found[row.person_id], row, fields, people[row.person_id], revealed=revealed, names=book)
            for row in rows.order_by("person_id", *([spec.start] if spec.start else []), "pk")
            if all(people[row.person_id][one.code].shown(revealed) for one in (same or fields))
        ]
        if lines:
            yield spec.zh, [FIELDS[code].zh for code in WHO] + [one.zh for one in fields], lines


def _line(
    person: Person, row: Any, fields: Iterable[Field], seen: Sights, *, revealed: bool, names: _Names
) -> list[str]:
    who = [
        person.name,
        str(
            (person.identity_number or "") if seen["identity_number"].shown(revealed) else person.masked_identity_number
        ),
        wording("sex", person.sex),
        person.birth_date.isoformat() if person.birth_date else "",
    ]
    return who + [
        _cell(one, getattr(row, one.attribute), names) if seen[one.code].shown(revealed) else "" for one in fields
    ]


def _cell(field: Field, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Unit):
        return names.of(value)
    if isinstance(value, date):
        return value.isoformat()
    if field.kind == "money":
        return str(Decimal(value) / 100)
    return wording(field.code, str(value)) if field.codes is not None else str(value)


class _Names:
    """Units by name; by code where several units have the name (every community has a first grid)."""

    def __init__(self) -> None:
        self._shared: set[str] | None = None

    def of(self, unit: Unit) -> str:
        if self._shared is None:
            counted = Unit.objects.values("name").annotate(units=Count("lineage", distinct=True)).filter(units__gt=1)
            self._shared = set(counted.values_list("name", flat=True))
        return unit.code if unit.name in self._shared else unit.name


__all__ = ["section_sheets_for_system"]
