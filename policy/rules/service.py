"""Counting service (docs/algorithms/ladder.md; policy section `service`).

Counting is by dates: the first day of counted service is moved forward by the length of every gap and of every
left-out calendar year (the part of it that was counted); the service is the time from that moved day to the day of
counting. Rounding happens once, after everything is added.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from core.periods import whole_months_between
from policy.rules.conditions import condition, with_years
from policy.rules.context import Context
from policy.rules.document import Service
from policy.rules.facts import Facts


def counted(facts: Facts, service: Service, ctx: Context, *, interruption: str | None = None) -> pl.DataFrame:
    """Years of service of everybody in `facts.people`: person, value (Int64, twelfths), moved (Date, null without any).

    Reads `spans` and, where years may be left out, the columns annual_grades.<year>. `interruption` overrides the
    service's own.
    """
    how = interruption or service.interruption
    people = facts.people.select("person", _counting_day(service).alias("count_day"))
    stretches = _stretches(facts.spans, people, service, ctx)
    stretches = _since_restart(stretches, how, service.restarts_after_months)
    # What an unbroken or a bridged stretch adds is counted from its first day; the gaps between are moved over.
    alone = stretches["person"].is_unique()
    sums = pl.concat(
        [
            stretches.filter(alone).select("person", first="seg_start", last="seg_end", gaps="gap"),
            stretches.filter(~alone)
            .group_by("person")
            .agg(first=pl.col("seg_start").min(), last=pl.col("seg_end").max(), gaps=pl.col("gap").sum()),
        ]
    )
    left = _left_out_days(facts, stretches, service, ctx)
    result = (
        people.join(sums, on="person", how="left")
        .join(left, on="person", how="left")
        .with_columns(pl.col("left_days").fill_null(0))
        .with_columns(
            moved=pl.col("first")
            + pl.duration(
                days=pl.col("gaps") + pl.col("left_days") + (pl.col("count_day") - pl.col("last")).dt.total_days()
            )
        )
    )
    moved = pl.min_horizontal("moved", "count_day")
    months = whole_months_between(moved, pl.col("count_day"))
    match service.part_year:
        case "down":
            value = months // 12 * 12
        case "up":
            years = months // 12
            anniversary_passed = (months % 12 > 0) | _days_beyond(moved, pl.col("count_day"))
            value = (years + anniversary_passed.cast(pl.Int64)) * 12
        case _:
            value = months
    return result.select("person", value=value.fill_null(0).cast(pl.Int64), moved=pl.col("moved"))


def _days_beyond(start: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Whether whole years have been passed by a day or more, where no full month is left over."""
    # Of whole years only the anniversary itself leaves nothing; that of 29 February in a common year is 1 March.
    leap_day = (start.dt.month() == 2) & (start.dt.day() == 29)
    anniversary = (day.dt.month() == 3) & (day.dt.day() == 1) & ~day.dt.is_leap_year()
    return (day.dt.day() != start.dt.day()) & ~(leap_day & anniversary)


def _counting_day(service: Service) -> pl.Expr:
    """The day of counting: each person's own day, or the fixed day of the year that was passed last."""
    day = pl.col("day")
    if service.as_of is None or isinstance(service.as_of, str):
        return day
    month, dom = service.as_of
    this = pl.date(day.dt.year(), month, dom)
    return pl.when(day >= this).then(this).otherwise(pl.date(day.dt.year() - 1, month, dom))


def _stretches(spans: pl.DataFrame, people: pl.DataFrame, service: Service, ctx: Context) -> pl.DataFrame:
    """The counted days as segments that don't overlap: person, seg_start, seg_end, gap (days before it), and bridge.

    A segment that another covers is empty (seg_start = seg_end). `previous` is the end of what came before.
    """
    rows = spans.join(people, on="person").filter(condition(service.counts, ctx))
    begin = pl.col("start")
    if service.from_ is not None:
        begin = pl.max_horizontal(begin, pl.lit(service.from_))
    rows = rows.with_columns(begin=begin, finish=pl.min_horizontal(pl.col("end"), pl.col("count_day"))).filter(
        pl.col("begin") < pl.col("finish")
    )
    # Nearly everybody has one span, and needs none of what compares a span with those before it.
    alone = rows["person"].is_unique()
    several = (
        rows.filter(~alone)
        .sort("person", "begin", "finish")
        .with_columns(previous=pl.col("finish").cum_max().shift(1).over("person"))
    )
    single = rows.filter(alone).with_columns(previous=pl.lit(None, dtype=pl.Date))
    rows = pl.concat([several, single])
    return rows.select(
        "person",
        "count_day",
        "previous",
        seg_start=pl.max_horizontal("begin", "previous"),
        seg_end=pl.max_horizontal("finish", "previous"),
        gap=(pl.col("begin") - pl.col("previous")).dt.total_days().clip(lower_bound=0).fill_null(0),
    )


