"""What somebody says is wrong in their file: who asks, who decides, and what becomes of the record."""

# ruff: noqa: F811

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.errors import NotAllowed, NotFound
from core.models import AuditEntry
from organization.models import Role
from personnel.models import CorrectionRequest, CorrectionState, Education, Person, RowHistory
from personnel.selectors.corrections import target_for_system
from personnel.services import corrections, section_add
from personnel.services.corrections import correction_ask, correction_grant, correction_refuse
from personnel.services.own import own_file_set
from tests.test_permissions import World, world  # noqa: F401

NUMBER = "110105194912310021"


def client_of(world: World, role: Role, position: str = "own") -> Client:
    client = Client()
    client.force_login(world.users[role, position])
    return client


@pytest.fixture
def me(world: World) -> Person:
    found = Person.objects.get(pk=world.numbers["person"])
    CorrectionRequest.objects.all().delete()  # that of the matrix
    own_file_set(actor=None, user=world.users[Role.WORKER, "own"], person=found)
    return found


@pytest.fixture
def school(me: Person) -> Education:
    made = section_add(
        actor=None, person=me, section="education", values={"level": "COLLEGE", "school": "黑河学院", "graduated": date(2012, 7, 1)}
    )  # fmt: skip
    assert isinstance(made, Education)
    return made


def asked_by_me(world: World, what: str, stated: str, document: str = "毕业证书2012-114") -> Any:
    given = {"what": what, "stated": stated, "document": document}
    return client_of(world, Role.WORKER).post("/my-file/corrections/new/", given)


def test_what_the_person_asks_an_officer_corrects_in_one_transaction(
    world: World, me: Person, school: Education
) -> None:
    answer = asked_by_me(world, f"education.school-{school.pk}", "哈尔滨学院")
    assert (answer.status_code, answer["Location"]) == (302, "/my-file/corrections/")
    request = CorrectionRequest.objects.get(person=me)
    clerk = client_of(world, Role.STREET_CLERK)
    (line,) = clerk.get("/corrections/").context["lines"]
    assert (line.request.pk, line.late) == (request.pk, False)
    page = clerk.get(f"/corrections/{request.pk}/")
    assert (page.context["words"], page.context["grant"]["value"].value()) == ("黑河学院", "哈尔滨学院")
    # A value that the column doesn't take decides nothing.
    refused = clerk.post(f"/corrections/{request.pk}/", {"act": "grant", "value": "长" * 300})
    assert refused.status_code == 422
    assert clerk.post(f"/corrections/{request.pk}/", {"act": "grant", "value": "哈尔滨学院"}).status_code == 302
    request.refresh_from_db()
    school.refresh_from_db()
    assert (request.state, request.decided_by, school.school) == (
        CorrectionState.GRANTED, world.users[Role.STREET_CLERK, "own"], "哈尔滨学院",
    )  # fmt: skip
    kept = RowHistory.objects.get(table_name="personnel_education", row_id=school.pk)
    assert (kept.act, kept.document, kept.row["school"]) == ("correct", "毕业证书2012-114", "黑河学院")
    (mine,) = client_of(world, Role.WORKER).get("/my-file/corrections/").context["lines"]
    assert mine.request.state == CorrectionState.GRANTED
    assert clerk.post(f"/corrections/{request.pk}/", {"act": "refuse", "reason": "不符"}).status_code == 409


def test_a_refusal_has_its_reason_and_the_person_reads_it(world: World, me: Person) -> None:
    asked_by_me(world, "identity_number", NUMBER, "身份证")
    request = CorrectionRequest.objects.get(person=me)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stated FROM personnel_correctionrequest WHERE id = %s", [request.pk])
        assert cursor.fetchone()[0].startswith("v1|")
    clerk = client_of(world, Role.STREET_CLERK)
    answer = clerk.post(f"/corrections/{request.pk}/", {"act": "refuse", "reason": " "})
    assert (answer.status_code, "reason" in answer.context["refuse"].errors) == (422, True)
    assert clerk.post(f"/corrections/{request.pk}/", {"act": "refuse", "reason": "身份证与登记一致"}).status_code == 302
    assert "身份证与登记一致" in client_of(world, Role.WORKER).get("/my-file/corrections/").content.decode()
    actions = (
        AuditEntry.objects.filter(action__startswith="personnel.correction.")
        .exclude(actor_name="officer")
        .order_by("pk")
    )
    assert [(one.action, one.actor_name) for one in actions] == [
        ("personnel.correction.ask", "worker-own"), ("personnel.correction.refuse", "street_clerk-own"),
    ]  # fmt: skip
    assert NUMBER not in str([one.after for one in actions])


