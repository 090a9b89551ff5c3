"""Party organisations: the tree, its days, its counts, what the database refuses, and who may write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, Unit, User
from organization.services import grant_give, unit_create, unit_move, unit_rename, units_merge
from personnel.models import (
    PartyArea,
    PartyForm,
    PartyHousehold,
    PartyOrganization,
    Person,
    ResponsibilityArea,
    RowHistory,
    Tenure,
)
from personnel.rules.party import faults_of
from personnel.selectors.party import party_counts, party_get, party_page, party_tree
from personnel.services import (
    household_add,
    household_end,
    party_areas_set,
    party_close,
    party_move,
    party_open,
    party_rename,
    person_correct,
    tenure_end,
    tenure_start,
)

Hire = Callable[..., Person]
DAY, LATER, TODAY = date(2020, 1, 1), date(2023, 7, 1), date(2025, 12, 31)
STREET, COMMUNITY, OTHER = "340181002", "340181002008", "340181002001"


@pytest.fixture
def estates(units: dict[str, Unit]) -> list[Unit]:
    """Three estates of a community."""
    return [
        unit_create(
            actor=None, code="", name=f"{n}小区", kind="ESTATE", parent=units[COMMUNITY], valid_from=date(2010, 1, 1)
        )
        for n in "一二三"
    ]


@pytest.fixture
def tree(units: dict[str, Unit], estates: list[Unit]) -> dict[str, PartyOrganization]:
    """Street committee, general branch of a community, a branch of its first estate, a group of a building."""
    made: dict[str, PartyOrganization] = {}
    for name, kind, unit, parent in (
        ("街道党工委", "STREET_COMMITTEE", units[STREET], None),
        ("旗山社区党总支", "GENERAL_BRANCH", units[COMMUNITY], "街道党工委"),
        ("一小区党支部", "AREA_BRANCH", estates[0], "旗山社区党总支"),
        ("1号楼党小组", "BUILDING_GROUP", estates[0], "一小区党支部"),
    ):
        above = made.get(parent) if parent else None
        made[name] = party_open(actor=None, kind=kind, name=name, unit=unit, parent=above, day=DAY)
    return made


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    user = User.objects.create(username="officer", display_name="组织部")
    grant_give(actor=None, user=user, unit=units["340181"], role=Role.ORG_OFFICER)
    return user


def counts(user: User, unit: Unit, day: date = TODAY) -> dict[str, int]:
    return {one.kind: one.number for one in party_counts(user=user, unit=unit, day=day)}


@pytest.mark.requirement("QY-16")
def test_the_tree_goes_from_the_street_down_to_the_household(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], hire: Hire, officer: User
) -> None:
    worker = hire("网格员", title="GRID_WORKER", category="GRID_WORKER")
    household_add(
        actor=officer, organization=tree["1号楼党小组"], kind="CONTACT", name="1号楼101", day=DAY, person=worker
    )
    household_add(
        actor=officer, organization=tree["一小区党支部"], kind="MEMBERS", name="2号楼202", day=DAY, responsible="老党员"
    )
    found = party_tree(user=officer, unit=units[STREET], day=TODAY)
    assert [(node.depth, node.form.name, node.below, node.households) for node in found.nodes] == [
        (0, "街道党工委", 1, 0),
        (1, "旗山社区党总支", 1, 0),
        (2, "一小区党支部", 1, 1),
        (3, "1号楼党小组", 0, 1),
    ]
    assert party_tree(user=officer, unit=units[STREET], day=date(2019, 12, 31)).nodes == []
    page = party_page(user=officer, number=tree["1号楼党小组"].pk, day=TODAY)
    assert [(row.name, row.person) for row in page.households] == [("1号楼101", worker)]
    household_end(actor=officer, household=page.households[0], day=LATER)
    assert party_page(user=officer, number=tree["1号楼党小组"].pk, day=TODAY).households == []
    assert len(party_page(user=officer, number=tree["1号楼党小组"].pk, day=date(2023, 6, 30)).households) == 1


@pytest.mark.requirement("GM-12")
def test_counts_by_kind_under_a_unit(units: dict[str, Unit], officer: User) -> None:
    """212 branches, the 473 estates that they cover, 1,634 groups and 5,326 households of party members."""
    street, community = units[STREET], units[COMMUNITY]
    top = party_open(actor=None, kind="STREET_COMMITTEE", name="街道", unit=street, parent=None, day=DAY)
    party_open(actor=None, kind="COMMITTEE", name="社区党委", unit=community, parent=top, day=DAY)
    parent = PartyOrganization.objects.get(level=2)
    estates = Unit.objects.bulk_create(
        Unit(
            code=f"{COMMUNITY}{n + 1:03d}", name=f"{n}", kind="ESTATE", parent=community,
            path=f"{community.path}{COMMUNITY}{n + 1:03d}/", valid_from=DAY,
        )
        for n in range(473)
    )  # fmt: skip

    def organizations(number: int, level: int, **form: Any) -> list[PartyOrganization]:
        made = PartyOrganization.objects.bulk_create(PartyOrganization(level=level, start=DAY) for _n in range(number))
        PartyForm.objects.bulk_create(
            PartyForm(organization=one, level=level, name=f"{n}", start=DAY, **form) for n, one in enumerate(made)
        )
        return made

    branches = organizations(212, 3, kind="AREA_BRANCH", parent=parent, unit=community)
    groups = organizations(1_634, 4, kind="BUILDING_GROUP", parent=branches[0], unit=community)
    PartyArea.objects.bulk_create(
        PartyArea(organization=branches[n % 212], unit=estate, start=DAY) for n, estate in enumerate(estates)
    )
    PartyHousehold.objects.bulk_create(
        PartyHousehold(organization=groups[n % 1_634], kind="MEMBERS", name=f"{n}", responsible="党员", start=DAY)
        for n in range(5_326)
    )
    printed = {"AREA_BRANCH": 212, "ESTATES": 473, "BUILDING_GROUP": 1_634, "MEMBERS": 5_326}
    assert counts(officer, units["340181"]) == printed | {"STREET_COMMITTEE": 1, "COMMITTEE": 1}
    assert counts(officer, community) == printed | {"COMMITTEE": 1}
    assert counts(officer, units[OTHER]) == {}
    assert counts(officer, community, date(2019, 12, 31)) == {}
    shown = party_tree(user=officer, unit=community, day=TODAY)  # too many for a page: the lowest level is left out
    assert (len(shown.nodes), shown.left_out) == (1 + 212, 1_634)


@pytest.mark.requirement("CH-47")
def test_221_branches_are_led_by_workers_who_are_party_members(
    units: dict[str, Unit], hire: Hire, officer: User, estates: list[Unit]
) -> None:
    community = units[COMMUNITY]
    top = party_open(actor=None, kind="STREET_COMMITTEE", name="街道", unit=units[STREET], parent=None, day=DAY)
    parent = party_open(actor=None, kind="COMMITTEE", name="社区党委", unit=community, parent=top, day=DAY)
    estates += Unit.objects.bulk_create(
        Unit(
            code=f"{COMMUNITY}{n:03d}", name=f"{n}", kind="ESTATE", parent=community,
            path=f"{community.path}{COMMUNITY}{n:03d}/", valid_from=DAY,
        )
        for n in range(100, 318)
    )  # fmt: skip
    assert len(estates) == 221
    leaders = [hire(f"书记{n}") for n in range(3)]
    for person in leaders:
        person_correct(actor=None, person=person, values={"political_status": "PARTY_MEMBER"}, reason="登记")
    for n, estate in enumerate(estates):
        party_open(actor=None, kind="AREA_BRANCH", name=f"{n}支部", unit=estate, parent=parent, day=DAY)
        person = Person.objects.get(pk=leaders[n % 3].pk)  # one worker leads several
        tenure_start(actor=None, person=person, unit=estate, title="BRANCH_SECRETARY", start=DAY)
    found = party_tree(user=officer, unit=units["340181"], day=TODAY)
    assert (counts(officer, community)["AREA_BRANCH"], found.led_by_workers) == (221, 221)
    assert found.without_secretary == 1  # the committee of the community
    outsider = hire("群众")
    person_correct(actor=None, person=outsider, values={"political_status": "MASSES"}, reason="登记")
    tenure = Tenure.objects.filter(title="BRANCH_SECRETARY", post__unit=estates[0]).get()
    tenure_end(actor=None, tenure=tenure, end=LATER)
    with pytest.raises(Refused) as refused:
        tenure_start(
            actor=None,
            person=Person.objects.get(pk=outsider.pk),
            unit=estates[0],
            title="BRANCH_SECRETARY",
            start=LATER,
        )
    assert set(refused.value.fields) == {"title"}
    found = party_tree(user=officer, unit=units["340181"], day=TODAY)
    assert (found.led_by_workers, found.without_secretary) == (220, 2)
    retired = hire("退休党员", end=date(2022, 1, 1))
    tenure_start(actor=None, person=retired, unit=estates[0], title="BRANCH_SECRETARY", start=LATER)
    found = party_tree(user=officer, unit=units["340181"], day=TODAY)
    assert (found.led_by_workers, found.without_secretary) == (220, 1)  # a party member leads it, and no worker


def test_the_secretary_of_a_branch_is_not_the_secretary_of_the_community(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], hire: Hire, officer: User
) -> None:
    chief, leader, joint = hire("总支书记"), hire("支部书记"), hire("联合支部书记")
    tenure_start(actor=None, person=chief, unit=units[COMMUNITY], title="PARTY_SECRETARY", start=DAY)
    tenure_start(actor=None, person=leader, unit=estates[0], title="BRANCH_SECRETARY", start=LATER)
    branch = party_open(
        actor=None, kind="AREA_BRANCH", name="联合党支部", unit=units[COMMUNITY], parent=tree["旗山社区党总支"], day=DAY
    )
    party_areas_set(actor=None, organization=branch, day=DAY, units=estates[1:])
    tenure_start(actor=None, person=joint, unit=estates[2], title="BRANCH_SECRETARY", start=DAY)
    with pytest.raises(Conflict):  # one secretary
        tenure_start(actor=None, person=chief, unit=estates[2], title="BRANCH_SECRETARY", start=LATER)

    def led(day: date) -> dict[str, list[str]]:
        nodes = party_tree(user=officer, unit=units[COMMUNITY], day=day).nodes
        return {node.form.name: [one.name for one in node.secretaries] for node in nodes if node.has_secretary}

    assert led(LATER) == {"旗山社区党总支": ["总支书记"], "一小区党支部": ["支部书记"], "联合党支部": ["联合支部书记"]}
    assert led(date(2023, 6, 30))["一小区党支部"] == []


def test_a_change_ends_the_form_and_keeps_it(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], officer: User
) -> None:
    branch = tree["旗山社区党总支"]
    party_rename(
        actor=officer, organization=branch, day=LATER, name="旗山社区党委", kind="COMMITTEE", document="巢组〔2023〕7号"
    )
    forms = PartyForm.objects.filter(organization=branch).order_by("start")
    assert list(forms.values_list("kind", "name", "start", "end")) == [
        ("GENERAL_BRANCH", "旗山社区党总支", DAY, LATER),
        ("COMMITTEE", "旗山社区党委", LATER, None),
    ]
    before, now = (counts(officer, units[STREET], day) for day in (date(2023, 6, 30), LATER))
    assert (before["GENERAL_BRANCH"], now["COMMITTEE"], "GENERAL_BRANCH" in now) == (1, 1, False)
    entry = AuditEntry.objects.get(action="personnel.party.rename")
    assert (entry.before["name"], entry.after["name"]) == ("旗山社区党总支", "旗山社区党委")
    kept = RowHistory.objects.get(table_name="personnel_partyform")
    assert (kept.row["end"], kept.actor, kept.act, kept.document) == (
        None,
        "officer",
        "party.rename",
        "巢组〔2023〕7号",
    )
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        ("name", {"name": " "}),
        ("name", {"name": "旗山社区党委"}),
        ("kind", {"name": "x", "kind": "AREA_BRANCH"}),
        ("day", {"name": "x", "day": LATER}),
        ("day", {"name": "x", "day": DAY}),
    )
    for field, values in wrong:
        with pytest.raises(Refused) as refused:
            party_rename(actor=officer, organization=branch, **{"day": TODAY} | values)
        assert field in refused.value.fields, values
    assert PartyForm.objects.filter(organization=branch).count() == 2


def test_a_group_is_moved_with_its_households(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    group, branch = tree["1号楼党小组"], tree["一小区党支部"]
    household_add(actor=None, organization=group, kind="CONTACT", name="101", day=DAY, responsible="某人")
    second = party_open(
        actor=None, kind="AREA_BRANCH", name="二小区党支部", unit=estates[1], parent=tree["旗山社区党总支"], day=DAY
    )
    with pytest.raises(Refused) as refused:  # it lies in another estate
        party_move(actor=officer, organization=group, day=LATER, parent=second)
    assert set(refused.value.fields) == {"unit"}
    party_move(actor=officer, organization=group, day=LATER, parent=second, unit=estates[1])
    assert counts(officer, estates[0]) == {"AREA_BRANCH": 1, "ESTATES": 1}
    assert counts(officer, estates[1]) == {"AREA_BRANCH": 1, "ESTATES": 1, "BUILDING_GROUP": 1, "CONTACT": 1}
    assert counts(officer, estates[0], date(2023, 6, 30))["BUILDING_GROUP"] == 1
    for parent in (group, tree["1号楼党小组"]):  # below itself, or below something that is not above
        with pytest.raises(Refused) as refused:
            party_move(actor=officer, organization=branch, day=LATER, parent=parent)
        assert "parent" in refused.value.fields
    with pytest.raises(Refused):
        party_move(actor=officer, organization=branch, day=LATER, parent=None)
    with pytest.raises(Refused) as refused:  # what is below it would lie outside
        party_move(actor=officer, organization=second, day=TODAY, parent=tree["旗山社区党总支"], unit=estates[2])
    assert "1号楼党小组" in " ".join(refused.value.fields["unit"])


def test_nothing_closes_over_what_is_open(
    tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    branch, group = tree["一小区党支部"], tree["1号楼党小组"]
    party_areas_set(actor=None, organization=branch, day=DAY, units=[estates[0], estates[1]])
    household = household_add(actor=None, organization=group, kind="CONTACT", name="101", day=DAY, responsible="某人")
    with pytest.raises(Refused, match="1号楼党小组"):
        party_close(actor=officer, organization=branch, day=LATER)
    with pytest.raises(Refused, match="1"):
        party_close(actor=officer, organization=group, day=LATER)
    household_end(actor=officer, household=household, day=LATER)
    party_close(actor=officer, organization=group, day=LATER)
    party_close(actor=officer, organization=branch, day=LATER, document="撤销文件")
    assert set(PartyArea.objects.values_list("end", flat=True)) == {LATER}
    assert (party_get(user=officer, number=branch.pk).end, PartyOrganization.objects.get(pk=branch.pk).end) == (
        LATER,
        LATER,
    )
    with pytest.raises(Refused):
        party_close(actor=officer, organization=branch, day=TODAY)
    with pytest.raises(Refused) as refused:
        household_add(actor=None, organization=group, kind="CONTACT", name="102", day=TODAY, responsible="某人")
    assert set(refused.value.fields) == {"day"}


def test_an_estate_has_one_branch_at_a_time(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    first = tree["一小区党支部"]
    second = party_open(
        actor=None, kind="AREA_BRANCH", name="联合", unit=units[COMMUNITY], parent=tree["旗山社区党总支"], day=DAY
    )
    party_areas_set(actor=officer, organization=first, day=DAY, units=estates[:2])
    with pytest.raises(Conflict):
        party_areas_set(actor=officer, organization=second, day=LATER, units=estates[1:])
    party_areas_set(actor=officer, organization=first, day=LATER, units=estates[:1])
    party_areas_set(actor=officer, organization=second, day=LATER, units=estates[1:])
    assert list(PartyArea.objects.order_by("start", "unit__name").values_list("unit__name", "start", "end")) == [
        ("一小区", DAY, None), ("二小区", DAY, LATER), ("三小区", LATER, None), ("二小区", LATER, None),
    ]  # fmt: skip
    with pytest.raises(Refused) as refused:
        party_areas_set(actor=officer, organization=second, day=TODAY, units=[units[OTHER]])
    assert set(refused.value.fields) == {"units"}
    with pytest.raises(Refused):
        party_areas_set(actor=officer, organization=tree["旗山社区党总支"], day=TODAY, units=estates)


def test_what_is_opened_has_its_place(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    good: dict[str, Any] = {
        "kind": "AREA_BRANCH", "name": "二小区党支部", "unit": estates[1], "parent": tree["旗山社区党总支"], "day": DAY,
    }  # fmt: skip
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        ("kind", {"kind": "COMMUNE"}),
        ("name", {"name": " "}),
        ("unit", {"unit": units[STREET]}),
        ("unit", {"unit": units[OTHER]}),
        ("parent", {"parent": None}),
        ("parent", {"parent": tree["1号楼党小组"]}),
        ("parent", {"day": date(2019, 12, 31)}),
        ("parent", {"kind": "STREET_COMMITTEE", "unit": units[STREET]}),
    )
    for field, values in wrong:
        with pytest.raises(Refused) as refused:
            party_open(actor=officer, **good | values)
        assert field in refused.value.fields, values
    taken = (
        {"name": "一小区党支部"},
        {"kind": "BRANCH", "name": "又一个", "unit": units[COMMUNITY], "parent": tree["街道党工委"]},
    )
    for values in taken:
        with pytest.raises(Conflict):
            party_open(actor=officer, **good | values)
    assert PartyOrganization.objects.count() == 4
    party_open(actor=officer, **good)
    assert faults_of("AREA_GROUP", "GRID", "a/b/", 2, "a/") == []


def test_a_household_has_somebody_who_answers_for_it(
    tree: dict[str, PartyOrganization], hire: Hire, officer: User
) -> None:
    group = tree["1号楼党小组"]
    outsider = person_correct(actor=None, person=hire(), values={"political_status": "MASSES"}, reason="登记")
    good: dict[str, Any] = {"organization": group, "kind": "MEMBERS", "name": "101", "day": DAY}
    for field, values in (
        ("responsible", {}),
        ("person", {"person": outsider}),
        ("kind", {"kind": "GUESTS", "responsible": "某人"}),
        ("name", {"name": "", "responsible": "某人"}),
    ):
        with pytest.raises(Refused) as refused:
            household_add(actor=officer, **good | values)
        assert set(refused.value.fields) == {field}
    household_add(actor=officer, **good | {"kind": "CONTACT", "person": outsider})  # control: no member is needed
    household_add(actor=officer, **good | {"responsible": "某人"})
    with pytest.raises(Conflict):
        household_add(actor=officer, **good | {"responsible": "另一人", "day": LATER})


# -- Who may ------------------------------------------------------------------------------------------------------------


def test_only_who_may_change_people_there_writes(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    clerk = User.objects.create(username="clerk", display_name="社区")
    grant_give(actor=None, user=clerk, unit=units[OTHER], role=Role.STREET_CLERK)
    reader = User.objects.create(username="reader", display_name="审批")
    grant_give(actor=None, user=reader, unit=units[STREET], role=Role.STREET_APPROVER)
    branch = tree["一小区党支部"]
    household = household_add(actor=officer, organization=branch, kind="CONTACT", name="1", day=DAY, responsible="某人")
    acts: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
        (party_open, {"kind": "AREA_BRANCH", "name": "y", "unit": estates[1], "parent": tree["旗山社区党总支"], "day": DAY}),
        (party_rename, {"organization": branch, "name": "x", "day": LATER}),
        (party_move, {"organization": branch, "parent": tree["街道党工委"], "day": TODAY}),
        (party_areas_set, {"organization": branch, "units": [estates[0]], "day": LATER}),
        (household_add, {"organization": branch, "kind": "CONTACT", "name": "2", "day": DAY, "responsible": "某人"}),
        (household_end, {"household": household, "day": LATER}),
        (party_close, {"organization": tree["1号楼党小组"], "day": LATER}),
    )  # fmt: skip
    for service, values in acts:
        with pytest.raises(NotFound):
            service(actor=clerk, **values)
        with pytest.raises(NotAllowed):
            service(actor=reader, **values)
        service(actor=officer, **values)  # control
    for read in (party_tree, party_counts):
        if read is party_counts:
            assert party_counts(user=clerk, unit=units[STREET], day=TODAY) == []
        else:
            with pytest.raises(NotFound):
                party_tree(user=clerk, unit=units[STREET], day=TODAY)
    with pytest.raises(NotFound):
        party_get(user=clerk, number=branch.pk)
    assert party_get(user=reader, number=branch.pk).name == "x"


# -- The database -------------------------------------------------------------------------------------------------------


def refused(model: Any, constraint: str, **values: Any) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        model.objects.create(**values)
    assert error.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def without(table: str, *constraints: str) -> None:
    """The controls: without the constraints, the same rows go in."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def test_the_database_keeps_forms_apart(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit]
) -> None:
    top, general = tree["街道党工委"], tree["旗山社区党总支"]

    def new(level: int) -> PartyOrganization:
        return PartyOrganization.objects.create(level=level, start=DAY)

    area = {"kind": "AREA_BRANCH", "level": 3, "unit": estates[1], "start": DAY, "parent": general}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("personnel_party_form_one_at_a_time", {**area, "name": "改名", "organization": tree["一小区党支部"]}),
        ("personnel_party_form_name_once_at_a_time", {**area, "name": "一小区党支部", "organization": new(3)}),
        ("personnel_party_form_name", {**area, "name": "", "organization": new(3)}),
        ("personnel_party_form_level", {**area, "name": "x", "level": 4, "organization": new(4)}),
        ("personnel_party_form_range", {**area, "name": "x", "end": date(2019, 1, 1), "organization": new(3)}),
        (
            "personnel_party_form_only_streets_are_roots",
            {**area, "name": "x", "parent": None, "organization": new(3)},
        ),
        (
            "personnel_party_form_one_of_a_unit_at_a_time",
            {
                "kind": "BRANCH", "level": 2, "name": "x", "unit": units[COMMUNITY], "start": DAY, "parent": top,
                "organization": new(2),
            },
        ),
    ]  # fmt: skip
    for constraint, values in cases:
        refused(PartyForm, constraint, **values)
    without("personnel_partyform", *(constraint for constraint, _values in cases))
    for constraint, values in cases:
        if constraint != "personnel_party_form_range":  # a range that ends before it begins is none at all
            PartyForm.objects.create(**values)


