"""Who is invited, who stands where, and where the line runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import polars as pl

from policy.rules.facts import Fact
from recruitment.rules.exam import ExamRule, PartRule
from recruitment.rules.scoring import INT, passed, totals

# Where somebody stands when all is scored.
RANKED, FAILED, ABSENT, MISSING, NOT_INVITED = "RANKED", "FAILED", "ABSENT", "MISSING", "NOT_INVITED"
# On which side of the line who is ranked stands; UNDECIDED: equal across it, and only people can say who comes first.
IN, OUT, UNDECIDED = "IN", "OUT", "UNDECIDED"
LAST = 1_000_000  # the number of whoever nobody has put in order among equals

Vocabulary = Mapping[str, Fact]


def shortlisted(applicants: pl.DataFrame, scores: pl.DataFrame, exam: ExamRule, facts: Vocabulary) -> pl.DataFrame:
    """applicant, through, invited, line: who goes on to the later part of the examination.

    applicants: applicant, position, posts, the facts that decide ties; scores: of `part_scores`, with `bonus`. Of those
    who are through every part before, the best per_post times the posts of their position are invited; equal with the
    last of them, all are, or the place's tie-break decides as far as it can. line: the last total that is invited, of
    the parts before alone, their weights stretched to 100.
    """
    frame = applicants.join(scores, on="applicant")
    if not exam.shortlist_for:
        return frame.select(
            "applicant", pl.lit(True).alias("through"), pl.lit(True).alias("invited"), pl.lit(None, INT).alias("line")
        )
    parts = exam.before(exam.shortlist_for)
    whole = sum((part.weight for part in parts), Fraction(0))
    # What was scored before counts in full: with a weight of 50 percent, 79.99 and 80 points would round to one.
    frame = totals(frame, exam, tuple(replace(part, weight=part.weight / whole) for part in parts)).with_columns(
        passed(exam, parts).alias("through")
    )
    frame, keys = with_keys(frame, exam, parts, facts)
    best = placed(frame.filter("through"), ["total"] if exam.invite_ties else ["total", *keys])
    invited = best.filter(pl.col("place") <= pl.col("posts") * exam.per_post)
    lines = invited.group_by("position").agg(pl.col("total").min().alias("line"))
    return frame.join(lines, on="position", how="left").select(
        "applicant",
        "through",
        pl.col("applicant").is_in(invited["applicant"].implode()).alias("invited"),
        "line",
    )


def ranked(
    applicants: pl.DataFrame, scores: pl.DataFrame, exam: ExamRule, facts: Vocabulary, invited: pl.DataFrame
) -> pl.DataFrame:
    """A row an applicant, by position and rank: what each scored, where they stand and on which side of the line.

    applicants: applicant, position, posts, decided (an order that people gave to equals, from 1 on; null), the facts
    that decide ties. scores: of `part_scores`, with `bonus`. invited: of `shortlisted`.

    Gives applicant, position, posts, state, failed (parts below their pass mark, "total"), `score:`/`weighted:<part>`,
    bonus, total, place (equals share one), equals (how many share it), by (the tie-break that put somebody behind the
    one before with the same total), side. Who isn't RANKED has no place.
    """
    frame = totals(applicants.join(scores, on="applicant"), exam, exam.parts)
    frame = frame.join(invited.select("applicant", "invited"), on="applicant", how="left")
    frame = _stated(frame, exam).with_columns(
        pl.when(pl.col(f"den:{part.code}") > 0)
        .then(exam.rounded(pl.col(f"score:{part.code}"), pl.col(f"den:{part.code}")))
        .alias(f"shown:{part.code}")
        for part in exam.parts
    )
    frame, keys = with_keys(frame, exam, exam.parts, facts)
    frame = frame.with_columns((-pl.col("decided").fill_null(LAST)).cast(INT).alias("key:decided"))
    order = ["total", *keys, "key:decided"]
    best = placed(frame.filter(pl.col("state") == RANKED), order).with_columns(
        _separated([*keys, "key:decided"]), _side()
    )
    others = frame.filter(pl.col("state") != RANKED).sort(
        "position", "total", "applicant", descending=[False, True, False]
    )
    both = pl.concat([best, others], how="diagonal").sort("position", maintain_order=True)
    return both.select(
        "applicant", "position", "posts", "state", "failed",
        *(pl.col(f"shown:{part.code}").alias(f"score:{part.code}") for part in exam.parts),
        *(f"weighted:{part.code}" for part in exam.parts),
        "bonus", "total", "place", "equals", "by", "side",
    )  # fmt: skip


def with_keys(
    frame: pl.DataFrame, exam: ExamRule, parts: tuple[PartRule, ...], facts: Vocabulary
) -> tuple[pl.DataFrame, list[str]]:
    """The frame with a whole number for each tie-break that can be asked by now, the larger the better; their names."""
    known = {part.code for part in parts}
    keys: dict[str, pl.Expr] = {}
    for word in exam.ties:
        part, _dot, _subject = word.partition(".")
        if word in known:
            # At 1/10,000 of a point, where scores of parts aren't rounded.
            score, den = pl.col(f"score:{word}"), pl.col(f"den:{word}")
            keys[word] = (score * 2 + den) // (den * 2)
        elif part in known:
            keys[word] = pl.col(f"mark:{word}")
        elif word in facts:
            keys[word] = _fact(facts[word])
    return (
        frame.with_columns(key.cast(INT).fill_null(-LAST).alias(f"key:{word}") for word, key in keys.items()),
        [f"key:{word}" for word in keys],
    )


def _fact(fact: Fact) -> pl.Expr:
    column = pl.col(fact.name)
    if fact.kind == "ordered":
        order = list(fact.order or ())
        return column.replace_strict(order, [-n for n in range(len(order))], default=-len(order), return_dtype=INT)
    return column


def placed(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The frame in order, with `place` in the position (equals share the first) and `equals`, how many share it."""
    ordered = frame.sort(["position", *by, "applicant"], descending=[False, *[True] * len(by), False])
    alike = ["position", *by]
    return (
        ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=INT).over("position").alias("row"))
        .with_columns(pl.col("row").min().over(alike).alias("place"), pl.len().over(alike).cast(INT).alias("equals"))
        .drop("row")
    )


