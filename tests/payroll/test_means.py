"""Floors of a mean, and the range that the rules of a place allow; every figure is worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from core.periods import Month
from organization.models import Role, UnitKind, User
from organization.services import grant_give, token_give, unit_create
from payroll.models import GradeSpan, PayBatch, PayRun, PaySlip
from payroll.rules.components import component_order, pay
from payroll.rules.lines import Reading
from payroll.rules.means import MeanReport, mean_reports, mean_subjects, mean_sums, times_a_year
from payroll.rules.ranges import pay_range
from payroll.services.batches import compute_pay_run
from payroll.services.pay_runs import pay_run_start
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Policy
from policy.services import policy_load
from tests.payroll.conftest import POLICIES, Place
from tests.payroll.test_golden import facts_of, policy_of
from tests.policies import read_all

JANUARY = Month(2026, 1)
FLOOR = {"code": "floor", "name": "均薪", "of": "mean_total", "at_least": 3000}


def rules(*components: dict[str, Any], limits: list[dict[str, Any]] | None = None, **more: Any) -> Policy:
    pay_block = {"components": list(components), "limits": limits if limits is not None else [FLOOR]}
    return policy_of({"name": "means", "policy": {"pay": pay_block} | more})


def reading(policy: Policy, *people: dict[str, Any]) -> Reading:
    case = {"name": "means", "people": list(people)}
    facts = facts_of(case, JANUARY.first_day, JANUARY, None)
    ctx = Context(policy=policy, day=JANUARY.first_day, results_year=2025, month=JANUARY)
    facts = derive(facts, policy, ctx)
    everybody = facts.people.with_columns(pay_from=pl.lit(JANUARY.first_day), pay_to=pl.lit(JANUARY.next_first))
    return Reading(type(facts)(facts.day, everybody, facts.spans, facts.honours, facts.left_out), policy, ctx)


def reports(policy: Policy, *people: dict[str, Any], batches: int = 1) -> tuple[MeanReport, ...]:
    """The people dealt out to so many batches."""
    totals = []
    for n in range(batches):
        own = reading(policy, *people[n::batches])
        result = pay(own, JANUARY)
        totals.append(mean_sums(mean_subjects(own, result), result.slips["person"]))
    return mean_reports(policy, totals)


BY_POST = {
    "code": "base", "name": "基本", "kind": "amount",
    "amount": {"by": "post", "of": {"chief": 4000, "deputy": 3000, "general": 2000}},
}  # fmt: skip
CHIEF, DEPUTY, GENERAL = ({"posts_held": [post]} for post in ("PARTY_SECRETARY", "DEPUTY_DIRECTOR", "STAFF"))


@pytest.mark.requirement("CH-51")
def test_a_mean_below_the_floor_says_by_how_much() -> None:
    # (4,000 + 2,000 + 2,000) ÷ 3 = 2,666.67; short of 3,000 by 333.333…, a cent's part counts as a cent
    (report,) = reports(rules(BY_POST), CHIEF, GENERAL, GENERAL)
    assert (report.people, report.shown(report.total), report.shown(report.at_least)) == (3, 266667, 300000)
    assert (report.short, report.above, report.open) == (33334, 0, False)


@pytest.mark.requirement("CH-51")
def test_a_mean_on_the_floor_meets_it() -> None:
    (report,) = reports(rules(BY_POST), CHIEF, GENERAL)
    assert (report.shown(report.total), report.short) == (300000, 0)
    (less,) = reports(rules(BY_POST, limits=[FLOOR | {"at_least": 3000.01}]), CHIEF, GENERAL)
    assert less.short == 1


def test_a_mean_above_a_ceiling_says_by_how_much() -> None:
    (report,) = reports(rules(BY_POST, limits=[FLOOR | {"at_least": 1000, "at_most": 2900}]), CHIEF, GENERAL)
    assert (report.short, report.above) == (0, 10000)


@pytest.mark.requirement("CH-51")
@pytest.mark.parametrize("batches", [1, 2, 3])
def test_the_mean_is_that_of_the_run_however_it_is_cut(batches: int) -> None:
    """Means of batches don't average to the mean; sums do."""
    (report,) = reports(rules(BY_POST), CHIEF, GENERAL, GENERAL, DEPUTY, GENERAL, batches=batches)
    # (4,000 + 3 × 2,000 + 3,000) ÷ 5 = 2,600
    assert (report.people, report.shown(report.total), report.short) == (5, 260000, 40000)
    assert (report.least, report.most) == (12 * 200000, 12 * 400000)


