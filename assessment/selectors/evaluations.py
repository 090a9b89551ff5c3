"""Evaluations and their results for a user: everything outside the user's units does not exist for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, IntegerField, Prefetch, Q, QuerySet, Value
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessment.models import (
    AnnualResult,
    Appeal,
    Consequence,
    Evaluation,
    EvaluationIssue,
    PoolCap,
    PoolResult,
    SchemeResult,
    TieDecision,
    reason_text,
)
from assessment.models.results import score_text
from assessment.selectors.conflicts import (
    Conflict,
    conflicts_for_system,
    grade_names_for_system,
    policy_of_path_for_system,
)
from core.errors import NotFound
from core.services.runs import Progress
from organization.access import Scope, scope_for
from organization.models import Permission, User
from policy.rules.terms import Status


def _scope(user: User) -> Scope:
    return scope_for(user, Permission.VIEW_RESULTS)


def evaluations_list(*, user: User) -> QuerySet[Evaluation]:
    """Evaluations of the user's units, newest first."""
    return _scope(user).filter(Evaluation.objects.select_related("unit", "started_by", "confirmed_by"), "unit_path")


def evaluation_for(*, user: User, pk: int) -> Evaluation:
    """An evaluation of a unit of the user's, else NotFound."""
    run = evaluations_list(user=user).filter(pk=pk).first()
    if run is None:
        raise NotFound(_("There is no such evaluation among those you may look at."))
    return run


def batch_progress(*, user: User, run: Evaluation) -> Progress:
    """How far the evaluation is, counted from its batches."""
    from core.services.runs import progress

    if not _scope(user).covers(run.unit_path):
        raise NotFound(_("There is no such evaluation among those you may look at."))
    return progress(run=run)


def pools_of(*, user: User, run: Evaluation) -> QuerySet[PoolResult]:
    """The pools of an evaluation in the user's units, with their caps (`cap_rows`), in the order of the tree."""
    caps = PoolCap.objects.order_by("pk")
    return (
        _scope(user)
        .filter(PoolResult.objects.filter(evaluation=run), "unit_path")
        .select_related("unit")
        .prefetch_related(Prefetch("caps", queryset=caps, to_attr="cap_rows"))
        .order_by("unit_path", "pk")
    )


@dataclass(frozen=True)
class Overview:
    """The numbers of an evaluation over all pools that the user may see."""

    people: int
    graded: int
    not_graded: int
    without_result: int
    open_ties: int
    open_issues: int
    consequences: int


def overview(*, user: User, run: Evaluation) -> Overview:
    """One query."""
    scope = _scope(user)
    graded = Count("pk", filter=Q(score__isnull=False))
    issues = scope.filter(EvaluationIssue.objects.filter(evaluation=run), "unit_path").exclude(code="ALREADY_CLOSED")
    ties = TieDecision.objects.filter(pool__evaluation=run, chosen__isnull=True)
    consequences = scope.filter(Consequence.objects.filter(evaluation=run), "unit_path")
    nothing = Value(0, IntegerField())
    counted = _counted(scope.filter(AnnualResult.objects.filter(pool__evaluation=run), "unit__path"), "annual", graded)
    rows = counted.union(
        _counted(scope.filter(SchemeResult.objects.filter(pool__evaluation=run), "unit__path"), "scheme", graded),
        _counted(issues, "issues", Count("pk", filter=Q(accepted=False))),
        _counted(scope.filter(ties, "pool__unit_path"), "ties", nothing),
        _counted(consequences, "consequences", nothing),
        all=True,
    )
    found: dict[str, tuple[int, int]] = {what: (number, of_them) for what, number, of_them in rows}
    none = (0, 0)
    annual, scheme, issue = (found.get(what, none) for what in ("annual", "scheme", "issues"))
    people, with_grade = annual[0] + scheme[0], annual[1] + scheme[1]
    return Overview(
        people=people,
        graded=with_grade,
        not_graded=people - with_grade,
        without_result=issue[0],
        open_ties=found.get("ties", none)[0],
        open_issues=issue[1],
        consequences=found.get("consequences", none)[0],
    )


def _counted(rows: QuerySet[Any], what: str, of_them: Any) -> QuerySet[Any, Any]:
    """(what, how many rows, how many of them …); no row at all where there are none."""
    named = rows.order_by().annotate(what=Value(what, CharField())).values("what")
    counted: QuerySet[Any, Any] = named.annotate(number=Count("pk"), of_them=of_them)
    return counted.values_list("what", "number", "of_them")


def annual_results(*, user: User, run: Evaluation, pool: PoolResult | None = None) -> QuerySet[AnnualResult]:
    """Yearly results of an evaluation in the user's units, by pool and rank."""
    results = _scope(user).filter(AnnualResult.objects.filter(pool__evaluation=run), "unit__path")
    if pool is not None:
        results = results.filter(pool__unit_path__startswith=pool.unit_path, scheme=pool.scheme)
    return results.select_related("person", "unit", "pool").order_by("pool__unit_path", "rank", "person_id")


def scheme_results(*, user: User, run: Evaluation, pool: PoolResult | None = None) -> QuerySet[SchemeResult]:
    results = _scope(user).filter(SchemeResult.objects.filter(pool__evaluation=run), "unit__path")
    if pool is not None:
        results = results.filter(pool__unit_path__startswith=pool.unit_path, scheme=pool.scheme)
    return results.select_related("person", "unit", "pool").order_by("pool__unit_path", "rank", "person_id")


