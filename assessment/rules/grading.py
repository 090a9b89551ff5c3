"""Scores to grades: thresholds or shares, then `best`, then caps. Equals are never cut apart: they wait for a decision.

Grades are numbers here, 0 for the best, in the order of the place's own list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from assessment.rules.inputs import SCALE, whole
from assessment.rules.placing import Choice, Choices, above_line, places
from policy.rules.document import Cap, Scheme
from policy.rules.terms import Leaf, Status

LEVELS = ("province", "city", "county", "street", "community")


def pool_column(level: str) -> str:
    return f"pool_{level}"


def reason(code: str, **params: Any) -> str:
    """A reason as the text that is stored: one JSON object."""
    return json.dumps({"code": code, "params": params}, ensure_ascii=False, separators=(",", ":"))


def number_text(value: Any) -> str:
    """30, 12.5: a number of the policy as it is printed."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage that holds for one pool, and where it stands."""

    value: Fraction
    path: str
    cite: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class CapCount:
    """A cap in one pool as it came out. would: how many merit the grade. at_least: reported only."""

    pool: str
    level: str
    grade: str
    counted: int
    percent: Fraction
    rounding: str
    counted_of: str
    at_most: int
    would: int
    at_least: int | None
    path: str
    cite: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """Equal people across a line: `places` of the candidates fit above it, in `grade`."""

    pool: str
    level: str
    kind: str
    grade: str
    score: int
    places: int
    candidates: tuple[int, ...]


@dataclass(frozen=True)
class Graded:
    """people: the frame given, with grade, merit (codes, null without grades) and reasons (JSON objects, comma between)."""

    people: pl.DataFrame
    caps: tuple[CapCount, ...] = ()
    ties: tuple[Tie, ...] = field(default=())


def grade(
    people: pl.DataFrame,
    scheme: Scheme,
    grades: Sequence[str],
    keys: Sequence[str],
    percents: Mapping[tuple[str, str], Percent],
    everyone: Mapping[tuple[str, str], int],
    choices: Choices,
) -> Graded:
    """Grades for people who all have a score.

    people: person, score (1/10000), pool_<level>, ceiling (number of the best grade allowed), ceiling_reason (text), and
    the columns of `keys`, which order equal scores where the policy says so. percents: by (path of the cap, pool).
    everyone: people of the scheme by (level, pool), for caps `of: all`.
    """
    if scheme.thresholds is None and scheme.shares is None:
        text = reason("NO_GRADES")
        none = pl.lit(None, dtype=pl.String)
        return Graded(people.with_columns(none.alias("grade"), none.alias("merit"), pl.lit(text).alias("reasons")))
    ties: list[Tie] = []
    order = ["score", *keys]
    if scheme.shares is not None:
        frame = _by_shares(people, scheme, grades, order, choices, ties)
    else:
        frame = _by_thresholds(people, scheme, grades)
    frame = frame.with_columns(
        pl.max_horizontal("_grade", "ceiling").alias("_grade"),
        pl.when(pl.col("ceiling") > pl.col("_grade")).then(pl.col("ceiling_reason")).alias("_best"),
    ).with_columns(pl.col("_grade").alias("_merit"), pl.lit(None, dtype=pl.String).alias("_cap"))
    caps: list[CapCount] = []
    for cap in sorted(scheme.caps, key=lambda cap: grades.index(cap.grade)):
        frame = _capped(frame, cap, scheme, grades, order, percents, everyone, choices, caps, ties)
    names = dict(enumerate(grades))
    return Graded(
        frame.with_columns(
            pl.col("_grade").replace_strict(names, return_dtype=pl.String).alias("grade"),
            pl.col("_merit").replace_strict(names, return_dtype=pl.String).alias("merit"),
            pl.concat_str("_reason", "_best", "_cap", separator=",", ignore_nulls=True).alias("reasons"),
        ).drop("_grade", "_merit", "_reason", "_best", "_cap"),
        tuple(caps),
        tuple(ties),
    )


def threshold_steps(scheme: Scheme, grades: Sequence[str]) -> list[tuple[int, int, Leaf]]:
    """(number of the grade, least score in 1/10000, leaf), best first."""
    given = scheme.thresholds or {}
    return [(n, whole(given[code], SCALE), given[code]) for n, code in enumerate(grades) if code in given]


