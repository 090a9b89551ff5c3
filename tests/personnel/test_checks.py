"""Checks of a place's rules: exact shares, numbers with their gaps, values that each one has, and the page of them."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from core.errors import NotFound
from organization.models import UnitKind
from organization.services import fact_enter, unit_create
from personnel.models import Education, NamedListEntry, Person
from personnel.selectors.checks import checked_unit, examined, lines_of
from tests.payroll.conftest import Place, build_place
from tests.policy.test_reading_errors import errors_of
from tests.staffing.rules import HEAD, load

DAY = date(2026, 1, 1)
CERTIFIED = (
    "checks: [{code: certified, name: 持证, having: {certificate: {at_least: ASSISTANT}}, share: {at_least: 45}, scope: street, "
    "by: 2026-12-31, cite: CH-29}]\n"
)
RESERVE = "checks: [{code: reserve, list: SECRETARY_RESERVE, %s, cite: TR-09}]\n"


@pytest.fixture
def place(db: None) -> Place:
    return build_place()


def found(
    place: Place, user: str = "officer", unit: str = "232762", only: str = ""
) -> dict[str, tuple[int, int, int, int]]:
    """(fulfil it, looked at, missing, to the aim) by unit."""
    report = examined(user=place.users[user], unit=place.units[unit], day=DAY, only=only)
    return {
        line.unit.short_code: (line.finding.having, line.finding.whole, line.finding.gap, line.finding.short)
        for line in lines_of(user=place.users[user], report=report)
    }


def listed(place: Place, unit: str, birth: date, education: str) -> None:
    """Somebody on the list who is employed nowhere."""
    person = Person.objects.create(
        name="后备", name_pinyin="houbei", sex="MALE", birth_date=birth, belongs_to=place.units[unit]
    )
    Education.objects.create(person=person, level=education, graduated=date(2010, 7, 1))
    NamedListEntry.objects.create(person=person, kind="SECRETARY_RESERVE", start=date(2025, 1, 1))


def test_a_share_is_compared_exactly(place: Place) -> None:
    """45 % of 11 are 4.95, so five are needed; 4 are one too few."""
    load(CERTIFIED)
    for n in range(11):
        place.hire(f"甲{n}", certificate="ASSISTANT" if n < 4 else None)
    for n in range(9):
        place.hire(f"乙{n}", "232762101001", certificate="SENIOR" if n < 5 else None)
    assert found(place) == {"232762100": (4, 11, 1, 1), "232762101": (5, 9, 0, 0)}
    report = examined(user=place.users["officer"], unit=place.units["232762"], day=DAY)
    one = report.checks[0]
    assert [finding.percent for finding in one.findings] == ["36.36", "55.56"]
    assert (one.clause, one.having, one.whole, one.missing, len(one.failing)) == ("CH-29", 9, 20, 1, 1)


@pytest.mark.requirement("TR-09")
def test_gaps_of_the_reserve_are_listed_with_communities_that_have_nobody(place: Place) -> None:
    load(RESERVE % "count: {at_least: 1, target: 2}, scope: community")
    listed(place, "232762100001", date(1990, 1, 1), "BACHELOR")
    listed(place, "232762101001", date(1990, 1, 1), "BACHELOR")
    listed(place, "232762101001", date(1990, 1, 1), "BACHELOR")
    assert found(place) == {
        "232762100002": (0, 0, 1, 2),
        "232762100001": (1, 1, 0, 1),
        "232762101001": (2, 2, 0, 0),
    }


@pytest.mark.requirement("TR-10", "TR-11")
def test_structure_of_a_reserve_of_365_for_189_communities(place: Place) -> None:
    """345 of 365 under 45 are 94.52 %, 319 of 365 with college or above are 87.40 %, 365 / 189 = 1.93 a community."""
    load(
        "checks:\n"
        "  - {code: young, list: SECRETARY_RESERVE, having: {age: {below: 45}}, share: {at_least: 94.52}, scope: county}\n"
        "  - {code: college, list: SECRETARY_RESERVE, having: {education: {at_least: COLLEGE}}, share: {at_least: 87}, scope: county}\n"
        "  - {code: reserve, list: SECRETARY_RESERVE, count: {at_least: 1, target: 2}, scope: community}\n"
    )
    codes = [f"2327621010{n:02}" for n in range(2, 100)] + [f"2327621000{n:02}" for n in range(3, 91)]
    for code in codes:  # with the three that are there, 189
        place.units[code] = unit_create(
            actor=None, code=code, name=f"社区{code}", kind=UnitKind.COMMUNITY, parent=place.units[code[:9]],
            valid_from=date(2000, 1, 1),
        )  # fmt: skip
    communities = [code for code, unit in place.units.items() if unit.kind == UnitKind.COMMUNITY]
    assert len(communities) == 189
    people = Person.objects.bulk_create(
        Person(
            name=f"后备{n}", name_pinyin="houbei", sex="MALE", belongs_to=place.units[communities[n % 189]],
            birth_date=date(1990, 1, 1) if n < 345 else date(1981, 1, 1),  # 45 years old on the day
        )
        for n in range(365)
    )  # fmt: skip
    Education.objects.bulk_create(
        Education(person=person, level="COLLEGE" if n < 319 else "HIGH", graduated=date(2010, 7, 1))
        for n, person in enumerate(people)
    )
    NamedListEntry.objects.bulk_create(
        NamedListEntry(person=person, kind="SECRETARY_RESERVE", start=date(2025, 1, 1)) for person in people
    )
    report = examined(user=place.users["officer"], unit=place.units["232762"], day=DAY)
    young, college, reserve = report.checks
    assert [(one.having, one.whole, one.findings[0].percent) for one in (young, college)] == [
        (345, 365, "94.52"),
        (319, 365, "87.40"),
    ]
    assert (reserve.having, len(reserve.findings), len(reserve.failing)) == (365, 189, 0)
    assert sum(finding.short for finding in reserve.findings) == 13  # 2 × 189 - 365


@pytest.mark.requirement("SL-01")
def test_each_grid_has_300_to_500_households(place: Place) -> None:
    load(
        "checks: [{code: grid, of: grids, fact: households, each: {at_least: 300, at_most: 500}, scope: street, cite: SL-01}]\n"
    )
    for n, households in enumerate(("299", "300", "500", "501", None), start=1):
        grid = unit_create(
            actor=None, code=f"23276210000100{n}", name=f"网格{n}", kind=UnitKind.GRID, parent=place.units["232762100001"],
            valid_from=date(2000, 1, 1),
        )  # fmt: skip
        if households:
            fact_enter(actor=None, unit=grid, key="households", day=date(2025, 1, 1), value=households, source="台账")
    report = examined(user=place.users["officer"], unit=place.units["232762"], day=DAY)
    lines = {line.unit.short_code: line for line in lines_of(user=place.users["officer"], report=report)}
    assert [unit.name for unit in lines["232762100"].units] == ["网格1", "网格4", "网格5"]  # one without a number too
    assert found(place)["232762100"] == (2, 5, 3, 3)


def test_a_check_that_the_rules_leave_open_is_not_answered(place: Place, client: Client) -> None:
    load("checks: [{code: open, having: {sex: FEMALE}, share: {at_least: {unset: 原文没有列出比例}}}]\n")
    client.force_login(place.users["officer"])
    page = client.get("/staffing/checks/").content.decode()
    assert "原文没有列出比例" in page


def test_the_page_and_its_drill_down(place: Place, client: Client) -> None:
    load(CERTIFIED)
    place.hire("甲", certificate=None)
    client.force_login(place.users["officer"])
    page = client.get("/staffing/checks/?day=2026-01-01").content.decode()
    assert "持证" in page
    assert "check=certified" in page
    one = client.get(
        f"/staffing/checks/?unit={place.units['232762'].code}&day=2026-01-01&check=certified"
    ).content.decode()
    assert "小扬气镇" in one
    assert "0.00 %" in one
    assert client.get("/staffing/checks/?check=none").status_code == 404
    assert client.get("/staffing/checks/?unit=340181").status_code == 404


def test_a_street_sees_its_own_findings_alone(place: Place) -> None:
    load(CERTIFIED)
    place.hire("甲")
    place.hire("乙", "232762101001")
    assert set(found(place, "clerk", "232762100")) == {"232762100"}
    with pytest.raises(NotFound):
        examined(user=place.users["clerk"], unit=place.units["232762"], day=DAY)
    with pytest.raises(NotFound):
        checked_unit(user=place.users["clerk"], code="232762101", day=DAY)


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ("{code: a, share: {at_least: 1}}", "MISSING_KEY"),
        ("{code: a, having: {sex: MALE}, share: {at_least: 101}}", "PERCENT"),
        ("{code: a, count: {target: 2}}", "ONE_OF"),
        ("{code: a, count: {at_least: 3, at_most: 2}}", "RANGE_ORDER"),
        ("{code: a}", "ONE_OF"),
        ("{code: a, fact: sex, each: {at_least: 1}}", "NOT_A_NUMBER_FACT"),
        ("{code: a, fact: visit_share, each: {at_least: 50}}", "FACT_NOT_HERE"),
        ("{code: a, of: grids, having: {sex: MALE}, count: {at_least: 1}}", "FACT_NOT_HERE"),
        ("{code: a, list: NOBODY, count: {at_least: 1}}", "WORD"),
        ("{code: a, of: grids, list: EXCHANGE, count: {at_least: 1}}", "KEY_NOT_FOR_KIND"),
    ],
)
def test_what_a_check_may_not_say(check: str, code: str) -> None:
    assert [error.code for error in errors_of(HEAD + f"checks: [{check}]\n")] == [code]
