"""Workers killed in the middle of an import and of its undo: nothing half, and the work ends by itself."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

import pytest

from tests.chaos.conftest import House
from tests.chaos.hand import PAUSE_LOCK
from tests.chaos.naive import QUEUE

ROWS, PAUSE_AT = 300, 280  # more than a page writes by itself, and a lot of 250 is written before the pause
# What an import writes, a table a row of the answer: how many of the import's people have it.
WRITTEN = """
SELECT count(*), count(e.id), count(t.id), count(s.id)
  FROM personnel_person p
  JOIN personnel_listing l ON l.person_id = p.id AND l.unit_path LIKE '98/%%'
  LEFT JOIN personnel_employment e ON e.person_id = p.id
  LEFT JOIN personnel_tenure t ON t.person_id = p.id
  LEFT JOIN personnel_education s ON s.person_id = p.id
"""

pytestmark = pytest.mark.chaos


@contextlib.contextmanager
def held(house: House) -> Iterator[None]:
    """Whoever comes to the person in the middle waits there."""
    house.ask("SELECT pg_advisory_lock(%(lock)s)", lock=PAUSE_LOCK)
    try:
        yield
    finally:
        house.ask("SELECT pg_advisory_unlock(%(lock)s)", lock=PAUSE_LOCK)


def waiting(house: House) -> subprocess.Popen[bytes] | None:
    """The worker that waits in the middle of its transaction."""
    found = house.ask(
        """SELECT split_part(a.application_name, ' ', 2)::integer
             FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.objid = %(lock)s AND NOT l.granted AND a.application_name LIKE 'chaos %%'""",
        lock=PAUSE_LOCK,
    )
    return house.others[found[0][0]] if found else None


def connected(house: House, worker: subprocess.Popen[bytes]) -> bool:
    name = f"chaos {house.others.index(worker)}"
    return bool(house.ask("SELECT 1 FROM pg_stat_activity WHERE application_name = %(name)s", name=name))


def killed_in_the_middle(house: House) -> None:
    """kill -9 of the worker that waits; on return the server has noticed."""
    assert house.until(lambda: waiting(house) is not None, 60), "nobody came to the middle"
    victim = waiting(house)
    assert victim is not None
    house.kill(victim)
    house.told["workers killed"] += 1
    house.ask("SELECT pg_advisory_unlock(%(lock)s)", lock=PAUSE_LOCK)
    assert house.until(lambda: not connected(house, victim), 30), "the server did not notice"
    house.ask("SELECT pg_advisory_lock(%(lock)s)", lock=PAUSE_LOCK)


def job(house: House, number: int) -> tuple[str, int, int]:
    """State, attempt and rows told of a piece of work."""
    return house.ask("SELECT state, attempt, done FROM personnel_importjob WHERE id = %(job)s", job=number)[0]  # type: ignore[return-value]


def ended(house: House, number: int) -> bool:
    return job(house, number)[0] not in ("DUE", "CLAIMED")


def test_killed_in_the_middle_of_an_import_and_of_its_undo(house: House) -> None:
    house.staff()
    source = house.hand("import_review", ROWS, PAUSE_AT)
    everybody, nobody = (ROWS,) * 4, (0,) * 4
    for kind, before, after in (("APPLY", nobody, everybody), ("UNDO", everybody, nobody)):
        with held(house):
            number = house.hand("import_send", kind, source)
            assert house.until(lambda: waiting(house) is not None, 60)
            told = job(house, number)
            assert told[:2] == ("CLAIMED", 1)
            if kind == "APPLY":
                assert told[2] == 250  # the middle: a lot is written, the others are not
            with house.frozen():  # nobody else begins it yet
                killed_in_the_middle(house)
                assert house.ask(WRITTEN) == [before]
                assert job(house, number)[0] == "CLAIMED"
        house.staff()
        assert house.until(lambda n=number: ended(house, n), 60), "the work did not end by itself"
        state, attempt, done = job(house, number)
        assert (state, done) == ("DONE", ROWS)
        assert attempt == 2
        assert house.ask(WRITTEN) == [after]


def test_the_control_row_by_row_leaves_half(house: House) -> None:
    """Without the one transaction half of the rows stay; without the claim nobody ends what a killed worker began."""
    source = house.hand("import_review", ROWS, PAUSE_AT)
    with house.frozen(), held(house):
        house.worker("tests.chaos.naive", "-Q", QUEUE)
        house.hand("import_naive", "APPLY", source)
        killed_in_the_middle(house)
    assert house.ask(WRITTEN) == [(PAUSE_AT,) * 4]
    assert house.ask("SELECT count(*) FROM personnel_importjob WHERE source_id = %(source)s", source=source) == [(0,)]
