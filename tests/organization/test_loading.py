"""Units and their numbers from a file: every way in which offices write one, and everything that is wrong at once."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from core.errors import NotAllowed, Refused
from core.models import AuditEntry
from core.rules.workbook import letters, read_file
from organization.models import Role, Unit, UnitFact
from organization.rules.codes import form_of, next_code
from organization.rules.loading import day_of, table
from organization.selectors import unit_for_system
from organization.services import FileRefused, fact_enter, grant_give, unit_rename, units_load, user_create

GOOD = """巢湖市社区情况表,,,,,,
代码,名称,类型,起始日期,常住人口（人）,户数,统计日期,来源
340181002020,东塘社区,社区,2020.1.1,"6,200",2100,2025-12-31,统计年报
340181002020001,一号网格,网格,2020年1月1日,,,,
340181002020002,锦绣小区,小区,20200101,,640,2025/12/31,物业
340181004,散兵镇,镇,2020-01-01,,,,
"""


@pytest.mark.requirement("CH-01")
def test_a_file_creates_units_with_their_numbers_once(tree: dict[str, Unit]) -> None:
    first = units_load(actor=None, data=GOOD.encode())
    assert (first.created, first.unchanged, first.facts, first.facts_unchanged) == (4, 0, 3, 0)
    estate = unit_for_system("340181002020002")
    assert (estate.kind, estate.path) == ("ESTATE", "34/3401/340181/340181002/340181002020/340181002020002/")
    assert set(UnitFact.objects.values_list("unit__name", "key", "day", "value", "source")) == {
        ("东塘社区", "residents", date(2025, 12, 31), "6200", "统计年报"),
        ("东塘社区", "households", date(2025, 12, 31), "2100", "统计年报"),
        ("锦绣小区", "households", date(2025, 12, 31), "640", "物业"),
    }
    again = units_load(actor=None, data=GOOD.encode())
    assert (again.created, again.unchanged, again.facts, again.facts_unchanged) == (0, 4, 0, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_way_of_writing_a_text(tree: dict[str, Unit], encoding: str, separator: str) -> None:
    text = separator.join(("代码", "名称", "起始日期")) + "\n" + separator.join(("340181004", "散兵镇", "2020-01-01"))
    assert units_load(actor=None, data=text.encode(encoding)).created == 1


def test_a_workbook_with_codes_as_numbers_and_real_dates(tree: dict[str, Unit]) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编码", "单位名称", "类别", "设立日期"])
        sheet.write_row(1, 0, [340181002020, "东塘社区", "社区"])
        sheet.write_datetime(1, 3, date(2021, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_row(2, 0, [340181002020001, "一号网格", "网格", "2021-03-01"])
    assert units_load(actor=None, data=content.getvalue()).created == 2
    assert unit_for_system("340181002020").valid_from == date(2021, 3, 1)


def test_everything_that_is_wrong_is_said_with_line_and_column(tree: dict[str, Unit]) -> None:
    bad = """代码,名称,类型,起始日期,户数,来源,统计日期,备注
