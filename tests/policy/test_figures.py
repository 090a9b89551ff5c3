"""What each form of figure is worth, for whom it is left open, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.periods import Month
from policy.rules.context import Context, MissingIndex, UnsetValue
from policy.rules.figures import figure, number_of, product
from policy.rules.terms import Leaf, Status
from tests.policy.frames import STREETS, frame, marked, number, paying, policy, worth, yuan

D = date
POST = "pay.components.a.amount"


def column(name: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


# -- Numbers and tables -----------------------------------------------------------------------------------------------


def test_a_number_is_the_same_for_everybody() -> None:
    assert worth(700, [{"age": 1}, {"age": 2}]) == [700, 700]
    assert worth(650.55, [{"age": 1}]) == [Fraction(65055, 100)]


CERTIFICATES = column("certificate", "SENIOR", "SOCIAL_WORKER", "ASSISTANT", None)


def test_a_table_by_code_with_a_row_for_none() -> None:
    table = {"by": "certificate", "of": {"ASSISTANT": 150, "SOCIAL_WORKER": 300.5, "SENIOR": 500, "NONE": 0}}
    assert worth(table, CERTIFICATES) == [500, yuan("300.5"), 150, 0]


def test_else_is_for_everybody_without_a_row_who_has_none_among_them() -> None:
    assert worth({"by": "certificate", "of": {"SENIOR": 500}, "else": 20}, CERTIFICATES) == [500, 20, 20, 20]
    assert worth({"by": "certificate", "of": {"NONE": 7}, "else": 20}, CERTIFICATES) == [20, 20, 20, 7]


def test_a_table_by_yes_or_no_takes_the_unknown_for_no() -> None:
    rows = column("probation", True, False, None)
    assert worth({"by": "probation", "of": {True: 80, False: 100}}, rows) == [80, 100, 100]
    assert worth({"by": "probation", "of": {True: 80}, "else": 90}, rows) == [80, 90, 90]


def test_by_several_facts_in_the_order_written() -> None:
    table = {"by": ["post", "education"], "of": {"chief": {"BACHELOR": 9, "MASTER": 10, "else": 8}, "else": 1}}
    rows = [
        {"post": "chief", "education": "MASTER"},
        {"post": "chief", "education": "BACHELOR"},
        {"post": "chief", "education": None},
        {"post": "deputy", "education": "MASTER"},
    ]
    assert worth(table, rows) == [10, 9, 8, 1]
    inside = {"by": "post", "of": {"chief": {"by": "education", "of": {"MASTER": 10}, "else": 8}}, "else": 1}
    assert worth(inside, rows) == [10, 8, 8, 1]


def test_who_has_no_row_is_named_and_gets_no_zero() -> None:
    """A fact that everybody has needs no row for NONE; who lacks it all the same is told so."""
    table = {"by": "post", "of": {"chief": 900, "deputy": 700, "general": 0}}
    assert worth(table, column("post", "chief", "general", None)) == [900, 0, "missing"]
    nested = {"by": "sex", "of": {"MALE": table, "FEMALE": 5}}
    rows = [{"sex": "MALE", "post": None}, {"sex": "FEMALE", "post": None}, {"sex": "MALE", "post": "deputy"}]
    assert worth(nested, rows) == ["missing", 5, 700]


# -- Bands ------------------------------------------------------------------------------------------------------------

YEARS = column("service_years", 0, Fraction(83, 12), 7, Fraction(85, 12), 15, 40)


def test_from_an_edge_on() -> None:
    assert worth({"by": "service_years", "at": {0: 40, 7: 90, 15: 160}}, YEARS) == [40, 40, 90, 90, 160, 160]
    assert worth({"by": "service_years", "at": {7: 90}, "else": 1}, YEARS) == [1, 1, 90, 90, 90, 90]


def test_over_an_edge() -> None:
    bands = {"by": "service_years", "over": {7: 90, 15: 160}, "else": 40}
    assert worth(bands, YEARS) == [40, 40, 40, 90, 90, 160]


def test_an_edge_may_be_a_part_of_a_unit() -> None:
    rows = column("service_years", Fraction(5, 2), Fraction(31, 12))
    assert worth({"by": "service_years", "at": {0: 1, 2.5: 2}}, rows) == [2, 2]
    assert worth({"by": "service_years", "over": {2.5: 2}, "else": 1}, rows) == [1, 2]
    # 2.51 years are 30.12 twelfths: reached by the 31st.
    assert worth({"by": "service_years", "at": {0: 1, 2.51: 2}}, rows) == [1, 2]


def test_below_the_first_edge_is_nobodys_value() -> None:
    assert worth({"by": "points", "at": {-5: 1, 0: 2}, "else": 9}, column("points", -6, -5, "-0.5", 0)) == [9, 1, 1, 2]
    # A scale begins at 1, so that bands from 1 on are complete; who has no value on it finds none.
    assert worth({"by": "grade", "at": {1: 3, 5: 4}}, column("grade", 1, 4, 5, None)) == [3, 3, 4, "missing"]


HOUSEHOLDS = column("households", 0, 1499, 1500, 1501, 2299, 2300, 2301, 3100)


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("down", [4, 4, 5, 5, 5, 6, 6, 7]),  # 2,300 households are one whole step of 800 past 1,500
        ("up", [4, 4, 5, 6, 6, 6, 7, 7]),  # a started step counts
    ],
)
def test_on_past_the_last_edge(part: str, wanted: list[int]) -> None:
    bands = {"by": "households", "at": {0: 4, 1500: 5}, "then": {"every": 800, "add": 1, "part": part}}
    assert worth(bands, HOUSEHOLDS) == wanted


def test_on_past_an_edge_that_belongs_below() -> None:
    bands = {"by": "households", "over": {1500: 5}, "else": 4, "then": {"every": 800, "add": 1, "part": "up"}}
    assert worth(bands, HOUSEHOLDS) == [4, 4, 4, 6, 6, 6, 7, 7]


def test_steps_past_the_last_edge_in_parts_of_a_unit() -> None:
    bands = {"by": "service_years", "at": {0: 10, 2.5: 20}, "then": {"every": 0.5, "add": 1.25, "part": "down"}}
    rows = column("service_years", 2, 2.5, Fraction(35, 12), 3, Fraction(43, 12))
    # 35/12 − 30/12 = 5 of the 6 twelfths of a step; 43 − 30 = 13 twelfths are two steps.
    assert worth(bands, rows) == [10, 20, 20, yuan("21.25"), yuan("22.5")]


def test_past_the_last_edge_each_goes_on_from_their_own_value() -> None:
    """Who belongs to another row of the last band's table is not touched by what that row leaves open."""
    last = {
        "by": "post",
        "of": {"chief": 10, "deputy": {"unset": "not printed"}, "general": {"assumed": 5, "because": "x"}},
    }
    bands = {"by": "households", "at": {0: 4, 1500: last}, "then": {"every": 800, "add": 1, "part": "down"}}
    rows = [{"households": 2300, "post": post} for post in ("chief", "deputy", "general", None)]
    at = f"{POST}.at.1500.of"
    found = marked(bands, rows)
    assert [value for value, _, _ in found] == [11, f"{at}.deputy", 6, "missing"]
    assert [assumed for _, assumed, _ in found] == [False, False, True, False]
    assert [leaf for _, _, leaf in found] == [f"{at}.chief", f"{at}.deputy", f"{at}.general", None]


