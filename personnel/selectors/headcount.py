"""Who fills the approved seats: seats and people of units, side by side, and the people that a number counts.

Counted is who is employed as a community worker and belongs to no establishment, in the unit that manages them; who is
seconded out counts there too. Public-welfare posts and staff of an establishment in a community fill no seat.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, Unit, units_on, widen
from personnel.models import Category, Employment
from staffing.rules import balance
from staffing.selectors import Approved, approved_on_for_system


@dataclass(frozen=True, slots=True)
class Filled:
    """Seats and people of a unit, with all below it, on a day. Without approved seats nothing is vacant or over.

    lists: whether the user may look at the people behind the number. opens: whether at the plan of the seats.
    """

    unit: Unit
    approved: Approved | None
    occupied: int
    lists: bool
    opens: bool

    @property
    def vacant(self) -> int | None:
        return None if self.approved is None else balance(self.approved.number, self.occupied).vacant

    @property
    def over(self) -> int | None:
        return None if self.approved is None else balance(self.approved.number, self.occupied).over


@dataclass(frozen=True, slots=True)
class FilledLevel:
    """One level of the tree: the unit asked for, those above it that the user may see, and those directly below.

    unit is None where the user has several highest units; `below` has those then.
    """

    above: list[Unit]
    unit: Filled | None
    below: list[Filled]


def counted_for_system(paths: Iterable[str], day: date) -> QuerySet[Employment]:
    """The employments that fill a seat in or below some paths on a day; one a person."""
    return (
        Scope.of(paths)
        .filter(Employment.objects.all())
        .filter(
            Q(end__isnull=True) | Q(end__gt=day),
            start__lte=day,
            category=Category.COMMUNITY_WORKER,
            establishment__isnull=True,
        )
    )


def headcount_by_path_for_system(paths: Iterable[str], day: date) -> dict[str, int]:
    """How many people fill a seat in each unit in and below some paths, by the unit's path. One query."""
    rows = counted_for_system(paths, day).order_by().values("unit_path").annotate(people=Count("person", distinct=True))
    return {str(row["unit_path"]): int(row["people"]) for row in rows}


def filled_for_system(units: list[Unit], day: date, *, people: Scope, seats: Scope) -> list[Filled]:
    """Seats and people of some units on a day; `people` and `seats`: where each may be looked at. Two queries."""
    approved = approved_on_for_system(units, day)
    heads = headcount_by_path_for_system([unit.path for unit in units], day)
    found = []
    for unit in units:
        own = approved.get(unit.first_row)
        occupied = sum(number for path, number in heads.items() if path.startswith(unit.path))
        opens = own is not None and seats.covers(own.plan.unit.path)
        found.append(Filled(unit, own, occupied, people.covers(unit.path), opens))
    return found


def filled_units(*, user: Viewer, day: date) -> QuerySet[Unit]:
    """The units on which the user may look at seats, as of a day, in the order of the tree."""
    return scope_for(user, Permission.VIEW_QUOTA).filter(Unit.objects.filter(units_on(day)), "path").order_by("path")


def filled_level(*, user: Viewer, code: str, day: date) -> FilledLevel:
    """A level of the tree with its seats and people; without a code, where the user's own units begin.

    code: of a unit, short or full. Raises NotFound for one that is not among the user's. Four queries at most.
    """
    scope = scope_for(user, Permission.VIEW_QUOTA)
    mine = filled_units(user=user, day=day)
    typed = code.strip()
    roots = scope.paths
    unit = None
    if typed:
        unit = mine.filter(code=widen(typed)).first()
        if unit is None:
            raise NotFound(
                _("There is no unit “%(typed)s” on %(day)s among those you may work with. Choose one from the tree.")
                % {"typed": typed, "day": day}
            )
        parts = unit.path.rstrip("/").split("/")
        paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        near = list(mine.filter(Q(path__in=paths) | Q(parent__path=unit.path)))
    elif len(roots) == 1:
        near = list(mine.filter(Q(path=roots[0]) | Q(parent__path=roots[0])))
        unit = next((one for one in near if one.path == roots[0]), None)
    else:
        near = list(mine.filter(path__in=roots))
    above = [one for one in near if unit is not None and unit.path.startswith(one.path) and one.path != unit.path]
    shown = [one for one in near if one not in above]
    filled = filled_for_system(shown, day, people=scope_for(user, Permission.VIEW_PEOPLE), seats=scope)
    if unit is None:
        return FilledLevel([], None, filled)
    return FilledLevel(above, filled[0], filled[1:])


def people_counted(*, user: Viewer, number: int, day: date) -> tuple[Unit, QuerySet[Employment]]:
    """The people whom the number of a unit counts on a day, by name; the unit's row as it was on the day.

    number: of any row of the unit. Raises NotFound where the user may not look at seats or at people.
    """
    seats, people = scope_for(user, Permission.VIEW_QUOTA), scope_for(user, Permission.VIEW_PEOPLE)
    asked = seats.filter(Unit.objects.filter(pk=number), "path").first()
    if asked is not None:
        held = Unit.objects.filter(units_on(day), lineage=asked.first_row).first()
        asked = held if held is not None and seats.covers(held.path) else asked
    if asked is None or not people.covers(asked.path):
        raise NotFound(_("There is no such unit."))
    rows = counted_for_system([asked.path], day).select_related("person", "unit")
    return asked, rows.order_by(F("person__name_pinyin").asc(), "person_id")
