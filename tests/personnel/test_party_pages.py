"""The pages of party organisations: what they show, every act by a form, and what a wrong form answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create
from personnel.models import PartyForm, PartyHousehold, PartyOrganization, Person
from personnel.services import party_open, tenure_start
from tests.records import write

Hire = Callable[..., Person]
STREET, COMMUNITY = "340181002", "340181002008"
DAY = date(2020, 1, 1)


@pytest.fixture
def page(units: dict[str, Unit]) -> Client:
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def estate(units: dict[str, Unit]) -> Unit:
    return unit_create(actor=None, code="", name="一小区", kind="ESTATE", parent=units[COMMUNITY], valid_from=DAY)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.requirement("QY-16")
def test_a_tree_is_built_in_the_pages(page: Client, units: dict[str, Unit], estate: Unit, hire: Hire) -> None:
    parent = ""
    for unit, kind, name in (
        (units[STREET], "STREET_COMMITTEE", "亚父街道党工委"),
        (units[COMMUNITY], "GENERAL_BRANCH", "旗山党总支"),
        (estate, "AREA_BRANCH", "一小区党支部"),
        (estate, "BUILDING_GROUP", "一号楼党小组"),
    ):
        path = f"/units/{unit.pk}/party/"
        form = {"kind": kind, "name": name, "parent": parent, "day": "2021.7.1", "document": "巢组〔2021〕1号"}
        refused = page.post(path, form | {"day": "夏天"})
        assert refused.status_code == 422
        assert f'value="{name}"' in text(refused)  # nothing that was typed is lost
        answer = page.post(path, form)
        assert answer.status_code == 302, text(answer)
        parent = answer["Location"].strip("/").split("/")[-1]
    group = f"/party/{parent}/"
    worker = hire("网格员", title="GRID_WORKER", category="GRID_WORKER")
    write(worker, identity_number="340181199005010024")
    house = {
        "act": "household",
        "household-kind": "CONTACT",
        "household-name": "1号楼101",
        "household-day": "2022-01-01",
    }
    wrong = page.post(group, house | {"household-person": "340181199005010040"})
    assert (wrong.status_code, "person" in wrong.context["errors"][0].errors) == (422, True)
    assert page.post(group, house).status_code == 422  # nobody answers for it
    assert page.post(group, house | {"household-person": "340181199005010024"}).status_code == 302
    assert PartyHousehold.objects.get().person == worker
    shown = text(page.get(f"/units/{units[STREET].pk}/party/"))
    names = ["亚父街道党工委", "旗山党总支", "一小区党支部", "一号楼党小组"]
    places = [shown.index(f">{name}<") for name in names]
    assert places == sorted(places)
    assert [f"depth-{n}" in shown for n in range(4)] == [True] * 4
    assert "网格员" in text(page.get(group))
    assert "<dt>party group of a building</dt>" in text(
        page.get(f"/units/{estate.pk}/", headers={"Accept-Language": "en"})
    )


def test_every_act_has_a_form(page: Client, units: dict[str, Unit], estate: Unit) -> None:
    top = party_open(actor=None, kind="STREET_COMMITTEE", name="党工委", unit=units[STREET], parent=None, day=DAY)
    general = party_open(actor=None, kind="GENERAL_BRANCH", name="总支", unit=units[COMMUNITY], parent=top, day=DAY)
    branch = party_open(actor=None, kind="AREA_BRANCH", name="支部", unit=estate, parent=general, day=DAY)
    path = f"/party/{branch.pk}/"
    acts: tuple[dict[str, str], ...] = (
        {"act": "rename", "rename-name": "一小区党支部", "rename-day": "2022-01-01"},
        {"act": "move", "move-parent": str(top.pk), "move-day": "2023-01-01"},
        {"act": "areas", "areas-units": estate.code, "areas-day": "2023-01-01"},
        {
            "act": "household", "household-kind": "MEMBERS", "household-name": "101", "household-responsible": "老党员",
            "household-day": "2023-01-01",
        },
    )  # fmt: skip
    for form in acts:
        answer = page.post(path, form)
        assert answer.status_code == 302, (form, text(answer))
    assert [one.name for one in page.get(path).context["page"].forms] == ["一小区党支部", "一小区党支部", "支部"]
    refused = page.post(path, {"act": "close", "close-day": "2024-01-01"})
    assert refused.status_code == 422  # a household is still with it
    household = PartyHousehold.objects.get()
    leave = {"act": "household-end", "household-end-household": str(household.pk), "household-end-day": "2024-01-01"}
    assert page.post(path, leave | {"household-end-household": "987654321"}).status_code == 404
    assert page.post(path, leave).status_code == 302
    assert page.post(path, {"act": "close", "close-day": "2024-01-01"}).status_code == 302
    assert PartyOrganization.objects.get(pk=branch.pk).end == date(2024, 1, 1)
    taken = {"kind": "BRANCH", "name": "另一个", "parent": str(top.pk), "day": "2022-01-01", "document": ""}
    assert page.post(f"/units/{units[COMMUNITY].pk}/party/", taken).status_code == 409


def test_who_may_only_look_gets_no_form(page: Client, units: dict[str, Unit]) -> None:
    top = party_open(actor=None, kind="STREET_COMMITTEE", name="党工委", unit=units[STREET], parent=None, day=DAY)
    looker = User.objects.create(username="looker", display_name="审批")
    grant_give(actor=None, user=looker, unit=units[STREET], role=Role.STREET_APPROVER)
    client = Client()
    client.force_login(looker)
    for path, form in (
        (f"/units/{units[STREET].pk}/party/", {"kind": "STREET_COMMITTEE", "name": "x", "day": "2022-01-01"}),
        (f"/party/{top.pk}/", {"act": "rename", "rename-name": "x", "rename-day": "2022-01-01"}),
    ):
        assert page.get(path).status_code == client.get(path).status_code == 200
        assert 'method="post" novalidate' in text(page.get(path))  # control
        assert 'method="post" novalidate' not in text(client.get(path))
        assert client.post(path, form).status_code == 403
    assert PartyForm.objects.get().name == "党工委"


@pytest.mark.requirement("CH-05")
def test_the_ratio_stands_beside_its_definition(page: Client, units: dict[str, Unit], hire: Hire) -> None:
    both, one = hire("甲", title=None), hire("乙", title=None)
    for person, title in ((both, "PARTY_SECRETARY"), (both, "COMMITTEE_DIRECTOR"), (one, "COMMITTEE_MEMBER")):
        tenure_start(actor=None, person=person, unit=units[COMMUNITY], title=title, start=DAY)
    answer = page.get(f"/units/{units[STREET].pk}/party/", headers={"Accept-Language": "en"})
    found = [(one.definition, str(one.ratio)) for one in answer.context["ratios"]]
    assert found == [("OF_MEMBERS", "50.0"), ("OF_PARTY", "100.0"), ("OF_COMMITTEE", "50.0")]
    shown = text(answer)
    assert all(part in shown for part in ("1 / 2", "50.0", "/ people in either", "/ members of party organisations"))
    before = page.get(f"/units/{units[STREET].pk}/party/?day=2019-12-31")
    assert before.context["ratios"] == []
