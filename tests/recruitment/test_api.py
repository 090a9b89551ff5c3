"""Recruitments for programs: marks, ranking and hire by the services of the pages, on the state that was read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organization.models import Role
from organization.services import grant_give, token_give
from personnel.models import Employment
from recruitment.models import Applicant, Mark, Plan
from recruitment.services import marks_enter
from tests.recruitment.conftest import Chaohu, identity

pytestmark = pytest.mark.django_db
PLANS, APPLICANTS = "/api/v1/recruitments/", "/api/v1/applicants/"


class Program:
    def __init__(self, chaohu: Chaohu, name: str) -> None:
        user = chaohu.users[name]
        grant_give(actor=None, user=user, unit=user.grants.get().unit, role=Role.REST_CLIENT)
        self.client = Client(headers={"Authorization": f"Bearer {token_give(actor=None, user=user, label='x')[1]}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, body, content_type="application/json")

    def act(self, thing: str, act: str, body: dict[str, Any], **headers: str) -> Any:
        """An act on a thing as it is read now."""
        headers = {"If-Match": self.get(thing)["ETag"]} | headers
        return self.client.post(f"{thing}{act}/", body, content_type="application/json", headers=headers)


def test_from_marks_to_a_hire(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    first, second = chaohu.applicant(plan, line, 1), chaohu.applicant(plan, line, 2)
    chaohu.admitted(plan)
    officer, sibling = Program(chaohu, "officer"), Program(chaohu, "sibling")
    thing = f"{PLANS}{plan.pk}/"
    assert officer.get(f"{thing}ranking/").status_code == 404
    rows = [{"number": 1, "marks": ["80.5"]}, {"number": 2, "marks": ["70"]}]
    wrong = officer.act(thing, "marks", {"part": "written", "rows": [*rows, {"number": 9, "marks": ["70"]}]})
    assert wrong.status_code == 400
    assert "nobody who is admitted has the number 9" in wrong.json()["error"]["message"]
    assert not Mark.objects.exists()
    key = {"Idempotency-Key": "marks-0001"}
    assert officer.act(thing, "marks", {"part": "written", "rows": rows}, **key).status_code == 200
    assert officer.act(thing, "marks", {"part": "written", "rows": rows}, **key)["Idempotent-Replayed"] == "true"
    assert officer.act(thing, "rank", {}).status_code == 400  # the interview has no marks
    grid = "\n".join("\t".join([number, *[mark] * 5]) for number, mark in (("1", "80.5"), ("2", "70")))
    marks_enter(actor=chaohu.users["officer"], plan=plan, part="interview", text=grid)
    ranked = officer.act(thing, "rank", {})
    assert (ranked.status_code, ranked.json()["state"], ranked.json()["ranking"]) == (200, "RANKED", 1)
    standing = officer.get(f"{thing}ranking/").json()["rows"]
    assert [(row["number"], row["place"], row["total"], row["side"]) for row in standing] == [
        (1, 1, 805000, "IN"), (2, 2, 700000, "OUT"),
    ]  # fmt: skip
    chaohu.published(plan, [first])
    one = f"{APPLICANTS}{first.pk}/"
    assert sibling.get(one).status_code == 404
    shown = officer.get(one).json()
    assert (shown["number"], shown["state"], shown["employment"]) == (1, "ADMITTED", None)
    assert "19950315" not in shown["identity_number"]
    start = {"start": str(timezone.localdate())}
    assert officer.act(f"{APPLICANTS}{second.pk}/", "hire", start).status_code == 400  # below the line
    assert officer.act(one, "hire", start | {"salary": 1}).json()["error"]["fields"].keys() == {"salary"}
    assert officer.act(one, "hire", start, **{"If-Match": '"older"'}).status_code == 412
    hired = officer.act(one, "hire", start).json()
    assert (hired["state"], hired["employment"]) == ("HIRED", Employment.objects.get().pk)
    assert officer.act(one, "hire", start).status_code == 409


def test_from_a_proposal_to_an_application(chaohu: Chaohu) -> None:
    """The steps of the pages, each by whom it is for, on the state that was read."""
    chaohu.seats(10)
    officer, approver, clerk = (Program(chaohu, name) for name in ("officer", "approver", "clerk"))
    begun = {"unit": "340181", "year": 2026, "title": "2026年公开招聘"}
    assert clerk.post(PLANS, begun).status_code == 404  # not their unit
    made = officer.post(PLANS, begun)
    assert (made.status_code, made.json()["state"], made.json()["batch"]) == (201, "PROPOSED", 1)
    thing = made["Location"]
    line = {"unit": "340181002001", "name": "社区工作者", "number": 2}
    over = clerk.act(thing, "propose", line | {"number": 11})
    assert (over.status_code, list(over.json()["error"]["fields"])) == (400, ["number"])
    proposed = clerk.act(thing, "propose", line)
    (row,) = proposed.json()["lines"]
    assert (proposed.status_code, row["proposed"], row["approved"]) == (200, 2, None)
    fixed = {"document": "巢组通〔2026〕5号", "approved": [{"line": row["id"], "number": 1}]}
    assert officer.act(thing, "fix", fixed).status_code == 403  # who began it
    assert clerk.act(thing, "fix", fixed).status_code == 404
    strange = approver.act(thing, "fix", fixed | {"approved": [{"line": row["id"] + 1, "number": 1}]})
    assert (strange.status_code, list(strange.json()["error"]["fields"])) == (400, ["approved"])
    assert approver.act(thing, "fix", fixed, **{"If-Match": '"older"'}).status_code == 412
    assert approver.act(thing, "fix", fixed).json()["lines"][0]["approved"] == 1
    today = str(timezone.localdate())
    notice = {"notice": "公告", "day": today, "applications_from": today, "applications_until": "2099-01-01"}
    assert approver.act(thing, "announce", notice).json()["state"] == "ANNOUNCED"
    plan = Plan.objects.get()
    applied = {
        "recruitment": plan.pk, "line": row["id"], "name": "考生一", "identity_number": identity(1),
        "education": "BACHELOR", "study_mode": "FULL_TIME", "graduated": "2018-07-01",
    }  # fmt: skip
    assert officer.post(APPLICANTS, applied | {"identity_number": "1"}).status_code == 400
    entered = officer.post(APPLICANTS, applied)
    assert (entered.status_code, entered.json()["sex"], entered.json()["state"]) == (201, "MALE", "ENTERED")
    assert officer.post(APPLICANTS, applied).status_code == 409  # nobody applies twice
    assert officer.act(thing, "screen", {}).json()["state"] == "SCREENED"
    one = entered["Location"]
    assert officer.get(one).json()["state"] == "BY_HAND"
    decided = officer.act(one, "decide", {"admit": True, "reason": "材料齐全"})
    assert (decided.status_code, decided.json()["state"]) == (200, "ADMITTED")
    assert clerk.act(one, "withdraw", {"reason": "x"}).status_code in (403, 404)
    gone = officer.act(one, "withdraw", {"reason": "已在别处就业"})
    assert (gone.json()["state"], gone.json()["reason"]) == ("WITHDRAWN", "已在别处就业")
    assert approver.act(thing, "cancel", {"reason": "编制调整"}).json()["state"] == "CANCELLED"
    assert approver.act(thing, "close", {}).status_code == 409


def test_names_are_published_and_closed_by_the_office(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    first = chaohu.applicant(plan, line, 1)
    chaohu.ranked(plan, {1: 80})
    officer, approver = Program(chaohu, "officer"), Program(chaohu, "approver")
    thing, today = f"{PLANS}{plan.pk}/", str(timezone.localdate())
    early = approver.act(thing, "publish", {"day": today})
    assert early.status_code == 400  # a review is missing
    for kind in ("MEDICAL", "BACKGROUND", "POLITICAL"):
        body = {"kind": kind, "passed": True, "day": today, "document": "表"}
        assert officer.act(f"{APPLICANTS}{first.pk}/", "review", body).status_code == 200
    assert approver.act(thing, "publish", {"day": today}).json()["state"] == "PUBLISHED"
    assert approver.act(thing, "close", {}).json()["state"] == "CLOSED"


def test_lists_have_the_units_of_the_caller(chaohu: Chaohu) -> None:
    plan, line = chaohu.announced(number=1)
    people = [chaohu.applicant(plan, line, number) for number in (1, 2)]
    officer, sibling = Program(chaohu, "officer"), Program(chaohu, "sibling")
    assert [row["id"] for row in officer.get(PLANS).json()["results"]] == [plan.pk]
    (shown,) = officer.get(f"{PLANS}{plan.pk}/").json()["lines"]
    assert (shown["id"], shown["approved"], shown["applied"], shown["hired"]) == (line.pk, 1, 2, 0)
    found = officer.get(APPLICANTS, recruitment=plan.pk, line=line.pk, state="ENTERED").json()["results"]
    assert [row["id"] for row in found] == [one.pk for one in people]
    assert officer.get(APPLICANTS, state="HIRED").json()["results"] == []
    assert officer.get(APPLICANTS, plan=plan.pk).status_code == 400
    assert sibling.get(APPLICANTS).json()["results"] == []
    assert sibling.get(f"{PLANS}{plan.pk}/").json()["lines"] == []  # a plan of the county concerns every street of it
    refused = sibling.client.post(f"{PLANS}{plan.pk}/rank/", {}, content_type="application/json")
    assert refused.status_code == 404
    assert Applicant.objects.count() == 2
