"""Writes of the sections of a file: one way to add, change, end and correct a row, driven by the registry of fields."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models import Model, ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services import hold_tree, newest_row
from personnel.models import (
    Employment,
    PartyMembership,
    Person,
    PersonPast,
    Placement,
    PlacementKind,
    Post,
    PostTitle,
    Tenure,
)
from personnel.rules.fields import SECTIONS, Section, fields_of
from personnel.rules.values import text_of, value_of
from personnel.selectors.employing import lending_faults_for_system, move_faults_for_system, rise_faults_for_system
from personnel.selectors.headcount import held_for_system
from personnel.services.custody import follow_posts
from personnel.services.employment import (
    BODY_OF_TITLE,
    SINGLE_HOLDER,
    begin_tenure,
    employment_end,
    employment_start,
    finish_tenure,
    tenure_end,
    tenure_start,
    values_move,
)
from personnel.services.entry_ways import EntryWays
from personnel.services.guard import Guard
from personnel.services.quota import take_seat, take_seat_again
from personnel.services.steps import (
    columns_of,
    label_of,
    lock_person,
    name_writer,
    party_errors,
    read_values,
    refuse,
    require_person,
    row_person,
    save_checked,
    state_of,
)

# What hangs onto units, by the columns that follow them; employments and posts have services of their own.
_PLACED: Mapping[str, tuple[str, ...]] = {
    "Employment": (),
    "Tenure": (),
    "Placement": ("manager", "work_unit"),
    "ResponsibilityArea": ("unit",),
}


@transaction.atomic
def section_add(
    *,
    actor: User | None,
    person: Person,
    section: str,
    values: Mapping[str, Any],
    document: str = "",
    examined: bool = False,
) -> Model:
    """Add a row to a section of somebody's file; returns it.

    section: a code of SECTIONS with rows. values: by attribute ("level"), units as Unit or by code. document: what the
    row rests on, where the section has a place for it. examined: of `employment_start`. Raises Refused with everything
    that is wrong, by attribute; Conflict for what contradicts other rows.
    """
    spec = _section(section)
    if section == "employment":
        return employment_start(actor=actor, person=person, examined=examined, **employment_values(values, document))
    if section == "post":
        return _add_tenure(actor, person, values, document)
    require_person(actor, person, _codes(spec, values))
    if spec.model in _PLACED:
        hold_tree()
    person = lock_person(person)
    row = _new_row(spec, person)
    _set(row, spec, _with_document(spec, values, document))
    _follow_units(row)
    if isinstance(row, Placement):
        _refuse_lending(actor, row, row.start)
    _save(row)
    _audit(actor, "add", row, None)
    return row


@transaction.atomic
def section_change(
    *, actor: User | None, row: Model, day: date, values: Mapping[str, Any], document: str = ""
) -> Model:
    """From `day` on something else holds: the row ends on that day and a new one with the values begins; returns it.

    Only sections whose rows hold for a range of days; what happened once is corrected or added.
    """
    spec = section_of_row(row)
    person = row_person(row)
    require_person(actor, person, _codes(spec, values))
    _hold_places(row)
    lock_person(person)
    row = _locked(row)
    if not spec.end:
        raise Refused([_("“%(section)s” has no range of days. Add a row, or correct this one.") % {"section": spec.zh}])
    _refuse_day(spec, row, person, day)
    fresh = type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
    fresh.pk = None
    if hasattr(fresh, "key"):
        fresh.key = uuid.uuid4()
    fresh._state.adding = True
    clean = _with_document(spec, values, document)
    clean.pop(spec.start, None)
    _set(fresh, spec, clean)
    _into_place(actor, fresh, _unit_of(row))
    if actor is not None and isinstance(row, Tenure) and isinstance(fresh, Tenure):
        Guard().refuse_change(row, fresh.post.unit, fresh.title, day)
        if fresh.appointed_as != row.appointed_as:
            refuse({"appointed_as": rise_faults_for_system(person, fresh.post.unit, fresh.appointed_as, day)})
    setattr(fresh, spec.start, day)
    _follow_units(fresh)
    if isinstance(row, Employment) and isinstance(fresh, Employment) and fresh.unit.lineage != row.unit.lineage:
        if actor is not None:
            Guard().refuse_move(row.unit, fresh.unit, day)
        refuse({"unit": move_faults_for_system(row, fresh.unit, day)})
    if (
        isinstance(row, Placement)
        and isinstance(fresh, Placement)
        and (row.kind, row.work_unit) != (fresh.kind, fresh.work_unit)
    ):
        _refuse_lending(actor, fresh, day)
    before = state_of(row, columns_of(row))
    held = held_for_system(row, day) if isinstance(row, Employment) else None
    name_writer(actor, "change", document=document)
    setattr(row, spec.end, day)
    row.save(update_fields=[spec.end])
    _save(fresh)
    if isinstance(fresh, Employment):
        if actor is not None:
            EntryWays().refuse_entry(fresh)
        take_seat(actor=actor, employment=fresh, before=held)
        if isinstance(row, Employment) and fresh.unit.lineage != row.unit.lineage:
            values_move(actor=actor, person=person, unit=row.unit, to=fresh.unit, day=day)
    _audit(actor, "change", fresh, before)
    _after(actor, fresh, person)
    return fresh


def _refuse_lending(actor: User | None, row: Placement, day: date) -> None:
    """Raises Refused for a placement that the rules don't allow, or let a case of both units alone decide."""
    if actor is not None and row.work_unit is not None and row.kind != PlacementKind.HOME:
        Guard().refuse_move(row.employment.unit, row.work_unit, day, away=row.kind)
    refuse(lending_faults_for_system(row))


