"""Archives of others (.xlsx), looked at before any parser opens them, in memory that does not grow with the file.

`check_directory` reads the directory alone and inflates nothing: the web process asks it. `look` inflates part by part,
counting, keeps nothing but a window of what it reads, and says what it saw of the sheets: the child that parses asks it.
Both raise `Unreadable`: DAMAGED, ENTRIES(found, limit), INFLATED(limit), RATIO(part, limit), ENTITY(part), MACROS(part),
EMBEDDED(part), EXTERNAL(part), PATH(part), PASSWORD, NO_WORKBOOK, OLD_FORMAT, ROWS, COLUMNS(sheet, found, limit).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from core.rules.apart import Unreadable

MAX_ENTRIES = 200
MAX_DIRECTORY = 256 * 2**10  # bytes of the directory; those of 200 parts take a tenth of it
MAX_INFLATED = 50 * 2**20
MAX_RATIO = 100
RATIO_FROM = 2**20  # a small part may repeat itself as it likes
MAX_ROWS = 20_000
MAX_COLUMNS = 400
MAX_LIST = 8 * 2**20  # bytes of a list of sheets or relations
MAX_TAG = 2**20  # bytes from one tag of a sheet to the next: a cell holds 32,767 characters
MAX_BROKEN = 100_000  # formulas without a result that are named one by one

_CHUNK = 2**18
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_TAG = re.compile(rb"<(?:\w+:)?(row|col|c|v|is|f)\b([^<>]*)>")
_NUMBER = re.compile(rb'\br="(\d{1,9})"')
_ADDRESS = re.compile(rb'\br="([A-Za-z]{1,5})(\d{1,9})"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_FORBIDDEN = tuple(
    word.encode(coding) for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("utf-8", "utf-16le", "utf-16be")
)
_CODING = re.compile(rb"[^<]{0,4}<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']*)")


@dataclass(slots=True)
class Seen:
    """What a look at the parts of an archive found, by the path of the part of a sheet; rows and columns from 0."""

    hidden_rows: dict[str, set[int]] = field(default_factory=dict)
    hidden_columns: dict[str, set[int]] = field(default_factory=dict)
    broken: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # name of a sheet → relation, relation → path of its part


def check_directory(data: bytes) -> None:
    """Refuse an archive by what it says about itself; nothing is inflated."""
    try:
        with _opened(data):
            pass
    except Unreadable:
        raise
    except Exception as error:  # a torn archive fails in a dozen ways, and all of them mean the same
        raise Unreadable("DAMAGED") from error


def look(data: bytes) -> Seen:
    """Inflate every part, whatever its name, and look for what no parser may see."""
    seen = Seen()
    try:
        with _opened(data) as archive:
            left = MAX_INFLATED
            for entry in archive.infolist():
                for size in _part(entry.filename, _inflated(archive, entry, left), seen):
                    left -= size
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable("DAMAGED") from error
    return seen


def _opened(data: bytes) -> zipfile.ZipFile:
    _check_size_of_directory(data)
    archive = zipfile.ZipFile(io.BytesIO(data))
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise Unreadable("ENTRIES", found=len(entries), limit=MAX_ENTRIES)
    if sum(entry.file_size for entry in entries) > MAX_INFLATED:
        raise Unreadable("INFLATED", limit=MAX_INFLATED // 2**20)
    names = [entry.filename for entry in entries]
    if len({name.lower() for name in names}) != len(names):
        raise Unreadable("DAMAGED")
    for entry in entries:
        _check_entry(entry)
    if not any(name.lower().endswith("workbook.xml") for name in names):
        old = any(name in ("content.xml", "xl/workbook.bin") for name in names)
        raise Unreadable("OLD_FORMAT" if old else "NO_WORKBOOK", found="ods/xlsb")
    return archive


def _check_size_of_directory(data: bytes) -> None:
    """The directory is read as a whole by whoever opens an archive, an object an entry: its size is asked first."""
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        raise Unreadable("DAMAGED")
    count, size = struct.unpack_from("<HL", data, end + 10)
    if _END64 in data[max(0, end - 20 - 2**16) : end]:  # archives of more than 4 GB; ours have 10 MB at most
        raise Unreadable("DAMAGED")
    if size > MAX_DIRECTORY:
        raise Unreadable("ENTRIES", found=max(count, MAX_ENTRIES + 1), limit=MAX_ENTRIES)


def _check_entry(entry: zipfile.ZipInfo) -> None:
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


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    """The part piece by piece, counted while it is unpacked: what an archive declares about itself proves nothing."""
    allowed = min(entry.file_size, left)
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > allowed:
                raise Unreadable("INFLATED", limit=MAX_INFLATED // 2**20)
            yield chunk


def _part(name: str, chunks: Iterator[bytes], seen: Seen) -> Iterator[int]:
    """The sizes of the pieces of a part, looked at one after the other."""
    lower = name.lower()
    if not lower.endswith((".xml", ".rels", ".vml")):
        for chunk in chunks:
            yield len(chunk)
        return
    sheet = _Sheet(name) if re.fullmatch(r"xl/worksheets/[^/]+\.xml", lower) else None
    short = lower.endswith(".rels") or lower == "xl/workbook.xml"
    kept, tail = bytearray(), b""
    for number, chunk in enumerate(chunks):
        window = tail + chunk
        if any(word in window for word in _FORBIDDEN):
            raise Unreadable("ENTITY", part=name)
        coding = _CODING.match(chunk) if number == 0 else None
        if coding and coding.group(1).lower() not in (b"utf-8", b"utf-16", b"us-ascii"):
            raise Unreadable("DAMAGED")  # another coding could hide what is looked for here
        tail = window[-32:]
        if sheet is not None:
            sheet.feed(chunk)
        elif short:
            kept += chunk
            if len(kept) > MAX_LIST:
                raise Unreadable("INFLATED", limit=MAX_LIST // 2**20)
        yield len(chunk)
    if sheet is not None:
        sheet.finish()
        seen.hidden_rows[name], seen.hidden_columns[name] = sheet.hidden_rows, sheet.hidden_columns
        seen.broken[name] = sheet.broken
    elif short:
        _short_part(name, bytes(kept), seen)


def _short_part(name: str, part: bytes, seen: Seen) -> None:
    lower = name.lower()
    if lower.endswith(".rels") and re.search(rb'TargetMode\s*=\s*["\']External', part):
        # Links in cells (an e-mail address) lead outside too: nothing follows them. Others are data from elsewhere.
        for link in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", part):
            if b"External" in link and b"/hyperlink" not in link:
                raise Unreadable("EXTERNAL", part=name)
    if lower == "xl/workbook.xml":
        _sheet_names(part, seen, "names")
    if lower == "xl/_rels/workbook.xml.rels":
        _sheet_names(part, seen, "targets")


def _sheet_names(part: bytes, seen: Seen, what: str) -> None:
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


class _Sheet:
    """Far corners that would make a parser lay out a giant, hidden rows and columns, and formulas without a result.

    Reads tag by tag, so that neither time nor memory depend on what is closed where.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.broken: set[str] = set()
        self._row = self._column = 0  # of the last row and cell read, from 1
        self._address = b""  # of the last cell, if it says
        self._is_error = self._is_formula = False
        self._waiting = b""

    def feed(self, chunk: bytes) -> None:
        text = self._waiting + chunk
        cut = text.rfind(b"<")
        self._read(text[:cut] if cut > 0 else b"")
        self._waiting = text[max(cut, 0) :]
        if len(self._waiting) > MAX_TAG:
            raise Unreadable("DAMAGED")

    def finish(self) -> None:
        self._read(self._waiting)
        self._leave_cell()

    def _read(self, text: bytes) -> None:
        for tag, attributes in _TAG.findall(text):
            if tag in (b"v", b"is"):
                self._result()
            elif tag == b"c":
                self._leave_cell()
                self._enter_cell(attributes)
            elif tag == b"f":
                self._is_formula = True
            elif tag == b"row":
                self._leave_cell()
                number = _NUMBER.search(attributes)
                self._row, self._column = int(number[1]) if number else self._row + 1, 0
                if _HIDDEN.search(attributes) and self._row <= MAX_ROWS:
                    self.hidden_rows.add(self._row - 1)
            else:
                self._hide_columns(attributes)

    def _hide_columns(self, attributes: bytes) -> None:
        if _HIDDEN.search(attributes):
            ends = [re.search(rb'\b%s="(\d{1,6})"' % key, attributes) for key in (b"min", b"max")]
            if ends[0] and ends[1]:
                self.hidden_columns.update(range(int(ends[0][1]) - 1, min(int(ends[1][1]), MAX_COLUMNS)))

    def _enter_cell(self, attributes: bytes) -> None:
        if place := _ADDRESS.search(attributes):
            self._row, self._column = int(place[2]), _column_number(place[1])
            self._address = place[1] + place[2]
        else:  # a cell that doesn't say where it is stands behind the one before
            self._column += 1
            self._address = b""
        self._is_error = b't="e"' in attributes

    def _result(self) -> None:
        if self._row > MAX_ROWS:
            raise Unreadable("ROWS", sheet=self.name, found=self._row, limit=MAX_ROWS)
        if self._column > MAX_COLUMNS:
            raise Unreadable("COLUMNS", sheet=self.name, found=self._column, limit=MAX_COLUMNS)
        if self._is_error:
            self._note_broken()
        self._is_formula = False

    def _leave_cell(self) -> None:
        if self._is_formula:
            self._note_broken()
        self._is_error = self._is_formula = False

    def _note_broken(self) -> None:
        if self._address and len(self.broken) < MAX_BROKEN:
            self.broken.add(self._address.decode().upper())


def _column_number(letters: bytes) -> int:
    total = 0
    for letter in letters.upper():
        total = total * 26 + letter - 64
    return total
