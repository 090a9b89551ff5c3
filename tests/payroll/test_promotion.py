"""Reviews of ladders: placement, rises, the reasons of those who stay, confirmation by a second person."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Conflict, NotAllowed, NotFound, Refused
from payroll.models import GradeSpan, PromotionKind, PromotionOutcome, PromotionRun
from payroll.services.promotion import (
    compute_promotion_run,
    promotion_cancel,
    promotion_confirm,
    promotion_start,
)
from policy.services import policy_load
from tests.payroll.conftest import Place, build_place

NEW_YEAR = date(2026, 1, 1)

LADDER = """
schema: 1
place: "232762"
name: {zh: 试验, en: Trial}
version: "1"
effective: {from: 2020-01-01}
documents:
  - {code: T, title: {zh: 试验, en: Trial}, level: county, issued: 2020-01-01, note: invented}
service: {counts: {category: COMMUNITY_WORKER}, part_year: down, as_of: month}
posts:
  - {code: chief, name: {zh: 正职, en: chief}, when: {posts_held: {any_of: [PARTY_SECRETARY]}}, cite: T}
  - {code: general, name: {zh: 一般, en: general}, cite: T}
scales:
  grade:
    name: {zh: 等级, en: grade}
    values: 12
    range: {by: post, of: {chief: [4, 12], general: [1, 9]}, cite: T}
    mode: kept
    review: yearly
    start: {from: range_floor, years: {every: 4, reached: full}, left_over: counts, cite: T}
    moves:
      - {name: {zh: 正常晋级, en: regular rise}, up: 1, every: {years: 4, counting: {annual_grade: {at_least: QUALIFIED}}, otherwise: skip}, cite: T}
pay:
  components:
    - {code: grade, name: {zh: 等级工资, en: grade pay}, kind: amount, cite: T, amount: {by: grade, first: 1000, each: 100}}
  annual_grade_from: january
assessment:
  owner: street
  grades:
    - {code: QUALIFIED, name: {zh: 合格, en: qualified}, cite: T}
    - {code: UNQUALIFIED, name: {zh: 不合格, en: unqualified}, cite: T}
  schemes:
    - code: annual
      name: {zh: 年度考核, en: annual}
      cycle: year
      inputs:
        - {code: daily, name: {zh: 平时, en: daily}, from: score, weight: 100, cite: T}
      missing: stop
      rounding: {digits: 2, mode: half_up, each: score}
      grading: {thresholds: {QUALIFIED: 60, UNQUALIFIED: 0}}
      rank_in: street
      ties: decide
"""


@pytest.fixture
def ladder(db: None) -> Place:
    policy_load(actor=None, text=LADDER)
    place = build_place()
    risen = place.hire("升", start=date(2012, 1, 1))
    stays = place.hire("留", start=date(2012, 1, 1))
    place.hire("新", "232762101001", start=date(2017, 1, 1), grade="QUALIFIED")
    for person in (risen, stays):
        GradeSpan.objects.create(person=person, scale="grade", value=3, start=date(2022, 1, 1), code="IMPORTED")
    for year in (2022, 2023, 2024, 2025):
        place.result(risen, year, "QUALIFIED")
        place.result(stays, year, "UNQUALIFIED" if year == 2024 else "QUALIFIED")
    return place


def review(place: Place, **more: object) -> PromotionRun:
    run = promotion_start(actor=place.users["officer"], unit=place.units["232762"], day=NEW_YEAR, **more)  # type: ignore[arg-type]
    run = compute_promotion_run(run=run)
    assert not run.error, run.error
    return run


def test_who_rises_who_stays_and_why(ladder: Place) -> None:
    run = review(ladder)
    found = {row.person.name: row for row in PromotionOutcome.objects.filter(run=run).select_related("person")}
    assert (found["升"].old, found["升"].new, found["升"].code) == (3, 4, "ROSE")
    assert (found["留"].old, found["留"].new, found["留"].code) == (3, 3, "COUNTING")
    assert found["留"].params["counted"] == 3
    assert found["留"].params["next"] == "2027-01-01"
    assert "2027-01-01" in found["留"].reason
    assert (found["新"].old, found["新"].new, found["新"].code) == (None, 3, "PLACED")
    assert (run.totals["people"], run.totals["moves"], run.totals["stays"]) == (3, 2, 1)


def test_a_second_person_confirms_and_the_values_begin(ladder: Place) -> None:
    run = review(ladder)
    with pytest.raises(NotAllowed):
        promotion_confirm(actor=ladder.users["officer"], run=run)
    with pytest.raises(NotFound):
        promotion_confirm(actor=ladder.users["foreign"], run=run)
    confirmed = promotion_confirm(actor=ladder.users["approver"], run=run)
    assert confirmed.state == "CONFIRMED"
    spans = GradeSpan.objects.filter(person__name="升").order_by("start").values_list("value", "start", "end")
    assert list(spans) == [(3, date(2022, 1, 1), NEW_YEAR), (4, NEW_YEAR, None)]
    assert GradeSpan.objects.get(person__name="留").end is None
    with pytest.raises(Conflict):
        promotion_confirm(actor=ladder.users["approver"], run=run)


def test_values_changed_meanwhile_stop_the_confirmation(ladder: Place) -> None:
    run = review(ladder)
    GradeSpan.objects.filter(person__name="升").update(value=5)
    with pytest.raises(Conflict, match="升"):
        promotion_confirm(actor=ladder.users["approver"], run=run)
    assert GradeSpan.objects.filter(person__name="升").count() == 1


def test_grades_reach_the_pay_of_the_month(ladder: Place) -> None:
    promotion_confirm(actor=ladder.users["approver"], run=review(ladder))
    run = ladder.run()
    slips = {slip.person.name: slip.gross for slip in run.slips.select_related("person")}
    assert slips == {"升": 130000, "留": 120000, "新": 120000}


def test_somebody_without_a_grade_is_left_out_of_the_pay(ladder: Place) -> None:
    run = ladder.run()
    row = run.left_out.get()
    assert (row.person.name, row.code) == ("新", "NO_ROW")


def test_a_placement_leaves_the_others_alone(ladder: Place) -> None:
    run = review(ladder, kind=PromotionKind.PLACEMENT)
    assert list(run.outcomes.values_list("person__name", flat=True)) == ["新"]


def test_one_review_of_a_day_at_a_time(ladder: Place) -> None:
    run = review(ladder)
    with pytest.raises(Conflict):
        review(ladder)
    promotion_cancel(actor=ladder.users["officer"], run=run)
    assert review(ladder).fingerprint == run.fingerprint


def test_the_fingerprint_does_not_depend_on_batches(ladder: Place) -> None:
    one = review(ladder, people_a_batch=1)
    promotion_cancel(actor=None, run=one)
    assert review(ladder, people_a_batch=50).fingerprint == one.fingerprint


def test_a_policy_without_ladders_is_refused(staffed: Place) -> None:
    with pytest.raises(Refused):
        promotion_start(actor=None, unit=staffed.units["232762"], day=NEW_YEAR)
