"""Two unqualified years open a case of leaving by themselves, once, and its order ends the employment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from approvals.models import Case, CaseStep, StepState
from approvals.selectors.inbox import steps_to_do
from approvals.services import document_attach, step_take
from assessment.models import Consequence, Evaluation
from assessment.services import evaluation_close, evaluation_confirm, results_import
from core.errors import Conflict, NotAllowed, Refused
from core.models import AuditEntry
from organization.models import Unit, User
from personnel.models import Employment, HandoverItem, Person, Tenure
from personnel.services import appointment_carry_out, employment_end, exit_open_by_rule
from personnel.services.leaving import handover_sign
from policy.services import policy_load
from tests.assessment.conftest import POLICY
from tests.assessment.test_evaluation import computed

COMMUNITY = "340181002001"
EXITS = """
exits:
  - {code: TWO_UNQUALIFIED, name: {zh: 连续两年考核不合格, en: two unqualified years}, after: OPEN_EXIT_CASE, cite: CH-37}
"""
LEAVING = """
procedures:
  leaving:
    name: {zh: 退出, en: leaving}
    applies_to: {acts: [EXIT], cite: CH-37}
    steps:
      - {code: REPORT, name: 书面意见, kind: report, by: STREET_PARTY_COMMITTEE, needs: [document], cite: CH-37}
      - {code: DECISION, name: 审核, kind: decision, by: ORGANISATION_DEPARTMENT, needs: [decision_number], other_than: [REPORT], cite: CH-37}
      - {code: ORDER, name: 办理, kind: order, by: STREET_PARTY_COMMITTEE, needs: [order_number, effective_date], cite: CH-37}