34018100299,短码社区,社区,2020-01-01,,,,
340181002021,,社区,2020-13-01,,,,
340181002022,无来源社区,社区,2020-01-01,12x,,,
340181002023,花园社区,,2020-01-01,300,,,
340181009001,孤社区,社区,2020-01-01,,,,
340181002008,改名社区,社区,2020-01-01,,,,
340181002024,双社区,社区,2020-01-01,,,,
340181002024,双社区,社区,2020-01-01,,,,
"""
    with pytest.raises(FileRefused) as refused:
        units_load(actor=None, data=bad.encode())
    assert refused.value.faults == [
        (1, "H", "“备注” is no heading that is known here."),
        (2, "A", "“34018100299” is no code: 2, 4, 6, 9, 12 or 15 digits."),
        (3, "B", "The unit needs a name of 1 to 100 characters."),
        (3, "D", "“2020-13-01” is no day. Write it like 2026-01-31."),
        (4, "E", "“12x” is no whole number."),
        (5, "F", "The numbers need a source (来源)."),
        (5, "G", "The numbers need the day of which they are (统计日期)."),
        (6, "A", "There is no unit 340181009000 above it, neither here nor in the file."),
        (7, "A", "340181002008000 is called 旗山社区, the file says 改名社区. Rename it with the day of the new name.".replace("8000", "8")),
        (9, "A", "The code 340181002024 is in line 8 already."),
    ]  # fmt: skip
    assert not Unit.objects.filter(code="340181002024").exists()
    assert not AuditEntry.objects.filter(action="organization.unit.create", after__name="双社区").exists()


def test_a_wrong_unit_is_not_told_again_for_each_one_below(tree: dict[str, Unit]) -> None:
    text = "代码,名称,类型,起始日期\n340181004,,镇,2020-01-01\n340181004001,甲社区,社区,2020-01-01\n"
    with pytest.raises(FileRefused) as refused:
        units_load(actor=None, data=text.encode())
    assert [fault[:2] for fault in refused.value.faults] == [(2, "B")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 no workbook", "The file is damaged"),
        (b"\x89\xff\xff", "neither UTF-8 nor GB 18030"),
        ("甲,乙\n1,2\n".encode(), "No row has the headings"),
        ("代码,名称\n".encode(), "There is no unit below the headings."),
        ("代码,名称\n340181004,散兵镇\n".encode(), "The first day is missing"),
    ],
)
def test_what_is_no_such_file(db: None, data: bytes, text: str) -> None:
    with pytest.raises(FileRefused, match=text):
        units_load(actor=None, data=data)


def test_the_command_loads_checks_and_speaks_json(tree: dict[str, Unit], tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("代码,名称\n340181004,散兵镇\n", encoding="utf-8")

    def run(*words: str) -> dict[str, object]:
        out = io.StringIO()
        call_command("units", "load", str(file), "--json", *words, stdout=out)
        return json.loads(out.getvalue())

    assert run("--from", "2020-01-01", "--check")["created"] == 1
    assert not Unit.objects.filter(code="340181004000").exists()
    assert run("--from", "2020-01-01") == {
        "created": 1, "renamed": 0, "closed": 0, "unchanged": 0, "facts": 0, "facts_unchanged": 0, "checked_only": False,
    }  # fmt: skip
    file.write_text("代码,名称\nx,散兵镇\n", encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("units", "load", str(file), "--json", "--from", "2020-01-01", stdout=out)
    assert json.loads(out.getvalue()) == {
        "errors": [{"line": 2, "column": "A", "text": "“x” is no code: 2, 4, 6, 9, 12 or 15 digits."}]
    }
    with pytest.raises(CommandError, match="can't be read"):
        call_command("units", "load", str(tmp_path / "none.csv"))


def test_the_same_day_is_corrected_and_another_day_is_added(tree: dict[str, Unit]) -> None:
    unit = tree["340181002008"]
    for day, value in ((2024, "4,000"), (2025, "4100"), (2025, "4200")):
        fact_enter(actor=None, unit=unit, key="residents", day=date(day, 12, 31), value=value, source="年报")
    assert list(UnitFact.objects.order_by("day").values_list("value", flat=True)) == ["4000", "4200"]
    entry = AuditEntry.objects.filter(action="organization.unit.fact").latest("pk")
    assert (entry.before["value"], entry.after["value"]) == ("4100", "4200")
    renamed = unit_rename(actor=None, unit=unit, name="旗山北社区", day=date(2026, 1, 1))
    fact_enter(actor=None, unit=unit, key="residents", day=date(2025, 12, 31), value="4300", source="年报")
    assert UnitFact.objects.filter(unit=renamed).count() == 2


def test_a_fact_has_a_number_a_source_and_a_day(tree: dict[str, Unit]) -> None:
    with pytest.raises(Refused) as refused:
        fact_enter(
            actor=None, unit=tree["340181002008"], key="residents", day=date(2019, 1, 1), value="many", source=" "
        )
    assert set(refused.value.fields) == {"value", "source", "day"}
    clerk = user_create(actor=None, username="clerk", display_name="clerk")[0]
    grant_give(actor=None, user=clerk, unit=tree["340181"], role=Role.STREET_CLERK)
    with pytest.raises(NotAllowed):
        fact_enter(actor=clerk, unit=tree["340181002008"], key="residents", day=date(2025, 1, 1), value="1", source="s")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31", date(2026, 1, 31)), ("2026.1.31", date(2026, 1, 31)), ("2026/01/31", date(2026, 1, 31)),
        ("2026年1月31日", date(2026, 1, 31)), ("20260131", date(2026, 1, 31)), ("2026-02-30", None), ("1.31", None),
    ],
)  # fmt: skip
def test_days(text: str, day: date | None) -> None:
    assert day_of(text) == day


def test_columns_and_codes() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert next_code("340181002008", []) == "340181002008001"
    assert next_code("340181002008", ["340181002008001", "340181002008007", "340181002001009"]) == "340181002008008"
    assert next_code("340181002008", ["340181002008999"]) == ""
    assert table(read_file("代码\n３４".encode())) == [["代码"], ["34"]]


@pytest.mark.parametrize(
    ("kind", "code", "form"),
    [
        ("STREET", "340181001000", "SUBDISTRICT"), ("STREET", "340181100000", "TOWN"),
        ("STREET", "340181200000", "TOWNSHIP"), ("STREET", "340181500000", ""),
        ("COMMUNITY", "340181001001", "RESIDENTS"), ("COMMUNITY", "340181001200", "VILLAGERS"),
        ("COUNTY", "340181000000", ""),
    ],
)  # fmt: skip
def test_the_form_that_a_code_tells(kind: str, code: str, form: str) -> None:
    assert form_of(kind, code) == form