def test_the_database_keeps_everything_inside_its_organisation(
    tree: dict[str, PartyOrganization], estates: list[Unit]
) -> None:
    branch, group, general = tree["一小区党支部"], tree["1号楼党小组"], tree["旗山社区党总支"]
    early = date(2019, 1, 1)
    fresh = PartyOrganization.objects.create(level=3, start=early)
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (PartyArea, {"organization": branch, "unit": estates[1], "start": early}),
        (PartyHousehold, {"organization": branch, "kind": "CONTACT", "name": "1", "responsible": "x", "start": early}),
        (  # before what it belongs to
            PartyForm,
            {
                "organization": fresh, "kind": "AREA_BRANCH", "level": 3, "name": "早", "unit": estates[1],
                "start": early, "parent": general,
            },
        ),
        (  # below what is not above
            PartyForm,
            {
                "organization": fresh, "kind": "AREA_BRANCH", "level": 3, "name": "倒", "unit": estates[2],
                "start": DAY, "end": LATER, "parent": group,
            },
        ),
        (  # on a level that is not the organisation's
            PartyForm,
            {
                "organization": fresh, "kind": "BUILDING_GROUP", "level": 4, "name": "层", "unit": estates[2],
                "start": LATER, "parent": branch,
            },
        ),
    ]  # fmt: skip
    for model, values in wrong:
        refused(model, "personnel_party_inside", **values)
    for number, values in ((branch.pk, {"end": LATER}), (general.pk, {"start": LATER}), (general.pk, {"level": 3})):
        with pytest.raises(IntegrityError), transaction.atomic():
            PartyOrganization.objects.filter(pk=number).update(**values)
    with connection.cursor() as cursor:  # control
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("partyform", "partyarea", "partyhousehold", "partyorganization"):
            cursor.execute(f"ALTER TABLE personnel_{table} DISABLE TRIGGER personnel_party_inside")
        cursor.execute("ALTER TABLE personnel_partyform DROP CONSTRAINT personnel_party_form_one_at_a_time")
    for model, values in wrong:
        model.objects.create(**values)
    PartyOrganization.objects.filter(pk=branch.pk).update(end=LATER)


