"""One scheme for the people of whole pools: inputs → score → rank → grade → best → caps, with a reason for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from assessment.rules.grading import LEVELS, CapCount, Percent, Tie, grade, pool_column, reason
from assessment.rules.inputs import SCALE, Gathered, catalogue, input_frame
from assessment.rules.periods import Period
from assessment.rules.placing import Choices, positions
from assessment.rules.scores import Weighted, input_value, scores
from policy.rules.conditions import condition, facts_of, honour_tests, prepare, walk, window, with_years
from policy.rules.context import Context
from policy.rules.document import Assessment, Input, Policy, Scheme
from policy.rules.facts import Facts
from policy.rules.figures import figure
from policy.rules.terms import AnyOf, Condition, HistoryTest, HonourTest, Leaf, Status, Test

OUTCOME: dict[str, Any] = {
    "person": pl.Int64,
    "unit_id": pl.Int64,
    "unit": pl.String,
    "unit_path": pl.String,
    "pool": pl.String,
    "score": pl.Int64,
    "rank": pl.Int64,
    "grade": pl.String,
    "merit": pl.String,
    "inputs": pl.List(pl.Int64),
    "reasons": pl.String,
    "assumed": pl.Boolean,
}
ISSUE: dict[str, Any] = {
    "person": pl.Int64,
    "unit": pl.String,
    "unit_path": pl.String,
    "code": pl.String,
    "params": pl.String,
}


@dataclass(frozen=True)
class SchemeOutcome:
    """What a scheme gave: people (columns of OUTCOME, by person), who has no result and why (ISSUE), caps and ties.

    pools: (level, pool) → (people, not graded, without a result). exact: the inputs as fractions, for the fingerprint.
    """

    scheme: Scheme
    people: pl.DataFrame
    issues: pl.DataFrame
    caps: tuple[CapCount, ...]
    ties: tuple[Tie, ...]
    pools: Mapping[tuple[str, str], tuple[int, int, int]]
    exact: pl.DataFrame


# -- What is needed ---------------------------------------------------------------------------------------------------


def schemes_of(assessment: Assessment | None, cycle: str) -> tuple[Scheme, ...]:
    """The schemes of a cycle in the order of the file, which is the order in which they can be computed."""
    return tuple(scheme for scheme in assessment.schemes if scheme.cycle == cycle) if assessment else ()


def pool_levels(scheme: Scheme) -> tuple[str, ...]:
    """The levels at which the scheme ranks people or counts caps, widest first."""
    used = {scheme.rank_in, *(cap.pool for cap in scheme.caps)}
    return tuple(level for level in LEVELS if level in used)


def widest_level(policy: Policy, cycle: str) -> str:
    """The level whose units a batch must hold whole: pools of schemes and of consequences."""
    levels = (
        [level for scheme in schemes_of(policy.assessment, cycle) for level in pool_levels(scheme)]
        if policy.assessment
        else []
    )
    return min(levels, key=LEVELS.index, default="street")


def needed_facts(policy: Policy, cycle: str) -> frozenset[str]:
    """The facts that the schemes of a cycle look at, and those from which the policy derives them."""
    assessment = policy.assessment
    if assessment is None:
        return frozenset()
    terms: list[Any] = list(schemes_of(assessment, cycle))
    if cycle == "year":
        terms += [assessment.not_graded, list(assessment.consequences)]
    todo = set(facts_of(terms))
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        if name in policy.classes:
            todo |= facts_of(policy.classes[name])
        if name in ("post", "post_years"):
            todo |= facts_of(policy.posts) | {"post_since"}
        if name in ("service_years", "continuous_years"):
            todo |= facts_of(policy.service)
    return frozenset(found)


def unset_leaves(policy: Policy, cycle: str) -> tuple[Leaf, ...]:
    """Values without which nobody can be graded: weights, full marks, thresholds, shares, caps, and tests of conditions.

    A figure of an input may be open for some people only: they are listed one by one instead.
    """
    assessment = policy.assessment
    if assessment is None:
        return ()
    found: dict[str, Leaf] = {}

    def note(term: Any) -> None:
        for part in walk(term):
            if isinstance(part, Leaf) and part.status is Status.UNSET:
                found.setdefault(part.path, part)

    for scheme in schemes_of(assessment, cycle):
        for entry in scheme.inputs:
            note([entry.weight, entry.to_100, entry.mix])
            if entry.from_ == "points" and assessment.points is not None:
                note([list(item.cap.values()) for item in assessment.points.catalogue])
        note([scheme.who, scheme.thresholds, scheme.shares, scheme.caps, scheme.best])
    if cycle == "year":
        note([assessment.not_graded, list(assessment.consequences)])
    return tuple(found.values())


# -- Pools ------------------------------------------------------------------------------------------------------------


def with_pools(people: pl.DataFrame) -> pl.DataFrame:
    """Adds the path of the unit of each level that a person belongs to; who is above a level is a pool at their unit."""
    depth = {level: n for n, level in enumerate(LEVELS, start=1)}
    rows = []
    for path in people["unit_path"].unique().to_list():
        parts = path.rstrip("/").split("/")
        rows.append({"unit_path": path} | {pool_column(x): "/".join(parts[:n]) + "/" for x, n in depth.items()})
    units = pl.DataFrame(rows, schema={"unit_path": pl.String} | {pool_column(level): pl.String for level in LEVELS})
    return people.join(units, on="unit_path", how="left", maintain_order="left")


# -- Clauses ----------------------------------------------------------------------------------------------------------


def clauses(cond: Condition) -> tuple[Condition, ...]:
    """The ways in which a condition can hold: the members of an `any`, or the condition itself."""
    return cond.of if isinstance(cond, AnyOf) else (cond,)


def clause_params(cond: Condition, fallback: str) -> dict[str, str]:
    """Where a clause stands and what it rests on: path, cite, and the fact with its test in short."""
    for part in walk(cond):
        if isinstance(part, Test):
            leaf = part.operand[0]
            value = "/".join(str(one.value) for one in part.operand)
            cite = leaf.cite or ("assumed" if leaf.status is Status.ASSUMED else "")
            return {"path": part.path or fallback, "cite": cite, "fact": part.fact, "op": part.op, "value": value}
        if isinstance(part, HistoryTest | HonourTest):
            return {"path": part.path or fallback, "cite": ""}
    return {"path": fallback, "cite": ""}


def first_clause(conds: Iterable[tuple[Condition, str, dict[str, str]]], code: str, ctx: Context) -> pl.Expr:
    """The reason of every clause that holds, as JSON objects with commas between; null where none does."""
    texts = [
        pl.when(condition(part, ctx)).then(pl.lit(reason(code, **params, **clause_params(part, path))))
        for cond, path, params in conds
        for part in clauses(cond)
    ]
    if not texts:
        return pl.lit(None, dtype=pl.String)
    joined = pl.concat_str(texts, separator=",", ignore_nulls=True)
    return pl.when(joined.str.len_bytes() > 0).then(joined)


# -- Evaluating -------------------------------------------------------------------------------------------------------


def prepared(facts: Facts, policy: Policy, ctx: Context) -> pl.DataFrame:
    """The people with pools, hidden columns for honour tests and the years that history tests look at."""
    people = prepare(facts.people, facts.honours, honour_tests(policy.assessment))
    return with_pools(with_years(people, window(policy.assessment, ctx.results_year)))


def evaluate(
    people: pl.DataFrame, scheme: Scheme, ctx: Context, gathered: Gathered, choices: Choices | None = None
) -> SchemeOutcome:
    """Evaluate a scheme. people: columns of facts, prepared, of whole pools and of those only whom `who` fits.

    gathered: what was entered; choices: what people decided about equals across lines. Raises UnsetValue for what
    `unset_leaves` names.
    """
    assessment = ctx.policy.assessment
    assert assessment is not None
    barred = pl.lit(None, dtype=pl.String)
    if scheme.cycle == "year" and assessment.not_graded is not None:
        row = assessment.not_graded
        barred = first_clause([(row.when, row.path, {"grade": row.code})], "NOT_GRADED", ctx)
    columns = ["person", "unit_id", "unit", "unit_path", *(pool_column(level) for level in LEVELS)]
    ceiling, ceiling_reason = _ceiling(scheme, [g.code for g in assessment.grades], ctx)
    everybody = people.with_columns(
        barred.alias("_barred"), ceiling.alias("ceiling"), ceiling_reason.alias("ceiling_reason")
    )
    out = everybody.filter(pl.col("_barred").is_not_null())
    frame = everybody.filter(pl.col("_barred").is_null())
    frame, weighted, fixed = _with_inputs(frame, scheme, ctx, gathered)
    spread = scheme.missing == "spread"
    frame = frame.with_columns(scores(frame, weighted, scheme.rounding, spread=spread))
    issues = _issues(frame.filter(pl.col("score").is_null()), scheme)
    values = [input_value(column).alias(f"_v{n}") for n, column in enumerate(weighted)]
    frame = frame.filter(pl.col("score").is_not_null()).with_columns(values)
    exact = frame.select("person", *(name for column in weighted for name in (column.num, column.den)))
    keys = tie_keys(scheme)
    frame = frame.with_columns(pl.col(key).fill_null(-1) for key in keys)
    pools = _sizes(everybody, out, frame, scheme)
    everyone = {place: size[0] for place, size in pools.items()}
    percents = pool_percents(scheme, frame, gathered, ctx)
    graded = grade(frame, scheme, [g.code for g in assessment.grades], keys, percents, everyone, choices or {})
    rank_pool = pool_column(scheme.rank_in)
    ranked = positions(graded.people, rank_pool, ["score"]).with_columns(pl.col("first").alias("rank"))
    narrowest = pool_column(pool_levels(scheme)[-1])
    listed = pl.concat_list([f"_v{n}" for n in range(len(weighted))]) if weighted else pl.lit([], pl.List(pl.Int64))
    for key in keys:  # what was missing is shown as missing again
        ranked = ranked.with_columns(pl.when(pl.col(key) >= 0).then(pl.col(key)).alias(key))
    told = _told_missing(scheme, weighted) if spread else pl.lit(None, dtype=pl.String)
    results = ranked.select(
        *columns[:4],
        pl.col(narrowest).alias("pool"),
        "score",
        "rank",
        "grade",
        "merit",
        listed.alias("inputs"),
        pl.concat_str("reasons", told, separator=",", ignore_nulls=True).alias("reasons"),
        (pl.lit(fixed) | pl.col("_assumed")).alias("assumed"),
    )
    without = out.select(
        *columns[:4],
        pl.col(narrowest).alias("pool"),
        *(pl.lit(None, dtype=OUTCOME[name]).alias(name) for name in ("score", "rank", "grade", "merit")),
        pl.lit([], dtype=pl.List(pl.Int64)).alias("inputs"),
        pl.col("_barred").alias("reasons"),
        pl.lit(False).alias("assumed"),
    )
    whole = (
        pl.concat([results.cast(pl.Schema(OUTCOME)), without.cast(pl.Schema(OUTCOME))])
        if out.height
        else results.cast(pl.Schema(OUTCOME))
    )
    return SchemeOutcome(scheme, whole.sort("person"), issues, graded.caps, graded.ties, pools, exact)


def tie_keys(scheme: Scheme) -> list[str]:
    """Columns of the inputs that order equal scores, in the order of the policy; none where people decide."""
    if isinstance(scheme.ties, str):
        return []
    codes = [entry.code for entry in scheme.inputs]
    return [f"_v{codes.index(code)}" for code in scheme.ties]


def _ceiling(scheme: Scheme, grades: Sequence[str], ctx: Context) -> tuple[pl.Expr, pl.Expr]:
    """The best grade that any `best` row allows (0 without one), and the clauses that say so."""
    numbers = [
        pl.when(condition(row.when, ctx)).then(pl.lit(grades.index(row.grade))).otherwise(pl.lit(0))
        for row in scheme.best
    ]
    highest = pl.max_horizontal(numbers) if numbers else pl.lit(0)
    told = first_clause([(row.when, row.path, {"grade": row.grade}) for row in scheme.best], "BEST", ctx)
    return highest.cast(pl.Int64), told


def _with_inputs(
    frame: pl.DataFrame, scheme: Scheme, ctx: Context, gathered: Gathered
) -> tuple[pl.DataFrame, list[Weighted], bool]:
    """Adds num, den, problem and detail of every input; says whether any fixed value of the scheme is assumed."""
    assert ctx.policy.assessment is not None
    points = ctx.policy.assessment.points
    items = catalogue(points.catalogue) if points else {}
    weighted, assumed = [], [pl.lit(False)]
    fixed = any(
        isinstance(part, Leaf) and part.status is Status.ASSUMED
        for part in walk(
            [*(e.weight for e in scheme.inputs), *(e.to_100 for e in scheme.inputs), scheme.thresholds, scheme.shares]
        )
    )
    for n, entry in enumerate(scheme.inputs):
        names = {"num": f"_n{n}", "den": f"_d{n}", "problem": f"_p{n}", "detail": f"_t{n}"}
        if entry.from_ == "figure":
            exprs, rests = _figure_columns(entry, ctx, names)
            frame = frame.with_columns(exprs)
            assumed.append(rests)
        else:
            found = input_frame(entry, scheme, frame, gathered, items)
            frame = pl.concat(
                [frame, found.select(pl.col(old).alias(new) for old, new in names.items())], how="horizontal"
            )
        weighted.append(Weighted(names["num"], names["den"], Fraction(entry.weight.number)))
    return frame.with_columns(pl.any_horizontal(assumed).alias("_assumed")), weighted, fixed


def _figure_columns(entry: Input, ctx: Context, names: Mapping[str, str]) -> tuple[list[pl.Expr], pl.Expr]:
    assert entry.value is not None
    number = figure(entry.value, ctx)
    scale = Fraction(SCALE, number.denominator)
    open_value, uncovered = number.unset.is_not_null(), number.missing
    usable = ~open_value & ~uncovered
    columns = [
        pl.when(usable).then(number.numerator.cast(pl.Int64) * scale.numerator).alias(names["num"]),
        pl.when(usable).then(pl.lit(scale.denominator, dtype=pl.Int64)).alias(names["den"]),
        pl.when(open_value)
        .then(pl.lit("UNSET_VALUE"))
        .when(uncovered)
        .then(pl.lit("UNCOVERED"))
        .otherwise(pl.lit(None, dtype=pl.String))
        .alias(names["problem"]),
        number.unset.cast(pl.String).alias(names["detail"]),
    ]
    return columns, number.assumed.fill_null(False)


_DETAILS = {"TOO_FEW_BALLOTS": ("count", "at_least"), "MIX": ("kind", "share"), "UNSET_VALUE": ("path",)}


def _issues(frame: pl.DataFrame, scheme: Scheme) -> pl.DataFrame:
    """Who has no score: one row a person, with the first problem and the names of all inputs that have one."""
    rows = []
    for row in frame.iter_rows(named=True):
        wrong = [
            (entry, row[f"_p{n}"], row[f"_t{n}"]) for n, entry in enumerate(scheme.inputs) if row[f"_p{n}"] is not None
        ]
        code = wrong[0][1] if wrong else "MISSING_INPUT"
        params: dict[str, Any] = {
            "input": "、".join(entry.name.zh for entry, _problem, _detail in wrong),
            "input_en": ", ".join(entry.name.en for entry, _problem, _detail in wrong),
            "inputs": [entry.code for entry, _problem, _detail in wrong],
            "scheme": scheme.code,
        }
        if wrong and wrong[0][2]:
            params |= dict(zip(_DETAILS.get(code, ()), str(wrong[0][2]).split("|"), strict=False))
        rows.append((row["person"], row["unit"], row["unit_path"], code, json.dumps(params, ensure_ascii=False)))
    return pl.DataFrame(rows, schema=ISSUE, orient="row").sort("person")


def _told_missing(scheme: Scheme, weighted: Sequence[Weighted]) -> pl.Expr:
    """With `spread`: which inputs were missing and had their weight spread over the others."""
    missing = [
        pl.when(pl.col(column.num).is_null()).then(pl.lit(entry.name.zh))
        for entry, column in zip(scheme.inputs, weighted, strict=True)
    ]
    names = pl.concat_str(missing, separator="、", ignore_nulls=True)
    return pl.when(names.str.len_bytes() > 0).then(
        pl.concat_str(pl.lit('{"code":"SPREAD","params":{"inputs":"'), names, pl.lit('"}}'))
    )


def _sizes(
    everybody: pl.DataFrame, out: pl.DataFrame, scored: pl.DataFrame, scheme: Scheme
) -> dict[tuple[str, str], tuple[int, int, int]]:
    sizes = {}
    for level in pool_levels(scheme):
        column = pool_column(level)
        counts = [dict(part.group_by(column).len().iter_rows()) for part in (everybody, out, scored)]
        for name, people in counts[0].items():
            not_graded, with_score = counts[1].get(name, 0), counts[2].get(name, 0)
            sizes[level, str(name)] = (people, not_graded, people - not_graded - with_score)
    return sizes


def pool_percents(
    scheme: Scheme, people: pl.DataFrame, gathered: Gathered, ctx: Context
) -> dict[tuple[str, str], Percent]:
    """The percentages of caps by (path, pool). A figure that depends on facts reads those of the pool's own unit."""
    found: dict[tuple[str, str], Percent] = {}
    for cap in scheme.caps:
        pools = people[pool_column(cap.pool)].unique().to_list()
        for side, value in (("at_most", cap.at_most), ("at_least", cap.at_least)):
            if value is None:
                continue
            key = f"{cap.path}.{side}"
            if isinstance(value, Leaf):
                standing = Percent(
                    Fraction(value.number), value.path, value.cite or cap.cite or "", value.status is Status.ASSUMED
                )
                found |= {(key, pool): standing for pool in pools}
                continue
            number = figure(value, ctx)
            units = gathered.pools.filter(pl.col("unit_path").is_in(pools)).select(
                "unit_path",
                number.numerator.cast(pl.Int64).alias("num"),
                number.assumed.fill_null(False).alias("assumed"),
                number.missing.alias("missing"),
            )
            for pool, num, assumed, missing in units.iter_rows():
                if not missing:
                    found[key, pool] = Percent(Fraction(num, number.denominator), key, cap.cite or "", assumed)
    return found


