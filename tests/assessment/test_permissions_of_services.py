"""Who may do what with an evaluation: own, sibling, parent and foreign units, and never one's own confirmation."""

from __future__ import annotations

import pytest

from assessment import selectors
from assessment.models import AnnualResult, Consequence, EvaluationIssue, TieDecision
from assessment.services import (
    Ballots,
    appeal_decide,
    appeal_submit,
    compute_evaluation,
    consequence_settle,
    decision_record,
    evaluation_cancel,
    evaluation_close,
    evaluation_confirm,
    evaluation_decide_tie,
    evaluation_start,
    issue_accept,
    points_record,
    rating_record,
)
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(units, policy, crew, user):
    """A street's evaluation that is ready, with a tie, somebody without a result and a consequence."""
    crew("340181002001", [9900, 9900, 8000, 8000, None])
    crew("340181003001", [8000, 8000])
    clerk = user("STREET_CLERK", "340181002", "clerk")
    run = compute_evaluation(run=evaluation_start(actor=clerk, unit=units["340181002"], period=2025))
    assert run.state == "READY"
    return run, clerk


OTHERS = [
    ("STREET_CLERK", "340181003", NotFound),  # sibling
    ("ORG_OFFICER", "340122", NotFound),  # foreign county
    ("STREET_CLERK", "340181002001", NotFound),  # a community inside: not the whole street
    ("STREET_APPROVER", "340181002", NotAllowed),  # own unit, other role
    ("FINANCE", "340181", NotAllowed),
    ("AUDITOR", "340181", NotAllowed),
]


def acts(run):
    tie = TieDecision.objects.get()
    issue = EvaluationIssue.objects.get()
    result = AnnualResult.objects.filter(evaluation=run).first()
    consequence = Consequence.objects.filter(evaluation=run).first()
    return {
        "start": lambda a: evaluation_start(actor=a, unit=run.unit, period=2024),
        "cancel": lambda a: evaluation_cancel(actor=a, run=run),
        "tie": lambda a: evaluation_decide_tie(actor=a, tie=tie, chosen=[], reason="r"),
        "issue": lambda a: issue_accept(actor=a, issue=issue, note="n"),
        "consequence": lambda a: consequence_settle(actor=a, consequence=consequence, state="DONE", note="n"),
        "decision": lambda a: decision_record(
            actor=a, result=result, code="RETAIN", value="stays", day=run.created.date()
        ),
        "rating": lambda a: rating_record(
            actor=a,
            unit=run.unit,
            scheme="annual",
            period=2025,
            raters="LEADERS",
            ratings=[Ballots(result.person_id, [8000])],
        ),
    }


@pytest.mark.parametrize("act", ["start", "cancel", "tie", "issue", "consequence", "decision", "rating"])
@pytest.mark.parametrize(("role", "unit", "error"), OTHERS)
def test_nobody_acts_outside_their_units_or_role(ready, user, act, role, unit, error) -> None:
    run, clerk = ready
    if (act, unit) == ("decision", "340181002001"):
        pytest.skip("the person works in that community: it may record what its own meeting decided")
    with pytest.raises(error):
        acts(run)[act](user(role, unit, "other"))
    assert acts(run)[act](clerk)  # control: the same act by the clerk of the street


@pytest.mark.parametrize("role", ["STREET_APPROVER", "ORG_APPROVER"])
def test_a_second_person_confirms_and_the_starter_never_does(ready, user, units, role) -> None:
    from organization.services import grant_give

    run, clerk = ready
    grant_give(actor=None, user=clerk, unit=units["340181002"], role=role, valid_from=clerk.date_joined.date())
    evaluation_decide_tie(actor=clerk, tie=TieDecision.objects.get(), chosen=[], reason="meeting")
    issue_accept(actor=clerk, issue=EvaluationIssue.objects.get(), note="ill")
    with pytest.raises(NotAllowed, match=str(run.pk)):
        evaluation_confirm(actor=clerk, run=run)
    with pytest.raises(Conflict):  # not what the approver looked at
        evaluation_confirm(actor=user(role, "340181002", "b"), run=run, fingerprint="0" * 64)
    second = user(role, "340181002", "c")
    confirmed = evaluation_confirm(actor=second, run=run, fingerprint=run.fingerprint)
    with pytest.raises(NotAllowed):
        evaluation_close(actor=clerk, run=confirmed)
    assert evaluation_close(actor=second, run=confirmed).state == "CLOSED"
    entry = AuditEntry.objects.filter(action="assessment.evaluation.confirm").get()
    assert (entry.actor_name, entry.unit_code) == ("c", "340181002000")


