"""Days of a notice, natural and working, worked out by hand from the calendar of 2026."""

from __future__ import annotations

from datetime import date

import pytest

from approvals.rules import YearMissing, last_day, missing

# 2026-10-01 to 07 are off, 2026-09-20 and 2026-10-10 (a Sunday and a Saturday) are worked.
CALENDAR = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}


@pytest.mark.requirement("CH-21")
@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        (date(2026, 9, 28), "natural", date(2026, 10, 3)),
        (date(2026, 9, 28), "working", date(2026, 10, 10)),  # 29, 30, then 8, 9 and the Saturday that is worked
        (date(2026, 9, 18), "working", date(2026, 9, 24)),  # Sunday 20 is worked; 21, 22, 23, 24
        (date(2026, 11, 2), "working", date(2026, 11, 9)),  # Monday: 3, 4, 5, 6, then Monday 9
    ],
)
def test_the_last_day(first: date, count: str, last: date) -> None:
    assert last_day(first, 5, count, CALENDAR, {2026}) == last


def test_a_year_that_nobody_entered_is_named() -> None:
    with pytest.raises(YearMissing) as error:
        last_day(date(2026, 12, 30), 5, "working", CALENDAR, {2026})
    assert error.value.year == 2027


def test_a_vote_lacks_its_third_figure() -> None:
    assert missing(["document", "votes"], {"votes_for": 3, "votes_against": 0}, 1) == ["votes"]
    assert missing(["document", "votes"], {"votes_for": 3, "votes_against": 0, "votes_abstained": 0}, 0) == ["document"]
