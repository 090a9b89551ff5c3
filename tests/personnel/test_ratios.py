"""The cross-appointment ratio: what it counts, how it is rounded, and that nobody sees it without its definition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.errors import NotAllowed, NotFound, Refused
from organization.models import Role, Unit, UnitFact, User
from organization.services import grant_give, unit_create
from personnel.models import Person, Tenure
from personnel.rules.ratios import Crossing, crossing_of, per_cent
from personnel.selectors.ratios import cross_appointment, cross_appointments
from personnel.services import cross_definition_set, tenure_start

Hire = Callable[..., Person]
DAY = date(2025, 12, 31)


@pytest.fixture
def looker(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="looker", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


@pytest.mark.requirement("CH-05")
def test_a_ratio_is_rounded_half_up_with_one_decimal() -> None:
    # 152/290 = 0.52413…, 152/230 = 0.66086…, 152/212 = 0.71698…; 1/16 = 6.25 %, 1/80 = 1.25 %, 3/80 = 3.75 %
    assert [per_cent(152, whole) for whole in (290, 230, 212)] == [Decimal("52.4"), Decimal("66.1"), Decimal("71.7")]
    assert [per_cent(*pair) for pair in ((1, 16), (1, 80), (3, 80))] == [Decimal("6.3"), Decimal("1.3"), Decimal("3.8")]
    assert (per_cent(37, 37), per_cent(0, 5), per_cent(0, 0)) == (Decimal("100.0"), Decimal("0.0"), None)
    # What would print 54.8: neither is 152 of anything that the article counts.
    assert per_cent(159, 290) == per_cent(126, 230) == Decimal("54.8")


def test_somebody_is_counted_once_and_crosses_in_one_community_alone() -> None:
    seats = [
        (1, 10, "PARTY"), (1, 10, "PARTY"), (1, 10, "COMMITTEE"),
        (2, 10, "PARTY"), (2, 11, "COMMITTEE"),  # of two communities: in either, and nothing crosses
        (3, 10, "COMMITTEE"), (4, 11, "PARTY"),
    ]  # fmt: skip
    assert crossing_of(seats) == Crossing(members=4, party=3, committee=3, both=1)
    assert crossing_of([]) == Crossing(0, 0, 0, 0)


@pytest.mark.requirement("CH-05")
def test_a_ratio_is_of_a_unit_a_day_and_a_definition(units: dict[str, Unit], hire: Hire, looker: User) -> None:
    one, two = units["340181002008"], units["340181002001"]
    estate = unit_create(actor=None, code="", name="某小区", kind="ESTATE", parent=one, valid_from=date(2010, 1, 1))
    seats = {
        "甲": (("PARTY_SECRETARY", one), ("COMMITTEE_DIRECTOR", one)),
        "乙": (("PARTY_COMMITTEE_MEMBER", one),),
        "丙": (("COMMITTEE_MEMBER", one),),
        "丁": (("COMMITTEE_MEMBER", two), ("PARTY_COMMITTEE_MEMBER", two)),
        "戊": (("DEPUTY_DIRECTOR", two),),
        "己": (("COMMITTEE_MEMBER", two),),
        "庚": (("COMMITTEE_MEMBER", two), ("PARTY_COMMITTEE_MEMBER", estate)),  # an estate's branch is no committee
        "辛": (("STAFF", one),),
    }
    for name, held in seats.items():
        person = hire(name, title=None)
        for title, unit in held:
            tenure_start(actor=None, person=person, unit=unit, title=title, start=date(2022, 1, 1))

    def ratio(unit: Unit, definition: str, day: date = DAY) -> tuple[int, int, Decimal | None]:
        found = cross_appointment(user=looker, unit=unit, day=day, definition=definition)
        assert found.text
        return found.numerator, found.denominator, found.ratio

    city = units["340181"]
    assert ratio(city, "OF_MEMBERS") == (2, 7, Decimal("28.6"))
    assert ratio(city, "OF_PARTY") == (2, 3, Decimal("66.7"))
    assert ratio(city, "OF_COMMITTEE") == (2, 6, Decimal("33.3"))
    assert ratio(two, "OF_MEMBERS") == (1, 4, Decimal("25.0"))
    assert ratio(city, "OF_MEMBERS", date(2021, 12, 31)) == (0, 0, None)
    Tenure.objects.filter(person__name="丁", title="PARTY_COMMITTEE_MEMBER").update(end=date(2024, 1, 1))
    assert ratio(city, "OF_MEMBERS") == (1, 7, Decimal("14.3"))
    assert ratio(city, "OF_MEMBERS", date(2023, 12, 31)) == (2, 7, Decimal("28.6"))


@pytest.mark.requirement("CH-05")
def test_a_unit_keeps_the_definition_that_it_reports_by(units: dict[str, Unit], hire: Hire, looker: User) -> None:
    city, street = units["340181"], units["340181002"]
    assert [one.own for one in cross_appointments(user=looker, unit=city, day=DAY)] == [False, False, False]
    assert cross_appointment(user=looker, unit=city, day=DAY).definition == "OF_MEMBERS"
    cross_definition_set(actor=looker, unit=city, day=date(2024, 1, 1), definition="OF_PARTY", source="巢组〔2024〕1号")
    for unit in (city, street, units["340181002008"]):  # it reaches down
        found = cross_appointment(user=looker, unit=unit, day=DAY)
        assert (found.definition, found.own, found.source) == ("OF_PARTY", True, "巢组〔2024〕1号")
    assert cross_appointment(user=looker, unit=city, day=date(2023, 12, 31)).own is False
    cross_definition_set(actor=looker, unit=street, day=date(2025, 1, 1), definition="OF_COMMITTEE", source="街道")
    assert cross_appointment(user=looker, unit=units["340181002008"], day=DAY).definition == "OF_COMMITTEE"
    assert cross_appointment(user=looker, unit=city, day=DAY).definition == "OF_PARTY"
    with pytest.raises(Refused) as refused:
        cross_definition_set(actor=looker, unit=city, day=DAY, definition="GUESSED", source="x")
    assert set(refused.value.fields) == {"definition"}
    assert UnitFact.objects.count() == 2


@pytest.mark.requirement("CH-05")
def test_the_definition_is_read_beside_the_figure_in_both_languages(units: dict[str, Unit], looker: User) -> None:
    with translation.override("en"):
        texts = [one.text for one in cross_appointments(user=looker, unit=units["340181"], day=DAY)]
    both = "people in both the party organisation and the residents' committee of a community"
    assert texts == [
        f"{both} / people in either", f"{both} / members of party organisations",
        f"{both} / members of residents' committees",
    ]  # fmt: skip


def test_a_ratio_is_for_who_may_look_at_people(units: dict[str, Unit], looker: User) -> None:
    stranger = User.objects.create(username="stranger", display_name="外人")
    grant_give(actor=None, user=stranger, unit=units["340181002001"], role=Role.STREET_CLERK)
    for unit in (units["340181"], units["340181002008"]):
        with pytest.raises(NotFound):
            cross_appointments(user=stranger, unit=unit, day=DAY)
        with pytest.raises((NotFound, NotAllowed)):
            cross_definition_set(actor=stranger, unit=unit, day=DAY, definition="OF_PARTY", source="x")
    admin = User.objects.create(username="admin", display_name="管理员")
    grant_give(actor=None, user=admin, unit=units["340181"], role=Role.SYSTEM_ADMIN)
    with pytest.raises(NotAllowed):
        cross_appointment(user=admin, unit=units["340181"], day=DAY)
    assert cross_appointment(user=looker, unit=units["340181"], day=DAY).denominator == 0  # control


def test_the_definition_is_chosen_on_a_page(units: dict[str, Unit]) -> None:
    """With a day and who says so; without the source nothing is written."""
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client = Client()
    client.force_login(user)
    path = reverse("personnel:cross_definition", args=[units["340181"].pk])
    sent = {"definition": "OF_MEMBERS", "day": "2026-01-01"}
    assert client.post(path, sent).status_code == 422
    assert client.post(path, sent | {"definition": "OF_ALL", "source": "x"}).status_code == 422
    assert UnitFact.objects.count() == 0
    assert client.post(path, sent | {"source": "巢组〔2026〕2号"}).status_code == 302
    fact = UnitFact.objects.get()
    assert (fact.value, fact.day, fact.source) == ("OF_MEMBERS", date(2026, 1, 1), "巢组〔2026〕2号")
    assert path in client.get(f"/units/{units['340181'].pk}/").content.decode()
    clerk = User.objects.create(username="clerk", display_name="办事员")
    grant_give(actor=None, user=clerk, unit=units["340181"], role=Role.STREET_CLERK)
    client.force_login(clerk)
    assert client.post(path, sent | {"source": "x"}).status_code == 403
