"""The pages of cases: a proposal becomes a case, its acts are its readers', and departments see their question alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import CalendarDay, Case, CaseState, Opinion, StepState
from personnel.models import Person
from tests.approvals.conftest import Chaohu
from tests.approvals.test_carried_out import hire


@pytest.fixture
def person(chaohu: Chaohu) -> Person:
    found = hire(chaohu, "陈明")
    Person.objects.filter(pk=found.pk).update(political_status="PARTY_MEMBER")
    return Person.objects.get(pk=found.pk)


class Reader:
    """Somebody's browser, in English."""

    def __init__(self, chaohu: Chaohu, user: str) -> None:
        self.client = Client()
        self.client.force_login(chaohu.users[user])
        self.client.cookies["django_language"] = "en"

    def get(self, route: str, /, *args: Any, query: str = "") -> str:
        answer = self.client.get(reverse(route, args=args) + query)
        assert answer.status_code == 200, (route, answer.status_code)
        return answer.content.decode()

    def post(self, route: str, /, *args: Any, **data: Any) -> Any:
        return self.client.post(reverse(route, args=args), data)


PROPOSAL = {
    "act": "APPOINT", "post": "PARTY_SECRETARY", "unit": "340181002001", "planned": "2026-12-01", "reason": "原书记退休",
}  # fmt: skip


def test_a_proposal_is_checked_and_becomes_a_case(chaohu: Chaohu, person: Person) -> None:
    clerk = Reader(chaohu, "clerk")
    assert "Propose" in clerk.get("personnel:person", person.pk)
    form = clerk.get("personnel:appointment_new", person.pk)
    assert 'value="PARTY_SECRETARY"' in form
    assert 'value="GRID_WORKER"' not in form  # no procedure stands before it
    check = clerk.post("personnel:appointment_new", person.pk, go="check", **PROPOSAL).content.decode()
    assert "CH-18" in check
    assert check.count("✓") == 6  # the procedure, the post, the party, the age, no measure, no other case
    assert "✗" not in check
    assert Case.objects.count() == 0
    answer = clerk.post("personnel:appointment_new", person.pk, go="save", **PROPOSAL)
    case = Case.objects.get()
    assert answer["Location"] == reverse("approvals:case", args=[case.pk])
    assert (case.planned, case.subject, case.reason) == (date(2026, 12, 1), person.key, "原书记退休")
    assert case.summary == {
        "name": "陈明", "sex": "女", "born": "1985-03", "political_status": "中共党员",
    }  # fmt: skip


def test_a_proposal_without_a_post_keeps_what_was_typed(chaohu: Chaohu, person: Person) -> None:
    clerk = Reader(chaohu, "clerk")
    answer = clerk.post("personnel:appointment_new", person.pk, go="check", **(PROPOSAL | {"post": ""}))
    assert answer.status_code == 422
    assert "原书记退休" in answer.content.decode()


