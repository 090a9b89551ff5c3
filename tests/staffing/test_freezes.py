"""Seats that nobody may fill for a time: counted apart, guarded like those that are taken."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from organization.models import Role, User
from organization.services import grant_give, unit_rename, units_merge
from personnel.selectors.headcount import effect_for_system, filled_level
from staffing.models import QuotaPlan, SeatFreeze
from staffing.services import allocate, freeze_lift, plan_close, plan_enter, seats_freeze
from tests.payroll.conftest import Place
from tests.staffing.conftest import enter, root
from tests.staffing.rules import BLOCK, load
from tests.staffing.test_guard import HERE, THERE, employ, newcomer

TOWN, OTHER = "232762100", "232762101"
DAY = date(2026, 3, 1)


def freeze(place: Place, number: int = 2, unit: str = "232762", **more: object) -> SeatFreeze:
    given = {"start": date(2026, 1, 1), "document": "松编办〔2026〕3号"} | more
    return seats_freeze(actor=None, unit=place.units[unit], number=number, **given)  # type: ignore[arg-type]


def numbers(place: Place, day: date = DAY, code: str = "232762") -> dict[str, tuple[int, int, int, int]]:
    """(approved, frozen, vacant, over) of the unit and those below it, by name; those without seats are missing."""
    level = filled_level(user=place.users["officer"], code=code, day=day)
    assert level.unit is not None
    return {
        one.unit.name: (one.approved.number, one.approved.frozen, one.vacant or 0, one.over or 0)
        for one in [level.unit, *level.below]
        if one.approved is not None
    }


def test_frozen_seats_are_neither_vacant_nor_over(place: Place) -> None:
    enter(place, number=4)
    place.hire("甲")
    place.hire("乙", THERE)
    assert numbers(place) == {"松岭区": (4, 0, 2, 0)}
    freeze(place, 1)
    assert numbers(place) == {"松岭区": (4, 1, 1, 0)}
    freeze(place, 3, document="松编办〔2026〕4号")  # seats that are filled, too: nobody follows whoever leaves
    assert numbers(place) == {"松岭区": (4, 4, 0, 0)}
    assert numbers(place, date(2025, 12, 31))["松岭区"][1] == 0


def test_what_is_frozen_below_is_frozen_above(place: Place, plan: QuotaPlan) -> None:
    allocate(actor=None, allocation=root(plan), shares={place.units[TOWN].pk: 16, place.units[OTHER].pk: 11})
    freeze(place, 5, TOWN)
    freeze(place, 2)
    assert numbers(place) == {"松岭区": (27, 7, 20, 0), "小扬气镇": (16, 5, 11, 0), "劲松镇": (11, 0, 11, 0)}


def test_nobody_fills_a_frozen_seat(place: Place) -> None:
    load(BLOCK)
    enter(place, number=2)
    place.hire("甲")
    frozen = freeze(place, 1)
    with pytest.raises(Refused) as refused:
        employ(place, newcomer(place))
    assert refused.value.errors == [
        "松岭区 has 2 approved seats on 2026-03-01 (松编办〔2022〕1号), 1 of them frozen, and 1 people: there is none for 新来. "
        "The rules of Songling (SL-05) let nobody in beyond the seats. Wait until one is free, or have the freeze lifted.",
    ]
    freeze_lift(actor=None, freeze=frozen, end=DAY)  # the control: the seat is there once the freeze is gone
    assert employ(place, newcomer(place, "乙")).pk


def test_a_freeze_that_comes_later_does_not_hold_whoever_comes_before(place: Place) -> None:
    load(BLOCK)
    enter(place, number=1)
    freeze(place, 1, start=date(2095, 1, 1))
    assert employ(place, newcomer(place), date(2094, 1, 1)).pk
    with pytest.raises(Refused, match="1 of them frozen"):
        employ(place, newcomer(place, "乙"), date(2095, 1, 1))


def test_where_the_rules_report_it_is_noted(place: Place) -> None:
    enter(place, number=1)
    freeze(place, 1)
    assert employ(place, newcomer(place)).pk
    noted = AuditEntry.objects.get(action="staffing.plan.over")
    assert noted.after is not None
    assert (noted.after["number"], noted.after["frozen"], noted.after["people"]) == (1, 1, 1)


def test_a_decision_sees_frozen_seats(place: Place) -> None:
    enter(place, number=3)
    freeze(place, 2)
    effect = effect_for_system(place.units[HERE], DAY, 1)
    assert [(one.approved, one.now, one.after, one.vacant, one.over) for one in effect] == [(3, 0, 1, 0, 0)]


def test_a_new_plan_does_not_thaw(place: Place, plan: QuotaPlan) -> None:
    freeze(place, 2)
    plan_close(actor=None, plan=plan, end=date(2026, 7, 1))
    plan_enter(
        actor=None, unit=place.units["232762"], start=date(2026, 7, 1), number=30, document="新", issuer="x",
        level="COUNTY",
    )  # fmt: skip
    assert numbers(place, date(2026, 7, 1)) == {"松岭区": (30, 2, 28, 0)}


def test_no_more_is_frozen_than_there_is(place: Place) -> None:
    with pytest.raises(Refused, match="No document approves seats of 松岭区 on 2026-01-01"):
        freeze(place)
    enter(place, number=3)
    freeze(place, 2)
    with pytest.raises(Refused) as refused:
        freeze(place, 2, end=date(2026, 1, 1), document=" ", reason="因" * 201)
    assert refused.value.fields == {
        "end": ["The freeze would end on 2026-01-01, before it begins on 2026-01-01."],
        "document": ["Name the document that freezes the seats, in 1 to 100 characters."],
        "reason": ["The reason has 201 characters; 200 at most."],
        "number": ["松岭区 has 3 seats on 2026-01-01, of which 2 are frozen: 2 more can't be."],
    }
    with pytest.raises(Refused, match="1 or more"):
        freeze(place, 0)
    assert SeatFreeze.objects.count() == 1


def test_lifting(place: Place, plan: QuotaPlan) -> None:
    frozen = freeze(place)
    with pytest.raises(Refused, match="would end on 2025-12-31, before it begins on 2026-01-01"):
        freeze_lift(actor=None, freeze=frozen, end=date(2025, 12, 31))
    freeze_lift(actor=None, freeze=frozen, end=date(2026, 6, 1))
    with pytest.raises(Conflict, match="ends on 2026-06-01 already"):
        freeze_lift(actor=None, freeze=frozen, end=date(2026, 6, 1))
    assert [numbers(place, day)["松岭区"][1] for day in (date(2026, 5, 31), date(2026, 6, 1))] == [2, 0]
    freeze_lift(actor=None, freeze=frozen, end=date(2026, 1, 1))  # a mistake: it never held
    assert numbers(place, date(2026, 1, 1))["松岭区"][1] == 0
    trail = AuditEntry.objects.filter(action__startswith="staffing.freeze").order_by("pk")
    assert [(one.action, (one.after or {})["end"]) for one in trail] == [
        ("staffing.freeze.enter", None),
        ("staffing.freeze.lift", "2026-06-01"),
        ("staffing.freeze.lift", "2026-01-01"),
    ]


def test_a_freeze_follows_its_unit_and_keeps_it_from_ending(place: Place, plan: QuotaPlan) -> None:
    allocate(actor=None, allocation=root(plan), shares={place.units[TOWN].pk: 16, place.units[OTHER].pk: 11})
    frozen = freeze(place, 3, TOWN)
    unit_rename(actor=None, unit=place.units[TOWN], name="新扬气镇", day=date(2026, 2, 1))
    assert numbers(place)["新扬气镇"] == (16, 3, 13, 0)
    frozen.refresh_from_db()
    assert frozen.unit.name == "新扬气镇"
    community = freeze_of_community(place, plan)
    first, second = place.units[HERE], place.units["232762100002"]
    with pytest.raises(
        Refused, match=f"1 seats of 小扬气社区 are frozen \\({community.document}\\). Lift the freeze first."
    ):
        units_merge(actor=None, units=[first, second], into=second, day=DAY)


def freeze_of_community(place: Place, plan: QuotaPlan) -> SeatFreeze:
    town = plan.allocations.select_related("unit").get(unit__code__startswith=TOWN)
    allocate(actor=None, allocation=town, shares={place.units[HERE].pk: 16})
    return freeze(place, 1, HERE)


def test_the_database_forbids_what_is_none(place: Place, plan: QuotaPlan) -> None:
    good = {"unit": place.units["232762"], "number": 1, "start": DAY, "document": "x"}
    for bad in ({"number": 0}, {"document": ""}, {"end": date(2026, 2, 28)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SeatFreeze.objects.create(**good | bad)
    SeatFreeze.objects.create(**good | {"end": DAY})


def test_who_may(place: Place, plan: QuotaPlan) -> None:
    clerk = User.objects.create(username="street-clerk")
    grant_give(actor=None, user=clerk, unit=place.units[TOWN], role=Role.STREET_CLERK)
    with pytest.raises(NotAllowed):
        seats_freeze(actor=clerk, unit=place.units[TOWN], number=1, start=DAY, document="x")
    with pytest.raises(NotFound):
        freeze_lift(actor=clerk, freeze=freeze(place), end=DAY)
    assert SeatFreeze.objects.get().end is None


def test_pages(place: Place, plan: QuotaPlan) -> None:
    page = Client(headers={"accept-language": "en"})
    page.force_login(place.users["officer"])
    unit = place.units["232762"]
    wrong = page.post(f"/staffing/{unit.pk}/freezes/new/", {"number": "40", "document": "冻1", "start": "2026-01-01"})
    assert wrong.status_code == 422
    assert 'value="冻1"' in wrong.text
    assert "has 27 seats on 2026-01-01, of which 0 are frozen" in wrong.text
    right = {"number": "4", "document": "冻1", "start": "2026-01-01", "reason": "机构改革"}
    made = page.post(f"/staffing/{unit.pk}/freezes/new/", right, follow=True)
    assert made.redirect_chain == [(f"/staffing/{unit.pk}/plans/", 302)]
    frozen = SeatFreeze.objects.get()
    assert f"/staffing/freezes/{frozen.pk}/end/" in made.text
    assert f'href="/staffing/{unit.pk}/plans/#freezes">4</a>' in page.get("/staffing/?unit=232762").text
    lifted = page.post(f"/staffing/freezes/{frozen.pk}/end/", {"end": "2026-01-01"}, follow=True)
    assert f"/staffing/freezes/{frozen.pk}/end/" not in lifted.text
    assert "#freezes" not in page.get("/staffing/?unit=232762").text
