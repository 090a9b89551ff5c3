"""Writes of people. `actor=None` is the system itself: set-up commands, never a face."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.crypto import told
from core.errors import Conflict
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from personnel.models import SEALED_VALUES, Person, PersonPast
from personnel.rules import IdentityProblem, read_document_number
from personnel.rules.fields import FIELDS
from personnel.rules.values import text_of
from personnel.services.steps import (
    columns_of,
    identity_errors,
    lock_person,
    name_values,
    name_writer,
    read_values,
    refuse,
    require_person,
    save_checked,
    state_of,
)

_PERSON_FIELDS = ("name", "sex", "birth_date", "political_status", "work_started")
_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|\d{7,8}|\+\d{1,3}[ -]?\d{6,14}")
# Single values of a person that somebody may write: all of the registry, except what a section of rows has.
SINGLE_VALUES = frozenset(field.code for field in FIELDS.values() if "." not in field.code)


@transaction.atomic
def person_create(
    *,
    actor: User | None,
    unit: Unit,
    name: str,
    sex: str | None = None,
    birth_date: date | None = None,
    identity_number: str | None = None,
    document_type: str = "RESIDENT_ID",
    **fields: Any,
) -> Person:
    """Enter a person; sex and birth date come from the identity number where they are not given.

    `unit` is where the actor may do so, and what the file belongs to until an employment or a post says otherwise.
    Raises Refused with all that is wrong, Conflict for a number in use.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    person = new_person(
        unit=unit,
        name=name,
        sex=sex,
        birth_date=birth_date,
        identity_number=identity_number,
        document_type=document_type,
        **fields,
    )
    if person.identity_number and Person.objects.filter(identity_number=person.identity_number).exists():
        raise Conflict(_("Somebody with this identity number is already on record. Look them up instead."))
    person.save(force_insert=True)
    audit(actor=actor, **person_created(person, unit))
    return person


def new_person(
    *,
    unit: Unit,
    name: str,
    sex: str | None = None,
    birth_date: date | None = None,
    identity_number: str | None = None,
    document_type: str = "RESIDENT_ID",
    **fields: Any,
) -> Person:
    """A person who is not on record, checked by what is said of them alone and not saved. Raises Refused."""
    values, errors = _read(None, {**fields, "document_type": document_type})
    if not name.strip():
        errors["name"] = [_("Give the name.")]
    if identity_number:
        identity_number = identity_number.strip().upper()
        found = identity_errors(identity_number, sex, birth_date, document_type)
        if found:
            errors["identity_number"] = found
    refuse(errors)
    if identity_number:
        read = read_document_number(document_type, identity_number)
        assert not isinstance(read, IdentityProblem)
        if read is not None:
            sex, birth_date = sex or read.sex, birth_date or read.birth_date
    return Person(
        **name_values(name),
        sex=sex,
        birth_date=birth_date,
        identity_number=identity_number or None,
        belongs_to=unit,
        **values,
    )


def person_created(person: Person, unit: Unit) -> dict[str, Any]:
    """What the trail says of somebody who was entered."""
    return {
        "action": "personnel.person.create",
        "obj": person,
        "unit_code": unit.code,
        "after": state_of(person, _PERSON_FIELDS),
    }


