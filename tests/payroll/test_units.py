"""Pay runs and units that move: planning a run and moving a unit never see half of each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from core.errors import Conflict
from organization.models import Unit
from organization.selectors.above import above
from organization.services import unit_move
from payroll.models import PayRun, PaySlip
from payroll.services import pay_runs
from payroll.services.pay_runs import pay_run_start
from personnel.models import Employment
from tests.payroll.conftest import FEBRUARY, JANUARY, Place

DAY = date(2026, 2, 1)
FROM, TO, MOVED = "232762100", "232762101", "232762100001"


def move(place: Place) -> Unit:
    return unit_move(actor=None, unit=place.units[MOVED], parent=place.units[TO], day=DAY)


class Other(threading.Thread):
    """A piece of work in a transaction and connection of its own, whose result or error is kept."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work, self.result, self.error = work, None, None
        self.process = threading.Event()
        self.number = 0

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.number = cursor.fetchone()[0]
            self.process.set()
            self.result = self.work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def waits(self) -> bool:
        """Whether it stands before a lock that others hold (True) or has ended (False): one of both will be."""
        assert self.process.wait(10)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not self.is_alive():
                return False
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT 1 FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND NOT granted", [self.number]
                )
                if cursor.fetchone():
                    return True
            threading.Event().wait(0.01)
        raise AssertionError("neither waits nor ends")


@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_a_run_that_is_being_planned(staffed: Place) -> None:
    with transaction.atomic():
        pay_run_start(actor=None, unit=staffed.units[FROM], month=FEBRUARY)
        other = Other(lambda: move(staffed))
        other.start()
        assert other.waits()
    other.join(30)
    assert isinstance(other.error, Conflict)
    assert "2026-02 is open" in str(other.error)
    assert Unit.objects.filter(code=f"{MOVED}").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_is_planned_after_a_move_or_before_it(staffed: Place) -> None:
    with transaction.atomic():
        moved = move(staffed)
        other = Other(lambda: pay_run_start(actor=None, unit=staffed.units[TO], month=FEBRUARY))
        other.start()
        assert other.waits()
    other.join(30)
    assert other.error is None
    # 3 of 小扬气社区 came with it, 2 of 劲松社区 were there.
    assert sum(batch.expected for batch in other.result.batches.all()) == 5
    assert Employment.objects.filter(unit_path=moved.path).count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_half_of_a_move_is_seen(staffed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the run is planned without the people who come, and the move never learns of the run."""
    monkeypatch.setattr(pay_runs, "hold_tree", lambda: None)
    with transaction.atomic():
        move(staffed)
        other = Other(lambda: pay_run_start(actor=None, unit=staffed.units[TO], month=FEBRUARY))
        other.start()
        assert not other.waits()
    assert sum(batch.expected for batch in other.result.batches.all()) == 2
    assert PayRun.objects.get().state == "RUNNING"
    assert Unit.objects.filter(code=MOVED).count() == 2


def test_sealed_slips_keep_their_place_and_the_next_run_pays_at_the_new_one(staffed: Place) -> None:
    staffed.run(FROM, JANUARY, seal=True)
    old = staffed.units[MOVED]
    moved = move(staffed)
    assert set(PaySlip.objects.filter(month=JANUARY.first_day).values_list("unit__path", flat=True)) == {
        old.path,
        staffed.units["232762100002"].path,
    }
    run = staffed.run(TO, FEBRUARY)
    paid = PaySlip.objects.filter(run=run, unit=moved)
    assert sorted(paid.values_list("person__name", flat=True)) == ["丙", "乙", "甲"]


def test_everything_that_repeats_a_path_follows_or_has_a_reason_to_stay() -> None:
    """A table that repeats the path of a unit is decided about here, so that no new one is forgotten."""
    follows = {"personnel.Employment", "approvals.Case", "approvals.CaseStep", "approvals.Opinion"}
    follows |= {"recruitment.Plan", "recruitment.Position", "recruitment.Applicant"}
    kept_by_triggers = {"personnel.Listing"}
    pictures = {  # of an open run, which stands in the way of a move; what is sealed or closed stays
        "assessment.Evaluation", "assessment.PoolResult", "assessment.EvaluationIssue", "assessment.Consequence",
        "payroll.PayRun", "payroll.PayLeftOut", "payroll.PayDifference", "payroll.PromotionRun",
        "payroll.PromotionOutcome",
    }  # fmt: skip
    uploads = {"personnel.Import"}  # where a file was uploaded, a fact of that day
    certificates = {"personnel.Deletion"}  # where files belonged when it was proposed; old places stay in reach
    # By a worker: every quarter of an hour, and where a trigger marks the old place and the new one.
    counted_again = {"personnel.QualityCount", "reports.Rollup", "reports.StaleUnit"}
    counted_again |= {"reports.PastArea", "reports.PastColumn", "reports.PaidArea"}
    found = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "unit_path" for field in model._meta.get_fields())
    }
    assert found - (follows | kept_by_triggers | pictures | uploads | certificates | counted_again) == set()
    assert set(above.follows) == {"approvals", "personnel", "recruitment", "staffing"}
    assert set(above.open_runs) == {"assessment", "payroll"}
