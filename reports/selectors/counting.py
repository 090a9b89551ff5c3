"""The numbers of indicators, from what is kept of today or counted from the records; both are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from assessment.models import Evaluation, PoolCap
from organization.access import after
from organization.models import Unit, UnitFact, units_on
from reports.indicators import Aggregate, Indicator, Span
from reports.rules.rounding import half_up
from reports.selectors.direct import counts_for_system
from reports.selectors.known import known_for_system
from reports.selectors.paid import PAID, paid_for_system
from reports.selectors.past import past_for_system, stale_people_for_system
from reports.selectors.rollups import kept_together_for_system, whole_for_system
from staffing.selectors import approved_on_for_system, formulas_for_system, seats_below_for_system

APPROVED, COMPUTED, PLACES = "approved_seats", "computed_seats", "excellent_places"


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
    """As `counted_for_system`, of several indicators by their codes; those of one population share a query."""
    return together_for_system([(indicators, by)], span, within)[0]


def together_for_system(
    asked: Sequence[tuple[Sequence[Indicator], Sequence[str]]],
    span: Span,
    within: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> list[dict[str, dict[tuple[str, ...], Counted]]]:
    """As `several_for_system`, of several indicators by dimensions of their own. whole: with each also the indicators as a
    whole, under (); every row has one code, so that they are put together from the cells.

    What is kept answers the whole and one breakdown of today, in one query for all of them, and other days of a county
    and what lies above it in one more and two for each population and breakdown. What was known earlier is always counted.
    """
    with known_for_system(span.known_at):
        return _together(asked, span, within, whole)


def _together(
    asked: Sequence[tuple[Sequence[Indicator], Sequence[str]]],
    span: Span,
    within: Mapping[str, str] | None,
    whole: bool,
) -> list[dict[str, dict[tuple[str, ...], Counted]]]:
    grouped = [(_by_population(indicators), by) for indicators, by in asked]
    now = span.known_at is None
    kept = kept_together_for_system(grouped, span, within) if now else [{} for _one in grouped]
    missing = now and any(groups.keys() - known.keys() for (groups, _by), known in zip(grouped, kept, strict=True))
    stale = stale_people_for_system(span.path) if missing else None
    answers: list[dict[str, dict[tuple[str, ...], Counted]]] = []
    for (groups, by), known in zip(grouped, kept, strict=True):
        with_facts = any(one.fact for group in groups.values() for one in group)
        of_units = any(one.of_unit for group in groups.values() for one in group)
        units = _units(span, by, whole or of_units) if with_facts else {}
        found: dict[str, dict[tuple[str, ...], Counted]] = {}
        for population, group in groups.items():
            rows = known.get(population)
            if rows is None:
                of_past = paid_for_system if population in PAID else past_for_system
                rows = of_past(stale, group, span, by, within) if now else None
            if rows is None:
                rows = counts_for_system(group, span, by, within)
            if whole and by:
                rows = {**rows, (): whole_for_system(group, rows.values())}
            for indicator in group:
                facts = _facts(indicator, span, units)
                if indicator.of_unit:
                    found[indicator.code] = _of_units(indicator, facts, by, whole=whole)
                    continue
                found[indicator.code] = {
                    key: _counted(indicator, row, facts.get(key))
                    for key, row in rows.items()
                    if not key or row[f"{indicator.code}_rows"]
                }
        answers.append(found)
    return answers


def _by_population(indicators: Sequence[Indicator]) -> dict[str, list[Indicator]]:
    groups: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        groups.setdefault(indicator.population.code, []).append(indicator)
    return groups


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


def _of_units(
    indicator: Indicator, facts: Mapping[tuple[str, ...], int], by: Sequence[str], *, whole: bool
) -> dict[tuple[str, ...], Counted]:
    """What is known of the unit, and by unit of those below it; under "" what the unit has for itself: of approved seats those
    that aren't shared out, of places those of a cap over all of it."""
    below = {key: number for key, number in facts.items() if key} if by else {}
    if by and COMPUTED not in indicator.fact and (rest := facts.get((), 0) - sum(below.values())) > 0:
        below[("",)] = rest
    found = {key: Counted(number, None, Decimal(number)) for key, number in below.items()}
    if whole or not by:
        number = facts.get(())
        found[()] = Counted(number or 0, None, None if number is None else Decimal(number))
    return found


def _places(span: Span, units: Mapping[tuple[str, ...], Unit]) -> dict[tuple[str, ...], int]:
    """How many results of the year caps let be excellent, of each unit; nothing where no closed evaluation has a cap."""
    closed = Evaluation.objects.filter(cycle="year", year=span.day.year, state="CLOSED")
    inside = {"pool__unit_path__gte": span.path, "pool__unit_path__lt": after(span.path)}
    caps = PoolCap.objects.filter(pool__evaluation__in=closed, grade="EXCELLENT", **inside)
    by_path = list(caps.order_by().values_list("pool__unit_path").annotate(Sum("at_most")))
    found = {key: [most for path, most in by_path if path.startswith(unit.path)] for key, unit in units.items()}
    return {key: sum(numbers) for key, numbers in found.items() if numbers}


def _units(span: Span, by: Sequence[str], whole: bool) -> dict[tuple[str, ...], Unit]:
    """The unit of the figure under (), or each unit directly below it; with `whole`, both."""
    level = span.path.count("/")
    on_day = Unit.objects.filter(units_on(span.day))
    itself, below = on_day.filter(path=span.path), on_day.filter(parent__path=span.path)
    if tuple(by) != ("unit",):
        units = itself
    else:  # together by UNION: for an OR of both every unit of the country is looked at
        units = below.union(itself, all=True) if whole else below
    return {(() if unit.path == span.path else (unit.path.split("/")[level],)): unit for unit in units}


def _facts(indicator: Indicator, span: Span, units: Mapping[tuple[str, ...], Unit]) -> dict[tuple[str, ...], int]:
    """The number that rows are divided by, of each unit."""
    if not indicator.fact:
        return {}
    keys = {unit.first_row: key for key, unit in units.items()}
    if APPROVED in indicator.fact:
        approved = approved_on_for_system(units.values(), span.day)
        found = {keys[number]: one.number for number, one in approved.items()}
        if indicator.of_unit:
            without = {key: one for key, one in units.items() if key not in found}
            below = seats_below_for_system(without.values(), span.day)
            found |= {key: below[one.first_row] for key, one in without.items() if one.first_row in below}
        return found
    if PLACES in indicator.fact:
        return _places(span, units)
    if COMPUTED in indicator.fact:
        rules = formulas_for_system(units.values(), span.day)
        known = {keys[number]: one.computed for number, one in rules.items() if one.computed.known}
        return {key: one.least if one.most is None else one.most for key, one in known.items()}
    found = {}
    order = {key: n for n, key in enumerate(indicator.fact)}
    facts = UnitFact.objects.filter(unit__lineage__in=list(keys), key__in=indicator.fact, day__lte=span.day)
    newest = sorted(facts.select_related("unit"), key=lambda one: (-order[one.key], one.day))
    for fact in newest:  # what comes later in this order counts more
        if fact.value.isdecimal():
            found[keys[fact.unit.first_row]] = int(fact.value)
    return found
