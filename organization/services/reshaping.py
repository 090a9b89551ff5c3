"""Units that move, change their form, are merged or split: the old rows end, new ones begin, and what is open follows.

All of one act is one transaction behind the lock of the tree (`steps.take_tree`): whoever plans a run or employs
somebody meanwhile sees the tree of before or of after, never half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.services import audit
from organization.access import require
from organization.models import Permission, SuccessionKind, Unit, User, shorten, widen
from organization.rules.codes import OWN, next_code
from organization.services.steps import (
    Wrong,
    below_on,
    code_errors,
    day_errors,
    follow_all,
    later_errors,
    locked,
    not_yet_errors,
    path_errors,
    refuse,
    refuse_open_runs,
    take_tree,
    unit_state,
    write_down,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A unit that comes out of a split: its name, its code (empty: the next one), and which units below go into it."""

    name: str
    code: str = ""
    name_en: str = ""
    children: tuple[int, ...] = ()


@transaction.atomic
def unit_move(*, actor: User | None, unit: Unit, parent: Unit, day: date, document: str = "", code: str = "") -> Unit:
    """From `day` on the unit and everything below it is part of `parent`; with `code` it gets another code.

    People, posts, grants and facts go along; what is sealed or closed keeps its place. Raises Refused with all that is
    wrong, Conflict while an open run has people of the unit. Returns the unit's new row.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
        require(actor, Permission.CHANGE_UNITS, parent)
    take_tree()
    unit, parent = locked(unit), locked(parent)
    errors = [] if code else _same_place(unit, parent)
    if parent.path.startswith(unit.path):
        errors.append(("parent", _("%(unit)s can't become a part of itself.") % {"unit": unit.name}))
    new_code = widen(code.strip()) if code else unit.code
    # A unit may keep the code of its former place for good; a new one has to fit the new place.
    errors += code_errors(unit.kind, new_code, parent, unit.name, prefix=bool(code))
    return _change(actor, unit, parent, day, SuccessionKind.MOVE, document, errors, code=new_code)


@transaction.atomic
def unit_upgrade(
    *,
    actor: User | None,
    unit: Unit,
    day: date,
    code: str,
    name: str = "",
    name_en: str = "",
    document: str = "",
) -> Unit:
    """From `day` on the unit has another form and so another code: a town becomes a street, a village a community.

    As a move within the same parent; the units below keep their codes until they get others. Raises as `unit_move`.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    code = widen(code.strip())
    parent = locked(unit.parent) if unit.parent is not None else None
    errors = code_errors(unit.kind, code, parent, unit.name)
    if code == unit.code:
        errors.append(("code", _("%(unit)s has the code %(code)s already.") % {"unit": unit.name, "code": code}))
    return _change(
        actor, unit, parent, day, SuccessionKind.UPGRADE, document, errors, code=code, name=name, name_en=name_en
    )


@transaction.atomic
def units_merge(
    *,
    actor: User | None,
    units: Sequence[Unit],
    day: date,
    name: str = "",
    code: str = "",
    name_en: str = "",
    into: Unit | None = None,
    document: str = "",
) -> Unit:
    """From `day` on several units of one kind are one: a new one of this name, or `into`, which goes on as it is.

    People, posts and units below go along. Facts stay with the units that end; a grant on one of them does not become
    one on all. Raises Refused with all that is wrong, Conflict while an open run has their people. Returns the one.
    """
    for unit in [*units, *([into] if into is not None else [])] if actor is not None else []:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    found = [locked(unit) for unit in sorted(units, key=lambda unit: unit.pk)]
    target = locked(into) if into is not None else None
    ending = [unit for unit in {one.pk: one for one in found}.values() if target is None or unit.pk != target.pk]
    refuse(_merge_errors(ending, target, day, name))
    refuse_open_runs([unit.path for unit in ending] + ([target.path] if target is not None else []))
    before = [unit_state(unit) for unit in ending]
    Unit.objects.filter(pk__in=[unit.pk for unit in ending]).update(valid_to=day)
    parent = locked(ending[0].parent) if ending[0].parent is not None else None
    if target is None:
        target = _new_unit(parent, ending[0].kind, Part(name, code, name_en), day, None)
    moved = {unit.pk: target for unit in ending}
    for unit in ending:
        for child in [row for row in below_on(unit, day) if row.path.count("/") == unit.path.count("/") + 1]:
            moved |= _carry(child, target, day, child.code)
        write_down(actor=actor, before=unit, after_=target, kind=SuccessionKind.MERGE, day=day, document=document)
    followed = follow_all(actor=actor, moved=moved, day=day, same_unit=False)
    audit(
        actor=actor,
        action="organization.unit.merge",
        obj=target,
        unit_code=target.code,
        before={"units": before},
        after=unit_state(target) | {"document": document, "followed": followed},
    )
    return target


