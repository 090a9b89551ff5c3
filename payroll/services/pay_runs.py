"""Pay runs: start, cancel, seal. The computing of a batch is in `batches`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.models import RunState
from core.periods import Month
from core.rules import plan_batches
from core.services import audit
from core.services.runs import batch_target, code_version, lock, lock_run, plan
from organization.access import after, require
from organization.models import Permission, Unit, User
from organization.services import hold_tree
from payroll.models import PayBatch, PayDifference, PayKind, PayLeftOut, PayRun, PaySlip
from payroll.models.pay import ArrearsLine
from payroll.rules.checks import unset_for_pay
from payroll.rules.components import component_order, paid_period, period_of
from payroll.rules.lines import payables
from payroll.rules.snapshot import input_order
from payroll.selectors.frames import headcounts_for_system, results_year_for_system
from payroll.selectors.own_means import own_means_for_system
from policy.models import PolicyVersion
from policy.rules.context import Context
from policy.rules.document import Policy
from policy.selectors import index_values_for_system, policy_of_unit_for_system, versions_below_for_system

LIVE = (RunState.RUNNING, RunState.READY, RunState.SEALED)
SOURCES = ("payroll.rules", "policy.rules")
ARREARS_MONTHS = 12


@transaction.atomic
def pay_run_start(
    *,
    actor: User | None,
    unit: Unit,
    month: Month,
    dry_run: bool = False,
    arrears_from: Month | None = None,
    people_a_batch: int | None = None,
) -> PayRun:
    """Plan the pay of a unit for a month: a run and its batches, nothing computed yet.

    arrears_from: the earliest sealed month that is worked out again; without one, the first sealed month of the twelve
    before. Raises Refused with one message that names every value the policy leaves open, Conflict when another run
    of the month has some of the same people, NotFound and NotAllowed as `require` does. `actor` None is the system.
    """
    if actor is not None:
        require(actor, Permission.RUN_PAY, unit)
    hold_tree()
    lock(f"payroll.pay.{month}")
    version = _policy(unit, month)
    refuse_other_rules(unit, month.first_day)
    _refuse_unset(version, unit, month)
    if not dry_run:
        _refuse_overlap(unit, month)
    headcounts = headcounts_for_system(unit.path, month)
    if not headcounts:
        raise Refused(
            [
                _("Nobody is employed in %(unit)s in %(month)s. Check the unit and the month.")
                % {"unit": unit.name, "month": month}
            ]
        )
    document = version.document
    since = _arrears_from(unit, month, arrears_from)
    versions = {month: version} | _versions(unit, version, other_months(document, month, since))
    run = PayRun.objects.create(
        unit=unit,
        unit_path=unit.path,
        month=month.first_day,
        kind=PayKind.REGULAR,
        dry_run=dry_run,
        started_by=actor,
        arrears_from=since,
        results_year=results_year_for_system(
            unit.path, month, closing=document.pay is not None and document.pay.annual_grade_from == "closing"
        ),
        known_on=timezone.localdate(),
        published=_published(version.place),
        policies=[policy_entry(one) for one in {one.pk: one for one in versions.values()}.values()],
        lines=[
            {
                "code": line.code,
                "name": line.name.zh,
                "name_en": line.name.en,
                "payer": dict(line.payer),
                "paid": line.paid,
                "cite": line.cite or "",
                "kind": line.kind,
            }
            for line in component_order(document)
        ],
        inputs=input_order(document)
        | {"months": {str(one): found.pk for one, found in versions.items()}, "own_means": _own_means(versions)},
        code_version=code_version(*SOURCES),
    )
    batches = plan(
        run, PayBatch, plan_batches(unit.path, after(unit.path), headcounts, people_a_batch or batch_target(headcounts))
    )
    audit(
        actor=actor,
        action="payroll.payrun.start",
        obj=run,
        unit_code=unit.code,
        after={"month": str(month), "dry_run": dry_run, "batches": batches, "policies": run.policies},
    )
    return run


def _own_means(versions: dict[Month, PolicyVersion]) -> dict[str, dict[str, list[int]]]:
    """Of each month: index code → [numerator, denominator] of the mean of the year before, as it is sealed today."""
    found: dict[str, dict[str, list[int]]] = {}
    known: dict[tuple[int, int], dict[str, list[int]]] = {}
    for month, version in versions.items():
        key = (version.pk, month.year - 1)
        if key not in known:
            means = own_means_for_system(version.document, month.year - 1)
            known[key] = {code: [mean.numerator, mean.denominator] for code, mean in means.items()}
        if known[key]:
            found[str(month)] = known[key]
    return found


def other_months(document: Policy, month: Month, since: date | None) -> list[Month]:
    """The months beside its own that a run looks at: those of a cycle that it pays, and those it works out again."""
    months: set[Month] = set()
    if since is not None:
        months |= set(Month.of(since).until(month))
    for component in document.pay.components if document.pay else ():
        for part in payables(component):
            period = paid_period(part.cycle, month)
            if period is not None:
                months |= set(period.months())
            if part.cycle.every != "month" and part.cycle.leaver == "at_exit":
                months |= set(period_of(part.cycle.every, month).first.until(month))
    return sorted(months - {month})


def _versions(unit: Unit, own: PolicyVersion, months: list[Month]) -> dict[Month, PolicyVersion]:
    """The version in force in each month; before a place had any, the run's own."""
    return {month: policy_of_unit_for_system(unit.code, month.first_day) or own for month in months}


