"""One reviewed row, written through the ordinary services of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Conflict
from organization.models import Unit, User
from personnel.models import Employment, Person, PersonPast
from personnel.models.imports import Import, ImportRow, RowAction
from personnel.rules.fields import FIELDS, SECTIONS
from personnel.rules.review import FURTHER, names_of, who_is_it
from personnel.services.imports.matching import (
    CODES,
    CORRECTED,
    EMPLOYMENT,
    EMPLOYMENT_FILLED,
    FROM_THE_DAY,
    PERSON_FIELDS,
    POST,
    OnRecord,
    needed_of,
    row_of,
    section_rows,
    text_of,
)
from personnel.services.imports.reviewing import defaults_of
from personnel.services.people import person_change, person_correct, person_create
from personnel.services.sections import row_correct, section_add, section_change, section_end


def units_named(rows: Iterable[ImportRow], source: Import) -> dict[str, Unit]:
    """Code → unit, of all that the rows name."""
    codes = {
        value
        for row in rows
        for code, value in {**defaults_of(source), **row.values}.items()
        if code in FIELDS and FIELDS[code].kind == "unit"
    }
    units = Unit.objects.filter(code__in=codes, valid_from__lte=source.day).order_by("valid_from")
    return {unit.code: unit for unit in units}


def write_row(
    actor: User | None,
    source: Import,
    row: ImportRow,
    units: Mapping[str, Unit],
    entered: Mapping[tuple[str, ...], Person] | None = None,
) -> None:
    """Write a row through the services of the file; a new person is then `row.person`. Raises what they raise.

    entered: the people who are new with other rows of the file, to whom a row may add.
    """
    if row.action == RowAction.NEW:
        row.person = _create(actor, source, {**defaults_of(source), **row.values}, units)
        return
    if row.person is None:
        row.person = (entered or {}).get(who_is_it(row.values))
    if row.person is None:
        raise Conflict(_("The row of %(person)s itself was not written.") % {"person": row.values.get("name", "")})
    _update(actor, source, row, row.person, units)


def entered_by(rows: Iterable[ImportRow]) -> dict[tuple[str, ...], Person]:
    """The people who came on record with some rows, by everything that another row may call them."""
    return {key: row.person for row in rows if row.person is not None for key in names_of(row.values)}


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _create(actor: User | None, source: Import, values: Mapping[str, str], units: Mapping[str, Unit]) -> Person:
    unit = units[values["employment.unit"]]
    single = {code: values[code] for code in PERSON_FIELDS if code in values}
    person = person_create(
        actor=actor,
        unit=unit,
        name=single.pop("name"),
        sex=single.pop("sex", None),
        birth_date=day_of(single.pop("birth_date", None)),
        identity_number=single.pop("identity_number", None),
        **single,
    )
    job: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in EMPLOYMENT if code in values}
    job["unit"] = unit
    end, reason = day_of(job.pop("end", None)), job.pop("end_reason", "")
    employment = section_add(actor=actor, person=person, section="employment", values=job)
    post: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in POST if code in values}
    post["unit"] = units[post.get("unit", values["employment.unit"])]
    post.setdefault("start", values["employment.start"])
    removed = day_of(post.pop("end", None)) or end
    tenure = section_add(actor=actor, person=person, section="post", values=post)
    for section in FURTHER:
        _add_section(actor, person, section, values, source.day)
    if removed is not None:
        section_end(actor=actor, row=tenure, day=removed)
    if end is not None:
        section_end(actor=actor, row=employment, day=end, reason=reason)
    return person


def _add_section(actor: User | None, person: Person, section: str, values: Mapping[str, str], day: date) -> None:
    """A row of a section, if the file says enough for one; what it takes the place of ends where it begins."""
    own = section_values(section, values, day)
    if not own:
        return
    spec = SECTIONS[section]
    old = _replaced(person, section, own) if spec.by is not None else None
    if old is not None:
        section_change(actor=actor, row=old, day=date.fromisoformat(own[spec.start]), values=own)
    else:
        section_add(actor=actor, person=person, section=section, values=own)


def _replaced(person: Person, section: str, own: Mapping[str, Any]) -> Any | None:
    """The row without an end that a new one replaces: one main account, one enrolment of a scheme at a time."""
    spec = SECTIONS[section]
    start = own[spec.start]
    for row in section_rows(section, [person.pk]):
        fresh = {name: own.get(name, text_of(type(row)(), name)) for name in spec.by or ()}
        if section == "bank" and fresh["main"] != "1":
            continue
        alike = all(text_of(row, name) == value for name, value in fresh.items())
        if alike and getattr(row, spec.end) is None and text_of(row, spec.start) < start:
            return row
    return None


def section_values(section: str, values: Mapping[str, str], day: date) -> dict[str, Any]:
    """What the file says for a row of a section, by attribute; {} where that is too little for one."""
    own: dict[str, Any] = {FIELDS[code].attribute: values[code] for code in CODES[section] if code in values}
    if not own or not all(code in values for code in needed_of(section)):
        return {}
    if section in FROM_THE_DAY:
        own.setdefault(SECTIONS[section].start, day.isoformat())
    return own


def _update(actor: User | None, source: Import, row: ImportRow, person: Person, units: Mapping[str, Unit]) -> None:
    """Only what the review showed as different is written."""
    reason = _("Import of %(file)s, row %(row)s") % {"file": source.file_name[:80], "row": row.number + 1}
    new = {code: pair[1] for code, pair in row.diff.items()}
    known = {code: pair[0] for code, pair in row.diff.items()}
    single = {code: value for code, value in new.items() if code in PERSON_FIELDS}
    changed_today = set(
        PersonPast.objects.filter(person=person, field__in=single, until=source.day).values_list("field", flat=True)
    )
    # What was not known before did not change on the day of the file; it was only not on record.
    corrected = {
        code: value for code, value in single.items() if code in CORRECTED or not known[code] or code in changed_today
    }
    changed = {code: value for code, value in single.items() if code not in corrected}
    if corrected:
        person_correct(actor=actor, person=person, values=corrected, reason=reason)
    if changed:
        person_change(actor=actor, person=person, day=source.day, values=changed)
    filled = {FIELDS[code].attribute: value for code, value in new.items() if code in EMPLOYMENT_FILLED}
    if filled:
        employment = _current(person, source.day)
        if employment is None:
            raise Conflict(_("%(person)s is not employed on %(day)s.") % {"person": person.name, "day": source.day})
        row_correct(actor=actor, row=employment, values=filled, reason=reason)
    for section in FURTHER:
        own = {FIELDS[code].attribute: new[code] for code in CODES[section] if code in new}
        if not own:
            continue
        old = row_of(section, row.values, OnRecord(person, rows={section: list(section_rows(section, [person.pk]))}))
        if old is not None:
            row_correct(actor=actor, row=old, values=own, reason=reason)
        else:
            _add_section(actor, person, section, row.values, source.day)


def _current(person: Person, day: date) -> Employment | None:
    rows = Employment.objects.filter(person=person, start__lte=day).order_by("-start", "-pk")
    return next((row for row in rows if row.end is None or row.end > day), None)
