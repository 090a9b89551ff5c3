"""What an application says, as a frame of facts on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from core.periods import whole_years_between

SCHEMA: Mapping[str, Any] = {
    "applicant": pl.Int64,
    "position": pl.Int64,
    "posts": pl.Int64,
    "decided": pl.Int64,
    "sex": pl.String,
    "birth_date": pl.Date,
    "political_status": pl.String,
    "education": pl.String,
    "degree": pl.String,
    "study_mode": pl.String,
    "major": pl.String,
    "certificates": pl.List(pl.String),
    "certificate": pl.String,
    "background": pl.List(pl.String),
    "registered_residence": pl.String,
    "lives_in_unit": pl.Boolean,
    "experience_years": pl.Int64,
    "working_years": pl.Int64,
}
MONTHS = ("experience_years", "working_years")  # in twelfths of a year, as the vocabulary has them


def facts_frame(rows: Iterable[Mapping[str, Any]], as_of: date) -> pl.DataFrame:
    """A row an applicant with the facts of policies, as of a day; rows: by the names of SCHEMA, what is missing is NONE."""
    return facts_on(pl.DataFrame([dict(row) for row in rows], schema=dict(SCHEMA), orient="row"), as_of)


def facts_on(frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The same for a frame of SCHEMA: with `age` in whole years. experience_years and working_years are given in months."""
    return frame.with_columns(
        whole_years_between(pl.col("birth_date"), pl.lit(as_of)).cast(pl.Int64).alias("age"),
        *(pl.col(name).fill_null(0) for name in MONTHS),
        pl.lit(as_of).alias("day"),
    )
