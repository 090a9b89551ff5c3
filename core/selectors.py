"""Rows of a query as columns."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.db import connection


def frame_for_system(query: str, params: Sequence[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of a query, by COPY as text, as a frame of the schema.

    A day comes as the number of days since 1970 (`column - date '1970-01-01'`) and becomes a Date where the schema says
    so, a truth value as 0 or 1. The text of the query is the program's own; values go through `params`.
    """
    with connection.wrap_database_errors, connection.cursor() as cursor:
        buffer = io.BytesIO()
        text = cursor.cursor.mogrify(query, params).decode()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT csv)", buffer)
    if not buffer.tell():
        return pl.DataFrame(schema=dict(schema))
    buffer.seek(0)
    raw = {name: {pl.Date: pl.Int32, pl.Boolean: pl.Int8}.get(kind, kind) for name, kind in schema.items()}
    frame = pl.read_csv(buffer, has_header=False, schema=raw)
    again = [pl.col(name).cast(kind) for name, kind in schema.items() if kind in (pl.Date, pl.Boolean)]
    return frame.with_columns(again) if again else frame
