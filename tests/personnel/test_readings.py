"""Who has looked at a file: for the auditor, and for the person."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.errors import Conflict, NotAllowed
from core.models import AuditEntry
from organization.models import Role, User
from personnel.models import OwnFile, Person
from personnel.services.own import own_file_clear, own_file_set
from tests.records import write
from tests.test_permissions import World, world  # noqa: F401


def client_of(world: World, role: Role, position: str = "own") -> Client:
    client = Client()
    client.force_login(world.users[role, position])
    return client


@pytest.fixture
def person(world: World) -> Person:
    return Person.objects.get(pk=world.numbers["person"])


@pytest.fixture
def looked_at(world: World, person: Person) -> Person:
    """Opened by the clerk, shown to the county's officer, and taken away in three lists, of which one is of another street."""
    clerk, officer = client_of(world, Role.STREET_CLERK), client_of(world, Role.ORG_OFFICER, "parent")
    assert clerk.get(f"/people/{person.pk}/").status_code == 200
    given = {"purpose": "OTHER", "words": "换届"}
    assert officer.post(f"/people/{person.pk}/", given).status_code == 200
    for client, query, body in (
        (clerk, "", {}),
        (officer, "?category=COMMUNITY_WORKER", {"unmasked": "1", "purpose": "PAY"}),
        (officer, "?unit=232762101", {}),
        (client_of(world, Role.STREET_CLERK, "sibling"), "", {}),
    ):
        client.post("/people/columns/", {"column": ["phone"]})
        answer = client.post(f"/people/export/{query}", body)
        assert (answer.status_code, len(b"".join(answer)) > 0) == (200, True), query
    return person


def shown(answer: Any) -> tuple[list[tuple[str, str, bool, str]], list[tuple[str, bool, bool, str]]]:
    assert answer.status_code == 200
    openings = [(one.who, one.what, one.revealed, one.purpose) for one in answer.context["lines"]]
    return openings, [(one.who, one.certain, one.revealed, one.purpose) for one in answer.context["taken"]]


OPENINGS = [
    ("ORG_OFFICER parent", "the record", True, "Something else, in words: 换届"),
    ("STREET_CLERK own", "the record", False, ""),
]
LISTS = [
    ("ORG_OFFICER parent", False, True, "Pay, social insurance and the housing fund"),
    ("STREET_CLERK own", True, False, ""),
]


def test_the_auditor_sees_who_has_looked(world: World, looked_at: Person) -> None:
    path = f"/people/{looked_at.pk}/readers/"
    assert shown(client_of(world, Role.AUDITOR).get(path)) == (OPENINGS, LISTS)
    assert client_of(world, Role.AUDITOR, "sibling").get(path).status_code == 404
    assert client_of(world, Role.ORG_OFFICER).get(path).status_code == 404
    other = Person.objects.exclude(pk=looked_at.pk).get()
    openings, lists = shown(client_of(world, Role.AUDITOR).get(f"/people/{other.pk}/readers/"))
    assert (openings, lists) == ([], LISTS)  # who works in the same street was in the same lists


def test_the_link_is_on_the_record_of_who_may(world: World, person: Person) -> None:
    link = f'href="/people/{person.pk}/readers/"'
    assert link in client_of(world, Role.AUDITOR).get(f"/people/{person.pk}/").content.decode()
    assert link not in client_of(world, Role.STREET_CLERK).get(f"/people/{person.pk}/").content.decode()


def test_oneself_sees_who_has_looked(world: World, looked_at: Person) -> None:
    me = world.users[Role.WORKER, "own"]
    client = client_of(world, Role.WORKER)
    empty = client.get("/my-file/readers/")
    assert (empty.status_code, empty.context["unlinked"]) == (200, True)
    own_file_set(actor=world.users[Role.SECURITY_ADMIN, "own"], user=me, person=looked_at)
    assert shown(client.get("/my-file/readers/")) == (OPENINGS, LISTS)
    assert client.get(f"/people/{looked_at.pk}/").status_code == 404
    assert client_of(world, Role.WORKER, "sibling").get("/my-file/readers/").context["unlinked"] is True
    own_file_clear(actor=world.users[Role.SECURITY_ADMIN, "own"], user=me)
    assert client.get("/my-file/readers/").context["unlinked"] is True
    acts = AuditEntry.objects.filter(action__startswith="personnel.own_file").order_by("pk")
    assert [(one.action, one.object_id) for one in acts] == [
        ("personnel.own_file.set", str(looked_at.pk)), ("personnel.own_file.clear", str(looked_at.pk)),
    ]  # fmt: skip


def test_a_security_administrator_says_who_a_user_is_and_never_themselves(world: World, person: Person) -> None:
    me, admin = world.users[Role.WORKER, "own"], world.users[Role.SECURITY_ADMIN, "own"]
    for actor in (
        world.users[Role.SECURITY_ADMIN, "sibling"], world.users[Role.STREET_CLERK, "own"], world.users[Role.AUDITOR, "own"],
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            own_file_set(actor=actor, user=me, person=person)
    with pytest.raises(NotAllowed):
        own_file_set(actor=admin, user=admin, person=person)
    own_file_set(actor=admin, user=me, person=person)
    other = Person.objects.exclude(pk=person.pk).get()
    for user, whom in ((me, other), (world.users[Role.WORKER, "parent"], person)):
        with pytest.raises(Conflict):
            own_file_set(actor=admin, user=user, person=whom)
    assert list(OwnFile.objects.values_list("user", "person")) == [(me.pk, person.pk)]


def test_the_command_links_a_user(world: World, person: Person) -> None:
    user = User.objects.create(username="self", display_name="本人")
    call_command("own-file", "self", person=person.pk)
    assert OwnFile.objects.get(user=user).person == person
    with pytest.raises(CommandError):
        call_command("own-file", "self", person=person.pk)
    call_command("own-file", "self", clear=True)
    assert not OwnFile.objects.exists()
    for wrong in (("nobody", {"person": person.pk}), ("self", {"person": 987654321}), ("self", {"clear": True})):
        with pytest.raises(CommandError):
            call_command("own-file", wrong[0], **wrong[1])


def test_a_leaver_is_in_no_later_list(world: World, looked_at: Person) -> None:
    """An employment that ended before a list was taken away isn't in it, unless the list asked for leavers."""
    job = looked_at.employments.get()
    job.placements.all().delete()
    write(job, end=date.today().replace(year=date.today().year - 1))
    looked_at.tenures.update(end=job.start)
    clerk = client_of(world, Role.STREET_CLERK)
    b"".join(clerk.post("/people/export/?state=left", {}))
    lists = shown(client_of(world, Role.AUDITOR).get(f"/people/{looked_at.pk}/readers/"))[1]
    assert lists == [("STREET_CLERK own", False, False, "")]
