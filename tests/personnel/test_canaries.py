"""Numbers that belong to nobody are put on record in every way, and then looked for in everything the database has."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client

from organization.models import Role, User
from organization.services import grant_give, user_create
from personnel.models import Person
from personnel.rules import IdentityProblem, read_document_number
from personnel.services import person_change, person_correct, person_create
from personnel.services.drafts import draft_save
from personnel.services.sections import section_add

CANARIES = 50


def identity_number(n: int) -> str:
    stem = f"34018119900101{n:03d}"
    return next(
        stem + digit for digit in "0123456789X" if not isinstance(read_document_number("RESIDENT_ID", stem + digit), IdentityProblem)
    )  # fmt: skip


def dump() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(to_jsonb(t)::text, E'\\n'), '') FROM \"{table}\" t")
            found.append(cursor.fetchone()[0])
    return "\n".join(found)


def hits(text: str, numbers: set[str]) -> set[str]:
    return {number for number in numbers if number in text or number.encode().hex() in text}


@pytest.fixture
def clerk(units) -> User:
    user, _password = user_create(actor=None, username="clerk", display_name="经办")
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=units["340181002"], role=Role.STREET_CLERK)
    return User.objects.get(pk=user.pk)


def test_no_canary_is_in_a_dump(units, clerk: User) -> None:
    numbers: set[str] = set()
    page = Client()
    page.force_login(clerk)
    person: Person
    for n in range(CANARIES):
        mine = [identity_number(n), *(f"1{prefix}{n:08d}" for prefix in (54, 55, 56, 57)), f"62299900{n:08d}"]
        numbers |= set(mine)
        identity, phone, other, emergency, family, account = mine
        person = person_create(
            actor=clerk, unit=units["340181002008"], name=f"雀{n}", identity_number=identity, phone=other,
            emergency_phone=emergency,
        )  # fmt: skip
        person_change(actor=clerk, person=person, day=date(2025, 1, 1), values={"phone": phone})
        values = {"relation": "10", "name": "某", "phone": family}
        section_add(actor=clerk, person=person, section="family", values=values)
        values = {"bank": "建行", "number": account, "start": date(2024, 1, 1)}
        section_add(actor=clerk, person=person, section="bank", values=values)
        page.post("/people/search/", {"q": identity}, follow=True)
        page.post("/people/filters/?q=" + phone, {"name": f"f{n}"})
    draft_save(actor=clerk, key=person.key, page="identity", values={"identity_number": [identity]}, version=0)
    person_correct(actor=clerk, person=Person.objects.get(pk=person.pk), values={"emergency_phone": ""}, reason="录错")
    assert len(numbers) == CANARIES * 6
    assert hits(dump(), numbers) == set()
    # The control: one column that is not sealed is found.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE personnel_person DROP CONSTRAINT personnel_person_sealed")
        cursor.execute("UPDATE personnel_person SET other_phone = '15400000000' WHERE id = %s", [person.pk])
    assert hits(dump(), numbers) == {"15400000000"}
