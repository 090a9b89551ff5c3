"""Shorter cycles feed the year; several yearly schemes by `who`; closed results as facts for other rules."""

from __future__ import annotations

from datetime import date

import pytest

from assessment.models import AnnualResult, PointEntry, Rating, SchemeResult
from assessment.selectors import with_results_for_system
from assessment.services import (
    compute_evaluation,
    evaluation_close,
    evaluation_confirm,
    evaluation_start,
    points_record,
    points_take_back,
)
from personnel.selectors import day_facts_for_system
from policy.services import policy_load
from tests.assessment.conftest import POLICY, grades_of

pytestmark = pytest.mark.django_db

LEDGER = POLICY.replace(
    "  schemes:\n",
    """  points:
    catalogue:
      - {code: VISIT, name: 入户, aspect: GOVERNANCE, points: 2, per: visit, cap: {month: 30}}
      - {code: COMPLAINT, name: 投诉, aspect: SERVICE, points: -5, per: case}
  schemes:
    - code: month
      cycle: month
      inputs: [{code: daily, name: 日积分, from: points, to_100: {full: 40}, weight: 100}]
      missing: spread
      rank_in: street
    - code: quarter
      cycle: quarter
      inputs: [{code: months, name: 月度, from: scheme, of: month, take: mean, weight: 100}]
      missing: spread
      rank_in: street
""",
).replace("from: ratings, raters: LEADERS, weight: 40", "from: scheme, of: quarter, take: mean, weight: 40")


def closed(unit, period, user):
    run = compute_evaluation(run=evaluation_start(actor=None, unit=unit, period=period))
    assert run.state == "READY", run.error
    return evaluation_close(actor=user, run=evaluation_confirm(actor=user, run=run))


@pytest.mark.requirement("LS-14", "LS-15", "LS-16", "LS-17", "CH-50")
def test_points_of_days_become_months_quarters_and_the_year(units, crew, user) -> None:
    policy_load(actor=None, text=LEDGER)
    first, second = crew("340181002001", [8000, 8000])
    approver = user("ORG_APPROVER", "340181")
    place = units["340181002001"]
    entries = [
        points_record(actor=None, unit=place, person=first, day=date(2025, 1, n), item="VISIT", times=4)
        for n in (5, 6, 7, 8, 9)
    ]  # 40 points, of which 30 count
    wrong = points_record(actor=None, unit=place, person=first, day=date(2025, 1, 9), item="COMPLAINT")
    points_take_back(actor=None, unit=place, entry=wrong, note="not upheld")
    points_record(actor=None, unit=place, person=first, day=date(2025, 2, 3), item="VISIT", times=5)  # 10
    for month in (1, 2):
        points_record(actor=None, unit=place, person=second, day=date(2025, month, 3), item="VISIT", times=9)  # 18
    assert PointEntry.objects.filter(person=first).count() == len(entries) + 3
    for period in ("2025-01", "2025-02", "2025-03"):
        run = evaluation_start(actor=None, unit=units["340181"], period=period)
        run = compute_evaluation(run=run)
        for issue in run.issues.all():
            issue.note, issue.accepted = "no points", True
            issue.save()
        evaluation_close(actor=approver, run=evaluation_confirm(actor=approver, run=run))
    months = dict(SchemeResult.objects.filter(scheme="month", person=first).values_list("period", "score"))
    assert months == {"2025-01": 750_000, "2025-02": 250_000}  # 30/40 and 10/40; March has no entry
    closed(units["340181"], "2025-Q1", approver)
    quarter = SchemeResult.objects.filter(scheme="quarter", period="2025-Q1")
    assert dict(quarter.values_list("person", "score")) == {first.pk: 500_000, second.pk: 450_000}
    assert dict(quarter.values_list("person", "rank")) == {first.pk: 1, second.pk: 2}
    year = compute_evaluation(run=evaluation_start(actor=None, unit=units["340181"], period=2025))
    # 80 × 60 % + 50 × 40 % = 68
    assert dict(AnnualResult.objects.filter(evaluation=year).values_list("person", "score")) == {
        first.pk: 680_000,
        second.pk: 660_000,
    }


BY_WHO = POLICY.replace(
    "    - code: annual\n      name: {zh: 年度考核, en: annual assessment}\n      cycle: year\n",
    """    - code: chiefs
      cycle: year
      who: {post: chief}
      inputs: [{code: residents, name: 群众评价, from: ratings, raters: RESIDENTS, weight: 100}]
      grading: {thresholds: {EXCELLENT: 95, QUALIFIED: 60}}
      rank_in: county
    - code: annual
      name: {zh: 年度考核, en: annual assessment}
      cycle: year
""",
)


