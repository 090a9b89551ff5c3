"""Workbooks that go back to clerks: their own file with the cells marked, and the template to be filled in.

Texts come in finished, in the language of the reader. What is written reads back as what it was: the column of marks is
no field, the notes and the example are nobody.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from core.rules.apart import answer, limit_child
from core.rules.workbook import Sheet, Value, kind_of, read_file
from personnel.rules.mapping import heading

_RED = PatternFill("solid", start_color="FFFFC7CE", end_color="FFFFC7CE")
_YELLOW = PatternFill("solid", start_color="FFFFF2CC", end_color="FFFFF2CC")
_PLAIN_TEXT = "@"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be said at a cell (row and column from 0; column -1: the row as a whole)."""

    sheet: str
    row: int
    column: int
    text: str
    error: bool = True


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column of the template; `options` become a dropdown, `text` columns keep long numbers as they are typed."""

    header: str
    example: str = ""
    options: tuple[str, ...] = ()
    width: int = 14
    text: bool = True


def mark_file(data: bytes, marks: Sequence[Mark], headers: Mapping[str, int], title: str) -> bytes:
    """The file as a workbook (.xlsx) with marked cells, their comments and a column that says what is wrong.

    headers: sheet → row of its headings (from 0). A file that is no .xlsx, or one that only a patient reader reads,
    is written anew from its cells. Raises Unreadable.
    """
    book = _open(data)
    by_sheet: dict[str, list[Mark]] = {}
    for mark in marks:
        by_sheet.setdefault(mark.sheet, []).append(mark)
    for name, row in headers.items():
        if name in book.sheetnames:
            _mark_sheet(book[name], by_sheet.get(name, []), row, title)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _open(data: bytes) -> Any:
    if kind_of(data) == "xlsx":
        try:
            return load_workbook(io.BytesIO(data), rich_text=True, keep_links=False)
        except Exception:  # noqa: S110 - a second parser with a mind of its own; the cells are known from the first
            pass
    return _rebuild(read_file(data))


def _rebuild(sheets: Sequence[Sheet]) -> Any:
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for row, cells in enumerate(sheet.rows, 1):
            for column, value in enumerate(cells, 1):
                if value is not None:
                    _put(page.cell(row, column), value)
        for first, left, last, right in sheet.merged:
            page.merge_cells(start_row=first + 1, start_column=left + 1, end_row=last + 1, end_column=right + 1)
    return book


def _put(cell: Any, value: Value) -> None:
    if isinstance(value, str):
        cell.value = "".join(sign for sign in value if sign >= " " or sign in "\t\n")
        cell.data_type = "s"  # what begins with "=" stays text
        if len(value) > 10 and value.replace("X", "").isdigit():
            cell.number_format = _PLAIN_TEXT
    else:
        cell.value = value


def _mark_sheet(page: Any, marks: Sequence[Mark], header: int, title: str) -> None:
    column = next(
        (cell.column for cell in page[header + 1] if heading(cell.value or "") == heading(title)), page.max_column + 1
    )
    said: dict[int, list[str]] = {}
    for row in range(header + 2, page.max_row + 1):
        cell = page.cell(row, column)
        if cell.value is not None and not _is_merged(cell):
            cell.value = None
    for mark in marks:
        fill = _RED if mark.error else _YELLOW
        place = f"{get_column_letter(mark.column + 1)}{mark.row + 1}: " if mark.column >= 0 else ""
        said.setdefault(mark.row, []).append(place + mark.text)
        if mark.column < 0:
            continue
        cell = page.cell(mark.row + 1, mark.column + 1)
        if _is_merged(cell):
            continue
        cell.fill = fill
        before = cell.comment.text + "\n" if cell.comment is not None else ""
        if mark.text not in before:
            cell.comment = Comment((before + mark.text)[:2_000], "CWMS", width=320, height=90)
    top = page.cell(header + 1, column)
    if not _is_merged(top):
        top.value, top.font = title, Font(bold=True)
    page.column_dimensions[get_column_letter(column)].width = 60
    for row, texts in said.items():
        cell = page.cell(row + 1, column)
        if not _is_merged(cell):
            cell.value = "\n".join(texts)[:32_000]
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.auto_filter.ref = f"A{header + 1}:{get_column_letter(column)}{max(page.max_row, header + 2)}"


def _is_merged(cell: Any) -> bool:
    return type(cell).__name__ == "MergedCell"


def template(columns: Sequence[TemplateColumn], *, sheet: str, note: str, options_sheet: str, rows: int = 500) -> bytes:
    """An empty workbook: a note in row 1, headings in row 2, an example in row 3, frozen at C3, dropdowns, no macros."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False})
    page, hidden = book.add_worksheet(sheet), book.add_worksheet(options_sheet)
    hidden.hide()
    text = book.add_format({"num_format": "@"})
    header = book.add_format({"bold": True, "bg_color": "#DDEBE9", "border": 1, "text_wrap": True, "num_format": "@"})
    example = book.add_format({"italic": True, "font_color": "#6B7280", "num_format": "@"})
    page.merge_range(0, 0, 0, max(len(columns) - 1, 1), note, book.add_format({"text_wrap": True, "valign": "top"}))
    page.set_row(0, 66)
    for index, column in enumerate(columns):
        page.set_column(index, index, column.width, text if column.text else None)
        page.write_string(1, index, column.header, header)
        page.write_string(2, index, column.example, example)
        if column.options:
            hidden.write_string(0, index, column.header)
            for row, option in enumerate(column.options, 1):
                hidden.write_string(row, index, option)
            letter = get_column_letter(index + 1)
            quoted = options_sheet.replace("'", "''")
            source = f"='{quoted}'!${letter}$2:${letter}${len(column.options) + 1}"
            page.data_validation(
                3, index, rows + 2, index, {"validate": "list", "source": source, "error_type": "information"}
            )
    page.freeze_panes(2, 2)
    page.autofilter(1, 0, rows + 2, max(len(columns) - 1, 0))
    book.close()
    return buffer.getvalue()


def main() -> int:
    """Standard input: a line of JSON (marks, headers, title), then the file. Standard output: the marked workbook."""
    limit_child(memory=1024 * 2**20, descriptors=32)  # sheets are written through temporary files
    wanted = json.loads(sys.stdin.buffer.readline())
    marks = [Mark(*one) for one in wanted["marks"]]
    data = sys.stdin.buffer.read()
    return answer(lambda: base64.b64encode(mark_file(data, marks, wanted["headers"], wanted["title"])))


if __name__ == "__main__":
    sys.exit(main())