@pytest.mark.requirement("CH-51")
def test_over_a_year_every_line_counts_as_often_as_a_year_has_it() -> None:
    lines = [
        BY_POST,
        {"code": "half", "name": "半年", "kind": "amount", "cycle": {"every": "half_year", "paid_in": [6, 12]}, "amount": 600},
        {"code": "year", "name": "年终", "kind": "amount", "cycle": {"every": "year", "paid_in": [1]}, "amount": 5000},
        {"code": "accrued", "name": "月计", "kind": "amount", "cycle": {"every": "half_year", "paid_in": [6, 12], "accrues": True}, "amount": 10},
        {"code": "shown", "name": "标准", "kind": "amount", "paid": False, "amount": 777},
    ]  # fmt: skip
    policy = rules(*lines, limits=[FLOOR | {"over": "year", "at_least": 30000}])
    often = times_a_year(policy, component_order(policy), "year")
    assert often == {"base": 12, "half": 2, "year": 1, "accrued": 12}
    (report,) = reports(policy, GENERAL)
    # 12 × 2,000 + 2 × 600 + 5,000 + 12 × 10 = 30,320
    assert (report.shown(report.total), report.shown(report.at_least), report.short) == (3032000, 36000000, 32968000)


def test_a_month_holds_a_twelfth_of_what_comes_once_a_year() -> None:
    yearly = {
        "code": "year",
        "name": "年终",
        "kind": "amount",
        "cycle": {"every": "year", "paid_in": [12]},
        "amount": 5000,
    }
    (report,) = reports(rules(BY_POST, yearly), GENERAL)
    assert report.shown(report.total) == 241667  # 2,000 + 5,000 ÷ 12 = 2,416.666…


def test_what_is_topped_up_counts_and_what_is_deducted_does_not() -> None:
    top_up = {"code": "low", "name": "兜底", "of": "total", "at_least": 2500, "action": "top_up"}
    (report,) = reports(rules(BY_POST, limits=[top_up, FLOOR]), GENERAL)
    assert report.shown(report.total) == 250000


def test_a_mean_is_formed_by_unit_and_only_over_those_it_is_for() -> None:
    limit = FLOOR | {"scope": "street", "who": {"posts_held": {"any_of": ["STAFF"]}}}
    here, there = GENERAL, GENERAL | {"street": "999999002000"}
    found = reports(rules(BY_POST, limits=[limit]), here, CHIEF, there, there)
    assert [(one.unit, one.people, one.short) for one in found] == [
        ("999999001000", 1, 100000),
        ("999999002000", 2, 100000),
    ]
    (city,) = reports(rules(BY_POST, limits=[limit | {"scope": "city"}]), here, there)
    assert (city.unit, city.people) == ("9999", 2)


def test_part_of_a_month_counts_as_a_full_one() -> None:
    """A mean refers to standards: a joiner of the 20th lowers no mean."""
    policy = rules(BY_POST)
    own = reading(policy, GENERAL)
    late = own.facts.people.with_columns(pay_from=pl.lit(date(2026, 1, 20)))
    facts = type(own.facts)(own.facts.day, late, own.facts.spans, own.facts.honours)
    own = Reading(facts, policy, own.ctx)
    result = pay(own, JANUARY)
    assert result.slips["gross"].to_list() == [77419]  # 2,000 × 12 ÷ 31
    (report,) = mean_reports(policy, [mean_sums(mean_subjects(own, result), result.slips["person"])])
    assert report.shown(report.total) == 200000


