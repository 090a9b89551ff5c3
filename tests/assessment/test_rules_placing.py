"""Thresholds, shares, best, caps and ties on hand-made pools, and what must hold for every pool."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.rules.grading import LEVELS, Graded, Percent, grade, pool_column
from assessment.rules.placing import Choice, places, positions
from policy.rules.document import Cap, GradeShare, Scheme
from policy.rules.terms import Leaf

GRADES = ["EXCELLENT", "QUALIFIED", "BASICALLY_QUALIFIED", "UNQUALIFIED"]
CAP = Cap(path="cap", grade="EXCELLENT", at_most=Leaf(Decimal(30), "cap.at_most.percent"))
SCHEME = Scheme(
    code="annual",
    cycle="year",
    path="schemes.annual",
    thresholds={
        "EXCELLENT": Leaf(Decimal(90), "e"),
        "QUALIFIED": Leaf(Decimal(75), "q"),
        "BASICALLY_QUALIFIED": Leaf(Decimal(60), "b"),
    },
    caps=(CAP,),
)


def pool(
    scores: list[int], *, ceilings: dict[int, int] | None = None, keys: dict[str, list[int]] | None = None, pools=None
):
    people = pl.DataFrame(
        {
            "person": range(1, len(scores) + 1),
            "score": [score * 100 for score in scores],
            "ceiling": [(ceilings or {}).get(n, 0) for n in range(1, len(scores) + 1)],
            "ceiling_reason": ['{"code":"BEST","params":{}}'] * len(scores),
        },
        schema={"person": pl.Int64, "score": pl.Int64, "ceiling": pl.Int64, "ceiling_reason": pl.String},
    )
    names = pl.Series(pools or ["s/"] * len(scores), dtype=pl.String)
    people = people.with_columns(names.alias(pool_column(level)) for level in LEVELS)
    return people.with_columns(pl.Series(name, values) for name, values in (keys or {}).items())


def placed(people: pl.DataFrame, scheme: Scheme = SCHEME, keys=(), choices=None, everyone=None, percent=30) -> Graded:
    percents = {
        (f"{cap.path}.at_most", name): Percent(Fraction(percent), cap.path, "CH-45", False)
        for cap in scheme.caps
        for name in people[pool_column(cap.pool)].unique()
    }
    return grade(people, scheme, GRADES, list(keys), percents, everyone or {}, choices or {})


def grades(result: Graded) -> list[str]:
    return result.people.sort("person")["grade"].to_list()


@pytest.mark.requirement("CH-44")
@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (9000, "EXCELLENT"),
        (8999, "QUALIFIED"),
        (7500, "QUALIFIED"),
        (7499, "BASICALLY_QUALIFIED"),
        (5999, "UNQUALIFIED"),
        (0, "UNQUALIFIED"),
    ],
)
def test_a_threshold_belongs_to_its_grade_and_below_all_is_the_next_one(score: int, expected: str) -> None:
    assert grades(placed(pool([score]), SCHEME.model_copy(update={"caps": ()}))) == [expected]


@pytest.mark.requirement("CH-45")
@pytest.mark.parametrize(("people", "most"), [(3, 0), (4, 1), (6, 1), (7, 2), (10, 3), (37, 11), (45, 13)])
def test_places_are_rounded_down(people: int, most: int) -> None:
    assert places(people, Fraction(30)) == most
    result = placed(pool([9900 - n for n in range(people)]))
    assert grades(result) == ["EXCELLENT"] * most + ["QUALIFIED"] * (people - most)
    assert result.caps[0].at_most == most


def test_who_is_barred_from_the_capped_grade_counts_all_the_same() -> None:
    # ten people, the best two barred: 3 places of ten, taken by ranks 3 to 5
    result = placed(pool([9900 - n for n in range(10)], ceilings={1: 2, 2: 2}))
    assert grades(result)[:6] == ["BASICALLY_QUALIFIED"] * 2 + ["EXCELLENT"] * 3 + ["QUALIFIED"]
    assert result.caps[0].counted == 10
    assert result.people["merit"].to_list()[5] == "EXCELLENT"


def test_of_all_counts_those_without_a_grade_as_well() -> None:
    scheme = SCHEME.model_copy(update={"caps": (CAP.model_copy(update={"of": "all"}),)})
    result = placed(pool([9900 - n for n in range(9)]), scheme, everyone={("street", "s/"): 20})
    assert grades(result).count("EXCELLENT") == 6


def test_equals_across_the_line_wait_and_nobody_is_cut_at_random() -> None:
    people = pool([9900, 9800, 9500, 9500, 9500, 8000, 8000, 8000, 8000, 8000])
    result = placed(people)
    assert grades(result)[:5] == ["EXCELLENT", "EXCELLENT", "QUALIFIED", "QUALIFIED", "QUALIFIED"]
    tie = result.ties[0]
    assert (tie.kind, tie.places, tie.candidates, tie.score) == ("cap", 1, (3, 4, 5), 950_000)
    chosen = {("annual", "s/", "cap", "EXCELLENT"): [Choice(frozenset({3, 4, 5}), frozenset({4}), "meeting")]}
    decided = placed(people, choices=chosen)
    assert grades(decided)[:5] == ["EXCELLENT", "EXCELLENT", "QUALIFIED", "EXCELLENT", "QUALIFIED"]
    assert decided.ties == ()
    nobody = {("annual", "s/", "cap", "EXCELLENT"): [Choice(frozenset({3, 4, 5}), frozenset(), "meeting")]}
    assert grades(placed(people, choices=nobody)).count("EXCELLENT") == 2


def test_an_ordered_list_of_inputs_decides_before_people_do() -> None:
    scheme = SCHEME.model_copy(update={"ties": ("residents",)})
    people = pool([9900, 9800, 9500, 9500, 9500, *[8000] * 5], keys={"_v0": [1, 1, 5, 9, 9, *[1] * 5]})
    result = placed(people, scheme, keys=["_v0"])
    assert result.ties[0].candidates == (4, 5)
    one = pool([9900, 9800, 9500, 9500, 9500, *[8000] * 5], keys={"_v0": [1, 1, 5, 9, 8, *[1] * 5]})
    assert grades(placed(one, scheme, keys=["_v0"]))[2:5] == ["QUALIFIED", "EXCELLENT", "QUALIFIED"]


@pytest.mark.requirement("SL-32")
def test_shares_are_rounded_down_and_the_rest_takes_what_remains() -> None:
    shares = (
        GradeShare(grade="EXCELLENT", percent=Leaf(Decimal(20), "p")),
        GradeShare(grade="QUALIFIED", rest=True),
        GradeShare(grade="UNQUALIFIED", percent=Leaf(Decimal(10), "p")),
    )
    scheme = SCHEME.model_copy(update={"thresholds": None, "shares": shares, "caps": ()})
    found = grades(placed(pool([9900 - n for n in range(19)]), scheme))
    # ⌊3.8⌋ = 3 and ⌊1.9⌋ = 1
    assert found == ["EXCELLENT"] * 3 + ["QUALIFIED"] * 15 + ["UNQUALIFIED"]
    tied = placed(pool([9000] * 10), scheme)
    assert {(tie.kind, tie.grade, tie.places) for tie in tied.ties} == {
        ("share", "EXCELLENT", 2),
        ("share", "QUALIFIED", 9),
    }


def test_a_cap_on_the_next_grade_takes_those_pushed_down_into_account() -> None:
    second = Cap(path="cap2", grade="QUALIFIED", at_most=Leaf(Decimal(30), "cap2"))
    scheme = SCHEME.model_copy(update={"caps": (second, CAP)})  # the order of the file does not matter
    assert grades(placed(pool([9900 - n for n in range(10)]), scheme)) == (
        ["EXCELLENT"] * 3 + ["QUALIFIED"] * 3 + ["BASICALLY_QUALIFIED"] * 4
    )


def test_equal_scores_share_the_better_rank() -> None:
    ranked = positions(pool([9000, 8000, 8000, 7000]), "pool_street", ["score"])
    assert ranked["first"].to_list() == [1, 2, 2, 4]


SCORES = st.lists(st.integers(5500, 9999), min_size=1, max_size=60)


@given(SCORES, st.integers(0, 100), st.sets(st.integers(1, 60)), st.randoms())
def test_no_pool_ever_exceeds_its_cap_and_order_does_not_matter(scores, percent, barred, random) -> None:
    ceilings = dict.fromkeys(barred, 1)
    streets = [f"s{n % 3}/" for n in range(len(scores))]
    people = pool(scores, ceilings=ceilings, pools=streets)
    result = placed(people, percent=percent)
    for name in set(streets):
        inside = result.people.filter(pl.col("pool_street") == name)
        most = len(inside) * percent // 100
        assert (inside["grade"] == "EXCELLENT").sum() <= most
        # nobody with a lower score is above somebody with a higher one, unless that one is barred
        best = inside.filter(pl.col("grade") == "EXCELLENT")["score"].min()
        passed = inside.filter((pl.col("merit") == "EXCELLENT") & (pl.col("grade") != "EXCELLENT"))["score"].max()
        assert best is None or passed is None or passed < best
        # a place stays empty only where nobody merits it or equals wait for a decision
        waiting = sum(len(tie.candidates) for tie in result.ties if tie.pool == name)
        merited = (inside["merit"] == "EXCELLENT").sum()
        assert (inside["grade"] == "EXCELLENT").sum() == min(merited, most) or waiting
    order = list(range(len(scores)))
    random.shuffle(order)
    again = placed(people[order], percent=percent)
    assert again.people.sort("person").equals(result.people.sort("person"))
    assert again.ties == result.ties


@given(SCORES, st.integers(0, 60), st.integers(1, 300))
def test_a_higher_score_never_gives_a_lower_grade(scores, index, more) -> None:
    index %= len(scores)
    before = grades(placed(pool(scores)))
    raised = list(scores)
    raised[index] = min(9999, raised[index] + more)
    after = placed(pool(raised))
    waits = {person for tie in after.ties for person in tie.candidates}
    if index + 1 not in waits:
        assert GRADES.index(grades(after)[index]) <= GRADES.index(before[index])
