"""A table of units as an office has it: a workbook, or a CSV (UTF-8 or GB18030; comma, semicolon or tab).

One row a unit. Columns are found by their headings in any order; only code and name must be there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from core.rules.workbook import Sheet, Value, letters
from organization.rules.codes import DIGITS, PARENTS

HEADINGS: dict[str, tuple[str, ...]] = {
    "code": ("code", "代码", "编码", "单位代码", "区划代码", "统计用区划代码"),
    "name": ("name", "名称", "单位名称", "单位"),
    "name_en": ("name_en", "英文名称", "英文名"),
    "kind": ("kind", "类型", "类别", "层级"),
    "parent": ("parent", "上级代码", "上级", "上级单位代码"),
    "valid_from": ("valid_from", "from", "起始日期", "设立日期", "生效日期"),
    "valid_to": ("valid_to", "to", "终止日期", "撤销日期"),
    "residents": ("residents", "常住人口", "人口", "人口数"),
    "households": ("households", "户数", "家庭户数"),
    "day": ("day", "统计日期", "数据日期"),
    "source": ("source", "来源", "数据来源"),
}
KINDS: dict[str, str] = {
    "省": "PROVINCE", "市": "CITY", "地级市": "CITY", "地区": "CITY", "自治州": "CITY", "县": "COUNTY", "区": "COUNTY",
    "县级市": "COUNTY", "区县": "COUNTY", "街道": "STREET", "镇": "STREET", "乡": "STREET", "乡镇": "STREET",
    "乡镇街道": "STREET", "社区": "COMMUNITY", "村": "COMMUNITY", "行政村": "COMMUNITY", "网格": "GRID", "小区": "ESTATE",
    "居民小区": "ESTATE",
}  # fmt: skip
NUMBERS = ("residents", "households")
MOST_ROWS = 5_000  # that travel with a review in the browser
_DAY = re.compile(r"^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?$|^(\d{4})(\d{2})(\d{2})$")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: line from 1 as a spreadsheet counts, column as its letter, code of the fault, details."""

    line: int
    column: str
    code: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of a file. `parent` is the full code of the unit above, or "" for a province; `parent_given` and
    `begin_given` tell whether the row says so itself.
    """

    line: int
    code: str
    name: str
    name_en: str
    kind: str
    parent: str
    valid_from: date
    valid_to: date | None
    facts: dict[str, str]
    day: date | None
    source: str
    columns: dict[str, str]
    parent_given: bool = False
    begin_given: bool = False


def table(sheets: Sequence[Sheet]) -> list[list[str]]:
    """The rows of the first sheet with the headings of a code and a name (else of the first), as texts without blanks.

    Hidden sheets are not read.
    """
    shown = [sheet for sheet in sheets if sheet.visible] or list(sheets[:1])
    found = [[[_cell(value) for value in row] for row in sheet.rows] for sheet in shown]
    return next((rows for rows in found if _headings(rows)[0] is not None), found[0] if found else [])


def _cell(value: Value) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()


def day_of(text: str) -> date | None:
    """A day as offices write it: 2026-01-31, 2026.1.31, 2026/1/31, 2026年1月31日, 20260131. None if it is none."""
    found = _DAY.match(text.replace(" ", ""))
    if not found:
        return None
    parts = [part for part in found.groups() if part is not None]
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def read_lines(rows: Sequence[Sequence[str]], begin: date | None = None) -> tuple[list[UnitLine], list[Fault]]:
    """The units of a table and everything that is wrong with it, both in the order of the file.

    begin: the first day of units whose row gives none. The headings are in the first row that has a code's heading and
    a name's; rows before it are titles.
    """
    at, columns, faults = _headings(rows)
    if at is None:
        return [], faults
    lines: list[UnitLine] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        cells = {name: row[index] if index < len(row) else "" for name, index in columns.items()}
        if not any(cells.values()):
            continue
        line, wrong = _line(number, cells, columns, begin)
        faults += wrong
        if line is None:
            continue
        if line.code in seen:
            faults.append(
                Fault(number, letters(columns["code"]), "TWICE", {"value": line.code, "line": str(seen[line.code])})
            )
            continue
        seen[line.code] = number
        lines.append(line)
    if not lines and not faults:
        faults.append(Fault(at + 2, "A", "NO_ROWS"))
    return lines, faults


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int | None, dict[str, int], list[Fault]]:
    words = {word: name for name, known in HEADINGS.items() for word in known}
    for at, row in enumerate(rows[:20]):
        columns: dict[str, int] = {}
        faults: list[Fault] = []
        for index, cell in enumerate(row):
            name = words.get(re.sub(r"[\s*（(].*$", "", cell.lower()))
            if name in columns:
                faults.append(Fault(at + 1, letters(index), "HEADING_TWICE", {"value": cell}))
            elif name is not None:
                columns[name] = index
            elif cell:
                faults.append(Fault(at + 1, letters(index), "HEADING", {"value": cell}))
        if "code" in columns and "name" in columns:
            return at, columns, faults
    return None, {}, [Fault(1, "A", "NO_HEADINGS")]


def _line(
    number: int, cells: dict[str, str], columns: dict[str, int], begin: date | None
) -> tuple[UnitLine | None, list[Fault]]:
    faults: list[Fault] = []

    def fault(name: str, code: str, **params: str) -> None:
        at = columns.get(name, columns["code"])
        faults.append(Fault(number, letters(at), code, {"value": cells.get(name, "")} | params))

    code = cells["code"]
    if not (code.isascii() and code.isdigit()) or len(code) not in (*DIGITS.values(), 12):
        fault("code", "CODE")
        code = ""
    elif len(code) < 12:
        code = code.ljust(12, "0")
    if not cells["name"] or len(cells["name"]) > 100:
        fault("name", "NAME")
    typed = cells.get("kind", "")
    kind = KINDS.get(typed, typed.upper()) if typed else _kind_of(code)
    if kind not in PARENTS and (typed or code):
        fault("kind", "KIND")
    parent = cells.get("parent", "")
    if parent and not (parent.isascii() and parent.isdigit()):
        fault("parent", "CODE")
    given = bool(parent)
    parent = parent.ljust(12, "0") if parent else _parent_of(code, kind)
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_to", "day"):
        text = cells.get(name, "")
        days[name] = day_of(text) if text else None
        if text and days[name] is None:
            fault(name, "DAY")
    if not cells.get("valid_from"):
        days["valid_from"] = begin
        if begin is None:
            fault("valid_from", "NO_BEGIN")
    start, end = days["valid_from"], days["valid_to"]
    if start is not None and end is not None and end <= start:
        fault("valid_to", "ENDS_BEFORE")
    facts: dict[str, str] = {}
    for name in NUMBERS:
        text = cells.get(name, "").replace(",", "")
        if text and (not text.isascii() or not text.isdigit() or len(text) > 12):
            fault(name, "NUMBER")
        elif text:
            facts[name] = str(int(text))
    if facts and not cells.get("source"):
        fault("source", "NO_SOURCE")
    if facts and days["day"] is None and not cells.get("day"):
        fault("day", "NO_DAY")
    if faults or start is None:
        return None, faults
    return (
        UnitLine(
            number, code, cells["name"], cells.get("name_en", ""), kind, parent, start, end, facts, days["day"],
            cells.get("source", ""), {name: letters(index) for name, index in columns.items()}, given,
            bool(cells.get("valid_from")),
        ),
        faults,
    )  # fmt: skip


def _kind_of(code: str) -> str:
    """The kind that a statistical code tells by itself; 15 digits may be a grid or an estate."""
    if len(code) != 12:
        return ""
    for kind, length in DIGITS.items():
        if length == 12 or not code[length:].strip("0"):
            return kind
    return ""


def _parent_of(code: str, kind: str) -> str:
    lengths = {"CITY": 2, "COUNTY": 4, "STREET": 6, "COMMUNITY": 9, "GRID": 12, "ESTATE": 12}
    return code[: lengths[kind]].ljust(12, "0") if code and kind in lengths else ""
