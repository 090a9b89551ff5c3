"""Who is above a line and who is below it, without ever cutting equal people apart: ranks, shares and caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl


def places(people: int, percent: Fraction, rounding: str = "down") -> int:
    """How many of `people` a percentage is: down, up or half_up.

    >>> places(37, Fraction(30))
    11
    """
    exact = people * percent / 100
    if rounding == "up":
        return -int(-exact // 1)
    if rounding == "half_up":
        return int((exact * 2 + 1) // 2)
    return int(exact // 1)


def positions(frame: pl.DataFrame, pool: str, keys: Sequence[str]) -> pl.DataFrame:
    """Adds `first` and `last`: the best and the worst place that somebody's group of equals takes in their pool.

    keys: columns compared in this order, higher is better; nobody's is null. Ranks are `first` (equals share the better).
    """
    groups = (
        frame.group_by([pool, *keys])
        .len("equals")
        .sort([pool, *keys], descending=[False, *([True] * len(keys))])
        .with_columns(pl.col("equals").cum_sum().over(pool).cast(pl.Int64).alias("last"))
        .with_columns((pl.col("last") - pl.col("equals").cast(pl.Int64) + 1).alias("first"))
        .drop("equals")
    )
    return frame.join(groups, on=[pool, *keys], how="left", maintain_order="left")


@dataclass(frozen=True, slots=True)
class Choice:
    """What people decided about equals across a line: who was asked about, and who is above it."""

    candidates: frozenset[int]
    chosen: frozenset[int]
    reason: str = ""


# (scheme, pool, kind of line, grade above the line) → the choices made there
Choices = Mapping[tuple[str, str, str, str], Sequence[Choice]]


def above_line(
    frame: pl.DataFrame,
    pool: str,
    keys: Sequence[str],
    limits: Mapping[str, int],
    choices: Mapping[str, Sequence[Choice]] | None = None,
) -> pl.DataFrame:
    """Adds `above`, `tied` (equals across the line and nobody has decided), `chosen` (null without a decision), `open`.

    limits: places above the line by pool (a pool that is not named has none). open: how many places are left for the
    group of equals in which somebody is. Who is tied is not above.
    """
    made = [(name, choice) for name, several in (choices or {}).items() for choice in several]
    decided = pl.DataFrame(
        {
            pool: [name for name, choice in made for _person in sorted(choice.candidates)],
            "person": [person for _name, choice in made for person in sorted(choice.candidates)],
            "chosen": [person in choice.chosen for _name, choice in made for person in sorted(choice.candidates)],
        },
        schema={pool: pl.String, "person": pl.Int64, "chosen": pl.Boolean},
    )
    placed = frame.join(decided, on=[pool, "person"], how="left", maintain_order="left").with_columns(
        pl.col("chosen").fill_null(False).cast(pl.Int8).alias("_choice"),
        pl.col(pool).replace_strict(dict(limits), default=0, return_dtype=pl.Int64).alias("_limit"),
    )
    placed = positions(placed, pool, [*keys, "_choice"])
    across = (pl.col("first") <= pl.col("_limit")) & (pl.col("last") > pl.col("_limit"))
    return placed.with_columns(
        (pl.col("last") <= pl.col("_limit")).alias("above"),
        (across & pl.col("chosen").is_null()).alias("tied"),
        (pl.col("_limit") - pl.col("first") + 1).alias("open"),
    ).drop("_choice", "_limit", "first", "last")
