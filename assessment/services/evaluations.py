"""Evaluations as runs: start, cancel, confirm, close. The computing of a batch is in `batches`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessment.models import (
    AnnualResult,
    Appeal,
    Consequence,
    Evaluation,
    EvaluationBatch,
    EvaluationIssue,
    PoolCap,
    PoolResult,
    ResultState,
    SchemeResult,
    TieDecision,
)
from assessment.models.results import Cycle
from assessment.rules.evaluating import schemes_of, unset_leaves, widest_level
from assessment.rules.grading import LEVELS
from assessment.rules.periods import Period, parse
from assessment.selectors.conflicts import conflicts_for_system
from assessment.selectors.gathering import headcounts_for_system
from assessment.selectors.papers import papers_of_run_for_system
from assessment.services.follow_up import exit_cases_open
from core.errors import Conflict, NotAllowed, Refused
from core.models import RunState
from core.rules import PathRange, plan_batches
from core.services import audit
from core.services.runs import batch_target, code_version, lock, lock_run, plan
from organization.access import after, require
from organization.models import Permission, Unit, UnitKind, User
from organization.services import hold_tree
from personnel.services.papers import papers_file
from policy.models import PolicyVersion
from policy.rules.workers import evaluated_categories
from policy.selectors import LEVELS as PLACE_DIGITS
from policy.selectors import versions_for_system

LIVE = (RunState.RUNNING, RunState.READY, RunState.CONFIRMED, RunState.CLOSED)
SOURCES = ("assessment.rules", "policy.rules")


@transaction.atomic
def evaluation_start(
    *,
    actor: User | None,
    unit: Unit,
    period: str | int,
    people_a_batch: int | None = None,
) -> Evaluation:
    """Plan the evaluation of a unit for a period ("2025", "2025-Q1", …): a run and its batches, nothing computed yet.

    A batch holds whole pools, so that ranks and caps are those of everybody. Raises Refused with everything that
    stands in the way (no policy, values left open, a unit below the pools), Conflict when another evaluation of the
    period has some of the same people, NotFound and NotAllowed as `require` does. `actor` None is the system.
    """
    if actor is not None:
        require(actor, Permission.RUN_EVALUATION, unit)
    span = _period(period)
    hold_tree()
    lock(f"assessment.evaluation.{span.code}")
    _refuse_overlap(unit, span)
    versions = _versions(span)
    level, headcounts = _pools(unit, span, versions)
    entries, ranges = _plan(unit, span, headcounts, versions, people_a_batch or batch_target(headcounts))
    used = [(entry, next(v for v in versions.values() if v.pk == entry["id"])) for entry in entries]
    _refuse_unset([version for _entry, version in used], unit, span)
    run = Evaluation.objects.create(
        unit=unit,
        unit_path=unit.path,
        cycle=span.cycle,
        period=span.code,
        year=span.year,
        started_by=actor,
        policies=entries,
        schemes=sorted(
            {s.code for _e, v in used if v.document.assessment for s in schemes_of(v.document.assessment, span.cycle)}
        ),
        code_version=code_version(*SOURCES),
    )
    batches = plan(run, EvaluationBatch, ranges)
    audit(
        actor=actor,
        action="assessment.evaluation.start",
        obj=run,
        unit_code=unit.code,
        after={"period": span.code, "pools": level, "batches": batches, "policies": entries},
    )
    return run


def _period(text: str | int) -> Period:
    try:
        return parse(str(text))
    except ValueError:
        raise Refused(
            [
                _(
                    "“%(text)s” is no period. Write a year (2025), half-year (2025-H1), quarter (2025-Q3) or month (2025-03)."
                )
                % {"text": text}
            ]
        ) from None


def _refuse_overlap(unit: Unit, period: Period) -> None:
    above = [unit.path[: n + 1] for n, letter in enumerate(unit.path) if letter == "/"]
    other = (
        Evaluation.objects.filter(period=period.code, state__in=LIVE)
        .filter(Q(unit_path__in=above) | Q(unit_path__gte=unit.path, unit_path__lt=after(unit.path)))
        .select_related("unit")
        .first()
    )
    if other is not None:
        raise Conflict(
            _(
                "Evaluation %(number)s already covers people of %(unit)s for %(period)s (%(state)s). Cancel it first, or "
                "choose a part of the tree that it does not cover."
            )
            % {"number": other.pk, "unit": other.unit.name, "period": period.code, "state": other.get_state_display()}
        )


def _versions(period: Period) -> dict[str, PolicyVersion]:
    """The versions in force on the last day of the period, by place."""
    found = versions_for_system().filter(effective__contains=period.last, status="IN_FORCE")
    return {version.place: version for version in found}


def _version_of(path: str, versions: dict[str, PolicyVersion]) -> PolicyVersion | None:
    """The version of a unit: its own place's or the nearest one's above."""
    code = path.rstrip("/").rsplit("/", 1)[-1].ljust(12, "0")
    return next((versions[code[:digits]] for digits in PLACE_DIGITS if code[:digits] in versions), None)


def _pools(unit: Unit, period: Period, versions: dict[str, PolicyVersion]) -> tuple[str, list[tuple[str, int]]]:
    """The level whose units batches keep whole, and how many people each of its units has."""
    inside = [
        v for v in versions.values() if unit.short_code.startswith(v.place) or v.place.startswith(unit.short_code)
    ]
    levels = [widest_level(v.document, period.cycle) for v in inside if v.document.assessment]
    level = min(levels, key=LEVELS.index, default="street")
    depth = LEVELS.index(level) + 1
    if unit.path.count("/") > depth:
        raise Refused(
            [
                _(
                    "%(unit)s can't be evaluated alone: people are ranked over a whole %(level)s. Start the evaluation "
                    "for the %(level)s."
                )
                % {"unit": unit.name, "level": UnitKind(level.upper()).label}
            ]
        )
    headcounts = _evaluated(headcounts_for_system(unit.path, depth, period), versions)
    if not headcounts:
        raise Refused(
            [
                _("Nobody is employed in %(unit)s on %(day)s. Check the unit and the period.")
                % {"unit": unit.name, "day": period.last}
            ]
        )
    return level, headcounts


def _evaluated(found: Sequence[tuple[str, str, int]], versions: dict[str, PolicyVersion]) -> list[tuple[str, int]]:
    """Of (path, category, people) those whom each path's own rules evaluate, together; paths with nobody left out."""
    categories: dict[int | None, tuple[str, ...]] = {}
    people: dict[str, int] = {}
    for path, category, number in found:
        version = _version_of(path, versions)
        key = None if version is None else version.pk
        if key not in categories:
            categories[key] = evaluated_categories(None if version is None else version.document)
        if category in categories[key]:
            people[path] = people.get(path, 0) + number
    return list(people.items())


