"""An evaluation from start to closing, through the services and the database."""

from __future__ import annotations

import pytest

from assessment.models import AnnualResult, Consequence, EvaluationIssue, PoolCap, PoolResult, TieDecision
from assessment.services import (
    compute_evaluation,
    evaluation_close,
    evaluation_confirm,
    evaluation_decide_tie,
    evaluation_start,
    issue_accept,
)
from core.errors import Conflict, NotAllowed, Refused
from tests.assessment.conftest import grades_of

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("CH-41", "CH-44", "CH-45")
def test_the_cap_of_a_street_holds_and_ties_wait_for_a_decision(units, policy, crew, user) -> None:
    # 37 people, 30 % rounded down is 11: ten above 95, three at 95, so that one place is left for three
    high = crew("340181002001", [9900 - n for n in range(10)])
    equal = crew("340181002008", [9500] * 3)
    crew("340181002008", [8000] * 24)
    clerk, approver = user("ORG_OFFICER", "340181"), user("ORG_APPROVER", "340181")
    run = compute_evaluation(run=evaluation_start(actor=clerk, unit=units["340181"], period=2025))
    assert run.state == "READY", run.error
    cap = PoolCap.objects.get()
    assert (cap.counted, cap.at_most, cap.used) == (37, 11, 10)
    tie = TieDecision.objects.get()
    assert (tie.places, sorted(tie.candidates)) == (1, [p.pk for p in equal])
    grades = grades_of(run)
    assert {grades[p.pk] for p in high} == {"EXCELLENT"}
    assert {grades[p.pk] for p in equal} == {"QUALIFIED"}
    with pytest.raises(Refused) as refused:
        evaluation_confirm(actor=approver, run=run)
    assert "37" in str(refused.value)
    assert "11" in str(refused.value)
    evaluation_decide_tie(actor=clerk, tie=tie, chosen=[equal[1].pk], reason="2026-01-05 meeting")
    grades = grades_of(run)
    assert [grades[p.pk] for p in equal] == ["QUALIFIED", "EXCELLENT", "QUALIFIED"]
    cap.refresh_from_db()
    assert cap.used == 11
    assert PoolResult.objects.get().counts == {"EXCELLENT": 11, "QUALIFIED": 26}
    confirmed = evaluation_confirm(actor=approver, run=run, fingerprint=run.fingerprint)
    assert confirmed.state == "CONFIRMED"
    closed = evaluation_close(actor=approver, run=confirmed)
    assert closed.state == "CLOSED"
    assert set(AnnualResult.objects.values_list("state", flat=True)) == {"CLOSED"}
