"""Figures of today from the numbers that are kept of it: those of the tree, and of stale units what is counted now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any

import polars as pl
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q
from django.utils import timezone

from organization.access import after
from reports.indicators import INDICATORS, Indicator, Span
from reports.indicators.columns import dimensions_of, with_codes, with_measures
from reports.indicators.kinds import Rows
from reports.models import Rollup, RollupDay, StaleUnit
from reports.rules.rollups import Numbers, added, numbers_by_place
from reports.selectors.direct import Row, counts_for_system

MOST_STALE = 50  # units that a question counts anew; past these it counts everything from the records
POPULATIONS: dict[str, list[Indicator]] = {}  # the kept ones, with their indicators
for _one in INDICATORS.values():
    if _one.population.kept:
        POPULATIONS.setdefault(_one.population.code, []).append(_one)


def _slots(population: str) -> list[str]:
    """What the numbers of a population are, in their order: "rows", then conditions and sums of its indicators."""
    found = ["rows"]
    for one in POPULATIONS[population]:
        if one.condition is not None:
            found.append(f"{one.code}_part")
        if one.value is not None:
            found += [f"{one.code}_rows", f"{one.code}_total"]
    return found


def _span_kept(path: str, day: date) -> Span:
    """What is kept of a day: what happened is counted from the first day of its year."""
    return Span(path, day, date(day.year, 1, 1))


def numbers_for_system(
    population: str, path: str, day: date, places: Sequence[str] | None = None
) -> dict[str, Numbers]:
    """The numbers of every unit below a path in which somebody counts, or of some of them; counted from the records."""
    rows = _rows(population, path, day)
    if places is not None:
        rows = rows.filter(place__in=places)
    names, raw = _columns(population)
    frame = pl.DataFrame(list(rows.values_list(*names, *raw)), schema={**names, **raw}, orient="row")
    counted = [pl.lit(1, pl.Int64).alias("rows")]
    for one in POPULATIONS[population]:
        if one.condition is not None:
            counted.append(pl.col(f"{one.code}_fits").fill_null(False).cast(pl.Int64).alias(f"{one.code}_part"))
        if one.value is not None:
            number = pl.col(f"{one.code}_number")
            counted += [
                number.is_not_null().cast(pl.Int64).alias(f"{one.code}_rows"),
                number.fill_null(0).alias(f"{one.code}_total"),
            ]
    dimensions = dimensions_of(population)
    frame = frame.select("place", *(pl.col(f"by_{code}").alias(code) for code in dimensions), *counted)
    return numbers_by_place(frame, dimensions, _slots(population))


def _rows(population: str, path: str, day: date) -> Rows:
    group = POPULATIONS[population]
    of = group[0].population
    span = _span_kept(path, day)
    rows = with_codes(of.rows(span).order_by(), of, span, dimensions_of(population))
    return with_measures(rows, group, span)


def _columns(population: str) -> tuple[dict[str, Any], dict[str, Any]]:
    names = dict.fromkeys(["place", *(f"by_{code}" for code in dimensions_of(population))], pl.String)
    raw: dict[str, Any] = {}
    for one in POPULATIONS[population]:
        if one.condition is not None:
            raw[f"{one.code}_fits"] = pl.Boolean
        if one.value is not None:
            raw[f"{one.code}_number"] = pl.Int64
    return names, raw


@cache
def form_for_system() -> str:
    """What the kept numbers mean: a digest of the queries that they come from, and of their order."""
    parts = []
    for population in sorted(POPULATIONS):
        names, raw = _columns(population)
        parts += [str(_rows(population, "0/", date.max).values_list(*names, *raw).query), *_slots(population)]
    return sha256("\n".join(parts).encode()).hexdigest()


def kept_for_system(
    groups: Mapping[str, Sequence[Indicator]], span: Span, by: Sequence[str], within: Mapping[str, str] | None
) -> dict[str, dict[tuple[str, ...], Row]]:
    """As `counts_for_system`, for those of the populations whose numbers are kept of this question. Two queries.

    A unit marked as stale counts as it is now: its kept numbers are taken away and those of its records added. Marks are
    read before the numbers, so that a unit counted between the two is at worst counted once more.
    """
    dimension = {code for code in (*by, *(within or {})) if code != "unit"}
    wanted = [
        code
        for code, group in groups.items()
        if code in POPULATIONS and (not group[0].population.events or span == _span_kept(span.path, span.day))
    ]
    # Of a past day units are looked for where they were then (indicators.populations.placed), and nothing is kept.
    if not wanted or len(dimension) > 1 or span.day < timezone.localdate():
        return {}
    inside = Q(unit_path__gte=span.path, unit_path__lt=after(span.path))
    marks = StaleUnit.objects.filter(inside).order_by().values("unit_path").distinct()[: MOST_STALE + 1]
    days = RollupDay.objects.filter(day=span.day, form=form_for_system(), reached__isnull=True)
    stale = days.values_list(ArraySubquery(marks), flat=True).first()
    if stale is None or len(stale) > MOST_STALE:
        return {}
    asked = Q(unit_path__in=[span.path, *stale])
    if "unit" in by:
        asked |= Q(parent=span.path)
    rows = Rollup.objects.filter(asked, day=span.day, population__in=wanted)
    numbers = {(row.population, row.unit_path): row for row in rows}
    return {code: _kept(groups[code], span, by, within or {}, stale, numbers) for code in wanted}


def _kept(
    group: Sequence[Indicator],
    span: Span,
    by: Sequence[str],
    within: Mapping[str, str],
    stale: Sequence[str],
    numbers: Mapping[tuple[str, str], Rollup],
) -> dict[tuple[str, ...], Row]:
    population = group[0].population.code
    order, level = _slots(population), span.path.count("/")
    found: dict[tuple[str, ...], dict[str, int]] = {} if by else {(): dict.fromkeys(_names(group), 0)}

    def note(key: tuple[str, ...], row: Mapping[str, int | None], sign: int) -> None:
        cell = found.setdefault(key, dict.fromkeys(_names(group), 0))
        for name in cell:
            cell[name] += sign * (row[name] or 0)

    def note_kept(path: str, parts: list[Numbers | None], sign: int) -> None:
        child = path.split("/")[level]
        for code, cell in _cells(added(part for part in parts if part), by, within):
            slot = dict(zip(order, cell, strict=True))
            values = {name: slot[name] if name in slot else slot["rows"] for name in _names(group)}
            note(tuple(child if one == "unit" else code for one in by), values, sign)

    for (of, path), row in numbers.items():
        if of != population:
            continue
        if "unit" not in by and path == span.path:
            note_kept(path, [row.own, row.below], 1)
        elif "unit" in by and path == span.path:
            note_kept(path, [row.own], 1)
        elif "unit" in by and row.parent == span.path:
            note_kept(path, [row.own, row.below], 1)
        if path in stale:
            note_kept(path, [row.own], -1)
    if stale:
        for key, fresh in counts_for_system(group, span, by, within, stale).items():
            note(key, fresh, 1)
    return dict(found)


def _names(group: Sequence[Indicator]) -> list[str]:
    names = []
    for one in group:
        names.append(f"{one.code}_rows")
        if one.condition is not None:
            names.append(f"{one.code}_part")
        if one.value is not None:
            names.append(f"{one.code}_total")
    return names


def _cells(numbers: Numbers, by: Sequence[str], within: Mapping[str, str]) -> list[tuple[str, list[int]]]:
    """The code and numbers of each cell of one dimension, or of the whole."""
    dimension = next((code for code in (*by, *within) if code != "unit"), "")
    cells = numbers.get(dimension, {})
    if dimension in within:
        cells = {code: cell for code, cell in cells.items() if code == within[dimension]}
    return list(cells.items())
