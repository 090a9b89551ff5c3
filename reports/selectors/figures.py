"""Figures for a user: of any unit of theirs, on any day, with breakdowns, series and the people behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from core.errors import NotAllowed, NotFound, Refused
from organization.access import Viewer, scope_for
from organization.models import Permission, Unit, units_on, widen
from personnel.selectors.people import belonging_for_system
from personnel.selectors.restrictions import holding_for_system
from reports.indicators import DIMENSIONS, Aggregate, Indicator, Span
from reports.indicators.dimensions import has_dimension
from reports.indicators.kinds import Rows
from reports.rules.rounding import half_up
from reports.rules.series import points
from reports.selectors.counting import Counted, together_for_system
from reports.selectors.direct import behind_for_system
from reports.selectors.known import KnownRows, known_for_system
from reports.selectors.withholding import withheld_for_system


@dataclass(frozen=True, slots=True)
class Question:
    """An indicator of a unit as of a day; of events in the days from `since` to `day`, both inclusive.

    known_at: as it was on record at that moment, None for as it is on record now.
    """

    indicator: Indicator
    unit: Unit
    day: date
    since: date
    known_at: datetime | None = None

    @property
    def span(self) -> Span:
        return Span(self.unit.path, self.day, self.since, self.known_at)


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

    @property
    def part(self) -> int | Decimal | None:
        """The numerator in the measure itself, as people read it: not in 1/scale of it."""
        indicator = self.question.indicator
        if self.numerator is None or indicator.scale == 1:
            return self.numerator
        return half_up(self.numerator, indicator.scale, indicator.measure.places)


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


def unit_asked(*, user: Viewer, code: str, day: date, known_at: datetime | None = None) -> Unit:
    """The unit of a code (short or full) as it was on the day, else its newest row; without a code, the highest.

    known_at: as the tree was on record at that moment. Raises NotFound for one that is not among the user's.
    """
    mine = scope_for(user, Permission.VIEW_STATISTICS).filter(Unit.objects.all(), "path")
    named = mine.filter(code=widen(code.strip())) if code.strip() else mine
    with known_for_system(known_at):
        unit = named.filter(units_on(day)).order_by("path").first()
        if unit is None and code.strip():
            unit = named.order_by(F("valid_from").desc()).first()
    if unit is None:
        raise NotFound(_("There is no unit “%(code)s” among those whose statistics you may ask for.") % {"code": code})
    return unit


def figure(*, user: Viewer, question: Question, within: Mapping[str, str] | None = None) -> Figure:
    """One figure. Raises NotFound for a unit outside the user's, NotAllowed as for `breakdown`."""
    return _several(user, [question], (), within)[question.indicator.code][()]


def figures(*, user: Viewer, questions: Sequence[Question]) -> list[Figure]:
    """Several figures of one unit, day and period; those of one population take one query."""
    return [found[()] for found in _several(user, questions, ()).values()] if questions else []


def overview(
    *, user: Viewer, questions: Sequence[Question], columns: Sequence[str]
) -> tuple[list[Figure], list[tuple[Unit, list[Figure]]]]:
    """Several figures of one unit, day and period, and those of some indicators of each unit directly below it, in the
    order of the tree; counted together."""
    first = questions[0]
    level = first.unit.path.count("/")
    counted = together_for_system([([one.indicator for one in questions], ("unit",))], first.span, whole=True)[0]
    asked = {one.indicator.code: one for one in questions}
    found = {code: _told(user, asked[code], ("unit",), counted[code]) for code in columns}
    with known_for_system(first.known_at):
        units = list(Unit.objects.filter(units_on(first.day), parent__path=first.unit.path).order_by("path"))
    rows = [
        (
            unit,
            [found[code].get((unit.path.split("/")[level],), Figure(asked[code], 0, None, None)) for code in columns],
        )
        for unit in units
    ]
    return [_told(user, one, (), {(): counted[code][()]})[()] for code, one in asked.items()], rows


def cells(
    *, user: Viewer, questions: Sequence[Question], by: Sequence[str]
) -> dict[str, dict[tuple[str, ...], Figure]]:
    """Several figures of one unit, day and period by the codes of one or two dimensions, as a whole under ()."""
    return _several(user, questions, tuple(by), whole=True)


def by_shapes(
    *, user: Viewer, asked: Sequence[tuple[Question, tuple[str, ...]]]
) -> list[dict[tuple[str, ...], Figure]]:
    """Figures of one unit, day and period, each by dimensions of its own, counted together."""
    span = asked[0][0].span
    counted = together_for_system([([question.indicator], by) for question, by in asked], span)
    return [
        _told(user, question, by, numbers[question.indicator.code])
        for (question, by), numbers in zip(asked, counted, strict=True)
    ]


