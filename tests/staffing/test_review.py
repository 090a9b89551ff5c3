"""The approved number beside the formula, when it may change, and who of those in post retires soon."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from core.errors import Refused
from organization.services import fact_enter
from personnel.models import Person
from personnel.rules.retirement import births_between, retirement_day
from personnel.selectors.headcount import effect_for_system, filled_level, people_counted
from staffing.models import QuotaPlan
from staffing.services import plan_close
from tests.payroll.conftest import Place
from tests.staffing.conftest import enter
from tests.staffing.rules import load

DAY = date(2026, 1, 1)
FORMULA = (
    "quota: {{rows: [{{code: density, name: 每万人18人, per: urban_residents, each: 10000, count: 18, part: up, cite: SL-03}}], "
    "review: {{value: committee_term, cite: SL-05}}, periods_from: 2021-05-01{more}}}\n"
)


def residents(place: Place, number: str = "15001") -> None:
    fact_enter(
        actor=None,
        unit=place.units["232762"],
        key="urban_residents",
        day=date(2020, 11, 1),
        value=number,
        source="普查",
    )


@pytest.mark.requirement("CH-11")
def test_the_formula_stands_beside_the_approved_number(place: Place, plan: QuotaPlan, client: Client) -> None:
    load(FORMULA.format(more=""))
    client.force_login(place.users["officer"])
    missing = client.get("/staffing/").content.decode()
    assert "can't be worked out" in missing
    residents(place)
    row = filled_level(user=place.users["officer"], code="", day=DAY).unit
    assert row is not None
    assert row.formula is not None
    assert row.approved is not None
    assert (row.approved.number, row.formula.computed.least, row.differs) == (27, 28, True)
    assert [(line.text, line.cite) for line in row.formula.lines] == [
        ("每万人18人: 15,001 urban residents × 18 ÷ 10,000 = 27.0018, so 28", "SL-03")
    ]
    page = client.get("/staffing/").content.decode()
    assert "27.0018" in page


def test_a_number_outside_the_formula_is_refused_where_the_rules_say_so(place: Place) -> None:
    load(FORMULA.format(more=", approved: within"))
    residents(place)
    with pytest.raises(Refused, match="give 松岭区 28, not 27"):
        enter(place)
    assert enter(place, number=28).pk


@pytest.mark.requirement("SL-05")
def test_the_number_changes_only_when_a_term_begins(place: Place, plan: QuotaPlan) -> None:
    load(FORMULA.format(more=""))
    with pytest.raises(Refused) as refused:
        plan_close(actor=None, plan=plan, end=date(2024, 1, 1))
    assert refused.value.errors == [
        "The number of 松岭区 changes only when a period of review begins (SL-05): on 2021-05-01 or 2026-05-01."
    ]
    plan_close(actor=None, plan=plan, end=date(2026, 5, 1))
    with pytest.raises(Refused, match="on 2026-05-01 or 2031-05-01"):
        enter(place, number=30, start=date(2027, 1, 1))
    assert enter(place, number=30, start=date(2026, 5, 1)).pk


def test_without_a_cycle_it_changes_on_any_day(place: Place, plan: QuotaPlan) -> None:
    """The control."""
    load("quota: {level: county}\n")
    plan_close(actor=None, plan=plan, end=date(2024, 1, 1))
    assert enter(place, number=30, start=date(2024, 2, 1)).pk


@pytest.mark.parametrize(
    ("birth", "sex", "day"),
    [
        (date(1964, 12, 31), "MALE", date(2024, 12, 31)),  # before the raise
        (date(1965, 1, 1), "MALE", date(2025, 2, 1)),  # a month
        (date(1965, 4, 30), "MALE", date(2025, 5, 30)),
        (date(1965, 5, 1), "MALE", date(2025, 7, 1)),  # two
        (date(1976, 12, 1), "MALE", date(2039, 12, 1)),  # 63 in the end
        (date(1970, 1, 15), "FEMALE", date(2025, 2, 15)),
        (date(1985, 6, 1), "FEMALE", date(2043, 6, 1)),  # 58 in the end
    ],
)
def test_statutory_retirement_is_raised_step_by_step(birth: date, sex: str, day: date) -> None:
    assert retirement_day(birth, sex) == day


def test_births_of_those_who_retire_in_a_year() -> None:
    first, end = births_between(date(2026, 1, 1), date(2027, 1, 1), "MALE")
    assert retirement_day(first, "MALE") >= date(2026, 1, 1)
    assert (first, end) == (date(1965, 10, 1), date(1966, 8, 1))  # 60 and 3 months; 60 and 5 months
    assert births_between(date(2026, 1, 1), date(2027, 1, 1), "MALE", 60) == (date(1966, 1, 1), date(1967, 1, 1))


def test_who_retires_within_twelve_months(place: Place) -> None:
    old, young = place.hire("老"), place.hire("少")
    Person.objects.filter(pk=old.pk).update(birth_date=date(1966, 6, 30))
    Person.objects.filter(pk=young.pk).update(birth_date=date(1966, 8, 1))
    row = filled_level(user=place.users["officer"], code="", day=DAY).unit
    assert row is not None
    assert (row.occupied, row.retiring) == (2, 1)
    _unit, people = people_counted(user=place.users["officer"], number=place.units["232762"].pk, day=DAY, retiring=True)
    assert [job.person.name for job in people] == ["老"]
    load("employment: {retirement: {by: sex, of: {FEMALE: 55, MALE: 59}}}\n")
    row = filled_level(user=place.users["officer"], code="", day=date(2025, 1, 1)).unit
    assert row is not None
    assert row.retiring == 2  # 59 on 2025-06-30 and on 2025-08-01


def test_the_page_of_a_decision_shows_what_it_makes_of_the_seats(place: Place, plan: QuotaPlan, client: Client) -> None:
    """27 seats and two in post: one more makes three and 24 vacant, one fewer makes one and 26."""
    first = place.hire("甲")
    place.hire("乙", "232762101001")
    assert [
        (one.unit.short_code, one.approved, one.now, one.after, one.vacant, one.over)
        for one in effect_for_system(place.units["232762100001"], DAY, 1)
    ] == [("232762", 27, 2, 3, 24, 0)]
    client.force_login(place.users["clerk"])
    job = first.employments.get()
    page = client.get(f"/people/{first.pk}/employment/{job.pk}/end/").content.decode()
    assert 'id="effect"' in page
    assert '<td class="num">27</td><td class="num">2</td><td class="num">1</td><td class="num">26</td>' in page
    page = client.get(f"/people/{first.pk}/employment/add/").content.decode()
    assert '<td class="num">27</td><td class="num">2</td><td class="num">3</td><td class="num">24</td>' in page


def test_the_page_shows_when_the_number_may_change(place: Place, client: Client) -> None:
    """A term of five years from May 2021 on; a cycle of two years; nothing where the rules name none."""
    load(FORMULA.format(more=""))
    client.force_login(place.users["officer"])
    page = client.get("/staffing/?day=2026-01-01").content.decode()
    assert "2026-05-01" in page
    assert "SL-05" in page
    assert "2031-05-01" in client.get("/staffing/?day=2026-05-01").content.decode()


def test_without_a_cycle_no_review_is_shown(place: Place, client: Client) -> None:
    load(
        FORMULA.format(more="").replace(
            "review: {value: committee_term, cite: SL-05}, periods_from: 2021-05-01", "over: report"
        )
    )
    client.force_login(place.users["officer"])
    row = filled_level(user=place.users["officer"], code="", day=DAY).unit
    assert row is not None
    assert row.formula is not None
    assert row.formula.next_review is None