def _policy(unit: Unit, month: Month) -> PolicyVersion:
    version = policy_of_unit_for_system(unit.code, month.first_day)
    if version is None:
        raise Refused(
            [
                _("No policy is in force for %(unit)s on %(day)s. Load the policy of the place first.")
                % {"unit": unit.name, "day": month.first_day}
            ]
        )
    return version


def refuse_other_rules(unit: Unit, day: date) -> None:
    """One run is worked out by one place's rules: a place inside the unit that has its own gets a run of its own."""
    below = versions_below_for_system(unit.code, day)
    if below:
        raise Refused(
            [
                _("%(place)s has rules of its own on %(day)s. Start a run for it, not one for all of %(unit)s.")
                % {"place": version.document.name.zh, "day": day, "unit": unit.name}
                for version in below
            ]
        )


def _published(place: str) -> list[list[str | int | None]]:
    """The index figures entered beside the policy, as they are known today."""
    return [
        [index, key if isinstance(key, int) else key.isoformat(), str(value), published.isoformat()]
        for (index, unit_code, key), (value, published) in sorted(index_values_for_system(place).items(), key=str)
        if not unit_code
    ]


def policy_entry(version: PolicyVersion) -> dict[str, str | int]:
    return {
        "id": version.pk,
        "place": version.place,
        "name": str(version.document.name.zh),
        "name_en": str(version.document.name.en),
        "version": str(version.version),
        "sha256": version.sha256,
    }


def _refuse_unset(version: PolicyVersion, unit: Unit, month: Month) -> None:
    """One message with everything that is missing, so that it can be asked for in one letter."""
    published: dict[str, dict[int | date, tuple[Decimal, date | None]]] = {}
    for (index, unit_code, key), found in index_values_for_system(version.place).items():
        if not unit_code:
            published.setdefault(index, {})[key] = found
    ctx = Context(
        version.document,
        month.first_day,
        month=month,
        known=timezone.localdate(),
        own_means=own_means_for_system(version.document, month.year - 1),
        published=published,
    )
    missing = unset_for_pay(version.document, ctx)
    if not missing:
        return
    lines = [f"{leaf.path}: {leaf.because or _('no value given')}" for leaf in missing]
    raise Refused(
        [
            _(
                "The pay of %(unit)s for %(month)s can't be worked out: %(policy)s leaves %(count)s values open on "
                "%(day)s. Enter them in a new version of the policy, each with its source:\n%(values)s"
            )
            % {
                "unit": unit.name,
                "month": month,
                "policy": version.document.name.zh,
                "count": len(missing),
                "day": month.first_day,
                "values": "\n".join(lines),
            }
        ]
    )


