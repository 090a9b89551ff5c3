"""The guard of the approved seats: one more counted person needs a free seat where the rules say so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.errors import Refused
from core.models import AuditEntry
from organization.walls import walled
from personnel.models import Employment, Person, Placement
from personnel.services import (
    employment_end,
    employment_start,
    employment_transfer,
    guard,
    person_create,
    row_correct,
    section_add,
    section_change,
    section_end,
)
from staffing.models import QuotaPlan
from staffing.services import allocate
from tests.payroll.conftest import Place
from tests.staffing.conftest import enter, root
from tests.staffing.rules import BLOCK, load

HERE, THERE = "232762100001", "232762101001"


@pytest.fixture
def two_seats(place: Place) -> QuotaPlan:
    """Songling has 2 seats from 2022 on."""
    return enter(place, number=2)


@pytest.fixture
def blocking(place: Place) -> None:
    load(BLOCK)


def newcomer(place: Place, name: str = "新来", unit: str = HERE) -> Person:
    return person_create(actor=None, unit=place.units[unit], name=name, sex="MALE", birth_date=date(1990, 5, 1))


def job(person: Person) -> Employment:
    return person.employments.latest("start")


def employ(place: Place, person: Person, start: date = date(2026, 3, 1), unit: str = HERE, **fields: Any) -> Employment:
    given = {"category": "COMMUNITY_WORKER"} | fields
    return employment_start(actor=None, person=person, unit=place.units[unit], start=start, **given)


@pytest.mark.requirement("CH-09")
def test_nobody_comes_beyond_the_seats(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    place.hire("甲")
    place.hire("乙", THERE)
    with pytest.raises(Refused) as refused:
        employ(place, newcomer(place))
    assert refused.value.errors == [
        "松岭区 has 2 approved seats on 2026-03-01 (松编办〔2022〕1号), and 2 people fill them: there is none for 新来. The "
        "rules of Songling (SL-05) let nobody in beyond the seats. Wait until one is free, or have more approved.",
    ]
    assert Employment.objects.count() == 2


def test_a_seat_is_free_on_the_day_after_the_last(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    place.hire("甲")
    leaver = place.hire("乙")
    employment_end(actor=None, employment=job(leaver), end=date(2027, 1, 1), reason="RETIRED")
    with pytest.raises(Refused, match="on 2026-12-31"):
        employ(place, newcomer(place), date(2026, 12, 31))
    assert employ(place, newcomer(place, "丙"), date(2027, 1, 1)).pk


def test_whoever_is_already_known_to_come_later_has_the_seat(
    place: Place, two_seats: QuotaPlan, blocking: None
) -> None:
    place.hire("甲")
    employ(place, newcomer(place, "乙"), date(2095, 1, 1))
    with pytest.raises(Refused, match="on 2095-01-01"):
        employ(place, newcomer(place, "丙"), date(2094, 1, 1))
    assert employ(place, newcomer(place, "丁"), date(2094, 1, 1), end=date(2095, 1, 1)).pk


def test_the_seats_of_the_nearest_unit_count_too(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    shares = {place.units["232762100"].pk: 0, place.units["232762101"].pk: 2}
    allocate(actor=None, allocation=root(two_seats), shares=shares)
    with pytest.raises(Refused, match="小扬气镇 has 0 approved seats"):
        employ(place, newcomer(place))
    assert employ(place, newcomer(place, "乙", THERE), unit=THERE).pk


def test_who_does_not_count_takes_no_seat(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    place.hire("甲")
    place.hire("乙")
    assert employ(place, newcomer(place, "丙"), category="PUBLIC_WELFARE_POST").pk
    assert employ(place, newcomer(place, "丁"), establishment="PUBLIC_INSTITUTION").pk
    with pytest.raises(Refused):  # a supplement becomes a worker (SL-22)
        section_change(
            actor=None, row=job(Person.objects.get(name="丙")), day=date(2026, 6, 1),
            values={"category": "COMMUNITY_WORKER"},
        )  # fmt: skip


@pytest.mark.requirement("SL-11")
def test_who_counts_is_what_the_rules_say(place: Place, two_seats: QuotaPlan) -> None:
    load(
        "quota: {level: county, over: block, counts: {who: {category: {any_of: [COMMUNITY_WORKER, GRID_WORKER]}}, "
        "establishment_staff: true}}\n",
    )
    employ(place, newcomer(place, "甲"), category="GRID_WORKER")
    employ(place, newcomer(place, "乙"), establishment="PUBLIC_INSTITUTION")
    assert employ(place, newcomer(place, "丙"), category="PUBLIC_WELFARE_POST").pk
    with pytest.raises(Refused):
        employ(place, newcomer(place, "丁"))


def test_who_moves_inside_a_unit_keeps_its_seat(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    place.hire("甲")
    mover = place.hire("乙")
    employment_transfer(actor=None, employment=job(mover), unit=place.units[THERE], day=date(2026, 5, 1))
    assert job(mover).unit == place.units[THERE]


def test_who_moves_into_a_full_unit_is_refused(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    shares = {place.units["232762100"].pk: 1, place.units["232762101"].pk: 1}
    allocate(actor=None, allocation=root(two_seats), shares=shares)
    place.hire("甲", THERE)
    mover = place.hire("乙")
    with pytest.raises(Refused, match="劲松镇 has 1 approved seats"):
        employment_transfer(actor=None, employment=job(mover), unit=place.units[THERE], day=date(2026, 5, 1))
    assert job(mover).unit == place.units[HERE]
    assert job(mover).end is None


def test_a_correction_takes_no_seat_it_has_and_none_that_is_taken(
    place: Place, two_seats: QuotaPlan, blocking: None
) -> None:
    place.hire("甲")
    place.hire("乙")
    row = job(Person.objects.get(name="乙"))
    row_correct(actor=None, row=row, values={"batch": "2021"}, reason="补录")
    employment_end(actor=None, employment=row, end=date(2026, 1, 1), reason="RESIGNED")
    employ(place, newcomer(place, "丁"))
    with pytest.raises(Refused, match="none for 乙"):
        row_correct(actor=None, row=Employment.objects.get(pk=row.pk), values={"end": None}, reason="未离职")


def test_who_comes_back_from_a_secondment_needs_a_seat_where_it_was_given_up(
    place: Place, two_seats: QuotaPlan
) -> None:
    load("quota: {level: county, over: block, counts: {seconded_out: nowhere}}\n")
    away = place.hire("甲")
    place.hire("乙")
    placement = section_add(
        actor=None, person=away, section="placement",
        values={"employment": job(away), "kind": "SECONDED_OUT", "place": "区委组织部", "start": date(2026, 2, 1)},
    )  # fmt: skip
    assert isinstance(placement, Placement)
    employ(place, newcomer(place, "丙"))
    with pytest.raises(Refused, match="none for 甲"):
        section_end(actor=None, row=placement, day=date(2026, 9, 1))
    employment_end(actor=None, employment=job(Person.objects.get(name="乙")), end=date(2026, 9, 1), reason="RETIRED")
    section_end(actor=None, row=placement, day=date(2026, 9, 1))


@pytest.mark.requirement("SL-04")
def test_beyond_the_seats_is_let_in_and_noted_where_it_is_only_reported(place: Place, two_seats: QuotaPlan) -> None:
    place.hire("甲")
    place.hire("乙")
    employ(place, newcomer(place), over_reason="补选书记")
    entry = AuditEntry.objects.filter(action="staffing.plan.over").order_by("pk")[0]
    assert entry.object_id == str(two_seats.pk)
    assert entry.after == {
        "unit": place.units["232762"].code,
        "day": "2026-03-01",
        "number": 2,
        "people": 3,
        "frozen": 0,
        "reason": "补选书记",
    }


@pytest.mark.requirement("LS-04")
def test_one_in_one_out_keeps_the_number_without_a_plan(place: Place) -> None:
    load("quota: {level: county, one_in_one_out: true, over: block, cite: LS-04}\n")
    place.hire("甲")
    leaver = place.hire("乙")
    with pytest.raises(Refused, match="had 2 when the rules came into force"):
        employ(place, newcomer(place))
    employment_end(actor=None, employment=job(leaver), end=date(2026, 3, 1), reason="RESIGNED")
    assert employ(place, newcomer(place, "丙")).pk


def test_a_clerk_of_one_street_is_measured_by_the_whole_county(
    place: Place, two_seats: QuotaPlan, blocking: None
) -> None:
    """What the clerk may see ends at the street; the seats of the county don't."""
    place.hire("甲", THERE)
    place.hire("乙", THERE)
    person, clerk = newcomer(place), place.users["clerk"]
    with walled(lambda: clerk.pk):
        assert list(Person.objects.values_list("name", flat=True)) == ["新来"]
        with pytest.raises(Refused, match="松岭区 has 2 approved seats"):
            employment_start(
                actor=clerk, person=person, unit=place.units[HERE], category="COMMUNITY_WORKER", start=date(2026, 3, 1)
            )


