from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from unittest.mock import patch

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import selectors
from core.periods import Month
from organization.models import Unit, UnitFact
from personnel.models import Discipline, Education, Employment, Honour, Person
from personnel.selectors import day_facts_for_system, month_facts_for_system
from personnel.services import certificate_add, employment_start, tenure_start
from policy.rules.facts import VOCABULARY, Facts

Hire = Callable[..., Person]
JANUARY = Month(2026, 1)


def row(facts: Facts, person: Person) -> dict[str, object]:
    return facts.people.row(by_predicate=pl.col("person") == person.pk, named=True)


def left_out(facts: Facts) -> dict[int, tuple[str, dict[str, str]]]:
    return {person: (code, json.loads(params)) for person, code, params in facts.left_out.iter_rows()}


def test_one_row_a_person_with_the_facts_of_their_day(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(probation_end=date(2026, 1, 15), entry_channel="OPEN_RECRUITMENT")
    Education.objects.create(person=person, level="COLLEGE", graduated=date(2011, 7, 1), study_mode="FULL_TIME")
    Education.objects.create(
        person=person, level="BACHELOR", degree="BACHELOR", graduated=date(2018, 7, 1), study_mode="IN_SERVICE"
    )
    Education.objects.create(person=person, level="MASTER", degree="MASTER", graduated=date(2026, 1, 2))
    certificate_add(actor=None, person=person, level="ASSISTANT", number="A1", issued=date(2019, 9, 1))
    certificate_add(
        actor=None,
        person=person,
        level="SOCIAL_WORKER",
        number="B1",
        issued=date(2022, 9, 1),
        appointed_from=date(2026, 1, 1),
    )
    tenure_start(actor=None, person=person, unit=units["340181002008"], title="PARTY_SECRETARY", start=date(2021, 3, 1))
    UnitFact.objects.create(unit=units["340181002008"], key="branch_star", day=date(2025, 1, 1), value="5")
    UnitFact.objects.create(unit=units["340181002008"], key="households", day=date(2025, 1, 1), value="1200")
    facts = month_facts_for_system([units["340181"].path], JANUARY)
    assert facts.left_out.height == 0
    got = row(facts, person)
    expected = {
        "unit": "340181002008",
        "community": "340181002008",
        "street": "340181002000",
        "county": "340181",
        "unit_path": units["340181002008"].path,
        "day": date(2026, 1, 1),
        "pay_from": date(2026, 1, 1),
        "pay_to": date(2026, 2, 1),
        "sex": "FEMALE",
        "birth_date": date(1990, 5, 1),
        "category": "COMMUNITY_WORKER",
        "entry_channel": "OPEN_RECRUITMENT",
        "entry_date": date(2020, 1, 1),
        "probation": True,
        "probation_end": date(2026, 1, 15),
        "education": "BACHELOR",
        "degree": "BACHELOR",
        "study_mode": "IN_SERVICE",
        "certificates": ["ASSISTANT", "SOCIAL_WORKER"],
        "certificate": "SOCIAL_WORKER",
        "appointed_certificate": "SOCIAL_WORKER",
        "posts_held": ["PARTY_SECRETARY", "STAFF"],
        "bodies": ["PARTY", "STAFF"],
        "full_time": True,
        "post_since": date(2021, 3, 1),
        "branch_star": "5",
        "households": 1200,
        "urban_residents": 0,
        "discipline_in_effect": False,
        "certificate_exams_failed": 0,
        "background": [],
    }
    assert {name: got[name] for name in expected} == expected
    assert set(facts.people.columns) - set(VOCABULARY) == {
        "person",
        "unit_id",
        "unit_path",
        "day",
        "pay_from",
        "pay_to",
        "work_started",
    }


@pytest.mark.parametrize(
    ("start", "end", "pay_from", "pay_to"),
    [
        (date(2020, 1, 1), None, date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 1, 15), None, date(2026, 1, 15), date(2026, 2, 1)),
        (date(2020, 1, 1), date(2026, 1, 20), date(2026, 1, 1), date(2026, 1, 20)),
        (date(2026, 1, 31), date(2026, 2, 1), date(2026, 1, 31), date(2026, 2, 1)),
        (date(2020, 1, 1), date(2026, 1, 2), date(2026, 1, 1), date(2026, 1, 2)),
    ],
)
def test_the_part_of_the_month_and_the_day_on_which_facts_are_read(
    units: dict[str, Unit], hire: Hire, start: date, end: date | None, pay_from: date, pay_to: date
) -> None:
    person = hire(start=start, end=end)
    got = row(month_facts_for_system([units["340181"].path], JANUARY), person)
    assert (got["pay_from"], got["pay_to"], got["day"]) == (pay_from, pay_to, pay_from)


