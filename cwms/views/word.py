"""The papers of a case as Word documents, for offices that go on writing in them: the same blanks as the PDF, filled in.

A page of a document is what the reader's own word processor makes of it; the PDF alone has exact pages.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "宋体"
ACTS = {"APPOINT": "任命", "REMOVE": "免去"}
TAILS = {"APPOINT": "任职", "REMOVE": "免职"}
COUNTS = {"natural": "自然日", "working": "工作日"}
# A document says nothing of the machine that made it, and is the same whenever it is made.
MADE = datetime(2000, 1, 1, tzinfo=UTC)
Data = dict[str, Any]


def word(paper: str, data: Data) -> bytes:
    """The Word document of a paper of WRITERS with its blanks filled."""
    sheet = _sheet(12)
    WRITERS[paper](sheet, data)
    made, out = io.BytesIO(), io.BytesIO()
    sheet.save(made)
    with ZipFile(made) as parts, ZipFile(out, "w", ZIP_DEFLATED) as again:
        for name in parts.namelist():  # with the day of MADE instead of now
            again.writestr(ZipInfo(name, MADE.timetuple()[:6]), parts.read(name), ZIP_DEFLATED)
    return out.getvalue()


def _sheet(size: float) -> Paper:
    """An A4 sheet of an office: margins, type, and no author."""
    sheet = Document()
    section = sheet.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2)
    style: Any = sheet.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    known = sheet.core_properties
    known.author, known.comments, known.title = "", "", ""
    known.created = known.modified = MADE
    return sheet


def _say(
    sheet: Paper, text: str, *, size: float = 12, bold: bool = False, align: str = "left", indent: bool = True
) -> Paragraph:
    """A paragraph; one of running text begins two characters further in."""
    made = sheet.add_paragraph()
    run = made.add_run(text)
    run.bold, run.font.size = bold, Pt(size)
    made.alignment = {
        "left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }[align]  # fmt: skip
    if indent and align == "left":
        made.paragraph_format.first_line_indent = Pt(2 * size)
    return made


def _title(sheet: Paper, text: str) -> None:
    _say(sheet, text, size=18, bold=True, align="center")


def _signed(sheet: Paper, who: str, day: str) -> None:
    _say(sheet, who, align="right")
    _say(sheet, day, align="right")


def _table(sheet: Paper, rows: Iterable[Sequence[str]], widths: Sequence[float]) -> Table:
    """A ruled table; widths in cm."""
    lines = [list(row) for row in rows]
    made = sheet.add_table(rows=len(lines), cols=len(widths))
    made.style, made.alignment, made.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for row, texts in zip(made.rows, lines, strict=True):
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = Cm(width)
            _fill(cell, text)
    return made


def _fill(cell: _Cell, text: str) -> None:
    cell.text = text
    for line in cell.paragraphs:
        for run in line.runs:
            run.font.size = Pt(10.5)


def _department(data: Data) -> str:
    return f"{data['county']}委组织部"


def _committee(data: Data) -> str:
    return f"{data['street']}党工委"


def _proposed(data: Data) -> str:
    """“任命陈明同志东风社区书记”."""
    return f"{ACTS[data['act']]}{data['name']}同志{data['unit']}{data['post']}"


def _approval(sheet: Paper, data: Data) -> None:
    _title(sheet, "干部任免审批表")
    _table(
        sheet,
        [
            ("姓名", data["name"], "性别", data["sex"], "出生年月（岁）", data["born"]),
            ("民族", data["ethnicity"], "籍贯", data["native_place"], "出生地", data["birth_place"]),
            ("入党时间", data["party"], "参加工作时间", data["work_start"], "健康状况", data["health"]),
            ("专业技术职务", data["professional_title"], "熟悉专业有何专长", data["skill"], "照片", ""),
        ],
        (2.4, 3.1, 2.4, 3.1, 2.4, 3.1),
    )
    _table(
        sheet,
        [
            ("全日制教育", data["full_time"][0], "毕业院校系及专业", data["full_time"][1]),
            ("在职教育", data["part_time"][0], "毕业院校系及专业", data["part_time"][1]),
        ],
        (2.4, 5.5, 3.1, 5.5),
    )
    _table(
        sheet,
        [
            ("现任职务", data["posts"]),
            ("拟任职务", data["appointed"]),
            ("拟免职务", data["removed"]),
            ("简历", "\n".join(data["resume"])),
            ("奖惩情况", "\n".join(data["honours"])),
            ("年度考核结果", "\n".join(data["results"])),
            ("任免理由", data["reason"]),
        ],
        (2.4, 14.1),
    )
    _table(sheet, [("称谓", "姓名", "年龄", "政治面貌", "工作单位及职务"), *data["family"]], (2.4, 2.6, 1.6, 3, 6.9))
    _table(
        sheet,
        [
            ("呈报单位", f"{_committee(data)}\n{data['reported']}"),
            ("审批机关意见", f"{data['decision']}\n（盖章）　{data['decided']}"),
            ("行政机关任免意见", f"{data['order']}\n（盖章）　{data['ordered']}"),
        ],
        (3.4, 13.1),
    )
    _say(sheet, f"填表人：{data['writer']}", size=9, indent=False)


def _opinion(sheet: Paper, data: Data) -> None:
    for number, one in enumerate(data["departments"]):
        if number:
            sheet.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _title(sheet, "征求意见函")
        _say(sheet, f"{one['name']}：", indent=False)
        _say(sheet, f"根据{data['rules']}，现就拟{_proposed(data)}一事征求你单位意见。有关人员情况如下：")
        _table(sheet, data["summary"], (3, 13.5))
        _say(sheet, "请于收到本函后对该同志提出意见：无异议、有异议（请写明理由）或需补充材料，并将回执退回我部。")
        _signed(sheet, _department(data), data["sent"])
        _title(sheet, "回　　执")
        _say(sheet, f"{_department(data)}：", indent=False)
        _say(sheet, f"关于拟{_proposed(data)}的征求意见函收悉。我单位意见：")
        _say(sheet, one["answer"])
        if one["reason"]:
            _say(sheet, f"理由：{one['reason']}")
        _signed(sheet, f"{one['name']}（盖章）", one["day"])


def _notice(sheet: Paper, data: Data) -> None:
    _title(sheet, "公　　示")
    _say(sheet, f"根据{data['rules']}，经研究，拟{_proposed(data)}。现予公示。", size=14)
    _table(sheet, data["summary"], (3.5, 13))
    counted = COUNTS[data["count"]]
    _say(sheet, f"公示期：{data['first']} 至 {data['last']}（{data['days']} 个{counted}）。", size=14)
    _say(
        sheet,
        f"公示期内，对公示对象有异议的，可以书面、来电、来访等方式向{_department(data)}反映。"
        "反映问题应实事求是，提倡实名。",
        size=14,
    )
    _signed(sheet, _department(data), data["first"])


def _order(sheet: Paper, data: Data) -> None:
    _say(sheet, data["number"], size=14, align="center")
    _title(sheet, f"关于{data['name']}同志职务任免的通知")
    _say(sheet, "各社区党组织：", size=14, indent=False)
    _say(sheet, f"根据{data['rules']}，经研究决定：", size=14)
    _say(sheet, f"{_proposed(data)}，自 {data['effective']} 起{TAILS[data['act']]}。", size=14)
    _signed(sheet, _committee(data), data["effective"])


WRITERS: dict[str, Callable[[Paper, Data], None]] = {
    "approval": _approval,
    "opinion": _opinion,
    "notice": _notice,
    "order": _order,
}
