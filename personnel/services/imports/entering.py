"""People who are new, entered many at a time: the checks of the ordinary services, a handful of statements for all.

Each value is read and checked as `person_create`, `employment_start`, `tenure_start` and `section_add` do it, and each
row leaves the same entry in the trail. What several rows say together (a post with one holder, a number in use, days
the wrong way round) the constraints of the database know; when they object, nothing of that lot is kept, and its rows
are left to go one by one, where the services say who is in whose way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from core.errors import ApplicationError
from core.services import audit_all
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import hold_tree, newest_row
from personnel.models import Employment, Person, Post, PostTitle, Tenure
from personnel.models.imports import Import, ImportRow
from personnel.rules.fields import FIELDS
from personnel.rules.review import FURTHER
from personnel.services.employment import (
    BODY_OF_TITLE,
    employment_started,
    locked_post,
    new_employment,
    new_tenure,
    tenure_started,
)
from personnel.services.entry_ways import EntryWays
from personnel.services.guard import Guard, KnownRules
from personnel.services.imports.matching import EMPLOYMENT, PERSON_FIELDS, POST
from personnel.services.imports.reviewing import defaults_of
from personnel.services.imports.writing import day_of, section_values
from personnel.services.people import new_person, person_created
from personnel.services.sections import employment_values, new_row, row_written, tenure_values
from personnel.services.steps import party_errors, refuse
from staffing.selectors import any_blocks_for_system

LOT = 250  # people a statement
_PLACED = ("area.unit", "party.branch")  # hangs onto units, which the ordinary services follow


@dataclass(slots=True)
class _Entry:
    """Somebody's rows before they are saved."""

    row: ImportRow
    person: Person
    unit: Unit
    employment: Employment
    tenure: Tenure
    post_unit: Unit
    sections: list[models.Model] = field(default_factory=list)


class _Places:
    """What is asked once a unit or a post, not once a person."""

    def __init__(self, actor: User | None) -> None:
        self.actor = actor
        rules = KnownRules()
        self.guard, self.ways = Guard(rules), EntryWays(rules)
        self._newest: dict[int, tuple[Unit, date]] = {}
        self._posts: dict[tuple[int, str], Post] = {}

    def newest(self, unit: Unit) -> tuple[Unit, date]:
        """The unit as it is by now, where the actor may change people. Raises NotAllowed."""
        if unit.pk not in self._newest:
            if self.actor is not None:
                require(self.actor, Permission.CHANGE_PEOPLE, unit)
            self._newest[unit.pk] = newest_row(unit)
        return self._newest[unit.pk]

    def post(self, unit: Unit, title: str) -> Post:
        unit, _first_day = self.newest(unit)
        if (unit.pk, title) not in self._posts:
            self._posts[unit.pk, title] = locked_post(unit, title)
        return self._posts[unit.pk, title]


def enter_new(
    actor: User | None,
    source: Import,
    rows: Sequence[ImportRow],
    units: Mapping[str, Unit],
    tell: Callable[[int], None],
) -> set[int]:
    """Enter those of the rows that can be entered together; `row.person` is set then. Returns their numbers.

    For the transaction of the caller, who writes the others. Whoever has left again, or begins where the rules want an
    examination, goes with those.
    """
    if not rows:
        return set()
    hold_tree()
    places = _Places(actor)
    entered: set[int] = set()
    for begin in range(0, len(rows), LOT):
        entries = []
        for row in rows[begin : begin + LOT]:
            try:
                entry = _entry(source, row, units, places)
            except ApplicationError:
                continue  # the services say it once more, and better, when the row goes by itself
            if entry is not None:
                entries.append(entry)
        if _save(actor, entries):
            entered |= {entry.row.pk for entry in entries}
            tell(len(entered))
    return entered


def _entry(source: Import, row: ImportRow, units: Mapping[str, Unit], places: _Places) -> _Entry | None:
    values: dict[str, str] = {**defaults_of(source), **row.values}
    if "employment.end" in values or "tenure.end" in values or any(code in values for code in _PLACED):
        return None
    single: dict[str, Any] = {code: values[code] for code in PERSON_FIELDS if code in values}
    unit = units[values["employment.unit"]]
    newest = places.newest(unit)
    person = new_person(
        unit=unit,
        name=single.pop("name"),
        sex=single.pop("sex", None),
        birth_date=day_of(single.pop("birth_date", None)),
        identity_number=single.pop("identity_number", None),
        **single,
    )
    job: dict[str, Any] = {FIELDS[code].attribute: _known(code, values, units) for code in EMPLOYMENT if code in values}
    job.pop("end_reason", None)
    job = employment_values(job | {"unit": unit})
    job.pop("unit")
    employment = new_employment(person=person, newest=newest, **job)
    if places.actor is not None and places.ways.wants_examination(unit, employment.start, employment.entry_channel):
        return None
    seat: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in POST if code in values}
    seat["unit"] = units[seat.get("unit", values["employment.unit"])]
    seat.setdefault("start", values["employment.start"])
    post_unit, title, rest = tenure_values(seat)
    refuse({"title": party_errors(person, BODY_OF_TITLE[PostTitle(title)], title)})
    if places.actor is not None:
        places.guard.refuse_appointment(post_unit, title, rest["start"], election=rest.get("election", ""))
    tenure = new_tenure(person=person, post=places.post(post_unit, title), **rest)
    found = _Entry(row, person, unit, employment, tenure, places.newest(post_unit)[0])
    for section in FURTHER:
        if own := section_values(section, values, source.day):
            found.sections.append(new_row(person, section, own))
    return found


def _known(code: str, values: Mapping[str, str], units: Mapping[str, Unit]) -> Any:
    """A value, or the unit that it names where that is known already."""
    return units.get(values[code], values[code]) if FIELDS[code].kind == "unit" else values[code]


def _save(actor: User | None, entries: Sequence[_Entry]) -> bool:
    """Insert a lot and its trail; False, with nothing of it kept, where a constraint objects."""
    if not entries:
        return True
    if any_blocks_for_system([entry.unit for entry in entries], timezone.localdate()):
        return False
    numbers = [entry.person.identity_number for entry in entries if entry.person.identity_number]
    if Person.objects.filter(identity_number__in=numbers).exists():
        return False
    try:
        with transaction.atomic():
            Person.objects.bulk_create([entry.person for entry in entries])
            Employment.objects.bulk_create([entry.employment for entry in entries])
            Tenure.objects.bulk_create([entry.tenure for entry in entries])
            lots: dict[type[models.Model], list[models.Model]] = defaultdict(list)
            for entry in entries:
                for one in entry.sections:
                    lots[type(one)].append(one)
            for model, own in lots.items():
                cast(Any, model)._default_manager.bulk_create(own)
            audit_all(actor=actor, entries=[one for entry in entries for one in _written(entry)])
    except IntegrityError:
        return False
    for entry in entries:
        entry.row.person = entry.person
    return True


def _written(entry: _Entry) -> list[dict[str, Any]]:
    return [
        person_created(entry.person, entry.unit),
        employment_started(entry.employment),
        tenure_started(entry.tenure, entry.post_unit),
        *(row_written("add", one) for one in entry.sections),
    ]
