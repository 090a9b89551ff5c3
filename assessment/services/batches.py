"""Computing one batch of an evaluation: claim, read, compute, write, done. The results and the mark are one transaction.

The same function serves the worker, the command and the tests, so that all give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import polars as pl
from django.db import connection, transaction

from assessment.models import (
    AnnualResult,
    Consequence,
    Evaluation,
    EvaluationBatch,
    EvaluationIssue,
    PoolCap,
    PoolResult,
    SchemeResult,
    TieDecision,
)
from assessment.rules.consequences import FLAGGED, flagged_people
from assessment.rules.evaluating import SchemeOutcome, evaluate_all, grade_counts, schemes_of
from assessment.rules.grading import percent_units, pool_column
from assessment.rules.periods import Period, parse
from assessment.selectors.conflicts import policy_of_path_for_system
from assessment.selectors.gathering import gathered_for_system, taken_for_system
from assessment.selectors.results import people_of_range_for_system
from core.models import RunState
from core.rules import add_digests, digest_text, unit_digest
from core.services import audit
from core.services.runs import Claim, claim_batch, compute_claimed, due_batches, finish_batch, settle_run
from core.services.tables import array_of_numbers, copy_rows, escaped
from organization.models import Unit, User, units_on
from policy.rules.context import Context
from policy.rules.document import Policy
from policy.rules.facts import Facts


def compute_evaluation_batch(*, actor: User | None = None, batch_id: int) -> bool:
    """Claim and compute one batch, and settle its run if it was the last. False: nothing was done.

    Any number of calls with the same number, at once or one after another, leave the same rows.
    """
    claim = claim_batch(model=EvaluationBatch, batch_id=batch_id)
    if claim is None:
        return False
    done = compute_claimed(claim=claim, compute=_compute)
    settle_evaluation(actor=actor, run_id=claim.run_id)
    return done


def compute_evaluation(*, actor: User | None = None, run: Evaluation) -> Evaluation:
    """The whole evaluation in this process, batch by batch: for commands, and where there is no broker."""
    while due := due_batches(model=EvaluationBatch, run_id=run.pk):
        for batch_id in due:
            compute_evaluation_batch(actor=actor, batch_id=batch_id)
    settle_evaluation(actor=actor, run_id=run.pk)
    run.refresh_from_db()
    return run


@transaction.atomic
def settle_evaluation(*, actor: User | None = None, run_id: int) -> RunState | None:
    """READY with totals and fingerprint after the last batch, or FAILED; None while there is work left."""
    if EvaluationBatch.objects.filter(run_id=run_id, state__in=("DUE", "CLAIMED")).exists():
        return None
    run = Evaluation.objects.select_related("unit").get(pk=run_id)
    state = settle_run(
        model=Evaluation,
        run_id=run_id,
        policies=[entry["sha256"] for entry in run.policies],
        what=f"evaluation {run.unit.code} {run.period}",
    )
    if state is not None:
        run.refresh_from_db()
        audit(
            actor=actor,
            action="assessment.evaluation.computed",
            obj=run,
            unit_code=run.unit.code,
            after={"state": state, "fingerprint": run.fingerprint, "totals": run.totals},
        )
    return state


@transaction.atomic
def settle_evaluations(*, actor: User | None = None) -> int:
    """Settle runs all of whose batches are done but whose last worker died before it could say so."""
    waiting = (
        Evaluation.objects.filter(state=RunState.RUNNING)
        .exclude(batches__state__in=("DUE", "CLAIMED"))
        .values_list("pk", flat=True)
    )
    return sum(settle_evaluation(actor=actor, run_id=run_id) is not None for run_id in list(waiting))


# -- One batch ----------------------------------------------------------------------------------------------------------


def _compute(claim: Claim) -> None:
    run = Evaluation.objects.get(pk=claim.run_id)
    period = parse(run.period)
    policy = policy_of_path_for_system(run, claim.path_from)
    facts, people, ctx = people_of_range_for_system(policy, period, claim.path_from, claim.path_to)
    people, closed = _without_closed(people, run, period)
    gathered = gathered_for_system(people["person"], _assessment(policy), period, _pool_paths(people, policy, period))
    outcomes, firsts = evaluate_all(people, policy, period, ctx, gathered)
    issues = _issues(people, facts, outcomes, firsts, closed, period)
    pools = _write_pools(run, period, outcomes, firsts)
    lines, digests = _write_results(run, period, outcomes, firsts, pools)
    flagged = _flag(run, period, policy, people, outcomes, firsts, ctx)
    _write_issues(run, issues)
    digests += [unit_digest(f"issue {row['person']}", row["code"].encode(), row["params"].encode()) for row in issues]
    digests += [unit_digest("follows", repr(row).encode()) for row in flagged.drop("unit_path").iter_rows()]
    finish_batch(
        claim=claim,
        people=lines,
        left_out=len({row["person"] for row in issues}),
        digest=digest_text(add_digests(digests)),
        totals=_totals(outcomes, firsts, issues, flagged),
    )


def _assessment(policy: Policy) -> Any:
    if policy.assessment is None:
        raise ValueError(f"{policy.place} has no assessment")
    return policy.assessment


def _pool_paths(people: pl.DataFrame, policy: Policy, period: Period) -> list[str]:
    levels = {cap.pool for scheme in schemes_of(_assessment(policy), period.cycle) for cap in scheme.caps}
    return sorted({path for level in levels for path in people[pool_column(level)].unique().to_list()})


def _without_closed(people: pl.DataFrame, run: Evaluation, period: Period) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People without those who have a result of the period that this run may not replace; and those."""
    taken = taken_for_system(people["person"], period, run.pk)
    has = pl.col("person").is_in(taken.implode())
    return people.filter(~has), people.filter(has)


