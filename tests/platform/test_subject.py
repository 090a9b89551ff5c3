"""The copy for the person themselves has every column of the data map, and nothing of anybody else."""

# ruff: noqa: F811

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection
from django.test import Client

from core.models import AuditEntry, Export
from cwms import subject
from cwms.data_map import entries, models, whole
from organization.models import Role
from payroll.models import PaySlip
from personnel.models import Person
from personnel.services import person_change, section_add
from personnel.services.own import own_file_set
from tests.records import write
from tests.test_permissions import World, world  # noqa: F401

NUMBER, PHONE, EARLIER, ACCOUNT = "110105194912310021", "13812345678", "13912345678", "6228480012345678"


@pytest.fixture
def me(world: World) -> Person:
    """A person with sealed values, of before too, whom the worker of the own street is."""
    found = Person.objects.get(pk=world.numbers["person"])
    write(found, identity_number=NUMBER, phone=EARLIER)
    person_change(actor=None, person=found, day=date(2026, 1, 15), values={"phone": PHONE})
    section_add(
        actor=None, person=found, section="bank",
        values={"bank": "农行", "number": ACCOUNT, "start": date(2024, 1, 1), "main": True},
    )  # fmt: skip
    own_file_set(actor=None, user=world.users[Role.WORKER, "own"], person=found)
    return found