def test_the_database_keeps_areas_and_households_apart(tree: dict[str, PartyOrganization], estates: list[Unit]) -> None:
    branch = tree["一小区党支部"]
    area = {"organization": branch, "unit": estates[1], "start": DAY}
    house = {"organization": branch, "kind": "CONTACT", "name": "101", "responsible": "某人", "start": DAY}
    PartyArea.objects.create(**area)
    PartyHousehold.objects.create(**house)
    cases: list[tuple[Any, str, dict[str, Any]]] = [
        (PartyArea, "personnel_party_area_one_branch_at_a_time", {**area, "start": LATER}),
        (PartyHousehold, "personnel_household_once_at_a_time", {**house, "responsible": "另一人", "start": LATER}),
        (PartyHousehold, "personnel_household_somebody", {**house, "name": "102", "responsible": ""}),
        (PartyHousehold, "personnel_household_somebody", {**house, "name": ""}),
        (PartyHousehold, "personnel_household_range", {**house, "name": "103", "end": date(2019, 1, 1)}),
        (PartyArea, "personnel_party_area_range", {**area, "unit": estates[2], "end": date(2019, 1, 1)}),
        (PartyOrganization, "personnel_party_range", {"level": 3, "start": DAY, "end": date(2019, 1, 1)}),
        (PartyOrganization, "personnel_party_level", {"level": 5, "start": DAY}),
    ]
    for model, constraint, values in cases:
        refused(model, constraint, **values)
    for model, constraint, values in cases:
        if not constraint.endswith("_range"):
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT IF EXISTS {constraint}")
            model.objects.create(**values)