def test_the_database_too_refuses_that_the_starter_confirms(ready) -> None:
    from django.db import IntegrityError

    run, clerk = ready
    run.confirmed_by = clerk
    with pytest.raises(IntegrityError, match="confirmed_by_another"):
        run.save(update_fields=["confirmed_by"])


@pytest.mark.parametrize(
    ("role", "unit", "sees"),
    [
        ("STREET_CLERK", "340181002", True),
        ("ORG_APPROVER", "340181", True),
        ("AUDITOR", "34", True),
        ("REST_CLIENT", "340181002", True),
        ("STREET_CLERK", "340181003", False),
        ("ORG_OFFICER", "340122", False),
        ("FINANCE", "340181", False),
        ("WORKER", "340181002", False),
    ],
)
def test_results_are_seen_in_ones_own_units_only(ready, user, role, unit, sees) -> None:
    run, _clerk = ready
    someone = user(role, unit, "viewer")
    assert selectors.evaluations_list(user=someone).filter(pk=run.pk).exists() is sees
    assert selectors.results_list(user=someone).exists() is sees
    if sees:
        assert selectors.annual_results(user=someone, run=run).count() == 4
        assert selectors.overview(user=someone, run=run).open_ties == 1
        assert selectors.pools_of(user=someone, run=run).count() == 1
    else:
        with pytest.raises(NotFound):
            selectors.evaluation_for(user=someone, pk=run.pk)


@pytest.mark.requirement("CH-42")
def test_the_review_meeting_records_its_decisions_and_appeals_are_dated_entries(ready, user, units) -> None:
    from datetime import date

    run, clerk = ready
    approver = user("STREET_APPROVER", "340181002", "approver")
    result = AnnualResult.objects.filter(evaluation=run, grade="QUALIFIED").order_by("rank").last()
    for code in ("COMMITMENTS", "BASE_PAY", "RETAIN"):
        decision_record(actor=clerk, result=result, code=code, value="as decided", day=date(2026, 1, 5))
    with pytest.raises(Refused):
        decision_record(actor=clerk, result=result, code="BONUS", value="x", day=date(2026, 1, 5))
    evaluation_decide_tie(actor=clerk, tie=TieDecision.objects.get(), chosen=[], reason="meeting")
    issue_accept(actor=clerk, issue=EvaluationIssue.objects.get(), note="ill")
    with pytest.raises(Conflict):
        appeal_submit(actor=clerk, result=result, text="too low", day=date(2026, 1, 6))
    run = evaluation_confirm(actor=approver, run=run)
    result.refresh_from_db()
    appeal = appeal_submit(actor=clerk, result=result, text="too low", day=date(2026, 1, 6))
    with pytest.raises(Refused):
        evaluation_close(actor=approver, run=run)
    with pytest.raises(NotAllowed):
        appeal_decide(actor=clerk, appeal=appeal, new_grade="EXCELLENT", answer="yes")
    granted = appeal_decide(actor=approver, appeal=appeal, new_grade="EXCELLENT", answer="a ballot was misread")
    assert granted.state == "GRANTED"
    result.refresh_from_db()
    assert (result.grade, result.reasons[-1]["code"]) == ("EXCELLENT", "APPEAL")
    # the street has one place; a second appeal can't take another
    other = AnnualResult.objects.filter(evaluation=run, grade="QUALIFIED").first()
    second = appeal_submit(actor=clerk, result=other, text="too low", day=date(2026, 1, 6))
    with pytest.raises(Refused):
        appeal_decide(actor=approver, appeal=second, new_grade="EXCELLENT", answer="yes")


def test_ballots_and_points_are_checked_row_by_row(ready, units, user) -> None:
    from datetime import date

    run, clerk = ready
    people = list(AnnualResult.objects.filter(evaluation=run).values_list("person_id", flat=True))
    foreign = user("STREET_CLERK", "340181003", "foreign")
    with pytest.raises(NotAllowed):
        rating_record(
            actor=foreign,
            unit=units["340181003"],
            scheme="annual",
            period=2025,
            raters="LEADERS",
            ratings=[Ballots(people[0], [8000])],
        )
    with pytest.raises(Refused) as refused:
        rating_record(
            actor=clerk,
            unit=units["340181002"],
            scheme="annual",
            period=2025,
            raters="LEADERS",
            ratings=[Ballots(people[0], [10001]), Ballots(people[1], []), Ballots(people[1], [1], ["A", "B"])],
        )
    assert len(refused.value.errors) == 4
    with pytest.raises(Refused):  # no catalogue in this policy
        points_record(
            actor=clerk,
            unit=units["340181002"],
            person=AnnualResult.objects.get(person_id=people[0]).person,
            day=date(2025, 1, 1),
            item="VISIT",
        )
