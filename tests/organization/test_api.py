"""Units for programs: as of a day, within the caller's grants, with their numbers."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from organization.models import Role, Unit
from organization.services import fact_enter, grant_give, token_give, unit_move, unit_rename, user_create


@pytest.fixture
def program(tree: dict[str, Unit]) -> Client:
    user = user_create(actor=None, username="program", display_name="接口程序")[0]
    grant_give(actor=None, user=user, unit=tree["340181"], role=Role.REST_CLIENT)
    token = token_give(actor=None, user=user, label="tests")[1]
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_the_list_is_in_the_order_of_the_tree_and_of_ones_own_units(program: Client) -> None:
    answer = program.get("/api/v1/units/").json()
    assert [row["name"] for row in answer["results"]] == [
        "巢湖市", "亚父街道", "裕溪河畔社区", "旗山社区", "卧牛山街道", "北大街社区",
    ]  # fmt: skip
    page = program.get("/api/v1/units/?limit=4").json()
    rest = program.get(page["next"]).json()
    assert [row["name"] for row in rest["results"]] == ["卧牛山街道", "北大街社区"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("kind=STREET", ["340181002000", "340181003000"]),
        ("parent=340181002", ["340181002001", "340181002008"]),
        ("kind=GRID", []),
        ("day=1999-01-01", []),
    ],
)
def test_filters(program: Client, query: str, codes: list[str]) -> None:
    assert [row["code"] for row in program.get(f"/api/v1/units/?{query}").json()["results"]] == codes


@pytest.mark.parametrize("query", ["kind=TOWN", "day=x", "parents=1"])
def test_what_nobody_understands_is_refused(program: Client, query: str) -> None:
    assert program.get(f"/api/v1/units/?{query}").status_code == 400


def test_one_unit_by_its_code_on_a_day(program: Client, tree: dict[str, Unit]) -> None:
    unit = tree["340181002008"]
    for year, value in ((2024, "6000"), (2025, "6200")):
        fact_enter(actor=None, unit=unit, key="residents", day=date(year, 12, 31), value=value, source="年报")
    renamed = unit_rename(actor=None, unit=unit, name="旗山北社区", day=date(2026, 5, 1))
    moved = unit_move(actor=None, unit=renamed, parent=tree["340181003"], day=date(2026, 7, 1))
    assert program.get("/api/v1/units/340181002008/").json() == {
        "id": moved.pk, "code": "340181002008", "name": "旗山北社区", "name_en": "", "kind": "COMMUNITY",
        "form": "RESIDENTS", "parent": "340181003000",
        "path": ["340000000000", "340100000000", "340181000000", "340181003000", "340181002008"],
        "valid_from": "2026-07-01", "valid_to": None,
        "facts": {"residents": {"value": "6200", "day": "2025-12-31", "source": "年报"}},
    }  # fmt: skip
    past = program.get("/api/v1/units/340181002008/?day=2025-06-30").json()
    assert (past["id"], past["name"], past["parent"]) == (unit.pk, "旗山社区", "340181002000")
    assert past["facts"]["residents"]["value"] == "6000"
    assert program.get("/api/v1/units/340181/").json()["parent"] == "340100000000"
    for missing in ("340122", "999999", "340181002008/?day=1999-01-01".rstrip("/")):
        assert program.get(f"/api/v1/units/{missing}/" if "?" not in missing else f"/api/v1/units/{missing}").status_code == 404  # fmt: skip
