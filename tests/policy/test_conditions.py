"""What each test of a condition means, kind of fact by kind of fact, and any tree of them against a reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.rules.conditions import condition, facts_of, honour_tests, prepare
from policy.rules.context import Context, UnsetValue
from policy.rules.document import Policy
from tests.policy.frames import frame, honours_of, judging, who

D = date


def column(name: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


# -- Coded facts ------------------------------------------------------------------------------------------------------

CHANNELS = column("entry_channel", "ELECTED", "ASSIGNED", "SELECTED", None)


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ("ELECTED", [True, False, False, False]),
        ({"is": "ELECTED"}, [True, False, False, False]),
        ({"any_of": ["ELECTED", "SELECTED"]}, [True, False, True, False]),
        ({"none_of": ["ELECTED", "SELECTED"]}, [False, True, False, False]),  # who has none fulfils no test …
        ("NONE", [False, False, False, True]),  # … but this one
        ({"any_of": ["ELECTED", "NONE"]}, [True, False, False, True]),
        ({"none_of": ["ELECTED", "NONE"]}, [False, True, True, False]),
    ],
)
def test_a_code(test: Any, wanted: list[bool]) -> None:
    assert who({"entry_channel": test}, CHANNELS) == wanted


def test_not_holds_where_the_test_does_not_also_for_who_has_none() -> None:
    assert who({"not": {"entry_channel": "ELECTED"}}, CHANNELS) == [False, True, True, True]
    assert who({"not": {"entry_channel": {"none_of": ["ELECTED"]}}}, CHANNELS) == [True, False, False, True]
    assert who({"not": {"not": {"entry_channel": "ELECTED"}}}, CHANNELS) == [True, False, False, False]


# -- Ordered facts: best first ----------------------------------------------------------------------------------------

DEGREES = column("education", "DOCTOR", "MASTER", "BACHELOR", "COLLEGE", "OTHER", None)


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ({"at_least": "BACHELOR"}, [True, True, True, False, False, False]),
        ({"above": "BACHELOR"}, [True, True, False, False, False, False]),
        ({"at_most": "BACHELOR"}, [False, False, True, True, True, False]),
        ({"below": "BACHELOR"}, [False, False, False, True, True, False]),
        ({"above": "DOCTOR"}, [False] * 6),
        ({"below": "OTHER"}, [False] * 6),
        ({"at_least": "OTHER"}, [True] * 5 + [False]),
        ({"at_most": "DOCTOR"}, [True] * 5 + [False]),
        ({"at_least": "COLLEGE", "below": "DOCTOR"}, [False, True, True, True, False, False]),
        ({"is": "MASTER"}, [False, True, False, False, False, False]),
        ({"any_of": ["DOCTOR", "COLLEGE"]}, [True, False, False, True, False, False]),
        ({"none_of": ["DOCTOR", "COLLEGE"]}, [False, True, True, False, True, False]),
    ],
)
def test_an_order(test: Any, wanted: list[bool]) -> None:
    assert who({"education": test}, DEGREES) == wanted


def test_the_places_own_order_decides() -> None:
    grades = column("annual_grade", "GOOD", "FAIR", "POOR", "BAD", None)
    assert who({"annual_grade": {"at_least": "POOR"}}, grades) == [True, True, True, False, False]
    posts = column("post", "chief", "deputy", "general", None)
    assert who({"post": {"below": "chief"}}, posts) == [False, True, True, False]


# -- Numbers ----------------------------------------------------------------------------------------------------------

AGES = column("age", 39, 40, 41, 60)


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        (40, [False, True, False, False]),
        ({"any_of": [39, 60, "40.5"]}, [True, False, False, True]),
        ({"none_of": [39, 60, "40.5"]}, [False, True, True, False]),
        ({"at_least": 40}, [False, True, True, True]),
        ({"above": 40}, [False, False, True, True]),
        ({"at_most": 40}, [True, True, False, False]),
        ({"below": 40}, [True, False, False, False]),
        ({"at_least": 40, "below": 60}, [False, True, True, False]),
        # A bound between two whole numbers.
        ({"at_least": 40.5}, [False, False, True, True]),
        ({"above": 40.5}, [False, False, True, True]),
        ({"at_most": 40.5}, [True, True, False, False]),
        ({"below": 40.5}, [True, True, False, False]),
        (40.5, [False, False, False, False]),
    ],
)
def test_a_number(test: Any, wanted: list[bool]) -> None:
    if isinstance(test, dict):
        test = {op: [float(v) for v in value] if isinstance(value, list) else value for op, value in test.items()}
    assert who({"age": test}, AGES) == wanted


def test_a_number_is_compared_in_its_own_unit() -> None:
    """Years are stored in twelfths and scores in ten-thousandths; a third of a year falls between two twelfths' bounds."""
    years = column("service_years", 2, Fraction(5, 2), 3)
    assert who({"service_years": {"at_least": 2.5}}, years) == [False, True, True]
    assert who({"service_years": {"above": 2.5}}, years) == [False, False, True]
    assert who({"service_years": 2.5}, years) == [False, True, False]
    # 2.49 years are 29.88 twelfths: 30 twelfths (2.5) are above, 29 below.
    months = column("service_years", Fraction(29, 12), Fraction(30, 12))
    assert who({"service_years": {"at_most": 2.49}}, months) == [True, False]
    assert who({"service_years": {"below": 2.49}}, months) == [True, False]
    assert who({"service_years": {"at_least": 2.49}}, months) == [False, True]
    assert who({"service_years": {"above": 2.49}}, months) == [False, True]
    scores = column("score.annual", "59.9999", "60", "60.0001")
    assert who({"score.annual": {"below": 60}}, scores) == [True, False, False]
    assert who({"score.annual": {"above": 60}}, scores) == [False, False, True]


