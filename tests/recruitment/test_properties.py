"""What holds of every ranking: whatever the order of rows, the marks and the places."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.rules.context import Context
from recruitment.rules import bonuses, exam_rule, part_scores, ranked, shortlisted
from tests.recruitment.frames import DAY, applicants_of, marks_of, policy_of

EXAM = {
    "exam": {
        "parts": [
            {"code": "written", "name": "笔试", "weight": 60, "pass": 60},
            {"code": "interview", "name": "面试", "weight": 40, "judges": {"drop": {"highest": 1, "lowest": 1}}},
        ],
        "shortlist": {"for": "interview", "per_post": 3, "ties": "all"},
    },
    "bonus": {"added_to": "written", "rows": [{"when": {"background": {"any_of": ["VETERAN"]}}, "points": 3}]},
    "ties": ["certificate", "written"],
}
POLICY = policy_of(EXAM)
marks = st.integers(5000, 10000).map(lambda hundredths: hundredths / 100)
person = st.fixed_dictionaries(
    {"written": marks, "interview": st.lists(marks, min_size=3, max_size=5)},
    optional={
        "certificate": st.sampled_from(["SENIOR", "SOCIAL_WORKER", "ASSISTANT"]),
        "background": st.just(["VETERAN"]),
    },
)
people = st.lists(person, min_size=1, max_size=12)


def rank(rows: list[dict[str, Any]], posts: int, order: list[int] | None = None) -> pl.DataFrame:
    case = EXAM | {"applicants": rows, "posts": posts}
    applicants, given_marks = applicants_of(case), marks_of(case, POLICY)
    if order is not None:
        applicants, given_marks = applicants[order], given_marks.reverse()
    exam, ctx = exam_rule(POLICY), Context(POLICY, DAY)
    assert POLICY.recruitment is not None
    scores = part_scores(applicants, given_marks, exam).join(
        bonuses(applicants, POLICY.recruitment, ctx), on="applicant"
    )
    invited = shortlisted(applicants, scores, exam, ctx.vocabulary)
    return ranked(applicants, scores, exam, ctx.vocabulary, invited)


@settings(max_examples=40, deadline=None)
@given(people, st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(rows: list[dict[str, Any]], posts: int, random: Any) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    assert rank(rows, posts, order).sort("applicant").equals(rank(rows, posts).sort("applicant"))


@settings(max_examples=40, deadline=None)
@given(people, st.integers(1, 4), st.data())
def test_a_better_mark_puts_nobody_further_down(rows: list[dict[str, Any]], posts: int, data: Any) -> None:
    who = data.draw(st.integers(0, len(rows) - 1))
    before = rank(rows, posts).filter(applicant=who + 1).row(0, named=True)
    better = [dict(row) for row in rows]
    better[who]["written"] = data.draw(st.integers(round(rows[who]["written"] * 100), 10000)) / 100
    after = rank(better, posts).filter(applicant=who + 1).row(0, named=True)
    if before["place"] is not None:
        assert after["place"] is not None
        assert after["place"] <= before["place"]
        assert after["total"] >= before["total"]


@settings(max_examples=40, deadline=None)
@given(people, st.integers(1, 4))
def test_nobody_below_a_pass_mark_is_above_the_line_and_nobody_is_there_twice(
    rows: list[dict[str, Any]], posts: int
) -> None:
    found = rank(rows, posts)
    assert found["applicant"].sort().to_list() == list(range(1, len(rows) + 1))
    chosen = found.filter(pl.col("side") == "IN")
    assert len(chosen) <= posts
    assert all(rows[number - 1]["written"] >= 60 for number in chosen["applicant"])
    best = found.filter(pl.col("place").is_not_null())
    assert best["place"].to_list() == sorted(best["place"])
    assert best["total"].to_list() == sorted(best["total"], reverse=True)