def test_an_assumed_tail_marks_only_beyond_the_last_edge() -> None:
    tail = {"every": 800, "add": {"assumed": 1, "because": "x"}, "part": "up"}
    found = marked({"by": "households", "at": {0: 4, 1500: 5}, "then": tail}, HOUSEHOLDS[1:4])
    assert [(value, assumed) for value, assumed, _ in found] == [(4, False), (5, False), (6, True)]


def test_a_tail_that_is_left_open_is_needed_only_beyond_the_last_edge() -> None:
    bands = {"by": "households", "at": {0: 4, 1500: 5}, "then": {"every": {"unset": "?"}, "add": 1, "part": "down"}}
    assert worth(bands, HOUSEHOLDS[:4]) == [4, 4, 5, f"{POST}.then.every"]
    bands = {"by": "households", "at": {0: 4, 1500: 5}, "then": {"every": 800, "add": {"unset": "?"}, "part": "up"}}
    assert worth(bands, HOUSEHOLDS[:4]) == [4, 4, 5, f"{POST}.then.add"]


# -- By a whole number ------------------------------------------------------------------------------------------------


def test_first_and_each() -> None:
    steps = {"by": "grade", "first": 1.00, "each": 0.05}
    assert worth(steps, column("grade", 1, 2, 18, None, 0)) == [1, yuan("1.05"), yuan("1.85"), "missing", "missing"]


