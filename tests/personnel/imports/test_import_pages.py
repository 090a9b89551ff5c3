"""The pages of imports, as a browser without JavaScript uses them."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from personnel.models import Import, Person
from personnel.services.imports import import_apply, template_file
from tests.personnel.imports.conftest import DAY, HEADERS, person_row, roster

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(clerk) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


def send(browser: Client, data: bytes, **fields: str):
    return browser.post(
        reverse("personnel:imports"),
        {"unit": "340181002000", "day": str(DAY), "file": SimpleUploadedFile("花名册.xlsx", data), **fields},
    )


def test_upload_review_fix_apply_and_undo(browser):
    people = [person_row(1), person_row(2, 手机号码="1380000"), person_row(3, 学历="大学本可")]
    answer = send(browser, roster(people))
    source = Import.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("personnel:import", args=[source.pk])
    page = browser.get(answer["Location"]).content.decode()
    assert "花名册!G3" in page
    assert "花名册!L4" in page
    row = source.rows.get(number=2)
    browser.post(
        reverse("personnel:import_fix", args=[source.pk]), {"row": row.pk, "field": "phone", "text": "13800000002"}
    )
    row = source.rows.get(number=3)
    browser.post(
        reverse("personnel:import_fix", args=[source.pk]),
        {"row": row.pk, "field": "education.level", "text": "大学本可", "suggestion": "大学本科"},
    )
    source.refresh_from_db()
    assert (source.counts["ERROR"], source.counts["ready"]) == (0, 3)
    for tab in ("ERROR", "WARNING", "NEW", "UPDATE", "UNCHANGED"):
        assert browser.get(reverse("personnel:import", args=[source.pk]), {"tab": tab}).status_code == 200
    browser.post(reverse("personnel:import_apply", args=[source.pk]), {"expected": "3", "whole": "1"})
    assert Person.objects.count() == 3
    assert browser.get(reverse("personnel:import", args=[source.pk])).status_code == 200
    browser.post(reverse("personnel:import_undo", args=[source.pk]))
    assert Person.objects.count() == 0


def test_pasted_cells_are_read_like_a_file(browser):
    text = "\n".join("\t".join(str(cell) for cell in row) for row in [HEADERS, [person_row(1)[h] for h in HEADERS]])
    answer = browser.post(reverse("personnel:imports"), {"unit": "340181002000", "text": text, "day": ""})
    assert answer.status_code == 302
    assert Import.objects.get().counts["NEW"] == 1


def test_a_file_that_is_not_read_says_why_beside_the_field(browser):
    answer = send(browser, b"%PDF-1.7 ...")
    assert answer.status_code == 422
    assert Import.objects.count() == 0
    assert b'id="id_file_error"' in answer.content or "xlsx" in answer.content.decode()


def test_a_row_is_left_out_and_taken_in(browser):
    send(browser, roster([person_row(1), person_row(2)]))
    source = Import.objects.get()
    address, row = reverse("personnel:import_rows", args=[source.pk]), source.rows.first().pk
    browser.post(address, {"row": row})
    source.refresh_from_db()
    assert source.counts["ready"] == 1
    browser.post(address, {"row": row, "take": "1"})
    source.refresh_from_db()
    assert source.counts["ready"] == 2


def test_columns_nobody_knows_are_named_by_hand(browser):
    headers = ["称呼", *HEADERS[1:]]
    people = [{**person_row(n), "称呼": person_row(n)["姓名"]} for n in range(3)]
    send(browser, roster(people, headers))
    source = Import.objects.get()
    assert source.counts["ERROR"] == 3
    sheet = source.sheets[0]
    page = browser.get(reverse("personnel:import_columns", args=[source.pk])).content.decode()
    assert 'name="column-0"' in page
    columns = {f"column-{index}": field for index, _header, field, _sample in sheet["columns"]} | {"column-0": "name"}
    browser.post(reverse("personnel:import_columns", args=[source.pk]), {"sheet": "花名册", **columns})
    source.refresh_from_db()
    assert source.counts["NEW"] == 3


def test_their_own_workbook_comes_back_marked_and_reads_as_before(browser, upload):
    people = [person_row(1), person_row(2, 手机号码="1380000")]
    send(browser, roster(people))
    source = Import.objects.get()
    answer = browser.get(reverse("personnel:import_file", args=[source.pk]))
    assert answer.status_code == 200
    page = load_workbook(io.BytesIO(answer.content))["花名册"]
    assert page["G3"].fill.start_color.rgb == "FFFFC7CE"
    assert "11" in page["G3"].comment.text
    assert page["S1"].value == "错误说明"
    assert page["S3"].value.startswith("G3: ")
    assert page["S2"].value is None
    again = upload(answer.content)
    assert {name: again.counts[name] for name in ("ERROR", "NEW")} == {"ERROR": 1, "NEW": 1}
    page["G3"].value = "13800000002"
    buffer = io.BytesIO()
    page.parent.save(buffer)
    assert upload(buffer.getvalue()).counts["NEW"] == 2


def test_the_template_comes_back_filled_in(browser, upload):
    answer = browser.get(reverse("personnel:import_template"))
    assert answer.content[:2] == b"PK"
    book = load_workbook(io.BytesIO(template_file()))
    page = book["人员信息"]
    assert page.freeze_panes == "C3"
    assert book["选项"].sheet_state == "hidden"
    headers = [cell.value for cell in page[2]]
    assert page.cell(4, headers.index("身份证号") + 1).number_format == "@" or page.column_dimensions["B"].width
    for column, header in enumerate(headers, 1):
        page.cell(4, column).value = person_row(5).get(header)
    buffer = io.BytesIO()
    book.save(buffer)
    source = upload(buffer.getvalue())
    assert (source.counts["NEW"], source.counts["ERROR"], source.rows.count()) == (1, 0, 1)


def test_somebody_of_another_street_finds_no_such_import(browser, upload, units):
    from organization.models import Role, User
    from organization.services import grant_give

    source = upload(roster([person_row(1)]))
    other = User.objects.create(username="other", display_name="别处")
    grant_give(actor=None, user=other, unit=units["340181002001"], role=Role.STREET_CLERK)
    client = Client()
    client.force_login(other)
    assert client.get(reverse("personnel:import", args=[source.pk])).status_code == 404
    assert client.post(reverse("personnel:import_apply", args=[source.pk]), {"expected": "1"}).status_code == 404
    assert browser.get(reverse("personnel:import", args=[source.pk])).status_code == 200


@pytest.mark.parametrize("unmasked", ["", "1"])
def test_an_export_of_the_list_reads_back_without_a_difference(browser, clerk, upload, unmasked):
    import_apply(actor=clerk, source=upload(roster([person_row(n) for n in range(1, 5)])), expected=4)
    columns = [
        "name", "identity_number", "sex", "birth_date", "phone", "employment.unit", "employment.category", "employment.start",
        "tenure.title", "education.level", "political_status", "ethnic_group",
    ]  # fmt: skip
    browser.post(reverse("personnel:people_columns"), {"column": columns})
    answer = browser.post(
        reverse("personnel:people_export"), {"unmasked": unmasked, "purpose": "CHECK"} if unmasked else {}
    )
    source = upload(b"".join(answer.streaming_content))
    assert {name: source.counts[name] for name in ("ERROR", "NEW", "UPDATE", "UNCHANGED", "warning")} == {
        "ERROR": 0, "NEW": 0, "UPDATE": 0, "UNCHANGED": 4, "warning": 0,
    }  # fmt: skip
    assert source.counts["changes"] == (0 if unmasked else 8)