@transaction.atomic
def person_change(
    *, actor: User | None, person: Person, day: date, values: Mapping[str, Any], document: str = ""
) -> Person:
    """Single values became different from `day` on; what held before is kept with the day until which it did.

    values: by code of the registry ("phone", "marital_status"). A day before a later change of the same value only
    changes what held until that one. What equals the value of the day is no change. Raises Refused with all that is
    wrong; Conflict if a value has changed on this very day already.
    """
    require_person(actor, person, values)
    person = lock_person(person)
    clean, errors = _read(person, values)
    if day > timezone.localdate():
        errors.setdefault("", []).append(
            _("A change of %(person)s on %(day)s is still to come. Enter it on that day.")
            % {"person": person.name, "day": day}
        )
    refuse(errors)
    before, after = {}, {}
    current: dict[str, Any] = {}
    name_writer(actor, "change", document=document)
    pasts: dict[str, list[PersonPast]] = {}
    for known in PersonPast.objects.filter(person=person, field__in=clean, until__gte=day).order_by("until"):
        pasts.setdefault(known.field, []).append(known)
    for name, value in clean.items():
        later = pasts.get(name, [])
        if later and later[0].until == day:
            raise Conflict(
                _("“%(field)s” of %(person)s has changed on %(day)s already. Correct that change instead.")
                % {"field": FIELDS[name].zh, "person": person.name, "day": day}
            )
        old = later[0].value if later else text_of(getattr(person, name))
        if old == text_of(value):
            continue
        past = PersonPast.objects.create(person=person, field=name, value=old, until=day, document=document)
        before[name], after[name] = _told(name, old), _told(name, text_of(value))
        if later:
            later[0].value = text_of(value)
            later[0].save(update_fields=["value"])
            audit(actor=actor, action="personnel.personpast.add", obj=past, after=state_of(past, columns_of(past)))
        else:
            current[name] = value
    _write(person, current)
    if after:
        audit(
            actor=actor,
            action="personnel.person.change",
            obj=person,
            before=before,
            after={**after, "day": str(day), "document": document},
        )
    return person


@transaction.atomic
def person_correct(
    *, actor: User | None, person: Person, values: Mapping[str, Any], reason: str, document: str = ""
) -> Person:
    """What we believed of single values was wrong: they are replaced, and the old row stays in the history.

    Raises Refused with all that is wrong, Conflict for an identity number in use.
    """
    require_person(actor, person, values)
    person = lock_person(person)
    clean, errors = _read(person, values)
    if not reason.strip():
        errors["reason"] = [_("Say why the record of %(person)s was wrong.") % {"person": person.name}]
    refuse(errors)
    changed = {name: value for name, value in clean.items() if getattr(person, name) != value}
    if not changed:
        return person
    before = state_of(person, changed)
    name_writer(actor, "correct", reason.strip(), document)
    _write(person, changed)
    audit(
        actor=actor,
        action="personnel.person.correct",
        obj=person,
        before=before,
        after={**state_of(person, changed), "reason": reason.strip(), "document": document},
    )
    return person


def _told(name: str, text: str) -> str:
    """A value as the trail may have it."""
    field = Person._meta.get_field(name)
    return told(field, text) if name in SEALED_VALUES else text


def _read(person: Person | None, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The values as they are stored, and what is wrong with them, by themselves and against the rest of the record."""
    errors: dict[str, list[str]] = {}
    known = {name: value for name, value in values.items() if name in SINGLE_VALUES}
    for name in values.keys() - known.keys():
        errors[name] = [_("“%(field)s” is no single value of a person.") % {"field": name}]
    clean, found = read_values(Person, known)
    errors |= found
    if clean.get("identity_number"):
        clean["identity_number"] = clean["identity_number"].upper()
    for name in clean:
        if FIELDS[name].kind == "phone" and clean[name] and not _PHONE.fullmatch(clean[name]):
            errors.setdefault(name, []).append(
                _("“%(number)s” is no telephone number. Write it like 13812345678 or 0551-82345678.")
                % {"number": clean[name]}
            )
    if person is not None:
        _compare(person, clean, errors)
    return clean, errors


def _compare(person: Person, clean: Mapping[str, Any], errors: dict[str, list[str]]) -> None:
    """The identity number, the sex and the birth date must agree after the write, and the number be nobody else's."""

    def then(name: str) -> Any:
        return clean.get(name, getattr(person, name))

    about = {"identity_number", "sex", "birth_date", "document_type"} & clean.keys()
    if about and then("identity_number") and not about & errors.keys():
        found = identity_errors(then("identity_number"), then("sex"), then("birth_date"), then("document_type"))
        if found:
            errors.setdefault("identity_number" if "identity_number" in clean else min(about), []).extend(found)
    number = clean.get("identity_number")
    if number and Person.objects.filter(identity_number=number).exclude(pk=person.pk).exists():
        raise Conflict(_("Somebody with this identity number is already on record. Look them up instead."))


def _write(person: Person, values: Mapping[str, Any]) -> None:
    if not values:
        return
    everything = {**values, **(name_values(values["name"]) if "name" in values else {})}
    for name, value in everything.items():
        setattr(person, name, value)
    save_checked(person)
