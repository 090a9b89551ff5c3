"""The six steps of Chaohu: each in its turn, by whoever it is up to, with what it needs, and once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import CalendarDay, Case, CaseState, CaseStep, Opinion, StepState
from approvals.selectors import question_for, questions_for, steps_to_do
from approvals.services import (
    calendar_day_set,
    case_delegate,
    case_finish,
    case_return,
    case_withdraw,
    cases_follow_units,
    objection_log,
    objection_settle,
    opinion_settle,
    step_take,
)
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from tests.approvals.conftest import VALUES, Chaohu, build_chaohu


@pytest.mark.requirement("CH-18", "CH-19", "CH-20", "CH-21", "CH-22", "CH-23")
def test_a_case_goes_through_six_steps_in_their_order(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "ORDER")
    chaohu.take(case)
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    assert list(case.steps.values_list("code", "state")) == [
        (code, "TAKEN") for code in ("REPORT", "INSPECTION", "JOINT_REVIEW", "NOTICE", "DECISION", "ORDER")
    ]
    acts = list(AuditEntry.objects.filter(action__startswith="approvals.case.").values_list("action", flat=True))
    assert (acts.count("approvals.case.take"), acts.count("approvals.case.opinion")) == (6, 12)


@pytest.mark.parametrize(
    ("code", "user", "error"),
    [
        ("REPORT", "sibling", NotFound),
        ("REPORT", "officer", NotAllowed),
        ("INSPECTION", "clerk", NotAllowed),
        ("JOINT_REVIEW", "officer", NotAllowed),
        ("DECISION", "street", NotAllowed),
    ],
)
def test_a_step_is_up_to_those_whom_the_rules_name(
    chaohu: Chaohu, code: str, user: str, error: type[Exception]
) -> None:
    case = chaohu.open()
    chaohu.until(case, code)
    with pytest.raises(error):
        step_take(actor=chaohu.users[user], case=case, step=chaohu.step(case).pk, values=VALUES.get(code, {}))
    assert chaohu.step(case).code == code


def test_the_last_step_is_taken_with_what_it_changes_alone(chaohu: Chaohu) -> None:
    case = chaohu.open()
    with pytest.raises(Refused, match="still to be taken"):
        case_finish(actor=chaohu.users["clerk"], case=case, step=chaohu.step(case).pk, values={})
    chaohu.until(case, "ORDER")
    with pytest.raises(Refused, match="together with"):
        step_take(actor=chaohu.users["street"], case=case, step=chaohu.step(case).pk, values=VALUES["ORDER"])
    with pytest.raises(NotAllowed):
        case_finish(actor=chaohu.users["approver"], case=case, step=chaohu.step(case).pk, values=VALUES["ORDER"])


def test_a_step_says_everything_that_it_lacks(chaohu: Chaohu) -> None:
    case = chaohu.open()
    row = chaohu.step(case)
    with pytest.raises(Refused) as report:
        step_take(actor=chaohu.users["clerk"], case=case, step=row.pk, values={})
    assert list(report.value.fields) == ["document"]
    chaohu.until(case, "INSPECTION")
    with pytest.raises(Refused) as inspection:
        chaohu.take(case, votes_for=3)
    assert list(inspection.value.fields) == ["group", "votes", "evaluation"]


@pytest.mark.requirement("CH-20", "SL-20")
def test_all_twelve_answer_and_each_once(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    departments = chaohu.departments(case)
    assert len(departments) == 12
    for department in departments[:11]:
        chaohu.answer(case, department)
    with pytest.raises(Conflict):
        chaohu.answer(case, departments[0])
    assert chaohu.step(case).code == "JOINT_REVIEW"
    chaohu.answer(case, departments[11])
    assert chaohu.step(case).code == "NOTICE"


def test_an_objection_needs_its_reason_and_holds_the_case_until_it_is_settled(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    with pytest.raises(Refused, match="needs its reason"):
        chaohu.answer(case, "POLICE", "OBJECTION")
    for department in chaohu.departments(case):
        if department != "POLICE":
            chaohu.answer(case, department)
    opinion = chaohu.answer(case, "POLICE", "OBJECTION", "2024 年有行政处罚")
    assert chaohu.step(case).code == "JOINT_REVIEW"
    with pytest.raises(NotAllowed):
        opinion_settle(actor=chaohu.users["clerk"], opinion=opinion, how="已核实")
    opinion_settle(actor=chaohu.users["officer"], opinion=opinion, how="已核实，处罚已撤销")
    assert chaohu.step(case).code == "NOTICE"


def test_the_database_wants_a_reason_too(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    with pytest.raises(IntegrityError, match="approvals_opinion_reason"), transaction.atomic():
        Opinion.objects.filter(department="COURT").update(answer="OBJECTION", given_at=timezone.now())


def test_a_department_knows_its_own_question_alone(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    police = chaohu.users["POLICE"]
    assert [one.department for one in questions_for(user=police)] == ["POLICE"]
    with pytest.raises(NotFound):
        question_for(user=police, number=Opinion.objects.get(department="COURT").pk)


@pytest.mark.requirement("CH-21")
def test_a_notice_stays_up_for_five_days_and_objections_are_settled_first(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "NOTICE")
    today = timezone.localdate()
    row = chaohu.step(case)
    assert row.due == today + timedelta(days=5)
    with pytest.raises(Refused, match="stays up until"):
        chaohu.take(case)
    CaseStep.objects.filter(pk=row.pk).update(due=today)
    with pytest.raises(Refused, match="stays up until"):
        chaohu.take(case)
    chaohu.wait_out(case)
    officer = chaohu.users["officer"]
    objection = objection_log(actor=officer, case=case, step=row.pk, received=today, source="居民", text="年龄不符")
    with pytest.raises(Refused, match="1 objections"):
        chaohu.take(case)
    objection_settle(actor=officer, objection=objection, how="档案核对无误")
    chaohu.take(case)
    assert chaohu.step(case).code == "DECISION"


def test_working_days_of_an_unknown_year_are_not_guessed(db: None) -> None:
    chaohu = build_chaohu(
        lambda text: text.replace(
            "{assumed: natural, because: 原文没有说明是自然日还是工作日 — the article does not say whether natural or working days}",
            "working",
        )
    )
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    CalendarDay.objects.all().delete()
    *others, last = chaohu.departments(case)
    for department in others:
        chaohu.answer(case, department)
    with pytest.raises(Refused, match="not entered"):
        chaohu.answer(case, last)
    assert chaohu.step(case).code == "JOINT_REVIEW"
    today = timezone.localdate()
    for year in (today.year, today.year + 1):
        calendar_day_set(actor=chaohu.users["sysadmin"], day=date(year, 1, 1), kind="HOLIDAY", name="元旦")
    chaohu.answer(case, last)
    assert chaohu.step(case).code == "NOTICE"
    with pytest.raises(NotAllowed):
        calendar_day_set(actor=chaohu.users["officer"], day=today, kind="HOLIDAY", name="x")


def test_nobody_decides_what_they_opened_or_reported(chaohu: Chaohu) -> None:
    """With the control: somebody else decides."""
    case = chaohu.open()
    chaohu.until(case, "DECISION")
    Case.objects.filter(pk=case.pk).update(opened_by=chaohu.users["approver"])
    with pytest.raises(NotAllowed, match="opened this case"):
        chaohu.take(case, "approver")
    CaseStep.objects.filter(case=case, code="REPORT").update(taken_by=chaohu.users["officer"])
    with pytest.raises(NotAllowed, match="earlier step"):
        chaohu.take(case, "officer")
    Case.objects.filter(pk=case.pk).update(opened_by=chaohu.users["clerk"])
    chaohu.take(case, "approver")
    assert chaohu.step(case).code == "ORDER"


def test_a_case_goes_back_to_a_named_step_only(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "NOTICE")
    officer = chaohu.users["officer"]
    with pytest.raises(Refused):
        case_return(actor=officer, case=case, step=chaohu.step(case).pk, to="ORDER", reason="材料有误")
    case_return(actor=officer, case=case, step=chaohu.step(case).pk, to="INSPECTION", reason="材料有误")
    assert chaohu.step(case).code == "INSPECTION"
    assert list(case.steps.values_list("code", "state")) == [
        ("REPORT", "TAKEN"),
        ("INSPECTION", "DROPPED"),
        ("JOINT_REVIEW", "DROPPED"),
        ("NOTICE", "RETURNED"),
        ("INSPECTION", "OPEN"),
    ]
    chaohu.until(case, "NOTICE")
    assert Opinion.objects.filter(step__case=case).count() == 24


def test_a_case_is_withdrawn_once_and_a_second_one_waits_for_it(chaohu: Chaohu) -> None:
    case = chaohu.open()
    with pytest.raises(Conflict, match="under way"):
        chaohu.open(subject=case.subject)
    with pytest.raises(NotAllowed):
        case_withdraw(actor=chaohu.users["officer"], case=case, reason="误报")
    case_withdraw(actor=chaohu.users["clerk"], case=case, reason="误报")
    with pytest.raises(Conflict, match="closed"):
        case_withdraw(actor=chaohu.users["clerk"], case=case, reason="误报")
    assert chaohu.open(subject=case.subject).pk != case.pk
    assert not CaseStep.objects.filter(case=case, state=StepState.OPEN).exists()


def test_a_step_that_was_handed_over_is_one_persons(chaohu: Chaohu) -> None:
    case = chaohu.open()
    chaohu.until(case, "INSPECTION")
    officer, approver = chaohu.users["officer"], chaohu.users["approver"]
    with pytest.raises(Refused):
        case_delegate(actor=officer, case=case, step=chaohu.step(case).pk, to=chaohu.users["clerk"])
    case_delegate(actor=officer, case=case, step=chaohu.step(case).pk, to=approver)
    assert (steps_to_do(user=officer).count(), steps_to_do(user=approver).count()) == (0, 1)
    with pytest.raises(NotAllowed, match="handed to"):
        chaohu.take(case, "officer")
    chaohu.take(case, "approver")


def test_a_department_left_open_keeps_cases_from_being_opened(db: None) -> None:
    chaohu = build_chaohu(lambda text: text)
    assert chaohu.version is not None
    with pytest.raises(Refused, match="no procedure"):
        chaohu.open(post="GRID_WORKER")


def test_open_cases_follow_their_unit_and_ended_ones_stay(chaohu: Chaohu) -> None:
    old, new = chaohu.community, chaohu.units["340181003"]
    ended = chaohu.open()
    case_withdraw(actor=chaohu.users["clerk"], case=ended, reason="误报")
    case = chaohu.open()
    chaohu.until(case, "JOINT_REVIEW")
    day = date(2026, 12, 1)
    assert cases_follow_units(actor=None, moved={old.pk: new}, day=day) == {"approvals.cases": 1}
    case.refresh_from_db()
    ended.refresh_from_db()
    assert (case.unit_id, case.unit_path, ended.unit_path) == (new.pk, new.path, old.path)
    assert set(CaseStep.objects.filter(case=case).values_list("unit_path", flat=True)) == {new.path}
    assert set(Opinion.objects.filter(step__case=case).values_list("unit_path", flat=True)) == {new.path}
    assert cases_follow_units(actor=None, moved={old.pk: new}, day=day) == {}