def test_points_may_be_below_zero() -> None:
    points = column("points", -3, "-2.5", -2, 0)
    assert who({"points": {"at_least": -2.5}}, points) == [False, True, True, True]
    assert who({"points": {"below": -2.5}}, points) == [True, False, False, False]
    assert who({"points": {"above": -2.5}}, points) == [False, False, True, True]
    assert who({"points": {"at_most": -2.5}}, points) == [True, True, False, False]


def test_the_last_of_a_pool_are_all_who_share_the_lowest_score() -> None:
    rows = [
        {"rank.annual": 1, "rank.annual.last": False},
        {"rank.annual": 2, "rank.annual.last": True},
        {"rank.annual": 2, "rank.annual.last": True},
        {"rank.annual": None, "rank.annual.last": None},
    ]
    assert who({"rank.annual": "last"}, rows) == [False, True, True, False]
    assert who({"rank.annual": {"at_most": 1}}, rows) == [True, False, False, False]


# -- Dates ------------------------------------------------------------------------------------------------------------

ENTRIES = column("entry_date", D(2019, 12, 31), D(2020, 1, 1), D(2020, 1, 2), None)


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        (D(2020, 1, 1), [False, True, False, False]),
        ({"is": D(2020, 1, 1)}, [False, True, False, False]),
        ({"before": D(2020, 1, 1)}, [True, False, False, False]),
        ({"after": D(2020, 1, 1)}, [False, False, True, False]),
        ({"within": [D(2019, 12, 31), D(2020, 1, 1)]}, [True, True, False, False]),  # both days are inside
        ({"within": [D(2020, 1, 1), D(2020, 1, 1)]}, [False, True, False, False]),
        ("NONE", [False, False, False, True]),
    ],
)
def test_a_day(test: Any, wanted: list[bool]) -> None:
    assert who({"entry_date": test}, ENTRIES) == wanted


def test_not_before_a_day_is_also_true_of_who_has_no_day() -> None:
    assert who({"not": {"entry_date": {"before": D(2020, 1, 1)}}}, ENTRIES) == [False, True, True, True]


# -- Yes or no, and sets ----------------------------------------------------------------------------------------------


def test_yes_or_no_and_what_is_unknown_is_no() -> None:
    rows = column("probation", True, False, None)
    assert who({"probation": True}, rows) == [True, False, False]
    assert who({"probation": False}, rows) == [False, True, True]
    assert who({"not": {"probation": True}}, rows) == [False, True, True]