@pytest.mark.parametrize(("start", "end"), [(date(2026, 2, 1), None), (date(2020, 1, 1), date(2026, 1, 1))])
def test_who_is_not_there_in_the_month_is_not_in_the_frame(
    units: dict[str, Unit], hire: Hire, start: date, end: date | None
) -> None:
    hire(start=start, end=end)
    facts = month_facts_for_system([units["340181"].path], JANUARY)
    assert (facts.people.height, facts.left_out.height) == (0, 0)


def test_one_persons_bad_records_touch_nobody_else(units: dict[str, Unit], hire: Hire) -> None:
    good = hire("甲")
    alone = month_facts_for_system([units["340181"].path], JANUARY)
    no_post = hire("乙", title=None)
    late_post = hire("丙", title=None)
    tenure_start(actor=None, person=late_post, unit=units["340181002008"], title="STAFF", start=date(2026, 1, 2))
    two = hire("丁")
    employment_start(
        actor=None, person=two, unit=units["340181002001"], category="FULL_TIME_STAFF", start=date(2025, 6, 1)
    )
    split = hire("戊", end=date(2026, 1, 10))
    employment_start(
        actor=None, person=split, unit=units["340181002008"], category="COMMUNITY_WORKER", start=date(2026, 1, 20)
    )
    late = hire("己", start=date(2026, 1, 15))
    facts = month_facts_for_system([units["340181"].path], JANUARY)
    assert left_out(facts) == {
        no_post.pk: ("NO_POST", {"day": "2026-01-01"}),
        late_post.pk: ("NO_POST", {"day": "2026-01-01"}),
        two.pk: (
            "TWO_EMPLOYMENTS",
            {
                "first": "COMMUNITY_WORKER",
                "first_from": "2020-01-01",
                "second": "FULL_TIME_STAFF",
                "second_from": "2025-06-01",
            },
        ),
        split.pk: ("SPLIT_MONTH", {"first_to": "2026-01-09", "second_from": "2026-01-20"}),
    }
    assert facts.people["person"].to_list() == [good.pk, late.pk]
    assert row(facts, good) == row(alone, good)
    assert row(facts, late)["day"] == date(2026, 1, 15)


def test_who_changes_the_unit_in_the_month_belongs_to_the_last_one_alone(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(unit="340181002001", end=date(2026, 1, 12))
    employment_start(
        actor=None,
        person=person,
        unit=units["340181002008"],
        category="COMMUNITY_WORKER",
        start=date(2026, 1, 12),
    )
    tenure_start(actor=None, person=person, unit=units["340181002008"], title="STAFF", start=date(2026, 1, 12))
    before = month_facts_for_system([units["340181002001"].path], JANUARY)
    after = month_facts_for_system([units["340181002008"].path], JANUARY)
    assert (before.people.height, before.left_out.height) == (0, 0)
    got = row(after, person)
    assert (got["pay_from"], got["pay_to"], got["entry_date"]) == (date(2026, 1, 1), date(2026, 2, 1), date(2020, 1, 1))
    assert after.spans.height == 2


def test_people_of_other_categories_are_on_record_and_in_no_run(units: dict[str, Unit], hire: Hire) -> None:
    hire("甲", category="PUBLIC_WELFARE_POST")
    hire("乙", category="ESTABLISHMENT_STAFF")
    assert month_facts_for_system([units["340181"].path], JANUARY).people.height == 0
    everybody = month_facts_for_system(
        [units["340181"].path], JANUARY, categories=("PUBLIC_WELFARE_POST", "ESTABLISHMENT_STAFF")
    )
    assert everybody.people.height == 2


def test_spans_hold_the_whole_history_and_honours_and_discipline_their_days(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2010, 4, 1), end=date(2013, 4, 1), category="PUBLIC_WELFARE_POST")
    employment_start(
        actor=None, person=person, unit=units["340181002008"], category="COMMUNITY_WORKER", start=date(2015, 9, 1)
    )
    tenure_start(actor=None, person=person, unit=units["340181002001"], title="STAFF", start=date(2015, 9, 1))
    Honour.objects.create(person=person, kind="COMMENDATION", level="COUNTY", day=date(2025, 12, 31))
    Honour.objects.create(person=person, kind="COMMENDATION", level="COUNTY", day=date(2026, 1, 1))
    Discipline.objects.create(person=person, kind="WARNING", start=date(2025, 6, 1), effect_end=date(2026, 1, 1))
    facts = day_facts_for_system([units["340181"].path], date(2025, 12, 31))
    assert facts.spans.rows() == [
        (person.pk, "PUBLIC_WELFARE_POST", date(2010, 4, 1), date(2013, 4, 1)),
        (person.pk, "COMMUNITY_WORKER", date(2015, 9, 1), None),
    ]
    assert facts.honours["day"].to_list() == [date(2025, 12, 31)]
    assert row(facts, person)["discipline_in_effect"] is True
    later = day_facts_for_system([units["340181"].path], date(2026, 1, 1))
    assert row(later, person)["discipline_in_effect"] is False
    assert "pay_from" not in facts.people.columns


