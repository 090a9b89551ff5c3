"""Writes of people, employments and posts. `actor=None` is the system itself: set-up commands, never a face."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from pypinyin import Style, lazy_pinyin

from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require, scope_for
from organization.models import Permission, Unit, User
from personnel.models import (
    Body,
    Certificate,
    Discipline,
    Education,
    Employment,
    EndReason,
    Honour,
    Person,
    Post,
    PostTitle,
    Tenure,
)
from personnel.rules import IdentityProblem, read_identity_number

# Posts of which a unit has one holder at a time.
SINGLE_HOLDER = frozenset({PostTitle.PARTY_SECRETARY, PostTitle.COMMITTEE_DIRECTOR})
BODY_OF_TITLE = {
    PostTitle.PARTY_SECRETARY: Body.PARTY,
    PostTitle.DEPUTY_SECRETARY: Body.PARTY,
    PostTitle.PARTY_COMMITTEE_MEMBER: Body.PARTY,
    PostTitle.COMMITTEE_DIRECTOR: Body.COMMITTEE,
    PostTitle.DEPUTY_DIRECTOR: Body.COMMITTEE,
    PostTitle.COMMITTEE_MEMBER: Body.COMMITTEE,
    PostTitle.STAFF: Body.STAFF,
    PostTitle.GRID_LEADER: Body.GRID,
    PostTitle.GRID_WORKER: Body.GRID,
}


def _pinyin(name: str) -> str:
    return " ".join(lazy_pinyin(name, style=Style.NORMAL))


def _state(row: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The named fields as they go into the audit trail."""
    state: dict[str, Any] = {}
    for name in fields:
        value = getattr(row, name)
        state[name] = str(value) if isinstance(value, date) else value
    return state


_PERSON_FIELDS = ("name", "sex", "birth_date", "political_status", "work_started")
_EMPLOYMENT_FIELDS = (
    "person_id",
    "unit_id",
    "category",
    "entry_channel",
    "start",
    "end",
    "probation_end",
    "end_reason",
)
_TENURE_FIELDS = ("person_id", "post_id", "title", "start", "end", "full_time", "document")


def _identity_errors(number: str, sex: str | None, birth_date: date | None) -> list[str]:
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


def _lock(person: Person) -> Person:
    return Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def _require_person(actor: User | None, person: Person) -> None:
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
        errors += _identity_errors(identity_number, sex, birth_date)
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
        name_pinyin=_pinyin(name.strip()),
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
        after=_state(person, _PERSON_FIELDS),
    )
    return person


@transaction.atomic
def employment_start(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    category: str,
    start: date,
    employer: Unit | None = None,
    entry_channel: str | None = None,
    probation_end: date | None = None,
    **fields: Any,
) -> Employment:
    """Employ a person in a unit from a day on. Raises Conflict if they already are, in the same category."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    _lock(person)
    errors = []
    if probation_end is not None and probation_end < start:
        errors.append(_("Probation of %(person)s would end before it begins.") % {"person": person.name})
    if unit.valid_from > start or (unit.valid_to is not None and unit.valid_to <= start):
        errors.append(_("%(unit)s does not exist on %(day)s.") % {"unit": unit.name, "day": start})
    if errors:
        raise Refused(errors)
    employment = Employment(
        person=person,
        employer=employer or unit,
        unit=unit,
        unit_path=unit.path,
        category=category,
        entry_channel=entry_channel,
        start=start,
        probation_end=probation_end,
        **fields,
    )
    _save(
        employment,
        _("%(person)s already has an employment of this category on or after %(day)s. End it first.")
        % {"person": person.name, "day": start},
    )
    audit(
        actor=actor,
        action="personnel.employment.start",
        obj=employment,
        unit_code=unit.code,
        after=_state(employment, _EMPLOYMENT_FIELDS),
    )
    return employment


@transaction.atomic
def employment_end(*, actor: User | None, employment: Employment, end: date, reason: str) -> Employment:
    """The employment ends: `end` is the first day on which it no longer holds. The posts held by it end elsewhere."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, employment.unit)
    _lock(employment.person)
    employment = Employment.objects.select_for_update(of=("self",), no_key=True).get(pk=employment.pk)
    errors = []
    if reason not in EndReason.values:
        errors.append(_("“%(reason)s” is no reason of leaving.") % {"reason": reason})
    if end < employment.start:
        errors.append(
            _("The employment of %(person)s would end on %(end)s, before it begins on %(start)s.")
            % {"person": employment.person.name, "end": end, "start": employment.start}
        )
    if errors:
        raise Refused(errors)
    before = _state(employment, _EMPLOYMENT_FIELDS)
    employment.end, employment.end_reason = end, reason
    employment.save(update_fields=["end", "end_reason"])
    audit(
        actor=actor,
        action="personnel.employment.end",
        obj=employment,
        unit_code=employment.unit.code,
        before=before,
        after=_state(employment, _EMPLOYMENT_FIELDS),
    )
    return employment


