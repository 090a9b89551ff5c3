"""Tables as files that people open: workbooks and CSV in which no cell is a formula, marked with where they come from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, Literal

import xlsxwriter

Format = Literal["xlsx", "csv"]
Cell = str | int | Decimal  # a number is written as one, which nothing computes

PROPERTY = "cwms-export"  # of a workbook; the print has the number as well
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "|", "%")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: what stands over it, and its width in characters."""

    label: str
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a workbook: rows with as many cells as there are headings; read once, after the table before it.

    above: what an official form has over its headings, its title first. total: the line under the rows. below: what
    stands under it. Where there is something above, the mark is a line of the sheet too.
    """

    title: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[Cell]]
    above: Sequence[str] = ()
    total: Sequence[Cell] = ()
    below: Sequence[str] = ()


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
    counts: list[int] = []
    title = book.add_format({"bold": True, "align": "center", "font_size": 16})
    sums = book.add_format({"bold": True, "top": 1})
    for table in tables:
        sheet = book.add_worksheet(table.title)
        sheet.set_header(f"&R{line}")
        sheet.set_footer(f"&L{line}&R&P/&N")
        last = len(table.headings) - 1
        if table.above:
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
        for place, heading in enumerate(table.headings):
            sheet.set_column(place, place, heading.width)
        for place, words in enumerate(table.above):
            if place == 0 and last:
                sheet.merge_range(0, 0, 0, last, "", title)
            _write_cell(sheet, place, 0, words, title if place == 0 else None, guarded)
        top = len(table.above)
        for place, heading in enumerate(table.headings):
            _write_cell(sheet, top, place, heading.label, head, guarded)
        sheet.freeze_panes(top + 1, 1)
        if table.above:
            sheet.repeat_rows(top)
        written = 0
        for row in table.rows:
            written += 1
            for place, cell in enumerate(row):
                _write_cell(sheet, top + written, place, cell, text if isinstance(cell, str) else None, guarded)
        if written:
            sheet.autofilter(top, 0, top + written, last)
        foot = top + written + 1
        for place, cell in enumerate(table.total):
            _write_cell(sheet, foot, place, cell, sums, guarded)
        foot += bool(table.total)
        for place, words in enumerate([*table.below, mark] if table.above else table.below):
            _write_cell(sheet, foot + place, 0, words, None, guarded)
        counts.append(written)
    book.close()
    return counts[0]


def _write_cell(sheet: Any, row: int, place: int, cell: Cell, form: Any, guarded: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell, guarded if is_formula(cell) else form)
    else:
        sheet.write_number(row, place, cell, form)


def _write_csv(out: IO[bytes], table: Table, mark: str) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for words in table.above:
        writer.writerow([_inert(words)])
    writer.writerow([_inert(heading.label) for heading in table.headings])
    written = 0
    for row in table.rows:
        written += 1
        writer.writerow([_inert(cell) for cell in row])
    if table.total:
        writer.writerow([_inert(cell) for cell in table.total])
    for words in table.below:
        writer.writerow([_inert(words)])
    writer.writerow([_inert(f"{table.title} {mark}")])
    text.flush()
    text.detach()
    return written


def _inert(cell: Cell) -> str:
    """The cell with an apostrophe before what would be computed; a NUL ends a cell for some programs and goes."""
    if not isinstance(cell, str):
        return str(cell)
    cell = cell.replace("\0", "")
    return "'" + cell if is_formula(cell) else cell
