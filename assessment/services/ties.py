"""Deciding between equals: people name who is above the line, and the pool is placed again from its stored scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import AnnualResult, Consequence, Evaluation, PoolCap, PoolResult, SchemeResult, TieDecision
from assessment.rules.consequences import flagged_people
from assessment.rules.evaluating import pool_levels, tie_keys, with_pools
from assessment.rules.grading import Percent, grade, pool_column
from assessment.rules.periods import parse
from assessment.rules.placing import Choice
from assessment.selectors.conflicts import policy_of_path_for_system
from assessment.selectors.results import people_of_range_for_system
from assessment.services.batches import _write_flags
from core.errors import Conflict, Refused
from core.models import RunState
from core.services import audit
from core.services.runs import lock_run
from organization.access import after, require
from organization.models import Permission, User
from personnel.models import Person
from policy.rules.document import Policy, Scheme


@transaction.atomic
def evaluation_decide_tie(*, actor: User, tie: TieDecision, chosen: Sequence[int], reason: str) -> TieDecision:
    """Say who of the candidates is above the line (nobody, or as many as there are places), and why.

    Grades, caps and what follows are worked out again for the pool; scores and ranks stay. A tie further down that
    comes of it is listed like any other. A decision can be changed until the evaluation is confirmed.
    Raises Refused with everything that is wrong with the choice, Conflict when the evaluation is not open any more.
    """
    run = lock_run(Evaluation, tie.pool.evaluation_id)
    require(actor, Permission.RUN_EVALUATION, run.unit)
    if run.state != RunState.READY:
        raise Conflict(
            _("Evaluation %(number)s is %(state)s; look at it again.")
            % {"number": run.pk, "state": run.get_state_display()}
        )
    tie = TieDecision.objects.select_for_update(of=("self",), no_key=True).select_related("pool__unit").get(pk=tie.pk)
    _refuse_choice(tie, chosen, reason)
    before = {"chosen": tie.chosen}
    tie.chosen = sorted(set(chosen))
    tie.reason = reason.strip()
    tie.decided_by = actor
    tie.decided = timezone.now()
    tie.save(update_fields=["chosen", "reason", "decided_by", "decided"])
    _place_again(run, tie)
    audit(
        actor=actor,
        action="assessment.tie.decide",
        obj=tie,
        unit_code=tie.pool.unit.code,
        before=before,
        after={"grade": tie.grade, "candidates": tie.candidates, "chosen": tie.chosen, "reason": tie.reason},
    )
    return tie


def _refuse_choice(tie: TieDecision, chosen: Sequence[int], reason: str) -> None:
    errors = []
    strangers = sorted(set(chosen) - set(tie.candidates))
    if strangers:
        names = list(Person.objects.filter(pk__in=strangers).values_list("name", flat=True))
        errors.append(_("%(names)s: not among those with equal scores.") % {"names": "、".join(names) or strangers})
    if len(set(chosen)) > tie.places:
        errors.append(
            _("%(unit)s: %(chosen)s people are chosen and %(places)s places are left. Choose fewer.")
            % {"unit": tie.pool.unit.name, "chosen": len(set(chosen)), "places": tie.places}
        )
    if not reason.strip():
        errors.append(_("Say on what the choice rests (the meeting, its day)."))
    if errors:
        raise Refused(errors)


# -- Placing a pool again -----------------------------------------------------------------------------------------------


def _place_again(run: Evaluation, tie: TieDecision) -> None:
    policy = policy_of_path_for_system(run, tie.pool.unit_path)
    assert policy.assessment is not None
    scheme = next(s for s in policy.assessment.schemes if s.code == tie.pool.scheme)
    depth = {"province": 1, "city": 2, "county": 3, "street": 4, "community": 5}[pool_levels(scheme)[0]]
    top = "/".join(tie.pool.unit_path.rstrip("/").split("/")[:depth]) + "/"
    pools = list(
        PoolResult.objects.filter(evaluation=run, scheme=scheme.code, unit_path__gte=top, unit_path__lt=after(top))
    )
    frame = _stored(pools, scheme, [g.code for g in policy.assessment.grades])
    levels = pool_levels(scheme)
    caps = list(PoolCap.objects.filter(pool__in=pools).select_related("pool"))
    percents = {
        (f"{cap.path}.at_most", stored.pool.unit_path): Percent(
            Fraction(stored.percent, 10_000), stored.path, stored.cite, stored.assumed
        )
        for cap in scheme.caps
        for stored in caps
        if stored.grade == cap.grade
    }
    everyone = {(level, pool.unit_path): pool.people for level in levels for pool in pools}
    ties = list(TieDecision.objects.filter(pool__in=pools).select_related("pool"))
    choices: dict[tuple[str, str, str, str], list[Choice]] = {}
    for made in ties:
        if made.chosen is not None:
            key = (scheme.code, made.pool.unit_path, made.kind, made.grade)
            choices.setdefault(key, []).append(Choice(frozenset(made.candidates), frozenset(made.chosen), made.reason))
    graded = grade(
        frame, scheme, [g.code for g in policy.assessment.grades], tie_keys(scheme), percents, everyone, choices
    )
    _update_grades(graded.people)
    _replace_open_ties(graded.ties, pools, ties, scheme)
    _recount(pools, graded.people, levels)
    if run.cycle == "year":
        _follow_again(run, policy, top)


def _stored(pools: Sequence[PoolResult], scheme: Scheme, grades: Sequence[str]) -> pl.DataFrame:
    """The scored people of the pools as the rules place them, with the ceiling that their stored reasons name."""
    fields = ("pk", "person_id", "unit__path", "score", "grade", "inputs", "reasons")
    rows: list[dict[str, Any]] = []
    for annual, model in ((True, AnnualResult), (False, SchemeResult)):
        found = model._default_manager.filter(pool__in=pools, score__isnull=False).values_list(*fields)
        for pk, person, path, score, code, inputs, reasons in found:
            best = [item for item in reasons if item["code"] == "BEST"]
            ceiling = max((grades.index(item["params"]["grade"]) for item in best), default=0)
            rows.append(
                {
                    "pk": pk,
                    "annual": annual,
                    "person": person,
                    "unit_path": path,
                    "score": score,
                    "old_grade": code,
                    "kept": json.dumps([r for r in reasons if r["code"] in ("SPREAD", "APPEAL")], ensure_ascii=False)[
                        1:-1
                    ],
                    "ceiling": ceiling,
                    "ceiling_reason": ",".join(json.dumps(item, ensure_ascii=False) for item in best) or None,
                    **{f"_v{n}": -1 if value is None else value for n, value in enumerate(inputs)},
                }
            )
    schema = {
        "pk": pl.Int64,
        "annual": pl.Boolean,
        "person": pl.Int64,
        "unit_path": pl.String,
        "score": pl.Int64,
        "old_grade": pl.String,
        "kept": pl.String,
        "ceiling": pl.Int64,
        "ceiling_reason": pl.String,
    } | {f"_v{n}": pl.Int64 for n in range(len(scheme.inputs))}
    return with_pools(pl.DataFrame(rows, schema=schema, infer_schema_length=None)).sort("person")


def _update_grades(people: pl.DataFrame) -> None:
    for annual, table in ((True, AnnualResult._meta.db_table), (False, SchemeResult._meta.db_table)):
        rows = people.filter(pl.col("annual") == annual).select("pk", "grade", "reasons", "kept").rows()
        if not rows:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE {table} r SET grade = n.grade, reasons = n.reasons::jsonb
                      FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, grade, reasons)
                     WHERE r.id = n.id AND (r.grade IS DISTINCT FROM n.grade OR r.reasons <> n.reasons::jsonb)""",
                [
                    [row[0] for row in rows],
                    [row[1] for row in rows],
                    [f"[{row[2]}{',' + row[3] if row[3] else ''}]" for row in rows],
                ],
            )