def breakdown(*, user: Viewer, question: Question, by: Sequence[str], within: Mapping[str, str] | None = None) -> Table:
    """A figure by one or two dimensions, the rows in the order of their codes; only what occurs has a row.

    Raises Refused for a dimension that the indicator does not have, and NotAllowed where who may not see the names asks
    for more than the units below and one further dimension, or within one.
    """
    unknown = [code for code in by if not has_dimension(question.indicator, code)]
    if unknown or len(set(by)) != len(by) or len(by) > 2:
        raise Refused([_("Break this figure down by one or two different dimensions of those that it has.")])
    found = _several(user, [question], tuple(by), within, whole=True)[question.indicator.code]
    total = found.pop(())
    words = [_words(code, question) for code in by]
    rows = [
        Cell(key, tuple(words[n].get(code, code) or _nothing(by[n], question) for n, code in enumerate(key)), one)
        for key, one in found.items()
    ]
    orders = [{code: n for n, code in enumerate(known)} for known in words]
    rows.sort(
        key=lambda cell: [
            (not code, orders[n].get(code, len(orders[n])), _number(code), code) for n, code in enumerate(cell.codes)
        ]
    )
    return Table(tuple(by), total, rows)


def series(*, user: Viewer, question: Question, step: str) -> list[Figure]:
    """The figure at the end of each month, quarter or year from `since` to `day`; events, within each of them."""
    return [
        figure(user=user, question=replace(question, day=last, since=first))
        for first, last in points(question.since, question.day, step)
    ]


def people_behind(*, user: Viewer, question: Question, within: Mapping[str, str] | None = None) -> Rows:
    """The rows that a figure counts, with their people, by name: as many as the figure says. `restricted`: of this one
    no name is told, because what is done with their file is restricted, or because a correction has made them somebody
    else's since a moment of which it is asked what was known.

    Raises NotAllowed for who may see the figure but not the people, NotFound outside the user's units, Refused for a
    figure behind which nobody stands.
    """
    if question.indicator.of_unit:
        text = _("Nobody stands behind this figure: it is a number of the unit itself.")
        raise Refused([text], {"indicator": [text]})
    if not _names(user, question):
        raise NotAllowed(_("You may see this figure, but not who stands behind it."))
    rows = behind_for_system(question.indicator, question.span, within).select_related("person")
    hidden = Exists(holding_for_system().filter(person=OuterRef("person")))
    rows = rows.annotate(restricted=hidden).order_by("restricted", F("person__name_pinyin").asc(), "person_id", "place")
    if question.known_at is None:
        return rows
    return KnownRows(rows, question.known_at, belonging_for_system(scope_for(user, question.indicator.names)))


def _names(user: Viewer, question: Question) -> bool:
    if not scope_for(user, Permission.VIEW_STATISTICS).covers(question.unit.path):
        raise NotFound(_("There is no such unit."))
    return scope_for(user, question.indicator.names).covers(question.unit.path)


def _several(
    user: Viewer,
    questions: Sequence[Question],
    by: tuple[str, ...],
    within: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> dict[str, dict[tuple[str, ...], Figure]]:
    """The figures of one unit, day and period by the codes of their indicators, withheld where they have to be; with
    `whole` those of the unit as a whole too, under ()."""
    indicators = [one.indicator for one in questions]
    counted = together_for_system([(indicators, by)], questions[0].span, within, whole=whole)[0]
    return {one.indicator.code: _told(user, one, by, counted[one.indicator.code], within) for one in questions}


def _told(
    user: Viewer,
    question: Question,
    by: tuple[str, ...],
    counted: Mapping[tuple[str, ...], Counted],
    within: Mapping[str, str] | None = None,
) -> dict[tuple[str, ...], Figure]:
    """As much of what was counted as the user may know."""
    of_unit = question.indicator.of_unit
    names = _names(user, question)
    hidden: frozenset[tuple[str, ...]] = frozenset()
    if of_unit and question.indicator.names and not names:  # it tells nearly how many people there are
        hidden = frozenset(counted)
    elif not of_unit and not names:
        hidden = _hidden(user, question, by, within, () in counted)
    names = names and not of_unit
    return {
        key: Figure(question, None, None, None, withheld=True)
        if key in hidden
        else Figure(
            question, None if of_unit and one.value is None else one.numerator, one.denominator, one.value, names=names
        )
        for key, one in counted.items()
    }


def _hidden(
    user: Viewer, question: Question, by: tuple[str, ...], within: Mapping[str, str] | None, whole: bool
) -> frozenset[tuple[str, ...]]:
    """What who may not see the people isn't told. Raises NotAllowed for what they may not ask at all."""
    indicator, scope = question.indicator, scope_for(user, Permission.VIEW_STATISTICS)
    further = [code for code in by if code != "unit"]
    if within or len(further) > 1 or (further and indicator.aggregate is Aggregate.SHARE):
        raise NotAllowed(
            _("Who may not see the people gets figures of units and of one further breakdown, without filters.")
        )
    hidden = withheld_for_system(indicator, scope, question.span, by)
    return hidden | withheld_for_system(indicator, scope, question.span) if whole and by else hidden


def _words(code: str, question: Question) -> dict[str, str]:
    if code != "unit":
        return DIMENSIONS[code].words_of(question.span)
    level = question.unit.path.count("/")
    with known_for_system(question.known_at):
        units = Unit.objects.filter(units_on(question.day), parent__path=question.unit.path).order_by("path")
        return {unit.path.split("/")[level]: unit.name for unit in units}


def _nothing(code: str, question: Question) -> str:
    return question.unit.name if code == "unit" else _("not on record")


def _number(code: str) -> int:
    return int(code) if code.isdecimal() else 0
