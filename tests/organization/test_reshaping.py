"""Units that move, change their form, merge and split: what goes along, what stays, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry, RunState
from organization.access import may, scope_for, units_for
from organization.models import (
    Grant,
    Permission,
    Role,
    SuccessionKind,
    Unit,
    UnitFact,
    UnitKind,
    UnitSuccession,
    User,
    units_on,
)
from organization.selectors import unit_children, unit_for_system
from organization.selectors.above import above
from organization.services import (
    Part,
    grant_give,
    unit_close,
    unit_create,
    unit_move,
    unit_rename,
    unit_split,
    unit_upgrade,
    units_merge,
    user_create,
)
from payroll.models import PayRun, PaySlip
from personnel.models import Employment, Person, Post, Tenure
from personnel.services import employment_start, person_create, tenure_start

DAY = date(2026, 7, 1)


@pytest.fixture
def worker(tree: dict[str, Unit]) -> Person:
    """Somebody who has worked in the community 旗山 since 2020, and is its party secretary."""
    return hire("张三", tree["340181002008"], "PARTY_SECRETARY")


def hire(name: str, unit: Unit, title: str = "STAFF") -> Person:
    person = person_create(actor=None, unit=unit, name=name, birth_date=date(1990, 1, 1), sex="MALE")
    employment_start(actor=None, person=person, unit=unit, category="COMMUNITY_WORKER", start=date(2020, 1, 1))
    tenure_start(actor=None, person=person, unit=unit, title=title, start=date(2020, 1, 1))
    return person


def role(name: str, role: Role, unit: Unit) -> User:
    user = user_create(actor=None, username=name, display_name=name)[0]
    grant_give(actor=None, user=user, unit=unit, role=role)
    return user


def grids(community: Unit, number: int) -> list[Unit]:
    return [
        unit_create(
            actor=None, code="", name=f"第{n}网格", kind=UnitKind.GRID, parent=community, valid_from=date(2020, 1, 1)
        )
        for n in range(1, number + 1)
    ]


# -- The figure of Songling -------------------------------------------------------------------------------------------


@pytest.mark.requirement("SL-02")
def test_85_grids_become_24_and_keep_their_history(tree: dict[str, Unit]) -> None:
    """85 = 13 times 4 and 11 times 3: 13 x 4 + 11 x 3 = 52 + 33."""
    community = tree["340181002008"]
    old = grids(community, 85)
    people = [hire(f"网格员{n}", grid) for n, grid in enumerate(old)]
    sizes = [4] * 13 + [3] * 11
    assert (sum(sizes), len(sizes)) == (85, 24)
    merged, begin = [], 0
    for n, size in enumerate(sizes, start=1):
        merged.append(
            units_merge(
                actor=None, units=old[begin : begin + size], day=DAY, name=f"新{n}网格", document="松网格〔2026〕1号"
            )
        )
        begin += size
    on = Unit.objects.filter(kind=UnitKind.GRID)
    assert on.filter(units_on(date(2026, 6, 30))).count() == 85
    assert on.filter(units_on(DAY)).count() == 24
    assert set(on.filter(units_on(DAY))) == set(merged)
    # Each of the 85 tells what became of it, when and by which document; each of the 24 what it was made of.
    rows = UnitSuccession.objects.all()
    assert rows.count() == 85
    assert set(rows.values_list("kind", "day", "document")) == {(SuccessionKind.MERGE, DAY, "松网格〔2026〕1号")}
    assert sorted(rows.values_list("before_id", flat=True)) == sorted(grid.pk for grid in old)
    assert [rows.filter(after=unit).count() for unit in merged] == sizes
    # No code is given twice: 24 new ones after the 85.
    assert sorted(unit.code[-3:] for unit in merged) == [f"{n:03}" for n in range(86, 110)]
    # Who worked in the 85 works in the 24, each in the one that theirs became.
    where = dict(Employment.objects.values_list("person_id", "unit_id"))
    begin = 0
    for unit, size in zip(merged, sizes, strict=True):
        assert [where[person.pk] for person in people[begin : begin + size]] == [unit.pk] * size
        begin += size
    assert set(Employment.objects.values_list("unit_path", flat=True)) == {unit.path for unit in merged}
    assert AuditEntry.objects.filter(action="organization.unit.merge").count() == 24


# -- Moves ------------------------------------------------------------------------------------------------------------


def test_a_move_takes_people_posts_grants_and_facts_along(tree: dict[str, Unit], worker: Person) -> None:
    unit, parent = tree["340181002008"], tree["340181003"]
    grid = grids(unit, 1)[0]
    below = hire("李四", grid)
    UnitFact.objects.create(unit=unit, key="residents", day=date(2025, 1, 1), value="4000", source="统计年报")
    clerk = role("clerk", Role.STREET_CLERK, unit)
    moved = unit_move(actor=None, unit=unit, parent=parent, day=DAY, document="民〔2026〕3号")
    assert moved.path == "34/3401/340181/340181003/340181002008/"
    assert (moved.valid_from, moved.valid_to, moved.code) == (DAY, None, unit.code)
    new_grid = unit_for_system(grid.code)
    assert new_grid.path == moved.path + grid.code + "/"
    assert set(Employment.objects.values_list("person_id", "unit_id", "unit_path")) == {
        (worker.pk, moved.pk, moved.path),
        (below.pk, new_grid.pk, new_grid.path),
    }
    assert Tenure.objects.get(person=worker).post.unit == moved
    assert UnitFact.objects.get().unit == moved
    assert Grant.objects.get(user=clerk).unit == moved
    assert may(clerk, Permission.CHANGE_PEOPLE, moved)
    assert may(clerk, Permission.CHANGE_PEOPLE, new_grid)
    assert list(units_for(clerk, Permission.CHANGE_PEOPLE)) == [moved]
    # As of the day before, the tree is as it was.
    officer = role("officer", Role.ORG_OFFICER, tree["340181"])
    before, after = date(2026, 6, 30), DAY
    assert unit in unit_children(user=officer, unit=tree["340181002"], day=before)
    assert moved not in unit_children(user=officer, unit=parent, day=before)
    assert unit not in unit_children(user=officer, unit=tree["340181002"], day=after)
    assert moved in unit_children(user=officer, unit=parent, day=after)
    succession = UnitSuccession.objects.get()
    assert (succession.before, succession.after, succession.kind, succession.day, succession.document) == (
        unit, moved, "MOVE", DAY, "民〔2026〕3号",
    )  # fmt: skip


def test_rights_go_with_the_unit_and_end_for_its_former_street(tree: dict[str, Unit], worker: Person) -> None:
    unit = tree["340181002008"]
    former = role("former", Role.STREET_CLERK, tree["340181002"])
    new = role("new", Role.STREET_CLERK, tree["340181003"])
    employment = Employment.objects.get()
    assert scope_for(former, Permission.CHANGE_PEOPLE).covers(employment.unit_path)
    assert not scope_for(new, Permission.CHANGE_PEOPLE).covers(employment.unit_path)
    unit_move(actor=None, unit=unit, parent=tree["340181003"], day=DAY)
    employment.refresh_from_db()
    assert not scope_for(former, Permission.CHANGE_PEOPLE).covers(employment.unit_path)
    assert scope_for(new, Permission.CHANGE_PEOPLE).covers(employment.unit_path)


def test_what_has_ended_stays_where_it_was(tree: dict[str, Unit], worker: Person) -> None:
    unit = tree["340181002008"]
    Employment.objects.filter(person=worker).update(end=date(2026, 6, 30), end_reason="RESIGNED")
    Tenure.objects.filter(person=worker).update(end=date(2026, 6, 30))
    unit_move(actor=None, unit=unit, parent=tree["340181003"], day=DAY)
    employment = Employment.objects.get()
    assert (employment.unit, employment.unit_path) == (unit, unit.path)
    assert Tenure.objects.get().post.unit == unit


def test_without_its_follower_a_move_would_leave_people_behind(
    tree: dict[str, Unit], worker: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the tests above."""
    monkeypatch.setattr(above, "follows", {})
    unit_move(actor=None, unit=tree["340181002008"], parent=tree["340181003"], day=DAY)
    assert Employment.objects.get().unit_path == "34/3401/340181/340181002/340181002008/"


