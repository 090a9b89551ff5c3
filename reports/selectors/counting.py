"""The numbers of indicators, from what is kept of today or counted from the records; both are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from organization.models import Unit, UnitFact, units_on
from reports.indicators import Aggregate, Indicator, Span
from reports.rules.rounding import half_up
from reports.selectors.direct import counts_for_system
from reports.selectors.rollups import kept_for_system
from staffing.selectors import approved_on_for_system

APPROVED = "approved_seats"


@dataclass(frozen=True, slots=True)
class Counted:
    """What an indicator counts: the rows, those in the numerator, and of those with a value its sum, least and most.

    numerator: of a count or share the rows that fulfil the condition, of a mean the sum of values; denominator: what it
    is divided by, None for counts. Money is in fen.
    """

    numerator: int
    denominator: int | None
    value: Decimal | None


def counted_for_system(
    indicator: Indicator, span: Span, by: Sequence[str] = (), within: Mapping[str, str] | None = None
) -> dict[tuple[str, ...], Counted]:
    """An indicator by the codes of some dimensions, or as a whole under (). One query, and one for facts of units."""
    return several_for_system([indicator], span, by, within)[indicator.code]


def several_for_system(
    indicators: Sequence[Indicator], span: Span, by: Sequence[str] = (), within: Mapping[str, str] | None = None
) -> dict[str, dict[tuple[str, ...], Counted]]:
    """As `counted_for_system`, of several indicators by their codes; those of one population share a query.

    What is kept answers the whole and one breakdown of today, in two queries for all of them.
    """
    found: dict[str, dict[tuple[str, ...], Counted]] = {}
    groups: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        groups.setdefault(indicator.population.code, []).append(indicator)
    kept = kept_for_system(groups, span, by, within)
    units = _units(span, by) if any(one.fact for one in indicators) else {}
    for population, group in groups.items():
        rows = kept[population] if population in kept else counts_for_system(group, span, by, within)
        for indicator in group:
            facts = _facts(indicator, span, units)
            found[indicator.code] = {
                key: _counted(indicator, row, facts.get(key))
                for key, row in rows.items()
                if not by or row[f"{indicator.code}_rows"]
            }
    return found


def _counted(indicator: Indicator, row: Mapping[str, Any], fact: int | None) -> Counted:
    code, places, kind = indicator.code, indicator.measure.places, indicator.aggregate
    people = int(row[f"{code}_rows"])
    if kind is Aggregate.COUNT:
        number = int(row[f"{code}_part"] if indicator.condition is not None else people)
        return Counted(number, None, Decimal(number))
    if kind is Aggregate.SHARE:
        return Counted(int(row[f"{code}_part"]), people, half_up(100 * int(row[f"{code}_part"]), people, places))
    if kind is Aggregate.PER_FACT:
        return Counted(people, fact, half_up(indicator.times * people, fact, places) if fact else None)
    total = int(row[f"{code}_total"] or 0)
    if kind is Aggregate.MEAN:
        return Counted(total, people, half_up(total, people * indicator.scale, places))
    chosen = total if kind is Aggregate.SUM else row[f"{code}_least" if kind is Aggregate.LEAST else f"{code}_most"]
    return Counted(int(chosen or 0), people, half_up(int(chosen), indicator.scale, places) if people else None)


def _units(span: Span, by: Sequence[str]) -> dict[tuple[str, ...], Unit]:
    """The unit of the figure, or each unit directly below it."""
    level = span.path.count("/")
    below = tuple(by) == ("unit",)
    asked = {"parent__path": span.path} if below else {"path": span.path}
    units = Unit.objects.filter(units_on(span.day), **asked)
    return {((unit.path.split("/")[level],) if below else ()): unit for unit in units}


def _facts(indicator: Indicator, span: Span, units: Mapping[tuple[str, ...], Unit]) -> dict[tuple[str, ...], int]:
    """The number that rows are divided by, of each unit."""
    if not indicator.fact:
        return {}
    keys = {unit.first_row: key for key, unit in units.items()}
    if APPROVED in indicator.fact:
        return {keys[number]: one.number for number, one in approved_on_for_system(units.values(), span.day).items()}
    found: dict[tuple[str, ...], int] = {}
    order = {key: n for n, key in enumerate(indicator.fact)}
    facts = UnitFact.objects.filter(unit__lineage__in=list(keys), key__in=indicator.fact, day__lte=span.day)
    newest = sorted(facts.select_related("unit"), key=lambda one: (-order[one.key], one.day))
    for fact in newest:  # what comes later in this order counts more
        if fact.value.isdecimal():
            found[keys[fact.unit.first_row]] = int(fact.value)
    return found
