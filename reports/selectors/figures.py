"""Figures for a user: of any unit of theirs, on any day, with breakdowns, series and the people behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from organization.access import Viewer, scope_for
from organization.models import Permission, Unit, units_on, widen
from personnel.selectors.restrictions import holding_for_system
from reports.indicators import DIMENSIONS, Aggregate, Indicator, Span
from reports.indicators.dimensions import has_dimension
from reports.indicators.kinds import Rows
from reports.rules.series import points
from reports.selectors.counting import several_for_system
from reports.selectors.direct import behind_for_system
from reports.selectors.withholding import withheld_for_system


@dataclass(frozen=True, slots=True)
class Question:
    """An indicator of a unit as of a day; of events in the days from `since` to `day`, both inclusive."""

    indicator: Indicator
    unit: Unit
    day: date
    since: date

    @property
    def span(self) -> Span:
        return Span(self.unit.path, self.day, self.since)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its counts. withheld: too few people stand behind it for who asks; the numbers are None then.

    names: whether the asker may see who they are.
    """

    question: Question
    numerator: int | None
    denominator: int | None
    value: Decimal | None
    withheld: bool = False
    names: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a breakdown: the code and the words of each dimension."""

    codes: tuple[str, ...]
    labels: tuple[str, ...]
    figure: Figure


@dataclass(frozen=True, slots=True)
class Table:
    by: tuple[str, ...]
    total: Figure
    cells: list[Cell]


def units_above(*, user: Viewer, question: Question) -> list[Unit]:
    """The units above the one that is asked about, from the highest of the user's down."""
    mine = scope_for(user, Permission.VIEW_STATISTICS)
    parts = question.unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts) - 1)]
    return list(mine.filter(Unit.objects.filter(units_on(question.day), path__in=paths), "path").order_by("path"))


def unit_names(*, user: Viewer, rows: Iterable[Any]) -> list[tuple[Any, str]]:
    """Rows of `people_behind` with the names of the units in which they count."""
    found = list(rows)
    names = dict(
        scope_for(user, Permission.VIEW_STATISTICS)
        .filter(Unit.objects.filter(path__in={row.place for row in found}), "path")
        .order_by("valid_from")
        .values_list("path", "name")
    )
    return [(row, names.get(row.place, "")) for row in found]


def unit_asked(*, user: Viewer, code: str, day: date) -> Unit:
    """The unit of a code (short or full) as it was on the day, else its newest row; without a code, the highest.

    Raises NotFound for one that is not among the user's.
    """
    mine = scope_for(user, Permission.VIEW_STATISTICS).filter(Unit.objects.all(), "path")
    named = mine.filter(code=widen(code.strip())) if code.strip() else mine
    unit = named.filter(units_on(day)).order_by("path").first()
    if unit is None and code.strip():
        unit = named.order_by(F("valid_from").desc()).first()
    if unit is None:
        raise NotFound(_("There is no unit “%(code)s” among those whose statistics you may ask for.") % {"code": code})
    return unit


def figure(*, user: Viewer, question: Question, within: Mapping[str, str] | None = None) -> Figure:
    """One figure. Raises NotFound for a unit outside the user's, NotAllowed as for `breakdown`."""
    return _figures(user, question, (), within)[()]


def figures(*, user: Viewer, questions: Sequence[Question]) -> list[Figure]:
    """Several figures of one unit, day and period; those of one population take one query."""
    return [found[()] for found in _several(user, questions, ()).values()] if questions else []


def below(*, user: Viewer, questions: Sequence[Question]) -> list[tuple[Unit, dict[str, Figure]]]:
    """Several figures of each unit directly below one, by the codes of their indicators, in the order of the tree."""
    first = questions[0]
    level = first.unit.path.count("/")
    found = _several(user, questions, ("unit",))
    return [
        (
            unit,
            {
                code: cells.get((unit.path.split("/")[level],), Figure(one, 0, None, None))
                for one, (code, cells) in zip(questions, found.items(), strict=True)
            },
        )
        for unit in Unit.objects.filter(units_on(first.day), parent__path=first.unit.path).order_by("path")
    ]


