"""What a policy file becomes: the normal form, sources, merging with an upper unit's file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from policy.rules.comparing import compare
from policy.rules.document import MonthDay, ScoreRounding
from policy.rules.reading import PolicyErrors, clause, iter_leaves, read
from policy.rules.terms import (
    All,
    AnyOf,
    Bands,
    FactRef,
    HistoryTest,
    HonourTest,
    IndexRef,
    Leaf,
    Not,
    Status,
    Steps,
    Table,
    Tail,
    Test,
    Values,
    leaves,
)
from tests.policy.whole import WHOLE


@pytest.fixture(scope="module")
def whole():
    return read(WHOLE, name="some/2024")


def line_of(text: str) -> int:
    assert WHOLE.count(text) == 1
    return WHOLE[: WHOLE.index(text)].count("\n") + 1


def values(figure) -> list:
    return [leaf.value for leaf in leaves(figure)]


def component(policy, code):
    return next(one for one in policy.pay.components if one.code == code)


# -- the whole file ---------------------------------------------------------------------------------------------------


def test_head(whole) -> None:
    assert (whole.place, whole.version, whole.name.zh, whole.name.en) == ("340181", "2024", "某市", "Some City")
    assert whole.effective.from_ == date(2024, 1, 1)
    assert whole.effective.to == date(2026, 1, 1)
    assert whole.effective.published == date(2024, 3, 1)
    assert [(one.code, one.title.zh, one.level) for one in whole.documents] == [("DOC", "某市办法", "city")]
    assert whole.text == WHOLE
    assert len(whole.sha256) == 64


def test_indices(whole) -> None:
    minimum = whole.indices["minimum_wage"]
    assert {day: point.value.value for day, point in minimum.series.items()} == {
        date(2021, 4, 1): Decimal(1450),
        date(2024, 5, 1): Decimal(1750),
    }
    assert minimum.series[date(2024, 5, 1)].published == date(2024, 4, 20)
    average = whole.indices["average_wage"]
    assert (average.per, average.keyed, average.pending, average.applies.from_month) == ("year", "year", "stop", 7)
    assert average.series[2023].value.status is Status.ASSUMED
    assert average.series[2022].published == date(2023, 6, 10)
    assert {unit: points[2023].value.value for unit, points in whole.indices["street_wage"].series_by.items()} == {
        "340181001": Decimal(3000),
        "340181002": Decimal(3100),
    }
    assert whole.indices["own"].own_mean.of == ("base", "post")


def test_service_posts_classes(whole) -> None:
    service = whole.service
    assert isinstance(service.counts, Test)
    assert (service.counts.fact, service.counts.op) == ("category", "any_of")
    assert (service.from_, service.interruption, service.restarts_after_months) == (
        date(2010, 1, 1),
        "restarts_after",
        6,
    )
    assert service.as_of == MonthDay(1, 1)
    assert [post.code for post in whole.posts] == ["chief", "deputy", "general"]
    assert whole.posts[2].when == All(())
    upper = whole.classes["pay_level"][0].when
    assert isinstance(upper, AnyOf)
    assert isinstance(upper.of[0], Test)
    assert isinstance(upper.of[1], All)
    assert [(test.fact, test.op, test.operand[0].value) for test in upper.of[1].of] == [
        ("degree", "is", "MASTER"),
        ("probation", "is", False),
    ]


def test_scale(whole) -> None:
    grade = whole.scales["grade"]
    assert isinstance(grade.range_low, Table)
    assert values(grade.range_low) == [Decimal(7), Decimal(4), Decimal(1)]
    assert values(grade.range_high) == [Decimal(18), Decimal(15), Decimal(12)]
    assert grade.no_range == frozenset()
    assert (grade.mode, grade.review.each, grade.one_review, grade.after_move) == ("kept", "yearly", "sum", "carry")
    assert isinstance(grade.review.when, Test)
    start = grade.start
    assert (start.from_, start.credits_later, start.left_over) == ("range_floor", "next_january", "lapses")
    assert start.years.every.value == Decimal(4)
    assert values(start.years.deemed[0].years) == [Decimal(2)]
    assert [(one.name.zh, one.take, one.once, len(one.rows)) for one in start.credits] == [
        ("学历", "highest", False, 2),
        ("表彰", "first", True, 1),
    ]
    honour = start.credits[1].rows[0].when
    assert isinstance(honour, HonourTest)
    assert (honour.kind, honour.level.op, honour.level.operand[0].value) == (("COMMENDATION",), "at_least", "MUNICIPAL")
    normal, early, down, other = grade.moves
    assert (values(normal.up), values(normal.every.years), normal.every.otherwise) == ([1], [4], "restart")
    assert isinstance(early.when, HistoryTest)
    assert (early.when.grade, early.when.times, early.when.in_last) == (("EXCELLENT",), 2, 2)
    assert (early.at_most, early.uses_years, early.code) == (2, True, "early")
    assert (values(down.down), other.manual) == ([1], True)
    assert grade.post_change.do == "keep_offset"
    assert (grade.probation.down.value, grade.probation.not_below.value) == (1, 1)
    assert (grade.service.part_year, grade.service.from_) == ("exact", date(2010, 1, 1))
    rank = whole.scales["rank"]
    assert isinstance(rank.start.from_, Table)
    deputy = rank.start.from_.of["deputy"]
    assert isinstance(deputy, Table)
    assert (deputy.by, values(deputy)) == ("education", [3, 2])
    assert rank.post_change.do == "table"
    assert isinstance(rank.post_change.table, Table)


def test_figures(whole) -> None:
    base, post = component(whole, "base"), component(whole, "post")
    assert base.amount == IndexRef("minimum_wage", None, "pay.components.base.amount", "DOC")
    assert isinstance(base.times[0], Leaf)
    steps = base.times[1]
    assert isinstance(steps, Steps)
    assert (steps.by, steps.first.value, steps.each.value) == ("grade", Decimal("1.00"), Decimal("0.05"))
    assert base.payer == {"CITY": 60, "STREET": 40}
    chief, deputy, general = (post.amount.of[code] for code in ("chief", "deputy", "general"))
    assert (chief.status, chief.low, chief.high, chief.value) == (Status.UNSET, Decimal(600), Decimal(800), None)
    assert (deputy.value, deputy.cite, deputy.status) == (Decimal("650.50"), "D-2", Status.CITED)
    assert (general.status, general.because) == (Status.UNSET, "not printed")
    at = component(whole, "seniority").amount
    assert isinstance(at, Bands)
    assert (at.closed, at.edges, values(at), at.tail, at.otherwise) == ("at", (0, 10), [10, 20], None, None)
    over = component(whole, "household").amount
    assert isinstance(over, Bands)
    assert (over.closed, over.edges, over.otherwise.value) == ("over", (1500, 3000), 20)
    assert isinstance(over.tail, Tail)
    assert (over.tail.every.value, over.tail.add.value, over.tail.part) == (800, 5, "up")
    listed = component(whole, "level").amount
    assert isinstance(listed, Values)
    assert {number: leaf.value for number, leaf in listed.of.items()} == {1: 100, 2: 120, 18: 900}
    assert listed.missing.status is Status.UNSET
    assert component(whole, "score_pay").amount == FactRef("score.month", "pay.components.score_pay.amount", "DOC")
    assert isinstance(component(whole, "score_pay").when, Not)
    limit = whole.pay.limits[0]
    assert limit.at_least == IndexRef("average_wage", "previous", "pay.limits.1.at_least", "DOC")


def test_components(whole) -> None:
    merit = component(whole, "merit_pay")
    assert (merit.of, merit.proration, merit.probation.value) == (("base", "fixed"), "workdays_21_75", Decimal(80))
    assert component(whole, "loyalty").probation == "none"
    assert list(component(whole, "loyalty").at) == [10, 20]
    assert component(whole, "parts").of == ("post",)
    fixed, rest = component(whole, "parts").shares
    assert (fixed.percent.value, rest.percent.value) == (80, 20)
    assert (rest.cycle.every, rest.cycle.paid_in, rest.cycle.accrues) == ("half_year", (6, 12), True)
    assert fixed.cycle.every == "month"
    assert component(whole, "post").rounding.to == "jiao"
    assert component(whole, "post").paid is False
    assert values(component(whole, "seniority").at_most_units) == [30]
    assert values(component(whole, "old_pay").at_most_yuan) == [500]
    assert component(whole, "score_pay").service.interruption == "restarts"
    assert component(whole, "score_pay").service.part_year == "down"
    assert whole.pay.deductions["pension"].rates.employer.value == 1600
    assert whole.pay.annual_grade_from == "january"


def test_assessment(whole) -> None:
    assessment = whole.assessment
    assert assessment.grades[0].code == "EXCELLENT"
    assert assessment.appeal_days == 5
    month, annual, chiefs = assessment.schemes
    assert month.inputs[0].to_100.value == 80
    assert [(one.code, one.from_, one.weight.value) for one in annual.inputs] == [
        ("daily", "scheme", 40),
        ("residents", "ratings", 30),
        ("leaders", "ratings", 20),
        ("team", "figure", 10),
    ]
    residents = annual.inputs[1]
    assert (residents.at_least, residents.mix[0].rater, residents.mix[0].at_least.value) == (
        40,
        "ORDINARY_RESIDENT",
        60,
    )
    assert (annual.inputs[2].drop.highest, annual.inputs[2].drop.lowest) == (1, 1)
    assert annual.rounding == ScoreRounding(2, "half_up", "input")
    assert {grade: leaf.value for grade, leaf in annual.thresholds.items()} == {
        "EXCELLENT": 90,
        "QUALIFIED": 75,
        "BASICALLY_QUALIFIED": 60,
    }
    assert annual.ties == ("residents", "daily")
    assert (annual.caps[0].grade, annual.caps[0].at_most.value, annual.caps[0].rounding) == ("EXCELLENT", 30, "down")
    assert [(share.grade, share.rest, share.percent and share.percent.value) for share in chiefs.shares] == [
        ("EXCELLENT", False, 20),
        ("QUALIFIED", True, None),
        ("UNQUALIFIED", False, 10),
    ]
    last = assessment.consequences[0]
    assert (last.when.fact, last.when.operand[0].value, last.in_) == ("rank.annual", "last", "street")
    assert assessment.consequences[1].when.in_last == "contract_term"
    assert assessment.consequences[2].on == "contract_end"


@pytest.mark.requirement("CH-08")
def test_leaves_have_their_lines_paths_and_sources(whole) -> None:
    found = {leaf.path: leaf for leaf in iter_leaves(whole)}
    assert len(found) == len(list(iter_leaves(whole)))
    weight = found["assessment.schemes.annual.inputs.daily.weight"]
    assert (weight.status, weight.because, weight.line) == (
        Status.ASSUMED,
        "no weights printed",
        line_of("because: no weights printed"),
    )
    assert found["service.part_year"].value == "down"
    assert found["pay.components.base.amount.index"].value == "minimum_wage"
    assert all(leaf.cite for leaf in found.values())  # the top `cite` reaches everything
    assert all(leaf.origin == "some/2024" for leaf in found.values())
    numbers = [leaf.line for leaf in iter_leaves(whole) if ".service." not in leaf.path]
    assert numbers == sorted(numbers)


def test_clauses_are_found_by_path(whole) -> None:
    assert clause(whole, "pay.components.post.amount.of.deputy").value == Decimal("650.50")
    assert clause(whole, "pay.components.post").code == "post"
    assert isinstance(clause(whole, "pay.components.post.amount"), Table)
    with pytest.raises(KeyError):
        clause(whole, "pay.components.nothing")


def test_what_is_left_open_is_listed_below_a_path(whole) -> None:
    assert [leaf.path for leaf in whole.unset("pay.components.post")] == [
        "pay.components.post.amount.of.chief",
        "pay.components.post.amount.of.general",
    ]
    assert whole.unset("scales") == ()


# -- ways of writing --------------------------------------------------------------------------------------------------

SMALL = """\
place: "232762"
name: 松岭区
version: "2022"
effective: {{from: 2022-01-01}}
posts:
  - {{code: chief, when: {{posts_held: PARTY_SECRETARY}}}}
  - {{code: general}}
{rest}
"""


def small(rest: str, **given):
    return read(SMALL.format(rest=rest), **given)


def test_an_assumption_around_a_block_reaches_everything_in_it() -> None:
    policy = small(
        "scales: {grade: {name: G, values: 9, start: {from: range_floor}, range: {assumed: {by: post, of: {chief: [4, 9], "
        "general: [1, 6]}}, because: usual}}}"
    )
    low = policy.scales["grade"].range_low
    assert [(leaf.value, leaf.status, leaf.because) for leaf in leaves(low)] == [
        (4, Status.ASSUMED, "usual"),
        (1, Status.ASSUMED, "usual"),
    ]


def test_a_post_without_a_range_has_no_value_on_the_scale() -> None:
    policy = small(
        "scales: {grade: {name: G, values: 9, start: {from: range_floor}, range: {by: post, of: {chief: [4, 9]}}}}"
    )
    assert policy.scales["grade"].no_range == {"general"}


def test_a_member_of_a_range_can_be_left_open() -> None:
    policy = small(
        "scales: {grade: {name: G, values: 9, start: {from: range_floor}, range: {by: post, of: {chief: [4, 9], general: {unset: not printed}}}}}"
    )
    assert policy.scales["grade"].range_high.of["general"].status is Status.UNSET
    assert [leaf.path for leaf in policy.unset()] == ["scales.grade.range.of.general"]


@pytest.mark.parametrize("section", ["pay", "assessment", "scales", "classes", "indices", "posts"])
def test_a_whole_section_can_be_left_open(section: str) -> None:
    text = SMALL.format(rest="")
    if section == "posts":
        text = text[: text.index("posts:")]
    policy = read(text + f"{section}: {{unset: not published}}\n")
    assert [(leaf.path, leaf.because) for leaf in policy.unset()] == [(section, "not published")]


def test_an_entry_of_a_list_can_be_left_open() -> None:
    policy = small(
        "pay: {components: [{code: base, name: B, kind: amount, amount: 100}, {code: merit, name: M, unset: not printed}]}"
    )
    assert [one.code for one in policy.pay.components] == ["base"]
    assert [leaf.path for leaf in policy.unset()] == ["pay.components.merit"]


def test_lists_of_coded_entries_can_be_mappings() -> None:
    policy = small("pay: {components: {base: {name: B, kind: amount, amount: 100}, merit: {unset: not printed}}}")
    assert [one.code for one in policy.pay.components] == ["base"]
    assert policy.unset()[0].path == "pay.components.merit"


def test_anchors_and_merges_are_followed() -> None:
    policy = small(
        "pay:\n  components:\n    - &base {code: base, name: B, kind: amount, amount: 100, cite: C-1}\n"
        "    - {<<: *base, code: other, amount: 200}"
    )
    other = policy.pay.components[1]
    assert (other.code, other.name.zh, other.amount.value, other.cite) == ("other", "B", 200, "C-1")


def test_numbers_are_exact() -> None:
    policy = small(
        "pay: {components: [{code: a, name: A, kind: amount, amount: 100.10, times: [0.1, 1.000000000000000001]}]}"
    )
    (line,) = policy.pay.components
    assert line.amount.value == Decimal("100.10")
    assert [factor.value for factor in line.times] == [Decimal("0.1"), Decimal("1.000000000000000001")]


def test_a_condition_that_is_left_open_is_one_that_nobody_can_answer() -> None:
    policy = small(
        "pay: {components: [{code: a, name: A, kind: amount, amount: 100, when: {unset: six cases not printed}}]}"
    )
    when = policy.pay.components[0].when
    assert (when.op, when.operand[0].status, when.operand[0].because) == ("is", Status.UNSET, "six cases not printed")


def test_a_value_of_a_condition_can_be_assumed() -> None:
    policy = small(
        "pay: {components: [{code: a, name: A, kind: amount, amount: 1, when: {age: {at_most: {assumed: 60, because: usual}}}}]}"
    )
    (leaf,) = policy.pay.components[0].when.operand
    assert (leaf.value, leaf.status, leaf.path) == (60, Status.ASSUMED, "pay.components.a.when.age.at_most")


def test_references_carry_their_source_too() -> None:
    policy = small(
        "pay:\n  components: [{code: a, name: A, kind: amount, amount: 1}]\n"
        "  limits: [{name: L, of: {assumed: total, because: not said}, at_least: 100, cite: [D-1, D-2]}]"
    )
    found = {leaf.path: leaf for leaf in policy.leaves}
    assert policy.pay.limits[0].of == "total"
    assert found["pay.limits.1.of"].because == "not said"
    assert found["pay.limits.1.at_least"].cite == "D-1, D-2"


def test_whoever_needs_a_condition_that_is_left_open_hears_what_is_missing() -> None:
    from policy.rules.conditions import condition
    from policy.rules.context import Context, UnsetValue

    policy = small("pay: {components: [{code: a, name: A, kind: amount, amount: 100, when: {unset: six cases}}]}")
    with pytest.raises(UnsetValue) as caught:
        condition(policy.pay.components[0].when, Context(policy, date(2024, 1, 1)))
    assert [leaf.because for leaf in caught.value.leaves] == ["six cases"]


def test_the_order_of_two_figures_in_a_history_is_the_places_own() -> None:
    policy = small(
        "assessment:\n  grades: [{code: GOOD, name: 好}, {code: FAIR, name: 中}, {code: POOR, name: 差}]\n"
        "  consequences: [{when: {annual_grades: {grade: {at_most: FAIR}, times: 2, in_last: 3}}, do: TALK}]"
    )
    assert policy.assessment.consequences[0].when.grade == ("FAIR", "POOR")


# -- Songling, as the design prints it ------------------------------------------------------------------------------------

SONGLING = """\
place: "232762"
name: {zh: 松岭区, en: Songling}
version: "2022"
effective: {from: 2022-01-01}
posts:
  - {code: chief, name: 正职, when: {posts_held: {any_of: [PARTY_SECRETARY, COMMITTEE_DIRECTOR]}}}
  - {code: deputy, name: 副职, when: {posts_held: {any_of: [DEPUTY_SECRETARY, DEPUTY_DIRECTOR]}}}
  - {code: general, name: 一般工作岗位}