def copy_of(world: World) -> tuple[dict[str, Any], str]:
    client = Client()
    client.force_login(world.users[Role.WORKER, "own"])
    answer = client.post("/my-file/copy/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        return json.loads(archive.read("data.json")), archive.read("data.html").decode()


def missing(found: dict[str, Any]) -> set[tuple[str, str]]:
    there = {(one["table"], name) for one in found["tables"] for name in one["columns"]}
    return {(one.table, one.field) for one in entries() if one.kind != "technical"} - there


def test_every_table_of_the_map_leads_to_a_person() -> None:
    """A table without a way fails here, not at somebody's copy; the control is one that has none."""
    somebody = Person(pk=1)
    for table in set(subject.mapped()) - {"core.rowhistory", "personnel.import"}:  # by a function; never
        apps.get_model(table)._base_manager.filter(subject.way_of(table)(somebody, 1))
    with pytest.raises(FieldError):
        apps.get_model("policy.policyversion")._base_manager.filter(subject.way_of("policy.policyversion")(somebody, 1))


def leading(found: Any) -> set[str]:
    """The tables with a column that leads to a person."""
    return {
        model._meta.label_lower
        for model in found
        if any(one.related_model is Person for one in model._meta.concrete_fields)
    }


def test_every_table_that_points_at_a_person_is_copied() -> None:
    """By walking the models: a new one is in the map, which the copy follows."""
    tables = set(subject.mapped())
    assert leading(models()) - tables == set()
    assert len(leading(models())) > 30
    assert set(subject.WAYS) - tables == set()
    assert leading(models()) & set(whole()["nobody"]) == set()
    # The control: a table less in the map is missed.
    assert leading(models()) - (tables - {"personnel.leave"}) == {"personnel.leave"}


def test_every_column_of_the_map_is_in_the_copy(world: World, me: Person) -> None:
    found, page = copy_of(world)
    assert missing(found) == set()
    assert all(set(row) == set(one["columns"]) for one in found["tables"] for row in one["rows"])
    tables = {one["table"]: one for one in found["tables"]}
    # The control: a column less is missed.
    del tables["personnel.bankaccount"]["columns"]["number"]
    assert missing(found) == {("personnel.bankaccount", "number")}
    assert tables["personnel.person"]["rows"][0]["identity_number"] == NUMBER
    assert tables["personnel.personpast"]["rows"][0]["value"] == EARLIER
    assert tables["personnel.bankaccount"]["rows"][0]["number"] == ACCOUNT
    earlier = [row["row"] for row in tables["personnel.rowhistory"]["rows"] if row["row"].get("phone")]
    assert earlier[0]["phone"] == EARLIER
    assert [one["table"] for one in found["tables"] if not one["purpose"] or not one["basis"]] == []
    assert [one for one in (NUMBER, PHONE, ACCOUNT) if one not in page] == []
    assert len(tables["payroll.payslip"]["rows"]) == PaySlip.objects.filter(person=me).count() > 0


def test_the_copy_has_no_proof_of_identity_and_nobody_else(world: World, me: Person) -> None:
    found, page = copy_of(world)
    user = next(one for one in found["tables"] if one["table"] == "organization.user")["rows"]
    assert [(one["username"], one["password"]) for one in user] == [("worker-own", subject.WITHHELD)]
    assert "v1|" not in json.dumps(found)
    other = Person.objects.exclude(pk=me.pk).get()
    people = next(one for one in found["tables"] if one["table"] == "personnel.person")["rows"]
    assert ([one["name"] for one in people], other.name) == (["甲"], "乙")
    assert "乙" not in page


def test_who_is_nobody_gets_nothing(world: World, me: Person) -> None:
    client = Client()
    client.force_login(world.users[Role.STREET_CLERK, "own"])
    answer = client.post("/my-file/copy/")
    assert (answer.status_code, answer["Location"]) == (302, "/my-file/readers/")
    assert not Export.objects.filter(kind=subject.KIND).exists()


def test_a_copy_is_numbered_and_the_person_sees_it(world: World, me: Person) -> None:
    copy_of(world)
    export = Export.objects.get(kind=subject.KIND)
    assert (export.actor_name, export.query, export.sensitive) == ("worker-own", f"person={me.pk}", True)
    entry = AuditEntry.objects.get(action="personnel.person.copied")
    assert (entry.object_id, entry.after) == (str(me.pk), {"what": "COPY", "export": export.code, "purpose": "REQUEST"})
    client = Client()
    client.force_login(world.users[Role.WORKER, "own"])
    (line, *_rest) = client.get("/my-file/readers/").context["lines"]
    assert (line.what, line.revealed) == ("a copy of everything, for the person", True)


def ask(world: World, role: Role, me: Person, document: str) -> Any:
    client = Client()
    client.force_login(world.users[role, "own"])
    return client.post(f"/people/{me.pk}/copy/", {"document": document})


def test_an_officer_takes_it_on_a_letter_and_sees_no_account(world: World, me: Person) -> None:
    refused = ask(world, Role.STREET_CLERK, me, " ")
    assert (refused.status_code, "document" in refused.context["form"].errors) == (422, True)
    answer = ask(world, Role.STREET_CLERK, me, "来信2026-03-02")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        text = archive.read("data.json").decode()
    tables = {one["table"]: one["rows"] for one in json.loads(text)["tables"]}
    assert tables["personnel.person"][0]["identity_number"] == NUMBER
    # Who enters an account doesn't read it (docs/decisions/0037); what the user is stays with the user.
    assert tables["personnel.bankaccount"][0]["number"] == "**** 5678"
    assert (ACCOUNT in text, tables["organization.user"], tables["organization.session"]) == (False, [], [])
    assert AuditEntry.objects.get(action="personnel.person.copied").after["words"] == "来信2026-03-02"  # type: ignore[index]


def test_who_only_writes_files_takes_no_copy(world: World, me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "may_copy", lambda **_kwargs: False)
    assert ask(world, Role.STREET_CLERK, me, "来信").status_code == 403
    assert not Export.objects.filter(kind=subject.KIND).exists()


def test_history_is_read_of_whom_one_sees_alone(world: World, me: Person) -> None:
    """As the web's role, by the function that reads past its rights."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO core_rowhistory (table_name, row_id, person_id, "row", deed, at, actor) '
            "VALUES ('training_trainingrecord', 1, %s, '{}', 'U', now(), 'x')",
            [me.pk],
        )
        for units, found in (("{(,)}", 1), ("", 0)):
            cursor.execute("SET LOCAL ROLE cwms_app")
            cursor.execute("SELECT set_config('cw.units', %s, true)", [units])
            cursor.execute("SELECT count(*) FROM core_history_of(%s) WHERE actor = 'x'", [me.pk])
            assert cursor.fetchone() == (found,)
            cursor.execute("RESET ROLE")
