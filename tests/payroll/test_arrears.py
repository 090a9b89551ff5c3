"""Arrears of those who have moved or left since; what is paid and taken back in the ordinary case is in test_pay_runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from core.periods import Month
from payroll.models import ArrearsLine, PayLeftOut, PayRun, PaySlip
from payroll.services.pay_runs import pay_run_seal
from personnel.models import Certificate, Employment, Person, Tenure
from personnel.services import employment_start, tenure_start
from tests.payroll.conftest import FEBRUARY, Place

MARCH = Month(2026, 3)
LEAVES = date(2026, 2, 1)


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


def late_certificate(name: str) -> Person:
    """Worth 300.00 a month since September, and unknown when January was sealed."""
    person = Person.objects.get(name=name)
    Certificate.objects.create(person=person, level="SOCIAL_WORKER", number=f"late{name}", issued=date(2025, 9, 1))
    return person


def leave(person: Person, day: date = LEAVES) -> None:
    Tenure.objects.filter(person=person).update(end=day)
    Employment.objects.filter(person=person).update(end=day)


def move(place: Place, person: Person, unit: str, day: date = LEAVES) -> None:
    leave(person, day)
    there = place.units[unit]
    employment_start(actor=None, person=person, unit=there, category="COMMUNITY_WORKER", start=day)
    tenure_start(actor=None, person=person, unit=there, title="STAFF", start=day)


def arrears(run: PayRun) -> dict[str, int]:
    return {
        f"{name} {month:%Y-%m} {line}": amount
        for name, month, line, amount in ArrearsLine.objects.filter(run=run).values_list(
            "person__name", "month", "line", "amount"
        )
    }


def left_out(run: PayRun) -> list[tuple[str, str, dict[str, Any]]]:
    return list(PayLeftOut.objects.filter(run=run).values_list("person__name", "code", "params"))


# -- Moved ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people_a_batch", [1, 100])
def test_arrears_follow_whoever_has_moved_to_another_batch(staffed: Place, people_a_batch: int) -> None:
    staffed.run(seal=True)
    person = late_certificate("甲")
    move(staffed, person, "232762101001")
    run = staffed.run(month=FEBRUARY, people_a_batch=people_a_batch)
    assert arrears(run) == {"甲 2026-01 certificate": 30000}
    assert PaySlip.objects.get(run=run, person=person).arrears == 30000
    assert run.totals["arrears"] == 30000
    assert left_out(run) == []


def test_the_cut_into_batches_leaves_arrears_and_fingerprint_unchanged(staffed: Place) -> None:
    from payroll.services.pay_runs import pay_run_cancel

    staffed.run(seal=True)
    move(staffed, late_certificate("甲"), "232762101001")
    leave(late_certificate("乙"))
    prints = set()
    for people in (1, 2, 100):
        run = staffed.run(month=FEBRUARY, people_a_batch=people)
        prints.add(run.fingerprint)
        pay_run_cancel(actor=None, run=run)
    assert len(prints) == 1


def test_a_run_for_one_street_leaves_months_elsewhere_alone(staffed: Place) -> None:
    """The rules and the budget of the other street are not this run's."""
    staffed.run("232762100", seal=True)
    staffed.run("232762101", seal=True)
    move(staffed, late_certificate("甲"), "232762101001")
    run = staffed.run("232762101", month=FEBRUARY)
    assert arrears(run) == {}


# -- Left -----------------------------------------------------------------------------------------------------------------


def test_what_is_owed_to_a_leaver_is_shown_with_its_amount(staffed: Place) -> None:
    staffed.run(seal=True)
    person = late_certificate("甲")
    leave(person)
    run = staffed.run(month=FEBRUARY)
    assert not PaySlip.objects.filter(run=run, person=person).exists()
    assert (arrears(run), run.totals["arrears"]) == ({}, 0)
    assert left_out(run) == [("甲", "LEAVER_OWED", {"from": "2026-01", "to": "2026-01", "yuan": "300.00"})]
    row = PayLeftOut.objects.get(run=run)
    assert row.unit_path == staffed.units["232762100001"].path
    with translation.override("en"):
        assert row.reason == (
            "No longer employed. The sealed months from 2026-01 to 2026-01 turn out to owe 300.00 yuan more. A run pays "
            "only those employed in its month: pay this outside the run."
        )


