"""Figures that the places' articles print, out of the pages that a user has: the list of people, a unit, a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from organization.models import Role, Unit, User
from organization.services import fact_enter, grant_give
from personnel.models import DutyItem, PartyHousehold, Person, Post, PostTitle, Tenure
from personnel.selectors.record import record_on
from personnel.services import BODY_OF_TITLE, employment_end, party_open, section_add

Hire = Callable[..., Person]
START = date(2024, 1, 1)


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer", display_name="officer")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


@pytest.fixture
def client(officer: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(officer)
    return client


def total(client: Client, **query: Any) -> int:
    """How many people the list says it has, counted and not estimated."""
    page = client.get("/people/?" + urlencode(query, doseq=True)).context["page"]
    assert page.exact
    return int(page.total)


def residents(unit: Unit, number: int, word: str) -> list[Person]:
    """People who live in a unit and are employed nowhere."""
    return Person.objects.bulk_create(
        Person(name=f"{word}{n}", name_pinyin=f"x{n:05}", belongs_to=unit) for n in range(number)
    )


def hold(people: Iterable[Person], title: str, *posts: Unit) -> None:
    """The people hold a post of the title by turns in the units."""
    single = title == PostTitle.OWNERS_DIRECTOR or title == PostTitle.BRANCH_SECRETARY
    made = Post.objects.bulk_create(
        Post(unit=unit, body=BODY_OF_TITLE[PostTitle(title)], title=title, single_holder=single) for unit in posts
    )
    Tenure.objects.bulk_create(
        Tenure(
            person=person, post=post, body=post.body, title=title, single_holder=single, start=START, full_time=False
        )
        for n, person in enumerate(people)
        for post in [made[n % len(made)]]
    )


def parts(parent: Unit, number: int, kind: str) -> list[Unit]:
    return Unit.objects.bulk_create(
        Unit(code=f"{parent.code}{n:03}", name=f"{kind}{n}", kind=kind, parent=parent,
             path=f"{parent.path}{parent.code}{n:03}/", valid_from=date(2020, 1, 1))
        for n in range(1, number + 1)
    )  # fmt: skip


@pytest.mark.requirement("CH-59")
def test_three_secretaries_a_year_become_civil_servants(hire: Hire, client: Client, units: dict[str, Unit]) -> None:
    """Five heads of two communities and three that lie elsewhere; three become civil servants, one retires."""
    estates = parts(units["340181002008"], 3, "ESTATE")
    heads = [hire("书一", title="PARTY_SECRETARY"), hire("书二", unit="340181002001", title="PARTY_SECRETARY")]
    heads += [hire(f"主{n}", title=None) for n in range(3)]
    for n, person in enumerate(heads[2:]):
        hold([person], "COMMITTEE_DIRECTOR", estates[n])
    hire("干事")
    assert total(client, title=["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]) == 5
    for person, reason in zip(heads, ["CIVIL_SERVICE"] * 3 + ["RETIRED"], strict=False):
        employment_end(
            actor=None, employment=person.employments.get(), end=date(2025, 9, 1), reason=reason, with_posts=True,
            destination="亚父街道办事处",
        )  # fmt: skip
    assert total(client, state="left", left_for="CIVIL_SERVICE") == 3
    assert total(client, state="left") == 4
    assert total(client, title=["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]) == 1
    assert total(client, state="left", left_for="CIVIL_SERVICE", day="2025-08-31") == 0
    page = client.get(f"/people/{heads[0].pk}/").content.decode()
    assert "亚父街道办事处" in page


@pytest.mark.requirement("CH-66")
def test_a_check_up_closes_the_year_and_leave_is_on_record(hire: Hire, officer: User, client: Client) -> None:
    person, today = hire(), timezone.localdate()

    def waits() -> bool:
        items = client.get(f"/people/{person.pk}/").context["missing"]
        return any(item.section == "health_check" for item in items)

    assert waits()
    section_add(actor=officer, person=person, section="health_check", values={"day": str(today), "result": "NORMAL"})
    assert not waits()
    section_add(
        actor=officer, person=person, section="leave",
        values={"kind": "ANNUAL", "start": "2025-08-04", "end": "2025-08-09", "days": "5"},
    )  # fmt: skip
    record = record_on(user=officer, person_id=person.pk)
    assert [row.row.days for row in record.sections["leave"]] == [5]
    assert record_on(user=officer, person_id=person.pk, day=date(2025, 8, 3)).sections["leave"] == []


@pytest.mark.requirement("CH-67")
def test_who_works_and_who_has_left_are_cared_for(hire: Hire, officer: User, client: Client) -> None:
    working, left = hire("在"), hire("离")
    employment_end(
        actor=None, employment=left.employments.get(), end=date(2025, 3, 1), reason="RETIRED", with_posts=True
    )
    for person in (working, left):
        values = {"kind": "CONDOLENCE", "day": "2025-09-30", "amount": 50_000}
        section_add(actor=officer, person=person, section="support", values=values)
        assert "visit with a gift" in client.get(f"/people/{person.pk}/").content.decode()
    assert (total(client), total(client, state="left"), total(client, state="all")) == (1, 1, 2)


@pytest.mark.requirement("GM-01")
def test_leaders_departments_and_cadres_are_linked_on_three_levels(
    client: Client, officer: User, units: dict[str, Unit]
) -> None:
    """A leader to a community, a department to a grid, a cadre to a household."""
    community = units["340181002008"]
    grid = parts(community, 1, "GRID")[0]
    leader, department, cadre = residents(community, 3, "联")
    hold([leader], "LIAISON", community)
    hold([department], "LIAISON", grid)
    street = party_open(
        actor=None, kind="STREET_COMMITTEE", name="党工委", unit=units["340181002"], parent=None, day=START
    )
    PartyHousehold.objects.create(organization=street, kind="CONTACT", name="一号楼101户", person=cadre, start=START)

    def liaisons(unit: Unit) -> list[str]:
        posts = client.get(f"/units/{unit.pk}/").context["page"].posts
        return [holder.name for post in posts for holder in post.holders]

    households = client.get(f"/units/{units['340181002'].pk}/").context["page"].party
    levels = (liaisons(community), liaisons(grid), [one.number for one in households if one.kind == "CONTACT"])
    assert levels == (["联0"], ["联1"], [1])
    assert total(client, title="LIAISON") == 2


def organisations(client: Client, unit: Unit) -> int:
    """Those whose members register in and below a unit, as its page says."""
    party = client.get(f"/units/{unit.pk}/").context["page"].party
    return next(one.number for one in party if one.kind == "GUESTS")


@pytest.mark.requirement("GM-02")
def test_5300_members_of_140_organisations_have_reported_where_they_live(
    client: Client, units: dict[str, Unit], officer: User
) -> None:
    community = units["340181002008"]
    members = residents(community, 5_300, "党")
    hold(members, "REGISTERED_MEMBER", community)
    registered = list(Tenure.objects.filter(person__in=members).order_by("pk"))
    for index, tenure in enumerate(registered):
        tenure.home_organization = f"第{index % 140 + 1}党支部"
    Tenure.objects.bulk_update(registered, ["home_organization"], batch_size=1_000)
    assert organisations(client, units["340181"]) == 140
    # Of one organisation the last 38 have gone home: 139 are left that send somebody.
    Tenure.objects.filter(home_organization="第1党支部").update(end=date(2025, 1, 1))
    assert organisations(client, units["340181"]) == 139
    Tenure.objects.filter(home_organization="第1党支部").update(end=None)
    fact_enter(actor=None, unit=units["340181"], key="households", value="71000", day=START, source="统计")
    assert total(client, title="REGISTERED_MEMBER", category="NONE") == 5_300
    assert total(client, title="REGISTERED_MEMBER", category="COMMUNITY_WORKER") == 0
    shown = client.get(f"/units/{units['340181'].pk}/").context["page"].series
    assert [(fact.key, fact.value) for one in shown for fact in one.facts] == [("households", "71000")]


@pytest.mark.requirement("GM-03")
def test_heads_of_buildings_are_found(client: Client, units: dict[str, Unit], hire: Hire) -> None:
    community = units["340181002008"]
    hold(residents(community, 12, "楼"), "BUILDING_HEAD", *parts(community, 4, "ESTATE"))
    hire("干事")
    assert total(client, title="BUILDING_HEAD") == 12
    assert total(client, title="BUILDING_HEAD", unit="340181002001") == 0


@pytest.mark.requirement("GM-04")
def test_a_worker_has_one_grid_of_their_own(client: Client, units: dict[str, Unit], hire: Hire, officer: User) -> None:
    first, second = parts(units["340181002008"], 2, "GRID")
    worker, grid_worker = hire("社工"), hire("网格员", title="GRID_WORKER", category="GRID_WORKER")
    for person, grid in ((worker, first), (grid_worker, second)):
        values = {"unit": grid.code, "role": "DEDICATED", "main_workplace": True, "start": "2024-01-01"}
        section_add(actor=officer, person=person, section="area", values=values)
        found = record_on(user=officer, person_id=person.pk).holding("area")
        assert [(row.row.unit.name, row.row.main_workplace) for row in found] == [(grid.name, True)]
        assert grid.name in client.get(f"/people/{person.pk}/").content.decode()
        items = client.get(f"/people/{person.pk}/").context["missing"]
        assert "area" not in {item.section for item in items}


@pytest.mark.requirement("GM-06")
def test_138_branch_secretaries_direct_the_owners_committee_too(client: Client, units: dict[str, Unit]) -> None:
    """212 branches of estates, of whose secretaries 138 are directors; in 20 more estates somebody else is."""
    community = units["340181002008"]
    estates = parts(community, 212, "ESTATE")
    secretaries = residents(community, 212, "书")
    hold(secretaries, "BRANCH_SECRETARY", *estates)
    hold([*secretaries[:138], *residents(community, 20, "主")], "OWNERS_DIRECTOR", *estates[:158])
    both = ["BRANCH_SECRETARY", "OWNERS_DIRECTOR"]
    assert total(client, title=both, together="all") == 138
    assert total(client, title=both) == 212 + 20
    assert total(client, title=both, together="all", day="2023-12-31") == 0
    yesterday = timezone.localdate() - timedelta(days=1)
    Tenure.objects.filter(person=secretaries[0], title="OWNERS_DIRECTOR").update(end=yesterday)
    assert total(client, title=both, together="all") == 137  # having held both is not holding both


@pytest.mark.requirement("GM-08")
def test_584_volunteers_are_linked_to_the_shops(client: Client, units: dict[str, Unit], hire: Hire) -> None:
    areas = parts(units["340181002008"], 167, "GRID")
    hold(residents(units["340181002008"], 584, "志"), "VOLUNTEER", *areas)
    hire("干事")
    assert total(client, title="VOLUNTEER") == total(client, category="NONE") == 584
    # 584 = 167 · 3 + 83: the first 83 areas have a fourth
    assert total(client, title="VOLUNTEER", unit=areas[0].code) == 4
    assert total(client, title="VOLUNTEER", unit=areas[166].code) == 3


@pytest.mark.requirement("GM-14")
def test_3960_stewards_have_seven_duties(client: Client, units: dict[str, Unit], officer: User) -> None:
    community = units["340181002008"]
    stewards = residents(community, 3_960, "管")
    hold(stewards, "STEWARD", community)
    DutyItem.objects.bulk_create(
        DutyItem(person=person, kind="RESPONSIBILITY", text=f"职责{n}", start=START)
        for person in (stewards[0], stewards[-1])
        for n in range(1, 8)
    )
    assert total(client, title="STEWARD") == 3_960
    for person in (stewards[0], stewards[-1]):
        assert len(record_on(user=officer, person_id=person.pk).holding("duty")) == 7