@transaction.atomic
def section_end(
    *, actor: User | None, row: Model, day: date, document: str = "", reason: str = "", destination: str = "",
    destination_kind: str = "",
) -> Model:  # fmt: skip
    """The row no longer holds from `day` on. reason, destination and its kind: of leaving, for employments."""
    if isinstance(row, Employment):
        return employment_end(
            actor=actor, employment=row, end=day, reason=reason, destination=destination, document=document,
            destination_kind=destination_kind,
        )  # fmt: skip
    if isinstance(row, Tenure):
        return tenure_end(actor=actor, tenure=row, end=day, document=document)
    spec = section_of_row(row)
    person = row_person(row)
    require_person(actor, person, _codes(spec, [spec.end]))
    lock_person(person)
    row = _locked(row)
    if not spec.end:
        raise Refused([_("“%(section)s” has no range of days, so nothing of it can end.") % {"section": spec.zh}])
    _refuse_day(spec, row, person, day, empty=True)
    before = state_of(row, columns_of(row))
    name_writer(actor, "end", document=document)
    setattr(row, spec.end, day)
    if document and hasattr(row, "document"):
        row.document = document
    _save(row)
    if isinstance(row, Placement):
        take_seat_again(actor=actor, placement=row, day=row.end)
    _audit(actor, "end", row, before)
    return row


@transaction.atomic
def row_correct(*, actor: User | None, row: Model, values: Mapping[str, Any], reason: str, document: str = "") -> Model:
    """A row of the file was wrong: its values are replaced, and the old row stays in the history.

    row: of any section, or an earlier value (PersonPast: "value", "until"). document: what the correction rests on,
    which goes into the history; the row keeps its own. A post's title or unit moves the tenure to that seat. Raises
    Refused with everything that is wrong, by attribute; Conflict for what contradicts other rows.
    """
    person = row_person(row)
    require_person(actor, person, _codes_of_row(row, values))
    _hold_places(row)
    lock_person(person)
    row = _locked(row)
    _refuse_without_reason(person, reason)
    before = state_of(row, columns_of(row))
    held = held_for_system(row, row.start) if isinstance(row, Employment) else None
    name_writer(actor, "correct", reason.strip(), document)
    if isinstance(row, PersonPast):
        _set_past(row, values)
    else:
        unit = _unit_of(row)
        _set(row, section_of_row(row), values)
        _into_place(actor, row, unit)
    if state_of(row, columns_of(row)) == before:
        return row
    _save(row)
    if isinstance(row, Employment):
        take_seat(actor=actor, employment=row, before=held, reason=reason)
    if isinstance(row, Placement) and str(row.end) != str(before["end"]):
        take_seat_again(actor=actor, placement=row, day=row.end)
    _audit(actor, "correct", row, before, reason)
    _after(actor, row, person)
    return row