def _by_thresholds(people: pl.DataFrame, scheme: Scheme, grades: Sequence[str]) -> pl.DataFrame:
    steps = threshold_steps(scheme, grades)
    last = steps[-1][0] if steps else -1
    lowest = min(last + 1, len(grades) - 1)
    number: pl.Expr = pl.lit(lowest)
    text: pl.Expr = pl.lit(reason("BELOW_ALL", path=f"{scheme.path}.grading.thresholds"))
    for n, least, leaf in reversed(steps):
        reached = pl.col("score") >= least
        number = pl.when(reached).then(pl.lit(n)).otherwise(number)
        params = {"grade": grades[n], "at_least": number_text(leaf.number), "path": leaf.path}
        text = pl.when(reached).then(pl.lit(reason("THRESHOLD", **params, **_standing(leaf)))).otherwise(text)
    return people.with_columns(number.cast(pl.Int64).alias("_grade"), text.alias("_reason"))


def _standing(leaf: Leaf) -> dict[str, str]:
    return {"status": str(leaf.status)} if leaf.status is not Status.CITED else {"cite": leaf.cite or ""}


def _by_shares(
    people: pl.DataFrame,
    scheme: Scheme,
    grades: Sequence[str],
    order: Sequence[str],
    choices: Choices,
    ties: list[Tie],
) -> pl.DataFrame:
    """Each share but the rest is rounded down; lines run at the sums of the shares from the top of the pool."""
    shares = sorted(scheme.shares or (), key=lambda share: grades.index(share.grade))
    pool = pool_column(scheme.rank_in)
    sizes = {str(name): int(size) for name, size in people.group_by(pool).len().iter_rows()}
    counts: dict[str, list[int]] = {}
    for name, size in sizes.items():
        fixed = [0 if s.percent is None else places(size, Fraction(s.percent.number)) for s in shares]
        rest = max(0, size - sum(fixed))
        counts[name] = [rest if s.percent is None else n for s, n in zip(shares, fixed, strict=True)]
    lowest = grades.index(shares[-1].grade)
    frame = people.with_columns(
        pl.lit(lowest, dtype=pl.Int64).alias("_grade"),
        pl.lit(_share_reason(shares[-1], sizes, 0)).alias("_reason"),
    )
    for index in range(len(shares) - 2, -1, -1):
        share = shares[index]
        limits = {name: sum(several[: index + 1]) for name, several in counts.items()}
        made = _choices_of(choices, scheme, pool, "share", share.grade)
        placed = above_line(frame, pool, order, limits, made)
        _note_ties(ties, placed, pool, scheme.rank_in, "share", share.grade)
        text = pl.col(pool).replace_strict(
            {name: _share_reason(share, {name: sizes[name]}, limits[name]) for name in sizes}, return_dtype=pl.String
        )
        frame = placed.with_columns(
            pl.when("above").then(pl.lit(grades.index(share.grade))).otherwise("_grade").cast(pl.Int64).alias("_grade"),
            pl.when("above").then(text).otherwise("_reason").alias("_reason"),
        ).with_columns(_tie_text(placed, "_reason", made, pool).alias("_reason"))
        frame = frame.drop("above", "tied", "chosen", "open")
    return frame


def _share_reason(share: Any, sizes: Mapping[str, int], upto: int) -> str:
    path = share.percent.path if share.percent is not None else share.path
    if share.percent is None or not upto:
        return reason("SHARE_REST", grade=share.grade, path=path)
    return reason("SHARE", grade=share.grade, upto=upto, people=sum(sizes.values()), path=path)


def _choices_of(choices: Choices, scheme: Scheme, pool: str, kind: str, code: str) -> dict[str, Sequence[Choice]]:
    return {
        name: several
        for (of_scheme, name, of_kind, of_grade), several in choices.items()
        if (of_scheme, of_kind, of_grade) == (scheme.code, kind, code)
    }


