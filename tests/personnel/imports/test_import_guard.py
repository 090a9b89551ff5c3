"""What must not reach a parser does not: bombs, entities, macros, links outside, far corners."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.errors import Refused
from core.rules import archives
from core.rules.apart import Unreadable
from core.rules.workbook import MAX_BYTES, read_file
from personnel.models import Import
from tests.personnel.imports.conftest import person_row, rewritten, roster, workbook

PLAIN = roster([person_row(1)])


def archive(parts: dict[str, bytes], base: bytes = PLAIN) -> bytes:
    buffer = io.BytesIO(base)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def sheet_with(cell: bytes) -> bytes:
    return rewritten(PLAIN, "sheet1.xml", b"</row></sheetData>", cell + b"</row></sheetData>")


def far() -> bytes:
    return rewritten(
        PLAIN, "sheet1.xml", b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )


def lying() -> bytes:
    """A part that unpacks to more than it declares (in the directory of the archive)."""
    data = archive({"xl/media/a.bin": b"\0" * 400_000})
    place = data.rindex(b"xl/media/a.bin") - 46  # its entry in the central directory
    return data[: place + 24] + (10).to_bytes(4, "little") + data[place + 28 :]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY"),
        (b"  \r\n \r\n", "EMPTY"),
        (b"a" * (MAX_BYTES + 1), "TOO_LARGE"),
        (b"%PDF-1.4", "NO_WORKBOOK"),
        (b"PK\x03\x04 not an archive", "DAMAGED"),
        (PLAIN[: len(PLAIN) // 2], "DAMAGED"),
        (archive({f"xl/media/{n}.bin": b"x" for n in range(200)}), "ENTRIES"),
        (archive({"xl/media/a.bin": b"\0" * (60 * 2**20)}), "INFLATED"),
        (archive({"xl/media/a.bin": b"\0" * (2 * 2**20)}), "RATIO"),
        (archive({"xl/worksheets/sheet9.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}), "ENTITY"),
        (archive({"xl/worksheets/sheet9.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16")}), "ENTITY"),
        (archive({"xl/vbaProject.bin": b"x"}), "MACROS"),
        (archive({"xl/embeddings/oleObject1.bin": b"x"}), "EMBEDDED"),
        (archive({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "EXTERNAL"),
        (archive({"../../etc/passwd": b"x"}), "PATH"),
        (far(), "ROWS"),
        (rewritten(PLAIN, "sheet1.xml", b'r="S1"', b'r="XFD1"'), None),
        (workbook([["姓名"] * 401]), "COLUMNS"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "CODING"),
    ],
)  # fmt: skip
def test_a_dangerous_file_is_refused_by_name(data, code):
    if code is None:
        read_file(data)
        return
    with pytest.raises(Unreadable) as refused:
        read_file(data)
    assert refused.value.code == code


def test_a_part_may_not_unpack_to_more_than_it_declares():
    with pytest.raises(Unreadable) as refused:
        read_file(lying())
    assert refused.value.code in ("INFLATED", "DAMAGED")


def test_the_limit_of_the_ratio_is_what_refuses(monkeypatch):
    """The control: with the guard off the same archive passes."""
    data = archive({"xl/media/a.bin": b"\0" * (2 * 2**20)})
    monkeypatch.setattr(archives, "MAX_RATIO", 10**9)
    read_file(data)


def test_links_in_cells_do_not_matter():
    rels = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
        b'Target="mailto:a@b.cn" TargetMode="External"/></Relationships>'
    )
    read_file(archive({"xl/worksheets/_rels/sheet1.xml.rels": rels}))


@pytest.mark.django_db
def test_a_refused_upload_leaves_nothing_and_says_what_to_do(upload):
    with pytest.raises(Refused) as refused:
        upload(archive({"xl/vbaProject.bin": b"x"}))
    assert "vbaProject" in str(refused.value)
    assert Import.objects.count() == 0


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("sign", [",", "\t", ";", "，"])
def test_texts_are_read_in_every_coding_and_with_every_sign(coding, sign):
    text = sign.join(("姓名", "身份证号", "学历")) + "\r\n" + sign.join(("王芳", "11010519491231002X", "大学")) + "\r\n"
    (sheet,) = read_file(text.encode(coding))
    assert sheet.rows == [["姓名", "身份证号", "学历"], ["王芳", "11010519491231002X", "大学"]]


def test_csv_numbers_kept_as_text_by_a_formula_are_text():
    (sheet,) = read_file('姓名,身份证号\n王芳,="110105194912310021"\n'.encode())
    assert sheet.rows[1] == ["王芳", "110105194912310021"]


def test_formatted_empty_rows_cost_nothing():
    rows = [["姓名", "身份证号"], ["王芳", "11010519491231002X"]]
    data = rewritten(workbook(rows), "sheet1.xml", b"</sheetData>",
                     b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(3, 60_000)) + b"</sheetData>")  # fmt: skip
    (sheet,) = read_file(data)
    assert sheet.rows == rows