def test_the_guard_is_what_refuses(
    place: Place, two_seats: QuotaPlan, blocking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr("personnel.services.employment.take_seat", lambda **_values: [])
    place.hire("甲")
    place.hire("乙")
    assert employ(place, newcomer(place)).pk


@pytest.mark.requirement("SL-22")
def test_somebody_of_the_supplement_becomes_a_worker(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    """One employment ends and the next begins on the day; the earlier one stays, and the seat is taken from the day on."""
    place.hire("甲")
    person = newcomer(place, "乙")
    employ(place, person, category="PUBLIC_WELFARE_POST")
    section_change(actor=None, row=job(person), day=date(2026, 12, 1), values={"category": "COMMUNITY_WORKER"})
    assert list(person.employments.order_by("start").values_list("category", "start", "end")) == [
        ("PUBLIC_WELFARE_POST", date(2026, 3, 1), date(2026, 12, 1)),
        ("COMMUNITY_WORKER", date(2026, 12, 1), None),
    ]
    with pytest.raises(Refused, match="on 2026-12-01"):
        employ(place, newcomer(place, "丙"), date(2026, 12, 1))
    assert employ(place, newcomer(place, "丁"), end=date(2026, 12, 1)).pk  # until then the seat is free


def test_staff_of_before_the_rules_are_entered_later_beyond_the_seats(
    place: Place, two_seats: QuotaPlan, blocking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Existing staff is a record; whoever comes on the day on which the rules came into the system needs a seat."""
    since = date(2026, 11, 1)
    monkeypatch.setattr(guard, "rules_kept_since_for_system", lambda place: since)
    for name, start in (("甲", date(2015, 3, 1)), ("乙", date(2024, 3, 1)), ("丙", date(2026, 10, 31))):
        assert employ(place, newcomer(place, name), start).pk
    with pytest.raises(Refused, match="3 people fill them"):
        employ(place, newcomer(place, "丁"), since)
    noted = [entry.after["people"] for entry in AuditEntry.objects.filter(action="staffing.plan.over").order_by("pk")]
    assert noted == [3]


def test_without_that_day_existing_staff_finds_no_seat(place: Place, two_seats: QuotaPlan, blocking: None) -> None:
    """The control: rules that were there from the beginning let in two."""
    for name in ("甲", "乙"):
        employ(place, newcomer(place, name), date(2024, 3, 1))
    with pytest.raises(Refused):
        employ(place, newcomer(place, "丙"), date(2026, 10, 31))
