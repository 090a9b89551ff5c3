"""Rows of a query as columns."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection


@dataclass(frozen=True)
class Among:
    """Some numbers as a condition in SQL: a range where they lie close together (as those of people do who were
    entered unit by unit), else a list in one text, which is read far faster than a list of parameters.

    A range may let others through; whoever joins the rows to their own drops them.
    """

    form: str
    params: tuple[Any, ...]

    def on(self, column: str) -> str:
        return self.form.replace("?", column)

    @classmethod
    def of(cls, ids: pl.Series) -> Among:
        if ids.len() == 0:
            return cls("false", ())
        low, high = int(ids.min()), int(ids.max())  # type: ignore[arg-type]  # numbers, none of them null
        if high - low < ids.len() * 5 // 4:
            return cls("? BETWEEN %s AND %s", (low, high))
        return cls("? = ANY(%s::bigint[])", ("{" + ",".join(map(str, ids.to_list())) + "}",))


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
