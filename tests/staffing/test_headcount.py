"""Who fills the approved seats: the figures, the lists behind them, the page, the interface for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.errors import NotFound
from personnel.models import Employment, Person, Placement
from personnel.selectors.headcount import filled_level, headcount_by_path_for_system, people_counted
from personnel.services import employment_start, person_create
from staffing.models import QuotaAllocation, QuotaPlan
from staffing.services import allocate, over_explain
from tests.payroll.conftest import Place
from tests.staffing.conftest import enter, root

DAY = date(2026, 1, 1)
TOWN, OTHER = "232762100", "232762101"


def figures(place: Place, user: str, code: str = "", day: date = DAY) -> dict[str, tuple[Any, ...]]:
    """(approved, in post, vacant, over) by short code of the unit."""
    level = filled_level(user=place.users[user], code=code, day=day)
    rows = ([level.unit] if level.unit else []) + level.below
    return {
        row.unit.short_code: (row.approved.number if row.approved else None, row.occupied, row.vacant, row.over)
        for row in rows
    }


def employ(place: Place, name: str, category: str, unit: str = "232762100001", **fields: Any) -> Person:
    person = person_create(actor=None, unit=place.units[unit], name=name, sex="MALE", birth_date=date(1990, 5, 1))
    employment_start(
        actor=None, person=person, unit=place.units[unit], category=category, start=date(2022, 9, 1), **fields
    )
    return person


@pytest.mark.requirement("CH-09", "SL-04")
def test_seats_and_people_of_songling(place: Place, plan: QuotaPlan) -> None:
    """27 approved and 39 in post: over by 12, whichever of the units they work in."""
    for n in range(39):
        place.hire(f"甲{n}", ("232762100001", "232762100002", "232762101001")[n % 3], title=None)
    assert figures(place, "officer") == {
        "232762": (27, 39, 0, 12),
        TOWN: (None, 26, None, None),
        OTHER: (None, 13, None, None),
    }
    shares = {place.units[TOWN].pk: 12, place.units[OTHER].pk: 15}
    allocate(actor=place.users["officer"], allocation=root(plan), shares=shares)
    assert figures(place, "officer") == {
        "232762": (27, 39, 0, 12),
        TOWN: (12, 26, 0, 14),
        OTHER: (15, 13, 2, 0),
    }
    assert figures(place, "clerk") == {
        TOWN: (12, 26, 0, 14),
        "232762100001": (None, 13, None, None),
        "232762100002": (None, 13, None, None),
    }
    assert figures(place, "officer", day=date(2021, 12, 31))["232762"] == (None, 39, None, None)  # before the plan
    assert figures(place, "officer", day=date(2020, 12, 31))["232762"] == (None, 0, None, None)


@pytest.mark.requirement("SL-10", "SL-11", "GM-13")
def test_who_fills_no_seat(place: Place, plan: QuotaPlan) -> None:
    place.hire("甲")
    employ(place, "乙", "PUBLIC_WELFARE_POST")
    employ(place, "丙", "ESTABLISHMENT_STAFF")
    employ(place, "丁", "COMMUNITY_WORKER", establishment="PUBLIC_INSTITUTION")
    employ(place, "戊", "GRID_WORKER")
    place.hire("己", end=date(2025, 12, 31))  # left
    place.hire("庚", start=date(2026, 1, 2))  # begins later
    both = place.hire("辛")  # a worker who has a public-welfare post beside it fills one seat
    unit = place.units["232762100002"]
    employment_start(actor=None, person=both, unit=unit, category="PUBLIC_WELFARE_POST", start=date(2025, 1, 1))
    member = person_create(actor=None, unit=unit, name="壬", sex="MALE", birth_date=date(1990, 5, 1))
    from personnel.services import tenure_start

    tenure_start(
        actor=None, person=member, unit=unit, title="COMMITTEE_MEMBER", start=date(2022, 1, 1), full_time=False
    )
    assert figures(place, "officer")["232762"] == (27, 2, 25, 0)
    _unit, rows = people_counted(user=place.users["officer"], number=place.units["232762"].pk, day=DAY)
    assert sorted(row.person.name for row in rows) == ["甲", "辛"]


def test_who_is_seconded_out_counts_at_home(place: Place, plan: QuotaPlan) -> None:
    person = place.hire("甲")
    Placement.objects.create(
        employment=Employment.objects.get(person=person),
        kind="SECONDED",
        work_unit=place.units["232762101001"],
        start=date(2025, 6, 1),
    )
    found = figures(place, "officer")
    assert (found[TOWN][1], found[OTHER][1]) == (1, 0)


def test_a_plan_of_its_own_goes_before_the_one_above(place: Place, plan: QuotaPlan) -> None:
    shares = {place.units[TOWN].pk: 12, place.units[OTHER].pk: 15}
    allocate(actor=None, allocation=root(plan), shares=shares)
    enter(place, unit=TOWN, number=10)
    assert figures(place, "officer")[TOWN][0] == 10


def test_nobody_sees_units_that_are_not_theirs(place: Place, plan: QuotaPlan) -> None:
    for user, code in (("clerk", OTHER), ("clerk", "232762"), ("sibling", TOWN), ("officer", "340181")):
        with pytest.raises(NotFound):
            filled_level(user=place.users[user], code=code, day=DAY)
        with pytest.raises(NotFound):
            people_counted(user=place.users[user], number=place.units[code].pk, day=DAY)
    assert figures(place, "finance") == {}  # may look at people and pay, not at seats


def test_a_number_is_as_long_as_its_list(place: Place, plan: QuotaPlan) -> None:
    for n in range(5):
        place.hire(f"甲{n}", ("232762100001", "232762101001")[n % 2])
    heads = headcount_by_path_for_system([place.units["232762"].path], DAY)
    assert heads == {place.units["232762100001"].path: 3, place.units["232762101001"].path: 2}
    client = Client()
    client.force_login(place.users["officer"])
    for code, people in (("232762", 5), (TOWN, 3), (OTHER, 2), ("232762100002", 0)):
        number = place.units[code].pk
        page = client.get(f"/staffing/?unit={code}&day=2026-01-01").content.decode()
        assert f'<a href="/staffing/{number}/people/?day=2026-01-01">{people}</a>' in page
        listed = client.get(f"/staffing/{number}/people/?day=2026-01-01")
        assert listed.context["page"].paginator.count == people
        assert (
            listed.content.decode().count('href="/people/') - listed.content.decode().count('href="/people/"') == people
        )


@pytest.mark.requirement("SL-04")
def test_over_is_shown_with_its_reason_and_never_blocks(place: Place) -> None:
    plan = enter(place, number=1)
    place.hire("甲")
    place.hire("乙")  # nothing refuses the second
    client = Client()
    client.force_login(place.users["officer"])
    client.cookies["django_language"] = "en"
    page = client.get("/staffing/?day=2026-01-01").content.decode()
    assert "is over by 1: 2 in post, 1 approved." in page
    assert "No reason is written down." in page
    answer = client.post(f"/staffing/shares/{root(plan).pk}/reason/", {"reason": "补选1人"})
    assert answer.status_code == 302
    assert "补选1人" in client.get("/staffing/?day=2026-01-01").content.decode()
    assert QuotaAllocation.objects.get().reason == "补选1人"
    over_explain(actor=None, allocation=root(plan), reason="")
    assert "补选1人" not in client.get("/staffing/?day=2026-01-01").content.decode()


def test_a_plan_is_entered_on_its_page(place: Place) -> None:
    client = Client()
    client.force_login(place.users["officer"])
    address = f"/staffing/{place.units['232762'].pk}/plans/new/"
    town, other = (f"share_{place.units[code].pk}" for code in (TOWN, OTHER))
    typed = {"number": "27", "document": "松编办〔2022〕1号", "issuer": "", "level": "COUNTY", "start": "2022-13-01"}
    answer = client.post(address, typed | {town: "16", other: "x"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert set(answer.context["form"].errors) == {"issuer", "start", other}
    for kept in ("松编办〔2022〕1号", "2022-13-01", 'value="16"', 'value="x"', 'value="27"'):
        assert kept in page
    typed |= {"issuer": "松岭区委编办", "start": "2022.1.1"}
    answer = client.post(address, typed | {town: "16", other: "9"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"kept"}
    assert not QuotaPlan.objects.exists()
    answer = client.post(address, typed | {town: "16", other: "9", "kept": "2"})
    plan = QuotaPlan.objects.get()
    assert answer["Location"] == f"/staffing/plans/{plan.pk}/"
    assert sorted(plan.allocations.values_list("number", flat=True)) == [9, 16, 27]
    page = client.get(answer["Location"]).content.decode()
    assert "松编办〔2022〕1号" in page
    assert "小扬气镇" in page
    answer = client.post(f"/staffing/plans/{plan.pk}/correct/", typed | {"number": "24"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"number"}  # 25 are shared out
    assert client.post(f"/staffing/plans/{plan.pk}/correct/", typed | {"number": "25"}).status_code == 302
    answer = client.post(f"/staffing/shares/{root(plan).pk}/", {town: "20", other: "5"})
    assert answer.status_code == 302
    assert client.post(f"/staffing/plans/{plan.pk}/end/", {"end": "2026-01-01"}).status_code == 302
    page = client.get(f"/staffing/plans/{plan.pk}/").content.decode()
    assert "27 → 25" in page
    assert "16 → 20" in page
    assert client.post(address, typed | {"start": "2025-12-31"}).status_code == 422  # the other holds on that day
    assert client.post(address, typed | {"start": "2026-01-01"}).status_code == 302


def test_a_clerk_looks_and_changes_nothing(place: Place, plan: QuotaPlan) -> None:
    allocate(actor=None, allocation=root(plan), shares={place.units[TOWN].pk: 16, place.units[OTHER].pk: 11})
    client = Client()
    client.force_login(place.users["clerk"])
    page = client.get("/staffing/").content.decode()
    assert f"/staffing/{place.units[TOWN].pk}/plans/new/" not in page
    assert plan.document in page
    assert f'href="/staffing/plans/{plan.pk}/"' not in page  # the county's plan is not the street's to open
    share = QuotaAllocation.objects.get(unit=place.units[TOWN])
    assert client.get(f"/staffing/shares/{share.pk}/").status_code == 403
    assert client.get(f"/staffing/plans/{plan.pk}/").status_code == 404
    assert plan.document in client.get(f"/staffing/{place.units[TOWN].pk}/plans/").content.decode()


@pytest.mark.requirement("CH-09")
def test_programs_read_the_same_figures(place: Place, plan: QuotaPlan) -> None:
    place.hire("甲")
    allocate(actor=None, allocation=root(plan), shares={place.units[TOWN].pk: 0, place.units[OTHER].pk: 27})
    client = Client()
    client.force_login(place.users["rest"])
    answer = client.get("/api/v1/quotas/?day=2026-01-01&kind=STREET")
    assert answer.status_code == 200
    rows = {row["unit"]: row for row in answer.json()["results"]}
    assert set(rows) == {"232762100000", "232762101000"}
    town = rows["232762100000"]
    assert [town[key] for key in ("approved", "occupied", "vacant", "over", "shared")] == [0, 1, 0, 1, 0]
    assert (town["document"], town["from"], town["until"]) == ("松编办〔2022〕1号", "2022-01-01", None)
    before = client.get("/api/v1/quotas/?day=2021-12-31&unit=232762").json()["results"]
    assert [(row["approved"], row["occupied"], row["over"]) for row in before] == [(None, 1, None)]
    assert client.get("/api/v1/quotas/?day=never").status_code == 400
    assert client.get("/api/v1/quotas/?unit=340181").json()["results"] == []