def test_those_without_a_slip_count_for_nothing() -> None:
    policy = rules(BY_POST)
    own = reading(policy, CHIEF, GENERAL)
    subjects = mean_subjects(own, pay(own, JANUARY))
    (report,) = mean_reports(policy, [mean_sums(subjects, pl.Series([2], dtype=pl.Int64))])
    assert (report.people, report.shown(report.total)) == (1, 200000)
    (both,) = mean_reports(policy, [mean_sums(subjects, pl.Series([1, 2], dtype=pl.Int64))])
    assert both.people == 2


@pytest.mark.requirement("CH-51")
def test_a_floor_without_its_figure_is_open_and_stops_nobody() -> None:
    index = {"average_wage": {"per": "year", "keyed": "year", "pending": "stop", "series": {2019: 60000}}}
    limit = FLOOR | {"at_least": {"index": "average_wage", "of_year": "previous"}, "over": "year"}
    (report,) = reports(rules(BY_POST, limits=[limit], indices=index), GENERAL)
    assert (report.open, report.at_least, report.short) == (True, None, 0)
    assert report.shown(report.total) == 2400000
    index["average_wage"]["series"] = {2025: 60000}
    (known,) = reports(rules(BY_POST, limits=[limit], indices=index), GENERAL)
    assert (known.open, known.shown(known.at_least), known.short) == (False, 6000000, 3600000)


# -- What the rules allow -----------------------------------------------------------------------------------------------


def allowed(policy: Policy, over: str = "month") -> tuple[float, float | None] | None:
    """In yuan: of a month, or of a year."""
    ctx = Context(policy=policy, day=JANUARY.first_day, results_year=2025, month=JANUARY)
    found = pay_range(policy, ctx, JANUARY, over)
    if found is None:
        return None
    part = 100 if over == "year" else 1200
    return found.least / part, None if found.most is None else found.most / part


@pytest.mark.requirement("CH-51", "CH-53")
def test_chaohus_pay_lies_between_54240_and_111240_a_year() -> None:
    # grade 1: 12 × 4,520 and no performance; grade 18: 12 × (4,520 + 17 × 150 + 200) + 24,000. An SENIOR certificate has
    # no amount, so that nobody can be paid by it.
    assert allowed(read_all()["chaohu/2023"], "year") == (54240, 111240)
    assert allowed(read_all()["chaohu/2023"]) == (4520, 9270)


def test_songlings_pay_has_no_upper_end() -> None:
    # 2 × 1,450 + 600 + 15 % of 600, a man without a certificate in his first year; 10 a year of service without end
    assert allowed(read_all()["songling/2022"]) == (3590, None)


def test_tongrens_pay_lies_between_2580_and_6020() -> None:
    # 1,900 + 680; 2,600 + 680 + 19 × 60 + 300 + 500 + 800
    assert allowed(read_all()["tongren/2024"]) == (2580, 6020)


@pytest.mark.requirement("LS-21")
def test_leshans_pay_lies_between_5243_and_6783() -> None:
    # 80 % of 5,350 + 90 % of 1,070; 80 % of 6,650 + 110 % of 1,330. The standard itself is only shown.
    assert allowed(read_all()["leshan-shizhong/2024"]) == (5243, 6783)


@pytest.mark.requirement("QY-12")
def test_qingyangs_pay_cant_be_told_while_its_table_is_open() -> None:
    assert allowed(read_all()["qingyang/2023"]) is None


