"""People, employments and posts for programs: what is shown, who writes, on which state, and how often."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from core.models import AuditEntry, Idempotency
from organization.models import ROLE_PERMISSIONS, Permission, Role, Unit, User
from organization.services import grant_give, grant_revoke, token_give
from personnel.api import people as people_api
from personnel.api import rows as rows_api
from personnel.models import Custody, Employment, Person, PersonPast, RowHistory, Tenure
from personnel.services import archive_open, person_change, person_correct, tenure_start

PEOPLE, EMPLOYMENTS, TENURES = "/api/v1/people/", "/api/v1/employments/", "/api/v1/tenures/"
STREET, OWN, OTHER_OWN = "340181002", "340181002008", "340181002001"
Hire = Callable[..., Person]


class Program:
    """A program with a token; bodies and answers are JSON."""

    def __init__(self, user: User) -> None:
        self.user = user
        token = token_give(actor=None, user=user, label="tests")[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        self.client.get(PEOPLE)  # the first use of a token is written down

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(path, query or {}, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, json.dumps(body), content_type="application/json", headers=named)

    def state(self, path: str) -> str:
        return str(self.get(path)["ETag"])


def program(units: dict[str, Unit], role: Role, code: str = STREET) -> Program:
    user = User.objects.create(username=f"{role}-{code}".lower(), display_name=f"{role} {code}")
    grant_give(actor=None, user=user, unit=units[code], role=role)
    return Program(user)


@pytest.fixture
def writer(units: dict[str, Unit]) -> Program:
    return program(units, Role.REST_WRITER)


@pytest.fixture
def reader(units: dict[str, Unit]) -> Program:
    return program(units, Role.REST_CLIENT)


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))


def error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    found = answer.json()["error"]
    assert found["code"] == code
    assert found["message"]
    return found


def new(**person: Any) -> dict[str, Any]:
    return {
        "person": {"name": "张三", "sex": "MALE", "birth_date": "1990-01-01", **person},
        "employment": {"unit": OWN, "category": "COMMUNITY_WORKER", "start": "2021-07-01"},
        "post": {"title": "STAFF"},
    }


# -- The role ---------------------------------------------------------------------------------------------------------


def test_a_program_that_writes_may_do_that_and_nothing_else(writer: Program, hire: Hire) -> None:
    P = Permission
    assert ROLE_PERMISSIONS[Role.REST_WRITER] == {P.USE_API, P.VIEW_PEOPLE, P.CHANGE_PEOPLE}
    hire()
    assert len(writer.get(PEOPLE).json()["results"]) == 1
    for path in ("payslips", "pay-runs", "results", "evaluations", "promotion-runs"):
        assert writer.get(f"/api/v1/{path}/").json()["results"] == []
    assert writer.post("/api/v1/pay-runs/", {"unit": STREET, "month": "2026-01"}).status_code == 404


def test_who_may_write_but_not_use_the_interface_does_not(units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    user = User.objects.create(username="clerk", display_name="clerk")
    grant_give(actor=None, user=user, unit=units[STREET], role=Role.STREET_CLERK)
    client = Client()
    client.force_login(user)
    body = json.dumps({"reason": "x", "values": {"name": "王方"}})
    answer = client.post(f"{PEOPLE}{person.pk}/correct/", body, content_type="application/json")
    error(answer, 403, "permission_denied")
    grant_give(actor=None, user=user, unit=units[STREET], role=Role.REST_CLIENT)  # the control
    client.force_login(user)  # other rights end the sessions that rest on them
    answer = client.post(f"{PEOPLE}{person.pk}/correct/", body, content_type="application/json")
    error(answer, 428, "precondition_required")


def test_who_only_reads_writes_nothing(reader: Program, hire: Hire) -> None:
    person = hire()
    employment, tenure = person.employments.get(), person.tenures.get()
    correction = {"reason": "x", "values": {}}
    for path, body in (
        (f"{PEOPLE}{person.pk}/correct/", correction),
        (f"{PEOPLE}{person.pk}/change/", {"day": "2026-01-01", "values": {}}),
        (f"{EMPLOYMENTS}{employment.pk}/end/", {"day": "2026-01-01", "reason": "RESIGNED"}),
        (f"{TENURES}{tenure.pk}/end/", {"day": "2026-01-01"}),
    ):
        error(reader.post(path, body, If_Match='"x"'), 403, "permission_denied")
    error(reader.post(PEOPLE, new()), 404, "not_found")
    assert Person.objects.count() == 1


# -- What is shown ----------------------------------------------------------------------------------------------------


def test_what_is_sensitive_is_masked_until_a_writer_asks(writer: Program, reader: Program, hire: Hire) -> None:
    person = hire()
    person_correct(
        actor=None,
        person=person,
        reason="x",
        values={
            "identity_number": "340181199005010025", "phone": "13812345678", "health": "10", "address": "团结路1号",
            "emergency_phone": "0551-82345678",
        },
    )  # fmt: skip
    path = f"{PEOPLE}{person.pk}/"
    names = ["identity_number", "health", "phone", "other_phone", "address", "emergency_contact", "emergency_phone"]
    masked = {
        "identity_number": "3401**********0025", "health": None, "phone": "138****5678", "other_phone": None,
        "address": None, "emergency_contact": None, "emergency_phone": "055****5678",
    }  # fmt: skip
    for asker in (reader, writer):
        body = asker.get(path).json()
        assert body["masked"] == names
        assert {name: body[name] for name in names} == masked
        assert body["birth_date"] == "1990-05-01"
    error(reader.get(path, {"unmasked": "true", "purpose": "CHECK"}), 403, "permission_denied")
    assert not AuditEntry.objects.filter(action="personnel.person.unmask").exists()
    open_ = writer.get(path, {"unmasked": "true", "purpose": "CHECK"}).json()
    assert open_["masked"] == []
    assert (open_["identity_number"], open_["phone"], open_["health"], open_["address"]) == (
        "340181199005010025", "13812345678", "10", "团结路1号",
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="personnel.person.unmask")
    assert (entry.actor_name, entry.object_id) == (writer.user.username, str(person.pk))
    assert entry.after == {"what": "PROGRAM", "purpose": "CHECK", "words": ""}


def test_a_record_is_as_of_its_day(writer: Program, hire: Hire) -> None:
    person = hire()
    person_correct(actor=None, person=person, reason="x", values={"marital_status": "10"})
    person_change(actor=None, person=person, day=date(2024, 5, 1), values={"marital_status": "20"})
    person_change(actor=None, person=person, day=date(2026, 3, 1), values={"marital_status": "40", "name": "王方"})
    path = f"{PEOPLE}{person.pk}/"
    shown = {
        day: (body["marital_status"], body["name"])
        for day in ("2024-04-30", "2024-05-01", "2026-02-28", "2026-03-01")
        for body in [writer.get(path, {"day": day}).json()]
    }
    assert shown == {
        "2024-04-30": ("10", "王芳"),
        "2024-05-01": ("20", "王芳"),
        "2026-02-28": ("20", "王芳"),
        "2026-03-01": ("40", "王方"),
    }
    assert writer.get(path).json()["marital_status"] == "40"
    names = [writer.get(PEOPLE, {"day": day}).json()["results"][0]["name"] for day in ("2026-02-28", "2026-03-01")]
    assert names == ["王芳", "王方"]


def test_lists_of_a_day_a_state_and_a_unit(writer: Program, hire: Hire) -> None:
    hire("甲", start=date(2020, 1, 1), end=date(2023, 1, 1))
    hire("乙", start=date(2022, 1, 1))
    hire("丙", unit=OTHER_OWN, start=date(2022, 1, 1), category="GRID_WORKER")

    def names(path: str = PEOPLE, **query: str) -> list[str]:
        return sorted(row["name"] for row in writer.get(path, query).json()["results"])

    assert names() == ["丙", "乙"]
    assert names(day="2021-01-01") == ["甲"]
    assert names(state="left") == ["甲"]
    assert names(state="all") == ["丙", "乙", "甲"]
    assert names(unit=OWN) == ["乙"]
    assert names(category="GRID_WORKER") == ["丙"]
    assert names(EMPLOYMENTS) == ["丙", "乙", "甲"]
    assert names(EMPLOYMENTS, day="2021-01-01") == ["甲"]
    assert names(EMPLOYMENTS, unit=OTHER_OWN) == ["丙"]
    assert names(EMPLOYMENTS, category="GRID_WORKER") == ["丙"]
    assert names(TENURES, day="2026-01-01", unit=STREET) == ["丙", "乙"]
    assert names(TENURES, person=str(Person.objects.get(name="甲").pk)) == ["甲"]
    for path in (PEOPLE, EMPLOYMENTS, TENURES):
        assert set(error(writer.get(path, {"unit": "110101"}), 400, "invalid")["fields"]) == {"unit"}
        assert set(error(writer.get(path, {"day": "x"}), 400, "invalid")["fields"]) == {"day"}


# -- Pages ------------------------------------------------------------------------------------------------------------


def test_pages_neither_repeat_nor_lose_while_somebody_is_entered(writer: Program, hire: Hire) -> None:
    for name in ("安一", "安二", "陈一", "陈二", "丁一"):  # an er, an yi, chen er, chen yi, ding yi
        hire(name)
    first = writer.get(PEOPLE, {"limit": "2"}).json()
    assert [row["name"] for row in first["results"]] == ["安二", "安一"]
    assert first["previous"] is None
    hire("阿大")  # a da: before everybody
    second = writer.get(first["next"]).json()
    assert [row["name"] for row in second["results"]] == ["陈二", "陈一"]
    # The control: by place, the second page would now repeat somebody of the first.
    whole = [row["name"] for row in writer.get(PEOPLE).json()["results"]]
    assert whole[2:4] == ["安一", "陈二"]
    third = writer.get(second["next"]).json()
    assert ([row["name"] for row in third["results"]], third["next"]) == (["丁一"], None)
    back = writer.get(third["previous"]).json()
    assert [row["name"] for row in back["results"]] == ["陈二", "陈一"]
    begin = writer.get(writer.get(back["previous"]).json()["previous"]).json()
    assert [row["name"] for row in begin["results"]] == ["阿大"]
    assert begin["previous"] is None
    down = writer.get(PEOPLE, {"limit": "4", "sort": "-name"}).json()
    assert [row["name"] for row in down["results"]] == ["丁一", "陈一", "陈二", "安一"]
    assert [row["name"] for row in writer.get(down["next"]).json()["results"]] == ["安二", "阿大"]


@pytest.mark.parametrize("path", [EMPLOYMENTS, TENURES])
def test_rows_in_pages(writer: Program, hire: Hire, path: str) -> None:
    hired = [hire(name).pk for name in "甲乙丙丁戊"]
    seen, link = [], f"{path}?limit=2"
    while link:
        body = writer.get(link).json()
        seen.append([row["person"] for row in body["results"]])
        link = body["next"]
    assert seen == [hired[:2], hired[2:4], hired[4:]]


def test_a_cursor_that_means_nothing_is_refused(writer: Program, hire: Hire) -> None:
    for name in "甲乙丙":
        hire(name)
    cursor = writer.get(PEOPLE, {"limit": "1"}).json()["next"].partition("cursor=")[2].partition("&")[0]
    assert writer.get(PEOPLE, {"cursor": cursor}).status_code == 200
    for query in ({"cursor": "x"}, {"cursor": cursor[:-4]}, {"cursor": cursor, "sort": "born"}, {"cursor": "W10"}):
        assert set(error(writer.get(PEOPLE, query), 400, "invalid")["fields"]) == {"cursor"}


# -- States -----------------------------------------------------------------------------------------------------------


def test_who_has_the_state_is_sent_nothing(writer: Program, hire: Hire) -> None:
    person = hire()
    paths = (
        f"{PEOPLE}{person.pk}/", f"{EMPLOYMENTS}{person.employments.get().pk}/",
        f"{TENURES}{person.tenures.get().pk}/",
    )  # fmt: skip
    for path in paths:
        tag = writer.state(path)
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = writer.get(path, **{"If-None-Match": known})
            assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
        assert writer.get(path, **{"If-None-Match": '"x"'}).status_code == 200
    assert len({writer.state(path) for path in paths}) == 3


def test_a_state_knows_what_is_masked_too(writer: Program, reader: Program, hire: Hire) -> None:
    """Digits in the middle of a phone number: the answer looks the same, and yet it is another state."""
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    person_correct(actor=None, person=person, reason="x", values={"phone": "13812345678"})
    first = reader.get(path)
    person_correct(actor=None, person=person, reason="x", values={"phone": "13800005678"})
    second = reader.get(path)
    assert first.json() == second.json()
    assert first["ETag"] != second["ETag"] == writer.state(path)


def test_a_write_rests_on_the_state_that_was_read(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    body = {"reason": "misread", "values": {"name": "王方"}}
    seen = writer.state(path)
    for missing in ({}, {"If_Match": "*"}, {"If_Match": "x"}):
        error(writer.post(f"{path}correct/", body, **missing), 428, "precondition_required")
    error(
        writer.post(f"{path}correct/", body, If_Match=f"W/{seen}"), 412, "changed"
    )  # weak: not good enough to write on
    person_change(actor=None, person=person, day=date(2026, 1, 1), values={"phone": "13812345678"})
    answer = writer.post(f"{path}correct/", body, If_Match=seen)
    error(answer, 412, "changed")
    assert Person.objects.get().name == "王芳"
    now = writer.state(path)
    assert answer["ETag"] == now != seen
    answer = writer.post(f"{path}correct/", body, If_Match=now)
    assert (answer.status_code, answer.json()["name"]) == (200, "王方")
    assert answer["ETag"] == writer.state(path) != now


def test_the_state_of_another_day_fits_only_where_nothing_has_changed(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    person_change(actor=None, person=person, day=date(2026, 1, 1), values={"phone": "13812345678"})
    then, since = (writer.get(path, {"day": day})["ETag"] for day in ("2025-12-31", "2026-01-01"))
    assert then != since == writer.state(path)
    body = {"reason": "x", "values": {"name": "王方"}}
    error(writer.post(f"{path}correct/", body, If_Match=then), 412, "changed")


# -- Writing ----------------------------------------------------------------------------------------------------------


def test_a_person_is_entered_whole(writer: Program) -> None:
    answer = writer.post(PEOPLE, new(phone="13812345678"))
    assert answer.status_code == 201, answer.content
    person = Person.objects.get()
    assert answer["Location"] == f"{PEOPLE}{person.pk}/"
    assert answer["ETag"] == writer.state(answer["Location"])
    assert (answer.json()["id"], answer.json()["phone"]) == (person.pk, "138****5678")
    employment, tenure = person.employments.get(), person.tenures.get()
    assert (employment.unit.code, employment.category, employment.start) == (
        OWN, "COMMUNITY_WORKER", date(2021, 7, 1),
    )  # fmt: skip
    assert (tenure.title, tenure.post.unit.code, tenure.start) == ("STAFF", OWN, date(2021, 7, 1))
    assert AuditEntry.objects.get(action="personnel.person.create").actor_name == writer.user.username


def test_what_is_wrong_with_a_new_person_stands_beside_its_value(writer: Program) -> None:
    error(writer.post(PEOPLE, {"person": {}}), 400, "invalid")
    found = error(writer.post(PEOPLE, new(salary=1)), 400, "invalid")
    assert set(found["fields"]) == {"person.salary"}
    found = error(writer.post(PEOPLE, {"person": {"name": "张三"}, "employment": new()["employment"]}), 400, "invalid")
    assert set(found["fields"]) == {"person.identity_number"}
    found = error(writer.post(PEOPLE, new(identity_number="11010519491231002X")), 400, "refused")
    assert set(found["fields"]) == {"person.identity_number"}  # says born in 1949
    found = error(writer.post(PEOPLE, new(phone="12")), 400, "refused")
    assert set(found["fields"]) == {"person.phone"}
    body = new()
    body["employment"]["start"] = "1999-12-31"  # the unit is there since 2000
    error(writer.post(PEOPLE, body), 400, "refused")
    body = new()
    body["post"]["title"] = "KING"
    assert set(error(writer.post(PEOPLE, body), 400, "invalid")["fields"]) == {"post.title"}
    del body["employment"], body["post"]["title"]
    assert set(error(writer.post(PEOPLE, body), 400, "invalid")["fields"]) == {"post.title"}
    body["post"] = {"title": "STAFF", "unit": OWN}  # no day
    assert set(error(writer.post(PEOPLE, body), 400, "refused")["fields"]) == {"post.start"}
    body = new()
    body["employment"]["unit"] = body["employment"]["employer"] = OWN
    body["employment"]["recruiter"] = "999999"
    assert set(error(writer.post(PEOPLE, body), 400, "refused")["fields"]) == {"employment.recruiter"}
    body["employment"] = {"unit": "110101", "category": "COMMUNITY_WORKER", "start": "2021-07-01"}
    error(writer.post(PEOPLE, body), 404, "not_found")
    assert not Person.objects.exists()


def test_a_number_that_is_on_record_is_a_conflict(writer: Program) -> None:
    one = new(name="张三", identity_number="11010519491231002X", sex="FEMALE", birth_date="1949-12-31")
    assert writer.post(PEOPLE, one).status_code == 201
    error(writer.post(PEOPLE, {**one, "still_new": "x"}), 409, "conflict")
    assert Person.objects.count() == 1


def test_somebody_of_the_same_name_and_birth_date_needs_a_word(writer: Program) -> None:
    assert writer.post(PEOPLE, new()).status_code == 201
    assert set(error(writer.post(PEOPLE, new()), 400, "refused")["fields"]) == {"still_new"}
    assert writer.post(PEOPLE, {**new(), "still_new": "another identity card"}).status_code == 201
    assert Person.objects.count() == 2


def test_a_person_changes_from_a_day_on(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    body = {"day": "2026-05-01", "values": {"marital_status": "20"}, "document": "J1"}
    answer = writer.post(f"{path}change/", body, If_Match=writer.state(path))
    assert (answer.status_code, answer.json()["marital_status"]) == (200, "20")
    past = PersonPast.objects.get()
    assert (past.field, past.value, past.until, past.document) == ("marital_status", "", date(2026, 5, 1), "J1")
    error(
        writer.post(f"{path}change/", {**body, "values": {"marital_status": "40"}}, If_Match=answer["ETag"]),
        409,
        "conflict",
    )
    found = error(
        writer.post(f"{path}change/", {**body, "values": {"phone": "12"}}, If_Match=answer["ETag"]), 400, "refused"
    )
    assert set(found["fields"]) == {"values.phone"}
    found = error(writer.post(f"{path}change/", {**body, "values": {"titel": ""}}, If_Match="x"), 400, "invalid")
    assert set(found["fields"]) == {"values.titel"}


def test_a_correction_keeps_the_old_row_with_the_reason(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    writer.post(f"{path}correct/", {"reason": "misread", "values": {"name": "王方"}}, If_Match=writer.state(path))
    row = RowHistory.objects.get(table_name="personnel_person")
    assert (row.row["name"], row.actor, row.act, row.reason) == ("王芳", writer.user.username, "correct", "misread")


def test_the_life_of_an_employment(writer: Program, hire: Hire) -> None:
    person = hire(title=None)
    path = f"{EMPLOYMENTS}{person.employments.get().pk}/"
    answer = writer.post(
        f"{path}correct/", {"reason": "x", "values": {"start": "2020-02-01"}}, If_Match=writer.state(path)
    )
    assert (answer.status_code, answer.json()["start"]) == (200, "2020-02-01")
    answer = writer.post(
        f"{path}change/", {"day": "2022-01-01", "values": {"category": "GRID_WORKER"}}, If_Match=answer["ETag"]
    )
    assert answer.status_code == 201
    second = answer["Location"]
    assert writer.get(path).json()["end"] == "2022-01-01"
    assert (answer.json()["category"], answer.json()["start"]) == ("GRID_WORKER", "2022-01-01")
    answer = writer.post(f"{second}transfer/", {"day": "2023-01-01", "unit": OTHER_OWN}, If_Match=answer["ETag"])
    assert answer.status_code == 201
    third = answer["Location"]
    assert (answer.json()["unit"], answer.json()["employer"]) == ("340181002001", "340181002008")
    assert Employment.objects.get(pk=answer.json()["id"]).unit_path.endswith("/340181002001/")
    answer = writer.post(
        f"{third}end/", {"day": "2024-01-01", "reason": "RESIGNED", "destination": "合肥"}, If_Match=answer["ETag"]
    )
    assert (answer.json()["end"], answer.json()["end_reason"], answer.json()["destination"]) == (
        "2024-01-01", "RESIGNED", "合肥",
    )  # fmt: skip
    answer = writer.post(f"{third}withdraw/", {"reason": "entered twice"}, If_Match=answer["ETag"])
    assert (answer.status_code, answer.content) == (204, b"")
    error(writer.get(third), 404, "not_found")
    assert RowHistory.objects.get(deleted=True).reason == "entered twice"
    found = error(writer.post(f"{second}change/", {"day": "2022-06-01", "values": {"unit": OWN}}), 400, "invalid")
    assert set(found["fields"]) == {"values.unit"}  # that is a transfer


def test_a_person_is_employed_again(writer: Program, hire: Hire) -> None:
    person = hire(end=date(2023, 1, 1))
    body = {"person": person.pk, "unit": OWN, "category": "COMMUNITY_WORKER", "start": "2022-01-01"}
    error(writer.post(EMPLOYMENTS, body), 409, "conflict")  # still employed in 2022
    answer = writer.post(EMPLOYMENTS, {**body, "start": "2024-01-01", "contract_end": "2027-01-01"})
    assert answer.status_code == 201
    assert (answer.json()["person"], answer.json()["contract_end"]) == (person.pk, "2027-01-01")
    assert writer.get(answer["Location"]).json() == answer.json()
    error(writer.post(EMPLOYMENTS, {**body, "person": 987654321}), 404, "not_found")


def test_the_life_of_a_post(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    person, holder = hire(title=None), hire("李四", title="PARTY_SECRETARY")
    body = {"person": person.pk, "unit": OWN, "title": "PARTY_SECRETARY", "start": "2024-01-01", "document": "D1"}
    error(writer.post(TENURES, body), 409, "conflict")  # one holder at a time
    held = f"{TENURES}{holder.tenures.get().pk}/"
    answer = writer.post(f"{held}end/", {"day": "2024-01-01"}, If_Match=writer.state(held))
    assert (answer.status_code, answer.json()["end"]) == (200, "2024-01-01")
    answer = writer.post(TENURES, body)
    assert answer.status_code == 201
    path = answer["Location"]
    assert (answer.json()["title"], answer.json()["unit"], answer.json()["document"]) == (
        "PARTY_SECRETARY", "340181002008", "D1",
    )  # fmt: skip
    answer = writer.post(
        f"{path}correct/", {"reason": "x", "values": {"title": "DEPUTY_SECRETARY"}}, If_Match=answer["ETag"]
    )
    assert answer.json()["title"] == "DEPUTY_SECRETARY"
    answer = writer.post(f"{path}withdraw/", {"reason": "never appointed"}, If_Match=answer["ETag"])
    assert answer.status_code == 204
    assert Tenure.objects.get() == holder.tenures.get()


@pytest.mark.requirement("CH-39")
@pytest.mark.usefixtures("archive_rules")
def test_a_program_that_appoints_corrects_and_ends_moves_the_archive(writer: Program, hire: Hire) -> None:
    """The custodian follows whoever writes the post: street until the appointment, county for the term."""
    person = hire(start=date(2020, 1, 1))
    archive_open(actor=None, person=person, opened=date(2020, 1, 1))

    def custody() -> list[tuple[str, date, date | None]]:
        return list(Custody.objects.order_by("start").values_list("kind", "start", "end"))

    body = {"person": person.pk, "unit": OWN, "title": "PARTY_SECRETARY", "start": "2024-01-01", "document": "D1"}
    answer = writer.post(TENURES, body)
    assert answer.status_code == 201
    path = answer["Location"]
    street = ("STREET", date(2020, 1, 1), date(2024, 1, 1))
    assert custody() == [street, ("ORGANISATION_DEPARTMENT", date(2024, 1, 1), None)]
    answer = writer.post(f"{path}end/", {"day": "2025-01-01"}, If_Match=answer["ETag"])
    assert custody()[1:] == [
        ("ORGANISATION_DEPARTMENT", date(2024, 1, 1), date(2025, 1, 1)), ("STREET", date(2025, 1, 1), None),
    ]  # fmt: skip
    answer = writer.post(f"{path}correct/", {"reason": "x", "values": {"end": "2025-02-01"}}, If_Match=answer["ETag"])
    assert custody() == [
        street,
        ("ORGANISATION_DEPARTMENT", date(2024, 1, 1), date(2025, 2, 1)),
        ("STREET", date(2025, 2, 1), None),
    ]
    assert writer.post(f"{path}withdraw/", {"reason": "x"}, If_Match=answer["ETag"]).status_code == 204
    assert custody() == [("STREET", date(2020, 1, 1), None)]


def test_nothing_is_moved_to_where_one_may_not_write(units: dict[str, Unit], hire: Hire) -> None:
    own = program(units, Role.REST_WRITER, OWN)
    person = hire()
    employment, tenure = f"{EMPLOYMENTS}{person.employments.get().pk}/", f"{TENURES}{person.tenures.get().pk}/"
    for path, body in (
        (f"{employment}correct/", {"reason": "x", "values": {"unit": OTHER_OWN}}),
        (f"{employment}transfer/", {"day": "2026-01-01", "unit": OTHER_OWN}),
        (f"{tenure}correct/", {"reason": "x", "values": {"unit": OTHER_OWN}}),
    ):
        error(own.post(path, body, If_Match=own.state(path.rsplit("/", 2)[0] + "/")), 404, "not_found")
    street = Program(own.user)
    grant_give(actor=None, user=own.user, unit=units[STREET], role=Role.REST_WRITER)  # the control
    answer = street.post(
        f"{tenure}correct/", {"reason": "x", "values": {"unit": OTHER_OWN}}, If_Match=street.state(tenure)
    )
    assert (answer.status_code, answer.json()["unit"]) == (200, "340181002001")


# -- Sending again ----------------------------------------------------------------------------------------------------

KEY = "0192f3c4-aaaa"


def again(**person: Any) -> dict[str, Any]:
    """A body that would enter somebody each time it is sent."""
    return {**new(**person), "still_new": "another person of this name"}


def test_a_write_is_made_once_for_a_key(writer: Program) -> None:
    first = writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    second = writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert [second[name] for name in ("ETag", "Location")] == [first[name] for name in ("ETag", "Location")]
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert Person.objects.count() == 1
    for n in (2, 3):  # the control: without a key, each is a write
        assert writer.post(PEOPLE, again()).status_code == 201
        assert Person.objects.count() == n


def test_a_key_is_of_one_request_one_route_and_one_user(writer: Program, units: dict[str, Unit], hire: Hire) -> None:
    person = hire()
    assert writer.post(PEOPLE, again(), Idempotency_Key=KEY).status_code == 201
    error(writer.post(PEOPLE, again(name="李四"), Idempotency_Key=KEY), 422, "key_reused")
    path = f"{PEOPLE}{person.pk}/"
    body = {"reason": "x", "values": {"name": "王方"}}
    assert writer.post(f"{path}correct/", body, If_Match=writer.state(path), Idempotency_Key=KEY).status_code == 200
    other = program(units, Role.REST_WRITER, OWN)
    assert other.post(PEOPLE, again(), Idempotency_Key=KEY).status_code == 201
    assert Person.objects.count() == 3
    for wrong in ("short", "x" * 101, "with space in it"):
        assert set(error(writer.post(PEOPLE, again(), Idempotency_Key=wrong), 400, "invalid")["fields"]) == {
            "Idempotency-Key"
        }


def test_an_act_sent_again_is_answered_although_the_state_has_passed(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    seen = writer.state(path)
    body = {"reason": "x", "values": {"name": "王方"}}
    first = writer.post(f"{path}correct/", body, If_Match=seen, Idempotency_Key=KEY)
    second = writer.post(f"{path}correct/", body, If_Match=seen, Idempotency_Key=KEY)
    assert (first.status_code, second.status_code, second.json()) == (200, 200, first.json())
    error(writer.post(f"{path}correct/", body, If_Match=seen), 412, "changed")  # the control


def test_a_refusal_leaves_the_key_free(writer: Program) -> None:
    error(writer.post(PEOPLE, again(phone="12"), Idempotency_Key=KEY), 400, "refused")
    assert not Idempotency.objects.exists()
    assert writer.post(PEOPLE, again(), Idempotency_Key=KEY).status_code == 201


def test_a_key_holds_for_24_hours(writer: Program) -> None:
    writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    old = timezone.now() - timedelta(hours=24)
    Idempotency.objects.update(created=old + timedelta(minutes=1))
    writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    assert Person.objects.count() == 1
    Idempotency.objects.update(created=old)
    answer = writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    assert (answer.status_code, answer.get("Idempotent-Replayed")) == (201, None)
    assert (Person.objects.count(), Idempotency.objects.count()) == (2, 1)


def test_who_may_not_any_more_gets_no_stored_answer(writer: Program) -> None:
    assert writer.post(PEOPLE, again(), Idempotency_Key=KEY).status_code == 201
    grant_revoke(actor=None, grant=writer.user.grants.get())
    answer = writer.post(PEOPLE, again(), Idempotency_Key=KEY)
    error(answer, 403, "permission_denied")


# -- Two at once ------------------------------------------------------------------------------------------------------


class Other(threading.Thread):
    """A request in a connection of its own."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.ask, self.answer = ask, None
        self.process = threading.Event()
        self.number = 0

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.number = cursor.fetchone()[0]
            self.process.set()
            self.answer = self.ask()
        finally:
            connection.close()

    def waits(self) -> bool:
        """Whether it stands before a lock that others hold (True) or has ended (False): one of both will be."""
        assert self.process.wait(10)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not self.is_alive():
                return False
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [self.number])
                if cursor.fetchone():
                    return True
            threading.Event().wait(0.01)
        raise AssertionError("neither waits nor ends")