HELD = column("posts_held", ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"], ["PARTY_SECRETARY"], ["STAFF"], [], None)


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ("PARTY_SECRETARY", [True, True, False, False, False]),
        ({"any_of": ["PARTY_SECRETARY", "STAFF"]}, [True, True, True, False, False]),
        ({"all_of": ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR"]}, [True, False, False, False, False]),
        ({"none_of": ["PARTY_SECRETARY", "GRID_LEADER"]}, [False, False, True, True, True]),
        ("NONE", [False, False, False, True, True]),
        ({"any_of": ["STAFF", "NONE"]}, [False, False, True, True, True]),
        ({"none_of": ["STAFF", "NONE"]}, [True, True, False, False, False]),
    ],
)
def test_a_set(test: Any, wanted: list[bool]) -> None:
    assert who({"posts_held": test}, HELD) == wanted


# -- Together ---------------------------------------------------------------------------------------------------------

FOUR = [
    {"sex": "FEMALE", "age": 50, "degree": "MASTER"},
    {"sex": "FEMALE", "age": 30, "degree": None},
    {"sex": "MALE", "age": 50, "degree": None},
    {"sex": "MALE", "age": 30, "degree": "DOCTOR"},
]


def test_all_lines_must_hold_and_one_of_any() -> None:
    assert who({"sex": "FEMALE", "age": {"at_least": 45}}, FOUR) == [True, False, False, False]
    assert who({"any": [{"sex": "FEMALE"}, {"age": {"at_least": 45}}]}, FOUR) == [True, True, True, False]
    assert who({"any": [{"degree": "DOCTOR"}], "sex": "MALE"}, FOUR) == [False, False, False, True]
    # not of several lines: not all of them hold.
    assert who({"not": {"sex": "FEMALE", "age": {"at_least": 45}}}, FOUR) == [False, True, True, True]
    assert who({"sex": "MALE", "not": {"any": [{"degree": "DOCTOR"}, {"age": 50}]}}, FOUR) == [False] * 4
    assert who({"any": [{"sex": "FEMALE", "degree": "NONE"}, {"not": {"degree": "NONE"}}]}, FOUR) == [
        True,
        True,
        False,
        True,
    ]


def test_without_lines_it_holds_for_everybody() -> None:
    assert who({}, FOUR[:1]) == [True]


# -- Yearly grades ----------------------------------------------------------------------------------------------------


def years(**grades: str | None) -> dict[str, Any]:
    return {f"annual_grades.{year.removeprefix('y')}": grade for year, grade in grades.items()}


HISTORIES = [
    years(y2023="BAD", y2024="BAD", y2025="GOOD"),
    years(y2023="GOOD", y2024="BAD", y2025="BAD"),
    years(y2023="BAD", y2024=None, y2025="BAD"),
    years(y2023=None, y2024=None, y2025=None),
    years(y2022="BAD", y2023="BAD", y2024="BAD", y2025="BAD"),
]


@pytest.mark.parametrize(
    ("times", "in_last", "wanted"),
    [
        (1, 1, [False, True, True, False, True]),
        (2, 2, [False, True, False, False, True]),  # two years running; the empty year breaks it
        (2, 3, [True, True, True, False, True]),  # the empty year fills a place of the window
        (3, 3, [False, False, False, False, True]),
        (4, 4, [False, False, False, False, True]),
        (4, 9, [False, False, False, False, True]),  # years that nobody has are years without a grade
    ],
)
def test_a_grade_so_often_in_so_many_years(times: int, in_last: int, wanted: list[bool]) -> None:
    when = {"annual_grades": {"grade": "BAD", "times": times, "in_last": in_last}}
    assert who(when, HISTORIES, results_year=2025) == wanted


def test_several_grades_count_together_and_by_their_order() -> None:
    rows = [years(y2024="POOR", y2025="BAD"), years(y2024="FAIR", y2025="BAD"), years(y2024="GOOD", y2025="GOOD")]
    assert who({"annual_grades": {"grade": {"any_of": ["POOR", "BAD"]}, "times": 2, "in_last": 2}}, rows) == [
        True, False, False,
    ]  # fmt: skip
    for op, code in (("at_most", "POOR"), ("below", "FAIR")):
        assert who({"annual_grades": {"grade": {op: code}, "times": 2, "in_last": 2}}, rows) == [True, False, False]
    for op, code in (("at_least", "FAIR"), ("above", "POOR")):
        assert who({"annual_grades": {"grade": {op: code}, "times": 1, "in_last": 2}}, rows) == [False, True, True]


def test_the_window_ends_with_the_newest_year_that_counts() -> None:
    rows = [years(y2023="BAD", y2024="BAD", y2025="GOOD")]
    when = {"annual_grades": {"grade": "BAD", "times": 2, "in_last": 2}}
    assert who(when, rows, results_year=2024) == [True]
    assert who(when, rows, results_year=2025) == [False]
    assert who(when, rows, results_year=None) == [False]  # no year counts yet
    assert who({"not": when}, rows, results_year=None) == [True]


def test_twice_in_a_term_counts_from_the_year_in_which_the_contract_began() -> None:
    grades = years(y2021="BAD", y2023="BAD", y2025="GOOD")
    rows = [
        grades | {"contract_start": D(2021, 9, 1), "entry_date": D(2010, 1, 1)},
        grades | {"contract_start": D(2022, 1, 1), "entry_date": D(2010, 1, 1)},
        grades | {"contract_start": None, "entry_date": D(2021, 12, 31)},  # without a contract: since the entry
        grades | {"contract_start": None, "entry_date": D(2022, 1, 1)},
        grades | {"contract_start": None, "entry_date": None},
    ]
    when = {"annual_grades": {"grade": "BAD", "times": 2, "in_last": "contract_term"}}
    assert who(when, rows) == [True, False, True, False, False]


def test_a_term_is_looked_back_at_for_ten_years_at_most() -> None:
    term = {"contract_start": D(2010, 1, 1), "entry_date": D(2010, 1, 1)}
    rows = [years(y2016="BAD", y2025="BAD") | term, years(y2015="BAD", y2025="BAD") | term]
    when = {"annual_grades": {"grade": "BAD", "times": 2, "in_last": "contract_term"}}
    assert who(when, rows) == [True, False]


# -- Honours ----------------------------------------------------------------------------------------------------------

ADVANCED = [("ADVANCED", "MUNICIPAL", D(2023, 5, 1))]
HONOURS: list[list[tuple[str, str | None, date]]] = [
    [("MODEL", "NATIONAL", D(2010, 5, 1))],
    [("MODEL", "COUNTY", D(2023, 5, 1)), ("ADVANCED", "NATIONAL", D(2023, 5, 1))],
    [("MODEL", None, D(2023, 5, 1))],
    [("MODEL", "NATIONAL", D(2026, 1, 2))],  # tomorrow
    [],
]
FIVE: list[dict[str, Any]] = [{"sex": "MALE"} for _ in HONOURS]


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ({"kind": "MODEL"}, [True, True, True, False, False]),
        ({"kind": {"any_of": ["MODEL", "OTHER"]}}, [True, True, True, False, False]),
        ({"kind": "ADVANCED"}, [False, True, False, False, False]),
        ({"level": "NATIONAL"}, [True, True, False, False, False]),
        ({"level": {"at_least": "MUNICIPAL"}}, [True, True, False, False, False]),
        ({"level": {"at_most": "MUNICIPAL"}}, [False, True, False, False, False]),
        # One honour must fulfil all lines: the second person's MODEL is of the county, what is national is ADVANCED.
        ({"kind": "MODEL", "level": {"at_least": "MUNICIPAL"}}, [True, False, False, False, False]),
        ({"kind": "MODEL", "within_years": 3}, [False, True, True, False, False]),
        ({"level": "NATIONAL", "within_years": 3}, [False, True, False, False, False]),
        ({"level": "NATIONAL", "within_years": 20}, [True, True, False, False, False]),
    ],
)
def test_an_honour_that_fulfils_all_lines(test: Any, wanted: list[bool]) -> None:
    assert who({"honours": test}, FIVE, honours=HONOURS) == wanted
    assert who({"not": {"honours": test}}, FIVE, honours=HONOURS) == [not each for each in wanted]


