"""How service is counted: spans, gaps, years that are taken out, interruptions, part years, the day of counting."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from policy.rules.context import Context
from policy.rules.service import counted, months_in_year, months_served
from tests.policy.frames import facts_of, policy

D = date
W, G, P = "COMMUNITY_WORKER", "GRID_WORKER", "PUBLIC_WELFARE_POST"
COUNTS = {"counts": {"category": {"any_of": [W, G]}}}
Spans = Sequence[tuple[str, date, date | None]]


def years(
    service: Mapping[str, Any],
    people: Sequence[Spans],
    day: date,
    *,
    grades: Sequence[Mapping[int, str | None]] = (),
    interruption: str | None = None,
) -> list[Fraction]:
    """The counted years of each."""
    rules = policy(service=COUNTS | dict(service))
    rows = [{f"annual_grades.{year}": grade for year, grade in own.items()} for own in grades] or [{} for _ in people]
    facts = facts_of(rows, rules, day, spans=people)
    ctx = Context(rules, day, results_year=day.year - 1)
    found = counted(facts, rules.service, ctx, interruption=interruption).sort("person")
    assert found["value"].dtype == pl.Int64
    assert found["person"].to_list() == list(range(1, len(people) + 1))
    return [Fraction(value, 12) for value in found["value"]]


def one(begin: date, end: date | None = None) -> Spans:
    return [(W, begin, end)]


# -- Which spans, from when to when -----------------------------------------------------------------------------------


def test_only_what_counts_counts_and_a_person_without_any_has_none() -> None:
    people = [
        [(P, D(2000, 1, 1), D(2020, 1, 1)), (W, D(2020, 1, 1), None)],
        [(P, D(2000, 1, 1), None)],
        [],
        one(D(2027, 1, 1)),  # begins later
        one(D(2020, 1, 1), D(2024, 1, 1)),  # has left: what was served stays
    ]
    assert years({}, people, D(2026, 1, 1)) == [6, 0, 0, 0, 4]
    assert years({"part_year": "up"}, people, D(2026, 1, 1)) == [6, 0, 0, 0, 4]


def test_nothing_before_the_first_day_counts() -> None:
    people = [
        one(D(2005, 1, 1)),
        one(D(2012, 1, 1)),
        one(D(2005, 1, 1), D(2009, 1, 1)),
        # Both ends of the gap lie before the first day: nothing of it is moved over.
        [(W, D(2000, 1, 1), D(2003, 1, 1)), (W, D(2005, 1, 1), None)],
        # From the first day on, one year of gap is left: 2016 begins the count, moved by 365 days from 2010-01-01.
        [(W, D(2000, 1, 1), D(2012, 1, 1)), (W, D(2013, 1, 1), None)],
    ]
    # 2010-01-01 + 366 days of 2012 = 2011-01-02: fourteen years on 2026-01-01, fifteen on 2026-01-02.
    assert years({"from": D(2010, 1, 1)}, people, D(2026, 1, 1)) == [16, 14, 0, 16, 14]
    assert years({"from": D(2010, 1, 1)}, people, D(2026, 1, 2)) == [16, 14, 0, 16, 15]


def test_overlapping_spans_count_once() -> None:
    people = [
        [(W, D(2016, 1, 1), D(2020, 1, 1)), (G, D(2018, 1, 1), D(2022, 1, 1)), (W, D(2021, 1, 1), None)],
        [(W, D(2016, 1, 1), None), (G, D(2018, 1, 1), D(2019, 1, 1))],  # one inside the other
        [(W, D(2016, 1, 1), D(2022, 1, 1)), (G, D(2017, 1, 1), D(2018, 1, 1)), (W, D(2022, 1, 1), None)],
        [(W, D(2016, 1, 1), D(2016, 1, 1)), (W, D(2016, 1, 1), None)],  # an empty one
    ]
    assert years({}, people, D(2026, 1, 1)) == [10, 10, 10, 10]
    assert years({}, people, D(2026, 1, 1), interruption="restarts") == [10, 10, 10, 10]


# -- Gaps -------------------------------------------------------------------------------------------------------------


def test_gaps_move_the_first_day_by_their_days() -> None:
    # 2020-01-31 + the 10 days from 2020-06-01 to 2020-06-11 = 2020-02-10.
    gap = [(W, D(2020, 1, 31), D(2020, 6, 1)), (W, D(2020, 6, 11), None)]
    assert years({}, [gap], D(2025, 2, 9)) == [4]
    assert years({}, [gap], D(2025, 2, 10)) == [5]
    # Two gaps of 10 and 20 days: 2020-01-31 + 30 days = 2020-03-01.
    two = [(W, D(2020, 1, 31), D(2020, 6, 1)), (G, D(2020, 6, 11), D(2021, 1, 1)), (W, D(2021, 1, 21), None)]
    assert years({}, [two], D(2025, 2, 28)) == [4]
    assert years({}, [two], D(2025, 3, 1)) == [5]
    # Whoever left ten days before the day of counting is ten days behind.
    left = one(D(2020, 1, 31), D(2025, 1, 31))
    assert years({}, [left], D(2025, 2, 10)) == [5]
    assert years({}, [one(D(2020, 1, 31), D(2025, 1, 30))], D(2025, 2, 10)) == [4]


def test_an_interruption_restarts_the_count() -> None:
    twice = [(W, D(2000, 1, 1), D(2010, 1, 1)), (W, D(2011, 1, 1), D(2015, 1, 1)), (W, D(2015, 1, 2), None)]
    people = [twice, twice[:2], twice[:1]]
    day = D(2026, 1, 1)
    # 2015-01-02: eleven years on 2026-01-02. Of those who left the last stretch: four years, ten years.
    assert years({"interruption": "restarts"}, people, day) == [10, 4, 10]
    assert years({"interruption": "restarts"}, people, D(2026, 1, 2)) == [11, 4, 10]
    # What is asked for goes before what is written: continuous_years is the same with `restarts`.
    # 2000-01-01 + 365 + 1 days = 2001-01-01; + 365 + the 4018 days since 2015-01-01 = 14 years; 10 years.
    assert years({}, people, day) == [25, 14, 10]
    assert years({}, people, day, interruption="restarts") == [10, 4, 10]


def test_a_gap_restarts_only_if_it_is_longer_than_the_months() -> None:
    service = {"interruption": {"restarts_after": {"months": 6}}}
    day = D(2026, 1, 1)
    short, long = (W, D(2018, 7, 1), D(2020, 1, 1)), (W, D(2018, 7, 2), D(2020, 1, 1))
    early = (W, D(2010, 1, 1), D(2018, 1, 1))
    last = (W, D(2020, 1, 1), None)
    # 181 days drop out: 2010-01-01 becomes 2010-07-01. A day more begins anew on 2018-07-02.
    assert years(service, [[early, short, last], [early, long, last]], day) == [15, 7]
    # After a restart a shorter gap drops out again: 2018-07-02 + 31 days of January 2020 = 2018-08-02.
    bridged = [early, (W, D(2018, 7, 2), D(2020, 1, 1)), (W, D(2020, 2, 1), None)]
    assert years(service, [bridged], D(2026, 8, 1)) == [7]
    assert years(service, [bridged], D(2026, 8, 2)) == [8]


def test_months_of_a_gap_from_the_end_of_a_long_month_end_with_the_first_of_the_next() -> None:
    """Six months from 31 August are over on 1 March: February has no 31st."""
    service = {"interruption": {"restarts_after": {"months": 6}}}
    early = (W, D(2010, 9, 1), D(2018, 8, 31))
    people = [[early, (W, D(2019, 3, 1), None)], [early, (W, D(2019, 3, 2), None)]]
    # 182 days drop out: 2010-09-01 becomes 2011-03-02, 14 years on 2026-01-01; else since 2019-03-02, six years.
    assert years(service, people, D(2026, 1, 1)) == [14, 6]


# -- Part years and the day of counting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "down", "up", "exact"),
    [
        (D(2023, 1, 1), 3, 3, Fraction(36, 12)),  # an anniversary: no part year
        (D(2023, 1, 2), 2, 3, Fraction(35, 12)),
        (D(2022, 12, 31), 3, 4, Fraction(36, 12)),  # a single day is enough for up, and too little for a twelfth
        (D(2022, 12, 1), 3, 4, Fraction(37, 12)),
        (D(2025, 12, 31), 0, 1, Fraction(0)),
        (D(2026, 1, 1), 0, 0, Fraction(0)),
    ],
)
def test_part_years(begin: date, down: int, up: int, exact: Fraction) -> None:
    found = [years({"part_year": how}, [one(begin)], D(2026, 1, 1)) for how in ("down", "up", "exact")]
    assert found == [[down], [up], [exact]]


@pytest.mark.parametrize(
    ("day", "down", "up", "exact"),
    [
        (D(2021, 2, 28), 0, 1, Fraction(11, 12)),
        (D(2021, 3, 1), 1, 1, Fraction(12, 12)),  # the anniversary of 29 February in a common year
        (D(2021, 3, 2), 1, 2, Fraction(12, 12)),
        (D(2024, 2, 28), 3, 4, Fraction(47, 12)),
        (D(2024, 2, 29), 4, 4, Fraction(48, 12)),
        (D(2024, 3, 1), 4, 5, Fraction(48, 12)),
    ],
)
def test_who_began_on_a_leap_day(day: date, down: int, up: int, exact: Fraction) -> None:
    found = [years({"part_year": how}, [one(D(2020, 2, 29))], day) for how in ("down", "up", "exact")]
    assert found == [[down], [up], [exact]]


def test_rounding_happens_once_after_everything_is_added() -> None:
    """Two halves of a year are one year, and not twice none or twice one."""
    halves = [(W, D(2020, 1, 1), D(2020, 7, 1)), (W, D(2021, 1, 1), D(2021, 7, 5))]  # 182 + 185 = 367 days
    assert years({"part_year": "down"}, [halves], D(2026, 1, 1)) == [1]
    assert years({"part_year": "up"}, [halves], D(2026, 1, 1)) == [2]
    short = [(W, D(2020, 1, 1), D(2020, 7, 1)), (W, D(2021, 1, 1), D(2021, 7, 1))]  # 182 + 181 = 363 days
    assert years({"part_year": "down"}, [short], D(2026, 1, 1)) == [0]
    assert years({"part_year": "up"}, [short], D(2026, 1, 1)) == [1]


def test_counted_once_a_year_and_kept() -> None:
    service = {"as_of": {"month": 7, "day": 1}}
    person = one(D(2020, 3, 1), None)
    assert years(service, [person], D(2026, 6, 30)) == [5]  # as on 2025-07-01
    assert years(service, [person], D(2026, 7, 1)) == [6]
    assert years(service, [one(D(2025, 8, 1))], D(2026, 6, 30)) == [0]
    assert years(service | {"part_year": "up"}, [one(D(2025, 8, 1))], D(2026, 6, 30)) == [
        0
    ]  # after the day of counting
    assert years(service | {"part_year": "exact"}, [one(D(2025, 8, 1))], D(2026, 12, 31)) == [Fraction(11, 12)]


# -- Years that are taken out -----------------------------------------------------------------------------------------

BAD = {"leave_out": {"annual_grade": {"at_most": "POOR"}}}


def test_a_year_is_taken_out_with_the_part_of_it_that_was_counted() -> None:
    history = {2022: "GOOD", 2023: "BAD", 2024: "POOR", 2025: "FAIR"}
    people = [
        one(D(2016, 1, 1)),  # + 365 + 366 days = 2018-01-01
        one(D(2023, 12, 31)),  # + 1 + 366 days = 2025-01-01
        [(W, D(2016, 1, 1), D(2023, 2, 1)), (W, D(2024, 12, 1), None)],  # gap 669, out 31 + 31
        one(D(2016, 1, 1), D(2023, 7, 1)),  # has left in the year that is taken out: seven years
    ]
    # 2016-01-01 + 669 + 62 days = 2018-01-01.
    assert years(BAD, people, D(2026, 1, 1), grades=[history] * 4) == [8, 1, 8, 7]
    assert years(BAD, people, D(2025, 12, 31), grades=[history] * 4) == [7, 0, 7, 7]


def test_a_year_without_a_result_counts_unless_it_is_left_out() -> None:
    histories = [{2023: "GOOD", 2024: None, 2025: "GOOD"}, {2023: "GOOD", 2024: "GOOD", 2025: None}]
    people = [one(D(2023, 1, 1)), one(D(2023, 1, 1))]
    assert years(BAD, people, D(2026, 1, 1), grades=histories) == [3, 3]
    # 2024 has 366 days: 2023-01-01 becomes 2024-01-02. 2025 has 365: 2024-01-01.
    assert years({"year_open": "leave_out"}, people, D(2026, 1, 1), grades=histories) == [1, 2]
    assert years({"year_open": "leave_out"} | BAD, people, D(2026, 1, 1), grades=histories) == [1, 2]
    # The running year has no result yet: 2026-01-01 to 2026-05-01 is left out, too.
    assert years({"year_open": "leave_out"}, people[1:], D(2026, 5, 1), grades=histories[1:]) == [2]
    # 731 days are left, from 2024-04-30 on: two years and a day.
    assert years({"year_open": "leave_out", "part_year": "up"}, people[1:], D(2026, 5, 1), grades=histories[1:]) == [3]


def test_years_before_a_restart_are_not_taken_out_again() -> None:
    person = [(W, D(2019, 1, 1), D(2020, 1, 1)), (W, D(2021, 1, 1), None)]
    history = {2019: "BAD", 2022: "BAD", 2025: "GOOD"}
    # Since 2021-01-01, moved by the 365 days of 2022.
    assert years(BAD | {"interruption": "restarts"}, [person], D(2026, 1, 1), grades=[history]) == [4]


def test_everything_taken_out_leaves_nothing() -> None:
    history = {2024: "BAD", 2025: "BAD"}
    for how in ("down", "up", "exact"):
        assert years(BAD | {"part_year": how}, [one(D(2024, 5, 1))], D(2026, 1, 1), grades=[history]) == [0]


# -- Months -----------------------------------------------------------------------------------------------------------


def months(people: Sequence[Spans], day: date, **service: Any) -> list[int]:
    rules = policy(service=COUNTS | service)
    facts = facts_of([{} for _ in people], rules, day, spans=people)
    found = dict(months_in_year(facts, rules.service, Context(rules, day)).iter_rows())
    return [found.get(number, 0) for number in range(1, len(people) + 1)]


def test_months_of_the_year_up_to_the_day_with_that_day() -> None:
    people = [
        one(D(2015, 1, 1)),
        one(D(2026, 3, 1)),
        one(D(2026, 3, 2)),  # nine months and thirty days
        one(D(2026, 1, 1), D(2026, 7, 1)),
        one(D(2015, 1, 1), D(2026, 1, 1)),  # had left when the year began
        [(P, D(2015, 1, 1), None)],
    ]
    assert months(people, D(2026, 12, 31)) == [12, 10, 9, 6, 0, 0]
    assert months(people, D(2026, 6, 30)) == [6, 4, 3, 6, 0, 0]
    assert months(people, D(2026, 6, 29)) == [5, 3, 3, 5, 0, 0]
    assert months(people[:1], D(2026, 12, 31), **{"from": D(2026, 7, 1)}) == [6]


def test_a_change_of_category_in_the_middle_of_a_month_loses_none() -> None:
    changed = [(G, D(2020, 1, 1), D(2026, 3, 15)), (W, D(2026, 3, 15), None)]
    overlapping = [(G, D(2020, 1, 1), D(2026, 5, 15)), (W, D(2026, 3, 15), None)]
    covered = [(G, D(2026, 1, 1), None), (W, D(2026, 3, 15), D(2026, 4, 20))]
    assert months([changed, overlapping, covered], D(2026, 12, 31)) == [12, 12, 12]


def served(people: Sequence[Spans], first: date, end: date) -> list[int]:
    rules = policy(service=COUNTS)
    facts = facts_of([{} for _ in people], rules, D(2026, 1, 1), spans=people)
    found = dict(months_served(facts, rules.service, Context(rules, D(2026, 1, 1)), first, end).iter_rows())
    return [found.get(number, 0) for number in range(1, len(people) + 1)]


def test_months_served_in_a_cycle() -> None:
    people = [
        one(D(2020, 1, 1)),
        one(D(2026, 2, 1)),
        one(D(2020, 1, 1), D(2026, 5, 20)),
        [(G, D(2020, 1, 1), D(2026, 3, 15)), (W, D(2026, 3, 15), None)],
        one(D(2026, 7, 1)),
        one(D(2020, 1, 1), D(2026, 1, 1)),
    ]
    assert served(people, D(2026, 1, 1), D(2026, 7, 1)) == [6, 5, 4, 6, 0, 0]


# -- Any history, against a reference ---------------------------------------------------------------------------------

FIRST, LAST = D(2015, 1, 1), D(2027, 12, 31)
span = st.tuples(st.sampled_from([W, G, P]), st.dates(FIRST, LAST), st.one_of(st.none(), st.integers(0, 1500))).map(
    lambda drawn: (drawn[0], drawn[1], None if drawn[2] is None else drawn[1] + timedelta(drawn[2]))
)
services = st.fixed_dictionaries(
    {
        "interruption": st.one_of(
            st.sampled_from(["adds", "restarts"]),
            st.integers(1, 14).map(lambda months: {"restarts_after": {"months": months}}),
        ),
        "part_year": st.sampled_from(["down", "up", "exact"]),
        "year_open": st.sampled_from(["count", "leave_out"]),
        "as_of": st.sampled_from(["month", {"month": 1, "day": 1}, {"month": 7, "day": 15}]),
    },
    optional={"from": st.dates(FIRST, LAST), "leave_out": st.just({"annual_grade": {"at_most": "POOR"}})},
)
someone = st.tuples(
    st.lists(span, max_size=4),
    st.dictionaries(st.integers(2015, 2027), st.sampled_from(["GOOD", "FAIR", "POOR", "BAD"])),
)


def anniversary(day: date, months: int) -> date:
    """So many months on; a month without that day is over on the first of the next."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    longest = [31, 29 if isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
    if day.day <= longest:
        return D(year, month + 1, day.day)
    return D(year + (month == 11), (month + 1) % 12 + 1, 1)


