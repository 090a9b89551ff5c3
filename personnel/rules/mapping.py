"""Which row of a sheet holds the headings, which column holds which field, and which rows are people.

Clerks' workbooks begin with titles over merged cells, name columns in many ways, repeat the headings on every printed
page, group people under the name of a community and end with totals and signatures. Nothing of that is a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.rules.workbook import Sheet, Value
from personnel.rules.cleaning import shown
from personnel.rules.fields import FIELDS, SECTIONS
from personnel.rules.fields import plain as word

# Columns that are read and go nowhere: `number` counts rows, `age` is compared with the birth date, `street` helps to
# tell communities of one name apart, `marks` is what this program writes into a file that it hands back.
HELPERS: Mapping[str, tuple[str, ...]] = {
    "helper.number": ("序号", "编号", "No", "No.", "#", "行号"),
    "helper.age": ("年龄", "年龄(岁)", "周岁", "Age"),
    "helper.street": ("街道", "镇街", "乡镇", "乡镇街道", "镇(街道)", "所属街道", "街道(乡镇)", "街镇", "Street"),
    "helper.marks": ("错误说明", "What is wrong"),
}
MARKS = ("错误说明", "What is wrong")
LOOK_AT = 30  # rows among which the headings are looked for
_TOTAL = re.compile(r"(合计|小计|总计|共计|总人数|人数合计|合计人数)")
_NOTE = re.compile(
    r"(注|备注|说明|填表|制表|审核|审批|填报|联系|负责人|单位负责人|日期|盖章|示例|例|Note|Example)(人|单位|电话|日期)?\s*[:：\d、（(]|^(示例|例)$"
)
_EXAMPLE = re.compile(r"^[(（\[【]?(示例|范例|样例|例如|填写示例|Example)")
_SECTION = re.compile(
    r"^[一二三四五六七八九十\d]*[、.．)）]?\s*(.{2,30}?(社区|街道|镇|乡|居委会|党委|网格|中心|村)(居民委员会|居委会|委员会)?)\s*[(（:：]?.{0,12}$"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet, counted from 0; `field` is empty where nobody knows what it holds."""

    index: int
    header: str
    field: str
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is nobody: `reason` is BLANK, REPEATED_HEADER, TOTAL, NOTE, EXAMPLE or SECTION."""

    row: int
    reason: str
    text: str = ""


@dataclass(slots=True)
class Layout:
    """How a sheet is to be read: headings in rows `top` to `bottom` (from 0, inclusive), people below.

    twice: headings that ask for a field that an earlier column already holds; those columns are not read.
    """

    sheet: str
    top: int
    bottom: int
    columns: list[Column]
    twice: list[Column] = field(default_factory=list)

    def of(self, code: str) -> int | None:
        return next((column.index for column in self.columns if column.field == code), None)


def heading(text: object) -> str:
    """A heading as it is compared.

    >>> heading("＊身份证\\n号 码：（必填）")
    '身份证号码'
    """
    plain = re.sub(r"[\s*_:：★☆▲●·]+", "", unicodedata.normalize("NFKC", shown(text)))
    return re.sub(r"[(\[【〔](必填|选填|必填项|下拉选择|required)[)\]】〕]", "", plain, flags=re.IGNORECASE).lower()


def _dictionary() -> dict[str, str]:
    """Heading as it is compared → code of the field. Where two fields claim one, the first keeps it.

    A field's own names go before any synonym, so that what this program writes it reads back as what it was.
    """
    found: dict[str, str] = {}
    for code, names in HELPERS.items():
        for name in names:
            found.setdefault(heading(name), code)
    for one in FIELDS.values():
        for name in (one.zh, f"{SECTIONS[one.section].en}: {one.en}", one.en if "." not in one.code else ""):
            found.setdefault(heading(name), one.code)
    for one in FIELDS.values():
        for name in (*one.synonyms, one.code):
            found.setdefault(heading(name), one.code)
    found.pop("", None)
    return found


KNOWN: Mapping[str, str] = MappingProxyType(_dictionary())


def field_of(header: str, known: Mapping[str, str] | None = None) -> str:
    """The field that a heading asks for: as it stands, without its brackets, or the last part of a double heading."""
    known = KNOWN if known is None else known
    plain = heading(header)
    for text in (plain, re.sub(r"[(\[【〔].*?[)\]】〕]", "", plain)):
        if text in known:
            return known[text]
    return ""


def lay_out(sheet: Sheet, known: Mapping[str, str] | None = None) -> Layout | None:
    """Find the headings; None where no row looks like headings (fewer than two known ones, none of them a name or ID)."""
    known = KNOWN if known is None else known
    best: tuple[float, Layout] | None = None
    for top in range(min(LOOK_AT, len(sheet.rows))):
        for bottom in (top, top + 1):
            if bottom >= len(sheet.rows):
                continue
            layout = _columns(sheet, top, bottom, known)
            codes = {column.field for column in layout.columns if column.field}
            if len(codes - set(HELPERS)) < 2 or not codes & {"name", "identity_number"}:
                continue
            strange = sum(1 for column in layout.columns if not column.field)
            score = len(codes) - 0.3 * len(layout.twice) - 0.1 * strange - 0.05 * top - (0.6 if bottom > top else 0)
            if best is None or score > best[0]:
                best = (score, layout)
    if best is None:
        return None
    layout = best[1]
    rows = sheet.rows[layout.bottom + 1 : layout.bottom + 60]
    layout.columns = [
        Column(column.index, column.header, column.field, _sample(rows, column.index)) for column in layout.columns
    ]
    return layout


def _sample(rows: list[list[Value]], index: int) -> str:
    return next((shown(row[index])[:40] for row in rows if index < len(row) and row[index] is not None), "")


def _columns(sheet: Sheet, top: int, bottom: int, known: Mapping[str, str]) -> Layout:
    """The columns if the headings stood in these rows; an upper heading reaches over the cells merged with it."""
    upper = [heading_text(cell) for cell in sheet.rows[top]]
    layout = Layout(sheet.name, top, bottom, [])
    if bottom > top:
        for first, left, last, right in sheet.merged:
            if first <= top <= last and left < len(upper) and right - left < 60:
                upper += [""] * (right + 1 - len(upper))
                for number in range(left, right + 1):
                    upper[number] = upper[left]
        lower = [heading_text(cell) for cell in sheet.rows[bottom]]
        names = []
        for number in range(max(len(upper), len(lower))):
            above = upper[number] if number < len(upper) else ""
            below = lower[number] if number < len(lower) else ""
            names.append(_double(above, below, known))
    else:
        names = [(text, field_of(text, known)) for text in upper]
    taken: set[str] = set()
    for index, (text, code) in enumerate(names):
        if not text:
            continue
        column = Column(index, text, code)
        if code and code in taken:
            layout.twice.append(column)
            code = ""
            column = Column(index, text, "")
        taken.add(code)
        layout.columns.append(column)
    if "employment.unit" not in taken:  # a street's own staff: the street is the unit
        layout.columns = [
            Column(column.index, column.header, "employment.unit") if column.field == "helper.street" else column
            for column in layout.columns
        ]
    return layout


def _double(above: str, below: str, known: Mapping[str, str]) -> tuple[str, str]:
    """A heading of two rows: both together, else the lower, else the upper one alone."""
    if not below:
        return above, field_of(above, known)
    together = f"{above}{below}" if above != below else below
    code = field_of(together, known) or field_of(below, known)
    return (f"{above} {below}".strip() if above != below else below), code


def heading_text(cell: Value) -> str:
    text = re.sub(r"\s+", " ", shown(cell)).strip() if isinstance(cell, str) else ""
    return text[:80]


def cell_of(sheet: Sheet, row: int, column: int) -> Value:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return cells[column] if column < len(cells) else None


def spread(sheet: Sheet, layout: Layout) -> dict[tuple[int, int], tuple[int, int]]:
    """Cells below the headings that show the value of a merged cell → the cell that holds it."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for first, left, last, right in sheet.merged:
        if first <= layout.bottom or right > left or last - first > 5_000:
            continue  # only cells merged downwards: across, it is a title or a signature
        for row in range(first + 1, last + 1):
            found[row, left] = (first, left)
    return found