def test_first_and_each_by_years() -> None:
    steps = {"by": "service_years", "first": 100, "each": 10}
    assert worth(steps, column("service_years", 1, 2, 11, 0)) == [100, 110, 200, "missing"]


def test_listed_by_number_and_what_is_not_listed_is_left_open() -> None:
    rows = column("grade", 1, 2, 3, 4, None)
    assert worth({"by": "grade", "values": [300, 320.5]}, rows) == [
        300, yuan("320.5"), f"{POST}.missing", f"{POST}.missing", "missing",
    ]  # fmt: skip
    assert worth({"by": "grade", "values": {1: 300, 4: 360}}, rows) == [
        300, f"{POST}.missing", f"{POST}.missing", 360, "missing",
    ]  # fmt: skip
    years = column("service_years", 1, Fraction(13, 12), 4)
    assert worth({"by": "service_years", "values": {1: 300, 4: 360}}, years) == [300, f"{POST}.missing", 360]


def test_the_fact_itself() -> None:
    assert worth({"fact": "score.annual"}, column("score.annual", "87.1234", 0)) == [yuan("87.1234"), 0]
    assert worth({"fact": "service_years"}, column("service_years", Fraction(5, 12))) == [Fraction(5, 12)]


# -- Indices ----------------------------------------------------------------------------------------------------------

DATED = {"wage": {"per": "month", "keyed": "date", "series": {
    D(2021, 4, 1): 1450, D(2024, 5, 1): {"value": 1750, "published": D(2024, 6, 10)}, D(2025, 1, 1): 1800}}}  # fmt: skip


@pytest.mark.parametrize(
    ("day", "known", "wanted"),
    [
        (D(2021, 4, 1), None, 1450),
        (D(2024, 4, 30), None, 1450),
        (D(2024, 5, 1), None, 1450),  # in force, but not made public: the one before goes on
        (D(2024, 6, 9), None, 1450),
        (D(2024, 6, 10), None, 1750),
        (D(2024, 5, 1), D(2024, 6, 10), 1750),  # once it is public it holds from its day: the rest is arrears
        (D(2024, 12, 31), None, 1750),
        (D(2025, 1, 1), None, 1800),
    ],
)
def test_an_index_by_day(day: date, known: date | None, wanted: int) -> None:
    assert worth({"index": "wage"}, [{"age": 1}], ctx={"day": day, "known": known}, indices=DATED) == [wanted]


def test_an_index_has_no_value_before_its_first_day() -> None:
    with pytest.raises(MissingIndex) as caught:
        worth({"index": "wage"}, [{"age": 1}], ctx={"day": D(2021, 3, 31)}, indices=DATED)
    assert (caught.value.index, caught.value.place, caught.value.day) == ("wage", "340181", D(2021, 3, 31))


def yearly(**more: Any) -> dict[str, Any]:
    series = {2022: {"value": 72000, "published": D(2023, 6, 10)}, 2023: {"value": 75000, "published": D(2024, 6, 10)}}
    return {"wage": {"per": "month", "keyed": "year", "series": series} | more}


