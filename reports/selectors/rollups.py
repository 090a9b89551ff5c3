"""Figures of today from the numbers that are kept of it: those of the tree, and of stale units what is counted now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import polars as pl
from django.db import connection
from django.utils import timezone

from organization.access import after
from reports.indicators import INDICATORS, Aggregate, Indicator, Span
from reports.indicators.columns import dimensions_of, with_codes, with_measures
from reports.indicators.kinds import Rows
from reports.rules.rollups import LEAST, MOST, Numbers, added, folded, numbers_by_place
from reports.selectors.direct import Row, counts_for_system

MOST_STALE = 50  # units that a question counts anew; past these it counts everything from the records
POPULATIONS: dict[str, list[Indicator]] = {}  # with their indicators
for _one in INDICATORS.values():
    POPULATIONS.setdefault(_one.population.code, []).append(_one)
_EXTREMES = {Aggregate.LEAST: LEAST, Aggregate.MOST: MOST}


def marks_for_system(population: str) -> str:
    """The name of a population on the marks of what has changed of it alone (`StaleUnit.population`)."""
    return POPULATIONS[population][0].population.marks or population


def slots_for_system(population: str) -> list[str]:
    """What the numbers of a population are, in their order: "rows", then conditions and values of its indicators."""
    valued = [one for one in POPULATIONS[population] if one.value is not None]
    every = {f"{one.code}_rows" for one in POPULATIONS[population]} - {f"{one.code}_rows" for one in valued}
    return ["rows", *(name for name in _names(POPULATIONS[population]) if name not in every)]


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
        if one.aggregate in _EXTREMES:
            counted.append(number.alias(one.code + _EXTREMES[one.aggregate]))
    dimensions = dimensions_of(POPULATIONS[population][0].population)
    frame = frame.select("place", *(pl.col(f"by_{code}").alias(code) for code in dimensions), *counted)
    return numbers_by_place(frame, dimensions, slots_for_system(population))


def _rows(population: str, path: str, day: date) -> Rows:
    group = POPULATIONS[population]
    of = group[0].population
    span = _span_kept(path, day)
    rows = with_codes(of.rows(span).order_by(), of, span, dimensions_of(of))
    return with_measures(rows, group, span)


def _columns(population: str) -> tuple[dict[str, Any], dict[str, Any]]:
    names = dict.fromkeys(
        ["place", *(f"by_{code}" for code in dimensions_of(POPULATIONS[population][0].population))], pl.String
    )
    raw: dict[str, Any] = {}
    for one in POPULATIONS[population]:
        if one.condition is not None:
            raw[f"{one.code}_fits"] = pl.Boolean
        if one.value is not None:
            raw[f"{one.code}_number"] = pl.Int64
    return names, raw


@cache
def form_for_system(populations: tuple[str, ...] = tuple(POPULATIONS)) -> str:
    """What kept numbers mean: a digest of the queries that they come from, and of their order."""
    parts = []
    for population in sorted(populations):
        names, raw = _columns(population)
        parts += [str(_rows(population, "0/", date.max).values_list(*names, *raw).query), *slots_for_system(population)]
    return sha256("\n".join(parts).encode()).hexdigest()


def kept_for_system(
    groups: Mapping[str, Sequence[Indicator]], span: Span, by: Sequence[str], within: Mapping[str, str] | None
) -> dict[str, dict[tuple[str, ...], Row]]:
    """As `counts_for_system`, for those of the populations whose numbers are kept of this question. One query."""
    return kept_together_for_system([(groups, by)], span, within)[0]


def kept_together_for_system(
    asked: Sequence[tuple[Mapping[str, Sequence[Indicator]], Sequence[str]]],
    span: Span,
    within: Mapping[str, str] | None,
) -> list[dict[str, dict[tuple[str, ...], Row]]]:
    """As `kept_for_system`, of several groups by dimensions of their own; one query for all of them, or two and what is
    counted where units are stale.

    A unit marked as stale counts as it is now: its kept numbers are taken away and those of its records added. Marks are
    read with the numbers or before them, so that a unit counted between the two is at worst counted once more.
    """
    nothing: list[dict[str, dict[tuple[str, ...], Row]]] = [{} for _one in asked]
    dimensions = [{code for code in (*by, *(within or {})) if code != "unit"} for _groups, by in asked]
    wanted = {
        code: group
        for groups, _by in asked
        for code, group in groups.items()
        if code in POPULATIONS and (not group[0].population.events or span == _span_kept(span.path, span.day))
    }
    # Of a past day units are looked for where they were then (indicators.populations.placed), and nothing is kept.
    if not wanted or any(len(one) > 1 for one in dimensions) or span.day < timezone.localdate():
        return nothing
    # Of what is kept of a unit only the breakdowns asked for are fetched.
    parts = [next(iter(one), "") for one in dimensions]
    of_units = any("unit" in by for _groups, by in asked)
    stale, rows = _read(span, wanted, parts, [span.path], [span.path] if of_units else [])
    if stale is None or len(stale) > MOST_STALE:
        return nothing
    if stale:
        # What is the least of a sum can't be taken away from it again: it is put together around the stale units.
        around = _lines(stale, span.path) if any(_extreme(group) for group in wanted.values()) else set()
        parents = [span.path, *around] if of_units or around else []
        rows = _read(span, wanted, parts, [span.path, *stale, *around], parents)[1]
    numbers: dict[str, list[list[_Kept]]] = {code: [[] for _part in parts] for code in wanted}
    for population, path, parent, *found in rows:
        for n, part in enumerate(parts):
            own, below = ({part: json.loads(one)} if one else None for one in found[2 * n : 2 * n + 2])
            numbers[population][n].append(_Kept(path, parent, own, below))
    return [
        {
            code: _kept(group, span, by, within or {}, stale, numbers[code][n])
            for code, group in groups.items()
            if code in wanted
        }
        for n, (groups, by) in enumerate(asked)
    ]


def _read(
    span: Span, populations: Iterable[str], parts: Sequence[str], places: Sequence[str], parents: Sequence[str]
) -> tuple[list[str] | None, list[tuple[Any, ...]]]:
    """The stale units of a question, None while its day isn't counted; and the kept rows of some units and of what lies
    directly below some: population, path, parent, and of each breakdown `own` and `below` as JSON. One query.
    """
    columns = "".join(f", r.own -> %(part{n})s, r.below -> %(part{n})s" for n in range(len(parts)))
    given: dict[str, Any] = {
        "path": span.path, "after": after(span.path), "day": span.day, "form": form_for_system(), "most": MOST_STALE + 1,
        "marks": ["", *sorted({marks_for_system(code) for code in populations})], "populations": list(populations),
        "places": list(places), "parents": list(parents), **{f"part{n}": part for n, part in enumerate(parts)},
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(columns=columns), given)
        rows = cursor.fetchall()
    return rows[0][0] if rows else None, [row[1:] for row in rows if row[1] is not None]


# Every answer that is made anew costs this question, and its querysets would cost as much to put together as to answer.
_READ = """
SELECT d.stale, r.population, r.unit_path, r.parent{columns}
  FROM (SELECT ARRAY(SELECT DISTINCT s.unit_path FROM reports_staleunit s
                      WHERE s.unit_path >= %(path)s AND s.unit_path < %(after)s AND s.population = ANY (%(marks)s)
                      LIMIT %(most)s) AS stale
          FROM reports_rollupday WHERE day = %(day)s AND form = %(form)s AND reached IS NULL) d
  LEFT JOIN reports_rollup r ON r.day = %(day)s AND r.population = ANY (%(populations)s)
       AND (r.unit_path = ANY (%(places)s) OR r.parent = ANY (%(parents)s))