def _refuse_overlap(unit: Unit, month: Month) -> None:
    other = (
        PayRun.objects.filter(month=month.first_day, kind=PayKind.REGULAR, dry_run=False, state__in=LIVE)
        .filter(overlapping(unit))
        .select_related("unit")
        .first()
    )
    if other is not None:
        raise Conflict(
            _(
                "Run %(number)s already pays people of %(unit)s for %(month)s (%(state)s). Cancel it first, or choose a "
                "part of the tree that it does not cover."
            )
            % {"number": other.pk, "unit": other.unit.name, "month": month, "state": other.get_state_display()}
        )


def overlapping(unit: Unit) -> Q:
    """Runs of the unit, of units above it and of units below it."""
    above = [unit.path[: n + 1] for n, letter in enumerate(unit.path) if letter == "/"]
    return Q(unit_path__in=above) | Q(unit_path__gte=unit.path, unit_path__lt=after(unit.path))


def _arrears_from(unit: Unit, month: Month, wanted: Month | None) -> date | None:
    """The first sealed month to be worked out again; None when no earlier month is sealed."""
    earliest = month
    for _n in range(ARREARS_MONTHS):
        earliest = earliest.previous()
    if wanted is not None:
        earliest = wanted
    return (
        PayRun.objects.filter(
            month__gte=earliest.first_day, month__lt=month.first_day, state=RunState.SEALED, dry_run=False
        )
        .filter(overlapping(unit))
        .order_by("month")
        .values_list("month", flat=True)
        .first()
    )


def _locked(run: PayRun, *states: RunState) -> PayRun:
    found = lock_run(PayRun, run.pk)
    if found.state not in states:
        raise Conflict(
            _("Run %(number)s is %(state)s; look at it again.")
            % {"number": found.pk, "state": found.get_state_display()}
        )
    return found


@transaction.atomic
def pay_run_cancel(*, actor: User | None, run: PayRun) -> PayRun:
    """Stop a run that is not sealed; its slips go, so that the month can be run again. Batches at work roll back."""
    if actor is not None:
        require(actor, Permission.RUN_PAY, run.unit)
    run = _locked(run, RunState.RUNNING, RunState.READY, RunState.FAILED)
    before = {"state": run.state}
    run.state = RunState.CANCELLED
    run.finished = run.finished or timezone.now()
    run.save(update_fields=["state", "finished"])
    for model in (PaySlip, PayLeftOut, PayDifference, ArrearsLine):
        model.objects.filter(run=run).delete()
    audit(
        actor=actor,
        action="payroll.payrun.cancel",
        obj=run,
        unit_code=run.unit.code,
        before=before,
        after={"state": run.state},
    )
    return run


@transaction.atomic
def pay_run_seal(*, actor: User, run: PayRun, fingerprint: str = "") -> PayRun:
    """A second person approves; from then on nothing of the run changes.

    fingerprint: what the person saw; if the run is not that one any more, Conflict. Raises NotAllowed for the person
    who started the run, whatever their role.
    """
    require(actor, Permission.SEAL_PAY, run.unit)
    run = _locked(run, RunState.READY)
    if run.started_by_id == actor.pk:
        raise NotAllowed(_("You started run %(number)s; somebody else has to seal it.") % {"number": run.pk})
    if run.dry_run:
        raise Refused([_("Run %(number)s is a trial and has no slips. Start a real one.") % {"number": run.pk}])
    if fingerprint and fingerprint != run.fingerprint:
        raise Conflict(_("Run %(number)s is not the one you looked at; look at it again.") % {"number": run.pk})
    run.state = RunState.SEALED
    run.confirmed_by = actor
    run.confirmed = timezone.now()
    run.save(update_fields=["state", "confirmed_by", "confirmed"])
    audit(
        actor=actor,
        action="payroll.payrun.seal",
        obj=run,
        unit_code=run.unit.code,
        before={"state": RunState.READY},
        after={"state": run.state, "fingerprint": run.fingerprint, "totals": run.totals},
    )
    return run