@pytest.mark.parametrize(
    ("day", "of_year", "more", "wanted"),
    [
        (D(2023, 6, 10), "previous", {}, 72000),
        (D(2024, 6, 9), "previous", {}, 72000),  # that of 2023 is not public yet: the newest public one goes on
        (D(2024, 6, 10), "previous", {}, 75000),
        (D(2025, 7, 1), "previous", {}, 75000),
        (D(2024, 6, 10), "same", {}, 75000),
        (D(2024, 6, 10), 2022, {}, 72000),
        # What is published applies from July on; until then the year before.
        (D(2024, 6, 30), "previous", {"applies": {"from_month": 7}}, 72000),
        (D(2024, 7, 1), "previous", {"applies": {"from_month": 7}}, 75000),
        (D(2024, 6, 10), 2023, {"applies": {"from_month": 7}}, 75000),
    ],
)
def test_an_index_by_year(day: date, of_year: str | int, more: dict[str, Any], wanted: int) -> None:
    figure = {"index": "wage", "of_year": of_year}
    assert worth(figure, [{"age": 1}], ctx={"day": day}, indices=yearly(**more)) == [wanted]


@pytest.mark.parametrize(
    ("day", "of_year", "pending"),
    [
        (D(2024, 6, 9), "previous", "stop"),
        (D(2024, 6, 9), 2023, "keep_previous"),  # a year that is named is no other year
        (D(2023, 6, 9), "previous", "keep_previous"),  # nothing has been published
    ],
)
def test_an_index_that_is_not_published_stops(day: date, of_year: str | int, pending: str) -> None:
    with pytest.raises(MissingIndex):
        worth({"index": "wage", "of_year": of_year}, [{"age": 1}], ctx={"day": day}, indices=yearly(pending=pending))


def test_a_yearly_amount_is_a_twelfth_where_a_month_is_computed() -> None:
    wage = {"wage": {"per": "year", "keyed": "year", "series": {2024: 100000}}}
    figure = {"index": "wage", "of_year": 2024}
    assert worth(figure, [{"age": 1}], indices=wage) == [100000]
    month = {"month": Month(2026, 1)}
    assert worth(figure, [{"age": 1}], ctx=month, indices=wage) == [Fraction(100000, 12)]
    wage["wage"]["per"] = "month"
    assert worth(figure, [{"age": 1}], ctx=month, indices=wage) == [100000]


def test_values_entered_later_count_from_their_publication() -> None:
    entered = {"published": {"wage": {2024: (Decimal(78000), D(2025, 6, 1))}}}
    figure = {"index": "wage", "of_year": "previous"}
    early, late = entered | {"day": D(2025, 5, 31)}, entered | {"day": D(2025, 6, 1)}
    assert worth(figure, [{"age": 1}], ctx=early, indices=yearly()) == [75000]
    assert worth(figure, [{"age": 1}], ctx=late, indices=yearly()) == [78000]


def test_an_index_split_by_street() -> None:
    split = {"wage": {"per": "month", "keyed": "year", "by": "street", "series": {
        "340181001": {2024: 3000}, "340181002": {2024: {"assumed": 3100, "because": "x"}}}}}  # fmt: skip
    figure = {"index": "wage", "of_year": 2024}
    rows = column("street", *STREETS, "340181003000", None)
    found = marked(figure, rows, indices=split)
    # A street for which there is no figure has none: not zero.
    assert [value for value, _, _ in found] == [3000, 3100, "missing", "missing"]
    assert [assumed for _, assumed, _ in found] == [False, True, False, False]  # each rests on their own street's
    assert [leaf for _, _, leaf in found[:2]] == [
        "indices.wage.series.340181001.2024",
        "indices.wage.series.340181002.2024",
    ]
    table = {"by": "sex", "of": {"MALE": figure, "FEMALE": 1}}
    both = [{"sex": "MALE", "street": STREETS[1]}, {"sex": "FEMALE", "street": None}, {"sex": "MALE", "street": None}]
    assert worth(table, both, indices=split) == [3100, 1, "missing"]


def test_an_index_split_by_street_goes_on_past_the_last_edge() -> None:
    split = {"wage": {"per": "month", "keyed": "year", "by": "street", "series": {
        "340181001": {2024: {"assumed": 3000, "because": "x"}}, "340181002": {2024: 3100}}}}  # fmt: skip
    bands = {"by": "households", "at": {0: 4, 1500: {"index": "wage", "of_year": 2024}},
             "then": {"every": 800, "add": 1, "part": "down"}}  # fmt: skip
    rows = [{"households": 2300, "street": street} for street in (*STREETS, None)]
    found = marked(bands, rows, indices=split)
    assert [value for value, _, _ in found] == [3001, 3101, "missing"]
    assert found[1][2] == "indices.wage.series.340181002.2024"
    assert [assumed for _, assumed, _ in found] == [True, False, False]


