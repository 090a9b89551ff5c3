"""What every write of the personnel file does before and after: find out who may, lock, check, compare, save."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from core.crypto import BlindIndexField, encrypted_fields, told
from core.errors import Conflict, NotAllowed, NotFound, Refused
from organization.models import Permission, Unit, User, widen
from personnel.models import Body, Person, PoliticalStatus, PostTitle
from personnel.rules import IdentityProblem, read_document_number
from personnel.rules.fields import FIELDS
from personnel.rules.names import name_pinyin, other_readings
from personnel.selectors.people import file_in
from personnel.selectors.sights import sights_of

_SPREAD = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff]) (?=[\u3400-\u9fff\U00020000-\U0003ffff])")
_DOTS = re.compile(r"\s*[·•‧・･．]\s*")  # as many as keyboards have


def name_values(name: str) -> dict[str, str]:
    """A name with what is kept of its readings. Spaces that only spread two characters out are no part of it."""
    name = _DOTS.sub("·", _SPREAD.sub("", " ".join(name.split())))
    return {"name": name, "name_pinyin": name_pinyin(name), "name_readings": other_readings(name)}


def state_of(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The named fields as they go into the audit trail; of what is sealed, its ends and a digest."""
    state: dict[str, Any] = {}
    sealed = {field.attname: field for field in encrypted_fields(type(row)) if field.is_secret(row)}
    for name in fields:
        value = getattr(row, name)
        if name in sealed:
            state[name] = told(sealed[name], value)
            continue
        state[name] = str(value) if isinstance(value, date | datetime | Decimal) else value
    return state


def columns_of(row: models.Model) -> tuple[str, ...]:
    """The columns of a row as `state_of` names them, without what only repeats other columns."""
    derived = {"id", "key", "unit_path", "name_pinyin", "name_readings", "body", "single_holder", "content"}
    return tuple(
        field.attname
        for field in row._meta.concrete_fields
        if field.attname not in derived and not isinstance(field, BlindIndexField)
    )


def identity_errors(
    number: str, sex: str | None, birth_date: date | None, document_type: str = "RESIDENT_ID"
) -> list[str]:
    """What is wrong with an identity number by itself, and where it contradicts what else is said."""
    read = read_document_number(document_type, number)
    if isinstance(read, IdentityProblem):
        messages = {
            "LENGTH": _("The identity number “%(found)s” must have 18 digits (the last may be X)."),
            "CHECK_DIGIT": _("The 18th digit of the identity number should be %(expected)s and is %(found)s."),
            "BIRTH_DATE": _("Digits 7 to 14 of the identity number are no date: %(found)s."),
            "PREFIX": _(
                "The number of this document begins with %(expected)s, and this one begins with %(found)s. "
                "Choose the document that the number belongs to."
            ),
        }
        return [messages[read.code] % read.params]
    errors: list[str] = []
    if read is None:
        return errors
    if birth_date is not None and birth_date != read.birth_date:
        errors.append(
            _("The identity number says born on %(number)s, the record says %(record)s. Correct the wrong one.")
            % {"number": read.birth_date, "record": birth_date}
        )
    if sex is not None and sex != read.sex:
        errors.append(_("The identity number belongs to the other sex than the record. Correct the wrong one."))
    return errors


def lock_person(person: Person) -> Person:
    return Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def require_person(actor: User | None, person: Person, codes: Iterable[str] = ()) -> None:
    """The actor may change people of the units that the person's file belongs to (`belonging_for_system`).

    codes: the fields of the registry that are going to be written; each must be one that the actor's roles over the
    person write (`personnel.rules.disclosure`).
    """
    if actor is None:
        return
    if not file_in(user=actor, person=person, permission=Permission.CHANGE_PEOPLE):
        raise NotAllowed(
            _("You may not change the record of %(person)s: they work in no unit of yours.") % {"person": person.name}
        )
    asked = [code for code in codes if code in FIELDS]
    seen = sights_of(user=actor, person=person) if asked else None
    if seen is not None and (refused := [FIELDS[code].zh for code in asked if not seen[code].writes]):
        raise NotAllowed(
            _("You may not write to “%(fields)s” of %(person)s. Ask somebody whose role does.")
            % {"fields": "、".join(refused), "person": person.name}
        )


