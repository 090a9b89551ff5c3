"""Killed workers, a stopped database, an emptied broker: the same slips, the same fingerprint, none missing or doubled."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
import redis

from tests.chaos.conftest import PEOPLE, House

LONG = os.environ.get("CWMS_CHAOS") == "long"
SEEDS = range(1, 6) if LONG else range(1, 2)
KILLS = 5 if LONG else 3  # a seed: 25 in the long version

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]


def proven(house: House, run: int, undisturbed: dict[str, object]) -> None:
    assert house.wait(run, seconds=120), "the run did not end"
    found = house.state_of(run)
    house.cancel(run)
    assert found["state"] == "READY", found["error"]
    assert found["rows"] == found["people"] == PEOPLE
    assert found == undisturbed


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_workers(house: House, undisturbed: dict[str, object], seed: int) -> None:
    """Whole workers and single processes of their pools die in mid-run."""
    chance = random.Random(seed)
    worker = house.work()
    run = house.start()
    kills = 0
    while kills < KILLS:
        house.wait(run, batches=house.done(run) + chance.randint(1, 4), seconds=30)
        if house.ask(f"SELECT state FROM payroll_payrun WHERE id = {run}")[0][0] != "RUNNING":
            # It was quicker than the killing: once more with a run of its own.
            proven(house, run, undisturbed)
            run = house.start()
            continue
        if chance.random() < 0.5:
            kills += house.kill_one_process(worker, chance)
        else:
            house.kill(worker)
            kills += 1
            worker = house.work()
    proven(house, run, undisturbed)
    house.kill(worker)


def test_a_database_stopped_at_once(house: House, undisturbed: dict[str, object]) -> None:
    worker = house.work()
    run = house.start()
    house.wait(run, batches=6, seconds=30)
    house.server.stop(signal.SIGQUIT)
    house.server.start()
    proven(house, run, undisturbed)
    house.kill(worker)


def test_a_broker_that_loses_everything(house: House, undisturbed: dict[str, object]) -> None:
    worker = house.work()
    run = house.start()
    house.wait(run, batches=6, seconds=30)
    client = redis.Redis(unix_socket_path=str(house.broker.socket))
    client.flushall()
    client.close()
    proven(house, run, undisturbed)
    house.kill(worker)


def test_messages_sent_again_and_again(house: House, undisturbed: dict[str, object]) -> None:
    worker = house.work()
    run = house.start()
    for _n in range(3):
        house.manage(f"from payroll import tasks\ntasks.start_pay_run.delay({run})")
    proven(house, run, undisturbed)
    house.kill(worker)


def test_the_control_without_claims_loses_slips(house: House, undisturbed: dict[str, object]) -> None:
    """Without claims, leases and sweeper a killed worker takes its batches along. (The last test: it stops the clock.)"""
    assert house.clock is not None
    house.kill(house.clock)
    worker = house.work("tests.chaos.naive")
    run = int(
        house.manage(
            "from core.periods import Month\n"
            "from organization.models import Unit\n"
            "from payroll.models import PayBatch\n"
            "from payroll.services.pay_runs import pay_run_start\n"
            "from tests.chaos.naive import naive_batch\n"
            "run = pay_run_start(actor=None, unit=Unit.objects.get(code='99'.ljust(12, '0')), month=Month(2026, 1))\n"
            "for number in PayBatch.objects.filter(run=run).order_by('pk').values_list('pk', flat=True):\n"
            "    naive_batch.delay(number)\n"
            "print(run.pk)"
        )
    )
    assert house.wait(run, batches=4, seconds=30)
    house.kill(worker)
    worker = house.work("tests.chaos.naive")
    before, still_since = -1, time.monotonic()
    while time.monotonic() - still_since < 8:  # longer than a worker takes to start
        now = house.done(run)
        if now != before:
            before, still_since = now, time.monotonic()
        time.sleep(0.1)
    found = house.state_of(run)
    house.kill(worker)
    house.cancel(run)
    assert 0 < found["rows"] < PEOPLE, "nothing was lost: the control proves nothing"
    assert found != undisturbed