# -- Units that change --------------------------------------------------------------------------------------------------


def test_organisations_follow_their_unit(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], estates: list[Unit], officer: User
) -> None:
    party_areas_set(actor=None, organization=tree["一小区党支部"], day=DAY, units=estates[:2])
    renamed = unit_rename(actor=None, unit=units[COMMUNITY], name="旗山新社区", day=LATER)
    assert PartyForm.objects.get(organization=tree["旗山社区党总支"]).unit == renamed
    assert counts(officer, renamed)["GENERAL_BRANCH"] == 1
    street = unit_create(
        actor=None, code="340181003", name="新街道", kind="STREET", parent=units["340181"], valid_from=DAY
    )
    moved = unit_move(
        actor=None, unit=renamed, parent=street, day=date(2024, 1, 1), code="340181003008", document="批复"
    )
    assert counts(officer, street) == {"GENERAL_BRANCH": 1, "AREA_BRANCH": 1, "BUILDING_GROUP": 1, "ESTATES": 2}
    assert counts(officer, moved) == counts(officer, street)
    assert counts(officer, units[STREET]) == {"STREET_COMMITTEE": 1}


def test_two_communities_become_one_with_one_party_organisation(
    units: dict[str, Unit], tree: dict[str, PartyOrganization], officer: User
) -> None:
    other = party_open(
        actor=None, kind="BRANCH", name="裕溪党支部", unit=units[OTHER], parent=tree["街道党工委"], day=DAY
    )

    def merge() -> Unit:
        return units_merge(
            actor=None, units=[units[COMMUNITY], units[OTHER]], into=units[COMMUNITY], name="", code="", day=LATER,
            document="批复",
        )  # fmt: skip

    with pytest.raises(Refused, match="裕溪党支部"), transaction.atomic():
        merge()
    party_close(actor=None, organization=other, day=LATER)
    merged = merge()
    assert counts(officer, merged)["GENERAL_BRANCH"] == 1