def _plan(
    unit: Unit,
    period: Period,
    headcounts: Sequence[tuple[str, int]],
    versions: dict[str, PolicyVersion],
    target: int,
) -> tuple[list[dict[str, object]], list[PathRange]]:
    """Policies with the paths for which they hold, and ranges of pools none of which mixes two policies."""
    of_pool = [(path, people, _version_of(path, versions)) for path, people in headcounts]
    without = [path for path, _people, version in of_pool if version is None or version.document.assessment is None]
    if without:
        names = list(Unit.objects.filter(path__in=without[:20]).order_by("path").values_list("name", flat=True))
        raise Refused(
            [
                _(
                    "No policy with an assessment is in force for %(units)s on %(day)s. Load the policy of the place first."
                )
                % {"units": "、".join(names), "day": period.last}
            ]
        )
    entries: list[dict[str, object]] = []
    ranges: list[PathRange] = []
    segments = [
        (version, [(path, people) for path, people, _version in rows])
        for version, rows in ((key, list(group)) for key, group in groupby(of_pool, key=lambda row: row[2]))
        if version is not None
    ]
    for index, (version, pools) in enumerate(segments):
        low = unit.path if index == 0 else pools[0][0]
        high = segments[index + 1][1][0][0] if index + 1 < len(segments) else after(unit.path)
        ranges += plan_batches(low, high, pools, target)
        entries.append(
            {
                "id": version.pk,
                "place": version.place,
                "name": str(version.name),
                "name_en": str(version.name_en),
                "version": str(version.version),
                "sha256": version.sha256,
                "path": low,
            }
        )
    return entries, ranges


