"""How far back closed results are read, so that service is counted alike in every year."""

from __future__ import annotations

from datetime import date

import pytest

from assessment.models import AnnualResult, ResultState, Source
from assessment.selectors import with_results_for_system
from personnel.selectors import day_facts_for_system
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.services import policy_load
from tests.assessment.conftest import POLICY

pytestmark = pytest.mark.django_db


NEEDS = [{"service_years"}, {"service_years", "annual_grade", "annual_grades"}]


def years_of_service(units, crew, service: str, grades: dict[int, str], needs: set[str]) -> int:
    """The years on 2026-01-01 of somebody who began on 2010-01-01, reading no more than what is needed."""
    (person,) = crew("340181002001", [None], start=date(2010, 1, 1))
    AnnualResult.objects.bulk_create(
        [
            AnnualResult(
                person=person, year=year, unit=units["340181002001"], grade=grade, merit=grade,
                source=Source.IMPORTED, state=ResultState.CLOSED,
            )
            for year, grade in grades.items()
        ]
    )  # fmt: skip
    text = POLICY.replace("COMMUNITY_WORKER}, cite: T}", "COMMUNITY_WORKER}, " + service + "cite: T}", 1)
    policy = policy_load(actor=None, text=text).document
    facts = day_facts_for_system([units["340181"].path], date(2026, 1, 1), needs)
    facts = with_results_for_system(facts, policy, 2025, needs)
    people = derive(facts, policy, Context(policy, date(2026, 1, 1), results_year=2025), needs=needs).people
    return people["service_years"].item() // 12


@pytest.mark.parametrize("needs", NEEDS)
def test_a_year_that_was_taken_out_stays_out_for_good(units, crew, needs) -> None:
    # Sixteen years; 2012 has 366 days, so that the first day becomes 2011-01-02: fourteen.
    service = "leave_out: {annual_grade: UNQUALIFIED}, "
    assert years_of_service(units, crew, service, {2012: "UNQUALIFIED", 2024: "QUALIFIED"}, needs) == 14


@pytest.mark.parametrize("needs", NEEDS)
def test_an_old_year_with_a_result_counts_where_years_without_one_are_left_out(units, crew, needs) -> None:
    # 2010 to 2025 but for 2013 (365 days): from 2011-01-01 on, fifteen years.
    grades = {year: "QUALIFIED" for year in range(2010, 2026) if year != 2013}
    assert years_of_service(units, crew, "year_open: leave_out, ", grades, needs) == 15


def test_nothing_is_taken_out_where_the_rules_do_not_say_so(units, crew) -> None:
    assert years_of_service(units, crew, "", {2012: "UNQUALIFIED"}, NEEDS[1]) == 16