def _tie_text(placed: pl.DataFrame, column: str, made: Mapping[str, Sequence[Choice]], pool: str) -> pl.Expr:
    """The reason column with what was decided, or is to be decided, about equals across the line."""
    text = pl.col(column)
    if placed["tied"].any():
        equals = pl.col("tied").sum().over(pool)
        undecided = pl.concat_str(
            pl.lit('{"code":"TIED","params":{"candidates":'), equals, pl.lit(',"places":'), pl.col("open"), pl.lit("}}")
        )
        text = pl.when("tied").then(pl.concat_str(text, undecided, separator=",", ignore_nulls=True)).otherwise(text)
    if made:
        words = {name: several[-1].reason for name, several in made.items()}
        for chosen, code in ((True, "TIE_CHOSEN"), (False, "TIE_NOT_CHOSEN")):
            told = pl.col(pool).replace_strict(
                {name: reason(code, reason=word) for name, word in words.items()}, default=None, return_dtype=pl.String
            )
            text = (
                pl.when(pl.col("chosen") == chosen)
                .then(pl.concat_str(text, told, separator=",", ignore_nulls=True))
                .otherwise(text)
            )
    return text


def _note_ties(ties: list[Tie], placed: pl.DataFrame, pool: str, level: str, kind: str, code: str) -> None:
    if not placed["tied"].any():
        return
    groups = (
        placed.filter("tied")
        .group_by(pool)
        .agg(pl.col("score").first(), pl.col("open").first(), pl.col("person").sort())
        .sort(pool)
    )
    for name, score, free, candidates in groups.iter_rows():
        ties.append(Tie(name, level, kind, code, score, free, tuple(candidates)))


def _capped(
    frame: pl.DataFrame,
    cap: Cap,
    scheme: Scheme,
    grades: Sequence[str],
    order: Sequence[str],
    percents: Mapping[tuple[str, str], Percent],
    everyone: Mapping[tuple[str, str], int],
    choices: Choices,
    caps: list[CapCount],
    ties: list[Tie],
) -> pl.DataFrame:
    pool, number = pool_column(cap.pool), grades.index(cap.grade)
    graded = {str(name): int(size) for name, size in frame.group_by(pool).len().iter_rows()}
    merit = {
        str(name): int(size) for name, size in frame.filter(pl.col("_grade") == number).group_by(pool).len().iter_rows()
    }
    limits, over = {}, {}
    for name in sorted(graded):
        counted = graded[name] if cap.of == "graded" else everyone.get((cap.pool, name), graded[name])
        most = percents.get((f"{cap.path}.at_most", name))
        least = percents.get((f"{cap.path}.at_least", name))
        standing = most or least
        if standing is None:
            continue
        limit = places(counted, most.value, cap.rounding) if most else counted
        limits[name] = limit
        caps.append(
            CapCount(
                pool=name,
                level=cap.pool,
                grade=cap.grade,
                counted=counted,
                percent=most.value if most else Fraction(100),
                rounding=cap.rounding,
                counted_of=cap.of,
                at_most=limit,
                would=merit.get(name, 0),
                at_least=places(counted, least.value, "up") if least else None,
                path=standing.path,
                cite=standing.cite,
                assumed=standing.assumed,
            )
        )
        if most:
            percent = number_text(Decimal(most.value.numerator) / Decimal(most.value.denominator))
            over[name] = reason(
                "OVER_CAP", grade=cap.grade, counted=counted, at_most=limit, percent=percent, path=most.path
            )
    if cap.at_most is None or number == len(grades) - 1:
        return frame
    own = frame.filter(pl.col("_grade") == number)
    if own.height == 0:
        return frame
    made = _choices_of(choices, scheme, pool, "cap", cap.grade)
    placed = above_line(own, pool, order, limits, made)
    _note_ties(ties, placed, pool, cap.pool, "cap", cap.grade)
    told = pl.col(pool).replace_strict(over, default=None, return_dtype=pl.String)
    simple = ~pl.col("above") & ~pl.col("tied") & pl.col("chosen").is_null()
    placed = placed.with_columns(
        pl.when(simple)
        .then(pl.concat_str("_cap", told, separator=",", ignore_nulls=True))
        .otherwise("_cap")
        .alias("_cap"),
        pl.when("above").then(pl.lit(number)).otherwise(pl.lit(number + 1)).cast(pl.Int64).alias("_grade"),
    ).with_columns(_tie_text(placed, "_cap", made, pool).alias("_cap"))
    placed = placed.drop("above", "tied", "chosen", "open")
    return pl.concat([frame.filter(pl.col("_grade") != number), placed.select(frame.columns)]).sort("person")


def percent_units(percent: Fraction) -> int:
    """A percentage in 1/10000 of a percent. Raises ValueError where it has more digits."""
    units = percent * 10_000
    if units.denominator != 1:
        raise ValueError(f"{percent} % has too many digits")
    return int(units)
