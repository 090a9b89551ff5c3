"""Cases of recruitment as frames: what a test writes down of a policy and of applicants."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML

from policy.rules.context import Context
from policy.rules.document import Policy
from policy.rules.reading import read
from recruitment.rules import SCALE, bonuses, exam_rule, part_scores, ranked, shortlisted
from recruitment.rules.facts import SCHEMA, facts_frame

POLICIES = Path(__file__).resolve().parents[2] / "policies"
DAY = date(2026, 3, 1)
MARKS = {"applicant": pl.Int64, "part": pl.String, "subject": pl.String, "judge": pl.Int64, "mark": pl.Int64}


def policy_of(case: dict[str, Any]) -> Policy:
    """The policy that a case names (`place`), or one of its section's keys."""
    if "place" in case:
        return read((POLICIES / f"{case['place']}.yaml").read_text(encoding="utf-8"))
    keys = ("hard", "exam", "bonus", "ties", "reviews", "entry", "notice")
    section = {"cite": "T"} | {key: case[key] for key in keys if key in case}
    document = {
        "schema": 1,
        "place": "340181",
        "name": "T",
        "version": "1",
        "effective": {"from": date(2020, 1, 1)},
        "documents": [{"code": "T", "title": "T"}],
        "recruitment": section,
    }
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    return read(text.getvalue(), name="case")


def score(value: Any) -> int | None:
    """Points as the rules count them."""
    return None if value is None else int(Decimal(str(value)) * SCALE)


def applicants_of(case: dict[str, Any], as_of: date = DAY) -> pl.DataFrame:
    """Numbered in the order of the rows; `posts` is one number, or one a position."""
    posts = case.get("posts", 1)
    rows = []
    for number, row in enumerate(case["applicants"], start=1):
        position = row.get("position", 1)
        known = {key: value for key, value in row.items() if key in SCHEMA}
        seats = posts[position] if isinstance(posts, dict) else posts
        rows.append(known | {"applicant": number, "position": position, "posts": seats})
    return facts_frame(rows, case.get("as_of", as_of))


def marks_of(case: dict[str, Any], policy: Policy) -> pl.DataFrame:
    parts = [part.code for part in exam_rule(policy).parts]
    rows: list[tuple[int, str, str, int, int | None]] = []
    for number, row in enumerate(case["applicants"], start=1):
        for part in parts:
            given = row.get(part)
            if given == "away":
                rows.append((number, part, "", 0, None))
            elif isinstance(given, dict):
                rows += [(number, part, subject, 0, score(mark)) for subject, mark in given.items()]
            elif isinstance(given, list):
                rows += [(number, part, "", judge, score(mark)) for judge, mark in enumerate(given, start=1)]
            elif given is not None:
                rows.append((number, part, "", 0, score(given)))
    return pl.DataFrame(rows, schema=MARKS, orient="row")


def rank_of(case: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ranking of a case and who is invited, both in the order of the applicants."""
    policy = policy_of(case)
    assert policy.recruitment is not None
    ctx = Context(policy, DAY)
    exam = exam_rule(policy)
    applicants = applicants_of(case)
    scores = part_scores(applicants, marks_of(case, policy), exam).join(
        bonuses(applicants, policy.recruitment, ctx), on="applicant"
    )
    invited = shortlisted(applicants, scores, exam, ctx.vocabulary)
    return ranked(applicants, scores, exam, ctx.vocabulary, invited).sort("applicant"), invited.sort("applicant")