def test_estates_that_become_one_have_one_branch(
    tree: dict[str, PartyOrganization], units: dict[str, Unit], estates: list[Unit], officer: User
) -> None:
    second = party_open(
        actor=None, kind="AREA_BRANCH", name="联合", unit=units[COMMUNITY], parent=tree["旗山社区党总支"], day=DAY
    )
    party_areas_set(actor=None, organization=tree["一小区党支部"], day=DAY, units=estates[:1])
    party_areas_set(actor=None, organization=second, day=LATER, units=estates[1:])
    units_merge(actor=None, units=estates[:2], into=estates[0], name="", code="", day=date(2024, 1, 1), document="批复")
    open_rows = PartyArea.objects.filter(end__isnull=True).order_by("unit__name")
    assert sorted(open_rows.values_list("organization__forms__name", "unit__name")) == [
        ("一小区党支部", "一小区"), ("联合", "三小区"),
    ]  # fmt: skip


def test_a_post_and_an_area_in_both_units_go_on_once_in_the_one_that_stays(units: dict[str, Unit], hire: Hire) -> None:
    person = hire(title=None)
    stays, goes = units[COMMUNITY], units[OTHER]
    for unit, start in ((goes, DAY), (stays, LATER)):
        tenure_start(actor=None, person=person, unit=unit, title="COMMITTEE_MEMBER", start=start)
        ResponsibilityArea.objects.create(person=person, unit=unit, role="DEDICATED", start=start)
    day = date(2024, 1, 1)
    units_merge(actor=None, units=[stays, goes], into=stays, name="", code="", day=day, document="批复")
    tenures = Tenure.objects.filter(title="COMMITTEE_MEMBER").order_by("start")
    areas = ResponsibilityArea.objects.order_by("start")
    expected = [(goes.pk, DAY, day), (stays.pk, LATER, None)]
    assert list(tenures.values_list("post__unit", "start", "end")) == expected
    assert list(areas.values_list("unit", "start", "end")) == expected
