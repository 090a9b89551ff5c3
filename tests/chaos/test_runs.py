"""Killed workers, a stopped database, an emptied broker: the same rows, the same fingerprint, none missing or doubled."""

from __future__ import annotations

import random
import signal

import pytest
import redis

from tests.chaos.conftest import PEOPLE, House
from tests.chaos.kinds import EVALUATION, KINDS, PAY, PROMOTION, Kind
from tests.chaos.naive import ENDED, QUEUE
from tests.rounds import LONG

# Kills a seed: 8 in all in the short version, 60 in the long one.
KILLS = {PAY: 6, EVALUATION: 6, PROMOTION: 3} if LONG else {PAY: 4, EVALUATION: 3, PROMOTION: 1}
SEEDS = (1, 2, 3, 4) if LONG else (1,)

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_killed_workers(house: House, kind: Kind, seed: int) -> None:
    """Whole workers and single processes of their pools die in mid-run, some of them with a batch in their hands."""
    chance = random.Random(f"{kind.name} {seed}")
    kills = taken_over = 0
    for _run in range(20):  # a run may be quicker than the killing
        if kills >= KILLS[kind] and taken_over:
            break
        run = house.start(kind)
        kills += house.harass(kind, run, chance, max(1, KILLS[kind] - kills))
        taken_over += house.prove(kind, run)
    assert kills >= KILLS[kind]
    assert taken_over > 0, "nobody was killed at work"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_database_stopped_at_once(house: House, seed: int) -> None:
    run = house.start(PAY)
    assert house.reach(PAY, run, 5 * seed)
    house.server.stop(signal.SIGQUIT)
    house.server.start()
    house.prove(PAY, run)


def test_a_broker_that_loses_everything(house: House) -> None:
    run = house.start(PAY)
    assert house.reach(PAY, run, 6)
    client = redis.Redis(unix_socket_path=str(house.broker.socket))
    client.flushall()
    client.close()
    house.prove(PAY, run)


def test_messages_sent_again_and_again(house: House) -> None:
    run = house.start(PAY)
    for _n in range(3):
        house.hand("send", "pay", run)
    house.prove(PAY, run)


def test_the_control_without_claims_loses_slips(house: House) -> None:
    """Without claims, leases and sweeper a killed worker takes its batches along."""
    with house.frozen(), house.held():
        workers = [house.worker("tests.chaos.naive", "-Q", QUEUE) for _n in range(2)]
        run = house.hand("naive")
        house.kill_in_the_middle()
        assert house.until(
            lambda: house.ask("SELECT error FROM payroll_payrun WHERE id = %(run)s", run=run) == [(ENDED,)], 60
        )
        found = house.state_of(PAY, run)
        for survivor in workers:
            if survivor.poll() is None:
                house.kill(survivor)
        house.hand("cancel", "pay", run)
    assert 0 < found["people"] < PEOPLE, "nothing was lost: the control proves nothing"
    assert found != house.undisturbed["pay"]