service: {counts: {category: COMMUNITY_WORKER}, part_year: down, as_of: {assumed: month, because: the article does not say}}
indices: {minimum_wage: {per: month, keyed: date, region: 大兴安岭地区, series: {2021-04-01: 1450}}}
pay:
  components:
    - {code: base, name: 基础补贴, kind: amount, amount: {index: minimum_wage}, times: [2], cite: SL-31}
    - {code: post, name: 岗位补贴, kind: amount, amount: {by: post, of: {chief: {assumed: 700, because: no amounts printed}, deputy: {assumed: 650, because: as above}, general: {assumed: 600, because: as above}}}, cite: SL-30}
    - {code: certificate, name: 职业津贴, kind: amount, amount: {by: certificate, of: {ASSISTANT: 150, SOCIAL_WORKER: 300, SENIOR: 500, NONE: 0}}, cite: SL-19}
    - {code: seniority, name: 年限补贴, kind: per_unit, fact: service_years, amount: {assumed: 10, because: amount not printed}, cite: SL-34}
    - {code: performance, name: 绩效补贴, kind: percent_of, of: [post], percent: {by: annual_grade, of: {EXCELLENT: 25, GOOD: 20, FAIR: 15, NONE: {assumed: 15, because: a newcomer has no result yet and the article is silent}}}, cite: SL-32}
    - {code: hygiene, name: 卫生费, kind: amount, when: {sex: FEMALE}, amount: 35, cite: SL-33}