def test_a_mean_of_the_places_own_slips() -> None:
    own = {"own": {"per": "month", "keyed": "year", "own_mean": {"of": ["b"], "of_year": "previous"}}}
    components = [
        {"code": "b", "name": "B", "kind": "amount", "amount": 1},
        {"code": "a", "name": "A", "kind": "amount", "amount": {"index": "own", "of_year": "previous"}},
    ]
    rules = policy(pay={"components": components}, indices=own)
    ref = rules.pay.components[1].amount
    ctx = Context(rules, D(2026, 1, 1), own_means={"own": Fraction(10000, 3)})
    assert [value.value for value in ctx.index(ref)] == [Fraction(10000, 3)]
    with pytest.raises(MissingIndex):
        Context(rules, D(2026, 1, 1)).index(ref)


def test_an_index_whose_value_is_left_open_stops_with_its_name() -> None:
    wage = {"wage": {"per": "month", "keyed": "year", "series": {2023: 100, 2024: {"unset": "not published"}}}}
    with pytest.raises(UnsetValue) as caught:
        worth({"index": "wage", "of_year": 2024}, [{"age": 1}], indices=wage)
    assert [leaf.because for leaf in caught.value.leaves] == ["not published"]
    assert worth({"index": "wage", "of_year": 2023}, [{"age": 1}], indices=wage) == [100]


# -- What a figure rests on -------------------------------------------------------------------------------------------


def test_only_who_needs_it_is_told_of_an_open_value_and_marked_for_an_assumed_one() -> None:
    table = {"by": "post", "of": {
        "chief": 900, "deputy": {"assumed": 700, "because": "x"}, "general": {"unset": "not printed"}}}  # fmt: skip
    of = f"{POST}.of"
    assert marked(table, column("post", "chief", "deputy", "general", None)) == [
        (900, False, f"{of}.chief"),
        (700, True, f"{of}.deputy"),
        (f"{of}.general", False, f"{of}.general"),
        ("missing", False, None),
    ]


def test_what_lower_units_choose_is_open_until_they_do() -> None:
    assert worth({"choose": [600, 800]}, [{"age": 1}]) == [POST]


def test_a_figure_left_open_as_a_whole() -> None:
    assert worth({"unset": "not printed"}, [{"age": 1}, {"age": 2}]) == [POST, POST]


def test_an_assumption_in_the_steps_marks_whoever_reaches_them() -> None:
    steps = {"by": "grade", "first": 1, "each": {"assumed": 2, "because": "x"}}
    assert [(value, assumed) for value, assumed, _ in marked(steps, column("grade", 1, 3))] == [(1, True), (5, True)]
    wage = {"wage": {"per": "month", "keyed": "year", "series": {2024: {"assumed": 5, "because": "x"}}}}
    table = {"by": "sex", "of": {"MALE": {"index": "wage", "of_year": 2024}, "FEMALE": 6}}
    found = marked(table, column("sex", "MALE", "FEMALE"), indices=wage)
    assert [(value, assumed) for value, assumed, _ in found] == [(5, True), (6, False)]


# -- Products and large numbers ---------------------------------------------------------------------------------------


def test_a_product_is_exact_and_carries_what_its_factors_rest_on() -> None:
    first = paying(
        {"by": "post", "of": {"chief": 900.05, "deputy": {"unset": "?"}}, "else": {"assumed": 3, "because": "x"}}
    )
    ctx = Context(first, D(2026, 1, 1))
    rows = frame(column("post", "chief", "deputy", "general"), ctx.vocabulary, ctx.day)
    steps = number(paying({"by": "grade", "first": 1, "each": 0.05}), ctx)
    whole = product([number(first, ctx), steps, number_of(Fraction(1, 3))])
    found = rows.with_columns(grade=pl.Series([2, 2, None], dtype=pl.Int64)).select(
        n=whole.numerator, assumed=whole.assumed, unset=whole.unset, missing=whole.missing
    )
    # 900.05 × 1.05 / 3
    assert Fraction(found["n"][0], whole.denominator) == Fraction(90005 * 105, 100 * 100 * 3)
    assert found["assumed"].to_list() == [False, False, True]
    assert found["unset"].to_list() == [None, f"{POST}.of.deputy", None]
    assert found["missing"].to_list() == [False, False, True]
    assert abs(found["n"][0]) <= whole.bound