def _since_restart(stretches: pl.DataFrame, how: str, months: int | None) -> pl.DataFrame:
    """Only what counts after the last interruption that restarts the count; that gap itself is not moved over."""
    if how == "adds" or not (stretches["gap"] > 0).any():
        return stretches
    match how:
        case "restarts":
            restart = pl.col("gap") > 0
        case _:
            limit = _months_after(pl.col("previous"), months or 0)
            restart = (pl.col("gap") > 0) & (pl.col("seg_start") > limit).fill_null(False)
    marked = stretches.with_columns(restart=restart.fill_null(False)).with_columns(
        later=pl.col("restart").cast(pl.Int32).reverse().cum_sum().reverse().over("person")
    )
    # `later` counts the restarts at or after a row: the last stretch begins at the row that is itself the last one.
    kept = marked.filter((pl.col("later") == 0) | (pl.col("restart") & (pl.col("later") == 1)))
    return kept.with_columns(gap=pl.when("restart").then(0).otherwise("gap"))


def _months_after(day: pl.Expr, months: int) -> pl.Expr:
    """The column twin of `core.periods.add_months`: a month without that day is over on the first of the next."""
    found = day.dt.offset_by(f"{months}mo")
    return found + pl.duration(days=(found.dt.day() != day.dt.day()).cast(pl.Int64))


def _left_out_days(facts: Facts, stretches: pl.DataFrame, service: Service, ctx: Context) -> pl.DataFrame:
    """Counted days of the calendar years that are taken out: person, left_days."""
    empty = pl.DataFrame(schema={"person": pl.Int64, "left_days": pl.Int64})
    if (service.leave_out is None and service.year_open == "count") or stretches.is_empty():
        return empty
    first, last = stretches["seg_start"].min(), stretches["count_day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return empty
    years = range(first.year, (last - timedelta(days=1)).year + 1)
    if service.year_open == "count":  # only years with results can be taken out
        years = range(
            min((year for year in years if f"annual_grades.{year}" in facts.people.columns), default=last.year + 1),
            years.stop,
        )
    people = with_years(facts.people, years)
    parts: list[pl.DataFrame] = []
    for year in years:
        frame = people.with_columns(annual_grade=pl.col(f"annual_grades.{year}"))
        out = pl.lit(False)
        if service.leave_out is not None:
            out = condition(service.leave_out, ctx) & pl.col("annual_grade").is_not_null()
        if service.year_open == "leave_out":
            out = out | pl.col("annual_grade").is_null()
        gone = frame.filter(out).select("person")
        if gone.is_empty():
            continue
        begin, finish = date(year, 1, 1), date(year + 1, 1, 1)
        days = (
            pl.min_horizontal("seg_end", pl.lit(finish)) - pl.max_horizontal("seg_start", pl.lit(begin))
        ).dt.total_days()
        parts.append(stretches.join(gone, on="person", how="semi").select("person", left_days=days.clip(lower_bound=0)))
    if not parts:
        return empty
    return pl.concat(parts).group_by("person").agg(pl.col("left_days").sum())


def _unbroken(stretches: pl.DataFrame) -> pl.DataFrame:
    """Segments that follow each other without a gap as one, so that no month is cut in two: person, begin, finish."""
    return (
        stretches.with_columns(stretch=(pl.col("gap") > 0).cast(pl.Int32).cum_sum().over("person"))
        .group_by("person", "stretch")
        .agg(begin=pl.col("seg_start").min(), finish=pl.col("seg_end").max())
    )


def months_in_year(facts: Facts, service: Service, ctx: Context) -> pl.DataFrame:
    """Full months of counted employment in the calendar year of each person's day, that day included: person, months."""
    people = facts.people.select(
        "person", january=pl.col("day").dt.truncate("1y"), count_day=pl.col("day") + pl.duration(days=1)
    )
    stretches = _unbroken(_stretches(facts.spans, people.drop("january"), service, ctx))
    months = whole_months_between(pl.max_horizontal("begin", "january"), pl.col("finish"))
    return (
        stretches.join(people, on="person")
        .filter(pl.col("finish") > pl.col("january"))
        .select("person", months=months)
        .group_by("person")
        .agg(pl.col("months").sum())
    )


def months_served(facts: Facts, service: Service, ctx: Context, first: date, end: date) -> pl.DataFrame:
    """Full months of counted employment in [first, end), whatever each person's day: person, served."""
    people = facts.people.select("person", count_day=pl.lit(end))
    stretches = _unbroken(_stretches(facts.spans, people, service, ctx))
    months = whole_months_between(pl.max_horizontal("begin", pl.lit(first)), pl.col("finish"))
    return (
        stretches.filter(pl.col("finish") > first)
        .select("person", served=months)
        .group_by("person")
        .agg(pl.col("served").sum())
    )
