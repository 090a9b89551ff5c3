"""A move of a unit re-scopes people and rights in one transaction, and nobody who writes meanwhile is left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from core.errors import Conflict
from organization.access import scope_for
from organization.models import Grant, Permission, Role, Unit, UnitFact, UnitSuccession, UnitUserObjectPermission, User
from organization.selectors.above import above
from organization.services import fact_enter, unit_move, units_merge
from personnel.models import Employment, Listing, Person, Placement, Post, ResponsibilityArea, Tenure
from personnel.services import employment, section_add, sections, tenure_start
from personnel.services.entry import person_enter
from staffing.models import QuotaAllocation, QuotaPlan
from staffing.services import plan_enter
from tests.organization.test_pages import login, text
from tests.organization.test_reshaping import grids, hire, role
from tests.payroll.test_units import Other

DAY = date(2026, 7, 1)
UNIT, FROM, TO = "340181002008", "340181002", "340181003"
OLD, NEW = "34/3401/340181/340181002/340181002008/", "34/3401/340181/340181003/340181002008/"


class World:
    """A community with a grid, and everything that hangs onto units there."""

    def __init__(self, tree: dict[str, Unit]) -> None:
        self.tree, self.unit = tree, tree[UNIT]
        self.grid = grids(self.unit, 1)[0]
        self.secretary, self.grid_worker = hire("张三", self.unit, "PARTY_SECRETARY"), hire("李四", self.grid)
        self.waiting = Person.objects.create(name="王五", name_pinyin="wang wu", belongs_to=self.unit)
        Placement.objects.create(
            employment=self.secretary.employments.get(), kind="HOME", manager=tree[FROM], work_unit=self.unit,
            start=date(2020, 1, 1),
        )  # fmt: skip
        section_add(
            actor=None, person=self.grid_worker, section="area", values={"unit": self.grid, "start": date(2020, 1, 1)}
        )
        fact_enter(actor=None, unit=self.unit, key="residents", day=date(2025, 12, 31), value="6200", source="年报")
        self.plan = plan_enter(
            actor=None, unit=self.unit, start=date(2026, 1, 1), number=9, document="编〔2026〕1号", issuer="编办",
            level="COUNTY",
        )  # fmt: skip
        self.clerk = role("own-clerk", Role.STREET_CLERK, self.unit)
        self.former, self.new = role("former", Role.STREET_CLERK, tree[FROM]), role("new", Role.STREET_CLERK, tree[TO])

    def places(self) -> dict[str, Any]:
        """Where everything stands, as paths of units."""
        path = Unit.objects.in_bulk
        of = {pk: unit.path for pk, unit in path().items()}
        return {
            "employments": sorted(
                (of[unit], of[employer], kept)
                for unit, employer, kept in Employment.objects.values_list("unit", "employer", "unit_path")
            ),
            "posts": sorted(of[unit] for unit in Tenure.objects.values_list("post__unit", flat=True)),
            "placements": [of[pk] for pk in Placement.objects.values_list("work_unit", flat=True)],
            "areas": [of[pk] for pk in ResponsibilityArea.objects.values_list("unit", flat=True)],
            "listings": sorted(Listing.objects.values_list("unit_path", flat=True)),
            "waiting": [of[pk] for pk in Person.objects.exclude(belongs_to=None).filter(name="王五").values_list("belongs_to", flat=True)],
            "grants": [of[pk] for pk in Grant.objects.filter(user=self.clerk).values_list("unit", flat=True)],
            "guardian": sorted({
                of[pk]
                for pk in UnitUserObjectPermission.objects.filter(user=self.clerk).values_list("content_object", flat=True)
            }),
            "facts": [of[pk] for pk in UnitFact.objects.values_list("unit", flat=True)],
            "plans": [of[pk] for pk in QuotaPlan.objects.values_list("unit", flat=True)],
            "seats": [of[pk] for pk in QuotaAllocation.objects.values_list("unit", flat=True)],
            "newest": sorted(Unit.objects.filter(valid_to=None, code__startswith=UNIT).values_list("path", flat=True)),
        }  # fmt: skip

    def expected(self, path: str) -> dict[str, Any]:
        grid = path + self.grid.code + "/"
        return {
            "employments": [(path, path, path), (grid, grid, grid)],
            "posts": [path, grid],
            "placements": [path],
            "areas": [grid],
            "listings": [path, grid],
            "waiting": [path],
            "grants": [path],
            "guardian": [path],
            "facts": [path],
            "plans": [path],
            "seats": [path],
            "newest": [path, grid],
        }

    def sees(self, user: User) -> list[str]:
        """Whom somebody finds in the list of people."""
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        page = client.get("/people/").content.decode()
        return [name for name in ("张三", "李四") if name in page]


@pytest.fixture
def world(tree: dict[str, Unit]) -> World:
    return World(tree)


@pytest.mark.requirement("CH-01")
def test_everything_goes_along_and_rights_with_it(world: World) -> None:
    assert world.places() == world.expected(OLD)
    assert [world.sees(user) for user in (world.clerk, world.former, world.new)] == [
        ["张三", "李四"],
        ["张三", "李四"],
        [],
    ]
    unit_move(actor=None, unit=world.unit, parent=world.tree[TO], day=DAY, document="民〔2026〕3号")
    assert world.places() == world.expected(NEW)
    assert [world.sees(user) for user in (world.clerk, world.former, world.new)] == [
        ["张三", "李四"],
        [],
        ["张三", "李四"],
    ]
    assert scope_for(world.clerk, Permission.CHANGE_PEOPLE).covers(NEW)
    assert UnitSuccession.objects.get().before.path == OLD


def test_what_fails_last_leaves_all_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: an app that refuses after the others have followed takes everything back."""
    done: list[dict[str, Any]] = []

    def refuse(**_words: Any) -> dict[str, int]:
        done.append(world.places())
        raise Conflict("no")

    monkeypatch.setitem(above.follows, "zz", refuse)
    with pytest.raises(Conflict), transaction.atomic():
        unit_move(actor=None, unit=world.unit, parent=world.tree[TO], day=DAY)
    assert done == [world.expected(NEW)]  # the control: until then everything had followed
    assert world.places() == world.expected(OLD)
    assert not UnitSuccession.objects.exists()