def test_an_honour_is_within_its_years_until_the_anniversary() -> None:
    when = {"honours": {"kind": "ADVANCED", "within_years": 3}}
    one: list[dict[str, Any]] = [{"sex": "MALE"}]
    assert who(when, one, honours=[ADVANCED], day=D(2023, 4, 30)) == [False]  # not yet
    assert who(when, one, honours=[ADVANCED], day=D(2023, 5, 1)) == [True]
    assert who(when, one, honours=[ADVANCED], day=D(2026, 4, 30)) == [True]
    assert who(when, one, honours=[ADVANCED], day=D(2026, 5, 1)) == [False]


def test_two_tests_of_honours_in_one_condition_are_apart() -> None:
    when = {"any": [{"honours": {"kind": "ADVANCED"}}, {"honours": {"level": "NATIONAL"}}], "sex": "MALE"}
    assert who(when, FIVE, honours=HONOURS) == [True, True, False, False, False]
    when = {"honours": {"kind": "MODEL"}, "not": {"honours": {"kind": "ADVANCED"}}}
    assert who(when, FIVE, honours=HONOURS) == [True, False, True, False, False]


# -- What is left open, and what a condition asks about ---------------------------------------------------------------


def asked(when: Any) -> tuple[Any, Policy]:
    rules = judging(when)
    assert rules.assessment is not None
    return rules.assessment.consequences[0].when, rules