def test_what_is_sealed_keeps_its_old_place(tree: dict[str, Unit], worker: Person) -> None:
    unit = tree["340181002008"]
    clerk = role("clerk", Role.FINANCE, unit)
    user = role("starter", Role.ORG_OFFICER, tree["340181"])
    finance = role("finance", Role.FINANCE, tree["340181"])
    run = PayRun.objects.create(
        unit=unit, unit_path=unit.path, month=date(2026, 6, 1), kind=1, started_by=user, state=RunState.SEALED,
        confirmed_by=finance, fingerprint="f", known_on=DAY, policies=[], lines=[], inputs={},
    )  # fmt: skip
    unit_move(actor=None, unit=unit, parent=tree["340181003"], day=DAY)
    run.refresh_from_db()
    assert (run.unit, run.unit_path) == (unit, unit.path)
    # The unit's own finance clerk still reads it; the street it now belongs to does not.
    assert scope_for(clerk, Permission.VIEW_PAY).covers(run.unit_path)
    other = role("other", Role.FINANCE, tree["340181003"])
    assert not scope_for(other, Permission.VIEW_PAY).covers(run.unit_path)
    assert not PaySlip.objects.exists()


@pytest.mark.parametrize(
    ("place", "state", "stands"),
    [
        ("340181002008", RunState.READY, True),
        ("340181002", RunState.RUNNING, True),  # above its old place
        ("340181003", RunState.READY, True),  # above its new place
        ("340181", RunState.READY, True),  # above both
        ("340181003001", RunState.READY, False),  # beside its new place
        ("340181002001", RunState.READY, False),  # beside its old place
        ("340181002", RunState.SEALED, False),
        ("340181002", RunState.CANCELLED, False),
    ],
)
def test_an_open_run_stands_in_the_way(tree: dict[str, Unit], place: str, state: RunState, stands: bool) -> None:
    user, finance = role("starter", Role.ORG_OFFICER, tree["340181"]), role("f", Role.FINANCE, tree["340181"])
    PayRun.objects.create(
        unit=tree[place], unit_path=tree[place].path, month=date(2026, 6, 1), kind=1, started_by=user, state=state,
        confirmed_by=finance, fingerprint="f", known_on=DAY, policies=[], lines=[], inputs={},
    )  # fmt: skip
    move = {"actor": None, "unit": tree["340181002008"], "parent": tree["340181003"], "day": DAY}
    if stands:
        with pytest.raises(Conflict, match="2026-06 is open"):
            unit_move(**move)
        assert not UnitSuccession.objects.exists()
    else:
        unit_move(**move)