def _replace_open_ties(
    found: Sequence[Any], pools: Sequence[PoolResult], ties: Sequence[TieDecision], scheme: Scheme
) -> None:
    """Ties that are not there any more go, new ones come; decided ones stay as they are."""
    by_path = {pool.unit_path: pool for pool in pools}
    wanted = {(by_path[tie.pool].pk, tie.kind, tie.grade, tie.score): tie for tie in found}
    known = {(tie.pool_id, tie.kind, tie.grade, tie.score): tie for tie in ties}
    for key, tie in known.items():
        if tie.chosen is None and key not in wanted:
            tie.delete()
    for key, new in wanted.items():
        if key not in known:
            TieDecision.objects.create(
                pool_id=key[0],
                kind=new.kind,
                grade=new.grade,
                score=new.score,
                places=new.places,
                candidates=list(new.candidates),
            )


def _recount(pools: Sequence[PoolResult], people: pl.DataFrame, levels: Sequence[str]) -> None:
    for pool in pools:
        inside = people.filter(pl.any_horizontal(pl.col(pool_column(level)) == pool.unit_path for level in levels))
        pool.counts = {
            code: n for code, n in inside.group_by("grade").len().sort("grade").iter_rows() if code is not None
        }
    PoolResult.objects.bulk_update(pools, ["counts"], batch_size=500)


def _follow_again(run: Evaluation, policy: Policy, top: str) -> None:
    """What follows from grades is worked out again for the pool; what somebody has settled already stays."""
    period = parse(run.period)
    _facts, people, ctx = people_of_range_for_system(policy, period, top, after(top))
    rows = list(
        AnnualResult.objects.filter(pool__evaluation=run, unit__path__gte=top, unit__path__lt=after(top)).values_list(
            "person_id", "scheme", "score", "rank", "grade"
        )
    )
    schema = {"person": pl.Int64, "scheme": pl.String, "score": pl.Int64, "rank": pl.Int64, "grade": pl.String}
    annual = pl.DataFrame(rows, schema=schema, orient="row")
    others = list(
        SchemeResult.objects.filter(pool__evaluation=run, unit__path__gte=top, unit__path__lt=after(top)).values_list(
            "person_id", "scheme", "score", "rank", "grade"
        )
    )
    everything = pl.concat([annual, pl.DataFrame(others, schema=schema, orient="row")])
    results = {str(code): everything.filter(pl.col("scheme") == code) for code in everything["scheme"].unique()}
    people = people.join(annual.select("person"), on="person", how="semi")
    flagged = flagged_people(policy, period, people, results, annual.select("person", "grade"), ctx)
    inside = Consequence.objects.filter(evaluation=run, unit_path__gte=top, unit_path__lt=after(top))
    settled = set(inside.exclude(state=Consequence.State.FLAGGED).values_list("person_id", "code"))
    inside.filter(state=Consequence.State.FLAGGED).delete()
    fresh = [n for n, row in enumerate(flagged.iter_rows(named=True)) if (row["person"], row["code"]) not in settled]
    _write_flags(run, flagged[fresh] if fresh else flagged.clear())