def test_all_that_is_missing_is_said_at_once_and_what_was_typed_stays(world: World, me: Person) -> None:
    answer = client_of(world, Role.WORKER).post(
        "/my-file/corrections/new/", {"what": "phone", "stated": "", "document": ""}
    )
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["document", "stated"])
    assert answer.context["form"]["what"].value() == "phone"
    asked_by_me(world, "phone", "13812345678")
    assert asked_by_me(world, "phone", "13912345678").status_code == 422  # the same is asked already
    assert CorrectionRequest.objects.count() == 1


def test_fifteen_working_days_by_the_calendar(world: World, me: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monday, the 2nd of March 2026: three weeks on is the 23rd; two days off in between make it the 25th."""
    monkeypatch.setattr(corrections.timezone, "localdate", lambda *_args: date(2026, 3, 2))
    monkeypatch.setattr(corrections, "calendar_for_system", lambda: ({}, frozenset()))
    assert corrections._due() == date(2026, 3, 23)
    off = {date(2026, 3, 5): False, date(2026, 3, 6): False}
    monkeypatch.setattr(corrections, "calendar_for_system", lambda: (off, frozenset({2026})))
    assert corrections._due() == date(2026, 3, 25)


def test_nobody_decides_what_they_asked_for(world: World, me: Person) -> None:
    clerk, officer = world.users[Role.STREET_CLERK, "own"], world.users[Role.ORG_OFFICER, "parent"]
    request = correction_ask(actor=clerk, person=me, code="phone", stated="13812345678", document="来信")
    with pytest.raises(NotAllowed):
        correction_grant(actor=clerk, request=request, value="13812345678")
    with pytest.raises(NotAllowed):
        correction_refuse(actor=world.users[Role.STREET_CLERK, "sibling"], request=request, reason="无此事")
    correction_grant(actor=officer, request=request, value="13812345678")
    assert Person.objects.get(pk=me.pk).phone == "13812345678"


@pytest.mark.parametrize("decider", ["asker", "another"])
def test_the_database_keeps_the_four_eyes(world: World, me: Person, decider: str) -> None:
    """By raw SQL; the control is another, whom it lets through."""
    clerk, officer = world.users[Role.STREET_CLERK, "own"], world.users[Role.ORG_OFFICER, "parent"]
    request = correction_ask(actor=clerk, person=me, code="phone", stated="13812345678", document="来信")
    who = clerk if decider == "asker" else officer
    statement = (
        "UPDATE personnel_correctionrequest SET state = 'GRANTED', decided = now(), decided_by_id = %s WHERE id = %s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if decider == "asker":
            with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
                cursor.execute(statement, [who.pk, request.pk])
        else:
            cursor.execute(statement, [who.pk, request.pk])
            assert cursor.rowcount == 1


def test_a_stranger_asks_about_nobody_and_another_person_has_no_such_row(world: World, school: Education) -> None:
    other = Person.objects.exclude(pk=school.person_id).get()
    given = {"what": f"education.school-{school.pk}", "stated": "x", "document": "y"}
    with pytest.raises(NotFound):
        target_for_system(other, "education.school", school.pk)
    assert target_for_system(school.person, "education.school", school.pk)[1] == school
    officer = client_of(world, Role.ORG_OFFICER, "foreign")
    assert officer.post(f"/people/{school.person_id}/corrections/new/", given).status_code == 404
    assert client_of(world, Role.STREET_CLERK).get("/my-file/corrections/new/").context["unlinked"]
