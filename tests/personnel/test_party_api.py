"""Party organisations for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from organization.models import Role, Unit, User
from organization.services import grant_give, token_give, unit_create
from personnel.models import Person
from personnel.services import party_areas_set, party_open, party_rename, tenure_start

Hire = Callable[..., Person]
DAY, LATER = date(2020, 1, 1), date(2023, 7, 1)
PATH = "/api/v1/party-organizations/"


def program(unit: Unit, name: str = "program") -> Client:
    user = User.objects.create(username=name, display_name="程序")
    grant_give(actor=None, user=user, unit=unit, role=Role.REST_CLIENT)
    _row, token = token_give(actor=None, user=user, label=name)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.requirement("QY-16")
def test_a_program_reads_the_tree_of_a_day(units: dict[str, Unit], hire: Hire) -> None:
    street, community = units["340181002"], units["340181002008"]
    estate = unit_create(actor=None, code="", name="一小区", kind="ESTATE", parent=community, valid_from=DAY)
    top = party_open(actor=None, kind="STREET_COMMITTEE", name="党工委", unit=street, parent=None, day=DAY)
    general = party_open(actor=None, kind="GENERAL_BRANCH", name="总支", unit=community, parent=top, day=DAY)
    branch = party_open(actor=None, kind="AREA_BRANCH", name="支部", unit=community, parent=general, day=DAY)
    party_areas_set(actor=None, organization=branch, day=DAY, units=[estate])
    leader = hire("书记")
    tenure_start(actor=None, person=leader, unit=estate, title="BRANCH_SECRETARY", start=DAY)
    party_rename(actor=None, organization=general, day=LATER, name="党委", kind="COMMITTEE")
    client = program(units["340181"])
    rows = client.get(PATH).json()["results"]
    assert [(row["id"], row["kind"], row["name"], row["parent"]) for row in rows] == [
        (top.pk, "STREET_COMMITTEE", "党工委", None),
        (general.pk, "COMMITTEE", "党委", top.pk),
        (branch.pk, "AREA_BRANCH", "支部", general.pk),
    ]
    then = client.get(PATH, {"day": "2023-06-30", "parent": top.pk}).json()["results"]
    assert [(row["name"], row["start"], row["end"]) for row in then] == [("总支", "2020-01-01", "2023-07-01")]
    assert client.get(PATH, {"day": "2019-12-31"}).json()["results"] == []
    assert [row["name"] for row in client.get(PATH, {"kind": "AREA_BRANCH"}).json()["results"]] == ["支部"]
    assert client.get(PATH, {"kind": "COMMUNE"}).status_code == 400
    assert client.get(PATH, {"colour": "red"}).status_code == 400
    one = client.get(f"{PATH}{branch.pk}/").json()
    assert one["secretaries"] == [{"person": leader.pk, "name": "书记", "start": "2020-01-01"}]
    assert (one["unit"], one["estates"], one["below"], one["households"]) == (community.code, [estate.code], 0, 0)
    assert client.post(PATH, {}).status_code == 405
    other = program(units["340181002001"], "other")
    assert other.get(PATH).json()["results"] == []
    assert other.get(f"{PATH}{branch.pk}/").status_code == 404
    assert other.get(PATH, {"unit": "340181002"}).status_code == 400
    own = program(community, "own")
    assert [row["name"] for row in own.get(PATH, {"unit": community.code}).json()["results"]] == ["党委", "支部"]
