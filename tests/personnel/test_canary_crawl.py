"""Numbers that belong to nobody are put on record, and then looked for in all that leaves the web.

CWMS_CANARIES people (`make canaries` takes 1,000) stand in the units of everybody whose grant is at the county; every route
is asked by every role that sees anybody. What came back, where one was sent, what was logged, what went to workers, what
lies in the temporary folder and a dump of every table are read. A reveal for a purpose and an export are not asked for.
"""

# ruff: noqa: F811

from __future__ import annotations

import io
import logging
import os
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typst
from celery import Task
from django.db import transaction
from django.test import Client
from pypdf import PdfReader

from organization.models import Role, User
from organization.services import token_give
from personnel.models import Person
from personnel.rules import IdentityProblem, read_document_number
from personnel.services import person_correct
from personnel.services.sections import section_add
from tests.personnel.test_canaries import dump, hits
from tests.test_api import bearer
from tests.test_permissions import ROUTES, Route, World, patterns, world  # noqa: F401

# Who sees people or money; the matrix says that the others see nobody.
SEEING = (
    Role.STREET_CLERK, Role.STREET_APPROVER, Role.ORG_OFFICER, Role.FINANCE, Role.AUDITOR, Role.REST_CLIENT,
    Role.REST_WRITER,
)  # fmt: skip
CANARIES = int(os.environ.get("CWMS_CANARIES", "20"))
# What shows a whole number to those who work with it, and says so in the trail.
AUTHORISED = {"personnel:accounts_file", "personnel:person_file"}


def born(n: int) -> date:
    """500 people a day."""
    return date(1990, 1, 1 + n // 500)


def man_of(n: int) -> str:
    """An identity number with an odd sequence, so of a man as the others of the world."""
    stem = f"340181{born(n):%Y%m%d}{2 * (n % 500) + 1:03d}"
    return next(
        stem + digit
        for digit in "0123456789X"
        if not isinstance(read_document_number("RESIDENT_ID", stem + digit), IdentityProblem)
    )


@pytest.fixture
def numbers(world: World) -> set[str]:
    """The numbers of many people; the person that routes are asked for is one of them."""
    found: set[str] = set()
    asked = Person.objects.get(pk=world.numbers["person"])
    for n in range(CANARIES):
        person = asked if n == 0 else world.place.hire(f"雀{n}")
        mine = [man_of(n), f"154{n:08d}", f"155{n:08d}", f"62299900{n:08d}"]
        values = {
            "identity_number": mine[0],
            "birth_date": born(n),
            "phone": mine[1],
            "emergency_phone": mine[2],
        }
        person_correct(actor=None, person=Person.objects.get(pk=person.pk), values=values, reason="补录")
        row = {"bank": "建行", "number": mine[3], "start": date(2024, 1, 1)}
        section_add(actor=None, person=person, section="bank", values=row)
        found |= set(mine)
    assert len(found) == 4 * CANARIES
    return found


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """Everything that is logged, with its traces."""
    caplog.set_level(logging.DEBUG)
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to workers."""
    found: list[str] = []
    whole = Task.apply_async

    def apply_async(self: Any, args: Any = None, kwargs: Any = None, *more: Any, **options: Any) -> Any:
        found.append(repr((self.name, args, kwargs)))
        return whole(self, args, kwargs, *more, **options)

    monkeypatch.setattr(Task, "apply_async", apply_async)
    return found


def crawl(world: World, roles: tuple[Role, ...] = SEEING) -> Iterator[tuple[str, str]]:
    """(route and role, everything that came back) of every route by every role of the county."""
    for name, pattern in patterns():
        if name in AUTHORISED:
            continue
        for role in roles:
            yield (
                f"{name} for {role}",
                shown(world, world.users[role, "parent"], ROUTES[name], world.path(name, pattern)),
            )


def shown(world: World, user: User, route: Route, path: str) -> str:
    """Everything that one answer says: headers, body, and what is in the sheets of a workbook. Its effects are undone."""
    with transaction.atomic():
        point = transaction.savepoint()
        client = world.client(user)
        if route.api and "REST" in user.username.upper():
            client = bearer(token_give(actor=None, user=user, label="crawl")[1])
        answer = getattr(client, route.method)(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.savepoint_rollback(point)
    return text_of(content) + repr(list(answer.items()))


def text_of(content: bytes) -> str:
    """What a file says: each part of a workbook, the text and the particulars of a printed page."""
    if content.startswith(b"%PDF"):
        printed = PdfReader(io.BytesIO(content))
        return "\n".join([*(page.extract_text() for page in printed.pages), repr(printed.metadata)])
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return content.decode("utf-8", "replace")


def folders() -> str:
    """The text of every file that a request left in the temporary folder of this process."""
    own = [path for path in Path(tempfile.gettempdir()).glob("cwms-upload*") if path.is_file()]
    return "".join(path.read_bytes().decode("latin-1") for path in own)


@pytest.mark.slow
def test_no_canary_leaves(world: World, numbers: set[str], said: io.StringIO, sent: list[str]) -> None:
    found = {where: seen for where, text in crawl(world) if (seen := hits(text, numbers))}
    assert found == {}
    searcher = Client()
    searcher.force_login(world.users[Role.STREET_CLERK, "own"])
    for one in sorted(numbers)[:: CANARIES // 10]:
        answer = searcher.post("/people/search/", {"q": one}, follow=True)
        assert hits("".join(address for address, _code in answer.redirect_chain), numbers) == set()
    assert hits(said.getvalue(), numbers) == set()
    assert hits("".join(sent), numbers) == set()
    assert hits(folders(), numbers) == set()
    assert hits(dump(), numbers) == set()
    print(f"{len(numbers)} numbers of {CANARIES} people: none found")


@pytest.mark.slow
def test_a_number_that_is_shown_is_found(world: World, numbers: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the masks, the crawl finds numbers on several pages."""
    monkeypatch.setattr("personnel.rules.disclosure.Cell.shown", lambda self, revealed: True)
    monkeypatch.setattr(Person, "masked_identity_number", property(lambda self: self.identity_number or ""))
    monkeypatch.setattr("personnel.api.values.masked_number", lambda number: number)
    found = [where for where, text in crawl(world, (Role.STREET_CLERK, Role.REST_CLIENT)) if hits(text, numbers)]
    assert found != []


def test_a_number_in_a_printed_file_is_found() -> None:
    """Printed pages hold their text compressed and as numbers of glyphs: looked at as bytes, none would ever be found."""
    printed = typst.compile(f"号码：{man_of(0)}".encode())
    assert man_of(0) not in printed.decode("latin-1")
    assert hits(text_of(printed), {man_of(0)}) == {man_of(0)}
