"""Workers killed in the middle of an import and of its undo: nothing half, and the work ends by itself."""

from __future__ import annotations

import pytest

from tests.chaos.conftest import House
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
        with house.held():
            number = house.hand("import_send", kind, source)
            assert house.until(lambda: house.waiting() is not None, 60)
            told = job(house, number)
            assert told[:2] == ("CLAIMED", 1)
            if kind == "APPLY":
                assert told[2] == 250  # the middle: a lot is written, the others are not
            with house.frozen():  # nobody else begins it yet
                house.kill_in_the_middle()
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
    with house.frozen(), house.held():
        house.worker("tests.chaos.naive", "-Q", QUEUE)
        house.hand("import_naive", "APPLY", source)
        house.kill_in_the_middle()
    assert house.ask(WRITTEN) == [(PAUSE_AT,) * 4]
    assert house.ask("SELECT count(*) FROM personnel_importjob WHERE source_id = %(source)s", source=source) == [(0,)]