@transaction.atomic
def row_withdraw(*, actor: User | None, row: Model, reason: str) -> None:
    """A row of the file should never have been there; it goes, and stays in the history with the reason."""
    person = row_person(row)
    require_person(actor, person, _codes_of_row(row, None))
    lock_person(person)
    row = _locked(row)
    _refuse_without_reason(person, reason)
    before = state_of(row, columns_of(row))
    name_writer(actor, "withdraw", reason.strip())
    _audit(actor, "withdraw", row, before, reason)
    try:
        with transaction.atomic():
            row.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Conflict(
            _("Other rows of the record of %(person)s rest on this one. Withdraw those first.")
            % {"person": person.name}
        ) from error
    _keep_reachable(row, person)
    if isinstance(row, Placement):
        take_seat_again(actor=actor, placement=row, day=row.start)
    _after(actor, row, person)


def _keep_reachable(row: Model, person: Person) -> None:
    """A file whose last employment or post goes belongs to the unit of that one, so that it can be put right."""
    unit = _unit_of(row)
    if unit is None or person.employments.exists() or person.tenures.exists():
        return
    Person.objects.filter(pk=person.pk).update(belongs_to=unit)


# -- Steps ------------------------------------------------------------------------------------------------------------


def section_of_row(row: Model) -> Section:
    """The section that a row belongs to; NotFound for a row of no section."""
    for section in SECTIONS.values():
        if section.rows and section.model == type(row).__name__:
            return section
    raise NotFound(_("There is no such section of a file."))


def _section(code: str) -> Section:
    section = SECTIONS.get(code)
    if section is None or not section.rows:
        raise NotFound(_("There is no such section of a file."))
    return section


def _codes(spec: Section, attributes: Iterable[str]) -> list[str]:
    """The fields of the registry that some attributes of a section's rows are."""
    return [f"{spec.prefix}.{name}" for name in attributes]


def _codes_of_row(row: Model, attributes: Iterable[str] | None) -> list[str]:
    """The same for a row; None means all of its fields. An earlier value is the field that it is one of."""
    if isinstance(row, PersonPast):
        return [row.field]
    spec = next((one for one in SECTIONS.values() if one.rows and one.model == type(row).__name__), None)
    if spec is None:  # papers and the archive
        return []
    return _codes(spec, [one.attribute for one in fields_of(spec.code)] if attributes is None else attributes)


def _new_row(spec: Section, person: Person) -> Model:
    model = cast(Any, apps.get_model("personnel", spec.model))
    if model is PartyMembership and PartyMembership.objects.filter(person=person).exists():
        raise Conflict(_("%(person)s has a party membership already. Correct that one.") % {"person": person.name})
    return cast(Model, model() if model is Placement else model(person=person))


def _with_document(spec: Section, values: Mapping[str, Any], document: str) -> dict[str, Any]:
    has_place = any(field.attribute == "document" for field in fields_of(spec.code)) or spec.model == "Employment"
    return {**values, "document": document} if document and has_place and not values.get("document") else dict(values)


def _set(row: Model, spec: Section, values: Mapping[str, Any], *, whole: bool = True) -> None:
    """Put values into a row and check all of it. Raises Refused with everything that is wrong.

    whole: also what several of its values say together, which costs a query a condition.
    """
    allowed = {field.attribute for field in fields_of(spec.code)} | {"document", "unit"}
    allowed &= {field.name for field in row._meta.get_fields()} | {"unit"}
    errors = {
        name: [_("“%(section)s” has no field “%(field)s”.") % {"section": spec.zh, "field": name}]
        for name in values.keys() - allowed - ({"employment"} if isinstance(row, Placement) else set())
    }
    seat = {name: values[name] for name in ("title", "unit") if name in values} if isinstance(row, Tenure) else {}
    clean, found = read_values(
        type(row), {name: value for name, value in values.items() if name not in seat and name not in errors}
    )
    errors |= found
    for name, value in clean.items():
        setattr(row, name, value)
    if seat and isinstance(row, Tenure):
        _set_seat(row, seat, errors)
    if isinstance(row, Placement) and row.employment_id is None and not errors:
        errors["employment"] = [_("Say in which employment the placement is.")]
    if not errors:
        errors |= _row_errors(row, given=set(clean) if whole else {*clean, "person"}, whole=whole)
    refuse(errors)