def test_what_a_leaver_was_paid_too_much_is_shown(staffed: Place) -> None:
    staffed.run(seal=True)
    leave(Person.objects.get(name="丙"))
    Certificate.objects.filter(person__name="丙").delete()
    run = staffed.run(month=FEBRUARY)
    assert left_out(run) == [("丙", "LEAVER_OVERPAID", {"from": "2026-01", "to": "2026-01", "yuan": "150.00"})]
    assert "150.00 yuan too much" in PayLeftOut.objects.get(run=run).reason


def test_a_leaver_to_whom_nothing_is_owed_is_not_listed(staffed: Place) -> None:
    staffed.run(seal=True)
    leave(Person.objects.get(name="甲"))
    assert left_out(staffed.run(month=FEBRUARY)) == []


def test_several_months_add_up(staffed: Place) -> None:
    staffed.run(seal=True)
    staffed.run(month=FEBRUARY, seal=True)
    leave(late_certificate("甲"), date(2026, 3, 1))
    run = staffed.run(month=MARCH)
    assert left_out(run) == [("甲", "LEAVER_OWED", {"from": "2026-01", "to": "2026-02", "yuan": "600.00"})]


def test_it_stays_listed_while_the_month_can_still_be_worked_out_again(staffed: Place) -> None:
    staffed.run(seal=True)
    leave(late_certificate("甲"))
    staffed.run(month=FEBRUARY, seal=True)
    assert [code for _name, code, _params in left_out(staffed.run(month=MARCH))] == ["LEAVER_OWED"]


def test_a_leaver_who_comes_back_is_paid(staffed: Place) -> None:
    staffed.run(seal=True)
    person = late_certificate("甲")
    leave(person)
    february = staffed.run(month=FEBRUARY)
    assert [code for _name, code, _params in left_out(february)] == ["LEAVER_OWED"]
    pay_run_seal(actor=staffed.users["finance"], run=february)
    move_back = staffed.units["232762100002"]
    employment_start(actor=None, person=person, unit=move_back, category="COMMUNITY_WORKER", start=date(2026, 3, 1))
    tenure_start(actor=None, person=person, unit=move_back, title="STAFF", start=date(2026, 3, 1))
    march = staffed.run(month=MARCH)
    assert (left_out(march), arrears(march)) == ([], {"甲 2026-01 certificate": 30000})


def test_whoever_is_left_out_for_a_reason_of_their_own_keeps_that_reason(staffed: Place) -> None:
    staffed.run(seal=True)
    person = late_certificate("甲")
    Tenure.objects.filter(person=person).update(end=LEAVES)
    run = staffed.run(month=FEBRUARY)
    assert [(name, code) for name, code, _params in left_out(run)] == [("甲", "NO_POST")]


@pytest.mark.parametrize("people_a_batch", [1, 100])
def test_whoever_moved_and_then_left_is_listed_once_with_all_months(staffed: Place, people_a_batch: int) -> None:
    staffed.run(seal=True)
    person = Person.objects.get(name="甲")
    move(staffed, person, "232762101001")
    staffed.run(month=FEBRUARY, seal=True)
    late_certificate("甲")
    for model in (Tenure, Employment):
        model.objects.filter(person=person, end=None).update(end=date(2026, 3, 1))
    run = staffed.run(month=MARCH, people_a_batch=people_a_batch)
    assert left_out(run) == [("甲", "LEAVER_OWED", {"from": "2026-01", "to": "2026-02", "yuan": "600.00"})]
    assert PayLeftOut.objects.get(run=run).unit_path == staffed.units["232762101001"].path
