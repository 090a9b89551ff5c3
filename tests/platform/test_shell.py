"""What stands around every page."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from cwms import shell
from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create


@pytest.fixture
def county(db: None) -> Unit:
    place: Unit | None = None
    for code, name, kind in (("34", "安徽省", "PROVINCE"), ("3401", "合肥市", "CITY"), ("340181", "巢湖市", "COUNTY")):
        place = unit_create(actor=None, code=code, name=name, kind=kind, parent=place, valid_from=date(2020, 1, 1))
    assert place is not None
    return place


def menu_of(county: Unit, *roles: str) -> list[shell.Entry]:
    user = User.objects.create(username="somebody", display_name="somebody")
    for role in roles:
        grant_give(actor=None, user=user, unit=county, role=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    found: list[shell.Entry] = client.get("/units/").context["menu"]
    return found


def test_nobody_has_more_first_entries_than_one_takes_in(county: Unit) -> None:
    """Whatever roles come together: the groups are the bound."""
    assert len(shell._groups()) == shell.MOST == 9
    roles = (Role.STREET_CLERK, Role.ORG_OFFICER, Role.FINANCE)
    assert [entry.label for entry in menu_of(county, *roles)] == [
        "Workplace", "Inbox", "Personnel", "Units", "Seats and appointments", "Evaluation", "Grades and pay",
        "Statistics", "Administration",
    ]  # fmt: skip


def test_a_group_of_one_is_that_one(county: Unit) -> None:
    """An auditor has the trail beside the rules; who looks after units has the rules by themselves."""
    found = {entry.label: [one.label for one in entry.below] for entry in menu_of(county, Role.AUDITOR)}
    assert found["Administration"] == ["Trail", "Rules"]


def test_who_proposes_deletions_has_retention_beside_the_rules(county: Unit) -> None:
    found = {entry.label: [one.label for one in entry.below] for entry in menu_of(county, Role.ORG_OFFICER)}
    assert found["Administration"] == ["Retention", "Rules"]


def test_the_group_one_is_in_stands_open(county: Unit) -> None:
    user = User.objects.create(username="officer", display_name="officer")
    grant_give(actor=None, user=user, unit=county, role=Role.ORG_OFFICER)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    text = client.get("/recruitment/").content.decode()
    here = text.split('<nav class="menu"')[1].split("</nav>")[0]
    assert here.count("<details open>") == 1
    assert here.count('aria-current="page"') == 1
    assert '<a href="/recruitment/" aria-current="page">' in here
