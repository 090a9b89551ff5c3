"""Bombs are refused by what they declare or at the first piece, before the work that they ask for is begun."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from core.rules import archives
from core.rules.apart import Unreadable
from core.rules.workbook import check, read_file

BOOK = (
    b'<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    b'<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = b'<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'


def archive(sheet: bytes = b"", *, level: int = 1, **parts: bytes) -> bytes:
    """A workbook of one sheet; level 0 leaves its parts as large as they are, so that no ratio refuses them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as target:
        target.writestr("xl/workbook.xml", BOOK)
        target.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        target.writestr("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>" + sheet + b"</sheetData></worksheet>")
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def rows(number: int, cell: str = '<c r="A{n}"><v>{n}</v></c>') -> bytes:
    return "".join(f'<row r="{n}">{cell.format(n=n)}</row>' for n in range(1, number + 1)).encode()


def many_entries() -> bytes:
    """A directory of as many entries as 10 MB hold, all of them one and the same part."""
    first = archive()
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 220_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(directory), len(first), 0)
    return first + directory + end


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
WIDE = b'<row r="1">' + b"".join(b"<c><v>1</v></c>" for _n in range(16_384)) + b"</row>"
BOMBS = {
    "ratio 1,000:1": (archive(**{"xl/media/a.bin": b"\0" * (10 * 2**20)}), "RATIO"),
    "10^5 and more entries": (many_entries(), "ENTRIES"),
    "an archive in an archive": (archive(**{"xl/embeddings/a.xlsx": archive()}), "EMBEDDED"),
    "billion laughs": (archive(**{"xl/sharedStrings.xml": LAUGHS}), "ENTITY"),
    "16,384 columns": (archive(WIDE), "COLUMNS"),
    "a million rows": (archive(rows(300_000)), "ROWS"),
    "rows without numbers": (archive(b"<row><c><v>1</v></c></row>" * 300_000, level=0), "ROWS"),
    "a far corner": (archive(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "ROWS"),
    "a tag without end": (archive(b"<c " + b"x" * (2 * 2**20) + b"y", level=0), "DAMAGED"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_name(name: str) -> None:
    data, code = BOMBS[name]
    with pytest.raises(Unreadable) as refused:
        read_file(data)
    assert refused.value.code == code


def test_a_quine_is_an_archive_without_a_workbook() -> None:
    """An archive that holds itself is never unpacked: only parts of a workbook are looked at, none as an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("r/r.zip", b"PK\x03\x04")
    with pytest.raises(Unreadable) as refused:
        check(buffer.getvalue())
    assert refused.value.code == "NO_WORKBOOK"


def inflated_by(monkeypatch: pytest.MonkeyPatch, data: bytes) -> tuple[int, int]:
    """Bytes unpacked until the refusal, and entries of the directory that were laid out."""
    counted = {"bytes": 0, "entries": 0}
    true = archives._inflated
    opened = zipfile.ZipFile

    def counting(*arguments: Any) -> Iterator[bytes]:
        for chunk in true(*arguments):
            counted["bytes"] += len(chunk)
            yield chunk

    def opening(*arguments: Any) -> zipfile.ZipFile:
        archive = opened(*arguments)
        counted["entries"] = len(archive.infolist())
        return archive

    with monkeypatch.context() as patch:
        patch.setattr(archives, "_inflated", counting)
        patch.setattr(archives.zipfile, "ZipFile", opening)
        with pytest.raises(Unreadable):
            read_file(data)
    return counted["bytes"], counted["entries"]


@pytest.mark.parametrize("name", BOMBS)
def test_the_work_until_a_refusal_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Instead of seconds: at most 2 MB are unpacked and 200 entries laid out, whatever the bomb would take."""
    unpacked, entries = inflated_by(monkeypatch, BOMBS[name][0])
    assert unpacked <= 2 * 2**20
    assert entries <= archives.MAX_ENTRIES


@pytest.mark.parametrize(
    ("name", "limit", "unpacked", "entries"),
    [
        ("10^5 and more entries", "MAX_DIRECTORY", 0, 220_000),
        ("a million rows", "MAX_ROWS", 9 * 2**20, 3),
    ],
)  # fmt: skip
def test_without_a_limit_the_work_is_done(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: str, unpacked: int, entries: int
) -> None:
    """The control: the parser's own guard behind it still refuses, but only when the work is done."""
    monkeypatch.setattr(archives, limit, 10**9)
    done = inflated_by(monkeypatch, BOMBS[name][0])
    assert done[0] >= unpacked
    assert done[1] >= entries


def test_what_stands_where_is_the_same_however_the_part_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(
        b'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1</f></c></row><row r="2" hidden="1"><c r="A2" t="e"><v>#N/A</v></c></row>'
        b'<row r="3"><c r="A3"><f>A1</f><v>1</v></c></row>'
    )
    found = []
    for size in (1, 2, 3, 7, 64, 2**18):
        monkeypatch.setattr(archives, "_CHUNK", size)
        seen = archives.look(data)
        found.append((seen.hidden_rows, seen.broken))
    sheet = "xl/worksheets/sheet1.xml"
    assert found == [({sheet: {1}}, {sheet: {"B1", "A2"}})] * 6
