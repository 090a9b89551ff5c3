"""What becomes of plans and seats when their units are renamed, moved, merged or split."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Refused
from organization.models import Unit
from organization.services import Part, unit_move, unit_rename, unit_split, units_merge
from personnel.selectors.headcount import filled_level
from staffing.models import QuotaPlan
from staffing.services import allocate
from tests.payroll.conftest import Place
from tests.staffing.conftest import root

TOWN, OTHER, CHILD = "232762100", "232762101", "232762100001"
DAY = date(2026, 1, 1)


@pytest.fixture
def shared(place: Place, plan: QuotaPlan) -> QuotaPlan:
    """27 seats: 16 in the town, 9 of them in its first community and 7 in its second; 11 in the other town."""
    made = allocate(actor=None, allocation=root(plan), shares={place.units[TOWN].pk: 16, place.units[OTHER].pk: 11})
    town = next(row for row in made if row.unit.short_code == TOWN)
    allocate(actor=None, allocation=town, shares={place.units[CHILD].pk: 9, place.units["232762100002"].pk: 7})
    return plan


def approved(place: Place, day: date) -> dict[str, int | None]:
    level = filled_level(user=place.users["officer"], code="232762", day=day)
    assert level.unit is not None
    return {row.unit.name: row.approved.number if row.approved else None for row in [level.unit, *level.below]}


def test_a_new_name_keeps_the_seats(place: Place, shared: QuotaPlan) -> None:
    unit_rename(actor=None, unit=place.units[TOWN], name="新扬气镇", day=DAY)
    assert approved(place, DAY) == {"松岭区": 27, "新扬气镇": 16, "劲松镇": 11}
    assert approved(place, date(2025, 12, 31)) == {"松岭区": 27, "小扬气镇": 16, "劲松镇": 11}
    newest = Unit.objects.get(name="新扬气镇")
    allocate(actor=None, allocation=root(shared), shares={newest.pk: 17, place.units[OTHER].pk: 10})
    assert approved(place, DAY)["新扬气镇"] == 17


def test_a_unit_with_seats_does_not_leave_whose_seats_it_shares(place: Place, shared: QuotaPlan) -> None:
    with pytest.raises(Refused, match="小扬气社区 shares the seats of 小扬气镇"):
        unit_move(actor=None, unit=place.units[CHILD], parent=place.units[OTHER], day=DAY)
    town = shared.allocations.get(unit=place.units[TOWN])
    allocate(actor=None, allocation=town, shares={place.units["232762100002"].pk: 16})
    unit_move(actor=None, unit=place.units[CHILD], parent=place.units[OTHER], day=DAY)


def test_seats_are_not_merged_or_split_by_themselves(place: Place, shared: QuotaPlan) -> None:
    first, second = place.units[CHILD], place.units["232762100002"]
    with pytest.raises(Refused, match="小扬气社区 has seats in the plan"):
        units_merge(actor=None, units=[first, second], into=second, day=DAY)
    with pytest.raises(Refused, match="小扬气社区 has seats in the plan"):
        unit_split(actor=None, unit=first, day=DAY, parts=[Part("甲", "232762100003"), Part("乙", "232762100004")])
    town = shared.allocations.get(unit=place.units[TOWN])
    allocate(actor=None, allocation=town, shares={second.pk: 16})
    units_merge(actor=None, units=[first, second], into=second, day=DAY)
