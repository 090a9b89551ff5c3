"""The columns of a file of applicants, and its cells in their normal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from personnel.rules.cleaning import clean, shown, tidy
from personnel.rules.words import WORDS


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the attribute that it fills, its kind, the headings that name it, and whose codes it has."""

    name: str
    kind: str
    headings: tuple[str, ...]
    codes: str = ""


POSITION = "position"  # the line of the plan, by its number in the plan
APPLIED = "applied"  # the day on which the application came in
COLUMNS = (
    Column(POSITION, "number", ("岗位代码", "岗位序号", "报考岗位代码")),
    Column("name", "name", ("姓名",)),
    Column("identity_number", "identity", ("身份证号", "身份证号码", "公民身份号码")),
    Column("sex", "code", ("性别",), "Sex"),
    Column("birth_date", "date", ("出生日期", "出生年月日")),
    Column("phone", "phone", ("手机号码", "手机号", "联系电话")),
    Column("political_status", "code", ("政治面貌",), "PoliticalStatus"),
    Column("education", "code", ("学历",), "EducationLevel"),
    Column("degree", "code", ("学位",), "Degree"),
    Column("study_mode", "code", ("学习形式", "学历性质"), "StudyMode"),
    Column("school", "text", ("毕业院校", "毕业学校")),
    Column("major", "text", ("专业", "所学专业")),
    Column("graduated", "date", ("毕业日期", "毕业时间")),
    Column("certificate", "code", ("职业资格证书", "职业资格", "资格证书"), "CertificateLevel"),
    Column("certificate_number", "text", ("证书编号", "资格证书编号")),
    Column("certificate_issued", "date", ("发证日期", "取得日期")),
    Column("registered_residence", "text", ("户籍地代码",)),
    Column("work_started", "date", ("参加工作日期", "参加工作时间")),
    Column("experience_months", "number", ("社区工作月数",)),
    Column(APPLIED, "date", ("报名日期", "报名时间")),
)
NEEDED = (POSITION, "name", "identity_number")


@dataclass(slots=True)
class Read:
    """Rows by their number in the file (from 1), and what is wrong: (row, heading, code, what stands there)."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[tuple[int, str, str, str]] = field(default_factory=list)


def read_rows(sheet: Sequence[Sequence[Any]]) -> Read:
    """The applicants of a sheet whose first filled row has the headings, and everything that is wrong with it.

    Codes of faults: COLUMN (a needed column is missing), HEADING (nobody knows it), TWICE (a heading), EMPTY (a needed
    cell), or what `clean` says of a cell.
    """
    found = Read()
    named = {heading: column for column in COLUMNS for heading in column.headings}
    start = next((n for n, row in enumerate(sheet) if any(shown(cell).strip() for cell in row)), None)
    columns: dict[int, Column] = {}
    for at, cell in enumerate(sheet[start] if start is not None else ()):
        heading = tidy(shown(cell))[0]
        if not heading:
            continue
        column = named.get(heading)
        if column is None:
            found.faults.append(((start or 0) + 1, heading, "HEADING", heading))
        elif column in columns.values():
            found.faults.append(((start or 0) + 1, heading, "TWICE", heading))
        else:
            columns[at] = column
    for name in NEEDED:
        if name not in {column.name for column in columns.values()}:
            heading = next(column.headings[0] for column in COLUMNS if column.name == name)
            found.faults.append(((start or 0) + 1, heading, "COLUMN", ""))
    if found.faults or start is None:
        return found
    for number, row in enumerate(sheet[start + 1 :], start=start + 2):
        if not any(shown(cell).strip() for cell in row):
            continue
        values: dict[str, str] = {}
        for at, column in columns.items():
            cell = row[at] if at < len(row) else None
            read = clean(column.kind, cell, words=_words(column.codes))
            if read.problem is not None:
                found.faults.append((number, column.headings[0], read.problem.code, shown(cell)))
            elif read.value:
                values[column.name] = read.value
            elif column.name in NEEDED:
                found.faults.append((number, column.headings[0], "EMPTY", ""))
        found.rows.append((number, values))
    return found


def _words(codes: str) -> Mapping[str, str]:
    return {word: code for code, words in WORDS.get(codes, {}).items() for word in (code, *words)}
