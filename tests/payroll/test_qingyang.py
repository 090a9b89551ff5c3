"""Qingyang under Gansu's rules, with the amounts that are not published filled in: 3,000 + 100 a grade, invented."""

from __future__ import annotations

import re
from datetime import date

import pytest

from core.errors import Refused
from core.periods import Month
from organization.models import Role, UnitKind, User
from organization.services import grant_give, unit_create
from payroll.models import GradeSpan, PayRun, PaySlip, PromotionKind, PromotionOutcome
from payroll.services.batches import compute_pay_run
from payroll.services.pay_runs import pay_run_seal, pay_run_start
from payroll.services.promotion import compute_promotion_run, promotion_start
from personnel.models import Person
from policy.rules.reading import read
from policy.services import policy_load
from tests.payroll.conftest import FEBRUARY, JANUARY, POLICIES, Place

MARCH = Month(2026, 3)
HERE = "621002001001"
UNSET = re.compile(r"^ {10}(\d+): \{unset: 岗位工资标准表未公布[^}]*\}$", re.M)


def texts(base: int, *, version: str = "2023", start: str = "2023-09-01") -> tuple[str, str]:
    """Gansu's and Qingyang's files with base + 100 × grade in the table of pay."""
    gansu, qingyang = ((POLICIES / name / "2023.yaml").read_text(encoding="utf-8") for name in ("gansu", "qingyang"))
    assert len(UNSET.findall(gansu)) == 18
    gansu = UNSET.sub(lambda row: f"          {row[1]}: {{value: {base + 100 * int(row[1])}, cite: QY-12}}", gansu)
    found = []
    for text in (gansu, qingyang):
        text = text.replace('version: "2023"', f'version: "{version}"').replace("from: 2023-09-01", f"from: {start}")
        found.append(text.replace('extends: "62/2023"', f'extends: "62/{version}"'))
    return found[0], found[1]


def load(base: int, **more: str) -> None:
    for text in texts(base, **more):
        policy_load(actor=None, text=text)


@pytest.fixture
def qingyang(place: Place) -> Place:
    load(3000)
    for code, name, kind in (
        ("62", "甘肃省", UnitKind.PROVINCE),
        ("6210", "庆阳市", UnitKind.CITY),
        ("621002", "西峰区", UnitKind.COUNTY),
        ("621002001", "北街街道", UnitKind.STREET),
        (HERE, "北街社区", UnitKind.COMMUNITY),
    ):
        parent = place.units.get({4: "62", 6: "6210", 9: "621002", 12: "621002001"}.get(len(code), ""))
        place.units[code] = unit_create(
            actor=None, code=code, name=name, kind=kind, parent=parent, valid_from=date(2000, 1, 1)
        )
    for name, role in (("starts", Role.ORG_OFFICER), ("seals", Role.FINANCE)):
        place.users[name] = User.objects.create(username=name, display_name=name)
        grant_give(actor=None, user=place.users[name], unit=place.units["6210"], role=role)
    return place


def hire(place: Place, name: str, grade: int, **more: object) -> Person:
    person = place.hire(name, HERE, **more)  # type: ignore[arg-type]
    GradeSpan.objects.create(person=person, scale="grade", value=grade, start=date(2023, 1, 1))
    return person


def run_of(place: Place, month: Month = JANUARY, *, seal: bool = False) -> PayRun:
    run = compute_pay_run(run=pay_run_start(actor=place.users["starts"], unit=place.units["6210"], month=month))
    assert not run.error, run.error
    return pay_run_seal(actor=place.users["seals"], run=run) if seal else run


def gross(run: PayRun) -> dict[str, int]:
    return dict(PaySlip.objects.filter(run=run).values_list("person__name", "gross"))


@pytest.mark.requirement("QY-11")
def test_pay_follows_the_grade_of_eighteen(qingyang: Place) -> None:
    hire(qingyang, "甲", 1)
    hire(qingyang, "乙", 18, title="PARTY_SECRETARY")
    hire(qingyang, "丙", 3, certificate="SOCIAL_WORKER")
    # 3,000 + 100; 3,000 + 1,800; 3,000 + 300 and 300 for the certificate
    run = run_of(qingyang)
    assert gross(run) == {"甲": 310000, "乙": 480000, "丙": 360000}
    assert run.totals["range"] == {"least": 310000, "most": 530000}  # grade 18 with the highest certificate


