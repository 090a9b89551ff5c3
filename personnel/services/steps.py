"""What every write of the personnel file does before and after: find out who may, lock, compare, save."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from core.errors import Conflict, NotAllowed
from organization.access import scope_for
from organization.models import Permission, User
from personnel.models import Person
from personnel.rules import IdentityProblem, read_identity_number


def name_pinyin_of(name: str) -> str:
    return " ".join(lazy_pinyin(name, style=Style.NORMAL))


def state_of(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The named fields as they go into the audit trail."""
    state: dict[str, Any] = {}
    for name in fields:
        value = getattr(row, name)
        state[name] = str(value) if isinstance(value, date) else value
    return state


def identity_errors(number: str, sex: str | None, birth_date: date | None) -> list[str]:
    """What is wrong with an identity number by itself, and where it contradicts what else is said."""
    read = read_identity_number(number)
    if isinstance(read, IdentityProblem):
        messages = {
            "LENGTH": _("The identity number “%(found)s” must have 18 digits (the last may be X)."),
            "CHECK_DIGIT": _("The 18th digit of the identity number should be %(expected)s and is %(found)s."),
            "BIRTH_DATE": _("Digits 7 to 14 of the identity number are no date: %(found)s."),
        }
        return [messages[read.code] % read.params]
    errors = []
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


def require_person(actor: User | None, person: Person) -> None:
    """The actor may change people of a unit in which the person works or has worked."""
    if actor is None:
        return
    scope = scope_for(actor, Permission.CHANGE_PEOPLE)
    if (
        not scope.filter(person.employments.all()).exists()
        and not scope.filter(person.tenures.all(), "post__unit__path").exists()
    ):
        raise NotAllowed(
            _("You may not change the record of %(person)s: they work in no unit of yours.") % {"person": person.name}
        )


def save_new(row: models.Model, message: str) -> None:
    """Insert, and say a violated constraint as a Conflict in words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(message) from error
