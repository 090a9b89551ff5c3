"""What the standard tables have in common: the question, and figures by the units below."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from organization.access import Viewer
from organization.models import Unit, User, units_on
from reports.indicators import INDICATORS
from reports.rules.tables import StandardTable
from reports.selectors.figures import Figure, Question, by_shapes

Key = tuple[str, ...]  # of a cell: what the path of the unit below goes on with ("" for the unit itself), and codes


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """Of a roster: columns, their codes; part, from which row how many, all without it."""

    unit: Unit
    day: date
    since: date
    columns: tuple[str, ...] = ()
    part: tuple[int, int] | None = None

    def of(self, code: str) -> Question:
        return Question(INDICATORS[code], self.unit, self.day, self.since)


@dataclass(frozen=True, slots=True)
class Kind:
    """A standard table. permissions: which are needed for the unit. period: counts what happened since a day.

    each_person: has a row a person.
    """

    code: str
    name: Any
    text: Any
    build: Callable[[User, TableQuestion], StandardTable]
    permissions: tuple[str, ...]
    period: bool = False
    each_person: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row's unit: one directly below, or with the key "" what belongs to the unit itself."""

    key: str
    name: str
    code: str


def lines_for_system(question: TableQuestion, keys: Iterable[str]) -> list[Line]:
    """The units directly below on the day, those that were there before and have people in the table, and the unit itself
    where something belongs to it alone. keys: those that occur."""
    path, occurring = question.unit.path, set(keys)
    level = path.count("/")
    found = [
        Line(unit.path.split("/")[level], unit.name, unit.code)
        for unit in Unit.objects.filter(units_on(question.day), parent__path=path).order_by("path")
    ]
    gone = occurring - {"", *(line.key for line in found)}
    if gone:
        former = Unit.objects.filter(path__in=[f"{path}{key}/" for key in gone]).order_by("path", "valid_from")
        newest = {unit.path.split("/")[level]: unit for unit in former}
        found += [Line(key, unit.name, unit.code) for key, unit in newest.items()]
    if "" in occurring or not found:
        name = _("%(unit)s itself") % {"unit": question.unit.name} if found else question.unit.name
        found.append(Line("", name, ""))
    return found


def by_unit(user: Viewer, question: Question) -> dict[Key, Figure]:
    """A figure of the units directly below: withheld where it has to be."""
    return by_shapes(user=user, asked=[(question, ("unit",))])[0]


def of_whole(user: Viewer, question: Question, dimension: str = "") -> dict[Key, Figure]:
    """A figure of the unit as a whole under (), or by the codes of a dimension."""
    return by_shapes(user=user, asked=[(question, (dimension,) if dimension else ())])[0]
