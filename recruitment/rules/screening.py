"""Who meets the hard conditions, and who fails which."""

from __future__ import annotations

import polars as pl

from policy.rules.conditions import condition
from policy.rules.context import Context, UnsetValue
from policy.rules.document import Recruitment


def screened(applicants: pl.DataFrame, section: Recruitment, ctx: Context) -> pl.DataFrame:
    """applicant; failed: codes of the hard conditions that aren't met, in their order; open: those nobody can answer.

    applicants: a row each with `applicant` and a column for each fact of an applicant, as of the day on which they are
    read. Whether a condition whose text is left open is met is not guessed: it is the same for everybody, and by hand.
    """
    failed: list[pl.Expr] = []
    left_open: list[str] = []
    for one in section.hard:
        try:
            met = condition(one.when, ctx)
        except UnsetValue:
            left_open.append(one.code)
        else:
            failed.append(pl.when(~met).then(pl.lit(one.code)))
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return applicants.select(
        "applicant",
        (pl.concat_list(failed).list.drop_nulls() if failed else nothing).alias("failed"),
        pl.lit(left_open, dtype=pl.List(pl.String)).alias("open"),
    )