def together(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any, bool]:
    """Both answers, the second begun before the first was written; and whether it had to wait."""
    with transaction.atomic():
        one = first()
        other = Other(second)
        other.start()
        waited = other.waits()
    other.join(30)
    return one, other.answer, waited


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_are_one_write(writer: Program) -> None:
    def ask() -> Any:
        return writer.post(PEOPLE, again(), Idempotency_Key=KEY)

    one, two, waited = together(ask, ask)
    assert waited
    assert (one.status_code, two.status_code) == (201, 201)
    assert two.json() == one.json()
    assert two["Idempotent-Replayed"] == "true"
    assert Person.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_are_one_write_and_one_answer(writer: Program) -> None:
    start = threading.Barrier(20, timeout=60)

    def send(_n: int) -> Any:
        try:
            start.wait()
            return writer.post(PEOPLE, again(), Idempotency_Key=KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 19
    assert Person.objects.count() == 1
    error(writer.post(PEOPLE, again(name="李四"), Idempotency_Key=KEY), 422, "key_reused")
    assert Person.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_key_two_at_once_are_two_writes(writer: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(people_api, "once", lambda request, write: write())

    def ask() -> Any:
        return writer.post(PEOPLE, again(), Idempotency_Key=KEY)

    one, two, _waited = together(ask, ask)
    assert (one.status_code, two.status_code) == (201, 201)
    assert Person.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_on_one_state_one_is_refused(writer: Program, hire: Hire) -> None:
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    seen = writer.state(path)

    def ask(name: str) -> Any:
        return writer.post(f"{path}correct/", {"reason": "x", "values": {"name": name}}, If_Match=seen)

    one, two, waited = together(lambda: ask("王一"), lambda: ask("王二"))
    assert waited
    assert one.status_code == 200
    error(two, 412, "changed")
    assert two["ETag"] == one["ETag"]
    assert Person.objects.get().name == "王一"


@pytest.mark.django_db(transaction=True)
def test_without_the_comparison_the_second_overwrites(
    writer: Program, hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(people_api, "require_state", lambda request, etag: None)
    person = hire()
    path = f"{PEOPLE}{person.pk}/"
    seen = writer.state(path)

    def ask(name: str) -> Any:
        return writer.post(f"{path}correct/", {"reason": "x", "values": {"name": name}}, If_Match=seen)

    one, two, _waited = together(lambda: ask("王一"), lambda: ask("王二"))
    assert (one.status_code, two.status_code) == (200, 200)
    assert Person.objects.get().name == "王二"


@pytest.mark.django_db(transaction=True)
def test_rows_are_compared_under_the_lock_of_their_person(
    writer: Program, units: dict[str, Unit], hire: Hire, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = hire()
    path = f"{TENURES}{person.tenures.get().pk}/"
    seen = writer.state(path)

    def end(day: str) -> Any:
        return writer.post(f"{path}end/", {"day": day}, If_Match=seen)

    one, two, waited = together(lambda: end("2024-01-01"), lambda: end("2025-01-01"))
    assert (one.status_code, two.status_code, waited) == (200, 412, True)
    monkeypatch.setattr(rows_api, "require_state", lambda request, etag: None)  # the control
    assert end("2025-01-01").status_code == 200
    tenure_start(actor=None, person=person, unit=units[OWN], title="STAFF", start=date(2025, 1, 1))


# -- The document -----------------------------------------------------------------------------------------------------

OPERATIONS = [
    ("get", PEOPLE), ("post", PEOPLE), ("get", f"{PEOPLE}{{id}}/"), ("post", f"{PEOPLE}{{id}}/change/"),
    ("post", f"{PEOPLE}{{id}}/correct/"), ("get", EMPLOYMENTS), ("post", EMPLOYMENTS),
    ("get", f"{EMPLOYMENTS}{{id}}/"), ("post", f"{EMPLOYMENTS}{{id}}/end/"),
    ("post", f"{EMPLOYMENTS}{{id}}/transfer/"), ("post", f"{EMPLOYMENTS}{{id}}/change/"),
    ("post", f"{EMPLOYMENTS}{{id}}/correct/"), ("post", f"{EMPLOYMENTS}{{id}}/withdraw/"), ("get", TENURES),
    ("post", TENURES), ("get", f"{TENURES}{{id}}/"), ("post", f"{TENURES}{{id}}/end/"),
    ("post", f"{TENURES}{{id}}/correct/"), ("post", f"{TENURES}{{id}}/withdraw/"),
]  # fmt: skip


def examples(operation: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """(schema, example) of everything that an operation shows."""
    parts = [operation.get("requestBody", {}).get("content", {})]
    parts += [answer.get("content", {}) for code, answer in operation["responses"].items() if code[0] == "2"]
    return [
        (part["application/json"]["schema"], example["value"])
        for part in parts
        for example in part.get("application/json", {}).get("examples", {}).values()
    ]


def test_every_operation_has_examples_that_are_as_it_says(document: dict[str, Any]) -> None:
    components = json.loads(json.dumps(document["components"]))
    for one in components["schemas"].values():
        if one.get("type") == "object" and "properties" in one:
            one["additionalProperties"] = False
    for method, path in OPERATIONS:
        shown = examples(document["paths"][path][method])
        assert shown, (method, path)
        for schema, value in shown:
            found = Draft202012Validator({"components": components, **schema}).iter_errors(value)
            assert [fault.message for fault in found] == [], (method, path)


def test_the_document_says_which_headers_a_write_needs(document: dict[str, Any]) -> None:
    for method, path in OPERATIONS:
        operation = document["paths"][path][method]
        headers = {
            one["name"]: one.get("required", False) for one in operation.get("parameters", []) if one["in"] == "header"
        }
        one_thing = "{id}" in path
        wanted = {"Idempotency-Key": False} if method == "post" else {"If-None-Match": False} if one_thing else {}
        if method == "post" and one_thing:
            wanted["If-Match"] = True
        assert headers == wanted, (method, path)
        refusals = {code for code in operation["responses"] if code in ("412", "422", "428")}
        assert refusals == ({"422"} if method == "post" else set()) | (
            {"412", "428"} if "If-Match" in wanted else set()
        )
        assert ("304" in operation["responses"]) == (method == "get" and one_thing)
    assert reverse("api:person-list") == PEOPLE