def _refuse_unset(versions: Sequence[PolicyVersion], unit: Unit, period: Period) -> None:
    """One message with everything that is missing, so that it can be asked for in one letter."""
    errors = []
    for version in dict.fromkeys(versions):
        document = version.document
        if document.assessment is None or not schemes_of(document.assessment, period.cycle):
            errors.append(
                _("%(policy)s has no scheme for this cycle (%(cycle)s).")
                % {"policy": version.name, "cycle": Cycle(period.cycle).label}
            )
            continue
        missing = unset_leaves(document, period.cycle)
        if missing:
            errors.append(
                _(
                    "%(unit)s can't be evaluated for %(period)s: %(policy)s leaves %(count)s values open. Enter them in a "
                    "new version of the policy, each with its source:\n%(values)s"
                )
                % {
                    "unit": unit.name,
                    "period": period.code,
                    "policy": version.name,
                    "count": len(missing),
                    "values": "\n".join(f"{leaf.path}: {leaf.because or '–'}" for leaf in missing),
                }
            )
    if errors:
        raise Refused(errors)


def _locked(run: Evaluation, *states: RunState) -> Evaluation:
    found = lock_run(Evaluation, run.pk)
    if found.state not in states:
        raise Conflict(
            _("Evaluation %(number)s is %(state)s; look at it again.")
            % {"number": found.pk, "state": found.get_state_display()}
        )
    return found


@transaction.atomic
def evaluation_cancel(*, actor: User | None, run: Evaluation) -> Evaluation:
    """Stop an evaluation that is not closed; its results go, so that it can be started again."""
    if actor is not None:
        require(actor, Permission.RUN_EVALUATION, run.unit)
    run = _locked(run, RunState.RUNNING, RunState.READY, RunState.FAILED, RunState.CONFIRMED)
    before = {"state": run.state}
    run.state = RunState.CANCELLED
    run.finished = run.finished or timezone.now()
    run.save(update_fields=["state", "finished"])
    results = AnnualResult.objects.filter(pool__evaluation=run)
    if Appeal.objects.filter(result__in=results).exists():
        raise Refused([_("Evaluation %(number)s has appeals and can't be cancelled.") % {"number": run.pk}])
    if results.filter(decisions__isnull=False).exists():
        raise Refused(
            [
                _("Decisions of the review meeting rest on evaluation %(number)s; it can't be cancelled.")
                % {"number": run.pk}
            ]
        )
    results.delete()
    SchemeResult.objects.filter(pool__evaluation=run).delete()
    for model in (EvaluationIssue, Consequence):
        model._default_manager.filter(evaluation=run).delete()
    TieDecision.objects.filter(pool__evaluation=run).delete()
    PoolCap.objects.filter(pool__evaluation=run).delete()
    PoolResult.objects.filter(evaluation=run).delete()
    audit(
        actor=actor,
        action="assessment.evaluation.cancel",
        obj=run,
        unit_code=run.unit.code,
        before=before,
        after={"state": run.state},
    )
    return run


@transaction.atomic
def issue_accept(*, actor: User, issue: EvaluationIssue, note: str) -> EvaluationIssue:
    """Accept that somebody has no result this time, with the reason; the evaluation can then be confirmed."""
    run = _locked(issue.evaluation, RunState.READY)
    require(actor, Permission.RUN_EVALUATION, run.unit)
    if not note.strip():
        raise Refused([_("Say why %(person)s may be without a result.") % {"person": issue.person.name}])
    issue.note, issue.accepted = note.strip(), True
    issue.save(update_fields=["note", "accepted"])
    audit(
        actor=actor,
        action="assessment.issue.accept",
        obj=issue,
        unit_code=run.unit.code,
        after={"person": issue.person_id, "code": issue.code, "note": issue.note},
    )
    return issue


