"""Several scans filed at once: each in its category, and one that is refused loses none of the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from organization.models import Role, Unit, User
from organization.services import grant_give
from personnel.models import ArchiveItem, Person
from personnel.services import archive_open

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
Hire = Callable[..., Person]


@pytest.fixture
def person(hire: Hire) -> Person:
    found = hire()
    archive_open(actor=None, person=found, opened=date(2020, 1, 1))
    return found


@pytest.fixture
def clerk(units: dict[str, Unit]) -> Client:
    user = User.objects.create(username="clerk", display_name="办事员")
    grant_give(actor=None, user=user, unit=units["340181002"], role=Role.STREET_CLERK)
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


def send(client: Client, person: Person, *files: SimpleUploadedFile, **more: str) -> str:
    sent = {"act": "items", "items-category": "4", "items-day": "2026-03-01", "items-scans": list(files)}
    answer = client.post(reverse("personnel:archive", args=[person.pk]), sent | more, follow=True)
    return str(answer.content.decode())


def scan(name: str, content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def filed(person: Person) -> list[tuple[str, str]]:
    rows = ArchiveItem.objects.filter(archive__person=person, file__isnull=False).order_by("title")
    return list(rows.values_list("title", "category"))


def test_each_file_is_a_paper_in_the_category_of_all_or_its_own(clerk: Client, person: Person) -> None:
    page = send(clerk, person, scan("毕业证.pdf"), scan("资格证.pdf"), **{"items-category-1": "9"})
    assert filed(person) == [("毕业证", "4"), ("资格证", "9")]
    assert "2 papers are filed." in page


def test_one_that_is_refused_loses_none_of_the_others(clerk: Client, person: Person) -> None:
    page = send(clerk, person, scan("一.pdf"), scan("二.exe", b"MZ\x90\x00"), scan("三.pdf", PDF + b" "))
    assert [title for title, _category in filed(person)] == ["一", "三"]
    assert "二.exe is not filed:" in page
    assert "2 papers are filed." in page


def test_nothing_chosen_and_too_many_are_said(clerk: Client, person: Person) -> None:
    path = reverse("personnel:archive", args=[person.pk])
    sent = {"act": "items", "items-category": "4", "items-day": "2026-03-01"}
    assert clerk.post(path, sent).status_code == 422
    many = [scan(f"{n}.pdf") for n in range(31)]
    answer = clerk.post(path, sent | {"items-scans": many})
    assert answer.status_code == 422
    assert "31 files are more than the 30 that go at once." in answer.content.decode()
    assert filed(person) == []


def test_the_input_takes_several_without_a_script(clerk: Client, person: Person) -> None:
    page = clerk.get(reverse("personnel:archive", args=[person.pk])).content.decode()
    begin = page.index('name="items-scans"')
    assert " multiple" in page[page.rindex("<input", 0, begin) : page.index(">", begin)]
