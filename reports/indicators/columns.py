"""The columns that rows are counted by: codes of dimensions, conditions and values of indicators."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper

from reports.indicators.dimensions import DIMENSIONS, known
from reports.indicators.kinds import Indicator, Population, Rows, Span


def with_codes(rows: Rows, population: Population, span: Span, dimensions: Iterable[str]) -> Rows:
    """The rows with `by_…`, the code of each dimension, "" for nothing on record."""
    for code in dimensions:
        if f"by_{code}" not in rows.query.annotations:
            rows = rows.annotate(**{f"by_{code}": known(DIMENSIONS[code].expression(population, span))})
    return rows


def with_measures(rows: Rows, group: Iterable[Indicator], span: Span) -> Rows:
    """The rows with `…_fits` and `…_number`, the condition and the value of each indicator that has one."""
    for one in group:
        if one.condition is not None:
            rows = rows.annotate(**{f"{one.code}_fits": ExpressionWrapper(one.condition(span), BooleanField())})
        if one.value is not None:
            rows = rows.annotate(**{f"{one.code}_number": one.value(span)})
    return rows


def dimensions_of(population: Population) -> list[str]:
    """The breakdowns of a population within one unit."""
    return [code for code, one in DIMENSIONS.items() if code != "unit" and one.is_of(population)]