def _row_errors(row: Model, given: set[str], *, whole: bool) -> dict[str, list[str]]:
    """What is wrong with a row as a whole: missing values, and conditions between its own columns."""
    found: dict[str, list[str]] = {}
    try:
        row.clean_fields(exclude=given)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            label = label_of(type(row), name) if name != NON_FIELD_ERRORS else ""
            found["" if name == NON_FIELD_ERRORS else name] = [f"{label}: {message}" for message in messages]
    if found or not whole:
        return found
    for constraint in row._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            try:
                constraint.validate(type(row), row)
            except ValidationError as error:
                found.setdefault(_culprit(row, constraint.name), []).extend(str(text) for text in error.messages)
    return found


def _culprit(row: Model, constraint: str) -> str:
    """The attribute beside which the message of a check belongs: the end of a range, or nothing in particular."""
    if not isinstance(row, Placement) or constraint != "personnel_placement_somewhere":
        for section in SECTIONS.values():
            if section.model == type(row).__name__ and section.end and constraint.endswith("_range"):
                return section.end
    return ""


def _set_seat(row: Tenure, seat: Mapping[str, Any], errors: dict[str, list[str]]) -> None:
    title = seat.get("title", row.title)
    unit = seat.get("unit", row.post.unit)
    if isinstance(unit, str):
        clean, found = read_values(Employment, {"unit": unit})
        errors |= found
        unit = clean.get("unit")
    if title not in PostTitle.values:
        errors["title"] = [_("“%(title)s” is no post.") % {"title": title}]
    if not errors and (outsider := party_errors(row.person, BODY_OF_TITLE[PostTitle(title)], title)):
        errors["title"] = outsider
    if errors or unit is None:
        return
    post, _created = Post.objects.get_or_create(
        unit=unit, body=BODY_OF_TITLE[PostTitle(title)], title=title, defaults={"single_holder": title in SINGLE_HOLDER}
    )
    row.post, row.body, row.title, row.single_holder = post, post.body, post.title, post.single_holder


def _unit_of(row: Model) -> Unit | None:
    if isinstance(row, Employment):
        return row.unit
    return row.post.unit if isinstance(row, Tenure) else None


def _hold_places(row: Model) -> None:
    """What names a unit by its place in the tree is written while nobody moves units; before any row is locked."""
    if type(row).__name__ in _PLACED:
        hold_tree()


def _follow_units(row: Model) -> None:
    """What goes on without an end hangs onto the units as they are by now, whichever of their rows was given."""
    for name in _PLACED.get(type(row).__name__, ()):
        unit = getattr(row, name)
        if unit is not None and getattr(row, "end", None) is None:
            setattr(row, name, newest_row(unit)[0])


def _into_place(actor: User | None, row: Model, before: Unit | None) -> None:
    """Whoever puts an employment or a post into another unit may change people there; the path follows the unit."""
    unit = _unit_of(row)
    if unit is None:
        return
    if actor is not None and (isinstance(row, Employment) or unit != before):
        require(actor, Permission.CHANGE_PEOPLE, unit)
    if isinstance(row, Employment):
        if row.end is None:
            row.unit, _first_day = newest_row(unit)
        row.unit_path = row.unit.path


