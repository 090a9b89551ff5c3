"""The one engine: the rows behind an indicator, and their numbers, from the same query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Min, Q, Sum

from organization.models import Unit, UnitFact, units_on
from reports.indicators import DIMENSIONS, Aggregate, Indicator, Span
from reports.indicators.dimensions import known
from reports.indicators.kinds import Rows
from reports.rules.rounding import half_up
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


def rows_for_system(indicator: Indicator, span: Span, within: Mapping[str, str] | None = None) -> Rows:
    """The rows of the population, one a person or event. within: of some dimensions, only those with these codes."""
    rows = indicator.population.rows(span)
    for code, value in (within or {}).items():
        expression = known(DIMENSIONS[code].expression(indicator.population, span))
        rows = rows.annotate(**{f"by_{code}": expression}).filter(**{f"by_{code}": value})
    return rows


def behind_for_system(indicator: Indicator, span: Span, within: Mapping[str, str] | None = None) -> Rows:
    """The rows that the figure counts: of a count or a share those of its numerator, else all with a value."""
    rows = rows_for_system(indicator, span, within)
    if indicator.condition is not None:
        return rows.filter(indicator.condition(span))
    if indicator.value is not None:
        return rows.annotate(number=indicator.value(span)).filter(number__isnull=False)
    return rows


def counted_for_system(
    indicator: Indicator, span: Span, by: Sequence[str] = (), within: Mapping[str, str] | None = None
) -> dict[tuple[str, ...], Counted]:
    """An indicator by the codes of some dimensions, or as a whole under (). One query, and one for facts of units."""
    return several_for_system([indicator], span, by, within)[indicator.code]


def several_for_system(
    indicators: Sequence[Indicator], span: Span, by: Sequence[str] = (), within: Mapping[str, str] | None = None
) -> dict[str, dict[tuple[str, ...], Counted]]:
    """As `counted_for_system`, of several indicators by their codes; those of one population share a query."""
    found: dict[str, dict[tuple[str, ...], Counted]] = {}
    groups: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        groups.setdefault(indicator.population.code, []).append(indicator)
    for group in groups.values():
        rows = _counts(group, span, by, within)
        for indicator in group:
            facts = _facts(indicator, span, by)
            found[indicator.code] = {
                key: _counted(indicator, row, facts.get(key))
                for key, row in rows.items()
                if not by or row[f"{indicator.code}_rows"]
            }
    return found


def _counts(
    group: Sequence[Indicator], span: Span, by: Sequence[str], within: Mapping[str, str] | None
) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """The numbers of indicators of one population, in one query. Conditions are columns before anything is counted."""
    rows = rows_for_system(group[0], span, within).order_by()
    for code in by:
        if f"by_{code}" not in rows.query.annotations:
            rows = rows.annotate(**{f"by_{code}": known(DIMENSIONS[code].expression(group[0].population, span))})
    wanted: dict[str, Any] = {}
    for one in group:
        code = one.code
        wanted[f"{code}_rows"] = Count("person_id")
        if one.condition is not None:
            rows = rows.annotate(**{f"{code}_fits": ExpressionWrapper(one.condition(span), BooleanField())})
            wanted[f"{code}_part"] = Count("person_id", filter=Q(**{f"{code}_fits": True}))
        if one.value is not None:
            number = f"{code}_number"
            rows = rows.annotate(**{number: one.value(span)})
            wanted[f"{code}_rows"] = Count("person_id", filter=Q(**{f"{number}__isnull": False}))
            wanted |= {f"{code}_total": Sum(number), f"{code}_least": Min(number), f"{code}_most": Max(number)}
    if not by:
        return {(): rows.aggregate(**wanted)}
    keys = [f"by_{code}" for code in by]
    return {tuple(row[key] for key in keys): row for row in rows.values(*keys).annotate(**wanted)}


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
    chosen = {Aggregate.SUM: total, Aggregate.LEAST: row[f"{code}_least"], Aggregate.MOST: row[f"{code}_most"]}[kind]
    return Counted(int(chosen or 0), people, half_up(int(chosen), indicator.scale, places) if people else None)


def _facts(indicator: Indicator, span: Span, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The number that rows are divided by, of the unit or of each unit directly below it."""
    if not indicator.fact:
        return {}
    level = span.path.count("/")
    units = list(
        Unit.objects.filter(units_on(span.day), parent__path=span.path)
        if tuple(by) == ("unit",)
        else Unit.objects.filter(units_on(span.day), path=span.path)
    )
    keys = {unit.first_row: ((unit.path.split("/")[level],) if by else ()) for unit in units}
    if APPROVED in indicator.fact:
        return {keys[number]: one.number for number, one in approved_on_for_system(units, span.day).items()}
    found: dict[tuple[str, ...], int] = {}
    order = {key: n for n, key in enumerate(indicator.fact)}
    facts = UnitFact.objects.filter(unit__lineage__in=list(keys), key__in=indicator.fact, day__lte=span.day)
    newest = sorted(facts.select_related("unit"), key=lambda one: (-order[one.key], one.day))
    for fact in newest:  # what comes later in this order counts more
        if fact.value.isdecimal():
            found[keys[fact.unit.first_row]] = int(fact.value)
    return found
