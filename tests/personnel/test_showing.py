"""Readings leave a trace: with a purpose where something masked is shown, and not at all where the trail takes nothing."""

# ruff: noqa: F811

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from core.errors import Refused
from core.models import AuditEntry
from cwms.walls import APP_ROLE
from organization.models import Role, User
from organization.services import grant_give, token_give
from personnel.models import ArchiveItem, Person, Purpose, StoredFile
from personnel.services import archive_open, section_add
from personnel.services.showing import person_unmask
from tests.records import write
from tests.test_permissions import World, world  # noqa: F401

NUMBER, PHONE, ACCOUNT = "110105194912310021", "13812345678", "6228480012345678"


@pytest.fixture
def person(world: World) -> Person:
    """Somebody of the own street with numbers, an account and a paper that was scanned."""
    found = Person.objects.get(pk=world.numbers["person"])
    write(found, identity_number=NUMBER, phone=PHONE)
    section_add(
        actor=None, person=found, section="bank",
        values={"bank": "农行", "number": ACCOUNT, "start": date(2024, 1, 1), "main": True},
    )  # fmt: skip
    content = b"%PDF-1.4 a paper"
    kept = StoredFile.objects.create(
        sha256=hashlib.sha256(content).hexdigest(), name="a.pdf", media_type="application/pdf", size=len(content),
        content=content,
    )  # fmt: skip
    archive = archive_open(actor=None, person=found, opened=date(2026, 1, 5))
    ArchiveItem.objects.create(archive=archive, category="1", title="履历", day=date(2026, 1, 5), file=kept)
    return found


def client_of(world: World, role: Role, position: str = "own") -> Client:
    client = Client()
    client.force_login(world.users[role, position])
    return client


def program_of(world: World) -> Client:
    user = User.objects.create(username="program")
    grant_give(actor=None, user=user, unit=world.place.units["232762100"], role=Role.REST_WRITER)
    program = Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})
    program.get("/api/v1/people/")  # the first use of a token is written down
    return program


def entries(action: str) -> list[dict[str, Any] | None]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("after", flat=True))


# -- A purpose --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, ["purpose"]),
        ({"purpose": "CURIOSITY"}, ["purpose"]),
        ({"purpose": "OTHER"}, ["words"]),
        ({"purpose": "OTHER", "words": " x "}, ["words"]),
        ({"purpose": "CHECK", "words": "x" * 201}, ["words"]),
    ],
)
def test_nothing_is_shown_without_a_purpose(
    world: World, person: Person, given: dict[str, str], errors: list[str]
) -> None:
    clerk = client_of(world, Role.STREET_CLERK)
    answer = clerk.post(f"/people/{person.pk}/", given)
    assert (answer.status_code, list(answer.context["asking"].errors)) == (422, errors)
    assert [one for one in (NUMBER, PHONE, ACCOUNT) if one in answer.content.decode()] == []
    assert clerk.post(f"/people/{person.pk}/pdf/", given).status_code == 400
    with pytest.raises(Refused) as refused:
        actor = world.users[Role.STREET_CLERK, "own"]
        person_unmask(actor=actor, person=person, **({"purpose": ""} | given))
    assert list(refused.value.fields) == errors
    program = program_of(world).get(f"/api/v1/people/{person.pk}/", {"unmasked": "true", **given})
    assert (program.status_code, list(program.json()["error"]["fields"])) == (400, errors)
    clerk.post("/people/columns/", {"column": ["identity_number", "phone"]})
    taken = clerk.post("/people/export/", {"unmasked": "1", **given})
    assert taken.status_code == 302
    assert entries("personnel.person.unmask") == []
    assert entries("personnel.list_exported_unmasked") == []


def test_the_purpose_stands_in_the_trail(world: World, person: Person) -> None:
    clerk = client_of(world, Role.STREET_CLERK)
    given = {"purpose": "OTHER", "words": " 街道  换届 "}
    answer = clerk.post(f"/people/{person.pk}/", given)
    assert (answer.status_code, NUMBER in answer.content.decode()) == (200, True)
    assert 'name="words" value="街道  换届"' in answer.content.decode()
    assert clerk.post(f"/people/{person.pk}/pdf/", given).status_code == 200
    clerk.post("/people/columns/", {"column": ["identity_number", "phone"]})
    taken = clerk.post("/people/export/", {"unmasked": "1", "purpose": "PAY"})
    assert (taken.status_code, len(b"".join(taken)) > 0) == (200, True)
    assert entries("personnel.person.unmask") == [
        {"what": "RECORD", "purpose": "OTHER", "words": "街道 换届"},
        {"what": "PRINT", "purpose": "OTHER", "words": "街道 换届"},
    ]
    exported = entries("personnel.list_exported_unmasked")[0] or {}
    assert (exported["purpose"], exported["words"]) == ("PAY", "")


