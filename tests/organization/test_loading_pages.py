"""Units from a file in the browser: read, reviewed, and only then written, whole or not at all."""

from __future__ import annotations

import io
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.models import AuditEntry
from organization.models import Role, Unit, UnitFact, UnitSuccession
from organization.selectors import unit_for_system
from organization.services import unit_create, unit_rename, units_load
from tests.organization.test_pages import login, text
from tests.organization.test_reshaping import hire

PATH = "/units/load/"
FILE = """巢湖市社区情况表,,,,,,,
代码,名称,类型,起始日期,撤销日期,常住人口,统计日期,来源
340181002020,东塘社区,社区,2020-01-01,,6200,2025-12-31,统计年报
340181002020001,一号网格,网格,2020-01-01,,,,
340181002008,旗山北社区,社区,2026-07-01,,,,
340181002001,裕溪河畔社区,社区,2020-01-01,2026-07-01,,,
340181003001,北大街社区,社区,2020-01-01,,3100,2025-12-31,统计年报
"""


@pytest.fixture
def officer(tree: dict[str, Unit]) -> Client:
    return login(Role.ORG_OFFICER, tree["340181"])


def send(client: Client, data: bytes, name: str = "单位.csv", begin: str = "") -> Any:
    return client.post(PATH, {"file": SimpleUploadedFile(name, data), "begin": begin})


def hidden(answer: Any) -> dict[str, str]:
    found = re.findall(
        r'<input type="hidden" name="(rows|seen|begin|file_name)" value="([^"]*)"', answer.content.decode()
    )
    return {name: unescape(value) for name, value in found}


def workbook() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.add_worksheet("说明").write(0, 0, "填写说明")
        sheet = book.add_worksheet("单位")
        for number, line in enumerate(FILE.splitlines()):
            for column, cell in enumerate(line.split(",")):
                if column == 0 and cell.isdigit():
                    sheet.write_number(number, column, int(cell))
                elif cell:
                    sheet.write_string(number, column, cell)
    return content.getvalue()


@pytest.mark.requirement("CH-01")
@pytest.mark.parametrize("data", [FILE.encode(), FILE.encode("gb18030"), workbook()], ids=["utf-8", "gbk", "xlsx"])
def test_a_file_is_reviewed_and_then_written_once(officer: Client, tree: dict[str, Unit], data: bytes) -> None:
    before = Unit.objects.count()
    review = send(officer, data)
    assert review.status_code == 200
    loaded = review.context["loaded"]
    assert (loaded.created, loaded.renamed, loaded.closed, loaded.facts, loaded.unchanged) == (2, 1, 1, 2, 1)
    assert [(one.line, one.act, one.name, one.day) for one in loaded.changes] == [
        (3, "CREATE", "东塘社区", date(2020, 1, 1)), (3, "FACT", "东塘社区", date(2025, 12, 31)),
        (4, "CREATE", "一号网格", date(2020, 1, 1)), (5, "RENAME", "旗山北社区", date(2026, 7, 1)),
        (6, "CLOSE", "裕溪河畔社区", date(2026, 7, 1)), (7, "FACT", "北大街社区", date(2025, 12, 31)),
    ]  # fmt: skip
    shown = text(review)
    for word in ("is created", "is renamed", "was 旗山社区", "is closed", "Residents 6200 (统计年报)"):
        assert word in shown, word
    assert (Unit.objects.count(), UnitFact.objects.count(), UnitSuccession.objects.count()) == (before, 0, 0)
    assert not AuditEntry.objects.filter(action="organization.unit.rename").exists()
    done = officer.post(PATH, hidden(review))
    assert (done.status_code, done["Location"]) == (302, "/units/")
    assert "2 units created, 1 renamed, 1 closed, 1 as they were; 2 facts written." in text(officer.get("/units/"))
    assert unit_for_system("340181002020001").parent == unit_for_system("340181002020")
    assert unit_for_system("340181002008").name == "旗山北社区"
    assert Unit.objects.get(code="340181002001").valid_to == date(2026, 7, 1)
    assert set(UnitFact.objects.values_list("value", flat=True)) == {"6200", "3100"}
    assert set(AuditEntry.objects.filter(action="organization.unit.rename").values_list("actor_name", flat=True)) == {
        "org_officer"
    }
    # The same file again has nothing to write, and no button to write it.
    again = send(officer, data)
    assert "There is nothing to write" in text(again)
    assert (again.context["loaded"].changes, again.context["loaded"].unchanged) == ((), 5)
    assert hidden(again) == {}