def test_large_numbers_do_not_run_over() -> None:
    steps = {"by": "points", "first": 99999999.99, "each": 99999999.99}
    # (n − 1) × each + first = n × each; points may be large and are kept to the ten-thousandth.
    assert worth(steps, column("points", 1, 90000)) == [yuan("99999999.99"), 90000 * yuan("99999999.99")]
    large = product([number_of(Decimal("999999999999.99"))] * 2)
    found = pl.DataFrame({"a": [1]}).select(large.numerator).item()
    assert Fraction(found, large.denominator) == Fraction(99999999999999, 100) ** 2


# -- Any figure, against a reference ----------------------------------------------------------------------------------

money = st.integers(0, 100_000).map(lambda fen: fen / 100)
value = st.one_of(
    money,
    money.map(lambda number: {"assumed": number, "because": "x"}),
    st.just({"unset": "not printed"}),
    st.just({"fact": "score.annual"}),
    st.just({"index": "wage"}),
)
edges = st.lists(st.integers(-40, 40), min_size=1, max_size=3, unique=True).map(
    lambda found: [e / 4 for e in sorted(found)]
)


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    tail = st.fixed_dictionaries(
        {"every": st.integers(1, 12).map(lambda n: n / 4), "add": money, "part": st.sampled_from(["up", "down"])}
    )
    bands = [
        edges.flatmap(
            lambda found, form=form: st.fixed_dictionaries(  # type: ignore[misc]
                {"by": st.just("points"), form: st.fixed_dictionaries(dict.fromkeys(found, inner)), "else": inner},
                optional={"then": tail},
            )
        )
        for form in ("at", "over")
    ]
    codes = ["SENIOR", "SOCIAL_WORKER", "ASSISTANT", "NONE"]
    return st.one_of(
        st.fixed_dictionaries(
            {
                "by": st.just("certificate"),
                "of": st.dictionaries(st.sampled_from(codes), inner, max_size=3),
                "else": inner,
            }
        ),
        st.fixed_dictionaries({"by": st.just("certificate"), "of": st.fixed_dictionaries(dict.fromkeys(codes, inner))}),
        st.fixed_dictionaries({"by": st.just("probation"), "of": st.fixed_dictionaries({True: inner, False: inner})}),
        *bands,
        st.fixed_dictionaries({"by": st.just("grade"), "first": money, "each": money}),
        st.fixed_dictionaries({"by": st.just("grade"), "values": st.lists(inner, min_size=1, max_size=4)}),
    )


figures = st.recursive(value, deeper, max_leaves=8)
someone = st.fixed_dictionaries(
    {
        "certificate": st.sampled_from(["SENIOR", "SOCIAL_WORKER", "ASSISTANT", None]),
        "probation": st.sampled_from([True, False, None]),
        "points": st.integers(-80, 80).map(lambda eighths: Decimal(eighths) / 8),
        "grade": st.one_of(st.none(), st.integers(1, 6)),
        "score.annual": st.integers(0, 100).map(Decimal),
    }
)


class Open(Exception):
    """A value is left open."""


class Missing(Exception):
    """There is no row."""


