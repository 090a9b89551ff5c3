"""Pages of units: the tree of a day, a unit, and changes in two steps, of which the first does nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry
from organization.models import Role, Unit, UnitFact, UnitKind, UnitSuccession, User
from organization.services import fact_enter, grant_give, unit_create, unit_move, unit_rename, user_create
from tests.organization.test_reshaping import grids, hire

DAY = date(2026, 7, 1)


def login(role: Role, unit: Unit) -> Client:
    user: User = user_create(actor=None, username=role.lower(), display_name=role)[0]
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_give(actor=None, user=user, unit=unit, role=role)
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def officer(tree: dict[str, Unit]) -> Client:
    return login(Role.ORG_OFFICER, tree["340181"])


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_tree_opens_by_links_and_shows_ones_own_part_alone(officer: Client, tree: dict[str, Unit]) -> None:
    shown = text(officer.get("/units/"))
    assert "巢湖市" in shown
    assert "亚父街道" in shown
    assert "旗山社区" not in shown
    assert "肥东县" not in shown
    street = tree["340181002"].pk
    assert f'href="?open={street}"' in shown
    opened = text(officer.get(f"/units/?open={street}"))
    assert "旗山社区" in opened
    assert "北大街社区" not in opened
    assert 'href="?open="' in opened


def test_the_tree_is_that_of_the_day(officer: Client, tree: dict[str, Unit]) -> None:
    unit_rename(actor=None, unit=tree["340181002"], name="亚父新街道", day=DAY)
    before, after = text(officer.get("/units/?day=2026-06-30")), text(officer.get("/units/?day=2026.7.1"))
    assert "亚父街道" in before
    assert "亚父新街道" not in before
    assert "亚父新街道" in after
    assert "亚父街道" not in after
    assert "is no day" in text(officer.get("/units/?day=x"))
    assert "No unit of yours held on this day" in text(officer.get("/units/?day=1999-01-01"))


@pytest.mark.parametrize("typed", ["x", "1.x", "9" * 30, "-1", "1..2", "²"])
def test_any_address_of_the_tree_is_answered(officer: Client, typed: str) -> None:
    assert officer.get("/units/", {"open": typed}).status_code == 200


@pytest.mark.requirement("CH-01")
def test_a_unit_shows_its_counts_numbers_posts_and_history(officer: Client, tree: dict[str, Unit]) -> None:
    community = tree["340181002008"]
    hire("张三", community, "PARTY_SECRETARY")
    hire("李四", grids(community, 1)[0])
    fact_enter(actor=None, unit=community, key="residents", day=date(2025, 12, 31), value="6200", source="统计年报")
    unit_create(
        actor=None, code="", name="锦绣小区", kind=UnitKind.ESTATE, parent=community, valid_from=date(2021, 1, 1)
    )
    moved = unit_move(actor=None, unit=community, parent=tree["340181003"], day=DAY, document="民〔2026〕3号")
    page = text(officer.get(f"/units/{community.pk}/"))
    assert '<dt>People here and below</dt><dd class="tabular">2</dd>' in page
    assert '<dt>People here</dt><dd class="tabular">1</dd>' in page
    assert '<dt>Grid</dt><dd class="tabular">1</dd>' in page
    assert '<dt>Residential estate</dt><dd class="tabular">1</dd>' in page
    assert "Residents&#x27; community" in page
    for word in ("卧牛山街道", "6200", "统计年报", "民〔2026〕3号", "张三", "锦绣小区"):
        assert word in page, word
    county = text(officer.get(f"/units/{tree['340181'].pk}/"))
    assert '<dt>Subdistrict</dt><dd class="tabular">2</dd>' in county
    # As of the day before it is where it was, with the way to what it became.
    past = officer.get(f"/units/{moved.pk}/?day=2026-06-30")
    assert past.context["unit"] == community
    assert past.context["page"].steps[0].other == moved


def test_who_may_not_see_people_sees_no_people(tree: dict[str, Unit]) -> None:
    hire("张三", tree["340181002008"], "PARTY_SECRETARY")
    admin = login(Role.SYSTEM_ADMIN, tree["340181"])
    page = text(admin.get(f"/units/{tree['340181002008'].pk}/"))
    assert "张三" not in page
    assert "People here" not in page
    assert "Rename" in page


def test_a_clerk_sees_no_way_to_change(tree: dict[str, Unit]) -> None:
    clerk = login(Role.STREET_CLERK, tree["340181002"])
    page = text(clerk.get(f"/units/{tree['340181002008'].pk}/"))
    assert "Rename" not in page
    assert clerk.get(f"/units/{tree['340181002008'].pk}/rename/").status_code == 403
    assert clerk.get(f"/units/{tree['340181003'].pk}/").status_code == 404


def test_a_new_grid(officer: Client, tree: dict[str, Unit]) -> None:
    path = f"/units/{tree['340181002008'].pk}/new/"
    answer = officer.post(path, {"kind": "GRID", "name": "一号网格", "valid_from": "2026.1.1"})
    made = Unit.objects.get(name="一号网格")
    assert answer["Location"] == f"/units/{made.pk}/"
    assert made.code == "340181002008001"
    wrong = officer.post(path, {"kind": "GRID", "name": "二号", "code": "12", "valid_from": "31.12."})
    assert wrong.status_code == 422
    assert "is no day" in text(wrong)


def move_data(tree: dict[str, Unit], **more: str) -> dict[str, str]:
    return {"parent": tree["340181003"].code, "day": "2026-07-01", "document": "民〔2026〕3号", "code": ""} | more


def test_a_move_asks_first_and_says_whom_it_concerns(officer: Client, tree: dict[str, Unit]) -> None:
    community = tree["340181002008"]
    for name in ("张三", "李四", "王五"):
        hire(name, community)
    grids(community, 2)
    path = f"/units/{community.pk}/move/"
    asked = text(officer.post(path, move_data(tree)))
    assert "This concerns 3 people." in asked
    assert "3 units change." in asked  # the community and two grids
    assert "卧牛山街道" in asked
    assert not UnitSuccession.objects.exists()
    done = officer.post(path, move_data(tree, confirm="1"))
    moved = UnitSuccession.objects.get().after
    assert done["Location"] == f"/units/{moved.pk}/"
    assert moved.parent == tree["340181003"]


def test_what_is_wrong_is_said_before_the_confirmation(officer: Client, tree: dict[str, Unit]) -> None:
    answer = officer.post(f"/units/{tree['340181002008'].pk}/move/", move_data(tree, day="2020-01-01"))
    assert answer.status_code == 422
    assert "holds from 2020-01-01" in text(answer)


def test_a_merge_by_its_page(officer: Client, tree: dict[str, Unit]) -> None:
    one, two, three = grids(tree["340181002008"], 3)
    hire("张三", two)
    path = f"/units/{one.pk}/merge/"
    data = {"units": [str(two.pk)], "into": "", "name": "合并网格", "code": "", "day": "2026-07-01", "document": ""}
    assert "This concerns 1 person." in text(officer.post(path, data))
    officer.post(path, data | {"confirm": "1"})
    merged = Unit.objects.get(name="合并网格")
    assert set(UnitSuccession.objects.values_list("before", "after")) == {(one.pk, merged.pk), (two.pk, merged.pk)}
    three.refresh_from_db()
    assert three.valid_to is None


def test_a_split_a_rename_a_new_form_and_an_end_by_their_pages(officer: Client, tree: dict[str, Unit]) -> None:
    unit = tree["340181002008"]
    officer.post(
        f"/units/{unit.pk}/split/",
        {"parts": "旗山东社区，340181002041\n旗山西社区,340181002042", "day": "2026-07-01", "confirm": "1"},
    )
    east, west = Unit.objects.get(name="旗山东社区"), Unit.objects.get(name="旗山西社区")
    officer.post(f"/units/{east.pk}/rename/", {"name": "东山社区", "day": "2026-08-01", "confirm": "1"})
    assert Unit.objects.get(name="东山社区").code == "340181002041"
    officer.post(f"/units/{tree['340181003'].pk}/upgrade/", {"code": "340181105", "day": "2026-08-01", "confirm": "1"})
    assert Unit.objects.get(code="340181105000").name == "卧牛山街道"
    officer.post(f"/units/{west.pk}/close/", {"day": "2026-08-01", "confirm": "1"})
    west.refresh_from_db()
    assert west.valid_to == date(2026, 8, 1)


def test_numbers_are_entered_one_after_the_other(officer: Client, tree: dict[str, Unit]) -> None:
    path = f"/units/{tree['340181002008'].pk}/facts/"
    answer = officer.post(path, {"key": "households", "value": "2,100", "day": "2025-12-31", "source": "年报"})
    assert answer["Location"] == f"{path}?day=2025-12-31&source=%E5%B9%B4%E6%8A%A5"
    assert UnitFact.objects.get().value == "2100"
    again = officer.get(answer["Location"])
    assert 'value="2025-12-31"' in text(again)
    wrong = officer.post(path, {"key": "households", "value": "viele", "day": "2025-12-31", "source": "年报"})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["value"] == ["Households is a whole number, not “viele”."]


def test_what_was_typed_wrong_is_put_right_with_why(officer: Client, tree: dict[str, Unit]) -> None:
    unit = tree["340181002"]
    path = f"/units/{unit.pk}/correct/"
    assert f'href="{path}"' in text(officer.get(f"/units/{unit.pk}/"))
    begun = unit.valid_from.isoformat()
    sent = {"name": "亚夫街道", "name_en": "", "code": unit.short_code, "kind": "STREET", "valid_from": begun}
    answer = officer.post(path, sent)
    assert answer.status_code == 422
    unit.refresh_from_db()
    assert unit.name == "亚父街道"
    answer = officer.post(path, sent | {"reason": "typed by ear", "document": "民〔1999〕3号"})
    assert answer.status_code == 302
    unit.refresh_from_db()
    assert (unit.name, UnitSuccession.objects.count(), Unit.objects.filter(code=unit.code).count()) == (
        "亚夫街道",
        0,
        1,
    )
    entry = AuditEntry.objects.get(action="organization.unit.correct")
    assert (entry.before["name"], entry.after["reason"], entry.after["document"]) == (
        "亚父街道", "typed by ear", "民〔1999〕3号",
    )  # fmt: skip
    again = officer.post(path, sent | {"reason": "x"})
    assert "on record like this already" in text(again)


def test_a_code_is_put_right_while_nothing_hangs_on_it(officer: Client, tree: dict[str, Unit]) -> None:
    community = tree["340181002008"]
    unit = unit_create(
        actor=None, code="340181002008901", name="一网格", kind="GRID", parent=community, valid_from=date(2020, 1, 1)
    )
    fact_enter(actor=None, unit=unit, key="residents", value="400", day=date(2025, 12, 31), source="台账")
    path, reason = f"/units/{unit.pk}/correct/", {"reason": "read wrongly", "valid_from": "2020-01-01"}
    sent = reason | {"name": "一网格", "name_en": "", "kind": "ESTATE", "code": "340181002008902"}
    assert officer.post(path, sent).status_code == 302
    unit.refresh_from_db()
    assert (unit.code, unit.kind, unit.path) == ("340181002008902", "ESTATE", f"{community.path}340181002008902/")
    assert officer.post(path, sent | {"code": "3401"}).status_code == 422
    hire("甲", unit)
    answer = officer.post(path, sent | {"code": "340181002008903"})
    assert "hang on 一网格 by its code" in text(answer)
    unit.refresh_from_db()
    assert unit.code == "340181002008902"


def test_a_street_with_communities_keeps_its_code(officer: Client, tree: dict[str, Unit]) -> None:
    unit = tree["340181002"]
    sent = {"name": unit.name, "name_en": "", "kind": "STREET", "valid_from": "2000-01-01", "reason": "x"}
    answer = officer.post(f"/units/{unit.pk}/correct/", sent | {"code": "340181009"})
    assert "by its code" in text(answer)
    assert Unit.objects.get(pk=unit.pk).path == unit.path