def breakdown(*, user: Viewer, question: Question, by: Sequence[str], within: Mapping[str, str] | None = None) -> Table:
    """A figure by one or two dimensions, the rows in the order of their codes; only what occurs has a row.

    Raises Refused for a dimension that the indicator does not have, and NotAllowed where who may not see the names asks
    for more than the units below and one further dimension, or within one.
    """
    unknown = [code for code in by if not has_dimension(question.indicator, code)]
    if unknown or len(set(by)) != len(by) or len(by) > 2:
        raise Refused([_("Break this figure down by one or two different dimensions of those that it has.")])
    found = _figures(user, question, tuple(by), within)
    total = figure(user=user, question=question, within=within)
    words = [_words(code, question) for code in by]
    cells = [
        Cell(key, tuple(words[n].get(code, code) or _nothing(by[n], question) for n, code in enumerate(key)), one)
        for key, one in found.items()
    ]
    orders = [{code: n for n, code in enumerate(known)} for known in words]
    cells.sort(
        key=lambda cell: [
            (not code, orders[n].get(code, len(orders[n])), _number(code), code) for n, code in enumerate(cell.codes)
        ]
    )
    return Table(tuple(by), total, cells)


def series(*, user: Viewer, question: Question, step: str) -> list[Figure]:
    """The figure at the end of each month, quarter or year from `since` to `day`; events, within each of them."""
    return [
        figure(user=user, question=Question(question.indicator, question.unit, last, first))
        for first, last in points(question.since, question.day, step)
    ]


def people_behind(*, user: Viewer, question: Question, within: Mapping[str, str] | None = None) -> Rows:
    """The rows that a figure counts, with their people, by name: as many as the figure says. `restricted`: of this one
    no name is told, because what is done with their file is restricted.

    Raises NotAllowed for who may see the figure but not the people, NotFound outside the user's units.
    """
    if not _names(user, question):
        raise NotAllowed(_("You may see this figure, but not who stands behind it."))
    rows = behind_for_system(question.indicator, question.span, within).select_related("person")
    hidden = Exists(holding_for_system().filter(person=OuterRef("person")))
    return rows.annotate(restricted=hidden).order_by("restricted", F("person__name_pinyin").asc(), "person_id", "place")


def _names(user: Viewer, question: Question) -> bool:
    if not scope_for(user, Permission.VIEW_STATISTICS).covers(question.unit.path):
        raise NotFound(_("There is no such unit."))
    return scope_for(user, question.indicator.names).covers(question.unit.path)


def _figures(
    user: Viewer, question: Question, by: tuple[str, ...], within: Mapping[str, str] | None
) -> dict[tuple[str, ...], Figure]:
    return _several(user, [question], by, within)[question.indicator.code]


def _several(
    user: Viewer, questions: Sequence[Question], by: tuple[str, ...], within: Mapping[str, str] | None = None
) -> dict[str, dict[tuple[str, ...], Figure]]:
    """The figures of one unit, day and period by the codes of their indicators, withheld where they have to be."""
    span = questions[0].span
    counted = several_for_system([one.indicator for one in questions], span, by, within)
    found: dict[str, dict[tuple[str, ...], Figure]] = {}
    for question in questions:
        indicator, names = question.indicator, _names(user, question)
        hidden: frozenset[tuple[str, ...]] = frozenset()
        if not names:
            further = [code for code in by if code != "unit"]
            if within or len(further) > 1 or (further and indicator.aggregate is Aggregate.SHARE):
                raise NotAllowed(
                    _("Who may not see the people gets figures of units and of one further breakdown, without filters.")
                )
            hidden = withheld_for_system(indicator, scope_for(user, Permission.VIEW_STATISTICS), span, by)
        found[indicator.code] = {
            key: Figure(question, None, None, None, withheld=True)
            if key in hidden
            else Figure(question, one.numerator, one.denominator, one.value, names=names)
            for key, one in counted[indicator.code].items()
        }
    return found


def _words(code: str, question: Question) -> dict[str, str]:
    if code != "unit":
        return {value: str(label) for value, label in DIMENSIONS[code].labels}
    level = question.unit.path.count("/")
    units = Unit.objects.filter(units_on(question.day), parent__path=question.unit.path).order_by("path")
    return {unit.path.split("/")[level]: unit.name for unit in units}


def _nothing(code: str, question: Question) -> str:
    return question.unit.name if code == "unit" else _("not on record")


def _number(code: str) -> int:
    return int(code) if code.isdecimal() else 0
