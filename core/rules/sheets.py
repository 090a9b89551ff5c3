"""Tables as files that people open: workbooks and CSV in which no cell is a formula, marked with where they come from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Literal

import xlsxwriter

Format = Literal["xlsx", "csv"]

PROPERTY = "cwms-export"  # of a workbook; the print has the number as well
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "|", "%")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: what stands over it, and its width in characters."""

    label: str
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a workbook: rows of texts, as many a row as there are headings; read once, after the table before it."""

    title: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[str]]


def is_formula(cell: str) -> bool:
    """Whether some program would compute the text rather than show it; blanks before a sign don't hinder all of them."""
    return cell.startswith(_FORMULA) or cell.lstrip(" \u00a0\u3000\ufeff\u200b").startswith(_FORMULA)


def write_tables(out: IO[bytes], file_format: Format, tables: Iterable[Table], *, code: str, mark: str) -> int:
    """Write tables as a file, a CSV the only one; the number of rows of the first.

    code: the number of the export, a hidden property of a workbook. mark: who, when and the number, on each printed
    page of a workbook and in the last row of a CSV.
    """
    if file_format == "csv":
        (table,) = tables
        return _write_csv(out, table, mark)
    return _write_xlsx(out, tables, code, mark)


def _write_xlsx(out: IO[bytes], tables: Iterable[Table], code: str, mark: str) -> int:
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_custom_property(PROPERTY, code)
    line = mark.replace("&", "&&")[:200]
    head = book.add_format({"bold": True, "bottom": 1})
    text = book.add_format({"num_format": "@"})
    guarded = book.add_format({"num_format": "@", "quote_prefix": True})
    counts = []
    for table in tables:
        sheet = book.add_worksheet(table.title)
        sheet.set_header(f"&R{line}")
        sheet.set_footer(f"&L{line}&R&P/&N")
        for place, heading in enumerate(table.headings):
            sheet.set_column(place, place, heading.width)
            sheet.write_string(0, place, heading.label, guarded if is_formula(heading.label) else head)
        sheet.freeze_panes(1, 1)
        written = 0
        for row in table.rows:
            written += 1
            for place, cell in enumerate(row):
                sheet.write_string(written, place, cell, guarded if is_formula(cell) else text)
        if written:
            sheet.autofilter(0, 0, written, len(table.headings) - 1)
        counts.append(written)
    book.close()
    return counts[0]


def _write_csv(out: IO[bytes], table: Table, mark: str) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_inert(heading.label) for heading in table.headings])
    written = 0
    for row in table.rows:
        written += 1
        writer.writerow([_inert(cell) for cell in row])
    writer.writerow([_inert(f"{table.title} {mark}")])
    text.flush()
    text.detach()
    return written


def _inert(cell: str) -> str:
    """The cell with an apostrophe before what would be computed; a NUL ends a cell for some programs and goes."""
    cell = cell.replace("\0", "")
    return "'" + cell if is_formula(cell) else cell
