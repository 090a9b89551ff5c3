"""Writing many rows at once."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl
from django.db import connection, transaction


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


def copy_rows(table: str, columns: Sequence[str], rows: bytes, *, csv: bool = False) -> None:
    """COPY rows of `rows_text` (or of `csv_rows`) into a table; names come from models."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    form = " (FORMAT csv, NULL 'NULL')" if csv else ""
    with connection.wrap_database_errors, transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # The web, doing a worker's work where there is none: a table with policies for its role takes no COPY.
        walled, target = bool(connection.execute_wrappers), table
        if walled:
            target = f"{table}_rows"
            cursor.execute(f'CREATE TEMPORARY TABLE "{target}" AS SELECT {names} FROM "{table}" WITH NO DATA')
        cursor.copy_expert(f'COPY "{target}" ({names}) FROM STDIN{form}', io.BytesIO(rows))
        if walled:
            cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "{target}"')
            cursor.execute(f'DROP TABLE "{target}"')


# -- As CSV: the numbers of an array are written as columns of their own, which spares making texts of them ------------


def csv_rows(columns: Sequence[pl.Expr], frame: pl.DataFrame) -> bytes:
    """The rows as CSV without a header; texts have been through `csv_text`, arrays through `csv_array`.

    NULL is the bare word, as a whole column and inside an array alike.
    """
    buffer = io.BytesIO()
    named = [column.alias(f"c{n}") for n, column in enumerate(columns)]
    frame.select(named).write_csv(buffer, include_header=False, quote_style="never", null_value="NULL")
    return buffer.getvalue()


def csv_text(column: pl.Expr) -> pl.Expr:
    """A text column in quotes, line breaks and tabs made spaces; null stays null."""
    inner = column.str.replace_all(r"[\t\r\n]", " ").str.replace_all('"', '""', literal=True)
    return pl.concat_str(pl.lit('"'), inner, pl.lit('"'))


def csv_array(elements: Sequence[pl.Expr]) -> list[pl.Expr]:
    """Columns (whole numbers, or texts through `csv_element`) as one array: the first opens it, the last closes it."""
    if not elements:
        return [pl.lit('"{}"')]
    opened, closed = pl.lit('"{'), pl.lit('}"')
    first, last = (element.cast(pl.String).fill_null("NULL") for element in (elements[0], elements[-1]))
    if len(elements) == 1:
        return [pl.concat_str(opened, first, closed)]
    return [pl.concat_str(opened, first), *elements[1:-1], pl.concat_str(last, closed)]


_PLAIN = r"^[A-Za-z0-9_.:=+-]+$"  # needs no quotes in an array, whose bare NULL is none


def csv_elements(texts: Sequence[pl.Series]) -> list[pl.Expr]:
    """Columns of texts as elements of an array; codes, which most are, go as they stand."""
    return [
        pl.col(text.name)
        if text.str.contains(_PLAIN).all() and not text.str.to_uppercase().eq("NULL").any()
        else csv_element(pl.col(text.name))
        for text in texts
    ]


def csv_element(column: pl.Expr) -> pl.Expr:
    """A text as an element of an array: quoted and escaped for it, the quotes doubled for CSV; null stays null."""
    inner = (
        column.str.replace_all(r"[\t\r\n]", " ")
        .str.replace_all("\\", "\\\\", literal=True)
        .str.replace_all('"', '\\""', literal=True)
    )
    return pl.concat_str(pl.lit('""'), inner, pl.lit('""'))
