"""What the pages of units show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, after, scope_for, scope_of_any_grant
from organization.models import (
    FactKey,
    Grant,
    Permission,
    Unit,
    UnitFact,
    UnitSuccession,
    User,
    units_on,
)
from organization.rules.codes import form_of
from organization.selectors.above import above
from organization.selectors.units import unit_ancestors_for_system


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree: its row on the day, whether something is below it, and, where it is open, what."""

    unit: Unit
    opens: bool
    children: list[Branch] | None


@dataclass(frozen=True, slots=True)
class Series:
    """The values of a fact, newest first."""

    label: str
    facts: list[UnitFact]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a unit: what it was made of, or what it became."""

    day: date
    kind: str
    text: str
    other: Unit
    document: str
    became: bool
    opens: bool  # whether the user may look at the other unit
    there: (
        date  # the day on which to look at it: its first as what became of this one, its last as what this was made of
    )


@dataclass(frozen=True, slots=True)
class Level:
    """How many units of a kind (and form) there are below."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class UnitPage:
    unit: Unit
    day: date
    holds: bool
    form: str
    ancestors: list[Unit]
    children: list[tuple[Unit, int | None]]
    levels: list[Level]
    people: int | None
    people_here: int | None
    series: list[Series]
    steps: list[Step]
    rows: list[Unit]
    posts: list[Any]
    party: list[Any]
    may_change: bool
    sees_people: bool


def _form_label(form: str) -> str:
    return {
        "SUBDISTRICT": _("Subdistrict"),
        "TOWN": _("Town"),
        "TOWNSHIP": _("Township"),
        "RESIDENTS": _("Residents' community"),
        "VILLAGERS": _("Village"),
    }.get(form, "")


def unit_get(*, user: User, number: int) -> Unit:
    """Any row of a unit below any grant of the user. Raises NotFound."""
    unit = scope_of_any_grant(user).filter(Unit.objects.filter(pk=number), "path").select_related("parent").first()
    if unit is None:
        raise NotFound(_("There is no such unit."))
    return unit


def unit_on(*, user: User, number: int, day: date) -> Unit:
    """The row of a unit that holds on a day, whichever of its rows was asked for; else the nearest. Raises NotFound."""
    return _unit_and_rows(user, number, day)[0]


def _unit_and_rows(user: User, number: int, day: date) -> tuple[Unit, list[Unit]]:
    """`unit_on`, and every row of the unit, the earliest first."""
    asked = unit_get(user=user, number=number)
    rows = list(Unit.objects.filter(lineage=asked.first_row).select_related("parent").order_by("valid_from"))
    scope = scope_of_any_grant(user)
    held = [row for row in rows if row.valid_from <= day] or rows[:1]
    return (held[-1] if scope.covers(held[-1].path) else asked), rows


def unit_tree(*, user: User, day: date, open_units: Iterable[int] = ()) -> list[Branch]:
    """The tree of a day from the user's highest units; `open_units` and the highest are open. Three queries."""
    scope = scope_of_any_grant(user)
    below = Unit.objects.filter(units_on(day), parent__path=OuterRef("path"))
    on = Unit.objects.filter(units_on(day)).annotate(opens=Exists(below))
    roots = list(on.filter(path__in=scope.paths).order_by("path"))
    opened = set(Unit.objects.filter(pk__in=list(open_units)[:200]).values_list("path", flat=True))
    opened |= {root.path for root in roots}
    shown = scope.filter(on.filter(parent__path__in=opened), "path").annotate(above=F("parent__path")).order_by("path")
    children: dict[str, list[Unit]] = {}
    for unit in shown:
        children.setdefault(unit.above, []).append(unit)

    def branch(unit: Unit) -> Branch:
        inner = [branch(child) for child in children.get(unit.path, [])] if unit.path in opened else None
        return Branch(unit, bool(unit.opens), inner)  # type: ignore[attr-defined]

    return [branch(root) for root in roots]


