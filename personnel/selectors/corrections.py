"""Requests for corrections: one's own, those that an officer decides, and what may be asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Viewer, scope_for
from organization.models import Permission, User
from organization.walls import beyond_walls
from personnel.models import CorrectionRequest, CorrectionState, Person
from personnel.rules.disclosure import Sights
from personnel.rules.fields import FIELDS, SECTIONS, SENSITIVE, Field
from personnel.selectors.people import belonging_for_system
from personnel.selectors.readings import own_person
from personnel.selectors.record import (
    Cell,
    FileRecord,
    label_for_system,
    masked_words_for_system,
    record_for_system,
    text_for_system,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with the words of what it is about."""

    request: CorrectionRequest
    what: str
    late: bool


def own_corrections(*, user: User) -> tuple[Person | None, list[Asked]]:
    """The person that the user is (None for nobody), and what was asked about their file, the newest first."""
    person = own_person(user=user)
    if person is None:
        return None, []
    with beyond_walls("one's own file"):
        return person, asked_for_system(CorrectionRequest.objects.filter(person=person).order_by("-pk"))


def corrections_of(*, user: Viewer) -> QuerySet[CorrectionRequest]:
    """What was asked about files that the user writes: what is open first, by its day."""
    people = Person.objects.filter(belonging_for_system(scope_for(user, Permission.CHANGE_PEOPLE)))
    found = CorrectionRequest.objects.filter(person__in=people).select_related("person", "asked_by", "decided_by")
    return found.order_by(F("decided").desc(nulls_first=True), "due", "pk")


def correction_for(*, user: Viewer, number: int) -> CorrectionRequest:
    """A request about a file that the user writes; else NotFound."""
    found = corrections_of(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such request among those that you decide."))
    return found


def asked_for_system(requests: Any) -> list[Asked]:
    today = timezone.localdate()
    return [
        Asked(one, what_for_system(one.field), one.state == CorrectionState.OPEN and one.due < today)
        for one in requests
    ]


def what_for_system(code: str) -> str:
    """The section and the field, in words."""
    one = FIELDS[code]
    return f"{label_for_system(SECTIONS[one.section])} · {label_for_system(one)}"


def own_choices(*, user: User) -> list[tuple[str, list[tuple[str, str]]]]:
    """What of one's own file may be wrong: (section, [(code or code-row, words)]). NotFound for who is nobody."""
    person = own_person(user=user)
    if person is None:
        raise NotFound(_("Your user is not linked to a person yet. A security administrator links it."))
    with beyond_walls("one's own file"):
        return choices_for_system(record_for_system(person), None)


def choices_for_system(record: FileRecord, seen: Sights | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """seen: what of it an officer sees; None for oneself."""
    found = []
    for code, section in SECTIONS.items():
        lines = [(one.field.code, _words(one, seen)) for one in record.cells(code)] if not section.rows else []
        for row in record.sections[code] if section.rows else ():
            name = next((cell.text for cell in row.cells if cell.text), str(row.pk))
            lines += [(f"{one.field.code}-{row.pk}", f"{name} · {_words(one, seen)}") for one in row.cells]
        lines = [(value, words) for value, words in lines if seen is None or seen[value.partition("-")[0]].sight]
        if lines:
            found.append((label_for_system(section), lines))
    return found


def _words(cell: Cell, seen: Sights | None) -> str:
    masked = cell.field.sensitivity == SENSITIVE or (seen is not None and not seen[cell.field.code].shown(False))
    text = masked_words_for_system(cell.field, cell.text) if masked else cell.text
    return f"{label_for_system(cell.field)}: {text or '—'}"


def target_for_system(person: Person, code: str, row: int | None) -> tuple[Field, Any]:
    """The field and the row (or the person) that a request is about; NotFound where the person has none such."""
    one = FIELDS.get(code)
    if one is None or SECTIONS[one.section].rows == (row is None):
        raise NotFound(_("There is no such value on record."))
    if row is None:
        return one, person
    model: Any = apps.get_model("personnel", SECTIONS[one.section].model)
    found = model._default_manager.filter(pk=row).first()
    if found is None or _owner(found) != person.pk:
        raise NotFound(_("There is no such value on record."))
    return one, found


def _owner(row: Any) -> int:
    return int(row.person_id if hasattr(row, "person_id") else row.employment.person_id)


def value_for_system(one: Field, row: Any) -> tuple[Any, str]:
    """What is on record now, and in words."""
    value = row.post.unit if one.attribute == "unit" and not hasattr(row, "unit_id") else getattr(row, one.attribute)
    return value, text_for_system(one, row, value)
