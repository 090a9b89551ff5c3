"""Writing many rows at once."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl
from django.db import connection


def rows_text(frame: pl.DataFrame) -> bytes:
    """The rows in PostgreSQL's COPY text form: tabs between columns, \\N for NULL; columns must be escaped already."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, separator="\t", quote_style="never", null_value="\\N")
    return buffer.getvalue()


def escaped(text: pl.Expr) -> pl.Expr:
    """A text column for `rows_text`: backslashes doubled, tabs and line breaks made spaces."""
    return text.str.replace_all("\\", "\\\\", literal=True).str.replace_all(r"[\t\r\n]", " ")


def array_of_numbers(column: pl.Expr) -> pl.Expr:
    """A list of whole numbers, none of them null, as the text of a PostgreSQL array."""
    return pl.concat_str(pl.lit("{"), column.cast(pl.List(pl.String)).list.join(","), pl.lit("}"))


def array_of_columns(columns: Sequence[pl.Expr]) -> pl.Expr:
    """Columns of text (already array elements, never null) put together as the text of a PostgreSQL array."""
    if not columns:
        return pl.lit("{}")
    return pl.concat_str(pl.lit("{"), pl.concat_str(*columns, separator=","), pl.lit("}"))


def text_element(column: pl.Expr) -> pl.Expr:
    """A text column as an element of an array inside `rows_text`: quoted, escaped for both, NULL where null."""
    inner = (
        column.str.replace_all(r"[\t\r\n]", " ")
        .str.replace_all("\\", "\\\\\\\\", literal=True)
        .str.replace_all('"', '\\\\"', literal=True)
    )
    return pl.when(column.is_null()).then(pl.lit("NULL")).otherwise(pl.concat_str(pl.lit('"'), inner, pl.lit('"')))


def number_element(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Int64).cast(pl.String).fill_null("NULL")


def copy_rows(table: str, columns: Sequence[str], rows: bytes) -> None:
    """COPY rows of `rows_text` into a table; names come from models."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', io.BytesIO(rows))
