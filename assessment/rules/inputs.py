"""What each input of a scheme gives each person, exactly: a numerator and a denominator, from 0 to 100 points.

Scores, points and ballots are whole numbers (1/10000, 1/10000 and 1/100); a mean of them is no whole number, so that an
input stays a fraction until the scheme rounds. A value is `<code>.num / <code>.den` in 1/10000 of a point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import polars as pl

from policy.rules.document import Input, PointItem, Scheme
from policy.rules.terms import Leaf

SCALE = 10_000
FULL = 100 * SCALE

_POINTS = {"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64}
_RATINGS: dict[str, Any] = {
    "person": pl.Int64,
    "scheme": pl.String,
    "raters": pl.String,
    "total": pl.Int64,
    "count": pl.Int64,
    "ballots": pl.List(pl.Int64),
    "kinds": pl.List(pl.String),
}
_SCORES = {"person": pl.Int64, "scheme": pl.String, "sum": pl.Int64, "count": pl.Int64, "last": pl.Int64}


def no_points() -> pl.DataFrame:
    return pl.DataFrame(schema=_POINTS)


def no_ratings() -> pl.DataFrame:
    return pl.DataFrame(schema=_RATINGS)


def no_scores() -> pl.DataFrame:
    return pl.DataFrame(schema=_SCORES)


@dataclass(frozen=True)
class Gathered:
    """What was entered for people in a period, as it comes from the records.

    points: person, item, bucket (first day of the shortest period that has a cap, null without one), points (1/10000).
    ratings: person, scheme, raters, total, count, ballots, kinds; ballots in 1/100, both lists null unless needed.
    scores: person, scheme, sum, count, last (1/10000) of the closed periods inside this one.
    pools: unit (path), and unit facts by name, for caps that depend on the pool's unit.
    """

    points: pl.DataFrame = field(default_factory=no_points)
    ratings: pl.DataFrame = field(default_factory=no_ratings)
    scores: pl.DataFrame = field(default_factory=no_scores)
    pools: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"unit_path": pl.String}))


# -- Points -----------------------------------------------------------------------------------------------------------

_CYCLE_ORDER: tuple[Literal["day", "month", "quarter", "half_year", "year"], ...] = (
    "day",
    "month",
    "quarter",
    "half_year",
    "year",
)
_TRUNCATE = {"day": "1d", "month": "1mo", "quarter": "1q", "half_year": "6mo", "year": "1y"}


def bucket_of(item: PointItem) -> str | None:
    """The shortest period in which the item is capped: entries need not be told apart inside it."""
    return next((cycle for cycle in _CYCLE_ORDER if cycle in item.cap), None)


def points_sum(points: pl.DataFrame, items: Mapping[str, PointItem]) -> pl.DataFrame:
    """Points of each person after the caps of each item, the shortest period first: person, points (1/10000)."""
    kept = points.filter(pl.col("item").is_in(list(items)))
    parts = []
    for code, item in items.items():
        own = kept.filter(pl.col("item") == code) if item.cap else None
        if own is None:
            continue
        for cycle in _CYCLE_ORDER:
            if cycle not in item.cap:
                continue
            most = whole(item.cap[cycle], SCALE)
            own = (
                own.with_columns(pl.col("bucket").dt.truncate(_TRUNCATE[cycle]))
                .group_by("person", "bucket")
                .agg(pl.col("points").sum())
                .with_columns(pl.min_horizontal("points", pl.lit(most)).alias("points"))
            )
        parts.append(own.select("person", "points"))
    uncapped = [code for code, item in items.items() if not item.cap]
    parts.append(kept.filter(pl.col("item").is_in(uncapped)).select("person", "points"))
    return pl.concat(parts).group_by("person").agg(pl.col("points").sum())


def whole(leaf: Leaf, scale: int) -> int:
    """A leaf as a whole number of 1/scale. Raises ValueError where it has more digits than that."""
    scaled = Fraction(leaf.number) * scale
    if scaled.denominator != 1:
        raise ValueError(f"{leaf.path}: {leaf.number} has too many digits")
    return int(scaled)


# -- Each input -------------------------------------------------------------------------------------------------------


def input_frame(
    entry: Input, scheme: Scheme, people: pl.DataFrame, gathered: Gathered, items: Mapping[str, PointItem]
) -> pl.DataFrame:
    """person, num, den, problem, detail for one input other than a figure; who has nothing has null num and a problem.

    problem: MISSING_INPUT, TOO_FEW_BALLOTS, MIX, NO_BALLOT_LEFT; detail: text params of the problem, separated by "|".
    """
    if entry.from_ == "points":
        found = _points(entry, gathered, items)
    elif entry.from_ == "scheme":
        found = _scores(entry, gathered)
    else:
        found = _ratings(entry, scheme, gathered)
    if entry.to_100 is not None:
        full = Fraction(entry.to_100.number)
        if full <= 0:
            raise ValueError(f"{entry.to_100.path}: the number that is worth 100 must be above 0")
        found = found.with_columns(
            pl.col("num") * (100 * full.denominator), pl.col("den") * pl.lit(full.numerator, dtype=pl.Int64)
        )
    found = found.with_columns(pl.col("num").clip(0, pl.col("den") * FULL))
    return (
        people.select("person")
        .join(found, on="person", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("num").is_null() & pl.col("problem").is_null())
            .then(pl.lit("MISSING_INPUT"))
            .otherwise(pl.col("problem"))
            .alias("problem")
        )
    )


def _found(frame: pl.DataFrame, num: pl.Expr, den: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "person",
        num.cast(pl.Int64).alias("num"),
        den.cast(pl.Int64).alias("den"),
        pl.lit(None, dtype=pl.String).alias("problem"),
        pl.lit(None, dtype=pl.String).alias("detail"),
    )


def _points(entry: Input, gathered: Gathered, items: Mapping[str, PointItem]) -> pl.DataFrame:
    own = {code: item for code, item in items.items() if entry.aspect is None or item.aspect == entry.aspect}
    return _found(points_sum(gathered.points, own), pl.col("points"), pl.lit(1))


def _scores(entry: Input, gathered: Gathered) -> pl.DataFrame:
    own = gathered.scores.filter(pl.col("scheme") == entry.of)
    if entry.take == "mean":
        return _found(own, pl.col("sum"), pl.col("count"))
    return _found(own, pl.col(entry.take), pl.lit(1))


def raters_of(entry: Input) -> str:
    """Whose ballots an input takes; an input without raters is a rating of its own, entered under its code."""
    return entry.raters or entry.code.upper()


def needs_ballots(entry: Input) -> bool:
    """Whether single ballots have to be read, and not only their sum and number."""
    return bool(entry.drop.highest or entry.drop.lowest or entry.mix)


def _ratings(entry: Input, scheme: Scheme, gathered: Gathered) -> pl.DataFrame:
    own = gathered.ratings.filter((pl.col("scheme") == scheme.code) & (pl.col("raters") == raters_of(entry)))
    problem: pl.Expr = pl.lit(None, dtype=pl.String)
    detail: pl.Expr = pl.lit(None, dtype=pl.String)
    total, count = pl.col("total"), pl.col("count")
    low, high = entry.drop.lowest, entry.drop.highest
    if low or high:
        left = pl.col("ballots").list.sort().list.slice(low, (count - low - high).clip(0, None))
        own = own.with_columns(left.list.sum().alias("kept_total"), left.list.len().cast(pl.Int64).alias("kept"))
        total, kept = pl.col("kept_total"), pl.col("kept")
        problem = pl.when(kept <= 0).then(pl.lit("NO_BALLOT_LEFT")).otherwise(problem)
    else:
        kept = count
    for part in reversed(entry.mix):
        of_kind = pl.col("kinds").list.count_matches(part.rater).fill_null(0).cast(pl.Int64)
        fails = pl.lit(False)
        if part.at_least is not None:
            least = Fraction(part.at_least.number) / 100
            fails = fails | (of_kind * least.denominator < count * least.numerator)
        if part.at_most is not None:
            most = Fraction(part.at_most.number) / 100
            fails = fails | (of_kind * most.denominator > count * most.numerator)
        problem = pl.when(fails).then(pl.lit("MIX")).otherwise(problem)
        share = (of_kind * 100 // count).cast(pl.String)
        detail = pl.when(fails).then(pl.concat_str(pl.lit(f"{part.rater}|"), share)).otherwise(detail)
    if entry.at_least is not None:
        few = count < entry.at_least
        problem = pl.when(few).then(pl.lit("TOO_FEW_BALLOTS")).otherwise(problem)
        detail = pl.when(few).then(pl.concat_str(count.cast(pl.String), pl.lit(f"|{entry.at_least}"))).otherwise(detail)
    return own.with_columns(problem.alias("problem"), detail.alias("detail")).select(
        "person",
        # ballots are in 1/100 of a point: times 100 is 1/10000
        pl.when(pl.col("problem").is_null()).then(total * (SCALE // 100)).alias("num"),
        pl.when(pl.col("problem").is_null()).then(kept).alias("den"),
        "problem",
        "detail",
    )


def catalogue(items: tuple[PointItem, ...]) -> dict[str, PointItem]:
    return {item.code: item for item in items}


__all__ = [
    "FULL",
    "SCALE",
    "Gathered",
    "bucket_of",
    "catalogue",
    "input_frame",
    "needs_ballots",
    "points_sum",
    "raters_of",
    "whole",
]
