"""Derived facts: ages and years, the yearly grade, posts and classes, service, months of the year."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.periods import Month
from policy.rules.context import Context, UnsetValue
from policy.rules.derive import derive
from policy.rules.document import Policy
from tests.policy.frames import BASE, facts_of, policy

D = date
W, P = "COMMUNITY_WORKER", "PUBLIC_WELFARE_POST"
TODAY = D(2026, 1, 1)


def derived(
    rows: Sequence[Mapping[str, Any]],
    rules: Policy | None = None,
    day: date = TODAY,
    *,
    results_year: int | None = 2025,
    needs: Collection[str] | None = (),
    **more: Any,
) -> pl.DataFrame:
    rules = rules or policy()
    facts = facts_of(rows, rules, day, **more)
    return derive(facts, rules, Context(rules, day, results_year=results_year), needs=needs).people


# -- Ages and years ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (D(1980, 6, 15), D(2026, 6, 14), 45),
        (D(1980, 6, 15), D(2026, 6, 15), 46),
        (D(1980, 2, 29), D(2026, 2, 28), 45),
        (D(1980, 2, 29), D(2026, 3, 1), 46),  # the birthday of 29 February in a common year
        (D(1980, 2, 29), D(2028, 2, 28), 47),
        (D(1980, 2, 29), D(2028, 2, 29), 48),
        (D(1980, 3, 1), D(2028, 2, 29), 47),
        (D(1999, 12, 31), D(2026, 1, 1), 26),
        (D(2026, 1, 1), D(2026, 1, 1), 0),
    ],
)
def test_age_is_whole_years_reached_that_day(born: date, day: date, age: int) -> None:
    assert derived([{"birth_date": born}], day=day)["age"].to_list() == [age]


def test_years_of_work_and_in_the_post_are_whole_years_in_twelfths() -> None:
    rows = [
        {"work_started": D(2000, 7, 1), "post_since": D(2023, 1, 1)},
        {"work_started": D(2000, 1, 2), "post_since": D(2024, 1, 2)},
        {"work_started": None, "post_since": None},  # a number is never missing
        {"work_started": D(2026, 5, 1), "post_since": D(2026, 1, 2)},  # begins later
    ]
    people = derived_dates(rows)
    assert people["working_years"].to_list() == [25 * 12, 25 * 12, 0, 0]
    assert people["post_years"].to_list() == [3 * 12, 1 * 12, 0, 0]


def derived_dates(rows: Sequence[Mapping[str, Any]], **more: Any) -> pl.DataFrame:
    """`work_started` is no fact that rules may ask about: it only makes working_years."""
    rules = policy()
    facts = facts_of([{k: v for k, v in row.items() if k != "work_started"} for row in rows], rules, TODAY)
    started = pl.Series("work_started", [row.get("work_started") for row in rows], dtype=pl.Date)
    whole = type(facts)(facts.day, facts.people.with_columns(started), facts.spans, facts.honours)
    return derive(whole, rules, Context(rules, TODAY, results_year=2025), needs=()).people


def test_each_person_is_read_on_their_own_day() -> None:
    rows = [{"birth_date": D(1980, 1, 15), "day": TODAY}, {"birth_date": D(1980, 1, 15), "day": D(2026, 1, 20)}]
    assert derived(rows)["age"].to_list() == [45, 46]


def test_what_nobody_laid_down_is_left_alone_and_what_is_known_stays() -> None:
    people = derived([{"sex": "MALE"}])
    assert not {"age", "working_years", "post_years", "post", "service_years"} & set(people.columns)
    assert derived([{"birth_date": D(1980, 1, 1), "age": 30}])["age"].to_list() == [30]
    assert derived([{"posts_held": ["PARTY_SECRETARY"], "post": "general"}])["post"].to_list() == ["general"]


# -- The yearly grade -------------------------------------------------------------------------------------------------


def test_the_yearly_grade_is_that_of_the_newest_year_that_counts() -> None:
    rows = [
        {"annual_grades.2023": "BAD", "annual_grades.2024": "FAIR", "annual_grades.2025": "GOOD"},
        {"annual_grades.2023": "GOOD", "annual_grades.2024": "POOR", "annual_grades.2025": None},
    ]
    assert derived(rows)["annual_grade"].to_list() == ["GOOD", None]  # no result of the year is none, not the last one
    assert derived(rows, results_year=2024)["annual_grade"].to_list() == ["FAIR", "POOR"]
    assert derived(rows, results_year=2020)["annual_grade"].to_list() == [None, None]
    assert derived(rows, results_year=None)["annual_grade"].to_list() == [None, None]


def test_a_grade_that_was_laid_down_gives_way_to_the_year_that_counts() -> None:
    rows = [{"annual_grade": "BAD", "annual_grades.2025": "GOOD"}]
    assert derived(rows)["annual_grade"].to_list() == ["GOOD"]
    assert derived(rows, results_year=None)["annual_grade"].to_list() == ["BAD"]


# -- Posts and classes ------------------------------------------------------------------------------------------------


def test_the_first_post_whose_condition_holds() -> None:
    held = [
        ["DEPUTY_DIRECTOR", "PARTY_SECRETARY"],  # both: the higher one
        ["DEPUTY_DIRECTOR"],
        ["STAFF"],
        [],
        None,
    ]
    people = derived([{"posts_held": posts} for posts in held])
    assert people["post"].to_list() == ["chief", "deputy", "general", "general", "general"]


def test_without_a_last_row_for_everybody_some_have_no_post() -> None:
    rules = policy(posts=BASE["posts"][:2])
    assert derived([{"posts_held": ["STAFF"]}, {"posts_held": ["DEPUTY_DIRECTOR"]}], rules)["post"].to_list() == [
        None, "deputy",
    ]  # fmt: skip


def test_a_class_may_use_the_post_and_an_earlier_class() -> None:
    rules = policy(
        classes={
            "pay_level": [
                {"code": "upper", "when": {"any": [{"post": {"at_least": "deputy"}}, {"degree": "MASTER"}]}},
                {"code": "lower"},
            ],
            "team": [{"code": "a", "when": {"pay_level": "upper", "not": {"post": "chief"}}}],
        }
    )
    rows = [
        {"posts_held": ["PARTY_SECRETARY"], "degree": None},
        {"posts_held": ["STAFF"], "degree": "MASTER"},
        {"posts_held": ["STAFF"], "degree": None},
    ]
    people = derived(rows, rules)
    assert people["pay_level"].to_list() == ["upper", "upper", "lower"]
    assert people["team"].to_list() == [None, "a", None]


def test_a_class_may_look_at_honours_of_a_level_and_at_yearly_grades() -> None:
    rules = policy(
        classes={
            "star": [
                {"code": "gold", "when": {"honours": {"kind": "MODEL", "level": {"at_least": "MUNICIPAL"}}}},
                {"code": "silver", "when": {"annual_grades": {"grade": "GOOD", "times": 2, "in_last": 3}}},
                {"code": "plain"},
            ]
        }
    )
    rows = [
        {"annual_grades.2025": "BAD"},
        {"annual_grades.2023": "GOOD", "annual_grades.2025": "GOOD"},
        {"annual_grades.2022": "GOOD", "annual_grades.2025": "GOOD"},
    ]
    honours = [[("MODEL", "NATIONAL", D(2020, 5, 1))], [("MODEL", "COUNTY", D(2020, 5, 1))], []]
    assert derived(rows, rules, honours=honours)["star"].to_list() == ["gold", "silver", "plain"]


def test_a_level_that_a_consequence_leaves_open_stops_no_post() -> None:
    when = {"honours": {"kind": "MODEL", "level": {"at_least": {"unset": "not printed"}}}}
    rules = policy(assessment=BASE["assessment"] | {"consequences": [{"when": when, "do": "TALK"}]})
    assert derived([{"posts_held": ["STAFF"]}], rules)["post"].to_list() == ["general"]
    rules = policy(classes={"star": [{"code": "gold", "when": when}]})
    with pytest.raises(UnsetValue):
        derived([{"posts_held": ["STAFF"]}], rules)


# -- Service ----------------------------------------------------------------------------------------------------------

SPANS = [
    [(W, D(2010, 1, 1), D(2020, 1, 1)), (W, D(2021, 1, 1), None)],
    [(W, D(2025, 8, 15), None)],
    [(P, D(2010, 1, 1), None)],
]


def test_service_continuous_service_and_months_of_the_year() -> None:
    rows: list[dict[str, Any]] = [{}, {}, {}]
    people = derived(rows, day=D(2025, 12, 31), needs=None, spans=SPANS)
    # 2010-01-01 + 366 days of 2020 = 2011-01-02: fourteen years. Since 2021-01-01: four.
    assert people["service_years"].to_list() == [14 * 12, 0, 0]
    assert people["continuous_years"].to_list() == [4 * 12, 0, 0]
    assert people["months_in_year"].to_list() == [12, 4, 0]  # from 15 August: four months and seventeen days
    assert people["person"].to_list() == [1, 2, 3]
    rules = policy(service=BASE["service"] | {"part_year": "up"})
    people = derived(rows, rules, day=D(2025, 12, 31), needs=None, spans=SPANS)
    assert people["service_years"].to_list() == [15 * 12, 12, 0]
    assert people["continuous_years"].to_list() == [5 * 12, 12, 0]


def test_only_what_is_needed_is_counted() -> None:
    rows: list[dict[str, Any]] = [{}, {}, {}]
    counted = {"service_years", "continuous_years", "months_in_year"}
    for needs in (set(), {"service_years"}, {"months_in_year", "age"}):
        people = derived(rows, needs=needs, spans=SPANS)
        assert counted & set(people.columns) == counted & needs
    people = derived([{"service_years": 3}] * 3, needs=None, spans=SPANS)
    assert people["service_years"].to_list() == [36, 36, 36]


def test_the_surroundings_of_another_day() -> None:
    ctx = Context(policy(), TODAY, results_year=2025, month=Month(2026, 1), known=D(2026, 2, 1))
    other = ctx.at(D(2027, 1, 1), results_year=2026)
    assert (other.day, other.month, other.results_year, other.known) == (D(2027, 1, 1), None, 2026, D(2026, 2, 1))
    assert other.policy is ctx.policy


# -- Anybody, against a reference -------------------------------------------------------------------------------------

days = st.dates(D(1995, 1, 1), D(2027, 12, 31))
someone = st.fixed_dictionaries(
    {
        "birth_date": st.one_of(st.none(), st.dates(D(1950, 1, 1), D(2008, 12, 31))),
        "post_since": st.one_of(st.none(), days),
        "posts_held": st.one_of(
            st.none(), st.lists(st.sampled_from(["PARTY_SECRETARY", "DEPUTY_DIRECTOR", "STAFF"]), unique=True)
        ),
        "annual_grades.2024": st.sampled_from(["GOOD", "BAD", None]),
        "annual_grades.2025": st.sampled_from(["GOOD", "BAD", None]),
        "day": st.dates(D(2024, 1, 1), D(2027, 12, 31)),
        "begin": days,
        "length": st.one_of(st.none(), st.integers(0, 4000)),
        "gap": st.integers(0, 800),
    }
)


def reached(begin: date, day: date) -> int:
    """Anniversaries up to the day, that of 29 February in a common year being 1 March."""
    found = 0
    while True:
        try:
            next_one = begin.replace(year=begin.year + found + 1)
        except ValueError:
            next_one = D(begin.year + found + 1, 3, 1)
        if next_one > day:
            return found
        found += 1


def spans_of(person: Mapping[str, Any]) -> list[tuple[str, date, date | None]]:
    if person["length"] is None:
        return [(W, person["begin"], None)]
    end = person["begin"] + timedelta(person["length"])
    return [(W, person["begin"], end), (W, end + timedelta(person["gap"]), None)]


def reference(person: Mapping[str, Any], results_year: int) -> dict[str, Any]:
    today, held = person["day"], person["posts_held"] or []
    spans = [(begin, min(end or today, today)) for _, begin, end in spans_of(person)]
    spans = [(begin, end) for begin, end in spans if begin < end]
    served = sum((end - begin).days for begin, end in spans)
    if len(spans) == 2 and person["gap"] > 0:
        spans = spans[1:]
    unbroken = sum((end - begin).days for begin, end in spans)
    birth, post = person["birth_date"], person["post_since"]
    return {
        "age": 0 if birth is None else reached(birth, today),
        "post_years": 0 if post is None else reached(post, today) * 12,
        "annual_grade": person[f"annual_grades.{results_year}"],
        "post": "chief" if "PARTY_SECRETARY" in held else "deputy" if "DEPUTY_DIRECTOR" in held else "general",
        "service_years": reached(today - timedelta(served), today) * 12,
        "continuous_years": reached(today - timedelta(unbroken), today) * 12,
    }


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people=st.lists(someone, min_size=1, max_size=8), results_year=st.sampled_from([2024, 2025]))
@example(
    people=[
        {"birth_date": D(1980, 2, 29), "post_since": D(2024, 2, 29), "posts_held": [], "annual_grades.2024": "GOOD",
         "annual_grades.2025": None, "day": D(2027, 3, 1), "begin": D(2020, 2, 29), "length": 366, "gap": 0},
    ],
    results_year=2024,
)  # fmt: skip
def test_anybodys_facts_equal_the_reference(people: list[dict[str, Any]], results_year: int) -> None:
    rows = [
        {name: value for name, value in person.items() if name not in ("begin", "length", "gap")} for person in people
    ]
    found = derived(rows, results_year=results_year, needs=None, spans=[spans_of(person) for person in people])
    wanted = [reference(person, results_year) for person in people]
    assert found.select(wanted[0].keys()).to_dicts() == wanted


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(person=someone)
@example(
    person={"day": D(2026, 12, 31), "begin": D(2020, 1, 1), "length": 2265, "gap": 0},  # changed on 2026-03-15
)
def test_the_months_of_a_year_are_those_that_fit_into_its_unbroken_stretches(person: dict[str, Any]) -> None:
    today, spans = person["day"], spans_of(person)
    if len(spans) == 2 and person["gap"] == 0:
        spans = [(W, person["begin"], None)]
    wanted = 0
    for _, begin, end in spans:
        begin, end = max(begin, D(today.year, 1, 1)), min(end or D.max, today + timedelta(1))
        # Month after month from the begin; one that would end on a day the month does not have ends on the next first.
        marks = [next_month(begin, number) for number in range(1, 13)]
        wanted += sum(begin < mark <= end for mark in marks)
    found = derived([{"day": today}], needs={"months_in_year"}, spans=[spans_of(person)])
    assert found["months_in_year"].to_list() == [wanted]


def next_month(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return D(year, month + 1, day.day)
    except ValueError:
        return D(year, month + 2, 1)  # never December: it has 31 days