"""


def test_songling_in_full() -> None:
    policy = read(SONGLING)
    assert [(line.code, line.name.zh, line.kind, line.cite) for line in policy.pay.components] == [
        ("base", "基础补贴", "amount", "SL-31"),
        ("post", "岗位补贴", "amount", "SL-30"),
        ("certificate", "职业津贴", "amount", "SL-19"),
        ("seniority", "年限补贴", "per_unit", "SL-34"),
        ("performance", "绩效补贴", "percent_of", "SL-32"),
        ("hygiene", "卫生费", "amount", "SL-33"),
    ]
    assert [leaf.path for leaf in policy.leaves if leaf.status is Status.ASSUMED] == [
        "service.as_of",
        "pay.components.post.amount.of.chief",
        "pay.components.post.amount.of.deputy",
        "pay.components.post.amount.of.general",
        "pay.components.seniority.amount",
        "pay.components.performance.percent.of.NONE",
    ]
    assert policy.unset() == ()
    performance = policy.pay.components[4].percent
    assert isinstance(performance, Table)
    assert {code: leaf.value for code, leaf in performance.of.items()} == {
        "EXCELLENT": 25,
        "GOOD": 20,
        "FAIR": 15,
        "NONE": 15,
    }
    assert policy.service.as_of == "month"
    hygiene = policy.pay.components[5]
    assert (hygiene.when.fact, hygiene.when.operand[0].value, hygiene.amount.value) == ("sex", "FEMALE", 35)


# -- a lower unit's file --------------------------------------------------------------------------------------------------

PARENT = """\
place: "62"
name: 某省
version: "2023"
cite: UP
effective: {from: 2023-01-01}
posts:
  - {code: chief, name: 正职, when: {posts_held: PARTY_SECRETARY}}
  - {code: general, name: 一般}