"""

Crew = Callable[..., list[Person]]
Users = Callable[..., User]


def closed(units: dict[str, Unit], crew: Crew, user: Users) -> list[Person]:
    """Three whose results of 2025 are closed: twice unqualified, once, and once before."""
    people = crew(COMMUNITY, [5000, 5000, 8000])
    grades = dict(zip((one.pk for one in people), ("UNQUALIFIED", "QUALIFIED", "UNQUALIFIED"), strict=True))
    results_import(actor=None, unit=units["340181"], year=2024, grades=grades)
    run: Evaluation = computed(units["340181"])
    approver = user("ORG_APPROVER", "340181", "approver")
    evaluation_confirm(actor=approver, run=run)
    evaluation_close(actor=approver, run=run, waive_appeals="无异议")
    return people


@pytest.mark.requirement("TR-46")
def test_closing_the_results_opens_the_case(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    twice, _once, _better = closed(units, crew, user)
    case = Case.objects.get()
    assert (case.subject, case.act, case.post, case.exit_code, case.opened_by, case.procedure) == (
        twice.key, "EXIT", "", "TWO_UNQUALIFIED", None, "leaving",
    )  # fmt: skip
    assert case.reason == "连续两年考核不合格（CH-37）：2025年度考核"
    consequence = Consequence.objects.get(code="OPEN_EXIT_CASE")
    assert (consequence.state, consequence.note) == ("DONE", f"Case {case.pk} was opened.")
    assert AuditEntry.objects.get(action="assessment.evaluation.close").after["exit_cases"] == 1
    clerk = user("STREET_CLERK", "340181002", "clerk")
    assert [step.case_id for step in waiting_for(clerk)] == [case.pk]
    assert waiting_for(user("STREET_CLERK", "340181003", "sibling")) == []


def waiting_for(someone: User) -> list[CaseStep]:
    return list(steps_to_do(user=someone))


def test_without_a_procedure_somebody_settles_it_by_hand(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    policy_load(actor=None, text=POLICY + EXITS)
    closed(units, crew, user)
    assert not Case.objects.exists()
    assert Consequence.objects.get(code="OPEN_EXIT_CASE").state == "FLAGGED"


@pytest.mark.requirement("TR-46")
def test_the_order_ends_the_employment_and_its_posts_and_the_file_stays(
    units: dict[str, Unit], crew: Crew, user: Users
) -> None:
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    twice, *_others = closed(units, crew, user)
    case = Case.objects.get()
    clerk, street = user("STREET_CLERK", "340181002", "clerk"), user("STREET_APPROVER", "340181002", "street")
    approver = User.objects.get(username="approver")
    first = case.steps.get(state=StepState.OPEN)
    document_attach(actor=clerk, case=case, step=first.pk, number="亚党〔2026〕7号", day=timezone.localdate(), title="")
    step_take(actor=clerk, case=case, step=first.pk, values={})
    second = case.steps.get(state=StepState.OPEN)
    with pytest.raises(NotAllowed):
        step_take(actor=clerk, case=case, step=second.pk, values={"decision_number": "1"})
    step_take(actor=approver, case=case, step=second.pk, values={"decision_number": "巢组〔2026〕9号"})
    last = case.steps.get(state=StepState.OPEN)
    day = timezone.localdate() + timedelta(days=9)
    order: dict[str, Any] = {"order_number": "亚办〔2026〕12号", "effective_date": day}
    # The case has begun the list of what is handed over: until each thing is, nobody leaves.
    with pytest.raises(Refused, match=twice.name):
        appointment_carry_out(actor=street, case=case, step=last.pk, values=order)
    case.refresh_from_db()
    assert case.state == "OPEN"
    for item in HandoverItem.objects.filter(employment__person=twice):
        handover_sign(actor=clerk, item=item, receiver="李静", day=timezone.localdate())
    appointment_carry_out(actor=street, case=case, step=last.pk, values=order)
    case.refresh_from_db()
    job = Employment.objects.get(person=twice)
    assert (case.state, job.end, job.exit_code, job.document) == ("DONE", day, "TWO_UNQUALIFIED", "亚办〔2026〕12号")
    assert Tenure.objects.get(person=twice).end == day
    assert Person.objects.filter(pk=twice.pk).exists()
    with pytest.raises(Conflict):
        appointment_carry_out(actor=street, case=case, step=last.pk, values=order)


AT_ONCE = 20


def opened_at_once(person: Person, unit: Unit) -> Counter[str]:
    gate = Barrier(AT_ONCE)

    def one(_number: int) -> str:
        try:
            gate.wait()
            case = exit_open_by_rule(person=person, unit=unit, consequence="OPEN_EXIT_CASE", why="")
        except Conflict:
            return "refused"
        else:
            return "opened" if case is not None else "none"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_open_one_case(units: dict[str, Unit], crew: Crew) -> None:
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    [person] = crew(COMMUNITY, [5000])
    assert opened_at_once(person, units[COMMUNITY]) == {"opened": 1, "refused": AT_ONCE - 1}
    assert (Case.objects.count(), CaseStep.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_each_opens_its_own(units: dict[str, Unit], crew: Crew) -> None:
    """The control: without the two that hold it, one of a post and one of leaving and moving."""
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    [person] = crew(COMMUNITY, [5000])
    names = ["approvals_case_one_open", "approvals_case_one_parting"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = ANY (%s)", [names])
        definitions = [row[0] for row in cursor.fetchall()]
        assert len(definitions) == len(names)
        cursor.execute(f"DROP INDEX {', '.join(names)}")
    try:
        assert opened_at_once(person, units[COMMUNITY]) == {"opened": AT_ONCE}
    finally:
        CaseStep.objects.all().delete()
        Case.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(";".join(definitions))


def test_whoever_left_meanwhile_has_no_case(units: dict[str, Unit], crew: Crew) -> None:
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    [person] = crew(COMMUNITY, [5000])
    Employment.objects.filter(person=person).update(end=date(2026, 1, 1))
    assert exit_open_by_rule(person=person, unit=units[COMMUNITY], consequence="OPEN_EXIT_CASE", why="") is None


def test_a_street_opens_the_case_on_a_page(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    [person] = crew(COMMUNITY, [5000])
    client = Client(headers={"accept-language": "en"})
    client.force_login(user("STREET_CLERK", "340181002", "clerk"))
    address = f"/people/{person.pk}/leaving/"
    assert "two unqualified years（CH-37）" in client.get(address).content.decode()
    empty = client.post(address, {"code": "", "reason": " "})
    assert (empty.status_code, set(empty.context["form"].errors)) == (422, {"code", "reason"})
    assert not Case.objects.exists()
    answer = client.post(address, {"code": "TWO_UNQUALIFIED", "reason": "2024、2025年度考核"})
    case = Case.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/cases/{case.pk}/")
    assert (case.act, case.exit_code, case.reason, case.subject) == (
        "EXIT", "TWO_UNQUALIFIED", "2024、2025年度考核", person.key,
    )  # fmt: skip
    again = client.post(address, {"code": "TWO_UNQUALIFIED", "reason": "再次"})
    assert again.status_code == 422
    assert "under way already" in again.content.decode()
    assert Case.objects.count() == 1


def test_without_a_procedure_the_page_says_where_to_go(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    policy_load(actor=None, text=POLICY + EXITS)
    [person] = crew(COMMUNITY, [5000])
    client = Client(headers={"accept-language": "en"})
    client.force_login(user("STREET_CLERK", "340181002", "clerk"))
    page = client.get(f"/people/{person.pk}/leaving/").content.decode()
    assert "put no steps in front of leaving" in page
    assert '<form method="post" class="panel' not in page


def test_nobody_leaves_past_the_case(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    """For the reason that results bring about; for another one there is no case."""
    policy_load(actor=None, text=POLICY + EXITS + LEAVING)
    [person] = crew(COMMUNITY, [5000])
    clerk = user("STREET_CLERK", "340181002", "clerk")
    job, day = Employment.objects.get(person=person), timezone.localdate() + timedelta(days=1)
    with pytest.raises(Refused, match=r"procedure “leaving” \(CH-37\) first"):
        employment_end(actor=clerk, employment=job, end=day, reason="TWO_UNQUALIFIED")
    job.refresh_from_db()
    assert job.end is None
    assert employment_end(actor=clerk, employment=job, end=day, reason="RETIRED").end == day


def test_where_the_rules_have_no_case_it_is_entered_at_once(units: dict[str, Unit], crew: Crew, user: Users) -> None:
    """The control."""
    policy_load(actor=None, text=POLICY + EXITS)
    [person] = crew(COMMUNITY, [5000])
    clerk = user("STREET_CLERK", "340181002", "clerk")
    job, day = Employment.objects.get(person=person), timezone.localdate() + timedelta(days=1)
    ended = employment_end(actor=clerk, employment=job, end=day, reason="TWO_UNQUALIFIED")
    assert (ended.end, ended.exit_code) == (day, "TWO_UNQUALIFIED")
