"""What follows from finished results: conditions on ranks, grades and their history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from assessment.rules.evaluating import clause_params, schemes_of
from assessment.rules.grading import pool_column
from assessment.rules.periods import Period
from policy.rules.conditions import condition, facts_of, window, with_years
from policy.rules.context import Context
from policy.rules.document import Consequence, Policy, Scheme

FLAGGED: dict[str, Any] = {
    "person": pl.Int64,
    "unit": pl.String,
    "unit_path": pl.String,
    "code": pl.String,
    "on": pl.String,
    "params": pl.String,
}


def consequences(
    people: pl.DataFrame, results: Mapping[str, pl.DataFrame], schemes: Mapping[str, Scheme], year: int, ctx: Context
) -> pl.DataFrame:
    """Who meets a consequence of the policy: one row a person and consequence (FLAGGED), by person.

    people: prepared columns of facts with `annual_grades.<year>` of this year's results. results: outcome columns
    (person, score, rank, grade) by scheme. "Last" is the lowest score of the pool; all who share it are last.
    """
    assessment = ctx.policy.assessment
    found = []
    for row in assessment.consequences if assessment else ():
        frame = with_years(people, window(row.when, year))
        for code in sorted(_schemes_in(row)):
            frame = _with_scheme(frame, results.get(code), schemes.get(code), code, row.in_)
        who = condition(row.when, ctx)
        params = clause_params(row.when, row.path) | {"cite": row.cite or clause_params(row.when, row.path)["cite"]}
        own = [f"annual_grades.{n}" for n in window(row.when, year)]
        grades = (
            pl.concat_str(
                [pl.concat_str(pl.lit(f"{name[-4:]} "), pl.col(name)) for name in own],
                separator=", ",
                ignore_nulls=True,
            )
            if own
            else pl.lit("")
        )
        found.append(
            frame.filter(who).select(
                "person",
                "unit",
                "unit_path",
                pl.lit(row.do).alias("code"),
                pl.lit(str(row.on)).alias("on"),
                pl.concat_str(
                    pl.lit(json.dumps(params, ensure_ascii=False)[:-1] + ', "grades": "'), grades, pl.lit('"}')
                ).alias("params"),
            )
        )
    if not found:
        return pl.DataFrame(schema=FLAGGED)
    return pl.concat(found).cast(pl.Schema(FLAGGED)).unique(["person", "code"], keep="first").sort("person", "code")


def _schemes_in(row: Consequence) -> set[str]:
    return {
        name.split(".", 1)[1]
        for name in facts_of(row.when)
        if name.split(".", 1)[0] in ("rank", "score", "grade") and "." in name
    }


def _with_scheme(
    people: pl.DataFrame, outcome: pl.DataFrame | None, scheme: Scheme | None, code: str, level: str | None
) -> pl.DataFrame:
    names = {"rank": f"rank.{code}", "score": f"score.{code}", "grade": f"grade.{code}"}
    if outcome is None or scheme is None:
        kinds = {"rank": pl.Int64, "score": pl.Int64, "grade": pl.String}
        return people.with_columns(
            *(pl.lit(None, dtype=kinds[old]).alias(new) for old, new in names.items()),
            pl.lit(False).alias(f"rank.{code}.last"),
        )
    pool = pool_column(level or scheme.rank_in)
    own = outcome.select("person", *(pl.col(old).alias(new) for old, new in names.items()))
    joined = people.drop(list(names.values()), strict=False).join(own, on="person", how="left", maintain_order="left")
    score = pl.col(names["score"])
    return joined.with_columns((score == score.min().over(pool)).fill_null(False).alias(f"rank.{code}.last"))


def flagged_people(
    policy: Policy,
    period: Period,
    people: pl.DataFrame,
    results: Mapping[str, pl.DataFrame],
    grades: pl.DataFrame,
    ctx: Context,
) -> pl.DataFrame:
    """Who meets a consequence. results: outcome columns by scheme; grades: person and `grade` of the year."""
    column = f"annual_grades.{period.year}"
    own = grades.select("person", pl.col("grade").alias(column), pl.col("grade").alias("annual_grade"))
    frame = people.drop(column, "annual_grade", strict=False).join(own, on="person", how="left", maintain_order="left")
    schemes: dict[str, Scheme] = {scheme.code: scheme for scheme in schemes_of(policy.assessment, period.cycle)}
    after_it = ctx.at(period.last, results_year=period.year)
    return consequences(frame, results, schemes, period.year, after_it)