service: {counts: {category: COMMUNITY_WORKER}, part_year: down}
pay:
  components:
    - {code: post, name: 岗位, kind: amount, amount: {by: post, of: {chief: {choose: [600, 800]}, general: {choose: [500, 700]}}}}
    - {code: certificate, name: 津贴, kind: amount, amount: 200, cite: UP-9}
  probation_ends: exact_day
assessment:
  grades: [{code: GOOD, name: 好}, {code: POOR, name: 差}]
  schemes:
    - {code: annual, cycle: year, inputs: [{code: all, name: 全部, from: score, weight: 100}], grading: {thresholds: {GOOD: 60}}}
"""
CHILD = """\
place: "6210"
name: 某市
version: "2023-1"
effective: {from: 2023-06-01}
extends: 62/2023
pay:
  components:
    - {code: post, name: 岗位, kind: amount, cite: C-1, amount: {by: post, of: {chief: 750, general: 500}}}
    - {code: heating, name: 取暖费, kind: amount, cite: C-2, amount: 90}
"""


def parents(reference: str) -> str | None:
    return {"62/2023": PARENT}.get(reference)


def test_a_lower_file_changes_entries_and_keeps_the_rest_with_its_origin() -> None:
    policy = read(CHILD, name="6210/2023-1", parents=parents)
    assert [one.code for one in policy.pay.components] == ["post", "certificate", "heating"]
    assert policy.pay.probation_ends == "exact_day"
    assert [one.code for one in policy.assessment.schemes] == ["annual"]
    origins = {leaf.path: (leaf.origin, leaf.cite) for leaf in policy.leaves}
    assert origins["pay.components.post.amount.of.chief"] == ("6210/2023-1", "C-1")
    assert origins["pay.components.certificate.amount"] == ("62/2023", "UP-9")
    assert origins["service.part_year"] == ("62/2023", "UP")
    assert (policy.place, policy.version, policy.extends) == ("6210", "2023-1", "62/2023")


def test_the_fingerprint_knows_the_upper_file() -> None:
    other = PARENT.replace("amount: 200", "amount: 201")
    one = read(CHILD, parents=parents).sha256
    assert read(CHILD, parents=parents).sha256 == one
    assert read(CHILD, parents=lambda reference: other).sha256 != one


@pytest.mark.parametrize(("chosen", "inside"), [("599.99", False), ("600", True), ("800", True), ("800.01", False)])
def test_a_choice_lies_within_the_bounds_of_the_upper_file(chosen: str, inside: bool) -> None:
    text = CHILD.replace("chief: 750", f"chief: {chosen}")
    if inside:
        assert read(text, parents=parents).unset() == ()
        return
    with pytest.raises(PolicyErrors) as caught:
        read(text, name="child", parents=parents)
    (error,) = caught.value.errors
    assert (error.code, error.key, error.line, error.file) == (
        "CHOICE_OUTSIDE",
        "pay.components.post.amount.of.chief",
        8,
        "child",
    )


def test_what_is_not_chosen_stays_open() -> None:
    text = "\n".join(line for line in CHILD.splitlines() if "code: post" not in line)
    policy = read(text, parents=parents)
    assert [(leaf.path, leaf.low, leaf.high) for leaf in policy.unset()] == [
        ("pay.components.post.amount.of.chief", 600, 800),
        ("pay.components.post.amount.of.general", 500, 700),
    ]


def test_a_changed_list_of_posts_opens_tables_of_the_upper_file() -> None:
    text = "\n".join(line for line in CHILD.splitlines() if "code: post" not in line)
    text += "\nposts: [{code: deputy, name: 副职, when: {posts_held: DEPUTY_SECRETARY}}]\n"
    with pytest.raises(PolicyErrors) as caught:
        read(text, name="child", parents=parents)
    (error,) = caught.value.errors
    assert (error.code, error.file, error.line, error.params["missing"]) == ("OPEN_CASE", "62/2023", 12, "deputy")


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("62/2020", "EXTENDS_UNKNOWN"),
        ("62", "EXTENDS_FORM"),
        ("6210/2023-1", "EXTENDS_CIRCLE"),
        ("99/1", "EXTENDS_BROKEN"),
    ],
)
def test_what_can_not_be_extended(reference: str, code: str) -> None:
    text = CHILD.replace("62/2023", reference)
    texts = {"62/2023": PARENT, "6210/2023-1": text, "99/1": PARENT.replace("kind: amount", "kind: amonut")}
    with pytest.raises(PolicyErrors) as caught:
        read(text, name="child", parents=texts.get)
    assert code in [error.code for error in caught.value.errors]
    if code == "EXTENDS_BROKEN":
        assert [error.file for error in caught.value.errors][1:] == ["99/1", "99/1"]


def test_a_file_can_extend_one_that_extends() -> None:
    third = CHILD.replace('"6210"', '"621002"').replace("62/2023", "6210/2023-1").replace("chief: 750", "chief: 760")
    texts = {"62/2023": PARENT, "6210/2023-1": CHILD}
    policy = read(third, name="third", parents=texts.get)
    assert [one.code for one in policy.pay.components] == ["post", "certificate", "heating"]
    origins = {leaf.path: leaf.origin for leaf in policy.leaves}
    assert origins["pay.components.post.amount.of.chief"] == "third"
    assert origins["pay.components.certificate.amount"] == "62/2023"


# -- comparing --------------------------------------------------------------------------------------------------------


def test_comparing_shows_values_and_sources() -> None:
    new = (
        SONGLING.replace("amount: 35", "amount: 40")
        .replace("cite: SL-19", "cite: SL-20")
        .replace("SENIOR: 500, ", "SENIOR: {unset: withdrawn}, ")
        .replace(", part_year: down", "")
    )
    found = {
        one.path: (one.kind, one.old and one.old.value, one.new and one.new.value)
        for one in compare(read(SONGLING), read(new))
    }
    assert found.pop("pay.components.hygiene.amount") == ("changed", 35, 40)
    assert found.pop("pay.components.certificate.amount.of.SENIOR") == ("changed", 500, None)
    assert found.pop("service.part_year") == ("removed", "down", None)
    assert found.pop("pay.components.certificate.amount.of.NONE") == ("source", 0, 0)
    assert {kind for kind, _old, _new in found.values()} == {"source"}
    assert compare(read(SONGLING), read(SONGLING)) == ()