@pytest.mark.parametrize(
    "when",
    [
        {"age": {"at_least": {"unset": "not printed"}}},
        {"entry_channel": {"unset": "not printed"}},
        {"sex": "MALE", "not": {"any": [{"education": {"any_of": [{"unset": "not printed"}, "MASTER"]}}]}},
        {"unset": "not printed"},
    ],
)
def test_a_value_left_open_is_named_and_never_taken_for_no(when: Any) -> None:
    term, rules = asked(when)
    with pytest.raises(UnsetValue) as caught:
        condition(term, Context(rules, D(2026, 1, 1)))
    assert [leaf.because for leaf in caught.value.leaves] == ["not printed"]


def test_a_level_left_open_stops_who_needs_it_and_nobody_else() -> None:
    term, rules = asked({"honours": {"kind": "MODEL", "level": {"at_least": {"unset": "not printed"}}}})
    ctx = Context(rules, D(2026, 1, 1))
    people = frame([{"sex": "MALE"}], ctx.vocabulary, ctx.day)
    prepare(people, honours_of([[("MODEL", "COUNTY", D(2020, 1, 1))]]), honour_tests(term))
    with pytest.raises(UnsetValue) as caught:
        condition(term, ctx)
    assert [leaf.because for leaf in caught.value.leaves] == ["not printed"]


def test_what_a_condition_asks_about() -> None:
    assert facts_of(asked({"sex": "MALE", "not": {"any": [{"age": 1}, {"degree": "NONE"}]}})[0]) == {
        "sex", "age", "degree",
    }  # fmt: skip
    history = {"annual_grades": {"grade": "BAD", "times": 1, "in_last": "contract_term"}}
    assert facts_of(asked(history)[0]) == {"annual_grades", "contract_start", "entry_date"}
    # The level is a line of the honour and no fact of the person's.
    assert facts_of(asked({"honours": {"kind": "MODEL", "level": {"at_least": "COUNTY"}}})[0]) == {"honours"}


# -- Any condition, against a reference -------------------------------------------------------------------------------

ORDERS = {
    "education": ["DOCTOR", "MASTER", "BACHELOR", "COLLEGE", "SECONDARY", "HIGH", "JUNIOR", "PRIMARY", "OTHER"],
    "annual_grade": ["GOOD", "FAIR", "POOR", "BAD"],
    "level": ["NATIONAL", "PROVINCIAL", "MUNICIPAL", "COUNTY", "STREET"],
}
POSTS = ["PARTY_SECRETARY", "COMMITTEE_DIRECTOR", "STAFF"]
DAYS = st.dates(D(2019, 12, 29), D(2020, 1, 3))


