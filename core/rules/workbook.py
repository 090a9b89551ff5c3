"""Files of others, from bytes to cells with their addresses. Nothing in a file is trusted, and nothing in it is run.

`check` looks at a file as an archive before any parser opens it; `read_file` parses. Both raise `Unreadable` with a code
and its parameters, never anything else: a parser's own errors are one code among others.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

Value = str | int | float | bool | date | datetime | None

MAX_BYTES = 10 * 2**20
MAX_ENTRIES = 200
MAX_INFLATED = 50 * 2**20
MAX_RATIO = 100
RATIO_FROM = 2**20  # a small part may repeat itself as it likes
MAX_ROWS = 20_000
MAX_COLUMNS = 400
MAX_SHEETS = 60
MAX_CELL = 32_767  # what a cell of a workbook holds

_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*?)/?>")
_ADDRESS = re.compile(rb'\br="([A-Za-z]{1,5})(\d{1,9})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_RESULT = re.compile(rb"<(?:\w+:)?(?:v|is)\b")
_FORBIDDEN = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_FORBIDDEN = tuple(
    word.encode(coding) for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("utf-16le", "utf-16be")
)


class Unreadable(Exception):
    """A file that is not read. `code` names the reason, `params` its figures.

    EMPTY, TOO_LARGE(limit), NO_WORKBOOK, OLD_FORMAT(found), PASSWORD, DAMAGED, ENTRIES(found, limit),
    INFLATED(limit), RATIO(part, limit), ENTITY(part), MACROS(part), EMBEDDED(part), EXTERNAL(part), PATH(part),
    ROWS(sheet, found, limit), COLUMNS(sheet, found, limit), SHEETS(found, limit), NO_ROWS, CODING(byte).
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = {key: str(value)[:200] for key, value in params.items()}


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


@dataclass(slots=True)
class _Seen:
    """What a look at the parts of an archive found, by the path of the part of a sheet."""

    hidden_rows: dict[str, set[int]] = field(default_factory=dict)
    hidden_columns: dict[str, set[int]] = field(default_factory=dict)
    broken: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # name of a sheet → path of its part


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


def _number(text: str) -> int:
    total = 0
    for letter in text.upper():
        total = total * 26 + ord(letter) - 64
    return total


def kind_of(data: bytes) -> str:
    """xlsx, xls or text, by what the file is and not by what it is called."""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "xlsx"
    return "xls" if data[:8] == _XLS else "text"


def check(data: bytes) -> None:
    """Refuse what must not reach a parser. Raises Unreadable."""
    _check(data)