def test_a_move_with_a_new_code_and_a_later_rename_are_one_unit(tree: dict[str, Unit], worker: Person) -> None:
    clerk = role("clerk", Role.STREET_CLERK, tree["340181002008"])
    moved = unit_move(actor=None, unit=tree["340181002008"], parent=tree["340181003"], day=DAY, code="340181003008")
    renamed = unit_rename(actor=None, unit=moved, name="旗山新村社区", day=date(2026, 8, 1))
    assert moved.path == "34/3401/340181/340181003/340181003008/"
    assert set(Unit.objects.filter(lineage=tree["340181002008"].pk)) == {tree["340181002008"], moved, renamed}
    assert Employment.objects.get().unit == renamed
    assert list(units_for(clerk, Permission.CHANGE_PEOPLE)) == [renamed]
    assert list(UnitSuccession.objects.order_by("day").values_list("kind", flat=True)) == ["MOVE", "RENAME"]


def test_the_old_place_of_a_unit_goes_to_no_other(tree: dict[str, Unit]) -> None:
    """Its grants still reach the old place, where sealed rows lie: nobody else's people may appear there."""
    unit_move(actor=None, unit=tree["340181002008"], parent=tree["340181003"], day=DAY, code="340181003008")
    with pytest.raises(Refused, match="belonged to 旗山社区"):
        unit_create(
            actor=None, code="340181002008", name="别的社区", kind=UnitKind.COMMUNITY, parent=tree["340181002"],
            valid_from=DAY,
        )  # fmt: skip


def test_all_that_is_wrong_with_a_move_is_said_at_once(tree: dict[str, Unit]) -> None:
    tomorrow = date(timezone.localdate().year + 1, 1, 1)
    with pytest.raises(Refused) as refused:
        unit_move(actor=None, unit=tree["340181002"], parent=tree["340181002008"], day=tomorrow)
    said = str(refused.value)
    assert "can't become a part of itself" in said
    assert "their kinds don't follow each other" in said
    assert "is still to come" in said


@pytest.mark.parametrize(
    ("day", "message"),
    [(date(2020, 1, 1), "holds from 2020-01-01"), (date(2026, 7, 1), "is part of 亚父街道 already")],
)
def test_a_move_needs_a_day_and_another_place(tree: dict[str, Unit], day: date, message: str) -> None:
    with pytest.raises(Refused, match=message):
        unit_move(actor=None, unit=tree["340181002008"], parent=tree["340181002"], day=day)