def test_everything_that_is_wrong_is_told_by_line_and_nothing_is_written(
    officer: Client, tree: dict[str, Unit]
) -> None:
    hire("张三", tree["340181002001"])
    before = Unit.objects.count()
    bad = FILE.replace("6200", "many") + "340122001001,店埠社区,社区,2020-01-01,,,,\n"
    answer = send(officer, bad.encode())
    assert answer.status_code == 422
    # Line 4 lies below the wrong one of line 3 and is not told again.
    assert [(line, column) for line, column, _text in answer.context["faults"]] == [(3, "F"), (6, "E"), (8, "A")]
    shown = text(answer)
    assert "“many” is no whole number." in shown
    assert "1 person still works in 裕溪河畔社区" in shown
    assert "店埠镇" not in shown  # what lies outside one's units is not told
    assert Unit.objects.count() == before
    assert hidden(answer) == {}


def test_another_name_without_a_day_of_its_own_is_no_rename(officer: Client, tree: dict[str, Unit]) -> None:
    data = "代码,名称\n340181002008,旗山北社区\n".encode()
    answer = send(officer, data, begin="2026-01-01")
    assert answer.status_code == 422
    assert "Rename it with the day of the new name" in text(answer)


def test_another_place_is_told_and_not_passed_over(officer: Client, tree: dict[str, Unit]) -> None:
    data = "代码,名称,上级代码\n340181002008,旗山社区,340181003\n".encode()
    answer = send(officer, data, begin="2026-01-01")
    assert "旗山社区 is part of 亚父街道 (340181002000). Move it on its page" in text(answer)


def test_what_has_changed_since_the_review_is_reviewed_again(officer: Client, tree: dict[str, Unit]) -> None:
    review = send(officer, FILE.encode())
    unit_create(
        actor=None, code="340181002020", name="东塘社区", kind="COMMUNITY", parent=tree["340181002"],
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    answer = officer.post(PATH, hidden(review))
    assert answer.status_code == 409
    assert "Something has changed since you reviewed this file" in text(answer)
    assert not UnitFact.objects.exists()
    assert officer.post(PATH, hidden(answer)).status_code == 302  # the control: what was reviewed now is written
    assert UnitFact.objects.count() == 2
    review = send(officer, FILE.replace("6200", "6300").encode())
    unit_rename(actor=None, unit=unit_for_system("340181002020"), name="东塘村社区", day=date(2026, 8, 1))
    faulty = officer.post(PATH, hidden(review))
    assert faulty.status_code == 422
    assert "is called 东塘村社区" in text(faulty)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rows", "x"), ("rows", "[1]"), ("rows", '[["代码"],[1]]'), ("rows", ""), ("begin", "x"), ("seen", "")],
)
def test_what_comes_back_broken_writes_nothing(officer: Client, tree: dict[str, Unit], field: str, value: str) -> None:
    before = Unit.objects.count()
    answer = officer.post(PATH, hidden(send(officer, FILE.encode())) | {field: value})
    assert answer.status_code == 422
    assert "did not come back whole" in text(answer)
    assert Unit.objects.count() == before


def test_rows_that_were_changed_on_the_way_are_reviewed_again(officer: Client, tree: dict[str, Unit]) -> None:
    sent = hidden(send(officer, FILE.encode()))
    answer = officer.post(PATH, sent | {"rows": sent["rows"].replace("6200", "9999")})
    assert answer.status_code == 409
    assert not UnitFact.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 no workbook", "The file is damaged"),
        (b"%PDF-1.4", "This is no workbook."),
        (b"\x89\xff\xff", "neither UTF-8 nor GB 18030"),
        (("代码,名称\n" * 5001).encode(), "The file has 5001 rows."),
    ],
)
def test_files_that_are_not_read(officer: Client, data: bytes, words: str) -> None:
    answer = send(officer, data)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "required" in text(officer.post(PATH, {}))


def test_only_who_may_change_units_loads_them(tree: dict[str, Unit]) -> None:
    clerk = login(Role.STREET_CLERK, tree["340181002"])
    assert clerk.get(PATH).status_code == 403
    assert "Load units from a file" not in text(clerk.get("/units/"))
    officer = login(Role.ORG_OFFICER, tree["340181003"])
    assert "Load units from a file" in text(officer.get("/units/"))
    answer = send(officer, FILE.encode())  # most of it lies in another street
    assert answer.status_code == 422
    shown = text(answer)
    assert "旗山社区" not in shown
    assert not UnitFact.objects.exists()


def test_a_unit_that_has_ended_is_as_it_was_when_the_file_comes_again(tree: dict[str, Unit]) -> None:
    data = "代码,名称,起始日期,撤销日期\n340181004,散兵镇,2020-01-01,2024-01-01\n".encode()
    first = units_load(actor=None, data=data)
    again = units_load(actor=None, data=data)
    assert (first.created, again.created, again.unchanged) == (1, 0, 1)
