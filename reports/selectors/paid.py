"""Pay of past months, from what is kept of each sealed run (docs/decisions/0064-pay-of-past-months.md).

A sealed slip never changes, so that its unit and its amounts are written once. What somebody was like on the day of a
slip, their age or education, may be put right later: it comes from the stretches of past days, which follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import polars as pl
from django.db.models import Q

from organization.access import after, touching
from payroll.models import PayRun, PaySlip
from reports.indicators import Aggregate, Indicator, Span
from reports.indicators.columns import dimensions_of, with_codes
from reports.models import PaidArea, PaidRun
from reports.rules.rollups import folded
from reports.rules.stretches import AREA, area_of, unpacked_table
from reports.selectors.direct import Row, counts_for_system
from reports.selectors.past import MOST_STALE, with_traits_for_system
from reports.selectors.rollups import POPULATIONS, form_for_system, marks_for_system

PAID = tuple(code for code in POPULATIONS if marks_for_system(code) == "slips")
_SUMS = [
    pl.len().alias("rows"), pl.col("number").sum().alias("total"), pl.col("number").min().alias("least"),
    pl.col("number").max().alias("most"),
]  # fmt: skip
_OF_SUMS = [pl.col("rows").sum(), pl.col("total").sum(), pl.col("least").min(), pl.col("most").max()]


@cache
def paid_form_for_system() -> str:
    """What is kept of a run means: a digest of the queries that it comes from."""
    return sha256(f"1 {form_for_system(PAID)}".encode()).hexdigest()


def paid_areas_for_system(run: int) -> list[str]:
    """The parts of the tree in which a sealed run has slips."""
    paths = PaySlip.objects.filter(run=run).order_by().values_list("unit__path", flat=True).distinct()
    return sorted({area_of(path) for path in paths})


def paid_tables_for_system(run: int, area: str) -> dict[str, pl.DataFrame]:
    """What the slips of a sealed run say in one part of the tree, by population.

    Of slips a row each: "person", "place", "at", "number" (fen). Of the others a row for each place and code: "place",
    "by_…", "rows", "total", "least", "most".
    """
    month = PayRun.objects.values_list("month", flat=True).get(pk=run)
    found = {}
    for population in PAID:
        of = POPULATIONS[population][0].population
        span = Span(area, month, month)
        rows = of.rows(span).filter(run=run).order_by()
        if area.count("/") < AREA:  # of a unit above the counties, itself alone
            rows = rows.filter(place=area)
        value = next(one.value for one in POPULATIONS[population] if one.value is not None)
        rows = with_codes(rows, of, span, dimensions_of(of) if of.plain else ()).annotate(number=value(span))
        if of.plain:
            codes = [f"by_{code}" for code in dimensions_of(of)]
            schema: dict[str, Any] = {"place": pl.String, **dict.fromkeys(codes, pl.String), "number": pl.Int64}
            frame = pl.DataFrame(list(rows.values_list(*schema)), schema=schema, orient="row")
            found[population] = frame.group_by("place", *codes).agg(_SUMS).sort("place", *codes)
        else:
            schema = {"person": pl.Int64, "place": pl.String, "at": pl.Date, "number": pl.Int64}
            asked = rows.values_list("person_id", "place", "at", "number")
            found[population] = pl.DataFrame(list(asked), schema=schema, orient="row").sort("person", "at")
    return found


def paid_for_system(
    stale: Sequence[int] | None,
    group: Sequence[Indicator],
    span: Span,
    by: Sequence[str] = (),
    within: Mapping[str, str] | None = None,
) -> dict[tuple[str, ...], Row] | None:
    """As `counts_for_system`, of populations of pay; None where it has to be counted. stale: as of `past_for_system`, only
    needed where what people are like is asked for. Two queries, and two more for that.
    """
    population = group[0].population
    within = within or {}
    traits = [] if population.plain else [code for code in dict.fromkeys((*by, *within)) if code != "unit"]
    if population.code not in PAID or span.path.count("/") > AREA or any(one.condition is not None for one in group):
        return None
    if traits and stale is None:
        return None
    parts = _parts(population.code, span)
    if parts is None:
        return None
    frame = pl.concat([unpacked_table(one) for one in parts]) if parts else None
    if frame is None or frame.is_empty():
        return {} if by else {(): _row(group, 0, None, None, None)}
    unknown: list[int] = []
    if traits:
        frame, unknown = with_traits_for_system(frame, span.path, traits, stale or ())
        if len(unknown) > MOST_STALE:
            return None
    for code, value in within.items():
        frame = frame.filter(pl.col(f"by_{code}").cast(pl.String) == value)
    found = _summed(frame, group, span, by)
    if unknown:
        for key, fresh in counts_for_system(group, span, by, within, people=unknown).items():
            found[key] = _both(found.get(key), fresh)
    return found


def _parts(population: str, span: Span) -> list[bytes | memoryview] | None:
    """The tables of the sealed runs of the month that reach into the part of the tree, where all of them are kept."""
    month = span.day.replace(day=1)
    runs = PayRun.objects.filter(touching([span.path]), month=month, state="SEALED")
    needed: set[tuple[int, str]] = set()
    for run, form, areas in runs.values_list("pk", "paid__form", "paid__areas"):
        if form != paid_form_for_system():
            return None
        needed |= {(run, area) for area in areas if area.startswith(span.path)}
    inside = Q(unit_path__gte=span.path, unit_path__lt=after(span.path))
    rows = PaidArea.objects.filter(inside, population=population, kept__run__in={run for run, _area in needed})
    kept = {(run, area): data for run, area, data in rows.values_list("kept__run", "unit_path", "data")}
    return [kept[key] for key in sorted(needed)] if needed <= kept.keys() else None


def _summed(
    frame: pl.DataFrame, group: Sequence[Indicator], span: Span, by: Sequence[str]
) -> dict[tuple[str, ...], Row]:
    sums = _OF_SUMS if group[0].population.plain else _SUMS
    if not by:
        return {(): _row(group, *frame.select(sums).row(0))}
    # First by units and codes as they are kept, then by their words: of these there are few.
    kept = ["place" if code == "unit" else f"by_{code}" for code in by]
    cells = frame.group_by(kept).agg(sums).with_columns(pl.col(kept).cast(pl.String))
    level = span.path.count("/")
    unit = pl.col("place").str.split("/").list.get(level, null_on_oob=True).fill_null("")
    keys = [unit.alias("by_unit") if code == "unit" else pl.col(f"by_{code}") for code in by]
    rows = cells.group_by(keys).agg(_OF_SUMS).iter_rows()
    return {tuple(row[: len(by)]): _row(group, *row[len(by) :]) for row in rows}


def _row(
    group: Iterable[Indicator], rows: int, total: int | None, least: int | None, most: int | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in group:
        found[f"{one.code}_rows"] = rows
        if one.value is not None:
            found[f"{one.code}_total"] = total
        if one.aggregate is Aggregate.LEAST:
            found[f"{one.code}_least"] = least
        if one.aggregate is Aggregate.MOST:
            found[f"{one.code}_most"] = most
    return found


def _both(kept: Row | None, fresh: Row) -> Row:
    if kept is None:
        return {name: value for name, value in fresh.items() if not name.startswith("by_")}
    return {name: folded(name, value, fresh[name]) for name, value in kept.items()}


def paid_wrong_for_system(runs: Collection[int]) -> list[tuple[int, str]]:
    """The parts of the tree of kept runs that don't say what the slips do; (run, path)."""
    wrong: list[tuple[int, str]] = []
    for kept in PaidRun.objects.filter(run__in=runs, form=paid_form_for_system()).order_by("run"):
        parts: dict[str, dict[str, pl.DataFrame]] = {}
        for path, population, data in kept.parts.values_list("unit_path", "population", "data"):
            table = unpacked_table(data).with_columns(pl.col(pl.Categorical).cast(pl.String))
            parts.setdefault(path, {})[population] = table
        expected = paid_areas_for_system(kept.run_id)
        wrong += [(kept.run_id, area) for area in sorted({*expected} ^ {*kept.areas})]
        for area in sorted({*expected} & parts.keys()):
            fresh = paid_tables_for_system(kept.run_id, area)
            if fresh.keys() != parts[area].keys() or any(not fresh[one].equals(parts[area][one]) for one in fresh):
                wrong.append((kept.run_id, area))
    return wrong
