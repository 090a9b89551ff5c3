"""Creating, renaming and closing units."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require
from organization.models import (
    Permission,
    Unit,
    UnitKind,
    User,
    shorten,
    widen,
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
    """Create a unit below its parent. Raises Refused (range outside the parent's), Conflict (code in use)."""
    if actor is not None:
        if parent is None:
            raise NotAllowed(_("Only the set-up of the system creates provinces."))
        require(actor, Permission.CHANGE_UNITS, parent)
    code = widen(code)
    if kind not in UnitKind.values:
        raise Refused([_("“%(kind)s” is no kind of unit.") % {"kind": kind}])
    if parent is not None:
        parent = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=parent.pk)
        if valid_from < parent.valid_from or (
            parent.valid_to is not None and (valid_to is None or valid_to > parent.valid_to)
        ):
            raise Refused(
                [
                    _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
                    % {"unit": name, "parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
                ]
            )
    unit = Unit(
        code=code,
        name=name,
        name_en=name_en,
        kind=kind,
        parent=parent,
        path=(parent.path if parent else "") + shorten(code) + "/",
        valid_from=valid_from,
        valid_to=valid_to,
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("There is already a unit with the code %(code)s in these days.") % {"code": code}) from error
    audit(actor=actor, action="organization.unit.create", obj=unit, unit_code=unit.code, after=_unit_state(unit))
    return unit


@transaction.atomic
def unit_rename(*, actor: User | None, unit: Unit, name: str, day: date, name_en: str = "") -> Unit:
    """From `day` on the unit has another name: the old row ends, a new one of the same code and path begins."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    if not unit.valid_from < day or (unit.valid_to is not None and day >= unit.valid_to):
        raise Refused(
            [
                _("%(unit)s can't get a new name on %(day)s: it does not hold on that day.")
                % {"unit": unit.name, "day": day}
            ]
        )
    before = _unit_state(unit)
    until, unit.valid_to = unit.valid_to, day
    unit.save(update_fields=["valid_to"])
    renamed = Unit.objects.create(
        code=unit.code,
        name=name,
        name_en=name_en,
        kind=unit.kind,
        parent=unit.parent,
        path=unit.path,
        valid_from=day,
        valid_to=until,
    )
    audit(
        actor=actor,
        action="organization.unit.rename",
        obj=renamed,
        unit_code=unit.code,
        before=before,
        after=_unit_state(renamed),
    )
    return renamed


@transaction.atomic
def unit_close(*, actor: User | None, unit: Unit, day: date) -> Unit:
    """The unit no longer holds from `day` on. Refused while a unit below it still does."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    open_below = unit.children.filter(valid_to__isnull=True) | unit.children.filter(valid_to__gt=day)
    errors = [
        _("%(unit)s still belongs to it on %(day)s. Close or move it first.") % {"unit": child.name, "day": day}
        for child in open_below.order_by("path")
    ]
    if day <= unit.valid_from:
        errors.append(_("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": unit.valid_from})
    if errors:
        raise Refused(errors)
    before = _unit_state(unit)
    unit.valid_to = day
    unit.save(update_fields=["valid_to"])
    audit(
        actor=actor,
        action="organization.unit.close",
        obj=unit,
        unit_code=unit.code,
        before=before,
        after=_unit_state(unit),
    )
    return unit


def _unit_state(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "path": unit.path,
        "valid_from": str(unit.valid_from),
        "valid_to": str(unit.valid_to) if unit.valid_to else None,
    }
