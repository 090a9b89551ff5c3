"""What the articles print about five places stands in their policy files, with its source; what they don't, does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policy.rules.document import Component, Policy
from policy.rules.terms import IndexRef, Leaf, Status, Table, leaves
from tests.policies import read_all


def policy(name: str) -> Policy:
    return read_all()[name]


def component(name: str, code: str) -> Component:
    (found,) = [one for one in policy(name).pay.components if one.code == code]
    return found


def rows(figure: Table) -> dict[str, tuple[int, Status, str | None]]:
    return {code: (leaf.value, leaf.status, leaf.cite) for code, leaf in figure.of.items()}


def values(figure: Table) -> dict[str, Decimal | None]:
    return {code: leaf.value for code, leaf in figure.of.items()}


def printed(leaf: Leaf, value: int, cite: str) -> bool:
    return (leaf.value, leaf.status, leaf.cite) == (value, Status.CITED, cite)


def grade_codes(name: str) -> list[tuple[str, str]]:
    return [(grade.code, grade.name.zh) for grade in policy(name).assessment.grades]


FOUR = [("EXCELLENT", "优秀"), ("QUALIFIED", "合格"), ("BASICALLY_QUALIFIED", "基本合格"), ("UNQUALIFIED", "不合格")]


@pytest.mark.requirement("CH-35")
def test_chaohu_pays_certificates_to_those_who_are_qualified() -> None:
    line = component("chaohu/2023", "certificate")
    assert printed(line.amount.of["ASSISTANT"], 100, "CH-35")
    assert printed(line.amount.of["SOCIAL_WORKER"], 200, "CH-35")
    assert line.amount.of["SENIOR"].status is Status.UNSET
    assert (line.when.fact, line.when.op, line.when.operand[0].value) == ("annual_grade", "at_least", "QUALIFIED")


@pytest.mark.requirement("CH-44")
@pytest.mark.requirement("TR-44")
@pytest.mark.parametrize("name", ["chaohu/2023", "tongren/2024"])
def test_four_grades_best_first(name: str) -> None:
    assert grade_codes(name) == FOUR


@pytest.mark.requirement("CH-45")
def test_chaohus_cap_is_thirty_percent_of_a_street_rounded_down() -> None:
    (annual,) = [one for one in policy("chaohu/2023").assessment.schemes if one.cycle == "year"]
    (cap,) = annual.caps
    assert printed(cap.at_most, 30, "CH-45")
    assert (cap.grade, cap.pool, cap.rounding, cap.of) == ("EXCELLENT", "street", "down", "graded")


@pytest.mark.requirement("CH-51")
def test_chaohus_floor_is_last_years_average_wage() -> None:
    (floor,) = policy("chaohu/2023").pay.limits
    assert isinstance(floor.at_least, IndexRef)
    assert (floor.at_least.index, floor.at_least.of_year, floor.of, floor.action) == (
        "average_wage",
        "previous",
        "mean_total",
        "report",
    )


@pytest.mark.requirement("CH-53")
@pytest.mark.requirement("QY-11")
@pytest.mark.parametrize("name", ["chaohu/2023", "qingyang/2023"])
def test_three_posts_and_eighteen_grades(name: str) -> None:
    scale = policy(name).scales["grade"]
    assert scale.values == 18
    assert [leaf.value for leaf in leaves(scale.range_low)] == [7, 4, 1]
    assert [leaf.value for leaf in leaves(scale.range_high)] == [18, 15, 12]
    assert {leaf.status for leaf in leaves(scale.range_low)} == {Status.ASSUMED}


@pytest.mark.requirement("CH-54")
@pytest.mark.requirement("CH-55")
def test_chaohus_two_parts_of_pay_and_who_pays_them() -> None:
    base, performance = component("chaohu/2023", "base"), component("chaohu/2023", "performance")
    assert (base.payer, base.cycle.every) == ({"CITY": 100}, "month")
    assert (performance.payer, performance.cycle.every) == ({"STREET": 100}, "year")
    assert (base.name.zh, performance.name.zh) == ("基本报酬", "绩效报酬")


@pytest.mark.requirement("SL-19")
def test_songlings_certificates() -> None:
    assert rows(component("songling/2022", "certificate").amount) == {
        "ASSISTANT": (150, Status.CITED, "SL-19"),
        "SOCIAL_WORKER": (300, Status.CITED, "SL-19"),
        "SENIOR": (500, Status.CITED, "SL-19"),
        "NONE": (0, Status.CITED, "SL-19"),
    }


@pytest.mark.requirement("SL-27")
def test_songlings_three_posts() -> None:
    assert [post.name.zh for post in policy("songling/2022").posts] == ["正职", "副职", "一般工作岗位"]


@pytest.mark.requirement("SL-29")
@pytest.mark.requirement("SL-30")
@pytest.mark.requirement("SL-34")
def test_songlings_five_parts_of_pay_and_the_allowance_for_women() -> None:
    assert [one.name.zh for one in policy("songling/2022").pay.components] == [
        "基础补贴",
        "岗位补贴",
        "职业津贴",
        "年限补贴",
        "绩效补贴",
        "卫生费",
    ]
    post = component("songling/2022", "post").amount
    assert post.by == "post"
    assert {leaf.status for leaf in leaves(post)} == {Status.ASSUMED}
    assert component("songling/2022", "seniority").amount.status is Status.ASSUMED


@pytest.mark.requirement("SL-31")
def test_songlings_base_is_twice_the_minimum_wage() -> None:
    base = component("songling/2022", "base")
    assert isinstance(base.amount, IndexRef)
    assert base.amount.index == "minimum_wage"
    assert printed(base.times[0], 2, "SL-31")


@pytest.mark.requirement("SL-32")
def test_songlings_performance_by_three_grades() -> None:
    percent = component("songling/2022", "performance").percent
    assert [
        printed(percent.of[code], value, "SL-32") for code, value in [("EXCELLENT", 25), ("GOOD", 20), ("FAIR", 15)]
    ] == [
        True,
        True,
        True,
    ]
    assert percent.of["NONE"].status is Status.ASSUMED
    assert grade_codes("songling/2022") == [("EXCELLENT", "优秀"), ("GOOD", "良好"), ("FAIR", "一般")]


@pytest.mark.requirement("SL-33")
def test_songlings_hygiene_allowance() -> None:
    line = component("songling/2022", "hygiene")
    assert printed(line.amount, 35, "SL-33")
    assert (line.when.fact, line.when.operand[0].value) == ("sex", "FEMALE")


@pytest.mark.requirement("TR-21")
def test_tongrens_five_parts_of_pay() -> None:
    assert [one.name.zh for one in policy("tongren/2024").pay.components] == [
        "职务薪酬",
        "级别薪酬",
        "学历津贴",
        "职业资格津贴",
        "绩效薪酬",
    ]


@pytest.mark.requirement("TR-22")
def test_tongrens_floor_of_each_post() -> None:
    (floor,) = policy("tongren/2024").pay.limits
    assert list(floor.at_least.of) == ["first", "second", "third", "fourth", "fifth"]


@pytest.mark.requirement("TR-24")
def test_tongren_pays_newcomers_in_full() -> None:
    assert {one.probation for one in policy("tongren/2024").pay.components} == {"full"}


@pytest.mark.requirement("TR-36")
def test_tongrens_five_posts_and_twenty_grades() -> None:
    tongren = policy("tongren/2024")
    assert (len(tongren.posts), tongren.scales["grade"].values) == (5, 20)


@pytest.mark.requirement("TR-46")
def test_two_years_running_open_a_case_in_tongren() -> None:
    (found,) = [one for one in policy("tongren/2024").assessment.consequences if one.do == "OPEN_EXIT_CASE"]
    assert (found.when.grade, found.when.times, found.when.in_last, found.cite) == (("UNQUALIFIED",), 2, 2, "TR-46")


@pytest.mark.requirement("LS-21")
def test_leshan_splits_eighty_to_twenty() -> None:
    split = component("leshan-shizhong/2024", "shares")
    assert [printed(share.percent, value, "LS-21") for share, value in zip(split.shares, (80, 20), strict=True)] == [
        True,
        True,
    ]


@pytest.mark.requirement("LS-22")
def test_leshans_floor_is_last_years_rural_income() -> None:
    (floor,) = policy("leshan-shizhong/2024").pay.limits
    assert (floor.of, floor.at_least.index, floor.at_least.of_year) == ("fixed", "rural_income", "previous")


@pytest.mark.requirement("LS-23")
def test_leshan_pays_performance_by_the_month_twice_a_year() -> None:
    cycle = component("leshan-shizhong/2024", "performance").cycle
    assert (cycle.every, cycle.paid_in, cycle.accrues) == ("half_year", (6, 12), True)


@pytest.mark.requirement("QY-12")
def test_qingyang_takes_the_provinces_pay_and_leaves_all_of_its_grades_open() -> None:
    qingyang = policy("qingyang/2023")
    open_values = qingyang.unset("pay.components.grade_pay")
    assert len(open_values) == 18
    assert {leaf.origin for leaf in open_values} == {"62/2023"}
    assert values(component("qingyang/2023", "certificate").amount) == {
        "ASSISTANT": 200,
        "SOCIAL_WORKER": 300,
        "SENIOR": 500,
        "NONE": 0,
    }
    assert {mark: leaf.value for mark, leaf in component("qingyang/2023", "long_service").at.items()} == {
        10: 2000,
        20: 5000,
        30: 10000,
    }


@pytest.mark.requirement("QY-13")
def test_qingyang_grants_two_insurances_and_the_fund_and_nothing_else() -> None:
    deductions = policy("qingyang/2023").pay.deductions
    assert [(code, one.name.zh, one.cite) for code, one in deductions.items()] == [
        ("pension", "基本养老保险", "QY-13"),
        ("medical", "基本医疗保险", "QY-13"),
        ("housing_fund", "住房公积金", "QY-13"),
    ]
    # No rate is printed, so that none is made up; the schemes are known all the same.
    assert all(one.rates is None and one.base is None for one in deductions.values())
    assert not policy("gansu/2023").pay.deductions


FIVE = {
    "pension": ("基本养老保险", "中华人民共和国社会保险法第十条"),
    "medical": ("基本医疗保险", "中华人民共和国社会保险法第二十三条"),
    "work_injury": ("工伤保险", "中华人民共和国社会保险法第三十三条"),
    "unemployment": ("失业保险", "中华人民共和国社会保险法第四十四条"),
    "maternity": ("生育保险", "中华人民共和国社会保险法第五十三条"),
}
FUND = {"housing_fund": ("住房公积金", "住房公积金管理条例第十五条")}


@pytest.mark.requirement("TR-26", "LS-20")
@pytest.mark.parametrize(
    ("place", "schemes", "cite"),
    [("tongren/2024", FIVE | FUND, "TR-26"), ("leshan-shizhong/2024", FIVE, "LS-20")],
)
def test_five_insurances_each_with_its_law_and_the_fund_where_it_is_named(
    place: str, schemes: dict[str, tuple[str, str]], cite: str
) -> None:
    """五险一金 are five and one, 五险 are five: the article of Leshan names no housing fund, so that there is none."""
    deductions = policy(place).pay.deductions
    assert {code: (one.name.zh, one.basis) for code, one in deductions.items()} == schemes
    assert {one.cite for one in deductions.values()} == {cite}
    # No rate is printed, so that none is made up.
    assert all(one.rates is None and one.base is None for one in deductions.values())


@pytest.mark.requirement("LS-19")
def test_leshans_results_serve_four_ends() -> None:
    found = policy("leshan-shizhong/2024").assessment.consequences
    assert [(one.do, one.on, one.cite) for one in found] == [
        ("REWARD", "closing", "LS-19"),
        ("ALLOWANCE_REVIEW", "closing", "LS-19"),
        ("PAY_REVIEW", "closing", "LS-19"),
        ("NOT_RENEWED", "contract_end", "LS-19"),
    ]
    # Which grade leads to which end is not printed.
    assert [leaf.status for one in found for leaf in one.when.operand] == [Status.ASSUMED] * 4
