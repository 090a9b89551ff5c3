"""Writes of people. `actor=None` is the system itself: set-up commands, never a face."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from personnel.models import Person
from personnel.rules import IdentityProblem, read_identity_number
from personnel.services.steps import identity_errors, name_pinyin_of, state_of

_PERSON_FIELDS = ("name", "sex", "birth_date", "political_status", "work_started")


@transaction.atomic
def person_create(
    *,
    actor: User | None,
    unit: Unit,
    name: str,
    sex: str | None = None,
    birth_date: date | None = None,
    identity_number: str | None = None,
    **fields: Any,
) -> Person:
    """Enter a person; sex and birth date come from the identity number where they are not given.

    `unit` is where the actor may do so. Raises Refused with all that is wrong, Conflict for a number in use.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    errors = [] if name.strip() else [_("Give the name.")]
    if identity_number:
        identity_number = identity_number.strip().upper()
        errors += identity_errors(identity_number, sex, birth_date)
    if errors:
        raise Refused(errors)
    if identity_number:
        read = read_identity_number(identity_number)
        assert not isinstance(read, IdentityProblem)
        sex, birth_date = sex or read.sex, birth_date or read.birth_date
        if Person.objects.filter(identity_number=identity_number).exists():
            raise Conflict(_("Somebody with this identity number is already on record. Look them up instead."))
    person = Person.objects.create(
        name=name.strip(),
        name_pinyin=name_pinyin_of(name.strip()),
        sex=sex,
        birth_date=birth_date,
        identity_number=identity_number or None,
        **fields,
    )
    audit(
        actor=actor,
        action="personnel.person.create",
        obj=person,
        unit_code=unit.code,
        after=state_of(person, _PERSON_FIELDS),
    )
    return person
