"""Seats as figures of the catalogue: what plans give units, what the rules give them, and who is told."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from organization.models import User
from organization.services import fact_enter
from policy.services import policy_load
from reports.forms import read_question
from reports.indicators import INDICATORS
from reports.models import StaleUnit
from reports.selectors import breakdown, figure
from reports.selectors.figures import Question, people_behind, unit_asked
from reports.selectors.rollups import stamp_for_system
from reports.services import rollups_keep
from staffing.models import QuotaPlan
from staffing.services import allocate
from tests.payroll.conftest import POLICIES, Place
from tests.staffing.conftest import enter, root

DAY = date(2026, 1, 1)
TOWN, OTHER = "232762100", "232762101"


def asked(user: User, code: str, unit: str, day: date = DAY) -> Question:
    return Question(INDICATORS[code], unit_asked(user=user, code=unit, day=day), day, date(day.year, 1, 1))


def told(place: Place, code: str, unit: str = "232762", day: date = DAY) -> int | None:
    user = place.users["officer"]
    return figure(user=user, question=asked(user, code, unit, day)).numerator


def by_unit(place: Place, code: str, unit: str = "232762") -> dict[str, int | None]:
    user = place.users["officer"]
    cells = breakdown(user=user, question=asked(user, code, unit), by=["unit"]).cells
    return {cell.codes[0]: cell.figure.numerator for cell in cells}


@pytest.mark.requirement("SL-04", "CH-11")
def test_approved_seats_are_those_of_the_plan_and_its_parts_add_up(place: Place, plan: QuotaPlan) -> None:
    assert told(place, "approved") == 27
    assert by_unit(place, "approved") == {"": 27}  # not shared out
    shares = {place.units[TOWN].pk: 12, place.units[OTHER].pk: 10}
    allocate(actor=None, allocation=root(plan), shares=shares, kept=5)
    assert by_unit(place, "approved") == {TOWN: 12, OTHER: 10, "": 5}
    assert told(place, "approved", TOWN) == 12
    assert told(place, "approved", TOWN + "001") is None
    assert told(place, "approved", day=date(2021, 12, 31)) is None  # before the plan


def test_a_unit_without_a_plan_has_the_seats_of_those_below(place: Place) -> None:
    enter(place, TOWN, 12)
    enter(place, OTHER, 9)
    enter(place, TOWN + "001", 4)  # inside the first, so that it counts there
    assert told(place, "approved") == 21
    assert by_unit(place, "approved") == {TOWN: 12, OTHER: 9}
    assert told(place, "seats_used") == 0  # seats that no plan gives the unit itself divide nothing
    user = place.users["officer"]
    assert figure(user=user, question=asked(user, "seats_used", "232762")).denominator is None


@pytest.mark.requirement("SL-03", "CH-10")
def test_seats_by_the_rules_are_those_of_the_formula(place: Place) -> None:
    """18 for every 10,000 of 14,500 urban residents are 26.1, so 27; without rules or residents there is no number."""
    assert told(place, "computed") is None
    policy_load(actor=None, text=(POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8"))
    assert told(place, "computed") is None
    county = place.units["232762"]
    fact_enter(actor=None, unit=county, key="urban_residents", value="14500", day=date(2025, 1, 1), source="统计")
    assert told(place, "computed") == 27
    assert told(place, "computed", day=date(2024, 12, 31)) is None
    assert by_unit(place, "computed") == {}  # the rules speak of counties


def test_nobody_stands_behind_a_number_of_a_unit(place: Place, plan: QuotaPlan) -> None:
    """So it is told to whoever may see figures, and is broken down by units alone."""
    place.hire("甲", title=None)
    user = place.users["officer"]
    with pytest.raises(Refused, match="Nobody stands behind"):
        people_behind(user=user, question=asked(user, "approved", "232762"))
    assert not figure(user=user, question=asked(user, "approved", "232762")).names
    client = Client()
    client.force_login(user)
    page = client.get("/reports/approved/", {"unit": "232762", "day": DAY.isoformat()}).content.decode()
    assert "/reports/approved/people/" not in page
    assert "27" in page
    names = client.get("/reports/approved/people/", {"unit": "232762"})
    assert names.status_code == 400
    assert "Nobody stands behind this figure" in names.content.decode()
    with pytest.raises(Refused) as refused:
        read_question({"indicator": "approved", "unit": "232762", "by": "sex", "sex": "MALE"}, user, by=True)
    assert refused.value.fields.keys() == {"by", "sex"}


def test_new_rules_change_what_is_kept_of_their_place(place: Place) -> None:
    """A kept answer of today says what the rules give; the control: before they are loaded, nothing has changed."""
    county = place.units["232762"]
    fact_enter(actor=None, unit=county, key="urban_residents", value="14500", day=date(2025, 1, 1), source="统计")
    while rollups_keep():
        pass
    before = stamp_for_system(place.units[TOWN].path)
    assert before is not None
    assert stamp_for_system(place.units[TOWN].path) == before
    policy_load(actor=None, text=(POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8"))
    assert StaleUnit.objects.filter(unit_path=county.path, population="words").exists()
    assert stamp_for_system(place.units[TOWN].path) is None
    while rollups_keep():
        pass
    assert stamp_for_system(place.units[TOWN].path) not in (None, before)
    assert told(place, "computed", day=timezone.localdate()) == 27