def test_a_grade_counts_only_where_the_post_may_have_it() -> None:
    base = BY_POST | {"amount": {"by": "post", "of": {"chief": 1000, "deputy": 800, "general": 500}}}
    line = {"code": "step", "name": "级差", "kind": "amount", "amount": {"by": "grade", "first": 10, "each": 10}}
    scale = {
        "name": "级",
        "values": 9,
        "range": {"by": "post", "of": {"chief": [4, 6], "deputy": [1, 5], "general": [2, 3]}},
        "start": {"from": "range_floor"},
    }
    policy = rules(base, line, limits=[], scales={"grade": scale})
    # general at 2: 500 + 20; chief at 6: 1,000 + 60; without the ranges 510 and 1,090
    assert allowed(policy) == (520, 1060)


def test_a_cap_ends_what_grows() -> None:
    line = {"code": "age", "name": "工龄", "kind": "per_unit", "fact": "service_years", "amount": 10}
    assert allowed(rules(BY_POST, line, limits=[])) == (2000, None)
    assert allowed(rules(BY_POST, line | {"at_most": {"units": 20}}, limits=[])) == (2000, 4200)
    assert allowed(rules(BY_POST, line | {"at_most": {"yuan": 150}}, limits=[])) == (2000, 4150)


def test_bands_are_looked_at_on_both_sides_of_their_edges() -> None:
    bands = {"by": "service_years", "over": {7: 90, 15: 40}, "else": 10}
    line = {"code": "age", "name": "工龄", "kind": "amount", "amount": bands}
    assert allowed(rules(line, limits=[])) == (10, 90)


def test_what_comes_once_or_by_hand_is_no_part_of_a_full_month() -> None:
    once = {"code": "award", "name": "奖励", "kind": "once", "fact": "continuous_years", "at": {10: 2000}}
    by_hand = {"code": "extra", "name": "补", "kind": "manual"}
    assert allowed(rules(BY_POST, once, by_hand, limits=[])) == (2000, 4000)


def test_a_top_up_lifts_the_lower_end() -> None:
    top_up = {"code": "low", "name": "兜底", "of": "total", "at_least": 2500, "action": "top_up"}
    assert allowed(rules(BY_POST, limits=[top_up])) == (2500, 4000)


def test_where_the_rules_look_at_years_one_by_one_the_range_cant_be_told() -> None:
    twice = {"annual_grades": {"grade": "EXCELLENT", "times": 2, "in_last": 2}}
    line = BY_POST | {"code": "bonus", "when": twice}
    assert allowed(rules(BY_POST, line, limits=[])) is None


