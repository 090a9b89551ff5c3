"""Files of others, from bytes to cells with their addresses. Nothing in a file is trusted, and nothing in it is run.

`check` looks at the size, the kind and the directory of an archive; `read_file` looks into its parts
(core/rules/archives.py) and only then parses. Both raise `Unreadable` with a code and its parameters, never anything
else: a parser's own errors are one code among others.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from core.rules.apart import Unreadable, answer, limit_child
from core.rules.archives import MAX_COLUMNS, MAX_ROWS, Seen, check_directory, look

Value = str | int | float | bool | date | datetime | None

MAX_BYTES = 10 * 2**20
MAX_SHEETS = 60
MAX_CELL = 32_767  # what a cell of a workbook holds

_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(slots=True)
class Sheet:
    """A sheet: rows[r][c] is the cell in row r+1 and column c+1; short rows end where nothing more is written.

    merged: (first row, first column, last row, last column), counted from 0, both inclusive. broken: addresses of
    cells that hold an error of a formula or a formula without a result ("D17").
    """

    name: str
    rows: list[list[Value]]
    visible: bool = True
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    broken: frozenset[str] = frozenset()


def letters(column: int) -> str:
    """The letters of a column counted from 0.

    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def address(sheet: str, row: int, column: int) -> str:
    """Sheet1!D17, or 'Team 1'!D17 where the name needs it; row and column counted from 0."""
    plain = re.fullmatch(r"[^\W\d]\w*", sheet)
    name = sheet if plain else "'" + sheet.replace("'", "''") + "'"
    return f"{name}!{letters(column)}{row + 1}"


def kind_of(data: bytes) -> str:
    """xlsx, xls or text, by what the file is and not by what it is called."""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "xlsx"
    return "xls" if data[:8] == _XLS else "text"


def check(data: bytes) -> None:
    """Refuse what must not even reach a child; cheap, nothing is inflated. Raises Unreadable."""
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("EMPTY")
    if len(data) > MAX_BYTES:
        raise Unreadable("TOO_LARGE", limit=MAX_BYTES // 2**20)
    kind = kind_of(data)
    if kind == "xlsx":
        check_directory(data)
    if kind == "xls" and re.search(rb"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0", data):
        raise Unreadable("MACROS", part="_VBA_PROJECT")
    if kind == "text" and data[:5] in (b"%PDF-", b"\x89PNG\r", b"Rar!\x1a", b"7z\xbc\xaf'"):
        raise Unreadable("NO_WORKBOOK")


def read_file(data: bytes) -> list[Sheet]:
    """The sheets of a workbook (xlsx, xls) or of a text (CSV, tabs, semicolons; UTF-8 or GB 18030).

    Sheets without anything in them are left out. Raises Unreadable.
    """
    check(data)
    if kind_of(data) == "text":
        return read_text(decode(data))
    seen = look(data) if kind_of(data) == "xlsx" else Seen()
    try:
        sheets = list(_parse(data, seen))
    except Unreadable:
        raise
    except Exception as error:  # a foreign parser on a foreign file: whatever it raises means the same
        code = "PASSWORD" if "assword" in type(error).__name__ or "ncrypt" in str(error) else "DAMAGED"
        raise Unreadable(code) from error
    if not sheets:
        raise Unreadable("NO_ROWS")
    return sheets


def _parse(data: bytes, seen: Seen) -> Iterator[Sheet]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        found = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        if any(one.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba) for one in book.sheets_metadata):
            raise Unreadable("MACROS", part="macro sheet")
        if len(found) > MAX_SHEETS:
            raise Unreadable("SHEETS", found=len(found), limit=MAX_SHEETS)
        for one in found:
            source = book.get_sheet_by_name(one.name)
            if source.end is None:
                continue
            if source.total_height > MAX_ROWS:
                raise Unreadable("ROWS", sheet=one.name, found=source.total_height, limit=MAX_ROWS)
            if source.total_width > MAX_COLUMNS:
                raise Unreadable("COLUMNS", sheet=one.name, found=source.total_width, limit=MAX_COLUMNS)
            rows = [_tail_off([_value(cell) for cell in row]) for row in source.to_python(skip_empty_area=False)]
            if not any(rows):
                continue
            path = seen.names.get(f"relation:{seen.names.get(f'name:{one.name}', '')}", "")
            merged = source.merged_cell_ranges or []
            yield Sheet(
                name=one.name,
                rows=rows,
                visible=one.visible == SheetVisibleEnum.Visible,
                hidden_rows=frozenset(seen.hidden_rows.get(path, ())),
                hidden_columns=frozenset(seen.hidden_columns.get(path, ())),
                merged=tuple((a, b, c, d) for (a, b), (c, d) in merged),
                broken=frozenset(seen.broken.get(path, ())),
            )


