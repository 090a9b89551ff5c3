"""What the rules are told of applicants: where they live, how long they have worked, and as of which day."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Refused
from organization.models import UnitKind
from organization.services import unit_create
from recruitment.models import Applicant
from recruitment.selectors import facts_day_for_system, facts_of_for_system, section_for_system
from tests.recruitment.conftest import Chaohu


def test_a_unit_whose_code_ends_in_zero_is_only_itself(chaohu: Chaohu) -> None:
    """Community 010 of a street is not 011, whose code begins with the same digits up to the zero."""
    unit = unit_create(
        actor=None, code="340181002010", name="十里社区", kind=UnitKind.COMMUNITY, parent=chaohu.units["340181002"],
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    plan, position = chaohu.announced()
    for number, residence in enumerate(("340181002010", "340181002011", "340181003001", ""), start=1):
        chaohu.applicant(plan, position, number, registered_residence=residence)
    position.unit = unit
    position.save()
    facts = facts_of_for_system(Applicant.objects.order_by("number"), date(2026, 1, 1))
    assert facts["lives_in_unit"].to_list() == [True, False, False, None]


def test_months_of_work_are_whole(chaohu: Chaohu) -> None:
    """From 31 January 2020: the eleventh is full on 31 December, the twelfth on 31 January; none before the first day."""
    plan, position = chaohu.announced()
    chaohu.applicant(plan, position, 1, work_started=date(2020, 1, 31))
    people = Applicant.objects.all()
    days = (date(2020, 12, 30), date(2020, 12, 31), date(2021, 1, 30), date(2021, 1, 31), date(2019, 6, 1))
    assert [facts_of_for_system(people, day)["working_years"].item() for day in days] == [10, 11, 11, 12, 0]


def test_what_is_not_said_is_none(chaohu: Chaohu) -> None:
    """An empty text says nothing: no condition is met or failed by it."""
    plan, position = chaohu.announced(number=3)
    chaohu.applicant(plan, position, 1, major="", background="")
    chaohu.applicant(
        plan,
        position,
        2,
        major="法学",
        certificate="SOCIAL_WORKER",
        certificate_number="A1",
        certificate_issued=date(2020, 1, 1),
        background="VETERAN|DISABLED",
    )
    facts = facts_of_for_system(Applicant.objects.order_by("number"), date(2026, 1, 1))
    assert facts["major"].to_list() == [None, "法学"]
    assert facts["certificate"].to_list() == [None, "SOCIAL_WORKER"]
    assert facts["certificates"].to_list() == [[], ["SOCIAL_WORKER"]]
    assert facts["background"].to_list() == [[], ["VETERAN", "DISABLED"]]
    assert facts["posts"].to_list() == [3, 3]
    assert facts["registered_residence"].to_list() == facts["lives_in_unit"].to_list() == [None, None]
    assert facts["working_years"].to_list() == [0, 0]


def test_no_clock_stands_for_a_notice_that_is_not_there(chaohu: Chaohu) -> None:
    plan = chaohu.plan()
    section = section_for_system(plan)
    assert section is not None
    with pytest.raises(Refused, match="has not been announced"):
        facts_day_for_system(plan, section)
    plan, _position = chaohu.announced()
    assert facts_day_for_system(plan, section) in (plan.notice_day, plan.applications_from, plan.applications_until)
