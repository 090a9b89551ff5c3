"""Creating, renaming and closing units."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, NotAllowed
from core.services import audit
from organization.access import require
from organization.models import Permission, SuccessionKind, Unit, User, shorten, units_on, widen
from organization.rules.codes import OWN, next_code
from organization.selectors.above import above
from organization.services.steps import (
    code_errors,
    day_errors,
    follow_all,
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
        errors.append(_("The unit with the code %(code)s needs a name.") % {"code": code})
    if valid_to is not None and valid_to <= valid_from:
        errors.append(_("%(unit)s would end on %(to)s, before it begins.") % {"unit": name, "to": valid_to})
    if parent is not None and (
        valid_from < parent.valid_from
        or (parent.valid_to is not None and (valid_to is None or valid_to > parent.valid_to))
    ):
        errors.append(
            _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
            % {"unit": name, "parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
        )
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
        errors.append(_("%(unit)s needs a new name.") % {"unit": unit.name})
    elif (name.strip(), name_en.strip() or unit.name_en) == (unit.name, unit.name_en):
        errors.append(_("%(unit)s has this name already.") % {"unit": unit.name})
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
def unit_close(*, actor: User | None, unit: Unit, day: date) -> Unit:
    """The unit no longer holds from `day` on. Refused while a unit below it still does."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    open_below = Unit.objects.filter(parent__path=unit.path).filter(units_on(day) | Q(valid_from__gt=day))
    errors = [
        _("%(unit)s still belongs to it on %(day)s. Close or move it first.") % {"unit": child.name, "day": day}
        for child in open_below.order_by("path")
    ]
    if day <= unit.valid_from:
        errors.append(_("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": unit.valid_from})
    if unit.valid_to is not None and unit.valid_to <= day:
        errors.append(_("%(unit)s has ended on %(to)s.") % {"unit": unit.name, "to": unit.valid_to})
    people = sum(above.people_below(unit.path, day).values())
    if people:
        errors.append(
            ngettext(
                "%(people)s person still works in %(unit)s on %(day)s. End the employment, or merge the unit into another.",
                "%(people)s people still work in %(unit)s on %(day)s. End their employments, or merge the unit into "
                "another.",
                people,
            )
            % {"people": people, "unit": unit.name, "day": day}
        )
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
