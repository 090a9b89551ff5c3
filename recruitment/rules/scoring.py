"""From marks to the scores of parts and their weighted sum."""

from __future__ import annotations

from math import lcm

import polars as pl

from policy.rules.conditions import condition
from policy.rules.context import Context
from policy.rules.document import Recruitment
from policy.rules.document.recruitment import TOTAL
from recruitment.rules.exam import SCALE, ExamRule, PartRule

INT = pl.Int64


def bonuses(applicants: pl.DataFrame, section: Recruitment, ctx: Context) -> pl.DataFrame:
    """applicant, bonus (1/10,000 of a point), bonus_rows (numbers of the rows that fit, from 1 on).

    A row whose condition or points are left open raises UnsetValue: nobody's bonus can be told then.
    """
    bonus = section.bonus
    if bonus is None:
        return applicants.select(
            "applicant",
            pl.lit(0, dtype=INT).alias("bonus"),
            pl.lit([], dtype=pl.List(INT)).alias("bonus_rows"),
        )
    fits = [condition(row.when, ctx) for row in bonus.rows]
    points = [
        pl.when(fit).then(pl.lit(int(row.points.number * SCALE), dtype=INT)).otherwise(0)
        for fit, row in zip(fits, bonus.rows, strict=True)
    ]
    found = pl.max_horizontal(points) if bonus.take == "highest" else pl.sum_horizontal(points)
    if bonus.at_most is not None:
        found = pl.min_horizontal(found, pl.lit(int(bonus.at_most.number * SCALE), dtype=INT))
    numbers = [pl.when(fit).then(pl.lit(number, dtype=INT)) for number, fit in enumerate(fits, start=1)]
    return applicants.select(
        "applicant", found.cast(INT).alias("bonus"), pl.concat_list(numbers).list.drop_nulls().alias("bonus_rows")
    )


def part_scores(applicants: pl.DataFrame, marks: pl.DataFrame, exam: ExamRule) -> pl.DataFrame:
    """A row an applicant: for each part `score:<part>` and its `den:<part>` (the score is score / den), null without
    marks that make one; `absent:<part>`; and `mark:<part>.<subject>` for each paper.

    marks: applicant, part, subject ("" for a part without papers), judge (0 where nobody judges), mark (1/10,000 of a
    point; null: was absent). Where every step is rounded, den is 1.
    """
    found = applicants.select("applicant")
    for part in exam.parts:
        of_part = marks.filter(pl.col("part") == part.code)
        scores = _of_subjects(of_part, part) if part.subjects else _of_judges(of_part, part)
        away = of_part.group_by("applicant").agg(pl.col("mark").is_null().any().alias(f"absent:{part.code}"))
        found = found.join(scores, on="applicant", how="left").join(away, on="applicant", how="left")
        found = found.with_columns(pl.col(f"absent:{part.code}").fill_null(False))
        if exam.steps:
            score, den = pl.col(f"score:{part.code}"), pl.col(f"den:{part.code}")
            found = found.with_columns(
                exam.rounded(score, den).alias(score.meta.output_name()),
                pl.when(score.is_not_null()).then(pl.lit(1, dtype=INT)).alias(den.meta.output_name()),
            )
    return found


def _of_judges(marks: pl.DataFrame, part: PartRule) -> pl.DataFrame:
    """The mean of the marks without those left out at the ends; a part without judges has one mark."""
    counted = pl.col("mark").len().cast(INT)
    kept = pl.col("mark").sort().slice(part.lowest, pl.len() - part.lowest - part.highest)
    enough = counted >= part.judges
    left = counted - part.lowest - part.highest
    return (
        marks.filter(pl.col("mark").is_not_null())
        .group_by("applicant")
        .agg(
            pl.when(enough).then(kept.sum()).alias(f"score:{part.code}"),
            pl.when(enough).then(left).alias(f"den:{part.code}"),
        )
    )


def _of_subjects(marks: pl.DataFrame, part: PartRule) -> pl.DataFrame:
    """The weighted sum of the papers; without one of them there is none."""
    whole = lcm(*(subject.weight.denominator for subject in part.subjects))
    frame = marks.select("applicant").unique()
    for subject in part.subjects:
        paper = marks.filter((pl.col("subject") == subject.code) & pl.col("mark").is_not_null())
        name = f"mark:{part.code}.{subject.code}"
        frame = frame.join(paper.group_by("applicant").agg(pl.col("mark").first().alias(name)), "applicant", how="left")
    names = [pl.col(f"mark:{part.code}.{subject.code}") for subject in part.subjects]
    every = pl.all_horizontal([name.is_not_null() for name in names])
    weighted = [name * int(subject.weight * whole) for name, subject in zip(names, part.subjects, strict=True)]
    return frame.with_columns(
        pl.when(every).then(pl.sum_horizontal(weighted)).cast(INT).alias(f"score:{part.code}"),
        pl.when(every).then(pl.lit(whole, dtype=INT)).alias(f"den:{part.code}"),
    )


def totals(scores: pl.DataFrame, exam: ExamRule, parts: tuple[PartRule, ...]) -> pl.DataFrame:
    """`scores` (with `bonus`) with `weighted:<part>` and `total`, over some of the parts; null where one has no score."""
    whole = lcm(*(part.weight.denominator for part in parts))
    bonus = exam.rounded(pl.col("bonus"), 1) if exam.steps else pl.col("bonus")
    # Every part is inner / (den × whole); without rounding of steps their sum keeps one denominator.
    total, common = pl.lit(0, dtype=INT), pl.lit(1, dtype=INT)
    for part in parts:
        score, den = pl.col(f"score:{part.code}"), pl.col(f"den:{part.code}")
        inner = score * int(part.weight * whole)
        if exam.bonus_to == part.code:
            inner = inner + bonus * den * (int(part.weight * whole) if exam.bonus_weighted else whole)
        weighted = exam.rounded(inner, den * whole)
        scores = scores.with_columns(weighted.alias(f"weighted:{part.code}"))
        if exam.steps:
            total = total + pl.col(f"weighted:{part.code}")
        else:
            total, common = total * den + inner * common, common * den
    if not exam.steps:
        common = common * whole
    if exam.bonus_to == TOTAL:
        total = total + bonus * common
    return scores.with_columns(exam.rounded(total, common).alias("total"))


def passed(exam: ExamRule, parts: tuple[PartRule, ...]) -> pl.Expr:
    """Whether somebody has a score in each of the parts and reaches its pass mark, whatever the bonus."""
    tests = [pl.lit(True)]
    for part in parts:
        score, den = pl.col(f"score:{part.code}"), pl.col(f"den:{part.code}")
        tests.append(
            (score >= den * part.pass_mark if part.pass_mark is not None else score.is_not_null()).fill_null(False)
        )
    return pl.all_horizontal(tests)