# -- Somebody writes while the unit moves -----------------------------------------------------------------------------


def enter(world: World) -> Any:
    return person_enter(
        actor=None,
        identity={"name": "赵六", "sex": "MALE", "birth_date": date(1991, 2, 3)},
        employment={"unit": world.unit, "category": "COMMUNITY_WORKER", "start": date(2026, 8, 1)},
        post={"title": "STAFF"},
    )


def take_up(world: World) -> Any:
    return tenure_start(
        actor=None,
        person=Person.objects.get(name="钱七"),
        unit=world.unit,
        title="COMMITTEE_MEMBER",
        start=date(2026, 8, 1),
    )


def answer_for(world: World) -> Any:
    values = {"unit": world.unit, "start": date(2026, 8, 1)}
    return section_add(actor=None, person=Person.objects.get(name="钱七"), section="area", values=values)


WRITES: dict[str, tuple[Callable[[World], Any], Callable[[], str]]] = {
    "a person": (enter, lambda: Employment.objects.get(person__name="赵六").unit_path),
    "a post": (take_up, lambda: Post.objects.get(tenures__title="COMMITTEE_MEMBER").unit.path),
    "an area": (answer_for, lambda: ResponsibilityArea.objects.get(person__name="钱七").unit.path),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("held", [True, False])
def test_who_writes_while_the_unit_moves_writes_at_its_new_place(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, held: bool
) -> None:
    """It waits for the move and lands in the new place. Without the lock of the tree it would be left behind."""
    if not held:
        for module in (employment, sections):
            monkeypatch.setattr(module, "hold_tree", lambda: None)
        # The guard of the seats would wait as well, for the plan that moves with the unit.
        monkeypatch.setattr(employment, "take_seat", lambda **_values: [])
    write, place = WRITES[what]
    hire("钱七", world.tree["340181003001"])  # works elsewhere, so that nothing else of the move is in the way
    with transaction.atomic():
        unit_move(actor=None, unit=world.unit, parent=world.tree[TO], day=DAY)
        other = Other(lambda: write(world))
        other.start()
        assert other.waits() == held
    other.join(30)
    assert other.error is None
    assert place() == (NEW if held else OLD)


@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_who_writes_and_takes_it_along(world: World) -> None:
    with transaction.atomic():
        enter(world)
        other = Other(lambda: unit_move(actor=None, unit=world.unit, parent=world.tree[TO], day=DAY))
        other.start()
        assert other.waits()
    other.join(30)
    assert other.error is None
    assert Employment.objects.get(person__name="赵六").unit_path == NEW


# -- As a user sees it ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SL-02")
def test_a_grid_that_ended_and_the_one_it_became_tell_of_each_other(tree: dict[str, Unit]) -> None:
    one, two, three = grids(tree[UNIT], 3)
    hire("张三", one)
    hire("李四", three)
    merged = units_merge(actor=None, units=[one, two], day=DAY, name="新一网格", document="松网格〔2026〕1号")
    officer = login(Role.ORG_OFFICER, tree["340181"])
    ended = text(officer.get(f"/units/{one.pk}/"))
    assert "This unit ended on 2026-07-01" in ended
    assert f'Merged → <a data-i18n-skip href="/units/{merged.pk}/?day=2026-07-01">新一网格</a>' in ended
    assert "松网格〔2026〕1号" in ended
    made = text(officer.get(f"/units/{merged.pk}/"))
    for grid in (one, two):
        assert f'Merged ← <a data-i18n-skip href="/units/{grid.pk}/?day=2026-06-30">{grid.name}</a>' in made
    # The way back leads to the unit as it was on its last day, and there it holds.
    back = text(officer.get(f"/units/{one.pk}/?day=2026-06-30"))
    assert "This unit ended" not in back
    # The tree of the day before has the three, that of the day the two.
    community = Unit.objects.get(code=UNIT).pk
    before = text(officer.get(f"/units/?day=2026-06-30&open={tree[FROM].pk}.{community}"))
    assert ("第1网格" in before, "第3网格" in before, "新一网格" in before) == (True, True, False)
    after = text(officer.get(f"/units/?day=2026-07-01&open={tree[FROM].pk}.{community}"))
    assert ("第1网格" in after, "第3网格" in after, "新一网格" in after) == (False, True, True)


@pytest.mark.requirement("SL-02")
def test_a_list_of_people_of_a_past_day_has_the_unit_of_that_day(tree: dict[str, Unit]) -> None:
    one, two = grids(tree[UNIT], 2)
    hire("张三", one)
    units_merge(actor=None, units=[one, two], day=DAY, name="新一网格")
    officer = login(Role.ORG_OFFICER, tree["340181"])
    past, now = text(officer.get("/people/?day=2026-06-30")), text(officer.get("/people/?day=2026-07-01"))
    assert ("第1网格" in past, "新一网格" in past) == (True, False)
    assert ("第1网格" in now, "新一网格" in now) == (False, True)
    person = Person.objects.get(name="张三")
    record = text(officer.get(f"/people/{person.pk}/?day=2026-06-30"))
    assert "第1网格" in record
