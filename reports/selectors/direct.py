"""Figures counted from the records: the rows behind an indicator, and their numbers, from the same query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from reports.indicators import Aggregate, Indicator, Span
from reports.indicators.columns import with_codes, with_measures
from reports.indicators.kinds import Rows

Row = Mapping[str, Any]  # "workers_rows", "women_part", "mean_age_total" … → number


def rows_for_system(indicator: Indicator, span: Span, within: Mapping[str, str] | None = None) -> Rows:
    """The rows of the population, one a person or event. within: of some dimensions, only those with these codes."""
    rows = indicator.population.rows(span)
    for code, value in (within or {}).items():
        rows = with_codes(rows, indicator.population, span, (code,)).filter(**{f"by_{code}": value})
    return rows


def behind_for_system(indicator: Indicator, span: Span, within: Mapping[str, str] | None = None) -> Rows:
    """The rows that the figure counts: of a count or a share those of its numerator, else all with a value."""
    rows = rows_for_system(indicator, span, within)
    if indicator.condition is not None:
        return rows.filter(indicator.condition(span))
    if indicator.value is not None:
        return rows.annotate(number=indicator.value(span)).filter(number__isnull=False)
    return rows


def counts_for_system(
    group: Sequence[Indicator],
    span: Span,
    by: Sequence[str],
    within: Mapping[str, str] | None = None,
    places: Sequence[str] | None = None,
    people: Sequence[int] | None = None,
) -> dict[tuple[str, ...], Row]:
    """The numbers of indicators of one population by the codes of dimensions, in one query.

    places: only of who counts in exactly these units; people: only of these. Conditions are columns before anything is
    counted.
    """
    rows = rows_for_system(group[0], span, within).order_by()
    if places is not None:
        rows = rows.filter(place__in=places)
    if people is not None:
        rows = rows.filter(person_id__in=people)
    rows = with_measures(with_codes(rows, group[0].population, span, by), group, span)
    wanted: dict[str, Any] = {}
    for one in group:
        code = one.code
        wanted[f"{code}_rows"] = Count("person_id")
        if one.condition is not None:
            wanted[f"{code}_part"] = Count("person_id", filter=Q(**{f"{code}_fits": True}))
        if one.value is not None:
            number = f"{code}_number"
            wanted[f"{code}_rows"] = Count("person_id", filter=Q(**{f"{number}__isnull": False}))
            wanted[f"{code}_total"] = Sum(number)
        if one.aggregate is Aggregate.LEAST:
            wanted[f"{code}_least"] = Min(number)
        if one.aggregate is Aggregate.MOST:
            wanted[f"{code}_most"] = Max(number)
    if not by:
        return {(): rows.aggregate(**wanted)}
    keys = [f"by_{code}" for code in by]
    return {tuple(row[key] for key in keys): row for row in rows.values(*keys).annotate(**wanted)}