@pytest.mark.requirement("TR-43", "TR-45")
def test_the_first_yearly_scheme_that_fits_gives_the_yearly_grade(units, crew) -> None:
    from personnel.services import tenure_start

    policy_load(actor=None, text=BY_WHO)
    chief, general, third = crew("340181002001", [9600, 9600, 8000])
    tenure_start(actor=None, person=chief, unit=units["340181002001"], title="PARTY_SECRETARY", start=date(2021, 1, 1))
    Rating.objects.bulk_create(
        [Rating(person=chief, scheme="chiefs", period="2025", raters="RESIDENTS", ballots=[9400])]
    )
    run = compute_evaluation(run=evaluation_start(actor=None, unit=units["340181"], period=2025))
    assert run.state == "READY", run.error
    results = {r.person_id: r for r in AnnualResult.objects.filter(evaluation=run)}
    assert (results[chief.pk].scheme, results[chief.pk].grade) == ("chiefs", "QUALIFIED")
    assert {results[p.pk].scheme for p in (general, third)} == {"annual"}
    # the chief fits the second scheme as well; what it gives is a result of that scheme and not the yearly one
    other = SchemeResult.objects.get(person=chief)
    assert (other.scheme, other.period, other.score) == ("annual", "2025", 960_000)


def test_closed_results_and_nothing_else_become_facts(units, policy, crew, user) -> None:
    people = crew("340181002001", [9900 - n for n in range(4)])
    top = units["340181"]
    run = compute_evaluation(run=evaluation_start(actor=None, unit=top, period=2025))
    document = policy.document

    def facts():
        read = day_facts_for_system([top.path], date(2026, 1, 1), {"sex"})
        return with_results_for_system(read, document, 2025).people.sort("person")

    assert facts()["annual_grades.2025"].to_list() == [None] * 4
    approver = user("ORG_APPROVER", "340181")
    run = evaluation_confirm(actor=approver, run=run)
    assert facts()["annual_grades.2025"].to_list() == [None] * 4
    evaluation_close(actor=approver, run=run)
    after = facts()
    assert after["annual_grades.2025"].to_list() == ["EXCELLENT", "QUALIFIED", "QUALIFIED", "QUALIFIED"]
    assert after["score.annual"].to_list() == [990_000, 989_900, 989_800, 989_700]
    assert after["rank.annual"].to_list() == [1, 2, 3, 4]
    assert after["person"].to_list() == [p.pk for p in people]


def test_an_appeal_granted_after_closing_counts_instead(units, policy, crew, user) -> None:
    from assessment.services import appeal_decide, appeal_submit

    people = crew("340181002001", [8000, 5000])
    top, approver, clerk = units["340181"], user("ORG_APPROVER", "340181"), user("ORG_OFFICER", "340181")
    closed(top, 2025, approver)
    result = AnnualResult.objects.get(person=people[1])
    appeal = appeal_submit(actor=clerk, result=result, text="misread", day=date(2026, 2, 1))
    appeal_decide(actor=approver, appeal=appeal, new_grade="QUALIFIED", answer="a ballot was misread")
    result.refresh_from_db()
    assert (result.grade, result.state) == ("UNQUALIFIED", "CLOSED")
    read = day_facts_for_system([top.path], date(2026, 1, 1), {"sex"})
    found = with_results_for_system(read, policy.document, 2025, {"annual_grades"}).people.sort("person")
    assert found["annual_grades.2025"].to_list() == ["QUALIFIED", "QUALIFIED"]


def test_ties_by_an_ordered_list_of_inputs_are_settled_from_what_was_entered(units, crew) -> None:
    policy_load(actor=None, text=POLICY.replace("ties: decide", "ties: [residents]"))
    people = crew("340181002001", [9500, 9500, 8000, 8000])
    Rating.objects.filter(person=people[1], raters="RESIDENTS").update(ballots=[9600])
    Rating.objects.filter(person=people[1], raters="LEADERS").update(ballots=[9350])
    run = compute_evaluation(run=evaluation_start(actor=None, unit=units["340181"], period=2025))
    assert run.totals["ties"] == 0
    # both have 95 points; the residents' rating of the second is higher
    assert [grades_of(run)[p.pk] for p in people[:2]] == ["QUALIFIED", "EXCELLENT"]