def result_for(*, user: User, pk: int) -> AnnualResult:
    """A yearly result of somebody in the user's units, else NotFound."""
    result = (
        _scope(user)
        .filter(AnnualResult.objects.filter(pk=pk), "unit__path")
        .select_related("person", "unit", "pool", "evaluation")
        .first()
    )
    if result is None:
        raise NotFound(_("There is no such result among those you may look at."))
    return result


def person_results(*, user: User, person_id: int) -> QuerySet[AnnualResult]:
    """The yearly results of a person in the user's units, newest first."""
    return (
        _scope(user)
        .filter(AnnualResult.objects.filter(person_id=person_id), "unit__path")
        .select_related("unit")
        .order_by("-year")
    )


def conflicts(*, user: User, run: Evaluation, grades: dict[str, str] | None = None) -> list[Conflict]:
    """What stands between the evaluation and its confirmation, in the user's units; `grades` as of the selector below."""
    scope = _scope(user)
    return [
        conflict
        for conflict in conflicts_for_system(run, grades)
        if scope.covers(_path_of(conflict)) or scope.covers(run.unit_path)
    ]


def _path_of(conflict: Conflict) -> str:
    if conflict.tie is not None:
        return conflict.tie.pool.unit_path
    return conflict.issue.unit_path if conflict.issue is not None else ""


def ties_of(*, user: User, run: Evaluation) -> QuerySet[TieDecision]:
    return (
        _scope(user)
        .filter(TieDecision.objects.filter(pool__evaluation=run), "pool__unit_path")
        .select_related("pool__unit", "decided_by")
    )


def issues_list(*, user: User, run: Evaluation) -> QuerySet[EvaluationIssue]:
    return (
        _scope(user)
        .filter(EvaluationIssue.objects.filter(evaluation=run), "unit_path")
        .select_related("person")
        .order_by("unit_path", "person_id")
    )


def consequences_list(*, user: User, run: Evaluation) -> QuerySet[Consequence]:
    return (
        _scope(user)
        .filter(Consequence.objects.filter(evaluation=run), "unit_path")
        .select_related("person")
        .order_by("code", "unit_path", "person_id")
    )


def appeals_list(*, user: User, run: Evaluation) -> QuerySet[Appeal]:
    return (
        _scope(user)
        .filter(Appeal.objects.filter(result__pool__evaluation=run), "result__unit__path")
        .select_related("result__person", "result__unit")
    )


def results_list(*, user: User) -> QuerySet[AnnualResult]:
    """All yearly results of people in the user's units, newest year first."""
    return (
        _scope(user)
        .filter(AnnualResult.objects.all(), "unit__path")
        .select_related("person", "unit")
        .order_by("-year", "person_id")
    )


@dataclass(frozen=True)
class Allowed:
    """What the user may do with an evaluation as it stands, and why not what they might expect."""

    decide: bool
    cancel: bool
    confirm: bool
    close: bool
    settle: bool
    why_not: str = ""


def allowed(*, user: User, run: Evaluation) -> Allowed:
    runs = scope_for(user, Permission.RUN_EVALUATION).covers(run.unit_path)
    confirms = scope_for(user, Permission.CONFIRM_EVALUATION).covers(run.unit_path)
    own = run.started_by_id == user.pk
    why_not = ""
    if run.state == "READY" and (own or not confirms):
        why_not = (
            _("You started this evaluation; somebody else has to confirm it.")
            if own
            else _("Waits for somebody who may confirm evaluations here.")
        )
    return Allowed(
        decide=runs and run.state == "READY",
        cancel=runs and run.state in ("RUNNING", "READY", "FAILED", "CONFIRMED"),
        confirm=confirms and not own and run.state == "READY",
        close=confirms and not own and run.state == "CONFIRMED",
        settle=runs,
        why_not=why_not,
    )


@dataclass(frozen=True)
class ExplainedInput:
    name: str
    value: str
    weight: str
    assumed: bool


@dataclass(frozen=True)
class Explained:
    """A result in words: grade, its inputs with their weights, and every reason."""

    grade: str
    inputs: tuple[ExplainedInput, ...]
    reasons: tuple[str, ...]


def explained(*, user: User, result: AnnualResult) -> Explained:
    """Rendered from what is stored and from the policy version of the evaluation."""
    result = result_for(user=user, pk=result.pk)
    names: dict[str, str] = {}
    inputs: tuple[ExplainedInput, ...] = ()
    chinese = (get_language() or "").startswith("zh")
    if result.evaluation is not None and result.pool is not None:
        names = grade_names_for_system(result.evaluation)
        assessment = policy_of_path_for_system(result.evaluation, result.pool.unit_path).assessment
        scheme = next((s for s in assessment.schemes if s.code == result.scheme), None) if assessment else None
        if scheme is not None:
            inputs = tuple(
                ExplainedInput(
                    name=entry.name.zh if chinese else entry.name.en,
                    value=score_text(value),
                    weight=format(entry.weight.number, "f"),
                    assumed=entry.weight.status is Status.ASSUMED,
                )
                for entry, value in zip(scheme.inputs, result.inputs, strict=False)
            )
    return Explained(
        grade=names.get(result.grade or "", result.grade or ""),
        inputs=inputs,
        reasons=tuple(reason_text(reason["code"], reason["params"]) for reason in result.reasons),
    )