@transaction.atomic
def tenure_start(
    *,
    actor: User | None,
    person: Person,
    unit: Unit,
    title: str,
    start: date,
    full_time: bool = True,
    appointed_as: str | None = None,
    document: str = "",
) -> Tenure:
    """A person takes up a post in a unit. Raises Conflict while somebody else holds a single-holder post."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    if title not in PostTitle.values:
        raise Refused([_("“%(title)s” is no post.") % {"title": title}])
    _lock(person)
    body = BODY_OF_TITLE[PostTitle(title)]
    post, _created = Post.objects.get_or_create(
        unit=unit, body=body, title=title, defaults={"single_holder": title in SINGLE_HOLDER}
    )
    post = Post.objects.select_for_update(of=("self",), no_key=True).get(pk=post.pk)
    tenure = Tenure(
        person=person,
        post=post,
        body=post.body,
        title=post.title,
        single_holder=post.single_holder,
        start=start,
        full_time=full_time,
        appointed_as=appointed_as,
        document=document,
    )
    holder = Tenure.objects.filter(post=post, end__isnull=True).exclude(person=person).select_related("person").first()
    _save(
        tenure,
        _("%(holder)s holds the post of %(title)s in %(unit)s on %(day)s. End that first.")
        % {
            "holder": holder.person.name if holder and post.single_holder else person.name,
            "title": post.get_title_display(),
            "unit": unit.name,
            "day": start,
        },
    )
    audit(
        actor=actor,
        action="personnel.tenure.start",
        obj=tenure,
        unit_code=unit.code,
        after=_state(tenure, _TENURE_FIELDS),
    )
    return tenure


@transaction.atomic
def tenure_end(*, actor: User | None, tenure: Tenure, end: date, document: str = "") -> Tenure:
    """The person no longer holds the post from `end` on."""
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, tenure.post.unit)
    _lock(tenure.person)
    tenure = Tenure.objects.select_for_update(of=("self",), no_key=True).get(pk=tenure.pk)
    if end < tenure.start:
        raise Refused(
            [
                _("The post of %(person)s would end on %(end)s, before it begins on %(start)s.")
                % {"person": tenure.person.name, "end": end, "start": tenure.start}
            ]
        )
    before = _state(tenure, _TENURE_FIELDS)
    tenure.end = end
    tenure.document = document or tenure.document
    tenure.save(update_fields=["end", "document"])
    audit(
        actor=actor,
        action="personnel.tenure.end",
        obj=tenure,
        unit_code=tenure.post.unit.code,
        before=before,
        after=_state(tenure, _TENURE_FIELDS),
    )
    return tenure


@transaction.atomic
def education_add(*, actor: User | None, person: Person, level: str, graduated: date, **fields: Any) -> Education:
    _require_person(actor, person)
    education = Education.objects.create(person=_lock(person), level=level, graduated=graduated, **fields)
    audit(
        actor=actor,
        action="personnel.education.add",
        obj=education,
        after=_state(education, ("person_id", "level", "degree", "graduated")),
    )
    return education


@transaction.atomic
def certificate_add(
    *, actor: User | None, person: Person, level: str, number: str, issued: date, appointed_from: date | None = None
) -> Certificate:
    _require_person(actor, person)
    certificate = Certificate(
        person=_lock(person), level=level, number=number, issued=issued, appointed_from=appointed_from
    )
    _save(certificate, _("The certificate number %(number)s is already on record.") % {"number": number})
    audit(
        actor=actor,
        action="personnel.certificate.add",
        obj=certificate,
        after=_state(certificate, ("person_id", "level", "number", "issued", "appointed_from")),
    )
    return certificate


@transaction.atomic
def honour_add(*, actor: User | None, person: Person, kind: str, level: str, day: date, title: str = "") -> Honour:
    _require_person(actor, person)
    honour = Honour.objects.create(person=_lock(person), kind=kind, level=level, day=day, title=title)
    audit(
        actor=actor,
        action="personnel.honour.add",
        obj=honour,
        after=_state(honour, ("person_id", "kind", "level", "day", "title")),
    )
    return honour


@transaction.atomic
def discipline_add(
    *, actor: User | None, person: Person, kind: str, start: date, effect_end: date | None = None, document: str = ""
) -> Discipline:
    _require_person(actor, person)
    discipline = Discipline.objects.create(
        person=_lock(person), kind=kind, start=start, effect_end=effect_end, document=document
    )
    audit(
        actor=actor,
        action="personnel.discipline.add",
        obj=discipline,
        after=_state(discipline, ("person_id", "kind", "start", "effect_end")),
    )
    return discipline


def _save(row: models.Model, message: str) -> None:
    """Insert, and say a violated constraint as a Conflict in words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(message) from error