def _separated(keys: list[str]) -> pl.Expr:
    """The first tie-break in which somebody differs from the one before with the same total; null where none did."""

    def same(name: str) -> pl.Expr:
        return (pl.col(name) == pl.col(name).shift(1).over("position")).fill_null(False)

    found = pl.lit(None, dtype=pl.String)
    for key in reversed(keys):
        found = pl.when(~same(key)).then(pl.lit(key.removeprefix("key:"))).otherwise(found)
    return pl.when(same("total")).then(found).alias("by")


def _side() -> pl.Expr:
    last = pl.col("place") + pl.col("equals") - 1
    return (
        pl.when(last <= pl.col("posts"))
        .then(pl.lit(IN))
        .when(pl.col("place") > pl.col("posts"))
        .then(pl.lit(OUT))
        .otherwise(pl.lit(UNDECIDED))
        .alias("side")
    )


def _stated(frame: pl.DataFrame, exam: ExamRule) -> pl.DataFrame:
    """state and failed: the first part that somebody missed, wasn't invited to or didn't pass ends the examination."""
    failed: list[pl.Expr] = []
    state = pl.lit(RANKED)
    for part in reversed(exam.parts):
        score, den, away = (pl.col(f"{what}:{part.code}") for what in ("score", "den", "absent"))
        below = (score < den * part.pass_mark).fill_null(False) if part.pass_mark is not None else pl.lit(False)
        failed.insert(0, pl.when(below).then(pl.lit(part.code)))
        called = pl.col("invited").fill_null(False) if part.code == exam.shortlist_for else pl.lit(True)
        state = (
            pl.when(~called)
            .then(pl.lit(NOT_INVITED))
            .when(away & score.is_null())
            .then(pl.lit(ABSENT))
            .when(score.is_null())
            .then(pl.lit(MISSING))
            .when(below)
            .then(pl.lit(FAILED))
            .otherwise(state)
        )
    low = (pl.col("total") < exam.pass_mark).fill_null(False) if exam.pass_mark is not None else pl.lit(False)
    failed.append(pl.when(low).then(pl.lit("total")))
    return frame.with_columns(
        pl.when(low & (state == RANKED)).then(pl.lit(FAILED)).otherwise(state).alias("state"),
        pl.concat_list(failed).list.drop_nulls().alias("failed"),
    )