def test_experience_is_counted_service_before_this_entry_in_months(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(start=date(2010, 4, 15), end=date(2013, 4, 14))
    employment_start(
        actor=None, person=person, unit=units["340181002008"], category="COMMUNITY_WORKER", start=date(2015, 9, 1)
    )
    tenure_start(actor=None, person=person, unit=units["340181002001"], title="STAFF", start=date(2015, 9, 1))
    facts = month_facts_for_system([units["340181"].path], JANUARY, {"experience_years"})
    assert row(facts, person)["experience_years"] == 35


def test_only_what_is_needed_is_read(units: dict[str, Unit], hire: Hire) -> None:
    hire(birth_date=None, title=None)
    with CaptureQueriesContext(connection) as few:
        facts = month_facts_for_system([units["340181"].path], JANUARY, {"sex", "service_years"})
    assert {"sex", "category"} <= set(facts.people.columns)
    assert not {"birth_date", "posts_held", "education"} & set(facts.people.columns)
    assert (facts.people.height, facts.left_out.height) == (1, 0)  # neither post nor birth date is asked for
    with CaptureQueriesContext(connection) as more:
        wide = month_facts_for_system([units["340181"].path], JANUARY, {"age"})
    assert len(few) == len(more)
    assert left_out(wide)[facts.people["person"][0]][0] == "NO_BIRTH_DATE"


def _queries(paths: list[str]) -> int:
    """COPY goes past Django's log, so that the connection's own cursor is counted."""
    with (
        CaptureQueriesContext(connection) as logged,
        patch.object(selectors, "frame_for_system", wraps=selectors.frame_for_system),
        patch("personnel.selectors.facts.frame_for_system", wraps=selectors.frame_for_system) as copies,
    ):
        month_facts_for_system(paths, JANUARY)
        return len(logged) + copies.call_count


def test_the_number_of_queries_does_not_depend_on_the_headcount(units: dict[str, Unit], hire: Hire) -> None:
    hire("甲")
    few = _queries([units["340181"].path])
    for n in range(40):
        hire(f"乙{n}", unit="340181002001" if n % 2 else "340181002008")
    assert Employment.objects.count() == 41
    assert _queries([units["340181"].path]) == few


def test_people_whose_numbers_lie_far_apart_are_read_as_well(units: dict[str, Unit], hire: Hire) -> None:
    first = hire("甲")
    for n in range(6):
        hire(f"乙{n}", unit="340181002001")
    last = hire("丙")
    facts = month_facts_for_system([units["340181002008"].path], JANUARY)
    assert facts.people["person"].to_list() == [first.pk, last.pk]
    assert facts.spans["person"].to_list() == [first.pk, last.pk]


def test_an_empty_scope_has_nobody(units: dict[str, Unit], hire: Hire) -> None:
    hire()
    for paths in ([], [units["340181002001"].path]):
        facts = month_facts_for_system(paths, JANUARY)
        assert (facts.people.height, facts.spans.height, facts.left_out.height) == (0, 0, 0)