"""


def stamp_for_system(path: str) -> tuple[int, int] | None:
    """What stays the same as long as no figure of today below a unit, and nothing said beside it, has changed; None while
    something is still to be counted. One query.

    A change marks a unit in its own transaction, and `RollupDay.changes` grows in the one that takes the mark away: whoever
    finds no mark and the same number looks at the same records. What is said of a unit may hang on a plan above it.
    """
    parts = path.rstrip("/").split("/")
    above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [timezone.localdate(), form_for_system(), path, after(path), above])
        found: tuple[int, int] | None = cursor.fetchone()
    return found


# Every answer that is kept costs this question: a function (cwms/walls.py), of which a connection keeps the plan.
_STAMP = "SELECT * FROM reports_stamp(%s, %s, %s, %s, %s)"


class _Kept(NamedTuple):
    """Of a `Rollup`, as much as one question needs."""

    unit_path: str
    parent: str
    own: Numbers | None
    below: Numbers | None


def _extreme(group: Sequence[Indicator]) -> bool:
    return any(one.aggregate in _EXTREMES for one in group)


def _lines(paths: Sequence[str], top: str) -> set[str]:
    """These paths and all that lie above them, up to one of them."""
    parts = [path.rstrip("/").split("/") for path in paths]
    return {"/".join(one[:n]) + "/" for one in parts for n in range(top.count("/"), len(one) + 1)}


def _kept(
    group: Sequence[Indicator],
    span: Span,
    by: Sequence[str],
    within: Mapping[str, str],
    stale: Sequence[str],
    rows: Sequence[_Kept],
) -> dict[tuple[str, ...], Row]:
    order, level, names = slots_for_system(group[0].population.code), span.path.count("/"), _names(group)
    found: dict[tuple[str, ...], dict[str, int | None]] = {} if by else {(): _nothing(names)}

    def note(key: tuple[str, ...], row: Mapping[str, int | None]) -> None:
        cell = found.setdefault(key, _nothing(names))
        for name in names:
            cell[name] = folded(name, cell[name], row[name])

    def note_kept(path: str, parts: list[Numbers | None], sign: int = 1) -> None:
        child = path.split("/")[level]
        for code, cell in _cells(added((part for part in parts if part), order), by, within):
            slot = {name: sign * number if number else number for name, number in zip(order, cell, strict=True)}
            note(
                tuple(child if one == "unit" else code for one in by),
                {name: slot[name] if name in slot else slot["rows"] for name in names},
            )

    around = _lines(stale, span.path) if _extreme(group) else set()
    for row in rows:
        if row.unit_path in around:
            note_kept(row.unit_path, [None if row.unit_path in stale else row.own])
        elif around:
            if row.parent in around:
                note_kept(row.unit_path, [row.own, row.below])
        elif row.unit_path == span.path:
            note_kept(row.unit_path, [row.own] if "unit" in by else [row.own, row.below])
        elif "unit" in by and row.parent == span.path:
            note_kept(row.unit_path, [row.own, row.below])
        if row.unit_path in stale and not around:
            note_kept(row.unit_path, [row.own], -1)
    if stale:
        for key, fresh in counts_for_system(group, span, by, within, stale).items():
            note(key, fresh)
    return dict(found)


def whole_for_system(group: Sequence[Indicator], rows: Iterable[Row]) -> Row:
    """The numbers of rows that share nobody, as one row."""
    names = _names(group)
    found = _nothing(names)
    for row in rows:
        for name in names:
            found[name] = folded(name, found[name], row[name])
    return found


def _nothing(names: Sequence[str]) -> dict[str, int | None]:
    return {name: None if name.endswith((LEAST, MOST)) else 0 for name in names}


def _names(group: Sequence[Indicator]) -> list[str]:
    names = []
    for one in group:
        names.append(f"{one.code}_rows")
        if one.condition is not None:
            names.append(f"{one.code}_part")
        if one.value is not None:
            names.append(f"{one.code}_total")
        if one.aggregate in _EXTREMES:
            names.append(one.code + _EXTREMES[one.aggregate])
    return names


def _cells(numbers: Numbers, by: Sequence[str], within: Mapping[str, str]) -> list[tuple[str, list[int | None]]]:
    """The code and numbers of each cell of one dimension, or of the whole."""
    dimension = next((code for code in (*by, *within) if code != "unit"), "")
    cells = numbers.get(dimension, {})
    if dimension in within:
        cells = {code: cell for code, cell in cells.items() if code == within[dimension]}
    return list(cells.items())