def _issues(
    people: pl.DataFrame,
    facts: Facts,
    outcomes: Sequence[SchemeOutcome],
    firsts: pl.DataFrame,
    closed: pl.DataFrame,
    period: Period,
) -> list[dict[str, Any]]:
    """Everybody who has no result of a scheme that they belong to, once a scheme, with the reason."""
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        for row in outcome.issues.iter_rows(named=True):
            params = json.loads(row["params"]) | {"period": period.code}
            rows.append(row | {"scheme": outcome.scheme.code, "params": json.dumps(params, ensure_ascii=False)})
    if period.cycle == "year":
        nobody = firsts.filter(pl.col("scheme").is_null())
        if nobody.height:
            for row in people.join(nobody.select("person"), on="person", how="semi").iter_rows(named=True):
                rows.append(_issue(row, "NO_SCHEME", {}))
    rows += [_issue(row, "ALREADY_CLOSED", {"year": period.year}) for row in closed.iter_rows(named=True)]
    left = {row["person"]: row for row in reversed(facts.left_out.to_dicts())}
    paths = _paths_of(sorted(left), period)
    for person, row in sorted(left.items()):
        place = {"person": person, "unit": "", "unit_path": paths.get(person, "")}
        rows.append(_issue(place, row["code"], json.loads(row["params"] or "{}")))
    return sorted(rows, key=lambda row: (row["unit_path"], row["person"], row["scheme"]))


def _issue(row: Mapping[str, Any], code: str, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "person": row["person"],
        "unit": row["unit"],
        "unit_path": row["unit_path"],
        "scheme": "",
        "code": code,
        "params": json.dumps(params, ensure_ascii=False),
    }


