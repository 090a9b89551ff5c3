"""The inbox: every count is the length of its list, whoever looks, and what is not theirs is in none."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from approvals.models import Case, CaseStep, Opinion, StepState
from approvals.selectors import cases_started, questions_for, steps_done, steps_page, steps_to_do, steps_waiting
from approvals.services import case_delegate, case_withdraw
from organization.models import User
from personnel.models import Employment
from personnel.selectors.workplace import deadlines_near
from tests.approvals.conftest import Chaohu
from tests.approvals.test_carried_out import hire
from tests.approvals.test_pages import Reader


def due(case: Case, day: date | None) -> None:
    CaseStep.objects.filter(case=case, state=StepState.OPEN).update(due=day)


@pytest.fixture
def wednesday() -> date:
    return date(2026, 11, 18)


def test_steps_are_counted_by_their_day(chaohu: Chaohu, wednesday: date) -> None:
    days = [date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 22), date(2026, 11, 23), None]
    for day in days:
        due(chaohu.open(), day)
    assert steps_waiting(user=chaohu.users["clerk"], today=wednesday) == {
        "overdue": 1, "today": 1, "this week": 2, "later": 1, "no day": 1,
    }  # fmt: skip
    assert steps_waiting(user=chaohu.users["sibling"], today=wednesday) == {}
    assert steps_waiting(user=chaohu.users["officer"], today=wednesday) == {}  # the reports are the street's
    assert [one.due for one in steps_page(user=chaohu.users["clerk"], first=0, most=50)] == days
    assert [one.due for one in steps_page(user=chaohu.users["clerk"], first=4, most=1)] == [date(2026, 11, 23)]


def test_every_count_is_the_length_of_its_list(chaohu: Chaohu, wednesday: date) -> None:
    """Cases at every step, one handed over, one withdrawn; for everybody."""
    for code in ("REPORT", "INSPECTION", "JOINT_REVIEW", "NOTICE", "DECISION", "ORDER"):
        chaohu.until(chaohu.open(), code)
    handed = chaohu.open()
    case_delegate(actor=chaohu.users["clerk"], case=handed, step=chaohu.step(handed).pk, to=chaohu.users["street"])
    seen = {}
    for name in ("clerk", "street", "officer", "approver", "POLICE", "sibling"):
        user = chaohu.users[name]
        waiting = steps_waiting(user=user, today=wednesday)
        assert sum(waiting.values()) == steps_to_do(user=user).count() == len(steps_page(user=user, first=0, most=99))
        page = Reader(chaohu, name).get("inbox")
        shown = [int(count) for count in re.findall(r'nav-link[^>]*>[^<]*<span class="count">\((\d+)\)', page)]
        counts = [steps_to_do(user=user).count(), questions_for(user=user).count()]
        counts += [steps_done(user=user).count(), cases_started(user=user).count()]
        assert shown == [count for place, count in enumerate(counts) if place != 1 or count]
        assert len(re.findall(r'href="/cases/\d+/"', page)) == counts[0]
        seen[name] = counts
    assert seen == {
        "clerk": [2, 0, 5, 7],  # the report and the order; the reports of five
        "street": [3, 0, 0, 0],  # the one handed over too
        "officer": [3, 0, 6, 0],  # inspection, notice, decision; four inspections and two notices
        "approver": [3, 0, 1, 0],
        "POLICE": [0, 1, 0, 0],
        "sibling": [0, 0, 0, 0],
    }


def test_what_was_handed_over_is_in_one_inbox(chaohu: Chaohu, wednesday: date) -> None:
    case = chaohu.open()
    clerk, street = chaohu.users["clerk"], chaohu.users["street"]
    case_delegate(actor=clerk, case=case, step=chaohu.step(case).pk, to=street)
    assert (steps_waiting(user=clerk, today=wednesday), steps_waiting(user=street, today=wednesday)) == (
        {}, {"no day": 1},
    )  # fmt: skip


def test_the_workplace_says_how_much_waits(chaohu: Chaohu) -> None:
    due(chaohu.open(), timezone.localdate() - timedelta(days=1))
    chaohu.open()
    text = re.sub(r"<[^>]+>", "", Reader(chaohu, "clerk").get("workplace"))
    assert "Inbox: 2 steps of cases wait for you · of 1 the day has passed" in text
    assert "steps of cases" not in Reader(chaohu, "POLICE").get("workplace")


def test_days_that_come_near_are_counted_as_their_list(chaohu: Chaohu) -> None:
    today = timezone.localdate()
    ends = [today - timedelta(days=1), today, today + timedelta(days=30), today + timedelta(days=31)]
    for number, day in enumerate(ends):
        person = hire(chaohu, f"甲{number}")
        Employment.objects.filter(person=person).update(contract_start=date(2020, 1, 1), contract_end=day)
    clerk: User = chaohu.users["clerk"]
    near = deadlines_near(user=clerk, until=today + timedelta(days=30))
    assert [(one.count, one.more) for one in near] == [(2, False)]
    page = Reader(chaohu, "clerk").get("personnel:people", query=f"?{near[0].query}")
    assert [name for name in ("甲0", "甲1", "甲2", "甲3") if name in page] == ["甲1", "甲2"]
    assert deadlines_near(user=chaohu.users["sibling"], until=today + timedelta(days=30)) == []


def test_answers_leave_the_list_of_questions(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    assert "Questions" in Reader(chaohu, "POLICE").get("inbox", query="?tab=questions")
    chaohu.answer(case, "POLICE")
    assert questions_for(user=chaohu.users["POLICE"]).count() == 0
    assert Opinion.objects.filter(answer="").count() == 11


def test_nobody_is_asked_about_a_case_that_was_withdrawn(chaohu: Chaohu) -> None:
    """One department answered, eleven need not any more; another case waits on."""
    gone, stays = chaohu.open(), chaohu.open()
    for case in (gone, stays):
        chaohu.until(case, "JOINT_REVIEW")
        chaohu.answer(case, "COURT")
    case_withdraw(actor=chaohu.users["clerk"], case=gone, reason="x")
    assert (
        Opinion.objects.filter(waits=True).count() == Opinion.objects.filter(step__case=stays, answer="").count() == 11
    )
    assert [one.step.case_id for one in questions_for(user=chaohu.users["POLICE"])] == [stays.pk]