def test_the_form_of_purposes_is_on_the_page_of_who_may_reveal(world: World, person: Person) -> None:
    text = client_of(world, Role.STREET_CLERK).get(f"/people/{person.pk}/").content.decode()
    assert [code for code in Purpose.values if f'<option value="{code}">' not in text] == []
    assert 'id="reveal"' not in client_of(world, Role.REST_CLIENT).get(f"/people/{person.pk}/").content.decode()


# -- A trace of each reading ------------------------------------------------------------------------------------------


def readings(person: Person) -> list[tuple[str, str, dict[str, Any] | None]]:
    """(method, path, what the trail says): everything that shows something of a file."""
    base, today = f"/people/{person.pk}/", date.today().isoformat()
    kept = ArchiveItem.objects.get(archive__person=person, title="履历").file_id
    account = person.bank_accounts.get().pk
    return [
        ("get", base, {"what": "RECORD", "day": today}),
        ("get", f"{base}?day=2026-01-01", {"what": "RECORD", "day": "2026-01-01"}),
        ("get", f"{base}history/", {"what": "HISTORY"}),
        ("get", f"{base}pdf/", {"what": "PRINT", "day": today}),
        ("get", f"{base}archive/", {"what": "ARCHIVE"}),
        ("get", f"{base}files/{kept}/", {"what": "FILE", "file": kept}),
        ("get", f"{base}values/contact/correct/", {"what": "FORM", "section": "contact"}),
        ("get", f"{base}bank/{account}/correct/", {"what": "FORM", "section": "bank"}),
        ("post", base, None),
        ("post", f"{base}pdf/", None),
    ]


def test_each_page_of_a_file_leaves_a_trace(world: World, person: Person) -> None:
    clerk = client_of(world, Role.STREET_CLERK)
    wanted = []
    for method, path, after in readings(person):
        answer = getattr(clerk, method)(path, {"purpose": "CHECK"} if method == "post" else {})
        assert answer.status_code == 200, path
        wanted += [after] if after else []
    assert entries("personnel.person.seen") == wanted
    found = AuditEntry.objects.filter(action="personnel.person.seen").values_list("actor_name", "object_id")
    assert list(found.order_by().distinct()) == [("street_clerk-own", str(person.pk))]
    assert program_of(world).get(f"/api/v1/people/{person.pk}/").status_code == 200
    assert entries("personnel.person.seen")[-1] == {"what": "PROGRAM"}


def test_who_is_refused_leaves_none(world: World, person: Person) -> None:
    stranger, looker = client_of(world, Role.STREET_CLERK, "foreign"), client_of(world, Role.REST_CLIENT)
    for method, path, _after in readings(person):
        assert getattr(stranger, method)(path).status_code == 404, path
    assert looker.post(f"/people/{person.pk}/", {"purpose": "CHECK"}).status_code == 403
    assert entries("personnel.person.seen") == entries("personnel.person.unmask") == []


@pytest.mark.skipif(not settings.CWMS_WALLS_ROLE, reason="this server has no role for the web")
@pytest.mark.parametrize("taken", [True, False], ids=["no trail", "the control"])
def test_what_cannot_be_recorded_is_not_shown(world: World, person: Person, taken: bool) -> None:
    """T11 for readings: 503 and nothing of the file while the trail takes nothing, every page when it does."""
    clerk, program = client_of(world, Role.STREET_CLERK), program_of(world)
    clerk.post("/people/columns/", {"column": ["identity_number", "phone"]})
    if taken:
        with connection.cursor() as cursor:
            cursor.execute(f"REVOKE INSERT ON core_auditentry FROM {APP_ROLE}")
    asked = [(clerk, method, path) for method, path, _after in readings(person)]
    asked += [
        (clerk, "post", "/people/export/?"),
        (program, "get", f"/api/v1/people/{person.pk}/"),
        (program, "get", f"/api/v1/people/{person.pk}/?unmasked=true&purpose=CHECK"),
    ]
    shown = []
    for client, method, path in asked:
        body = {"purpose": "CHECK", "unmasked": "1"} if method == "post" else {}
        answer = getattr(client, method)(path, body)
        content = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == (503 if taken else 200), path
        if taken:
            assert "%PDF" not in content.decode(errors="replace"), path
            assert not any(one in content.decode(errors="replace") for one in (NUMBER, PHONE, ACCOUNT, "农行")), path
        else:
            shown.append(content)
    assert len(shown) == (0 if taken else len(asked))