def lines(codes: list[str], orders: bool) -> st.SearchStrategy[Any]:
    code = st.sampled_from(codes)
    several = st.lists(st.sampled_from([*codes, "NONE"]), min_size=1, max_size=3, unique=True)
    forms = [
        st.sampled_from([*codes, "NONE"]),
        st.fixed_dictionaries({"any_of": several}),
        st.fixed_dictionaries({"none_of": several}),
    ]
    if orders:
        ops = ("at_least", "at_most", "above", "below")
        forms += [st.fixed_dictionaries({op: code}) for op in ops]
    return st.one_of(forms)


bound = st.integers(-8, 8).map(lambda quarters: quarters / 4)
numbers = st.one_of(
    bound,
    st.fixed_dictionaries({"any_of": st.lists(bound, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"none_of": st.lists(bound, min_size=1, max_size=3, unique=True)}),
    *(st.fixed_dictionaries({op: bound}) for op in ("at_least", "at_most", "above", "below")),
)
held = st.lists(st.sampled_from([*POSTS, "NONE"]), min_size=1, max_size=3, unique=True)
line = st.one_of(
    st.tuples(st.just("entry_channel"), lines(["ELECTED", "ASSIGNED", "SELECTED"], False)),
    *(st.tuples(st.just(name), lines(ORDERS[name], True)) for name in ("education", "annual_grade")),
    st.tuples(st.just("points"), numbers),
    st.tuples(
        st.just("entry_date"),
        st.one_of(
            DAYS,
            st.just("NONE"),
            st.fixed_dictionaries({"before": DAYS}),
            st.fixed_dictionaries({"after": DAYS}),
            st.fixed_dictionaries({"within": st.lists(DAYS, min_size=2, max_size=2).map(sorted)}),
        ),
    ),
    st.tuples(st.just("probation"), st.booleans()),
    st.tuples(
        st.just("posts_held"),
        st.one_of(
            st.sampled_from([*POSTS, "NONE"]),
            st.fixed_dictionaries({"any_of": held}),
            st.fixed_dictionaries({"none_of": held}),
            st.fixed_dictionaries({"all_of": st.lists(st.sampled_from(POSTS), min_size=1, max_size=3, unique=True)}),
        ),
    ),
    st.tuples(
        st.just("annual_grades"),
        st.integers(1, 4).flatmap(
            lambda window: st.fixed_dictionaries(
                {
                    "grade": st.sampled_from(ORDERS["annual_grade"]),
                    "times": st.integers(1, window),
                    "in_last": st.just(window),
                }
            )
        ),
    ),
)
conditions = st.recursive(
    st.lists(line, min_size=1, max_size=2).map(dict),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.tuples(st.lists(line, min_size=1, max_size=2).map(dict), inner).map(lambda pair: pair[0] | {"not": pair[1]}),
    ),
    max_leaves=5,
)
person = st.fixed_dictionaries(
    {
        "entry_channel": st.sampled_from(["ELECTED", "ASSIGNED", "SELECTED", None]),
        "education": st.sampled_from([*ORDERS["education"], None]),
        "annual_grade": st.sampled_from([*ORDERS["annual_grade"], None]),
        "points": st.integers(-8, 8).map(lambda quarters: Decimal(quarters) / 4),
        "entry_date": st.one_of(st.none(), DAYS),
        "probation": st.sampled_from([True, False, None]),
        "posts_held": st.one_of(st.none(), st.lists(st.sampled_from(POSTS), max_size=3, unique=True)),
        **{
            f"annual_grades.{year}": st.sampled_from([*ORDERS["annual_grade"], None])
            for year in (2022, 2023, 2024, 2025)
        },
    }
)


