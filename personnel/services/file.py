"""Writes of the sections of somebody's file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.services import audit
from organization.models import User
from personnel.models import Certificate, Discipline, Education, Honour, Person
from personnel.services.steps import lock_person, require_person, save_new, state_of


@transaction.atomic
def education_add(*, actor: User | None, person: Person, level: str, graduated: date, **fields: Any) -> Education:
    require_person(actor, person)
    education = Education.objects.create(person=lock_person(person), level=level, graduated=graduated, **fields)
    audit(
        actor=actor,
        action="personnel.education.add",
        obj=education,
        after=state_of(education, ("person_id", "level", "degree", "graduated")),
    )
    return education


@transaction.atomic
def certificate_add(
    *, actor: User | None, person: Person, level: str, number: str, issued: date, appointed_from: date | None = None
) -> Certificate:
    require_person(actor, person)
    certificate = Certificate(
        person=lock_person(person), level=level, number=number, issued=issued, appointed_from=appointed_from
    )
    save_new(certificate, _("The certificate number %(number)s is already on record.") % {"number": number})
    audit(
        actor=actor,
        action="personnel.certificate.add",
        obj=certificate,
        after=state_of(certificate, ("person_id", "level", "number", "issued", "appointed_from")),
    )
    return certificate


@transaction.atomic
def honour_add(*, actor: User | None, person: Person, kind: str, level: str, day: date, title: str = "") -> Honour:
    require_person(actor, person)
    honour = Honour.objects.create(person=lock_person(person), kind=kind, level=level, day=day, title=title)
    audit(
        actor=actor,
        action="personnel.honour.add",
        obj=honour,
        after=state_of(honour, ("person_id", "kind", "level", "day", "title")),
    )
    return honour


@transaction.atomic
def discipline_add(
    *, actor: User | None, person: Person, kind: str, start: date, effect_end: date | None = None, document: str = ""
) -> Discipline:
    require_person(actor, person)
    discipline = Discipline.objects.create(
        person=lock_person(person), kind=kind, start=start, effect_end=effect_end, document=document
    )
    audit(
        actor=actor,
        action="personnel.discipline.add",
        obj=discipline,
        after=state_of(discipline, ("person_id", "kind", "start", "effect_end")),
    )
    return discipline
