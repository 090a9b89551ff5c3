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
from personnel.models import Employment
from policy.services import policy_load
from tests.assessment.conftest import POLICY, grades_of

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


def computed(unit, period=2025, **more):
    return compute_evaluation(run=evaluation_start(actor=None, unit=unit, period=period, **more))


@pytest.mark.requirement("CH-45")
def test_the_message_names_the_street_the_graded_the_most_and_the_would_be(units, policy, crew, user, settings) -> None:
    settings.LANGUAGE_CODE = "en"
    crew("340181002001", [9900 - n for n in range(10)] + [9500] * 2 + [8000] * 25)
    from django.utils import translation

    run = evaluation_start(actor=user("ORG_OFFICER", "340181"), unit=units["340181002"], period=2025)
    run = compute_evaluation(run=run)
    with translation.override("en"), pytest.raises(Refused) as refused:
        evaluation_confirm(actor=user("ORG_APPROVER", "340181"), run=run)
    assert str(refused.value).startswith("亚父街道: 37 graded, at most 11 excellent (30 % rounded down), 12 would be.")


@pytest.mark.requirement("CH-46", "SL-18")
def test_all_who_share_the_last_place_get_a_reminder_talk(units, policy, crew) -> None:
    people = crew("340181002001", [9000, 7000, 7000])
    other = crew("340181003001", [8000, 7600])
    run = computed(units["340181"])
    flagged = set(Consequence.objects.filter(evaluation=run, code="REMINDER_TALK").values_list("person_id", flat=True))
    assert flagged == {people[1].pk, people[2].pk, other[1].pk}


@pytest.mark.requirement("TR-46", "CH-46", "QY-14")
def test_two_unqualified_years_running_flag_an_exit_case(units, policy, crew) -> None:
    from assessment.services import results_import

    twice, once, better = crew("340181002001", [5000, 5000, 8000])
    results_import(
        actor=None,
        unit=units["340181"],
        year=2024,
        grades={twice.pk: "UNQUALIFIED", once.pk: "QUALIFIED", better.pk: "UNQUALIFIED"},
    )
    run = computed(units["340181"])
    assert list(Consequence.objects.filter(code="OPEN_EXIT_CASE").values_list("person_id", flat=True)) == [twice.pk]
    assert Consequence.objects.get(code="OPEN_EXIT_CASE").params["cite"] == "CH-37"
    assert grades_of(run)[twice.pk] == "UNQUALIFIED"


def test_who_lacks_an_input_is_listed_and_stops_the_confirmation_until_accepted(units, policy, crew, user) -> None:
    people = crew("340181002001", [8000, None])
    clerk, approver = user("ORG_OFFICER", "340181"), user("ORG_APPROVER", "340181")
    run = compute_evaluation(run=evaluation_start(actor=clerk, unit=units["340181"], period=2025))
    issue = EvaluationIssue.objects.get()
    assert (issue.person_id, issue.code) == (people[1].pk, "MISSING_INPUT")
    assert issue.params["inputs"] == ["residents", "leaders"]
    assert not AnnualResult.objects.filter(person=people[1]).exists()
    with pytest.raises(Refused, match="员0001"):
        evaluation_confirm(actor=approver, run=run)
    issue_accept(actor=clerk, issue=issue, note="long illness")
    assert evaluation_confirm(actor=approver, run=run).state == "CONFIRMED"


def test_who_is_not_graded_counts_in_no_pool_and_is_told_the_clause(units, policy, crew) -> None:
    from datetime import date

    crew("340181002001", [9900, 9800, 9700])
    (newcomer,) = crew("340181002001", [9950], start=date(2025, 9, 1))
    run = computed(units["340181"])
    result = AnnualResult.objects.get(person=newcomer)
    assert (result.grade, result.rank, result.score) == (None, None, None)
    (reason,) = result.reasons
    assert reason["code"] == "NOT_GRADED"
    assert reason["params"]["fact"] == "months_in_year"
    assert reason["params"]["path"].startswith("assessment.not_graded")
    assert PoolCap.objects.get().counted == 3
    assert PoolResult.objects.get().not_graded == 1
    assert run.totals["not_graded"] == 1


def test_a_discipline_bars_from_better_grades_and_names_its_clause(units, policy, crew) -> None:
    from datetime import date

    from personnel.services import discipline_add

    people = crew("340181002001", [9900, 9800, 9700, 9600])
    discipline_add(actor=None, person=people[0], kind="WARNING", start=date(2025, 5, 1), effect_end=date(2026, 5, 1))
    grades = grades_of(computed(units["340181"]))
    assert [grades[p.pk] for p in people] == ["BASICALLY_QUALIFIED", "EXCELLENT", "QUALIFIED", "QUALIFIED"]
    reasons = AnnualResult.objects.get(person=people[0]).reasons
    assert [r["code"] for r in reasons] == ["THRESHOLD", "BEST"]
    assert reasons[1]["params"]["fact"] == "discipline_in_effect"
    assert [r["code"] for r in AnnualResult.objects.get(person=people[2]).reasons] == ["THRESHOLD", "OVER_CAP"]


def test_one_persons_contradiction_leaves_out_that_person_alone(units, policy, crew) -> None:
    from datetime import date

    from personnel.models import Employment

    people = crew("340181002001", [8000, 8100, 8200])
    place = units["340181003001"]
    Employment.objects.create(
        person=people[0],
        employer=place,
        unit=place,
        unit_path=place.path,
        category="FULL_TIME_STAFF",
        start=date(2021, 1, 1),
    )
    run = computed(units["340181"])
    assert run.state == "READY"
    assert set(grades_of(run)) == {people[1].pk, people[2].pk}
    assert {issue.code for issue in EvaluationIssue.objects.all()} == {"TWO_EMPLOYMENTS"}