def holds(when: Mapping[str, Any], someone: Mapping[str, Any]) -> bool:
    """One person, one line after the other, as the reference of policy files words it."""
    for name, test in when.items():
        if name == "any":
            good = any(holds(part, someone) for part in test)
        elif name == "not":
            good = not holds(test, someone)
        elif name == "annual_grades":
            window = range(2025, 2025 - test["in_last"], -1)
            good = sum(someone[f"annual_grades.{year}"] == test["grade"] for year in window) >= test["times"]
        else:
            tests = test if isinstance(test, dict) else {"is": test}
            good = all(fulfils(name, someone[name], op, operand) for op, operand in tests.items())
        if not good:
            return False
    return True


def fulfils(name: str, value: Any, op: str, operand: Any) -> bool:
    if name == "probation":
        return bool(value) == operand
    if name == "posts_held":
        members = set(value or []) or {"NONE"}
        wanted = set(operand) if isinstance(operand, list) else {operand}
        return {"is": bool(members & wanted), "any_of": bool(members & wanted), "all_of": wanted <= members,
                "none_of": not members & wanted}[op]  # fmt: skip
    if value is None:
        return (op == "is" and operand == "NONE") or (op == "any_of" and "NONE" in operand)
    if op in ("is", "any_of", "none_of"):
        among = value in (operand if isinstance(operand, list) else [operand])
        return among != (op == "none_of")
    if op == "within":
        return bool(operand[0] <= value <= operand[1])
    if op in ("before", "after"):
        return bool(value < operand if op == "before" else value > operand)
    if name in ORDERS:  # the best stands first: who is better comes earlier
        value, operand = -ORDERS[name].index(value), -ORDERS[name].index(operand)
    return bool({"at_least": value >= operand, "at_most": value <= operand, "above": value > operand,
                 "below": value < operand}[op])  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(when=conditions, people=st.lists(person, min_size=1, max_size=12))
def test_any_condition_equals_the_reference(when: dict[str, Any], people: list[dict[str, Any]]) -> None:
    assert who(when, people) == [holds(when, someone) for someone in people]


LEVELS = ORDERS["level"]
levels = st.one_of(
    st.sampled_from(LEVELS),
    *(st.fixed_dictionaries({op: st.sampled_from(LEVELS)}) for op in ("at_least", "at_most", "above", "below")),
    st.fixed_dictionaries(
        {"any_of": st.lists(st.sampled_from([*LEVELS, "NONE"]), min_size=1, max_size=2, unique=True)}
    ),
)
honour_lines = st.fixed_dictionaries(
    {}, optional={"kind": st.sampled_from(["MODEL", "ADVANCED"]), "level": levels, "within_years": st.integers(1, 6)}
).filter(bool)
around = st.dates(D(2022, 2, 26), D(2022, 3, 3))
honour = st.tuples(
    st.sampled_from(["MODEL", "ADVANCED"]),
    st.sampled_from([*LEVELS, None]),
    st.one_of(around, around.map(lambda day: day.replace(year=2020)), st.just(D(2020, 2, 29)), st.just(D(2024, 2, 29))),
)


def passed(day: date, years: int) -> date:
    """The anniversary of a day; of 29 February in a common year it is 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return D(day.year + years, 3, 1)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    test=honour_lines,
    people=st.lists(st.lists(honour, max_size=3), min_size=1, max_size=6),
    today=st.one_of(
        st.sampled_from([D(2024, 2, 29), D(2023, 2, 28), D(2026, 3, 1)]), st.dates(D(2020, 1, 1), D(2028, 3, 5))
    ),
)
def test_any_honours_equal_the_reference(
    test: dict[str, Any], people: list[list[tuple[str, str | None, date]]], today: date
) -> None:
    def fits(kind: str, level: str | None, day: date) -> bool:
        wanted = test.get("level", {})
        lines = wanted.items() if isinstance(wanted, dict) else [("is", wanted)]
        within = day <= today and ("within_years" not in test or today < passed(day, test["within_years"]))
        return kind == test.get("kind", kind) and within and all(fulfils("level", level, *one) for one in lines)

    rows: list[dict[str, Any]] = [{"sex": "MALE"} for _ in people]
    found = who({"honours": test}, rows, day=today, honours=people)
    assert found == [any(fits(*each) for each in own) for own in people]
