"""The list of accounts for the bank that pays: complete, for finance alone, and on record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry, Export
from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import Person
from personnel.services import section_add, section_end

Hire = Callable[..., Person]
pytestmark = pytest.mark.requirement("CH-55")


def login(units: dict[str, Unit], role: Role, code: str = "340181002") -> Client:
    user = User.objects.create(username=f"{role}-{code}".lower(), display_name=role)
    grant_give(actor=None, user=user, unit=units[code], role=role)
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


def account(person: Person, number: str, start: date = date(2024, 1, 1), **more: object) -> object:
    values = {"bank": "徽商银行", "number": number, "start": start} | more
    return section_add(actor=None, person=person, section="bank", values=values)


@pytest.fixture
def people(hire: Hire) -> list[Person]:
    """Five who work here: an account, one with another holder, one that has ended, one that is not for pay, none; and
    somebody with an account who has left."""
    own, other, ended, second, bare = (hire(name) for name in ("甲", "乙", "丙", "丁", "戊"))
    gone = hire("己", end=date(2025, 1, 1))
    account(own, "6222020000000001")
    account(other, "6222020000000002", holder="乙母")
    section_end(actor=None, row=account(ended, "6222020000000003"), day=date(2026, 1, 1))  # type: ignore[arg-type]
    account(second, "6222020000000004", main=False)
    account(gone, "6222020000000005")
    return [own, other, ended, second, bare]


def test_who_has_none_is_counted_and_named(units: dict[str, Unit], people: list[Person]) -> None:
    finance, unit = login(units, Role.FINANCE), units["340181002008"]
    page = " ".join(finance.get(reverse("personnel:accounts", args=[unit.pk])).content.decode().split())
    assert '<dt>People here and below</dt><dd class="tabular">5</dd>' in page
    assert '<dt>With an account</dt><dd class="tabular">2</dd>' in page
    assert '<dt>Without an account</dt><dd class="tabular">3</dd>' in page
    listed = page[page.index('id="lacking"') :]
    assert [person.name in listed for person in people] == [False, False, True, True, True]
    assert "62220200" not in page
    assert reverse("personnel:accounts", args=[unit.pk]) in finance.get(f"/units/{unit.pk}/").content.decode()


def test_the_list_for_the_bank(units: dict[str, Unit], people: list[Person]) -> None:
    finance, unit = login(units, Role.FINANCE), units["340181002008"]
    path = reverse("personnel:accounts_file", args=[unit.pk])
    answer = finance.post(path, {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["姓名", "所属社区", "开户银行", "户名", "银行账号"] or rows[0][0] == "姓名"
    found = sorted((row[0], *row[2:5]) for row in rows[1:] if row and row[0] in "甲乙丙丁戊己")
    assert found == sorted([
        ("甲", "徽商银行", "甲", "6222020000000001"),
        ("乙", "徽商银行", "乙母", "6222020000000002"),
        ("丙", "", "", ""), ("丁", "", "", ""), ("戊", "", "", ""),
    ])  # fmt: skip
    export = Export.objects.get()
    assert (export.kind, export.rows, export.sensitive) == ("personnel.accounts", 5, True)
    assert AuditEntry.objects.filter(action="personnel.accounts_exported").count() == 1
    workbook = b"".join(finance.post(path, {"format": "xlsx"}).streaming_content)
    assert workbook[:2] == b"PK"


@pytest.mark.parametrize("role", [Role.STREET_CLERK, Role.ORG_OFFICER, Role.AUDITOR])
def test_nobody_but_finance_reads_it(units: dict[str, Unit], people: list[Person], role: Role) -> None:
    client, unit = login(units, role), units["340181002008"]
    assert client.get(reverse("personnel:accounts", args=[unit.pk])).status_code == 403
    assert client.post(reverse("personnel:accounts_file", args=[unit.pk])).status_code == 403
    assert Export.objects.count() == 0


def test_finance_of_another_community_finds_nothing(units: dict[str, Unit], people: list[Person]) -> None:
    client = login(units, Role.FINANCE, "340181002001")
    assert client.get(reverse("personnel:accounts", args=[units["340181002008"].pk])).status_code == 404