def test_a_day_before_something_that_is_written_down_is_refused(tree: dict[str, Unit]) -> None:
    unit_rename(actor=None, unit=tree["340181002008"], name="旗山北社区", day=DAY)
    with pytest.raises(Refused, match="旗山北社区 is written down from 2026-07-01 on"):
        unit_move(actor=None, unit=tree["340181002"], parent=tree["340122"], day=date(2026, 6, 1), code="340122002")


# -- Upgrades, merges, splits -----------------------------------------------------------------------------------------


def test_a_town_becomes_a_street_with_a_new_code(tree: dict[str, Unit], worker: Person) -> None:
    street = unit_upgrade(
        actor=None, unit=tree["340181002"], day=DAY, code="340181004", name="亚父新街道", document="皖民〔2026〕1号"
    )
    assert (street.path, street.name, street.parent) == ("34/3401/340181/340181004/", "亚父新街道", tree["340181"])
    community = unit_for_system("340181002008")
    assert community.path == "34/3401/340181/340181004/340181002008/"
    assert community.parent == street
    assert Employment.objects.get().unit_path == community.path
    assert UnitSuccession.objects.get().kind == SuccessionKind.UPGRADE


def test_a_merge_into_one_that_goes_on(tree: dict[str, Unit], worker: Person) -> None:
    unit, into = tree["340181002008"], tree["340181002001"]
    grid = grids(unit, 1)[0]
    clerk = role("clerk", Role.STREET_CLERK, unit)
    assert units_merge(actor=None, units=[unit, into], into=into, day=DAY) == into
    unit.refresh_from_db()
    into.refresh_from_db()
    assert (unit.valid_to, into.valid_to) == (DAY, None)
    assert Employment.objects.get().unit == into
    assert Post.objects.get(tenures__person=worker).unit == into
    assert unit_for_system(grid.code).path == into.path + grid.code + "/"
    # A right over one part is no right over the whole.
    assert not may(clerk, Permission.CHANGE_PEOPLE, into)


def test_two_secretaries_of_one_unit_are_refused_by_name(tree: dict[str, Unit], worker: Person) -> None:
    hire("王五", tree["340181002001"], "PARTY_SECRETARY")
    with pytest.raises(Refused) as refused:
        units_merge(
            actor=None, units=[tree["340181002008"], tree["340181002001"]], day=DAY, name="旗山河畔社区",
            code="340181002020",
        )  # fmt: skip
    assert "张三（旗山社区）" in str(refused.value)
    assert "王五（裕溪河畔社区）" in str(refused.value)
    tree["340181002008"].refresh_from_db()
    assert tree["340181002008"].valid_to is None


def test_the_same_post_in_two_grids_becomes_one(tree: dict[str, Unit]) -> None:
    one, two = grids(tree["340181002008"], 2)
    person = hire("赵六", one)
    tenure_start(actor=None, person=person, unit=two, title="STAFF", start=date(2021, 1, 1))
    merged = units_merge(actor=None, units=[one, two], day=DAY, name="合并网格")
    rows = Tenure.objects.order_by("start").values_list("start", "end", "post__unit")
    assert list(rows) == [(date(2020, 1, 1), None, merged.pk), (date(2021, 1, 1), DAY, two.pk)]


def test_only_units_of_a_kind_and_a_place_become_one(tree: dict[str, Unit]) -> None:
    grid = grids(tree["340181002008"], 1)[0]
    with pytest.raises(Refused, match="of different kinds"):
        units_merge(actor=None, units=[grid, tree["340181002001"]], day=DAY, name="错")
    with pytest.raises(Refused, match="parts of different units"):
        units_merge(actor=None, units=[tree["340181002008"], tree["340181003001"]], day=DAY, name="错")
    with pytest.raises(Refused, match="at least two"):
        units_merge(actor=None, units=[grid], day=DAY, name="错")


