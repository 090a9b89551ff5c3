"""Inputs and scores: exact fractions, rounded where the scheme says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.rules.inputs import Gathered, input_frame, points_sum
from assessment.rules.periods import parse, within
from assessment.rules.scores import Weighted, scores
from policy.rules.document import Drop, Input, InputPart, Name, PointItem, Scheme, ScoreRounding
from policy.rules.terms import Leaf

PEOPLE = pl.DataFrame({"person": [1, 2, 3]})
SCHEME = Scheme(code="annual", cycle="year")


def leaf(value: str | int, path: str = "x") -> Leaf:
    return Leaf(Decimal(value), path)


def entry(**fields) -> Input:
    return Input(code="i", name=Name(zh="输入", en="input"), **({"from_": "ratings", "weight": leaf(100)} | fields))


def ratings(rows: list[tuple[int, list[int], list[str] | None]]) -> Gathered:
    return Gathered(
        ratings=pl.DataFrame(
            [
                (person, "annual", "RESIDENTS", sum(ballots), len(ballots), ballots, kinds)
                for person, ballots, kinds in rows
            ],
            schema={
                "person": pl.Int64,
                "scheme": pl.String,
                "raters": pl.String,
                "total": pl.Int64,
                "count": pl.Int64,
                "ballots": pl.List(pl.Int64),
                "kinds": pl.List(pl.String),
            },
            orient="row",
        )
    )


def values(frame: pl.DataFrame) -> list[Fraction | None]:
    return [None if n is None else Fraction(n, d) / 10_000 for n, d in frame.select("num", "den").iter_rows()]


def score_of(
    columns: list[list[Fraction | None]],
    weights: list[str],
    each: str,
    digits: int = 2,
    *,
    spread=False,
    mode="half_up",
):
    data, inputs = {}, []
    for n, (column, weight) in enumerate(zip(columns, weights, strict=True)):
        scaled = [None if value is None else value * 10_000 for value in column]
        data[f"n{n}"] = pl.Series([None if v is None else v.numerator for v in scaled], dtype=pl.Int64)
        data[f"d{n}"] = pl.Series([None if v is None else v.denominator for v in scaled], dtype=pl.Int64)
        inputs.append(Weighted(f"n{n}", f"d{n}", Fraction(weight)))
    return scores(pl.DataFrame(data), inputs, ScoreRounding(digits, mode, each), spread=spread).to_list()


@pytest.mark.requirement("CH-50", "SL-16")
def test_ballots_are_their_mean_and_too_few_do_not_count() -> None:
    gathered = ratings([(1, [9000, 8000, 8500], None), (2, [9000], None)])
    found = input_frame(entry(raters="RESIDENTS", at_least=2), SCHEME, PEOPLE, gathered, {})
    assert values(found) == [Fraction(85), None, None]
    assert found["problem"].to_list() == [None, "TOO_FEW_BALLOTS", "MISSING_INPUT"]
    assert found["detail"].to_list() == [None, "1|2", None]


def test_the_highest_and_lowest_ballots_are_dropped() -> None:
    gathered = ratings([(1, [10000, 9000, 8000, 0], None), (2, [9000, 8000], None)])
    found = input_frame(entry(raters="RESIDENTS", drop=Drop(highest=1, lowest=1)), SCHEME, PEOPLE, gathered, {})
    assert values(found) == [Fraction(85), None, None]
    assert found["problem"][1] == "NO_BALLOT_LEFT"


def test_a_mix_of_raters_is_asked_for() -> None:
    mix = (InputPart(rater="ORDINARY_RESIDENT", at_least=leaf(60)),)
    gathered = ratings(
        [
            (1, [8000] * 5, ["ORDINARY_RESIDENT"] * 3 + ["DEPUTY"] * 2),  # exactly 60 %
            (2, [8000] * 5, ["ORDINARY_RESIDENT"] * 2 + ["DEPUTY"] * 3),
        ]
    )
    found = input_frame(entry(raters="RESIDENTS", mix=mix), SCHEME, PEOPLE, gathered, {})
    assert values(found) == [Fraction(80), None, None]
    assert found["detail"][1] == "ORDINARY_RESIDENT|40"


@pytest.mark.requirement("LS-14", "LS-16")
def test_points_are_cut_at_the_caps_of_their_items_the_shortest_period_first() -> None:
    items = {
        "VISIT": PointItem(code="VISIT", name=Name(zh="入户", en="visit"), cap={"day": leaf(3), "month": leaf(5)}),
        "FAULT": PointItem(code="FAULT", name=Name(zh="投诉", en="complaint")),
    }
    rows = [
        (1, "VISIT", date(2025, 3, 1), 40_000),  # 4 that day: 3 count
        (1, "VISIT", date(2025, 3, 2), 30_000),  # 3 more: the month stops at 5
        (1, "VISIT", date(2025, 4, 1), 20_000),
        (1, "FAULT", None, -15_000),
        (2, "OTHER", None, 90_000),  # not in the catalogue
    ]
    frame = pl.DataFrame(
        rows, schema={"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64}, orient="row"
    )
    assert dict(points_sum(frame, items).iter_rows()) == {1: 55_000}
    found = input_frame(entry(from_="points", to_100=leaf(80)), SCHEME, PEOPLE, Gathered(points=frame), items)
    assert values(found) == [Fraction(55, 8), None, None]


def test_points_stay_between_0_and_100() -> None:
    items = {"V": PointItem(code="V", name=Name(zh="v", en="v"))}
    frame = pl.DataFrame(
        [(1, "V", None, 990_000), (2, "V", None, -10_000)],
        schema={"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64},
        orient="row",
    )
    found = input_frame(entry(from_="points", to_100=leaf(80)), SCHEME, PEOPLE, Gathered(points=frame), items)
    assert values(found) == [Fraction(100), Fraction(0), None]


def test_half_years_of_points_begin_in_january_and_july() -> None:
    items = {"V": PointItem(code="V", name=Name(zh="v", en="v"), cap={"half_year": leaf(10)})}
    rows = [(1, "V", date(2025, 4, 1), 80_000), (1, "V", date(2025, 1, 1), 80_000), (1, "V", date(2025, 7, 1), 80_000)]
    frame = pl.DataFrame(
        rows, schema={"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64}, orient="row"
    )
    assert dict(points_sum(frame, items).iter_rows()) == {1: 180_000}


@pytest.mark.requirement("LS-17", "CH-50")
def test_earlier_schemes_give_their_mean_sum_or_last() -> None:
    gathered = Gathered(
        scores=pl.DataFrame(
            {"person": [1], "scheme": ["quarter"], "sum": [2_500_000], "count": [3], "last": [900_000]},
        )
    )
    taken = {
        how: values(input_frame(entry(from_="scheme", of="quarter", take=how), SCHEME, PEOPLE, gathered, {}))[0]
        for how in ("mean", "sum", "last")
    }
    assert taken == {"mean": Fraction(250, 3), "sum": Fraction(100), "last": Fraction(90)}
    full = entry(from_="scheme", of="quarter", take="sum", to_100=leaf(400))
    assert values(input_frame(full, SCHEME, PEOPLE, gathered, {}))[0] == Fraction(250, 4)


@pytest.mark.requirement("CH-40", "CH-41")
def test_the_score_is_rounded_once_or_at_every_step() -> None:
    # 85.335 × 30 % + 78.335 × 70 % = 25.6005 + 54.8345 = 80.435
    columns = [[Fraction("85.335")], [Fraction("78.335")]]
    assert score_of(columns, ["30", "70"], "score") == [804_400]
    # each step: 85.34 and 78.34; 25.602 → 25.60 and 54.838 → 54.84
    assert score_of(columns, ["30", "70"], "input") == [804_400]
    # 1/3 of 100 three times is 100 when rounded once, 99.99 when every step is rounded
    thirds = [[Fraction(100)]] * 3
    assert score_of(thirds, ["33.33", "33.33", "33.34"], "score") == [1_000_000]
    assert score_of([[Fraction("66.666")], [Fraction("66.666")]], ["50", "50"], "input") == [666_800]
    assert score_of([[Fraction("66.666")], [Fraction("66.666")]], ["50", "50"], "score") == [666_700]


def test_a_half_is_rounded_up_exactly_where_a_float_would_fall_short() -> None:
    # (84 + 85 + 85.985) / 3 = 84.995: a mean that no finite decimal holds on the way
    mean = Fraction("254.985") / 3
    assert score_of([[mean]], ["100"], "score") == [850_000]
    assert score_of([[mean]], ["100"], "score", mode="down") == [849_900]
    assert score_of([[mean - Fraction(1, 10**9)]], ["100"], "score") == [849_900]


def test_missing_inputs_stop_or_spread_their_weight() -> None:
    columns = [[Fraction(90), Fraction(90), None], [Fraction(60), None, None]]
    assert score_of(columns, ["60", "40"], "score") == [780_000, None, None]
    assert score_of(columns, ["60", "40"], "score", spread=True) == [780_000, 900_000, None]


@given(
    st.lists(
        st.tuples(st.integers(0, 100 * 97), st.integers(1, 97), st.integers(0, 100 * 12), st.integers(1, 12)),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 100),
    st.sampled_from(["score", "input"]),
    st.integers(0, 4),
)
def test_scores_equal_an_independent_reference_in_decimals(rows, weight: int, each: str, digits: int) -> None:
    columns = [
        [min(Fraction(total, count), Fraction(100)) for total, count, _t, _c in rows],
        [min(Fraction(total, count), Fraction(100)) for _t, _c, total, count in rows],
    ]
    weights = [weight, 100 - weight]

    def near(value: Fraction) -> Decimal:
        exact = Decimal(value.numerator * 10**8 // value.denominator) / 10**8
        step = Decimal(1).scaleb(-digits)
        down = exact.quantize(step, rounding="ROUND_FLOOR")
        return down + step if value - Fraction(down) >= Fraction(step) / 2 else down

    expected = []
    for values_of_one in zip(*columns, strict=True):
        if each == "score":
            total = near(sum((v * w for v, w in zip(values_of_one, weights, strict=True)), Fraction()) / 100)
        else:
            total = sum(
                (near(Fraction(near(v)) * w / 100) for v, w in zip(values_of_one, weights, strict=True)), Decimal(0)
            )
        expected.append(int(min(total, Decimal(100)) * 10_000))
    assert score_of(columns, [str(w) for w in weights], each, digits) == expected


def test_denominators_too_large_for_columns_are_worked_out_all_the_same() -> None:
    primes = [999_983, 999_979, 999_961, 999_959, 999_953, 999_931]
    columns = [[Fraction(80 * p + 1, p)] for p in primes]
    weights = ["10"] * 5 + ["50"]
    exact = sum((c[0] * int(w) for c, w in zip(columns, weights, strict=True)), Fraction()) / 100
    assert score_of(columns, weights, "score", 4) == [int((exact * 10_000 * 2 + 1) // 2)]


@pytest.mark.requirement("LS-17")
def test_periods_are_days_months_quarters_half_years_and_years() -> None:
    assert within(parse("2025"), "quarter") == ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
    assert within(parse("2025-Q4"), "month") == ("2025-10", "2025-11", "2025-12")
    assert within(parse("2025-H2"), "quarter") == ("2025-Q3", "2025-Q4")
    assert len(within(parse("2024"), "day")) == 366
    assert (parse("2025-H1").first, parse("2025-H1").last) == (date(2025, 1, 1), date(2025, 6, 30))
    assert parse("2025-12").end == date(2026, 1, 1)
    assert parse("2025/创城").cycle == "special"
    for wrong in ("25", "2025-13", "2025-Q5", "2025-02-30", ""):
        with pytest.raises(ValueError, match=r"."):
            parse(wrong)