def _paths_of(ids: Sequence[int], period: Period) -> dict[int, str]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT person_id, min(unit_path) FROM personnel_employment
                WHERE person_id = ANY(%s) AND start <= %s AND ("end" IS NULL OR "end" > %s) GROUP BY person_id""",
            [list(ids), period.last, period.last],
        )
        return dict(cursor.fetchall())


def _write_issues(run: Evaluation, issues: Sequence[Mapping[str, Any]]) -> None:
    EvaluationIssue.objects.bulk_create(
        [
            EvaluationIssue(
                evaluation=run,
                person_id=row["person"],
                unit_path=row["unit_path"],
                scheme=row["scheme"],
                code=row["code"],
                params=json.loads(row["params"]),
            )
            for row in issues
        ],
        batch_size=5000,
    )


# -- Pools ------------------------------------------------------------------------------------------------------------

Pools = Mapping[tuple[str, str], int]


def _write_pools(run: Evaluation, period: Period, outcomes: Sequence[SchemeOutcome], firsts: pl.DataFrame) -> Pools:
    """Pools with their caps and ties; returns their numbers by (scheme, path)."""
    paths = {path for outcome in outcomes for _level, path in outcome.pools}
    units = dict(Unit.objects.filter(units_on(period.last), path__in=paths).values_list("path", "pk"))
    rows: dict[tuple[str, str], PoolResult] = {}
    for outcome in outcomes:
        grades = grade_counts(outcome)
        for (level, path), (people, not_graded, missing) in outcome.pools.items():
            counts = grades.get((level, path), {})
            rows[outcome.scheme.code, path] = PoolResult(
                evaluation=run,
                scheme=outcome.scheme.code,
                scheme_name=str(outcome.scheme.name or outcome.scheme.code),
                unit_id=units[path],
                unit_path=path,
                people=people,
                graded=sum(counts.values()),
                not_graded=not_graded,
                missing=missing,
                counts=counts,
            )
    PoolResult.objects.bulk_create([rows[key] for key in sorted(rows)], batch_size=5000)
    pools = {key: pool.pk for key, pool in rows.items()}
    PoolCap.objects.bulk_create(
        [
            PoolCap(
                pool_id=pools[outcome.scheme.code, cap.pool],
                grade=cap.grade,
                counted_of=cap.counted_of,
                counted=cap.counted,
                percent=percent_units(cap.percent),
                rounding=cap.rounding,
                at_least=cap.at_least,
                path=cap.path[:200],
                cite=cap.cite[:60],
                assumed=cap.assumed,
            )
            for outcome in outcomes
            for cap in outcome.caps
        ],
        batch_size=5000,
    )
    TieDecision.objects.bulk_create(
        [
            TieDecision(
                pool_id=pools[outcome.scheme.code, tie.pool],
                grade=tie.grade,
                kind=tie.kind,
                score=tie.score,
                places=tie.places,
                candidates=list(tie.candidates),
            )
            for outcome in outcomes
            for tie in outcome.ties
        ],
        batch_size=5000,
    )
    return pools


# -- Results ----------------------------------------------------------------------------------------------------------

_ANNUAL = ("person_id", "unit_id", "scheme", "grade", "merit", "score", "rank", "inputs", "reasons", "assumed")


def _write_results(
    run: Evaluation, period: Period, outcomes: Sequence[SchemeOutcome], firsts: pl.DataFrame, pools: Pools
) -> tuple[int, list[int]]:
    """Replace the results of these people; returns how many people have one, and the digests of their units."""
    people: set[int] = set()
    digests: list[int] = []
    for outcome in outcomes:
        code = outcome.scheme.code
        if period.cycle == "year":
            own = firsts.filter(pl.col("scheme") == code)
            frames = [(how == "semi", outcome.people.join(own, on="person", how=how)) for how in ("semi", "anti")]
        else:
            frames = [(False, outcome.people)]
        for is_annual, frame in frames:
            if not frame.height:
                continue
            lines = _lines(frame, code)
            digests += _digests(lines, outcome.exact, is_annual)
            _copy(run, period, code, lines, pools, is_annual)
        people.update(outcome.people["person"].to_list())
    return len(people), digests


def _lines(frame: pl.DataFrame, scheme: str) -> pl.DataFrame:
    """person, unit, pool and `line`: the text of COPY without what differs between runs."""
    null = pl.lit("\\N")

    def text(column: str) -> pl.Expr:
        return pl.col(column).cast(pl.String).fill_null(null)

    return frame.select(
        "person",
        "unit",
        "unit_path",
        "pool",
        pl.concat_str(
            text("person"),
            text("unit_id"),
            pl.lit(scheme),
            text("grade"),
            text("merit"),
            text("score"),
            text("rank"),
            array_of_numbers(pl.col("inputs")),
            pl.concat_str(pl.lit("["), escaped(pl.col("reasons")), pl.lit("]")),
            pl.col("assumed").cast(pl.Int8).cast(pl.String),
            separator="\t",
        ).alias("line"),
    )


def _digests(lines: pl.DataFrame, exact: pl.DataFrame, annual: bool) -> list[int]:
    """One a unit: its people's inputs as exact fractions and their results."""
    names = [name for name in exact.columns if name != "person"]
    inputs = exact.select(
        "person",
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("-") for name in names], separator="/").alias("exact")
        if names
        else pl.lit("").alias("exact"),
    )
    joined = lines.join(inputs, on="person", how="left").sort("unit_path", "person")
    texts = joined.group_by("unit", maintain_order=True).agg(
        pl.col("line").str.join("\n"), pl.col("exact").fill_null("").str.join("\n").alias("exact")
    )
    kind = "annual" if annual else "scheme"
    return [unit_digest(f"{kind} {unit}", inner.encode(), line.encode()) for unit, line, inner in texts.iter_rows()]