# -- All schemes of a cycle --------------------------------------------------------------------------------------------


def evaluate_all(
    people: pl.DataFrame, policy: Policy, period: Period, ctx: Context, gathered: Gathered
) -> tuple[list[SchemeOutcome], pl.DataFrame]:
    """Every scheme of the cycle, in the order of the file, and for each person the first that fits (`person, scheme`)."""
    outcomes: list[SchemeOutcome] = []
    first: pl.Expr = pl.lit(None, dtype=pl.String)
    schemes = schemes_of(policy.assessment, period.cycle)
    for scheme in reversed(schemes):
        first = pl.when(condition(scheme.who, ctx)).then(pl.lit(scheme.code)).otherwise(first)
    firsts = people.select("person", first.alias("scheme"))
    for scheme in schemes:
        fitting = people.filter(condition(scheme.who, ctx))
        outcome = evaluate(fitting, scheme, ctx, gathered)
        outcomes.append(outcome)
        own = outcome.people.filter(pl.col("score").is_not_null()).select(
            "person",
            pl.lit(scheme.code).alias("scheme"),
            pl.col("score").alias("sum"),
            pl.lit(1, dtype=pl.Int64).alias("count"),
            pl.col("score").alias("last"),
        )
        gathered = Gathered(gathered.points, gathered.ratings, pl.concat([gathered.scores, own]), gathered.pools)
    return outcomes, firsts


def grade_counts(outcome: SchemeOutcome) -> dict[tuple[str, str], dict[str, int]]:
    """How many people of each pool have each grade, by (level, path)."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    graded = with_pools(outcome.people.filter(pl.col("grade").is_not_null()))
    for level in {level for level, _path in outcome.pools}:
        rows = graded.group_by(pool_column(level), "grade").len().sort(pool_column(level), "grade")
        for path, code, people in rows.iter_rows():
            counts.setdefault((level, path), {})[code] = people
    return counts
