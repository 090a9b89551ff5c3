"""Reads of units."""

from __future__ import annotations

import re
from datetime import date

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, after, scope_for, units_for
from organization.models import Permission, Unit, units_on, widen

CODE = re.compile(r"\d{2,15}")


def units_list(*, user: Viewer, permission: str = Permission.VIEW_PEOPLE, day: date | None = None) -> QuerySet[Unit]:
    """The units the user may act on, on a day (today unless given), in the order of the tree."""
    day = day or timezone.localdate()
    return scope_for(user, permission).filter(Unit.objects.filter(units_on(day)), "path").order_by("path")


def roots_list(*, user: Viewer, permission: str = Permission.VIEW_PEOPLE) -> QuerySet[Unit]:
    """The highest units of the user's grants: where a page starts."""
    return units_for(user, permission)


def unit_children(
    *, user: Viewer, unit: Unit, permission: str = Permission.VIEW_PEOPLE, day: date | None = None
) -> QuerySet[Unit]:
    return units_list(user=user, permission=permission, day=day).filter(parent__path=unit.path)


def unit_for_system(code: str, day: date | None = None) -> Unit:
    """The unit of a code (short or full) on a day; without a day, its newest row. Raises NotFound."""
    units = Unit.objects.filter(code=widen(str(code).strip()))
    if day is not None:
        units = units.filter(units_on(day))
    unit = units.order_by(F("valid_from").desc()).first()
    if unit is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": code})
    return unit


def unit_ancestors_for_system(unit: Unit, day: date | None = None) -> list[Unit]:
    """From the root down to the unit itself: what a breadcrumb shows. As of the unit's first day, unless given."""
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    return list(
        Unit.objects.filter(Q(path__in=paths[:-1]) & units_on(day or unit.valid_from) | Q(pk=unit.pk)).order_by("path")
    )


def units_below_for_system(paths: tuple[str, ...] | list[str], kinds: tuple[str, ...] = ()) -> QuerySet[Unit]:
    """Every unit in or below the paths, in the order of the tree, also closed ones."""
    units = Scope.of(paths).filter(Unit.objects.all(), "path").order_by("path")
    return units.filter(kind__in=kinds) if kinds else units


def unit_range_for_system(path: str) -> tuple[str, str]:
    """The half-open range of paths in and below a unit, for hand-written SQL."""
    return path, after(path)


def unit_by_code_for_system(units: QuerySet[Unit], code: str) -> Unit | None:
    """Of some units the one of a code: as it is today, else as it will be, else as it was last."""
    rows = list(units.filter(code=widen(code)).select_related("parent").order_by("valid_from"))
    today = timezone.localdate()
    begun = [row for row in rows if row.valid_from <= today]
    if begun and (begun[-1].valid_to is None or begun[-1].valid_to > today):
        return begun[-1]
    return rows[len(begun)] if len(rows) > len(begun) else rows[-1] if rows else None


def units_named_for_system(name: str, most: int) -> list[Unit]:
    """The units of today, wherever they lie, that a code (2 to 15 digits) or a whole name means: at most so many, the
    newest first. For whoever proposes something to a unit of others and sees nothing of it."""
    units = Unit.objects.filter(valid_to__isnull=True).order_by("-valid_from")
    if CODE.fullmatch(name):
        return list(units.filter(code=widen(name))[:1])
    return list(units.filter(name=name)[:most])


def units_ever_list(*, user: Viewer, permission: str = Permission.VIEW_PEOPLE) -> QuerySet[Unit]:
    """Every row of the units the user may act on, of all days."""
    return scope_for(user, permission).filter(Unit.objects.all(), "path")


def children_on_for_system(unit: Unit, day: date) -> dict[str, int]:
    """The units directly below a unit on a day: code → number of the row."""
    below = Unit.objects.filter(units_on(day), parent__path=unit.path)
    return dict(below.values_list("code", "pk"))