def test_a_split_names_who_goes_where(tree: dict[str, Unit], worker: Person) -> None:
    unit = tree["340181002008"]
    first, second = grids(unit, 2)
    parts = [
        Part("旗山社区", code="340181002008", children=(first.pk,)),
        Part("花园社区", code="340181002030", children=(second.pk,)),
    ]
    east, west = unit_split(actor=None, unit=unit, day=DAY, parts=parts, document="d")
    assert unit_for_system("340181002008", date(2026, 6, 30)) == unit
    assert unit_for_system("340181002008", DAY) == east
    assert Employment.objects.get().unit == east
    assert unit_for_system(first.code).parent == east
    assert unit_for_system(second.code).parent == west
    assert set(UnitSuccession.objects.values_list("before", "after", "kind")) == {
        (unit.pk, east.pk, "SPLIT"),
        (unit.pk, west.pk, "SPLIT"),
    }
    with pytest.raises(Refused, match="at least two"):
        unit_split(actor=None, unit=west, day=date(2026, 8, 1), parts=[Part("x", "340181002031")])


def test_a_rename_takes_along_what_is_open(tree: dict[str, Unit], worker: Person) -> None:
    renamed = unit_rename(actor=None, unit=tree["340181002008"], name="旗山北社区", day=DAY, document="民〔2026〕9号")
    assert Employment.objects.get().unit == renamed
    assert Tenure.objects.get().post.unit == renamed
    assert UnitSuccession.objects.get().document == "民〔2026〕9号"
    with pytest.raises(Refused, match="has this name already"):
        unit_rename(actor=None, unit=renamed, name="旗山北社区", day=date(2026, 8, 1))


def test_a_unit_with_people_is_not_closed(tree: dict[str, Unit], worker: Person) -> None:
    with pytest.raises(Refused, match="1 person still works in 旗山社区"):
        unit_close(actor=None, unit=tree["340181002008"], day=DAY)
    unit_close(actor=None, unit=tree["340181002001"], day=DAY)


# -- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("may_role", [Role.ORG_OFFICER, Role.SYSTEM_ADMIN])
def test_officers_and_system_administrators_may(tree: dict[str, Unit], may_role: Role) -> None:
    actor = role("actor", may_role, tree["340181"])
    unit_move(actor=actor, unit=tree["340181002008"], parent=tree["340181003"], day=DAY)
    assert UnitSuccession.objects.get().recorded_by == actor


@pytest.mark.parametrize("other", [r for r in Role if r not in (Role.ORG_OFFICER, Role.SYSTEM_ADMIN)])
def test_nobody_else_may(tree: dict[str, Unit], other: Role) -> None:
    actor = role("actor", other, tree["340181"])
    with pytest.raises(NotAllowed):
        unit_move(actor=actor, unit=tree["340181002008"], parent=tree["340181003"], day=DAY)


def test_both_places_have_to_be_ones_own(tree: dict[str, Unit]) -> None:
    actor = role("actor", Role.ORG_OFFICER, tree["340181002"])
    with pytest.raises(NotFound):
        unit_move(actor=actor, unit=tree["340181002008"], parent=tree["340181003"], day=DAY)
    with pytest.raises(NotFound):
        units_merge(actor=actor, units=[tree["340181002008"], tree["340181003001"]], day=DAY, name="x")
    with pytest.raises(NotFound):
        unit_upgrade(actor=actor, unit=tree["340181003"], day=DAY, code="340181009")
    with pytest.raises(NotFound):
        unit_split(actor=actor, unit=tree["340181003001"], day=DAY, parts=[Part("a"), Part("b")])


# -- Codes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "parent", "code", "message"),
    [
        ("GRID", "340181002", "340181002008001", "kinds don't follow"),
        ("ESTATE", "340181002008", "340181002001001", "does not begin with the code of 旗山社区"),
        ("ESTATE", "340181002008", "340181002008", "is no code for this kind"),
        ("COMMUNITY", "340181002", "340181002000", "is no code for this kind"),
        ("COMMUNITY", "340181002", "340181003055", "does not begin"),
        ("STREET", "340181", "340181００２", "is no code for this kind"),
        ("VILLAGE", "340181002", "340181002222", "is no kind of unit"),
    ],
)
def test_a_code_fits_its_kind_and_place(tree: dict[str, Unit], kind: str, parent: str, code: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        unit_create(actor=None, code=code, name="x", kind=kind, parent=tree[parent], valid_from=date(2021, 1, 1))


def test_grids_and_estates_get_their_codes_by_themselves(tree: dict[str, Unit]) -> None:
    community = tree["340181002008"]
    grid = grids(community, 1)[0]
    estate = unit_create(
        actor=None, code="", name="锦绣小区", kind=UnitKind.ESTATE, parent=community, valid_from=date(2021, 1, 1)
    )
    assert (grid.code, estate.code) == ("340181002008001", "340181002008002")