def _value(cell: object) -> Value:
    if isinstance(cell, str):
        return cell[:MAX_CELL].replace("\0", "") if cell else None
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return str(cell)
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell if isinstance(cell, bool | int | date) else None


def _tail_off(row: list[Value]) -> list[Value]:
    while row and (row[-1] is None or (isinstance(row[-1], str) and not row[-1].strip(" \t\u00a0\u3000\r\n"))):
        row.pop()
    return row


def decode(data: bytes) -> str:
    """The text of a file that says nowhere how it is coded: by its mark, else UTF-8, else GB 18030."""
    for mark, coding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(coding)
            except UnicodeDecodeError as error:
                raise Unreadable("CODING", byte=error.start + len(mark) + 1) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as in_utf8:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Unreadable("CODING", byte=max(error.start, in_utf8.start) + 1) from error


def read_text(text: str) -> list[Sheet]:
    """Pasted cells or a CSV: one sheet named as a workbook names its first. Raises Unreadable."""
    if not text.strip("\ufeff\0 \r\n\t,;"):
        raise Unreadable("EMPTY")
    if len(text) > MAX_BYTES:
        raise Unreadable("TOO_LARGE", limit=MAX_BYTES // 2**20)
    text = text.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    rows: list[list[Value]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=False):
            if len(rows) >= MAX_ROWS:
                raise Unreadable("ROWS", sheet="Sheet1", found=f"> {MAX_ROWS}", limit=MAX_ROWS)
            if len(row) > MAX_COLUMNS:
                raise Unreadable("COLUMNS", sheet="Sheet1", found=len(row), limit=MAX_COLUMNS)
            rows.append(_tail_off([_written(cell) for cell in row]))
    except csv.Error as error:
        raise Unreadable("DAMAGED") from error
    if not any(rows):
        raise Unreadable("NO_ROWS")
    return [Sheet(name="Sheet1", rows=rows)]


def _written(cell: str) -> Value:
    """A cell of a text: `="510…"` is how a workbook keeps a long number as text."""
    if found := re.fullmatch(r'\s*="?(.*?)"?\s*', cell, re.DOTALL):
        cell = found.group(1)
    return cell[:MAX_CELL] or None


def _delimiter(text: str) -> str:
    """The sign that splits most of the first lines into equally many cells."""
    lines = [line for line in text.split("\n")[:40] if line.strip()]
    return max("\t,;，；|", key=lambda sign: (_evenness(lines, sign), -"\t,;，；|".index(sign)))


def _evenness(lines: Iterable[str], sign: str) -> int:
    counts = [line.count(sign) for line in lines]
    filled = [count for count in counts if count]
    return 0 if not filled else max(filled.count(count) * min(count, 60) for count in set(filled))


# -- Apart from the web process: a hostile file ends a child, not the server ---------------------------------------------


def as_json(sheets: Iterable[Sheet]) -> str:
    """Sheets as a child hands them to its parent."""
    return json.dumps(
        [
            {
                "name": sheet.name,
                "rows": [[_pack(value) for value in row] for row in sheet.rows],
                "visible": sheet.visible,
                "hidden_rows": sorted(sheet.hidden_rows),
                "hidden_columns": sorted(sheet.hidden_columns),
                "merged": sheet.merged,
                "broken": sorted(sheet.broken),
            }
            for sheet in sheets
        ]
    )


def from_json(text: str | bytes) -> list[Sheet]:
    return [
        Sheet(
            name=one["name"],
            rows=[[_unpack(value) for value in row] for row in one["rows"]],
            visible=one["visible"],
            hidden_rows=frozenset(one["hidden_rows"]),
            hidden_columns=frozenset(one["hidden_columns"]),
            merged=tuple(tuple(place) for place in one["merged"]),
            broken=frozenset(one["broken"]),
        )
        for one in json.loads(text)
    ]


def _pack(value: Value) -> object:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _unpack(value: Any) -> Value:
    if isinstance(value, dict):
        if "at" in value:
            return datetime.fromisoformat(value["at"])
        return date.fromisoformat(value["day"])
    return value  # type: ignore[no-any-return]


def main() -> int:
    """Standard input: a file. Standard output: its sheets, or {"code", "params"} of what is wrong with it."""
    limit_child()
    return answer(lambda: as_json(read_file(sys.stdin.buffer.read(MAX_BYTES + 1))).encode())


if __name__ == "__main__":
    sys.exit(main())