@transaction.atomic
def unit_split(*, actor: User | None, unit: Unit, day: date, parts: Sequence[Part], document: str = "") -> list[Unit]:
    """From `day` on the unit is several. People, posts and units below go into the first part, unless a part names
    the units below that are its own; people are given to other parts afterwards, one by one. Raises as `units_merge`.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    take_tree()
    unit = locked(unit)
    errors = day_errors(unit, day) + not_yet_errors(day) + later_errors(unit, day)
    if len(parts) < 2:
        errors.append(("parts", _("Name at least two units that come out of %(unit)s.") % {"unit": unit.name}))
    if not all(part.name.strip() for part in parts):
        errors.append(("parts", _("Each part of %(unit)s needs a name.") % {"unit": unit.name}))
    refuse(errors)
    refuse_open_runs([unit.path])
    before = unit_state(unit)
    unit.valid_to = day
    unit.save(update_fields=["valid_to"])
    parent = locked(unit.parent) if unit.parent is not None else None
    made = [_new_unit(parent, unit.kind, part, day, None, "parts") for part in parts]
    moved = {unit.pk: made[0]}
    for child in [row for row in below_on(unit, day) if row.path.count("/") == unit.path.count("/") + 1]:
        own = next((one for one, part in zip(made, parts, strict=True) if child.pk in part.children), made[0])
        moved |= _carry(child, own, day, child.code)
    for one in made:
        write_down(actor=actor, before=unit, after_=one, kind=SuccessionKind.SPLIT, day=day, document=document)
    followed = follow_all(actor=actor, moved=moved, day=day, same_unit=False)
    audit(
        actor=actor,
        action="organization.unit.split",
        obj=unit,
        unit_code=unit.code,
        before=before,
        after={"units": [unit_state(one) for one in made], "document": document, "followed": followed},
    )
    return made


def _change(
    actor: User | None,
    unit: Unit,
    parent: Unit | None,
    day: date,
    kind: SuccessionKind,
    document: str,
    errors: list[Wrong],
    *,
    code: str,
    name: str = "",
    name_en: str = "",
) -> Unit:
    """The common part of moving and upgrading: check the days, carry, let everything follow, write it down."""
    errors = errors + day_errors(unit, day) + not_yet_errors(day) + later_errors(unit, day)
    path = (parent.path if parent is not None else "") + shorten(code) + "/"
    if parent is not None:
        errors += _parent_errors(unit, parent, day)
    refuse(errors or path_errors(path, unit.name, unit.first_row))
    refuse_open_runs([unit.path, path])
    before = unit_state(unit)
    moved = _carry(unit, parent, day, code, name.strip(), name_en.strip())
    changed = moved[unit.pk]
    write_down(actor=actor, before=unit, after_=changed, kind=kind, day=day, document=document)
    followed = follow_all(actor=actor, moved=moved, day=day, same_unit=True)
    audit(
        actor=actor,
        action=f"organization.unit.{kind.lower()}",
        obj=changed,
        unit_code=changed.code,
        before=before,
        after=unit_state(changed) | {"document": document, "units": len(moved), "followed": followed},
    )
    return changed


def _carry(unit: Unit, parent: Unit | None, day: date, code: str, name: str = "", name_en: str = "") -> dict[int, Unit]:
    """End a unit and everything below it on the day and begin them again below another parent: old number → new row."""
    rows = [unit, *below_on(unit, day)]
    until = {row.pk: row.valid_to for row in rows}
    Unit.objects.filter(pk__in=until).update(valid_to=day)
    made: dict[str, Unit] = {}
    moved: dict[int, Unit] = {}
    for depth in sorted({row.path.count("/") for row in rows}):
        level = [row for row in rows if row.path.count("/") == depth]
        new = []
        for row in level:
            above_it = parent if row is unit else made[row.path[: row.path.rstrip("/").rfind("/") + 1]]
            own_code = code if row is unit else row.code
            new.append(
                Unit(
                    code=own_code,
                    name=name if row is unit and name else row.name,
                    name_en=name_en if row is unit and name else row.name_en,
                    kind=row.kind,
                    parent=above_it,
                    path=(above_it.path if above_it is not None else "") + shorten(own_code) + "/",
                    valid_from=day,
                    valid_to=until[row.pk],
                    origin_id=row.first_row,
                )
            )
        try:
            with transaction.atomic():
                Unit.objects.bulk_create(new)
        except IntegrityError as error:
            raise Conflict(
                _("A unit with one of these codes is there already on %(day)s: %(codes)s.")
                % {"day": day, "codes": ", ".join(row.code for row in new[:10])}
            ) from error
        for row, one in zip(level, new, strict=True):
            made[row.path] = moved[row.pk] = one
    return moved


def _new_unit(parent: Unit | None, kind: str, part: Part, day: date, until: date | None, value: str = "") -> Unit:
    """A unit of its own that begins on the day. Raises Refused for a code that doesn't fit, Conflict for one in use.

    value: the name of the value of the request in which the part stands; without it, each is named by itself.
    """
    code = part.code.strip()
    if not code and kind in OWN and parent is not None:
        code = next_code(parent.code, Unit.objects.filter(code__startswith=parent.code).values_list("code", flat=True))
    code = widen(code)
    path = (parent.path if parent is not None else "") + shorten(code) + "/"
    errors = code_errors(kind, code, parent, part.name) or path_errors(path, part.name)
    refuse([(value or name, text) for name, text in errors])
    unit = Unit(
        code=code,
        name=part.name.strip(),
        name_en=part.name_en.strip(),
        kind=kind,
        parent=parent,
        path=path,
        valid_from=day,
        valid_to=until,
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("There is already a unit with the code %(code)s in these days.") % {"code": code}) from error
    return unit


def _same_place(unit: Unit, parent: Unit) -> list[Wrong]:
    if unit.parent is not None and unit.parent.path == parent.path:
        text = _("%(unit)s is part of %(parent)s already.")
        return [("parent", text % {"unit": unit.name, "parent": parent.name})]
    return []


def _parent_errors(unit: Unit, parent: Unit, day: date) -> list[Wrong]:
    if parent.valid_from <= day and (
        parent.valid_to is None or (unit.valid_to is not None and parent.valid_to >= unit.valid_to)
    ):
        return []
    text = _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
    days = {"unit": unit.name, "parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
    return [("day", text % days)]


def _merge_errors(ending: Sequence[Unit], target: Unit | None, day: date, name: str) -> list[Wrong]:
    together = [*ending, *([target] if target is not None else [])]
    if len(together) < 2:
        return [("units", _("Choose at least two units to merge."))]
    errors = [one for unit in ending for one in day_errors(unit, day) + later_errors(unit, day)] + not_yet_errors(day)
    if target is not None and (target.valid_from > day or target.valid_to is not None):
        text = _("%(unit)s does not hold on %(day)s, or ends later.")
        errors.append(("into", text % {"unit": target.name, "day": day}))
    first = together[0]
    for unit in together[1:]:
        words = {"unit": first.name, "other": unit.name}
        if unit.kind != first.kind:
            errors.append(("units", _("%(unit)s and %(other)s are of different kinds and can't be merged.") % words))
        elif target is None and _parent_path(unit) != _parent_path(first):
            text = _("%(unit)s and %(other)s are parts of different units. Move one of them first, or merge into one.")
            errors.append(("units", text % words))
    if target is None and not name.strip():
        errors.append(("name", _("The unit that they become needs a name.")))
    return errors


def _parent_path(unit: Unit) -> str:
    return unit.path[: unit.path.rstrip("/").rfind("/") + 1]