def _check(data: bytes) -> _Seen:
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("EMPTY")
    if len(data) > MAX_BYTES:
        raise Unreadable("TOO_LARGE", limit=MAX_BYTES // 2**20)
    kind = kind_of(data)
    if kind == "xlsx":
        try:
            return _check_archive(data)
        except Unreadable:
            raise
        except Exception as error:  # a torn archive fails in a dozen ways, and all of them mean the same
            raise Unreadable("DAMAGED") from error
    if kind == "xls" and re.search(rb"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0", data):
        raise Unreadable("MACROS", part="_VBA_PROJECT")
    if kind == "text" and data[:5] in (b"%PDF-", b"\x89PNG\r", b"Rar!\x1a", b"7z\xbc\xaf'"):
        raise Unreadable("NO_WORKBOOK")
    return _Seen()


def _check_archive(data: bytes) -> _Seen:
    seen = _Seen()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Unreadable("ENTRIES", found=len(entries), limit=MAX_ENTRIES)
        if sum(entry.file_size for entry in entries) > MAX_INFLATED:
            raise Unreadable("INFLATED", limit=MAX_INFLATED // 2**20)
        names = [entry.filename for entry in entries]
        if len({name.lower() for name in names}) != len(names):
            raise Unreadable("DAMAGED")
        for entry in entries:
            _check_name(entry)
        if "xl/workbook.xml" not in names and not any(name.lower().endswith("workbook.xml") for name in names):
            old = any(name in ("content.xml", "xl/workbook.bin") for name in names)
            raise Unreadable("OLD_FORMAT" if old else "NO_WORKBOOK", found="ods/xlsb")
        total = 0
        for entry in entries:
            part = _inflate(archive, entry, MAX_INFLATED - total)
            total += len(part)
            _check_part(entry.filename, part, seen)
    return seen


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    lower = name.lower()
    if entry.flag_bits & 0x1:
        raise Unreadable("PASSWORD")
    if lower.startswith("/") or ".." in lower.split("/") or "\\" in name or ":" in name:
        raise Unreadable("PATH", part=name)
    if "vbaproject" in lower or "/macrosheets/" in lower or lower.endswith((".exe", ".dll", ".js", ".vbs")):
        raise Unreadable("MACROS", part=name)
    if "/embeddings/" in lower or "/activex/" in lower or "/oleobject" in lower:
        raise Unreadable("EMBEDDED", part=name)
    if "/externallinks/" in lower:
        raise Unreadable("EXTERNAL", part=name)
    if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise Unreadable("RATIO", part=name, limit=MAX_RATIO)


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """The part, counted while it is unpacked: what an archive declares about itself proves nothing."""
    allowed = min(entry.file_size, left)
    parts, size = [], 0
    with archive.open(entry) as stream:
        while chunk := stream.read(65_536):
            size += len(chunk)
            if size > allowed:
                raise Unreadable("INFLATED", limit=MAX_INFLATED // 2**20)
            parts.append(chunk)
    return b"".join(parts)


def _check_part(name: str, part: bytes, seen: _Seen) -> None:
    lower = name.lower()
    if not lower.endswith((".xml", ".rels", ".vml")):
        return
    if _FORBIDDEN.search(part) or any(word in part for word in _WIDE_FORBIDDEN):
        raise Unreadable("ENTITY", part=name)
    coding = re.match(rb"[^<]{0,4}<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']*)", part)
    if coding and coding.group(1).lower() not in (b"utf-8", b"utf-16", b"us-ascii"):
        raise Unreadable("DAMAGED")  # another coding could hide what is looked for here
    if lower.endswith(".rels") and re.search(rb'TargetMode\s*=\s*["\']External', part):
        # Links in cells (an e-mail address) lead outside too: nothing follows them. Others are data from elsewhere.
        for link in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", part):
            if b"External" in link and b"/hyperlink" not in link:
                raise Unreadable("EXTERNAL", part=name)
    if re.fullmatch(r"xl/worksheets/[^/]+\.xml", lower):
        _look_at_sheet(name, part, seen)
    if lower == "xl/workbook.xml":
        _sheet_names(part, seen, "names")
    if lower == "xl/_rels/workbook.xml.rels":
        _sheet_names(part, seen, "targets")


def _sheet_names(part: bytes, seen: _Seen, what: str) -> None:
    """Names of sheets are kept as name → relation, and as relation → path; joined when both are known."""
    root = ElementTree.fromstring(part)  # noqa: S314 - entities and document types are refused above
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if what == "names" and tag == "sheet":
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            seen.names[f"name:{element.attrib.get('name', '')}"] = relation
        if what == "targets" and tag == "Relationship":
            target = element.attrib.get("Target", "").lstrip("/")
            path = target if target.startswith("xl/") else f"xl/{target}"
            seen.names[f"relation:{element.attrib.get('Id', '')}"] = path


def _look_at_sheet(name: str, part: bytes, seen: _Seen) -> None:
    """Far corners that would make a parser lay out a giant, hidden rows and columns, and formulas without a result."""
    hidden: set[int] = set()
    row = 0
    for found in _ROW.finditer(part):
        number = re.search(rb'\br="(\d{1,9})"', found.group(1))
        row = int(number.group(1)) if number else row + 1
        if re.search(rb'\bhidden="(?:1|true)"', found.group(1)):
            hidden.add(row - 1)
    columns: set[int] = set()
    for found in _COLUMN.finditer(part):
        if re.search(rb'\bhidden="(?:1|true)"', found.group(1)):
            ends = [re.search(rb'\b%s="(\d{1,6})"' % key, found.group(1)) for key in (b"min", b"max")]
            if ends[0] and ends[1]:
                columns.update(range(int(ends[0].group(1)) - 1, min(int(ends[1].group(1)), MAX_COLUMNS)))
    broken: set[str] = set()
    last_row = last_column = 0
    for found in _CELL.finditer(part):
        inner = found.group(2)
        if not inner:
            continue
        attributes = found.group(1)
        place = _ADDRESS.search(attributes)
        if place is None:
            continue
        if _RESULT.search(inner):
            last_row = max(last_row, int(place.group(2)))
            last_column = max(last_column, _number(place.group(1).decode()))
            if b't="e"' in attributes:
                broken.add((place.group(1) + place.group(2)).decode().upper())
        elif _FORMULA.search(inner):
            broken.add((place.group(1) + place.group(2)).decode().upper())
    if last_row > MAX_ROWS:
        raise Unreadable("ROWS", sheet=name, found=last_row, limit=MAX_ROWS)
    if last_column > MAX_COLUMNS:
        raise Unreadable("COLUMNS", sheet=name, found=last_column, limit=MAX_COLUMNS)
    seen.hidden_rows[name], seen.hidden_columns[name], seen.broken[name] = hidden, columns, broken


def read_file(data: bytes) -> list[Sheet]:
    """The sheets of a workbook (xlsx, xls) or of a text (CSV, tabs, semicolons; UTF-8 or GB 18030).

    Sheets without anything in them are left out. Raises Unreadable.
    """
    seen = _check(data)
    if kind_of(data) == "text":
        return read_text(decode(data))
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


def _parse(data: bytes, seen: _Seen) -> Iterator[Sheet]:
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


def limit_child(memory: int = 512 * 2**20, seconds: int = 30) -> None:
    """To be called first thing in a child that parses."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Standard input: a file. Standard output: its sheets, or {"code", "params"} of what is wrong with it."""
    limit_child()
    try:
        answer = as_json(read_file(sys.stdin.buffer.read(MAX_BYTES + 1)))
    except Unreadable as error:
        answer = json.dumps({"code": error.code, "params": error.params})
    except MemoryError:
        answer = json.dumps({"code": "TOO_SLOW", "params": {}})
    sys.stdout.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