def unit_page(*, user: User, number: int, day: date) -> UnitPage:
    """Everything about a unit as of a day. Raises NotFound outside the user's units."""
    unit, rows = _unit_and_rows(user, number, day)
    inside = Unit.objects.filter(units_on(day), path__gt=unit.path, path__lt=after(unit.path))
    children = list(inside.filter(parent__path=unit.path).order_by("path"))
    sees = scope_for(user, Permission.VIEW_PEOPLE).covers(unit.path)
    heads = above.people_below(unit.path, day) if sees else {}
    return UnitPage(
        unit=unit,
        day=day,
        holds=unit.valid_from <= day and (unit.valid_to is None or unit.valid_to > day),
        form=_form_label(form_of(unit.kind, unit.code)),
        ancestors=_ancestors(user, unit, day),
        children=[(child, _sum_below(heads, child.path) if sees else None) for child in children],
        levels=_levels(inside),
        people=sum(heads.values()) if sees else None,
        people_here=heads.get(unit.path, 0) if sees else None,
        series=_series(unit),
        steps=_steps(unit, scope_of_any_grant(user)),
        rows=rows[::-1] if len(rows) > 1 else [],
        posts=above.posts_of(user, unit, day),
        party=above.party_of(user, unit, day),
        may_change=scope_for(user, Permission.CHANGE_UNITS).covers(unit.path),
        sees_people=sees,
    )


def _ancestors(user: User, unit: Unit, day: date) -> list[Unit]:
    scope = scope_of_any_grant(user)
    found = unit_ancestors_for_system(unit, max(day, unit.valid_from))
    return [one for one in found if one.pk != unit.pk and scope.covers(one.path)]


def _sum_below(heads: dict[str, int], path: str) -> int:
    return sum(number for below, number in heads.items() if below.startswith(path))


def _levels(inside: QuerySet[Unit]) -> list[Level]:
    """Units below by kind and form, highest first."""
    counts: dict[tuple[str, str], int] = {}
    for kind, code in inside.values_list("kind", "code"):
        key = (kind, form_of(kind, code))
        counts[key] = counts.get(key, 0) + 1
    order = {kind: n for n, kind in enumerate(("PROVINCE", "CITY", "COUNTY", "STREET", "COMMUNITY", "ESTATE", "GRID"))}
    labels = dict(Unit.kind.field.flatchoices)
    return [
        Level(_form_label(form) or str(labels[kind]), number)
        for (kind, form), number in sorted(counts.items(), key=lambda entry: (order[entry[0][0]], entry[0][1]))
    ]


def _series(unit: Unit) -> list[Series]:
    labels = dict(FactKey.choices)
    order = {key: n for n, key in enumerate(FactKey.values)}
    facts = UnitFact.objects.filter(unit__lineage=unit.first_row).order_by("key", "-day")
    grouped = [(key, list(found)) for key, found in groupby(facts, key=lambda fact: fact.key)]
    grouped.sort(key=lambda entry: (order.get(entry[0], len(order)), entry[0]))
    return [Series(str(labels.get(key, key)), found) for key, found in grouped]


def _steps(unit: Unit, scope: Scope) -> list[Step]:
    """What happened to the unit, newest first; the other unit is named also where the user may not open it."""
    rows = (
        UnitSuccession.objects.filter(Q(before__lineage=unit.first_row) | Q(after__lineage=unit.first_row))
        .select_related("before", "after")
        .order_by("-day", "-pk")
    )
    steps = []
    for row in rows:
        own = row.before.first_row == unit.first_row
        other = row.after if own else row.before
        opens = scope.covers(other.path)
        there = row.day if own else row.day - timedelta(days=1)
        steps.append(Step(row.day, row.kind, row.get_kind_display(), other, row.document, own, opens, there))
    return steps


def facts_for_system(unit: Unit) -> list[UnitFact]:
    """Everything that is entered about a unit, by key and day."""
    return list(UnitFact.objects.filter(unit__lineage=unit.first_row).order_by("key", "day"))


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom and what a change of units concerns."""

    people: int
    units: int
    grants: int


def concerned_for_system(units: Iterable[Unit], day: date) -> Concerned:
    """How many people, units below (and themselves) and grants a change of these units concerns today."""
    today = timezone.localdate()
    found = list(units)
    people = sum(sum(above.people_below(unit.path, today).values()) for unit in found)
    inside = Q(pk__in=[])
    for unit in found:
        inside |= Q(path__gte=unit.path, path__lt=after(unit.path))
    below = Unit.objects.filter(inside, units_on(day))
    grants = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=today), unit__in=Unit.objects.filter(inside)
    )
    return Concerned(people, below.count(), grants.count())


def units_to_choose(*, user: User, permission: str, kinds: Iterable[str], most: int = 2000) -> QuerySet[Unit]:
    """The units of some kinds on which the user may act today, in the order of the tree."""
    units = Unit.objects.filter(units_on(timezone.localdate()), kind__in=list(kinds))
    return scope_for(user, permission).filter(units, "path").select_related("parent").order_by("path")[:most]