@transaction.atomic
def evaluation_confirm(*, actor: User, run: Evaluation, fingerprint: str = "") -> Evaluation:
    """A second person confirms the results; the window for appeals begins.

    fingerprint: what the person saw; if the run is not that one any more, Conflict. Raises NotAllowed for the person who
    started it, whatever their role, and Refused with every conflict that is left: ties without a decision, people
    without a result that nobody has accepted, caps.
    """
    require(actor, Permission.CONFIRM_EVALUATION, run.unit)
    run = _locked(run, RunState.READY)
    _refuse_starter(actor, run)
    if fingerprint and fingerprint != run.fingerprint:
        raise Conflict(_("Evaluation %(number)s is not the one you looked at; look at it again.") % {"number": run.pk})
    found = conflicts_for_system(run)
    if found:
        raise Refused([conflict.message for conflict in found])
    run.state = RunState.CONFIRMED
    run.confirmed_by = actor
    run.confirmed = timezone.now()
    run.save(update_fields=["state", "confirmed_by", "confirmed"])
    AnnualResult.objects.filter(pool__evaluation=run).update(state=ResultState.CONFIRMED)
    audit(
        actor=actor,
        action="assessment.evaluation.confirm",
        obj=run,
        unit_code=run.unit.code,
        before={"state": RunState.READY},
        after={"state": run.state, "fingerprint": run.fingerprint, "totals": run.totals},
    )
    return run


def _refuse_starter(actor: User, run: Evaluation) -> None:
    if run.started_by_id == actor.pk:
        raise NotAllowed(_("You started evaluation %(number)s; somebody else has to confirm it.") % {"number": run.pk})


@transaction.atomic
def evaluation_close(*, actor: User, run: Evaluation, waive_appeals: str = "") -> Evaluation:
    """Close confirmed results: from then on they count for ladders and pay, and nothing changes them.

    The yearly results go into people's archives in the same transaction, and the cases of leaving that the rules open
    by themselves are opened in it.

    The days for appeals must be over, or waived with a reason. Raises Refused while they are not, or while an appeal is
    open; NotAllowed for the person who started the evaluation.
    """
    require(actor, Permission.CONFIRM_EVALUATION, run.unit)
    run = _locked(run, RunState.CONFIRMED)
    _refuse_starter(actor, run)
    errors = []
    open_appeals = Appeal.objects.filter(result__pool__evaluation=run, state=Appeal.State.OPEN).count()
    if open_appeals:
        errors.append(
            ngettext(
                "%(count)s appeal is open; decide it first.",
                "%(count)s appeals are open; decide them first.",
                open_appeals,
            )
            % {"count": open_appeals}
        )
    until = _appeals_until(run)
    if until is not None and timezone.now() < until and not waive_appeals.strip():
        errors.append(
            _("Appeals are possible until %(day)s. Close after that day, or say why nobody needs it.")
            % {"day": timezone.localtime(until).date()}
        )
    if errors:
        raise Refused(errors)
    AnnualResult.objects.filter(pool__evaluation=run).update(state=ResultState.CLOSED)
    SchemeResult.objects.filter(pool__evaluation=run).update(closed=True)
    run.state = RunState.CLOSED
    run.closed = timezone.now()
    run.save(update_fields=["state", "closed"])
    filed = papers_file(actor=actor, papers=papers_of_run_for_system(run), of=run)
    cases = exit_cases_open(run=run)
    audit(
        actor=actor,
        action="assessment.evaluation.close",
        obj=run,
        unit_code=run.unit.code,
        before={"state": RunState.CONFIRMED},
        after={"state": run.state, "waive_appeals": waive_appeals.strip(), "filed": filed, "exit_cases": cases},
    )
    return run


def _appeals_until(run: Evaluation) -> datetime | None:
    """When the days for appeals end; None without any."""
    days = [
        version.document.assessment.appeal_days or 0
        for version in PolicyVersion.objects.select_related("parent").filter(pk__in=[e["id"] for e in run.policies])
        if version.document.assessment is not None
    ]
    longest = max(days, default=0)
    if not longest or run.confirmed is None:
        return None
    return run.confirmed + timedelta(days=longest)
