"""Plans and allocations: what is written, what is refused, and what the database keeps by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.models import AuditEntry
from staffing.models import QuotaAllocation, QuotaPlan
from staffing.rules import Balance, ShareFault, balance, share_faults
from staffing.services import allocate, over_explain, plan_change, plan_close, plan_enter
from tests.payroll.conftest import Place
from tests.staffing.conftest import START, enter, root, seats

TOWN, OTHER = "232762100", "232762101"


def shares(place: Place, **numbers: int) -> dict[int, int]:
    return {place.units[code.removeprefix("u")].pk: number for code, number in numbers.items()}


def values(**changed: Any) -> dict[str, Any]:
    return {
        "start": START,
        "number": 27,
        "document": "松编办〔2022〕1号",
        "issuer": "松岭区委编办",
        "level": "COUNTY",
    } | changed


@pytest.mark.parametrize(
    ("approved", "occupied", "found"),
    [(27, 39, Balance(0, 12)), (27, 27, Balance(0, 0)), (27, 20, Balance(7, 0)), (0, 0, Balance(0, 0))],
)
def test_seats_and_people(approved: int, occupied: int, found: Balance) -> None:
    assert balance(approved, occupied) == found


def test_all_faults_of_shares_at_once() -> None:
    assert share_faults(27, {1: 15, 2: 10}, 2, {}) == []
    assert share_faults(27, {1: 15, 2: 10}, 0, {}) == [ShareFault("TOTAL", None, 25, 27)]
    assert share_faults(27, {1: 15, 2: 13}, 0, {1: 16, 3: 4}) == [
        ShareFault("BELOW", 1, 15, 16),
        ShareFault("BELOW", 3, 0, 4),
        ShareFault("TOTAL", None, 28, 27),
    ]


@pytest.mark.requirement("CH-09")
def test_a_plan_is_entered_with_its_shares(place: Place) -> None:
    plan = enter(place, shares=shares(place, u232762100=15, u232762101=10), kept=2)
    assert seats(plan) == {"232762": 27, TOWN: 15, OTHER: 10}
    entry = AuditEntry.objects.get(object_type="staffing.quotaplan", object_id=str(plan.pk))
    assert entry.action == "staffing.plan.enter"
    assert entry.unit_code == "232762000000"
    assert entry.after["number"] == 27
    assert entry.after["shares"] == {"232762100000": 15, "232762101000": 10}


def test_all_that_is_wrong_is_said_at_once(place: Place) -> None:
    with pytest.raises(Refused) as refused:
        enter(
            place,
            number=-1,
            document=" ",
            issuer="",
            level="MOON",
            start=date(1950, 1, 1),
            end=date(1949, 1, 1),
            shares=shares(place, u232762100=-2),
        )
    assert set(refused.value.fields) == {
        "number", "document", "issuer", "level", "start", "end", "kept", f"share_{place.units[TOWN].pk}",
    }  # fmt: skip
    assert not QuotaPlan.objects.exists()


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        (date(2021, 1, 1), date(2022, 1, 1), True),  # until the day before the other begins
        (date(2021, 1, 1), date(2022, 1, 2), False),
        (date(2024, 12, 31), None, False),
        (date(2025, 1, 1), None, True),  # from the day on which the other no longer holds
        (date(2021, 1, 1), None, False),
    ],
)
def test_one_plan_of_a_unit_at_a_time(place: Place, start: date, end: date | None, fits: bool) -> None:
    enter(place, end=date(2025, 1, 1))
    if fits:
        enter(place, start=start, end=end)
        assert QuotaPlan.objects.count() == 2
        return
    with pytest.raises(Conflict, match="2022-01-01"):
        enter(place, start=start, end=end)
    assert QuotaPlan.objects.count() == 1


def test_the_database_itself_keeps_plans_apart(plan: QuotaPlan) -> None:
    with pytest.raises(IntegrityError, match="staffing_plan_one_of_a_unit_at_a_time"):
        QuotaPlan.objects.create(unit=plan.unit, start=date(2030, 1, 1), document="x", issuer="x", level="COUNTY")


@pytest.mark.requirement("CH-12")
def test_shares_add_up_to_the_whole(place: Place, plan: QuotaPlan) -> None:
    with pytest.raises(Refused, match="26 seats are shared out or kept, and 松岭区 has 27"):
        allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=15, u232762101=11))
    with pytest.raises(Refused, match="28 seats"):
        allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=15, u232762101=11), kept=2)
    assert seats(plan) == {"232762": 27}
    allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=16, u232762101=11))
    assert seats(plan) == {"232762": 27, TOWN: 16, OTHER: 11}


def test_a_share_covers_what_it_is_itself_shared_out_into(place: Place, plan: QuotaPlan) -> None:
    allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=16, u232762101=11))
    town = QuotaAllocation.objects.get(plan=plan, unit=place.units[TOWN])
    allocate(actor=None, allocation=town, shares=shares(place, u232762100001=9, u232762100002=7))
    with pytest.raises(Refused) as refused:
        allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=15, u232762101=12))
    assert set(refused.value.fields) == {f"share_{place.units[TOWN].pk}"}
    allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=17, u232762101=10))
    assert seats(plan)[TOWN] == 17


def test_a_correction_puts_right_and_is_told(place: Place, plan: QuotaPlan) -> None:
    plan_change(actor=None, plan=plan, **values(number=28, document="松编办〔2022〕2号"))
    assert seats(plan) == {"232762": 28}
    entry = AuditEntry.objects.get(action="staffing.plan.correct")
    assert (entry.before["number"], entry.after["number"]) == (27, 28)
    allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=16, u232762101=12))
    with pytest.raises(Refused, match="28 seats of 松岭区 are shared out below it, more than 27"):
        plan_change(actor=None, plan=plan, **values(number=27))


def test_what_has_ended_stays_as_it_is(place: Place, plan: QuotaPlan) -> None:
    with pytest.raises(Refused):
        plan_close(actor=None, plan=plan, end=date(2021, 12, 31))
    plan_close(actor=None, plan=plan, end=date(2026, 1, 1))
    for act in (
        lambda: plan_change(actor=None, plan=plan, **values(number=30)),
        lambda: plan_close(actor=None, plan=plan, end=date(2026, 2, 1)),
        lambda: allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=27)),
        lambda: over_explain(actor=None, allocation=root(plan), reason="x"),
    ):
        with pytest.raises(Conflict, match="2026-01-01"):
            act()
    enter(place, start=date(2026, 1, 1), number=30)
    assert QuotaPlan.objects.count() == 2


def test_a_plan_that_ends_on_its_first_day_never_held(place: Place, plan: QuotaPlan) -> None:
    plan_close(actor=None, plan=plan, end=START)
    enter(place)
    assert QuotaPlan.objects.count() == 2


def test_a_plan_of_its_own_stays_within_what_the_plan_above_gives(place: Place, plan: QuotaPlan) -> None:
    allocate(actor=None, allocation=root(plan), shares=shares(place, u232762100=16, u232762101=11))
    with pytest.raises(Refused, match="16 seats"):
        enter(place, unit=TOWN, number=17)
    assert seats(enter(place, unit=TOWN, number=16)) == {TOWN: 16}


def test_who_may_write(place: Place) -> None:
    given = values(unit=place.units["232762"])
    for name, error in (("clerk", NotFound), ("approver", NotAllowed), ("foreign", NotFound), ("finance", NotAllowed)):
        with pytest.raises(error):
            plan_enter(actor=place.users[name], **given)
    plan = plan_enter(actor=place.users["officer"], **given)
    for name, error in (("clerk", NotFound), ("approver", NotAllowed)):
        user = place.users[name]
        for act in (
            lambda: plan_change(actor=user, plan=plan, **values()),  # noqa: B023
            lambda: plan_close(actor=user, plan=plan, end=date(2026, 1, 1)),  # noqa: B023
            lambda: allocate(actor=user, allocation=root(plan), shares={}, kept=27),  # noqa: B023
            lambda: over_explain(actor=user, allocation=root(plan), reason="x"),  # noqa: B023
        ):
            with pytest.raises(error):
                act()


# -- What the database keeps by itself --------------------------------------------------------------------------------


def _raw(plan: QuotaPlan, place: Place, code: str, number: int, parent: QuotaAllocation | None = None) -> None:
    QuotaAllocation.objects.create(plan=plan, unit=place.units[code], parent=parent or root(plan), number=number)


def _check() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_more_than_the_parent_has_is_refused_at_commit(place: Place, plan: QuotaPlan) -> None:
    with transaction.atomic():
        _raw(plan, place, TOWN, 16)
        _raw(plan, place, OTHER, 11)
        _check()  # 27 of 27
    with pytest.raises(IntegrityError, match="more seats shared out than there are"), transaction.atomic():
        QuotaAllocation.objects.filter(unit=place.units[OTHER]).update(number=12)
        _check()
    with pytest.raises(IntegrityError, match="more seats shared out than there are"), transaction.atomic():
        QuotaAllocation.objects.filter(parent=None).update(number=26)
        _check()
    other = enter(place, unit=OTHER, number=11)
    with pytest.raises(IntegrityError, match="seats of one plan shared out in another"), transaction.atomic():
        QuotaAllocation.objects.filter(plan=plan, unit=place.units[OTHER]).update(parent=root(other))
        _check()


def test_without_the_trigger_it_is_not(place: Place, plan: QuotaPlan) -> None:
    """The control."""
    _check()  # what the trigger has still to look at stands in the way of taking it off
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE staffing_quotaallocation DISABLE TRIGGER staffing_within_parent")
    _raw(plan, place, TOWN, 28)
    _check()
    assert seats(plan)[TOWN] == 28


def test_no_number_below_0(place: Place, plan: QuotaPlan) -> None:
    with pytest.raises(IntegrityError, match="staffing_allocation_number"):
        _raw(plan, place, TOWN, -1)


def test_a_unit_has_its_seats_once(place: Place, plan: QuotaPlan) -> None:
    _raw(plan, place, TOWN, 1)
    with pytest.raises(IntegrityError, match="staffing_allocation_once"):
        _raw(plan, place, TOWN, 1)