def reference(figure: Any, person: Mapping[str, Any]) -> Fraction:
    """One person's value, as the reference of policy files words it."""
    if not isinstance(figure, dict):
        return Fraction(str(figure))
    if "unset" in figure:
        raise Open
    if "assumed" in figure:
        return Fraction(str(figure["assumed"]))
    if "fact" in figure:
        return Fraction(person[figure["fact"]])
    if "index" in figure:
        return Fraction(1800)
    known = person[figure["by"]]
    if "of" in figure:
        key = bool(known) if figure["by"] == "probation" else known or "NONE"
        return reference(figure["of"][key] if key in figure["of"] else figure["else"], person)
    if known is None:
        raise Missing
    if "first" in figure:
        return Fraction(str(figure["first"])) + (known - 1) * Fraction(str(figure["each"]))
    if "values" in figure:
        if known > len(figure["values"]):
            raise Open
        return reference(figure["values"][known - 1], person)
    form = "at" if "at" in figure else "over"
    edges = sorted(figure[form])
    reached = [edge for edge in edges if (known >= edge if form == "at" else known > edge)]
    if not reached:
        return reference(figure["else"], person)
    last = reference(figure[form][reached[-1]], person)
    if reached != edges or "then" not in figure:
        return last
    steps = (Fraction(known) - Fraction(edges[-1])) / Fraction(figure["then"]["every"])
    whole = -(-steps // 1) if figure["then"]["part"] == "up" else steps // 1
    return last + whole * Fraction(str(figure["then"]["add"]))


def expected(figure: Any, person: Mapping[str, Any]) -> Fraction | str:
    try:
        return reference(figure, person)
    except Open:
        return "open"
    except Missing:
        return "missing"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(figure=figures, people=st.lists(someone, min_size=1, max_size=10))
@example(
    figure={"by": "points", "at": {-5.0: {"by": "probation", "of": {True: {"unset": "not printed"}, False: 2.5}}},
            "else": 1, "then": {"every": 0.75, "add": 0.1, "part": "up"}},
    people=[{"certificate": None, "probation": flag, "points": Decimal(points), "grade": None,
             "score.annual": Decimal(0)} for flag in (True, False) for points in (-6, -5, 0)],
)  # fmt: skip
def test_any_figure_equals_the_reference(figure: Any, people: list[dict[str, Any]]) -> None:
    found = worth(figure, people, indices={"wage": DATED["wage"]})
    known = ["open" if isinstance(each, str) and each != "missing" else each for each in found]
    assert known == [expected(figure, person) for person in people]


def test_the_number_of_a_leaf_that_is_none_is_an_error() -> None:
    with pytest.raises(TypeError, match="not a number"):
        _ = Leaf(None, "a.b", Status.UNSET).number


def test_a_street_whose_figure_is_open_stops_nobody_elsewhere() -> None:
    """Of an index split by street, the people of a street without a value go without; with no value at all, all stop."""
    split = {
        "per": "month", "keyed": "year", "by": "street",
        "series": {"999999001": {2024: 100}, "999999002": {2024: {"unset": "not published"}}, "999999003": {2025: 90}},
    }  # fmt: skip
    people = [{"street": "999999001000"}, {"street": "999999002000"}, {"street": "999999003000"}]
    figure = {"index": "wage", "of_year": 2024}
    assert worth(figure, people, indices={"wage": split}) == [100, "missing", "missing"]
    split["series"]["999999001"] = {2024: {"unset": "not published"}}
    with pytest.raises((UnsetValue, MissingIndex)):
        worth(figure, people, indices={"wage": split})


# -- Built once -------------------------------------------------------------------------------------------------------


def test_a_figure_is_built_once_in_the_same_surroundings_and_anew_in_others() -> None:
    rules = paying(700)
    amount = rules.pay.components[0].amount if rules.pay else None
    assert amount is not None
    one, other = Context(rules, D(2026, 1, 1)), Context(rules, D(2027, 1, 1))
    assert figure(amount, one) is figure(amount, one)
    assert figure(amount, one) is not figure(amount, other)


def test_what_could_not_be_built_is_tried_again() -> None:
    rules = paying(700)
    ctx, tries = Context(rules, D(2026, 1, 1)), []

    def build() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise MissingIndex("a", "b", D(2026, 1, 1))
        return 7

    with pytest.raises(MissingIndex):
        ctx.once("x", rules, build)
    assert [ctx.once("x", rules, build), ctx.once("x", rules, build), len(tries)] == [7, 7, 2]
