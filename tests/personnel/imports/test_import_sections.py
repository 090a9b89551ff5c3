"""Sections of which somebody has many rows: on one sheet with the people, on sheets of their own, and back."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.urls import reverse

from personnel.models import (
    BankAccount,
    Discipline,
    FamilyMember,
    Honour,
    ImportRow,
    InsuranceEnrolment,
    PartyMembership,
    Person,
    ResumeLine,
    SpecialTreatment,
)
from personnel.rules import review
from personnel.services.imports import import_apply, import_fix, import_leave_out, import_undo
from tests.personnel.imports.conftest import HEADERS, person_row, roster, workbook

pytestmark = pytest.mark.django_db
WHO = ("姓名", "身份证号")


def book(**sheets: list[list[Any]]) -> bytes:
    """A workbook of several sheets, their rows as they are."""
    buffer = io.BytesIO()
    made = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets.items():
        page = made.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write_string(number, column, str(cell))
    made.close()
    return buffer.getvalue()


def who(n: int) -> list[str]:
    return [person_row(n)[header] for header in WHO]


def people(*numbers: int) -> list[list[Any]]:
    return [list(HEADERS), *([person_row(n).get(header, "") for header in HEADERS] for n in numbers)]


HONOURS = ["荣誉称号", "表彰类型", "表彰级别", "表彰日期"]
FAMILY = ["家庭成员姓名", "称谓", "成员工作单位及职务"]


def several() -> bytes:
    """Two new people; three honours of the first and two relatives of the second on sheets before and after theirs."""
    return book(
        荣誉=[
            [*WHO, *HONOURS],
            [*who(1), "优秀共产党员", "表彰", "县级", "2021-07-01"],
            [*who(1), "先进工作者", "先进个人", "市级", "2022-05-01"],
            [*who(2), "抗疫先进", "先进个人", "县级", "2020-12-01"],
            [*who(1), "优秀共产党员", "表彰", "县级", "2023-07-01"],
        ],
        花名册=people(1, 2),
        家庭=[[*WHO, *FAMILY], [*who(2), "张伟", "配偶", "某公司"], [*who(2), "张小伟", "儿子", "某小学"]],
    )


def said(row: ImportRow, level: str = "ERROR") -> list[tuple[str, str]]:
    return [(one["code"], one["field"]) for one in row.findings if one["level"] == level]


def test_a_sheet_a_section_goes_with_the_people_of_another_sheet(upload, clerk):
    source = upload(several())
    assert {key: source.counts[key] for key in ("NEW", "UPDATE", "ERROR", "ready")} == {
        "NEW": 2, "UPDATE": 6, "ERROR": 0, "ready": 8,
    }  # fmt: skip
    first = source.rows.get(position=0)
    assert [one["params"] for one in first.findings if one["code"] == "FOLLOWS"] == [{"first": "花名册!B2"}]
    import_apply(actor=clerk, source=source, expected=8)
    one, two = (Person.objects.get(identity_number=person_row(n)["身份证号"]) for n in (1, 2))
    assert [(row.title, row.day, row.level) for row in one.honours.order_by("day")] == [
        ("优秀共产党员", date(2021, 7, 1), "COUNTY"),
        ("先进工作者", date(2022, 5, 1), "MUNICIPAL"),
        ("优秀共产党员", date(2023, 7, 1), "COUNTY"),
    ]
    assert [row.title for row in two.honours.all()] == ["抗疫先进"]
    assert sorted((row.name, row.relation) for row in two.family.all()) == [("张伟", "10"), ("张小伟", "20")]
    again = upload(several())
    assert (again.counts["UNCHANGED"], again.counts["ready"]) == (8, 0)
    import_undo(actor=clerk, source=source)
    assert (Person.objects.count(), Honour.objects.count(), FamilyMember.objects.count()) == (0, 0, 0)


def test_the_control_without_followers_calls_the_second_honour_a_double(upload, clerk, monkeypatch):
    monkeypatch.setattr(review, "_only_further", lambda *_arguments: False)
    source = upload(several())
    assert source.counts["ERROR"] > 0
    assert any(("TWICE", "identity_number") in said(row) for row in source.rows.all())


def test_whoever_stands_twice_with_a_post_stands_twice(upload):
    """An honour in the row does not make a double roster row a further row."""
    headers = [*HEADERS, *HONOURS]
    honour = dict(zip(HONOURS, ("先进个人", "先进个人", "县级", "2020-01-01"), strict=True))
    source = upload(roster([person_row(1) | honour, person_row(1) | honour], headers))
    assert [said(row) for row in source.rows.order_by("position")] == [[], [("TWICE", "identity_number")]]


def test_a_row_that_is_left_out_takes_along_what_adds_to_it(upload, clerk):
    source = upload(several())
    leader = source.rows.get(action="NEW", number=1)
    import_leave_out(actor=clerk, source=source, rows=[leader.pk])
    waiting = list(source.rows.filter(action="ERROR").order_by("position"))
    assert [("LEADER", "identity_number") in said(row) for row in waiting] == [True, True, True]
    source.refresh_from_db()
    assert (source.counts["ready"], source.counts["open"]) == (4, 3)  # the other one, an honour and two relatives
    import_leave_out(actor=clerk, source=source, rows=[leader.pk], left_out=False)
    source.refresh_from_db()
    assert source.counts["ready"] == 8


def test_a_row_that_is_put_right_brings_along_what_adds_to_it(upload, clerk):
    rows = people(1)
    rows[1][HEADERS.index("职务")] = "？？"
    data = book(花名册=rows, 家庭=[[*WHO, *FAMILY], [*who(1), "张伟", "配偶", "某公司"]])
    source = upload(data)
    assert source.counts["ERROR"] == 2
    wrong = source.rows.get(position=0)
    import_fix(actor=clerk, source=source, row=wrong, field="tenure.title", text="社区工作人员")
    source.refresh_from_db()
    assert (source.counts["NEW"], source.counts["UPDATE"], source.counts["ERROR"]) == (1, 1, 0)
    import_apply(actor=clerk, source=source, expected=2)
    assert FamilyMember.objects.get().name == "张伟"


def on_record(upload, clerk) -> Person:
    import_apply(actor=clerk, source=upload(roster([person_row(3)])), expected=1)
    return Person.objects.get()


def test_several_sections_in_one_row(upload, clerk):
    """政治面貌, 处分, 简历, 待遇, 保险 and 银行 beside each other, for somebody on record."""
    person = on_record(upload, clerk)
    headers = [
        *WHO, "入党日期（党籍）", "转正日期", "处分种类", "处分日期", "起始时间", "学习或工作单位", "身份或职务",
        "享受待遇", "待遇开始", "险种", "参保日期", "开户银行", "银行账号", "关怀类型", "关怀日期", "关怀金额",
    ]  # fmt: skip
    cells = [
        *who(3), "2012.07.01", "2013-07-01", "党内警告", "2019-03-01", "2008.09", "安徽大学", "学生",
        "副科级", "2021-01-01", "养老保险", "2020-07-01", "徽商银行", "6222 0200 1234 5678 901", "走访慰问", "2025-02-01", "500.5",
    ]  # fmt: skip
    data = workbook([headers, cells])
    source = upload(data)
    row = source.rows.get()
    assert (row.action, said(row)) == ("UPDATE", [])
    import_apply(actor=clerk, source=source, expected=1)
    party, account = PartyMembership.objects.get(), BankAccount.objects.get()
    assert (party.joined, party.confirmed) == (date(2012, 7, 1), date(2013, 7, 1))
    assert (account.bank, account.number, account.main, account.start) == (
        "徽商银行", "6222020012345678901", True, date(2026, 3, 1),  # the day of the import
    )  # fmt: skip
    assert Discipline.objects.get().start == date(2019, 3, 1)
    assert ResumeLine.objects.get().start == date(2008, 9, 1)
    assert SpecialTreatment.objects.get().start == date(2021, 1, 1)
    assert InsuranceEnrolment.objects.get().start == date(2020, 7, 1)
    assert person.supports.get().amount == 50_050
    assert upload(data).rows.get().action == "UNCHANGED"


def test_another_main_account_ends_the_one_before(upload, clerk):
    on_record(upload, clerk)
    for day, number in (("2020-07-01", "62220200000001"), ("2026-01-01", "62220200000002")):
        source = upload(workbook([[*WHO, "开户银行", "银行账号", "启用日期"], [*who(3), "徽商银行", number, day]]))
        import_apply(actor=clerk, source=source, expected=1)
    assert [(one.number, one.main, one.end) for one in BankAccount.objects.order_by("start")] == [
        ("62220200000001", True, date(2026, 1, 1)), ("62220200000002", True, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "code"),
    [("6222-0200-1234-5678", None), ("62220200", None), ("6222020", "ACCOUNT"), ("6.22E+18", "EXPONENT")],
)
def test_account_numbers(upload, clerk, cell, code):
    on_record(upload, clerk)
    row = upload(workbook([[*WHO, "开户银行", "银行账号"], [*who(3), "徽商银行", cell]])).rows.get()
    assert said(row) == ([(code, "bank.number")] if code else [])


def test_too_little_for_a_row_is_said_and_changes_nothing(upload, clerk):
    on_record(upload, clerk)
    row = upload(workbook([[*WHO, "荣誉称号"], [*who(3), "先进工作者"]])).rows.get()
    assert row.action == "UNCHANGED"
    assert said(row, "WARNING") == [("INCOMPLETE", "honour.title")]


def test_nobody_is_made_of_an_honour_alone(upload):
    source = upload(workbook([[*WHO, *HONOURS], [*who(9), "先进个人", "先进个人", "县级", "2020-01-01"]]))
    assert ("REQUIRED", "employment.unit") in said(source.rows.get())


def test_what_is_on_record_and_sensitive_is_hidden_in_the_review(upload, clerk, client, settings):
    settings.LANGUAGE_CODE = "en"
    on_record(upload, clerk)
    first = workbook([[*WHO, "处分种类", "处分日期", "处分机关"], [*who(3), "党内警告", "2019-03-01", "街道纪工委"]])
    import_apply(actor=clerk, source=upload(first), expected=1)
    source = upload(
        workbook([[*WHO, "处分种类", "处分日期", "处分机关"], [*who(3), "党内警告", "2019-03-01", "县纪委"]])
    )
    client.force_login(clerk)
    page = client.get(reverse("personnel:import", args=[source.pk]), {"tab": "UPDATE"}).content.decode()
    assert "县纪委" in page  # their own file
    assert "街道纪工委" not in page


def test_an_export_with_sections_reads_back_without_a_difference(upload, clerk, client):
    import_apply(actor=clerk, source=upload(several()), expected=8)
    account = workbook([[*WHO, "开户银行", "银行账号"], [*who(1), "徽商银行", "6222020012345678901"]])
    import_apply(actor=clerk, source=upload(account), expected=1)
    client.force_login(clerk)
    for unmasked in ("1", ""):
        answer = client.post(
            reverse("personnel:people_export"), {"sections": "1", "unmasked": unmasked, "purpose": "CHECK"}
        )
        data = b"".join(answer.streaming_content)
        source = upload(data)
        sheets = [one["sheet"] for one in source.sheets if one["state"] == "READ"]
        # two people, their educations, four honours and two relatives; who enters accounts doesn't read their numbers
        assert set(sheets) == {"人员名单", "学历学位", "表彰奖励", "家庭成员"}
        assert {name: source.counts[name] for name in ("ERROR", "NEW", "UPDATE", "warning")} == {
            "ERROR": 0, "NEW": 0, "UPDATE": 0, "warning": 0,
        }  # fmt: skip
        assert source.counts["UNCHANGED"] == 2 + 2 + 4 + 2


def test_an_export_without_the_rows_of_a_section_would_differ(upload, clerk, client):
    """The control: what is withdrawn after the export is what the import of it finds new."""
    import_apply(actor=clerk, source=upload(several()), expected=8)
    client.force_login(clerk)
    answer = client.post(reverse("personnel:people_export"), {"sections": "1", "unmasked": "1", "purpose": "CHECK"})
    data = b"".join(answer.streaming_content)
    FamilyMember.objects.filter(name="张伟").delete()
    assert upload(data).counts["UPDATE"] == 1