def test_the_same_evaluation_gives_the_same_fingerprint_whatever_the_batches(units, policy, crew) -> None:
    from assessment.services import evaluation_cancel

    crew("340181002001", [9900 - 7 * n for n in range(12)])
    crew("340181002008", [9000] * 5)
    crew("340181003001", [9900 - 11 * n for n in range(9)])
    one = computed(units["340181"], people_a_batch=1)
    rows = list(AnnualResult.objects.order_by("person").values_list("person", "grade", "score", "rank", "reasons"))
    assert one.batches.count() == 2
    evaluation_cancel(actor=None, run=one)
    assert not AnnualResult.objects.exists()
    other = computed(units["340181"], people_a_batch=5000)
    assert other.batches.count() == 1
    assert other.fingerprint == one.fingerprint
    assert rows == list(
        AnnualResult.objects.order_by("person").values_list("person", "grade", "score", "rank", "reasons")
    )
    evaluation_cancel(actor=None, run=other)
    from assessment.models import Rating

    Rating.objects.filter(raters="LEADERS").order_by("pk").first().delete()
    assert computed(units["340181"]).fingerprint != one.fingerprint


QUERIES = 36


@pytest.mark.parametrize("headcount", [10, 1000])
def test_a_batch_costs_the_same_number_of_queries_whatever_its_headcount(
    units, policy, crew, headcount, django_assert_num_queries
) -> None:
    from assessment.models import EvaluationBatch
    from assessment.services import compute_evaluation_batch

    crew("340181002001", [9900 - 3 * (n % 500) for n in range(headcount)])
    run = evaluation_start(actor=None, unit=units["340181"], period=2025)
    batch = EvaluationBatch.objects.get(run=run)
    with django_assert_num_queries(QUERIES):
        compute_evaluation_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.people) == ("DONE", headcount)


def test_a_unit_below_the_pool_a_place_without_policy_and_a_second_run_are_refused(units, policy, crew) -> None:
    crew("340181002001", [8000])
    crew("340122001001", [8000])
    with pytest.raises(Refused):
        evaluation_start(actor=None, unit=units["340181002001"], period=2025)
    with pytest.raises(Refused):
        evaluation_start(actor=None, unit=units["340122"], period=2025)
    with pytest.raises(Refused):
        evaluation_start(actor=None, unit=units["340181"], period="last year")
    with pytest.raises(Refused):  # no quarterly scheme
        evaluation_start(actor=None, unit=units["340181"], period="2025-Q1")
    evaluation_start(actor=None, unit=units["340181002"], period=2025)
    with pytest.raises(Conflict):
        evaluation_start(actor=None, unit=units["340181"], period=2025)


def test_values_left_open_are_all_named_in_one_refusal(units, crew) -> None:
    from policy.services import policy_load
    from tests.assessment.conftest import POLICY

    policy_load(
        actor=None,
        text=POLICY.replace("EXCELLENT: 90", "EXCELLENT: {unset: not printed}").replace(
            "{percent: 30}", "{percent: {unset: not published}}"
        ),
    )
    crew("340181002001", [8000])
    with pytest.raises(Refused) as refused:
        evaluation_start(actor=None, unit=units["340181"], period=2025)
    assert "thresholds.EXCELLENT" in str(refused.value)
    assert "caps" in str(refused.value)
    assert "not printed" in str(refused.value)


def test_an_unknown_and_a_closed_evaluation_cannot_be_changed(units, policy, crew, user) -> None:
    from assessment.services import evaluation_cancel

    crew("340181002001", [8000, 8100])
    approver = user("ORG_APPROVER", "340181")
    run = evaluation_confirm(actor=approver, run=computed(units["340181"]))
    run = evaluation_close(actor=approver, run=run)
    for act in (evaluation_cancel, evaluation_confirm, evaluation_close):
        with pytest.raises((Conflict, NotAllowed)):
            act(actor=approver, run=run)
    with pytest.raises(Conflict):
        evaluation_start(actor=None, unit=units["340181"], period=2025)


def test_whom_a_place_evaluates_is_its_rule(units, crew) -> None:
    """Of four, one is a grid worker and one fills a public-welfare post: three are evaluated where nothing is said, and
    two by a text that evaluates community workers alone."""
    people = crew("340181002001", [9000, 8000, 8500, 7000])
    Employment.objects.filter(person=people[2]).update(category="GRID_WORKER")
    Employment.objects.filter(person=people[3]).update(category="PUBLIC_WELFARE_POST")
    policy_load(actor=None, text=POLICY)
    assert set(grades_of(computed(units["340181"]))) == {one.pk for one in people[:3]}
    narrower = POLICY.replace('version: "2023"', 'version: "2026"').replace("{from: 2020-01-01}", "{from: 2026-01-01}")
    narrower = narrower.replace("service:", "workers: {evaluated: {category: COMMUNITY_WORKER}, cite: T}\nservice:")
    policy_load(actor=None, text=narrower)
    crew("340181003001", [9000])
    run = computed(units["340181"], period=2026)
    assert {row.person_id for row in AnnualResult.objects.filter(evaluation=run)} | set(
        EvaluationIssue.objects.filter(evaluation=run).values_list("person_id", flat=True)
    ) == set(Employment.objects.filter(category="COMMUNITY_WORKER").values_list("person_id", flat=True))
