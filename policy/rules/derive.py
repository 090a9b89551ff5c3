"""Derived facts in their one order: ages and years, the yearly grade, posts, classes, service.

What a frame lacks because nobody needs it is left alone: a derived fact appears when all it is made of is there.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from core.periods import whole_years_between
from policy.rules.conditions import condition, facts_of, honour_tests, prepare, window, with_years
from policy.rules.context import Context
from policy.rules.document import Policy, PostClass
from policy.rules.facts import TWELFTHS, Facts
from policy.rules.service import counted, months_in_year

_YEARS = {"age": ("birth_date", 1), "working_years": ("work_started", TWELFTHS), "post_years": ("post_since", TWELFTHS)}


def derive(facts: Facts, policy: Policy, ctx: Context, *, needs: Collection[str] | None = None) -> Facts:
    """`facts` with age, working_years, post_years, annual_grade, post, classes, service_years, continuous_years and
    months_in_year. `needs`: only these of the service facts are counted; None counts all.
    """
    people = facts.people
    people = people.with_columns(
        (whole_years_between(pl.col(source), pl.col("day")) * scale).fill_null(0).alias(name)
        for name, (source, scale) in _YEARS.items()
        if source in people.columns and name not in people.columns
    )
    people = with_years(people, window(policy, ctx.results_year))
    people = _annual_grade(people, ctx)
    people = prepare(people, facts.honours, honour_tests(policy))
    people = _classified(people, "post", policy.posts, ctx)
    for name, rows in policy.classes.items():
        people = _classified(people, name, rows, ctx)
    derived = Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)
    return _with_service(derived, policy, ctx, needs)


def _annual_grade(people: pl.DataFrame, ctx: Context) -> pl.DataFrame:
    if "annual_grade" in people.columns and ctx.results_year is None:
        return people
    column = f"annual_grades.{ctx.results_year}"
    newest = pl.col(column) if column in people.columns else pl.lit(None, dtype=pl.String)
    return people.with_columns(newest.alias("annual_grade"))


def _classified(people: pl.DataFrame, name: str, rows: tuple[PostClass, ...], ctx: Context) -> pl.DataFrame:
    """The first row whose condition holds is the person's."""
    if not rows or name in people.columns:
        return people
    plain = {fact for fact in facts_of(rows) if fact not in ("honours", "annual_grades")}
    if not plain <= set(people.columns):
        return people
    return people.with_columns(ctx.once("class", rows, lambda: _class(rows, ctx)).alias(name))


def _class(rows: tuple[PostClass, ...], ctx: Context) -> pl.Expr:
    chosen: pl.Expr = pl.lit(None, dtype=pl.String)
    for row in reversed(rows):
        chosen = pl.when(condition(row.when, ctx)).then(pl.lit(row.code)).otherwise(chosen)
    return chosen


def _with_service(facts: Facts, policy: Policy, ctx: Context, needs: Collection[str] | None) -> Facts:
    people = facts.people
    for name, interruption in (("service_years", None), ("continuous_years", "restarts")):
        if name in people.columns or (needs is not None and name not in needs):
            continue
        years = counted(facts, policy.service, ctx, interruption=interruption)
        people = people.join(years.select("person", pl.col("value").alias(name)), on="person", how="left")
    if "months_in_year" not in people.columns and (needs is None or "months_in_year" in needs):
        months = months_in_year(facts, policy.service, ctx)
        people = people.join(months.rename({"months": "months_in_year"}), on="person", how="left").with_columns(
            pl.col("months_in_year").fill_null(0)
        )
    return Facts(facts.day, people.sort("person"), facts.spans, facts.honours, facts.left_out)