def test_what_stands_against_a_proposal_is_crossed_with_its_rule(chaohu: Chaohu, person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(political_status="MASSES")
    clerk = Reader(chaohu, "clerk")
    check = clerk.post("personnel:appointment_new", person.pk, go="check", **PROPOSAL).content.decode()
    assert check.count("✗") == 1
    assert "the constitution of the party" in check
    assert clerk.post("personnel:appointment_new", person.pk, go="save", **PROPOSAL).status_code == 422
    assert Case.objects.count() == 0


def test_the_steps_are_taken_on_the_page_and_the_order_changes_the_post(chaohu: Chaohu, person: Person) -> None:
    """Nothing but forms, as without JavaScript."""
    clerk, officer, approver, street = (Reader(chaohu, name) for name in ("clerk", "officer", "approver", "street"))
    clerk.post("personnel:appointment_new", person.pk, go="save", **PROPOSAL)
    case = Case.objects.get()

    def act(reader: Reader, name: str, route: str = "approvals:case", **data: Any) -> Any:
        given = {f"{name}-{field}": value for field, value in data.items()}
        return reader.post(route, case.pk, act=name, step=chaohu.step(case).pk, **given)

    assert "a document with number and date" in clerk.get("approvals:case", case.pk)
    refused = act(clerk, "take")
    assert refused.status_code == 422
    assert "still needs a document" in refused.content.decode()
    act(clerk, "document", number="亚党〔2026〕30号", day="2026-11-01", title="请示")
    assert act(clerk, "take").status_code == 302
    votes = {"votes_for": 38, "votes_against": 1, "votes_abstained": 1}
    act(officer, "take", group="王一、李二", evaluation="好 39", **votes)
    for department in chaohu.departments(case):
        opinion = Opinion.objects.get(step=chaohu.step(case), department=department)
        Reader(chaohu, department).post("approvals:question", opinion.pk, answer="NO_OBJECTION")
    assert chaohu.step(case).code == "NOTICE"
    page = officer.get("approvals:case", case.pk)
    assert "by natural days" in page
    act(officer, "objection", received=str(timezone.localdate()), source="居民", text="年龄不符")
    said = chaohu.step(case).objections.get()
    officer.post(
        "approvals:case", case.pk, act="settle", step=chaohu.step(case).pk, row=said.pk, **{"settle-how": "核对"}
    )
    chaohu.wait_out(case)
    assert act(officer, "take").status_code == 302
    act(approver, "take", meeting_day="2026-11-20", decision_number="巢组部〔2026〕9号")
    assert 'value="2026-12-01"' in street.get("approvals:case", case.pk)  # the planned day is filled in
    order = {"order_number": "亚党〔2026〕31号", "effective_date": "2026-12-01"}
    refused = act(street, "finish", "personnel:case_order", order_number="亚党〔2026〕31号")
    assert refused.status_code == 422
    assert "亚党〔2026〕31号" in refused.content.decode()
    assert act(street, "finish", "personnel:case_order", **order).status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    assert person.tenures.get().title == "PARTY_SECRETARY"
    assert "carried out" in street.get("approvals:case", case.pk)


def test_a_case_is_sent_back_handed_over_and_withdrawn_on_its_page(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "INSPECTION")
    officer, clerk = Reader(chaohu, "officer"), Reader(chaohu, "clerk")
    approver = chaohu.users["approver"]
    step = chaohu.step(case).pk
    officer.post("approvals:case", case.pk, act="delegate", step=step, **{"delegate-to": approver.pk})
    assert chaohu.step(case).holder == approver
    assert "Take the step" not in officer.get("approvals:case", case.pk)
    officer.post(
        "approvals:case", case.pk, act="return", step=step, **{"return-to": "REPORT", "return-reason": "缺材料"}
    )
    assert chaohu.step(case).code == "REPORT"
    assert "缺材料" in clerk.get("approvals:case", case.pk)
    refused = clerk.post("approvals:case", case.pk, act="withdraw", step=chaohu.step(case).pk)
    assert refused.status_code == 422
    clerk.post("approvals:case", case.pk, act="withdraw", **{"withdraw-reason": "误报"})
    case.refresh_from_db()
    assert (case.state, case.closing) == (CaseState.WITHDRAWN, "误报")


def test_a_department_sees_its_question_and_the_summary_alone(chaohu: Chaohu) -> None:
    case = chaohu.open(reason="内部情况")
    chaohu.until(case, "JOINT_REVIEW")
    chaohu.answer(case, "COURT", "OBJECTION", "有未结案件")
    police = Reader(chaohu, "POLICE")
    opinion = Opinion.objects.get(step=chaohu.step(case), department="POLICE")
    page = police.get("approvals:question", opinion.pk)
    assert "陈明" in page
    assert "性别" in page
    assert "有未结案件" not in page
    assert "内部情况" not in page
    for route in ("approvals:case", "personnel:case_order"):
        assert police.client.get(reverse(route, args=[case.pk])).status_code in (404, 405)
    other = Opinion.objects.get(step=chaohu.step(case), department="COURT")
    assert police.client.get(reverse("approvals:question", args=[other.pk])).status_code == 404
    refused = police.post("approvals:question", opinion.pk, answer="OBJECTION")
    assert refused.status_code == 422
    assert "needs its reason" in refused.content.decode()
    assert police.post("approvals:question", opinion.pk, answer="NO_OBJECTION")["Location"] == "/questions/"
    assert "answered everything" in police.get("approvals:questions")
    assert "no objection" in police.get("approvals:question", opinion.pk)


def test_the_list_shows_twelve_dots_and_is_narrowed(chaohu: Chaohu) -> None:
    asked, waiting = chaohu.open(subject_name="李强"), chaohu.open()
    chaohu.until(asked, "JOINT_REVIEW")
    chaohu.answer(asked, "POLICE")
    chaohu.answer(asked, "COURT", "OBJECTION", "有未结案件")
    officer = Reader(chaohu, "officer")
    page = officer.get("approvals:cases")
    dots = page[page.index('class="dots"') : page.index("</td>", page.index('class="dots"'))]
    assert (dots.count("○"), dots.count("●"), dots.count("▲")) == (10, 1, 1)
    assert "2 of 12 departments have answered, 1 of them hold the case" in page
    assert page.count("/cases/") >= 3
    chaohu.step(asked)
    asked.steps.filter(state=StepState.OPEN).update(due=date(2026, 1, 1))
    late = officer.get("approvals:cases", query="?overdue=on")
    assert f"/cases/{asked.pk}/" in late
    assert f"/cases/{waiting.pk}/" not in late
    assert "No case fits" in officer.get("approvals:cases", query="?state=DONE")
    assert f"/cases/{waiting.pk}/" in officer.get(
        "approvals:cases", query="?unit=340181002&procedure=appoint_secretary"
    )
    assert "No case fits" in officer.get("approvals:cases", query="?unit=卧牛山")
    assert "No case fits" in Reader(chaohu, "sibling").get("approvals:cases")


def test_an_administrator_keeps_the_calendar(chaohu: Chaohu) -> None:
    admin, clerk = Reader(chaohu, "sysadmin"), Reader(chaohu, "clerk")
    CalendarDay.objects.all().delete()
    assert "Nothing is entered for 2027" in admin.get("approvals:calendar", query="?year=2027")
    wrong = admin.post("approvals:calendar", act="set", day="2027-13-01", kind="HOLIDAY", name="元旦")
    assert wrong.status_code == 422
    admin.post("approvals:calendar", act="set", day="2027-01-01", kind="HOLIDAY", name="元旦")
    assert CalendarDay.objects.get().name == "元旦"
    page = clerk.get("approvals:calendar", query="?year=2027")
    assert "元旦" in page
    assert 'value="remove"' not in page
    assert clerk.post("approvals:calendar", act="remove", day="2027-01-01").status_code == 403
    admin.post("approvals:calendar", act="remove", day="2027-01-01")
    assert not CalendarDay.objects.exists()
