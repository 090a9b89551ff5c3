"""Cases for programs: the same steps, refusals and bounds as the pages; an act rests on the state that was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals.models import Case, CaseStep, Opinion
from core.models import AuditEntry
from organization.models import Role
from organization.services import grant_give, token_give
from personnel.models import Tenure
from tests.approvals.conftest import Chaohu
from tests.approvals.test_carried_out import ORDER, appoint, hire
from tests.approvals.tongren import Tongren

pytestmark = pytest.mark.django_db
CASES = "/api/v1/cases/"


class Program:
    """A program that acts for somebody of the office, who has the right to use the interface."""

    def __init__(self, chaohu: Chaohu | Tongren, name: str) -> None:
        user = chaohu.users[name]
        unit = user.grants.get().unit
        grant_give(actor=None, user=user, unit=unit, role=Role.REST_CLIENT)
        self.client = Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(path, query)

    def post(self, path: str, body: dict[str, Any], etag: str = "", **headers: str) -> Any:
        headers |= {"If-Match": etag} if etag else {}
        return self.client.post(path, body, content_type="application/json", headers=headers)

    def act(self, case: Case, act: str, body: dict[str, Any], **headers: str) -> Any:
        """An act on the case as it is read now."""
        return self.post(f"{CASES}{case.pk}/{act}/", body, self.get(f"{CASES}{case.pk}/")["ETag"], **headers)


@pytest.fixture
def program(chaohu: Chaohu) -> Callable[[str], Program]:
    made: dict[str, Program] = {}
    return lambda name: made.setdefault(name, Program(chaohu, name))


def test_a_case_goes_its_way(chaohu: Chaohu, program: Callable[[str], Program]) -> None:
    """Opened, reported, inspected, answered by twelve, noticed, decided; the order changes the post."""
    person = hire(chaohu, "陈明")
    clerk, officer = program("clerk"), program("officer")
    body = {
        "person": person.pk, "unit": "340181002001", "act": "APPOINT", "post": "PARTY_SECRETARY", "reason": "原书记退休",
    }  # fmt: skip
    told = clerk.post(f"{CASES}foresee/", body)
    assert (told.status_code, told.json()["refused"], Case.objects.count()) == (200, [], 0)
    made = clerk.post(CASES, body, **{"Idempotency-Key": "case-0001"})
    assert (made.status_code, made.json()["step"]["code"], made.json()["person"]) == (201, "REPORT", "陈明")
    again = clerk.post(CASES, body, **{"Idempotency-Key": "case-0001"})
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert clerk.post(CASES, body).status_code == 409  # a second case about the same post
    case = Case.objects.get()
    assert clerk.act(case, "take", {}).json()["error"]["fields"].keys() == {"document"}
    assert clerk.act(case, "documents", {"number": "亚党〔2026〕30号", "day": "2026-11-01"}).status_code == 200
    assert clerk.act(case, "take", {}).json()["step"]["code"] == "INSPECTION"
    values = {"group": "王一、李二", "votes_for": 38, "votes_against": 1, "votes_abstained": 1, "evaluation": "好"}
    assert clerk.act(case, "take", {"values": values}).status_code == 403
    assert officer.act(case, "take", {"values": values}).json()["step"]["asked"] == 12
    for department in chaohu.departments(case):
        police = program(department)
        (row,) = police.get("/api/v1/questions/").json()["results"]
        path = f"/api/v1/questions/{row['id']}/"
        assert police.post(f"{path}answer/", {"answer": "OBJECTION"}, police.get(path)["ETag"]).status_code == 400
        said = police.post(f"{path}answer/", {"answer": "NO_OBJECTION"}, police.get(path)["ETag"])
        assert (said.status_code, said.json()["open"]) == (200, False)
        assert police.get("/api/v1/questions/").json()["results"] == []
    shown = officer.get(f"{CASES}{case.pk}/").json()
    assert shown["step"]["code"] == "NOTICE"
    assert len(shown["steps"][2]["opinions"]) == 12
    assert shown["missing"]
    chaohu.wait_out(case)
    assert officer.act(case, "take", {}).status_code == 200
    decided = {"meeting_day": "2026-11-20", "decision_number": "巢组部〔2026〕9号"}
    assert program("approver").act(case, "take", {"values": decided}).status_code == 200
    order = {name: str(value) for name, value in ORDER.items()}
    street = program("street")
    assert street.act(case, "take", {"values": order}).status_code == 400  # the last step isn't taken alone
    at = f"{CASES}{case.pk}/order/foresee/"
    assert officer.post(at, {"values": order}).status_code == 403  # who is refused is written down, as with the act
    entries = AuditEntry.objects.count()
    told = street.post(at, {"values": order}).json()
    assert (told["refused"], told["day"]) == ([], order["effective_date"])
    early = street.post(at, {"values": order | {"order_number": ""}})
    assert early.status_code == 400
    (missing,) = street.post(at, {"values": {"effective_date": order["effective_date"]}}).json()["refused"]
    assert missing == street.act(case, "order", {"values": {}}).json()["error"]["message"].splitlines()[0]
    assert (AuditEntry.objects.count(), Tenure.objects.filter(post__title="PARTY_SECRETARY").count()) == (entries, 0)
    assert street.act(case, "order", {"values": order}).json()["state"] == "DONE"
    assert street.post(at, {"values": order}).status_code == 409  # it is closed
    assert Tenure.objects.get(person=person, post__title="PARTY_SECRETARY").start == ORDER["effective_date"]


def test_an_act_rests_on_what_was_read(chaohu: Chaohu, program: Callable[[str], Program]) -> None:
    case, clerk = chaohu.open(), program("clerk")
    path = f"{CASES}{case.pk}/"
    before = clerk.get(path)["ETag"]
    body = {"number": "亚党〔2026〕30号", "day": "2026-11-01"}
    assert clerk.post(f"{path}documents/", body).status_code == 428
    assert clerk.post(f"{path}documents/", body, before).status_code == 200
    late = clerk.post(f"{path}documents/", body | {"number": "2"}, before)
    assert (late.status_code, late["ETag"]) == (412, clerk.get(path)["ETag"])
    assert clerk.client.get(path, headers={"If-None-Match": late["ETag"]}).status_code == 304
    assert CaseStep.objects.get().documents.count() == 1


def test_sent_back_handed_over_and_withdrawn(chaohu: Chaohu, program: Callable[[str], Program]) -> None:
    case, clerk, officer = chaohu.open(), program("clerk"), program("officer")
    chaohu.until(case, "NOTICE")
    nobody = officer.act(case, "delegate", {"to": "clerk"})
    assert (nobody.status_code, list(nobody.json()["error"]["fields"])) == (400, ["to"])
    assert officer.act(case, "delegate", {"to": "approver"}).json()["step"]["holder"] == "approver"
    assert officer.act(case, "take", {}).status_code == 403
    assert officer.act(case, "delegate", {"to": None}).json()["step"]["holder"] is None
    assert officer.act(case, "return", {"to": "ORDER", "reason": "x"}).status_code == 400
    back = officer.act(case, "return", {"to": "REPORT", "reason": "材料不全"}).json()
    assert [(one["code"], one["state"]) for one in back["steps"]] == [
        ("REPORT", "DROPPED"), ("INSPECTION", "DROPPED"), ("JOINT_REVIEW", "DROPPED"), ("NOTICE", "RETURNED"),
        ("REPORT", "OPEN"),
    ]  # fmt: skip
    assert officer.act(case, "withdraw", {"reason": "x"}).status_code == 403
    gone = clerk.act(case, "withdraw", {"reason": "本人放弃"}).json()
    assert (gone["state"], gone["closing"], gone["step"]) == ("WITHDRAWN", "本人放弃", None)
    assert clerk.act(case, "withdraw", {"reason": "x"}).status_code == 409


def test_objections_hold_the_case_until_they_are_settled(chaohu: Chaohu, program: Callable[[str], Program]) -> None:
    case, officer = chaohu.open(), program("officer")
    chaohu.until(case, "JOINT_REVIEW")
    for department in chaohu.departments(case):
        chaohu.answer(case, department, *(("OBJECTION", "有未结案件") if department == "POLICE" else ()))
    opinion = Opinion.objects.get(answer="OBJECTION").pk
    assert officer.act(case, "settle", {"how": "x"}).status_code == 400
    assert officer.act(case, "settle", {"opinion": opinion + 100, "how": "x"}).status_code == 404
    settled = officer.act(case, "settle", {"opinion": opinion, "how": "已结案"}).json()
    assert settled["step"]["code"] == "NOTICE"
    day = settled["step"]["since"][:10]
    said = officer.act(case, "objections", {"received": day, "source": "居民", "text": "年龄不符"}).json()
    (objection,) = said["steps"][-1]["objections"]
    shown = officer.act(case, "settle", {"objection": objection["id"], "how": "档案年龄无误"}).json()
    assert shown["steps"][-1]["objections"][0]["settled"] == "档案年龄无误"


def test_lists_have_the_filters_of_the_page_and_the_units_of_the_caller(
    chaohu: Chaohu, program: Callable[[str], Program]
) -> None:
    first, second = chaohu.open(), appoint(chaohu, hire(chaohu, "周红"))
    chaohu.until(first, "NOTICE")
    chaohu.wait_out(first)
    clerk = program("clerk")

    def found(**query: str) -> list[int]:
        return [row["id"] for row in clerk.get(CASES, **query).json()["results"]]

    assert found() == [second.pk, first.pk]
    assert found(overdue="true") == [first.pk]
    assert found(state="DONE") == []
    assert found(unit="340181002001", procedure="appoint_secretary") == [second.pk, first.pk]
    assert found(unit="340181003") == []
    assert clerk.get(CASES, statee="OPEN").status_code == 400
    assert clerk.get(CASES, state="KING").status_code == 400
    sibling = program("sibling")
    assert sibling.get("/api/v1/cases/").json()["results"] == []
    assert sibling.get(f"{CASES}{first.pk}/").status_code == 404
    assert clerk.post(f"{CASES}{first.pk}/withdraw/", {"reason": "x", "why": "y"}, "x").json()["error"][
        "fields"
    ].keys() == {"why"}