def people_rows(sheet: Sheet, layout: Layout) -> tuple[list[tuple[int, str]], list[Line]]:
    """The rows of people, each with the heading of the group it stands under (or ""), and the rows that are nobody."""
    useful = [column.index for column in layout.columns if column.field and column.field != "helper.number"]
    useful = [index for index in useful if index not in _helper_indexes(layout)] or useful
    headers = {index: heading(cell_of(sheet, layout.bottom, index)) for index in useful}
    merged = spread(sheet, layout)
    people: list[tuple[int, str]] = []
    nobody: list[Line] = []
    section = ""
    for row in range(layout.bottom + 1, len(sheet.rows)):
        cells = sheet.rows[row]
        filled = [shown(cell).strip() for cell in cells if cell is not None and shown(cell).strip()]
        if not filled:
            continue  # formatted and empty: not worth a word
        own = [index for index in useful if cell_of(sheet, row, index) is not None and (row, index) not in merged]
        reason = _reason(sheet, layout, row, filled, own, headers)
        if reason == "SECTION":
            found = _SECTION.match(filled[0])
            section = found.group(1) if found else section
        if reason:
            nobody.append(Line(row, reason, filled[0][:60]))
        else:
            people.append((row, section))
    return people, nobody


def _helper_indexes(layout: Layout) -> set[int]:
    return {column.index for column in layout.columns if column.field in ("helper.number", "helper.marks")}


def _reason(
    sheet: Sheet, layout: Layout, row: int, filled: list[str], own: list[int], headers: Mapping[int, str]
) -> str:
    same = sum(1 for index, text in headers.items() if text and heading(cell_of(sheet, row, index)) == text)
    if same >= max(2, len(headers) // 2):
        return "REPEATED_HEADER"
    if any(_EXAMPLE.match(text) for text in filled[:3]):
        return "EXAMPLE"
    name = layout.of("name")
    called = shown(cell_of(sheet, row, name)).strip() if name is not None else ""
    number = layout.of("identity_number")
    numbered = shown(cell_of(sheet, row, number)).strip() if number is not None else ""
    if any(_TOTAL.match(word(text)) for text in filled[:3]) and not numbered:
        return "TOTAL"
    if not numbered and len(filled) <= 4 and _NOTE.match(filled[0]):
        return "NOTE"
    if len(filled) == 1 and not numbered:
        if _SECTION.match(filled[0]):
            return "SECTION"
        if len(filled[0]) > 12:
            return "NOTE"
    if not own or (not called and not numbered and len(own) <= 1 and len(filled) <= 2):
        return "BLANK"
    return ""
