"""One workbook with every fault that clerks' workbooks have: each is found in its own cell, and nothing else is."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from core.rules.workbook import address
from personnel.models import ImportRow
from personnel.services import certificate_add
from tests.personnel.imports.conftest import HEADERS, identity, person_row, rewritten, roster

pytestmark = pytest.mark.django_db
COLUMN = {header: index for index, header in enumerate(("序号", *HEADERS, "年龄", "街道"))}
TOP = 4  # row of the headings, from 0: two titles over merged cells, a line of who fills it in, an empty row

# (what is wrong, header, what stands in the cell, level, code, suggestion). None: the row says more than one cell.
CELLS: list[tuple[str, str, Any, str, str, str | None]] = [
    ("number as a number", "身份证号", 5.1010519491231e17, "ERROR", "EXPONENT", None),
    ("number as 5.10E+17", "身份证号", "5.10E+17", "ERROR", "EXPONENT", None),
    ("wrong last digit", "身份证号", "110105194912310021", "ERROR", "IDENTITY_CHECK", None),
    ("no such birth date in the number", "身份证号", "110105194913310020", "ERROR", "IDENTITY_CHECK", None),
    ("16 digits", "身份证号", "1101051949123100", "ERROR", "IDENTITY_LENGTH", None),
    ("17 digits", "身份证号", "11010519491231002", "ERROR", "IDENTITY_SHORT", "11010519491231002X"),
    ("letter O for 0", "身份证号", "11O10519491231002X", "ERROR", "IDENTITY_LENGTH", "11010519491231002X"),
    ("small x", "身份证号", "x", "CHANGE", "IDENTITY_FORM", None),
    ("full-width digits", "身份证号", "wide", "CHANGE", "WIDTH", None),
    ("spaces in the number", "身份证号", "spaced", "CHANGE", "IDENTITY_FORM", None),
    ("15 digits", "身份证号", "15", "WARNING", "FIFTEEN", None),
    ("a birth date that the number contradicts", "出生日期", "1991-01-01", "ERROR", "BIRTH_DIFFERS", "own"),
    ("a sex that the number contradicts", "性别", "男", "ERROR", "SEX_DIFFERS", "女"),
    ("month without a day", "出生日期", "month", "CHANGE", "DAY_FROM_NUMBER", None),
    ("1990.1 as a number", "入职日期", 2015.1, "ERROR", "TENTH_MONTH", "2015-01"),
    ("1990.05 as a number", "入职日期", 2015.05, "CHANGE", "FIRST_OF_MONTH", None),
    ("year only", "入职日期", "2015", "ERROR", "YEAR_ONLY", None),
    ("30 February", "入职日期", "2015-02-30", "ERROR", "NO_SUCH_DAY", "2015-02-28"),
    ("month 13", "入职日期", "2015.13", "ERROR", "NO_SUCH_DAY", None),
    ("no day at all", "入职日期", "去年夏天", "ERROR", "NO_DAY", None),
    ("day first", "入职日期", "15/6/2015", "ERROR", "NO_DAY", "2015-06-15"),
    ("年月日", "入职日期", "2015年6月1日", "CHANGE", "DATE", None),
    ("eight digits", "入职日期", 20150601, "CHANGE", "DATE", None),
    ("serial", "入职日期", 42156, "CHANGE", "SERIAL", None),
    ("two digits of the year", "入职日期", "15.6.1", "WARNING", "CENTURY", None),
    ("entered as a child", "入职日期", "1975-01-01", "ERROR", "TOO_YOUNG", None),
    ("entered in the future", "入职日期", "2027-01-01", "WARNING", "FUTURE", None),
    ("before 1900", "入职日期", "1819-06-01", "ERROR", "OUT_OF_RANGE", None),
    ("phone with 10 digits", "手机号码", "1380013800", "ERROR", "PHONE", None),
    ("two phones", "手机号码", "13800138000/13900139000", "ERROR", "TWO_PHONES", "13800138000"),
    ("phone with dashes", "手机号码", "138-0013-8000", "CHANGE", "PHONE_FORM", None),
    ("phone as 1.38E+10", "手机号码", "1.38E+10", "ERROR", "EXPONENT", None),
    ("unknown education", "学历", "大学本可", "ERROR", "WORD", "大学本科"),
    ("大学", "学历", "大学", "CHANGE", "KNOWN_WORD", None),
    ("unknown status", "政治面貌", "革命群体", "ERROR", "WORD", None),
    ("party member", "政治面貌", "党员", "CHANGE", "KNOWN_WORD", None),
    ("unknown ethnic group", "民族", "火星族", "ERROR", "WORD", None),
    ("unknown post", "职务", "董事长", "ERROR", "WORD", None),
    ("unknown unit", "所属社区", "旗三社区", "ERROR", "UNIT", "旗山社区"),
    ("short name of a unit", "所属社区", "旗山", "CHANGE", "UNIT_NAME", None),
    ("no unit", "所属社区", "", "ERROR", "REQUIRED", None),
    ("no post", "职务", "", "ERROR", "REQUIRED", None),
    ("no entry", "入职日期", "/", "ERROR", "REQUIRED", None),
    ("no name", "姓名", "", "ERROR", "NAME_MISSING", None),
    ("digits in the name", "姓名", "张3", "ERROR", "NO_NAME", None),
    ("lost character", "姓名", "张?花", "ERROR", "LOST_CHARACTER", None),
    ("private character", "姓名", "张\ue5e5", "ERROR", "PRIVATE_CHARACTER", None),
    ("spaces in the name", "姓名", "张　珊", "CHANGE", "INNER_SPACES", None),
    ("another dot", "姓名", "阿依努尔.买买提", "CHANGE", "DOT", None),
    ("note in the name", "姓名", "李珊（女）", "WARNING", "NOTE_IN_NAME", None),
    ("invisible sign", "姓名", "王\u200b珊", "CHANGE", "INVISIBLE", None),
    ("trailing NBSP", "毕业院校", "安徽大学\u00a0", "CHANGE", "SPACES", None),
    ("too long", "毕业院校", "长" * 101, "ERROR", "TOO_LONG", None),
    ("formula error", "家庭住址", "#REF!", "ERROR", "FORMULA", None),
    ("formula without a result", "家庭住址", "=", "ERROR", "FORMULA", None),
    ("age that does not fit", "年龄", 99, "WARNING", "AGE_DIFFERS", None),
    ("graduated as a child", "毕业时间", "1972.07", "ERROR", "TOO_YOUNG", None),
    ("education without a date", "学历", "大学本科", "WARNING", "INCOMPLETE", None),
    ("certificate of somebody else", "证书编号", "T-1", "ERROR", "USED", None),
]  # fmt: skip


def _dirty() -> tuple[bytes, list[tuple[int, str, dict[str, Any], str, str, str | None, str]]]:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    page = book.add_worksheet("2026年 花名册")
    page.merge_range(0, 0, 0, 19, "亚父街道社区工作者花名册")
    page.merge_range(1, 0, 1, 19, "（二〇二六年三月）")
    page.write_string(2, 0, "填报单位：亚父街道")
    style = book.add_format({"bold": True})
    for header, index in COLUMN.items():
        text = {"姓名": "姓 名", "身份证号": "公民身份号码\n（必填）", "职务": "现任职务", "入职日期": "入职时间"}.get(
            header, header
        )
        page.write_string(TOP, index, text, style)
    expected = []
    row = TOP + 1
    for n, (what, header, value, level, code, suggestion) in enumerate(CELLS):
        person = person_row(n * 3 + 1) | {"序号": n + 1, "街道": "亚父街道"}
        number = person["身份证号"]
        value = {
            "x": identity(born="19800101", order="004")[:17] + "x", "wide": "".join(chr(ord(c) + 0xFEE0) for c in number),
            "spaced": f"{number[:6]} {number[6:14]} {number[14:]}", "15": number[:6] + number[8:17],
            "month": f"{number[6:10]}.{number[10:12]}",
        }.get(value, value)  # fmt: skip
        if what == "small x":
            first = next(
                f"34018119800101{o:03}"
                for o in range(0, 998, 2)
                if identity(born="19800101", order=f"{o:03}")[17] == "X"
            )
            value = first + "x"
            person["出生日期"] = "1980-01-01"
        if header == "身份证号" and level == "ERROR":
            person["出生日期"] = person["性别"] = person["毕业时间"] = ""
            person["学历"] = ""
        if what == "education without a date":
            person["毕业时间"] = ""
        if what == "certificate of somebody else":
            person |= {"社会工作者职业资格": "社会工作师", "发证日期": "2020-11"}
        if what == "graduated as a child":
            pass
        person[header] = value
        for name, index in COLUMN.items():
            cell = person.get(name, "")
            if cell == "=":
                page.write_formula(row, index, "=A1&B1", None, "")
            elif isinstance(cell, str) and cell:
                page.write_string(row, index, cell)
            elif cell not in ("", None):
                page.write(row, index, cell)
        own = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
        expected.append((row, header, person, level, code, own if suggestion == "own" else suggestion, what))
        row += 1
        if n == 20:  # the headings again, as on the next printed page
            for name, index in COLUMN.items():
                page.write_string(row, index, name)
            row += 1
    twice = dict(expected[7][2])
    for name, index in COLUMN.items():
        if twice.get(name) not in ("", None):
            page.write(row, index, twice[name] if name != "姓名" else "另一人")
    expected.append((row, "身份证号", twice, "ERROR", "TWICE", None, "the same number twice"))
    row += 1
    hidden = person_row(700)
    for name, index in COLUMN.items():
        if hidden.get(name):
            page.write_string(row, index, hidden[name])
    page.set_row(row, None, None, {"hidden": True})
    expected.append((row, "", hidden, "WARNING", "HIDDEN_ROW", None, "hidden row"))
    row += 1
    page.write_string(row, 0, "合计")
    page.write_number(row, 1, len(expected))
    page.write_string(row + 1, 0, "填表人：赵六        审核人：钱七")
    bold = book.add_format({"border": 1})
    for blank in range(row + 2, row + 400):  # formatted and empty
        for index in range(20):
            page.write_blank(blank, index, None, bold)
    other = book.add_worksheet("说明")
    other.write_string(0, 0, "本表由街道填写")
    book.add_worksheet("选项").hide()
    book.close()
    # A formula that nobody has computed yet, as other programs write it.
    return rewritten(buffer.getvalue(), "sheet1.xml", b"<v></v></c>", b"</c>"), expected


@pytest.fixture
def dirty(upload, hire) -> Any:
    certificate_add(actor=None, person=hire("他人"), level="ASSISTANT", number="T-1", issued=date(2019, 11, 1))
    data, expected = _dirty()
    return upload(data), expected


def test_there_are_at_least_forty_kinds_of_faults():
    assert len({what for what, *_rest in CELLS}) >= 40
    assert len({code for *_rest, code, _suggestion in CELLS}) >= 30


def test_every_fault_is_found_in_its_cell_and_no_other_is(dirty):
    source, expected = dirty
    rows = {row.number: row for row in ImportRow.objects.filter(source=source)}
    assert sorted(rows) == sorted(row for row, *_rest in expected)
    wrong = []
    for number, header, person, level, code, suggestion, what in expected:
        row = rows[number]
        found = [one for one in row.findings if one["level"] == level and one["code"] == code]
        if len(found) != 1:
            wrong.append((what, [(one["level"], one["code"], one["field"]) for one in row.findings]))
            continue
        if header:
            place = row.columns.get(found[0]["field"])
            if place != COLUMN[header]:
                wrong.append((what, "stands in", found[0]["field"], place))
        if suggestion is not None and suggestion not in found[0]["suggestions"]:
            wrong.append((what, "suggests", found[0]["suggestions"]))
        others = [one for one in row.findings if one["level"] == "ERROR" and one is not found[0]]
        if others:
            wrong.append((what, "also says", [(one["code"], one["field"]) for one in others]))
        assert person is not None
    assert wrong == []


def test_rows_that_are_nobody_are_named(dirty):
    source, _expected = dirty
    sheets = {one["sheet"]: one for one in source.sheets}
    assert sheets["说明"]["state"] == "NO_HEADER"
    assert [line[1] for line in sheets["2026年 花名册"]["nobody"]] == ["REPEATED_HEADER", "TOTAL", "NOTE"]
    assert sheets["2026年 花名册"]["bottom"] == TOP


def test_addresses_are_those_of_the_workbook():
    assert address("Sheet1", 16, 3) == "Sheet1!D17"
    assert address("2026年 花名册", 4, 27) == "'2026年 花名册'!AB5"


@pytest.mark.parametrize("people", [300])
def test_a_clean_file_has_no_false_errors(upload, people):
    source = upload(roster([person_row(n) for n in range(people)]))
    assert source.counts["ERROR"] == 0
    assert source.counts["warning"] == 0
    assert source.counts["changes"] == 0
    assert source.counts["NEW"] == people


@pytest.mark.parametrize(
    "written",
    ["2015-06-01", "2015.06.01", "2015/6/1", "2015年6月1日", "20150601", 20150601, 42156, date(2015, 6, 1),
     datetime(2015, 6, 1, 8, 30), "2015－06－01", "２０１５．６．１", "二〇一五年六月一日", "2015.6.1 ", "'2015-06-01",
     "2015-06-01 00:00:00", "2015、6、1", "15.6.1", "2015.06", "2015年6月", "201506", 201506, 2015.06, "15.6", "15年6月"],
)  # fmt: skip
def test_every_way_to_write_a_day_means_the_same_day(written):
    from personnel.rules.dates import DayRead, read_day

    read = read_day(written, latest=2026)
    assert isinstance(read, DayRead)
    assert read.day == date(2015, 6, 1)