# -- In a run ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def chaohu(place: Place) -> Place:
    """Two streets of Chaohu: three people whose grades are 1, 4 and 9."""
    policy_load(actor=None, text=(POLICIES / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    for code, name, kind, parent in (
        ("340181001", "卧牛山街道", UnitKind.STREET, "340181"),
        ("340181001001", "卧牛社区", UnitKind.COMMUNITY, "340181001"),
        ("340181002", "凤凰山街道", UnitKind.STREET, "340181"),
        ("340181002001", "凤凰社区", UnitKind.COMMUNITY, "340181002"),
    ):
        place.units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=place.units[parent], valid_from=date(2000, 1, 1)
        )
    officer = User.objects.create(username="chaohu", display_name="chaohu")
    grant_give(actor=None, user=officer, unit=place.units["340181"], role=Role.ORG_OFFICER)
    place.users["chaohu"] = officer
    for name, unit, grade, annual in (
        ("甲", "340181001001", 1, "QUALIFIED"),
        ("乙", "340181002001", 4, "EXCELLENT"),
        ("丙", "340181002001", 9, None),
    ):
        person = place.hire(name, unit, grade=annual)
        GradeSpan.objects.create(person=person, scale="grade", value=grade, start=date(2021, 1, 1))
    return place


def run_of_chaohu(place: Place, month: Month = JANUARY, **more: Any) -> PayRun:
    run = pay_run_start(actor=place.users["chaohu"], unit=place.units["340181"], month=month, **more)
    run = compute_pay_run(run=run)
    assert not run.error, run.error
    return run


@pytest.mark.requirement("CH-51")
@pytest.mark.parametrize("people_a_batch", [1, 100])
def test_a_run_of_chaohu_keeps_its_mean_and_the_floor(chaohu: Place, people_a_batch: int) -> None:
    run = run_of_chaohu(chaohu, people_a_batch=people_a_batch)
    assert PayBatch.objects.filter(run=run).count() == (2 if people_a_batch == 1 else 1)
    # 12 × 4,520 + 18,000 = 72,240; 12 × 4,970 + 24,000 = 83,640; 12 × 5,720 = 68,640; together 224,520, mean 74,840.
    # The wage of 2025 is not published: that of 2024 goes on, 78,500.
    assert run.totals["means"] == [
        {
            "limit": "mean_floor",
            "name": "总体薪酬标准不低于上年度平均工资",
            "name_en": "mean pay not below last year's average wage",
            "cite": "CH-51",
            "over": "year",
            "scope": "county",
            "unit": "340181",
            "people": 3,
            "mean": 7484000,
            "at_least": 7850000,
            "at_most": None,
            "assumed": True,
            "met": False,
            "short": 366000,
            "above": 0,
            "observed": {"least": 6864000, "most": 8364000},
            "range": {"least": 5424000, "most": 11124000},
        }
    ]
    assert run.totals["range"] == {"least": 452000, "most": 927000}
    assert not [key for key in run.totals if key.startswith("mean.")]


@pytest.mark.requirement("CH-51")
def test_the_mean_is_the_same_in_a_month_that_pays_no_performance(chaohu: Place) -> None:
    run = run_of_chaohu(chaohu, Month(2026, 2))
    assert run.totals["means"][0]["mean"] == 7484000
    assert PaySlip.objects.get(run=run, person__name="甲").gross == 452000


@pytest.mark.requirement("CH-51")
def test_a_trial_run_tells_the_mean_as_well(chaohu: Place) -> None:
    run = run_of_chaohu(chaohu, dry_run=True)
    assert (run.totals["means"][0]["mean"], run.totals["means"][0]["short"]) == (7484000, 366000)


@pytest.mark.requirement("CH-51")
def test_the_page_of_a_run_says_how_far_the_mean_falls_short(chaohu: Place, client: Any) -> None:
    run = run_of_chaohu(chaohu)
    client.force_login(chaohu.users["chaohu"])
    page = client.get(f"/pay/{run.pk}/", headers={"accept-language": "en"})
    text = page.content.decode()
    for words in ("CH-51", "78,500.00", "74,840.00", "short by 3,660.00", "巢湖市", "54,240.00 – 111,240.00",
                  "68,640.00 – 83,640.00", "4,520.00 – 9,270.00"):  # fmt: skip
        assert words in text, words


@pytest.mark.requirement("CH-51")
def test_programs_get_means_beside_the_sums(chaohu: Place, client: Any) -> None:
    run = run_of_chaohu(chaohu)
    program = User.objects.create(username="program", display_name="program")
    grant_give(actor=None, user=program, unit=chaohu.units["340181"], role=Role.REST_CLIENT)
    token = token_give(actor=None, user=program, label="tests")[1]
    answer = client.get(f"/api/v1/pay-runs/{run.pk}/", headers={"authorization": f"Bearer {token}"}).json()
    assert (answer["means"][0]["cite"], answer["means"][0]["short"], answer["means"][0]["met"]) == (
        "CH-51",
        366000,
        False,
    )
    assert answer["pay_range"] == {"least": 452000, "most": 927000}
    assert set(map(type, answer["totals"].values())) == {int}


def test_a_place_without_a_mean_floor_has_no_card(staffed: Place, client: Any) -> None:
    run = staffed.run()
    assert "means" not in run.totals
    client.force_login(staffed.users["officer"])
    text = client.get(f"/pay/{run.pk}/", headers={"accept-language": "en"}).content.decode()
    assert 'id="means"' not in text
    assert "from 3,590.00, no upper end" in text
