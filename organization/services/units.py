"""Creating, renaming and closing units."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import ForeignObjectRel, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, NotAllowed
from core.services import audit
from organization.access import require
from organization.models import (
    Permission,
    SuccessionKind,
    Unit,
    UnitFact,
    UnitSuccession,
    User,
    shorten,
    units_on,
    widen,
)
from organization.rules.codes import OWN, next_code
from organization.selectors.above import above
from organization.services.steps import (
    Wrong,
    code_errors,
    day_errors,
    follow_all,
    former_errors,
    locked,
    path_errors,
    refuse,
    take_tree,
    unit_state,
    write_down,
)


@transaction.atomic
def unit_create(
    *,
    actor: User | None,
    code: str,
    name: str,
    kind: str,
    parent: Unit | None,
    valid_from: date,
    valid_to: date | None = None,
    name_en: str = "",
) -> Unit:
    """Create a unit below its parent; a grid or an estate without a code gets the next one of its community.

    Raises Refused with all that is wrong (name, kind, code, days outside the parent's), Conflict for a code in use.
    """
    if actor is not None:
        if parent is None:
            raise NotAllowed(_("Only the set-up of the system creates provinces."))
        require(actor, Permission.CHANGE_UNITS, parent)
    if parent is not None:
        parent = locked(parent)
        if not code and kind in OWN:
            code = next_code(
                parent.code, Unit.objects.filter(code__startswith=parent.code).values_list("code", flat=True)
            )
    code, name = widen(code.strip()), name.strip()
    errors = code_errors(kind, code, parent, name)
    if not name:
        errors.append(("name", _("The unit with the code %(code)s needs a name.") % {"code": code}))
    if valid_to is not None and valid_to <= valid_from:
        text = _("%(unit)s would end on %(to)s, before it begins.")
        errors.append(("valid_to", text % {"unit": name, "to": valid_to}))
    if parent is not None and (
        valid_from < parent.valid_from
        or (parent.valid_to is not None and (valid_to is None or valid_to > parent.valid_to))
    ):
        text = _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
        days = {"unit": name, "parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
        errors.append(("valid_from", text % days))
    path = (parent.path if parent else "") + shorten(code) + "/"
    refuse(errors or path_errors(path, name))
    unit = Unit(
        code=code,
        name=name,
        name_en=name_en.strip(),
        kind=kind,
        parent=parent,
        path=path,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("There is already a unit with the code %(code)s in these days.") % {"code": code}) from error
    audit(actor=actor, action="organization.unit.create", obj=unit, unit_code=unit.code, after=unit_state(unit))
    return unit


@transaction.atomic
def unit_rename(*, actor: User | None, unit: Unit, name: str, day: date, name_en: str = "", document: str = "") -> Unit:
    """From `day` on the unit has another name: the old row ends, a new one of the same code and path begins.

    What is open follows: people, posts, grants and facts. Raises Refused if the unit does not hold on the day.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    errors = day_errors(unit, day)
    if not name.strip():
        errors.append(("name", _("%(unit)s needs a new name.") % {"unit": unit.name}))
    elif (name.strip(), name_en.strip() or unit.name_en) == (unit.name, unit.name_en):
        errors.append(("name", _("%(unit)s has this name already.") % {"unit": unit.name}))
    refuse(errors)
    before = unit_state(unit)
    until, unit.valid_to = unit.valid_to, day
    unit.save(update_fields=["valid_to"])
    renamed = Unit.objects.create(
        code=unit.code,
        name=name.strip(),
        name_en=name_en.strip(),
        kind=unit.kind,
        parent=unit.parent,
        path=unit.path,
        valid_from=day,
        valid_to=until,
        origin_id=unit.first_row,
    )
    write_down(actor=actor, before=unit, after_=renamed, kind=SuccessionKind.RENAME, day=day, document=document)
    followed = follow_all(actor=actor, moved={unit.pk: renamed}, day=day, same_unit=True)
    audit(
        actor=actor,
        action="organization.unit.rename",
        obj=renamed,
        unit_code=unit.code,
        before=before,
        after=unit_state(renamed) | {"document": document, "followed": followed},
    )
    return renamed


@transaction.atomic
def unit_correct(
    *,
    actor: User | None,
    unit: Unit,
    reason: str,
    name: str | None = None,
    name_en: str | None = None,
    valid_from: date | None = None,
    code: str | None = None,
    kind: str | None = None,
    document: str = "",
) -> Unit:
    """What was wrong in the record of a unit is put right: nothing about the unit itself changes on any day.

    Given is what was wrong; None stays as it is. A first day that is the day of a change (a rename, a move) stays with
    it. A code or a kind is put right while nothing hangs on the unit yet; later that is a change of form, with its day.
    Raises Refused with all that is wrong, Conflict if the code belonged to another unit on the earlier days.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    before = unit_state(unit) | {"name_en": unit.name_en}
    errors: list[Wrong] = []
    if not 1 <= len(reason.strip()) <= 200:
        errors.append(("reason", _("Say why the record of %(unit)s was wrong.") % {"unit": unit.name}))
    if name is not None and not 1 <= len(name.strip()) <= 100:
        errors.append(("name", _("The unit needs a name of 1 to 100 characters.")))
    if valid_from is not None and valid_from != unit.valid_from:
        errors += _first_day_errors(unit, valid_from)
    code = unit.code if code is None else widen(code.strip())
    kind = unit.kind if kind is None else kind
    if (code, kind) != (unit.code, unit.kind):
        errors += _place_errors(unit, code, kind)
        unit.code, unit.kind = code, kind
        unit.path = (unit.parent.path if unit.parent is not None else "") + shorten(code) + "/"
        if not errors:
            errors += path_errors(unit.path, unit.name, own=unit.pk)
    unit.name = unit.name if name is None else name.strip()
    unit.name_en = unit.name_en if name_en is None else name_en.strip()
    unit.valid_from = valid_from or unit.valid_from
    after = unit_state(unit) | {"name_en": unit.name_en}
    if after == before and not errors:
        errors.append(("", _("%(unit)s is on record like this already.") % {"unit": unit.name}))
    refuse(errors)
    try:
        with transaction.atomic():
            unit.save(update_fields=["name", "name_en", "valid_from", "code", "kind", "path"])
    except IntegrityError as error:
        raise Conflict(
            _("There is already a unit with the code %(code)s in these days.") % {"code": unit.code}
        ) from error
    audit(
        actor=actor,
        action="organization.unit.correct",
        obj=unit,
        unit_code=unit.code,
        before=before,
        after=after | {"reason": reason.strip(), "document": document.strip()},
    )
    return unit


def _place_errors(unit: Unit, code: str, kind: str) -> list[Wrong]:
    """Why a unit can't have had another code or kind all along: it doesn't fit, or something hangs on it by its place."""
    errors: list[Wrong] = []
    if kind != unit.kind and not {kind, unit.kind} <= set(OWN):
        text = _("%(unit)s can't have been something else. Only a grid and an estate are taken for each other.")
        errors.append(("kind", text % {"unit": unit.name}))
    else:
        errors += code_errors(kind, code, unit.parent, unit.name)
    hanging = [
        relation.related_model._meta.verbose_name_plural
        for relation in Unit._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel)
        and relation.related_model is not UnitFact  # numbers hang on the unit, wherever it is
        and relation.related_model._default_manager.filter(**{relation.field.name: unit.pk}).exists()
    ]
    if unit.origin_id is not None or hanging:
        text = _("%(what)s hang on %(unit)s by its code. From a day on it can change its form and code instead.")
        what = ", ".join(str(one) for one in dict.fromkeys(hanging)) or _("Earlier days")
        errors.append(("code" if code != unit.code else "kind", text % {"unit": unit.name, "what": what}))
    return errors


def _first_day_errors(unit: Unit, day: date) -> list[Wrong]:
    """Why a unit can't have begun on another day than the record says."""
    words: dict[str, object] = {"unit": unit.name, "day": day, "to": unit.valid_to or "…"}
    parent = unit.parent
    made = Q(day=unit.valid_from) | Q(day__lt=day)  # what it was made of; what came into it later
    if unit.origin_id is not None or UnitSuccession.objects.filter(made, after=unit).exists():
        return [
            (
                "valid_from",
                _("%(unit)s began with a change on this day, or another unit came into it. The day stays.") % words,
            )
        ]
    if unit.valid_to is not None and day >= unit.valid_to:
        return [("valid_from", _("%(unit)s would end on %(to)s, before it begins.") % words)]
    if parent is not None and day < parent.valid_from:
        text = _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
        days = {"parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
        return [("valid_from", text % (words | days))]
    child = Unit.objects.filter(parent=unit, valid_from__lt=day).order_by("valid_from", "path").first()
    if child is not None:
        text = _("%(other)s is part of it from %(from)s on. Choose no later day, or correct that first.")
        return [("valid_from", text % {"other": child.name, "from": child.valid_from})]
    fact = UnitFact.objects.filter(unit__lineage=unit.first_row, day__lt=day).order_by("day").first()
    if fact is not None:
        text = _("A number of %(unit)s is of %(from)s. Choose no later day.")
        return [("valid_from", text % (words | {"from": fact.day}))]
    return []


@transaction.atomic
def unit_close(*, actor: User | None, unit: Unit, day: date) -> Unit:
    """The unit no longer holds from `day` on. Refused while a unit below it still does."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    open_below = Unit.objects.filter(parent__path=unit.path).filter(units_on(day) | Q(valid_from__gt=day))
    text = _("%(unit)s still belongs to it on %(day)s. Close or move it first.")
    errors = former_errors(unit)
    errors += [("", text % {"unit": child.name, "day": day}) for child in open_below.order_by("path")]
    if day <= unit.valid_from:
        text = _("%(unit)s begins on %(from)s only.")
        errors.append(("day", text % {"unit": unit.name, "from": unit.valid_from}))
    if unit.valid_to is not None and unit.valid_to <= day:
        errors.append(("day", _("%(unit)s has ended on %(to)s.") % {"unit": unit.name, "to": unit.valid_to}))
    people = sum(above.people_below(unit.path, day).values())
    if people:
        text = ngettext(
            "%(people)s person still works in %(unit)s on %(day)s. End the employment, or merge the unit into another.",
            "%(people)s people still work in %(unit)s on %(day)s. End their employments, or merge the unit into "
            "another.",
            people,
        )
        errors.append(("", text % {"people": people, "unit": unit.name, "day": day}))
    refuse(errors)
    before = unit_state(unit)
    unit.valid_to = day
    unit.save(update_fields=["valid_to"])
    audit(
        actor=actor,
        action="organization.unit.close",
        obj=unit,
        unit_code=unit.code,
        before=before,
        after=unit_state(unit),
    )
    return unit