def _set_past(row: PersonPast, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {
        name: [_("Of an earlier value, the value and the day can be corrected.")]
        for name in values.keys() - {"value", "until"}
    }
    if "value" in values:
        clean, found = read_values(Person, {row.field: values["value"]})
        if found:
            errors["value"] = [message for messages in found.values() for message in messages]
        else:
            row.value = text_of(clean[row.field])
    if "until" in values:
        clean, found = read_values(PersonPast, {"until": values["until"]})
        errors |= found
        row.until = clean.get("until", row.until)
    refuse(errors)
    value_of(row.field, row.value)  # what is kept can be read again


def _save(row: Model) -> None:
    try:
        save_checked(row)
    except Conflict as error:
        raise Conflict(f"{row_person(row).name}: {error}") from error


def _locked(row: Model) -> Any:
    found = type(row)._default_manager.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()
    if found is None:
        raise NotFound(_("There is no such row."))
    return found


def _refuse_day(spec: Section, row: Model, person: Person, day: date, *, empty: bool = False) -> None:
    start, end = getattr(row, spec.start), getattr(row, spec.end)
    if day < start or (day == start and not empty) or (end is not None and day >= end and not empty):
        raise Refused(
            [
                _("“%(section)s” of %(person)s holds from %(start)s to %(end)s; %(day)s is not inside.")
                % {"section": spec.zh, "person": person.name, "start": start, "end": end or "…", "day": day}
            ],
            {"day": [_("This day is outside the range of the row.")]},
        )


def _refuse_without_reason(person: Person, reason: str) -> None:
    if not reason.strip():
        refuse({"reason": [_("Say why the record of %(person)s was wrong.") % {"person": person.name}]})


def _after(actor: User | None, row: Model, person: Person) -> None:
    """What follows from a row: the custodian of the archive from posts and employments."""
    if isinstance(row, Employment | Tenure):
        follow_posts(actor=actor, person=person)


def _audit(actor: User | None, act: str, row: Model, before: Mapping[str, Any] | None, reason: str = "") -> None:
    audit(actor=actor, before=before, **row_written(act, row, reason))


def row_written(act: str, row: Model, reason: str = "") -> dict[str, Any]:
    """What the trail says of a row of a section after a write."""
    after = None if act == "withdraw" else state_of(row, columns_of(row))
    return {
        "action": f"personnel.{row._meta.model_name}.{act}",
        "obj": row,
        "after": {**(after or {}), **({"reason": reason.strip()} if reason.strip() else {})} or None,
    }


def new_row(person: Person, section: str, values: Mapping[str, Any]) -> Model:
    """A row of somebody who is entered just now, not saved, with each value checked. Raises Refused.

    What its values say together, and against other rows, is left to the constraints of the database.
    """
    spec = _section(section)
    row = cast(Model, cast(Any, apps.get_model("personnel", spec.model))(person=person))
    _set(row, spec, values, whole=False)
    return row


def employment_values(values: Mapping[str, Any], document: str = "") -> dict[str, Any]:
    """What `employment_start` takes. Raises Refused with everything that is wrong or missing."""
    clean, errors = read_values(Employment, _with_document(SECTIONS["employment"], values, document))
    for name in ("unit", "category", "start"):
        if clean.get(name) is None and name not in errors:
            errors[name] = [_("Give a value for “%(field)s”.") % {"field": label_of(Employment, name)}]
    refuse(errors)
    return clean


def _add_tenure(actor: User | None, person: Person, values: Mapping[str, Any], document: str) -> Tenure:
    unit, title, clean = tenure_values(values, document)
    if not values.get("end"):
        return tenure_start(actor=actor, person=person, unit=unit, title=title, **clean)
    ends, wrong = read_values(Tenure, {"end": values["end"]})
    refuse(wrong)
    if ends["end"] > timezone.localdate():
        tenure = tenure_start(actor=actor, person=person, unit=unit, title=title, **clean)
        return tenure_end(actor=actor, tenure=tenure, end=ends["end"])
    # What is over changes nobody's post: it is entered as the record that it is.
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    tenure = begin_tenure(actor=actor, person=person, unit=unit, title=title, **clean)
    return finish_tenure(actor=actor, tenure=tenure, end=ends["end"])


def tenure_values(values: Mapping[str, Any], document: str = "") -> tuple[Unit, str, dict[str, Any]]:
    """What `tenure_start` takes: unit, title, and the rest. Raises Refused with everything that is wrong or missing."""
    seat = {name: values[name] for name in ("unit", "title") if values.get(name)}
    errors: dict[str, list[str]] = {}
    clean, found = read_values(
        Tenure, {name: value for name, value in values.items() if name not in ("unit", "title", "end")}
    )
    unit = seat.get("unit")
    if isinstance(unit, str):
        read, unknown = read_values(Employment, {"unit": unit})
        unit = read.get("unit")
        errors |= unknown
    for name, value in (("unit", unit), ("title", seat.get("title")), ("start", clean.get("start"))):
        if not value and name not in errors and name not in found:
            errors[name] = [_("Give the post, its unit and the day of appointment.")]
    refuse(errors | found)
    assert isinstance(unit, Unit)
    clean["document"] = clean.get("document") or document
    return unit, seat["title"], clean