def party_errors(person: Person, body: str, title: str) -> list[str]:
    """Whoever is known to be in no party leads none of its organisations and registers nowhere as a member."""
    members = (PoliticalStatus.PARTY_MEMBER, PoliticalStatus.PROBATIONARY_MEMBER, None, "")
    if (
        body not in (Body.PARTY, Body.BRANCH) and title != PostTitle.REGISTERED_MEMBER
    ) or person.political_status in members:
        return []
    return [
        _("%(person)s is on record as “%(status)s” and cannot be %(title)s. Correct the political status or the post.")
        % {
            "person": person.name,
            "status": person.get_political_status_display(),
            "title": PostTitle(title).label,
        }
    ]


def name_writer(actor: User | None, act: str, reason: str = "", document: str = "") -> None:
    """Tell the keeper of old rows who writes, why, and on what document, until the end of the transaction."""
    name = "system" if actor is None else actor.username
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('cwms.actor', %s, true), set_config('cwms.act', %s, true), "
            "set_config('cwms.reason', %s, true), set_config('cwms.document', %s, true)",
            [name, act, reason, document],
        )


def label_of(model: type[models.Model], name: str) -> str:
    """The words for an attribute of a model."""
    field: Any = model._meta.get_field(name)
    return str(field.verbose_name)


def refuse(errors: Mapping[str, Iterable[str]]) -> None:
    """Raise Refused with everything that was found, if anything was; "" is what belongs to no single value."""
    found = {name: list(messages) for name, messages in errors.items() if messages}
    if found:
        raise Refused(
            [message for messages in found.values() for message in messages],
            {name: messages for name, messages in found.items() if name},
        )


def too_long(model: type[models.Model], **texts: str) -> dict[str, list[str]]:
    """What is wrong with typed texts that are longer than their columns, by attribute: they are never cut."""
    found = {}
    for name, text in texts.items():
        most = model._meta.get_field(name).max_length  # type: ignore[union-attr]
        if most is not None and len(text.strip()) > most:
            found[name] = [_("At most %(most)s characters.") % {"most": most}]
    return found


def read_values(model: type[models.Model], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Each value as its column takes it, and what is wrong with which; units may be given by code."""
    clean: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        field: Any = model._meta.get_field(name)
        if isinstance(value, str):
            value = value.strip()
        if field.is_relation:
            if field.related_model is Unit and isinstance(value, str):
                value = _unit_of_code(value, errors.setdefault(name, [])) if value else None
            if value is None and not field.null and not errors.get(name):
                errors.setdefault(name, []).append(_("Give a value for “%(field)s”.") % {"field": field.verbose_name})
            clean[name] = value
            continue
        if value in ("", None) and field.null and not field.has_default():
            value = None
        elif value is None and not field.null:
            value = field.get_default() if field.blank or field.has_default() else value
        if value in ("", None) and not field.blank:
            errors.setdefault(name, []).append(_("Give a value for “%(field)s”.") % {"field": field.verbose_name})
            continue
        try:
            clean[name] = field.clean(value, None)
        except ValidationError as error:
            errors.setdefault(name, []).extend(f"{field.verbose_name}: {message}" for message in error.messages)
    return clean, {name: messages for name, messages in errors.items() if messages}


def _unit_of_code(code: str, errors: list[str]) -> Unit | None:
    unit = Unit.objects.filter(code=widen(code)).order_by("-valid_from").first()
    if unit is None:
        errors.append(_("There is no unit with the code %(code)s.") % {"code": code})
    return unit


def save_new(row: models.Model, message: str) -> None:
    """Insert, and say a violated constraint as a Conflict in words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(message) from error


def save_checked(row: models.Model) -> None:
    """Write a row after its constraints have been asked; what they say is a Conflict (or Refused, of one row alone)."""
    try:
        row.validate_constraints()
    except ValidationError as error:
        messages = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        said = [str(message) for found in messages.values() for message in found]
        raise Conflict("\n".join(said)) from error
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_constraint_message(row, error)) from error


def _constraint_message(row: models.Model, error: IntegrityError) -> str:
    """The words of the constraint that was violated between the asking and the writing."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if name == "personnel_placement_inside":
        return _("A placement must lie inside the employment. Change the dates of one of them.")
    for constraint in row._meta.constraints:
        if constraint.name == name:
            return str(constraint.get_violation_error_message())
    return _("This contradicts another row of the record that was written meanwhile. Look again and repeat.")


def row_person(row: Any) -> Person:
    """The person whose file a row belongs to."""
    if isinstance(row, Person):
        return row
    for way in ("person", "employment", "archive"):
        if hasattr(row, f"{way}_id"):
            found: Person = getattr(row, way) if way == "person" else getattr(row, way).person
            return found
    raise NotFound(_("There is no such row."))