@pytest.mark.requirement("QY-11")
def test_one_open_row_of_the_table_stops_only_those_who_stand_on_it(qingyang: Place) -> None:
    gansu, city = texts(3000, version="2024", start="2024-01-01")
    gansu = gansu.replace("3: {value: 3300, cite: QY-12}", "3: {unset: 未公布}")
    for text in (gansu, city):
        policy_load(actor=None, text=text)
    hire(qingyang, "甲", 1)
    hire(qingyang, "丙", 3)
    run = run_of(qingyang)
    assert gross(run) == {"甲": 310000}
    assert [(row.person.name, row.code) for row in run.left_out.all()] == [("丙", "UNSET_VALUE")]


@pytest.mark.requirement("QY-12")
def test_a_raised_table_holds_from_its_day_and_leaves_what_was_paid(qingyang: Place) -> None:
    hire(qingyang, "甲", 1)
    assert gross(run_of(qingyang, JANUARY, seal=True)) == {"甲": 310000}
    load(3200, version="2026", start="2026-03-01")
    assert gross(run_of(qingyang, FEBRUARY, seal=True)) == {"甲": 310000}
    march = run_of(qingyang, MARCH)
    assert gross(march) == {"甲": 330000}
    assert march.totals["arrears"] == 0
    assert march.totals["changed"] == 1
    row = march.differences.get()
    assert ([(one["code"], one["amount"]) for one in row.causes], row.unexplained) == ([("POLICY", 20000)], 0)


@pytest.mark.requirement("QY-12")
def test_a_table_raised_for_past_months_is_paid_as_arrears(qingyang: Place) -> None:
    hire(qingyang, "甲", 1)
    run_of(qingyang, JANUARY, seal=True)
    load(3200, version="2026", start="2026-01-01")
    february = run_of(qingyang, FEBRUARY)
    assert (gross(february), february.totals["arrears"]) == ({"甲": 330000}, 20000)


def test_the_award_for_ten_years_comes_in_the_month_that_completes_them(qingyang: Place) -> None:
    hire(qingyang, "甲", 1, start=date(2016, 2, 1))
    assert [gross(run_of(qingyang, month))["甲"] for month in (JANUARY, FEBRUARY, MARCH)] == [310000, 510000, 310000]


@pytest.mark.requirement("QY-13")
def test_two_insurances_and_the_fund_are_named_and_nothing_is_taken_off(qingyang: Place) -> None:
    """Their bases and rates are not published: a slip has no line of them, and no zero either."""
    gansu, city = texts(3000)
    policy = read(city, name="qingyang", parents=lambda name: gansu if name == "62/2023" else None)
    assert policy.pay is not None
    assert list(policy.pay.deductions) == ["pension", "medical", "housing_fund"]
    hire(qingyang, "甲", 1)
    run = run_of(qingyang)
    assert [line["code"] for line in run.lines] == ["grade_pay", "certificate", "long_service"]
    assert gross(run) == {"甲": 310000}


@pytest.mark.requirement("QY-14")
def test_only_years_that_were_qualified_lead_to_the_next_grade(qingyang: Place) -> None:
    good, bad = hire(qingyang, "甲", 1), hire(qingyang, "乙", 1)
    for person, newest in ((good, "QUALIFIED"), (bad, "UNQUALIFIED")):
        for year, grade in ((2023, "EXCELLENT"), (2024, "QUALIFIED"), (2025, newest)):
            qingyang.result(person, year, grade)
    run = promotion_start(
        actor=qingyang.users["starts"],
        unit=qingyang.units["6210"],
        day=date(2026, 1, 1),
        kind=PromotionKind.REVIEW,
    )
    run = compute_promotion_run(run=run)
    assert run.state == "READY", run.error
    found = {row.person.name: (row.old, row.new, row.code) for row in PromotionOutcome.objects.filter(run=run)}
    assert found["甲"] == (1, 2, "ROSE")
    assert found["乙"] == (1, 1, "COUNTING")


@pytest.mark.requirement("QY-12")
def test_without_the_table_the_run_names_every_row(place: Place) -> None:
    for name in ("gansu", "qingyang"):
        policy_load(actor=None, text=(POLICIES / name / "2023.yaml").read_text(encoding="utf-8"))
    gansu = unit_create(actor=None, code="62", name="甘肃省", kind="PROVINCE", parent=None, valid_from=date(2000, 1, 1))
    city = unit_create(actor=None, code="6210", name="庆阳市", kind="CITY", parent=gansu, valid_from=date(2000, 1, 1))
    with pytest.raises(Refused) as refusal:
        pay_run_start(actor=None, unit=city, month=JANUARY)
    named = re.findall(r"pay\.components\.grade_pay\.amount\.values\.(\d+):", str(refusal.value))
    assert [int(one) for one in named] == list(range(1, 19))