def reference(service: Mapping[str, Any], spans: Spans, grades: Mapping[int, str], today: date) -> Fraction:
    """Day by day, as the reference of policy files words it."""
    until = today
    if isinstance(service["as_of"], dict):
        until = D(today.year, service["as_of"]["month"], service["as_of"]["day"])
        until = until if until <= today else until.replace(year=today.year - 1)
    days = set()
    for category, begin, end in spans:
        day = max(begin, service.get("from", begin))
        while category in (W, G) and day < min(end or until, until):
            days.add(day)
            day += timedelta(1)
    kept: list[date] = []
    for day in sorted(days):
        since = kept[-1] + timedelta(1) if kept else day  # the first day of the gap before this day
        how = service["interruption"]
        if since < day and (how == "restarts" or (isinstance(how, dict) and
                            day > anniversary(since, how["restarts_after"]["months"]))):  # fmt: skip
            kept = []
        kept.append(day)

    def out(year: int) -> bool:
        if year not in grades:
            return bool(service["year_open"] == "leave_out")
        return "leave_out" in service and grades[year] in ("POOR", "BAD")

    # Moved forward by every day that does not count, the first day is as many days back as there are days that do.
    moved = until - timedelta(sum(not out(day.year) for day in kept))
    full = 0
    while anniversary(moved, full + 1) <= until:
        full += 1
    if service["part_year"] == "exact":
        return Fraction(full, 12)
    whole = full // 12
    return Fraction(whole + (service["part_year"] == "up" and anniversary(moved, 12 * whole) < until))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(service=services, people=st.lists(someone, min_size=1, max_size=6), today=st.dates(D(2020, 1, 1), LAST))
@example(
    service={"interruption": "adds", "part_year": "up", "year_open": "count", "as_of": "month"},
    people=[([(W, D(2020, 2, 29), None)], {})],
    today=D(2021, 3, 1),
)
def test_any_history_equals_the_reference(
    service: dict[str, Any], people: list[tuple[list[tuple[str, date, date | None]], dict[int, str]]], today: date
) -> None:
    found = years(service, [spans for spans, _ in people], today, grades=[grades for _, grades in people])
    assert found == [reference(service, spans, grades, today) for spans, grades in people]
