"""Stretches of time in which what is counted of somebody stays the same, as tables of columns. Pure.

A table has a row a stretch: "person", the half-open days "start" and "end" (null: still so), "place", for events "at", the
day of the event; "born" and "first", from which age and service are worked out on the day of a question; and what is
counted, as the selectors name it (`by_…`, `…_fits`, `…_number`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO

import polars as pl

from reports.rules.bands import Bands

AREA = 3  # levels of a path: what is kept of a county lies together


def area_of(path: str) -> str:
    """The part of the tree in which the stretches of a unit lie: its county, or above one the unit itself.

    >>> area_of("34/3401/340181/340181002/"), area_of("34/3401/")
    ('34/3401/340181/', '34/3401/')
    """
    return "/".join(path.split("/")[:AREA]) + "/" if path.count("/") > AREA else path


def merged(frame: pl.DataFrame) -> pl.DataFrame:
    """Stretches that follow each other and say the same as one. What somebody has twice on a day stays twice."""
    same = [name for name in frame.columns if name not in ("start", "end")]
    if frame.is_empty():
        return frame
    twice = pl.int_range(pl.len()).over([*same, "start"]).alias("twice")
    frame = frame.with_columns(twice).sort([*same, "twice", "start"], nulls_last=True)
    follows = (pl.col("start") == pl.col("end").shift(1)).fill_null(False).over([*same, "twice"])
    frame = frame.with_columns((~follows).cum_sum().alias("stretch"))
    rows = frame.group_by("stretch", maintain_order=True).agg(
        *(pl.col(name).first() for name in same), pl.col("start").first(), pl.col("end").last()
    )
    return rows.select("person", "start", "end", *(name for name in same if name != "person"))


def packed(column: pl.Series) -> bytes:
    """A column as bytes; words as a dictionary."""
    buffer = BytesIO()
    words = column.dtype == pl.String
    (column.cast(pl.Categorical) if words else column).to_frame().write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def unpacked(columns: Iterable[bytes | memoryview]) -> pl.DataFrame:
    """The table of some packed columns."""
    return pl.concat([pl.read_ipc(BytesIO(data)) for data in columns], how="horizontal")


def packed_table(frame: pl.DataFrame) -> bytes:
    """A table as bytes; words as dictionaries."""
    buffer = BytesIO()
    frame.with_columns(pl.col(pl.String).cast(pl.Categorical)).write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def unpacked_table(data: bytes | memoryview) -> pl.DataFrame:
    """The table, its words as they are kept.

    >>> unpacked_table(packed_table(pl.DataFrame({"place": ["34/", "34/"], "number": [1, 2]}))).rows()
    [('34/', 1), ('34/', 2)]
    """
    return pl.read_ipc(BytesIO(data))


def on_day(frame: pl.DataFrame, day: date, but: Sequence[int] = ()) -> pl.DataFrame:
    """The rows that hold on a day, but those of some people, with it as "at" where no event has one."""
    holds = (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    frame = frame.filter(holds & ~pl.col("person").is_in(list(but)) if but else holds)
    return frame if "at" in frame.columns else frame.with_columns(pl.lit(day).alias("at"))


def whole_years(earlier: str) -> pl.Expr:
    """Whole years from a day to "at"; somebody born on 29 February completes a year on 1 March.

    >>> frame = pl.DataFrame({"at": [date(2023, 2, 28), date(2023, 3, 1)], "born": [date(2000, 2, 29)] * 2})
    >>> frame.select(whole_years("born"))["born"].to_list()
    [22, 23]
    """
    at, first = pl.col("at"), pl.col(earlier)
    years = at.dt.year() - first.dt.year()
    return pl.when(_in_year(at) < _in_year(first)).then(years - 1).otherwise(years).alias(earlier)


def _in_year(day: pl.Expr) -> pl.Expr:
    return day.dt.month().cast(pl.Int32) * 100 + day.dt.day()


def in_band(years: pl.Expr, bands: Bands) -> pl.Expr:
    """The code of the band of a number of years, "" for none."""
    reached = pl.sum_horizontal((years >= edge).cast(pl.UInt8) for edge in bands.edges)
    band = pl.when(years.is_null()).then(pl.lit(len(bands.codes), pl.UInt8)).otherwise(reached.cast(pl.UInt8))
    return band.cat.to(pl.Enum([*bands.codes, ""]))
