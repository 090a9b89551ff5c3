"""Entering a person whole, writing to what one has seen, and changing many at once: one transaction each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Conflict, NotFound, Refused
from core.services import audit
from organization.access import scope_for
from organization.models import Permission, Unit, User
from organization.services import countersigned
from personnel.models import Employment, Person
from personnel.selectors.duplicates import NUMBER, likenesses
from personnel.selectors.people import belonging_for_system
from personnel.services.drafts import draft_discard
from personnel.services.people import person_change, person_correct, person_create
from personnel.services.sections import row_correct, row_withdraw, section_add, section_change, section_end
from personnel.services.steps import columns_of, lock_person, row_person, state_of

MOST_AT_ONCE = 500  # people changed in one go


@transaction.atomic
def person_enter(
    *,
    actor: User | None,
    identity: Mapping[str, Any],
    employment: Mapping[str, Any] | None,
    post: Mapping[str, Any] | None,
    rows: Sequence[tuple[str, Mapping[str, Any]]] = (),
    still_new: str = "",
    draft: UUID | None = None,
    examined: bool = False,
) -> Person:
    """Enter a person with employment, post and further rows: all of it or nothing.

    identity: single values by code. employment, post: by attribute, None for none; one of them is needed, because a
    file belongs to a unit. rows: (section, values by attribute). still_new: why this is nobody who is on record, needed
    where somebody of the same name and birth date is. draft: the key of what it was typed into, which goes with it, so
    that pressing twice enters once. examined: of `employment_start`. Raises Refused with everything that is
    wrong; the keys of its fields are "section.attribute" or "section-number.attribute" (of rows). Conflict for an identity
    number in use.
    """
    if draft is not None and actor is not None:
        draft_discard(actor=actor, key=draft)
    unit = _unit_of(employment, post)
    if unit is None:
        message = _("Give an employment or a post, and the unit it is in.")
        raise Refused([message], {"employment.unit": [message]})
    errors: list[str] = []
    fields: dict[str, list[str]] = {}
    known = _identity(identity, still_new, errors, fields, actor)
    try:
        with transaction.atomic():
            person = person_create(actor=actor, unit=unit, **{"name": "", **known})
    except Refused as refused:
        named = {f"identity.{name}": texts for name, texts in refused.fields.items()}
        raise Refused([*errors, *refused.errors], {**fields, **named}) from refused

    def attempt(section: str, key: str, values: Mapping[str, Any]) -> None:
        try:
            with transaction.atomic():
                section_add(actor=actor, person=person, section=section, values=values, examined=examined)
        except Refused as refused:
            errors.extend(str(error) for error in refused.errors)
            for name, texts in refused.fields.items():
                fields.setdefault(f"{key}.{name}", []).extend(texts)
        except ApplicationError as error:
            errors.append(str(error))
            fields.setdefault(f"{key}.", []).append(str(error))

    if employment is not None:
        attempt("employment", "employment", employment)
    if post is not None:
        attempt("post", "tenure", {"unit": unit, "start": (employment or {}).get("start"), **_given(post)})
    counts: dict[str, int] = {}
    for section, values in rows:
        number = counts[section] = counts.get(section, -1) + 1
        attempt(
            section, f"{section}-{values.get('_number', number)}", {k: v for k, v in values.items() if k != "_number"}
        )
    if errors:
        raise Refused(errors, fields)
    audit(
        actor=actor,
        action="personnel.person.enter",
        obj=person,
        unit_code=unit.code,
        after={"rows": [section for section, _values in rows], "still_new": still_new.strip()},
    )
    return person


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _unit_of(*parts: Mapping[str, Any] | None) -> Unit | None:
    for values in parts:
        if values and isinstance(values.get("unit"), Unit):
            return values["unit"]  # type: ignore[no-any-return]
    return None


def _identity(
    identity: Mapping[str, Any], still_new: str, errors: list[str], fields: dict[str, list[str]], actor: User | None
) -> dict[str, Any]:
    """The values of the new person, after looking for somebody who is the same."""
    values = _given(identity)
    number = values.get("identity_number") or ""
    birth_date = values.get("birth_date")
    if birth_date is None and len(number) == 18 and number[6:14].isdigit():
        try:
            birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        except ValueError:
            birth_date = None  # the number itself is refused further on
    found = likenesses(
        user=actor, identity_number=number, name=values.get("name", ""), birth_date=birth_date,
        phone=values.get("phone", ""),
    )  # fmt: skip
    if any(one.why == NUMBER for one in found):
        raise Conflict(_("Somebody with this identity number is already on record. Look them up instead."))
    if found and not still_new.strip():
        message = _("Somebody of this name and birth date is on record. Open that record, or say why this is another.")
        errors.append(message)
        fields.setdefault("identity.still_new", []).append(message)
    return values


# -- Writing to what one has seen --------------------------------------------------------------------------------------


@transaction.atomic
def row_write(
    *,
    actor: User | None,
    row: Model,
    act: str,
    seen: str,
    values: Mapping[str, Any] | None = None,
    day: date | None = None,
    reason: str = "",
    document: str = "",
    destination: str = "",
    destination_kind: str = "",
) -> Model | None:
    """Change, correct, end or withdraw a row that somebody has looked at. seen: `mark_of_row` of what they saw.

    Raises Conflict if the row is another by now, and else what the service of the act raises.
    """
    person = lock_person(row_person(row))
    fresh = type(row)._default_manager.filter(pk=row.pk).first()
    if fresh is None:
        raise NotFound(_("There is no such row."))
    if mark_of_row(row=fresh) != seen:
        raise Conflict(
            _("This row of %(person)s was changed while you were at it. Look at it as it is now, and repeat.")
            % {"person": person.name}
        )
    values = values or {}
    if act == "correct":
        return row_correct(actor=actor, row=fresh, values=values, reason=reason, document=document)
    if act == "withdraw":
        row_withdraw(actor=actor, row=fresh, reason=reason)
        return None
    if day is None:
        raise Refused([_("Give the day.")], {"day": [_("Give the day.")]})
    if act == "change":
        return section_change(actor=actor, row=fresh, day=day, values=values, document=document)
    return section_end(
        actor=actor, row=fresh, day=day, document=document, reason=reason, destination=destination,
        destination_kind=destination_kind,
    )  # fmt: skip


@transaction.atomic
def person_write(
    *,
    actor: User | None,
    person: Person,
    act: str,
    seen: str,
    values: Mapping[str, Any],
    day: date | None = None,
    reason: str = "",
    document: str = "",
) -> Person:
    """Change or correct single values of a person that somebody has looked at. Raises Conflict like `row_write`."""
    fresh = lock_person(person)
    if mark_of_row(row=fresh) != seen:
        raise Conflict(
            _("The record of %(person)s was changed while you were at it. Look at it as it is now, and repeat.")
            % {"person": person.name}
        )
    if not values:
        raise Refused([_("Nothing is different from what is on record.")])
    if act == "correct":
        return person_correct(actor=actor, person=fresh, values=values, reason=reason, document=document)
    if day is None:
        raise Refused([_("Give the day.")], {"day": [_("Give the day.")]})
    return person_change(actor=actor, person=fresh, day=day, values=values, document=document)


def mark_of_row(*, row: Model) -> str:
    """A short text that is another as soon as anything in the row is."""
    state = state_of(row, columns_of(row))
    return hashlib.sha256(repr(sorted(state.items())).encode()).hexdigest()[:16]


# -- Many at once ------------------------------------------------------------------------------------------------------


def mark_of_people(*, people: Iterable[int]) -> str:
    """A short text that is another as soon as a list of people has other people."""
    return hashlib.sha256(",".join(str(number) for number in sorted(people)).encode()).hexdigest()[:16]


@transaction.atomic
def people_change(
    *,
    actor: User,
    people: Sequence[int],
    count: int,
    mark: str,
    field: str,
    value: Any,
    day: date | None = None,
    reason: str = "",
    document: str = "",
) -> int:
    """One value for many people: all of them or nobody; returns how many there were.

    people: their numbers, found again by the filter that was confirmed; count and mark: what was confirmed. Raises
    Conflict where they are others by now, Refused with what is wrong for whom.
    """
    if len(people) != count or mark_of_people(people=people) != mark:
        raise Conflict(
            _("The list has %(now)s people now; you confirmed %(then)s. Nothing was changed. Look at the list again.")
            % {"now": len(people), "then": count}
        )
    if not people:
        raise Refused([_("Nobody is in the list, so there is nothing to change.")])
    if count > MOST_AT_ONCE:
        raise Refused(
            [_("%(count)s people are too many at once; %(most)s go. Choose a unit or another filter.")
             % {"count": count, "most": MOST_AT_ONCE}]
        )  # fmt: skip
    _refuse_strangers(actor, people)
    countersigned(
        actor=actor,
        action="personnel.people.change",
        rows=count,
        permission=Permission.CHANGE_PEOPLE,
        paths=scope_for(actor, Permission.CHANGE_PEOPLE).paths,
        about=_("One value for many people: %(field)s") % {"field": field},
        depends={"mark": mark, "field": field, "value": value, "day": day, "reason": reason, "document": document},
    )
    errors: list[str] = []
    for person in Person.objects.filter(pk__in=people).order_by("name_pinyin", "pk"):
        try:
            with transaction.atomic():
                _writer(field, value, day, reason, document)(actor, person)
        except ApplicationError as error:
            errors.extend(f"{person.name}: {text}" for text in str(error).splitlines())
    if errors:
        raise Refused(
            [*errors[:20], *([_("… and %(more)s more.") % {"more": len(errors) - 20}] if len(errors) > 20 else [])]
        )
    audit(
        actor=actor,
        action="personnel.people.change",
        obj=actor,
        after={"field": field, "value": str(value), "people": len(people), "mark": mark, "document": document},
    )
    return len(people)


def _writer(field: str, value: Any, day: date | None, reason: str, document: str) -> Callable[[User, Person], Any]:
    def of_person(actor: User, person: Person) -> None:
        if day is None:
            raise Refused([_("Give the day.")])
        person_change(actor=actor, person=person, day=day, values={field: value}, document=document)

    def of_employment(actor: User, person: Person) -> None:
        today = timezone.localdate()
        jobs = Employment.objects.filter(Q(end__isnull=True) | Q(end__gt=today), person=person, start__lte=today)
        found = list(jobs.select_related("unit", "person"))
        if len(found) != 1:
            raise Refused([_("has %(count)s employments today; this needs exactly one.") % {"count": len(found)}])
        values = {field.partition(".")[2]: value}
        row_correct(actor=actor, row=found[0], values=values, reason=reason, document=document)

    return of_employment if field.startswith("employment.") else of_person


def _refuse_strangers(actor: User, people: Sequence[int]) -> None:
    """Everybody in the list must be somebody whom the actor may change, before the first is."""
    scope = scope_for(actor, Permission.CHANGE_PEOPLE)
    own = set(Person.objects.filter(belonging_for_system(scope), pk__in=people).values_list("pk", flat=True))
    strangers = Person.objects.filter(pk__in=set(people) - own)
    if strangers:
        names = "、".join(person.name for person in strangers[:10])
        raise Refused(
            [_("You may not change %(count)s of them: %(names)s. Choose a unit of yours.")
             % {"count": len(set(people) - own), "names": names}]
        )  # fmt: skip