def _copy(run: Evaluation, period: Period, scheme: str, lines: pl.DataFrame, pools: Pools, annual: bool) -> None:
    by_pool = {path: pk for (code, path), pk in pools.items() if code == scheme}
    if annual:
        table, more = AnnualResult._meta.db_table, ("year", "evaluation_id", "source", "state", "pool_id")
        rest = f"{period.year}\t{run.pk}\tRUN\tOPEN\t"
    else:
        table, more = SchemeResult._meta.db_table, ("period", "year", "evaluation_id", "closed", "pool_id")
        rest = f"{period.code}\t{period.year}\t{run.pk}\tf\t"
    rows = lines.select(
        pl.concat_str(
            "line",
            pl.lit("\t" + rest),
            pl.col("pool").replace_strict(by_pool, return_dtype=pl.Int64).cast(pl.String),
        ).str.join("\n")
    ).item()
    copy_rows(table, (*_ANNUAL, *more), (rows + "\n").encode())


# -- What follows -----------------------------------------------------------------------------------------------------


def _flag(
    run: Evaluation,
    period: Period,
    policy: Policy,
    people: pl.DataFrame,
    outcomes: Sequence[SchemeOutcome],
    firsts: pl.DataFrame,
    ctx: Context,
) -> pl.DataFrame:
    if period.cycle != "year":
        return pl.DataFrame(schema=FLAGGED)
    results = {outcome.scheme.code: outcome.people for outcome in outcomes}
    mine = [
        outcome.people.join(firsts.filter(pl.col("scheme") == outcome.scheme.code), on="person", how="semi").select(
            "person", "grade"
        )
        for outcome in outcomes
    ]
    grades = reduce(lambda one, other: pl.concat([one, other]), mine)
    flagged = flagged_people(policy, period, people, results, grades, ctx)
    _write_flags(run, flagged)
    return flagged


def _write_flags(run: Evaluation, flagged: pl.DataFrame) -> None:
    Consequence.objects.bulk_create(
        [
            Consequence(
                evaluation=run,
                person_id=row["person"],
                unit_path=row["unit_path"],
                year=run.year,
                code=row["code"],
                on=row["on"],
                params=json.loads(row["params"]),
            )
            for row in flagged.iter_rows(named=True)
        ],
        batch_size=5000,
    )


def _totals(
    outcomes: Sequence[SchemeOutcome],
    firsts: pl.DataFrame,
    issues: Sequence[Mapping[str, Any]],
    flagged: pl.DataFrame,
) -> dict[str, int]:
    totals: dict[str, int] = {
        "issues": len(issues),
        "consequences": flagged.height,
        "ties": 0,
        "not_graded": 0,
        "graded": 0,
    }
    for outcome in outcomes:
        totals["ties"] += len(outcome.ties)
        grades = outcome.people.group_by("grade").len().iter_rows()
        for grade, people in grades:
            if grade is not None:
                totals["graded"] += people
                totals[f"grade.{grade}"] = totals.get(f"grade.{grade}", 0) + people
        barred = outcome.people.filter(pl.col("score").is_null()).height
        totals["not_graded"] += barred
    return totals
