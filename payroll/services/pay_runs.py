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
from payroll.selectors.frames import headcounts_for_system
from payroll.selectors.own_means import own_means_for_system
from payroll.selectors.planned import planned_run_for_system
from policy.models import PolicyVersion, named
from policy.rules.context import Context
from policy.rules.workers import paid_categories
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
    headcounts = headcounts_for_system(unit.path, month, paid_categories(version.document))
    if not headcounts:
        raise Refused(
            [
                _("Nobody is employed in %(unit)s in %(month)s. Check the unit and the month.")
                % {"unit": unit.name, "month": month}
            ]
        )
    since = _arrears_from(unit, month, arrears_from)
    run = planned_run_for_system(unit, month, version, arrears_from=since)
    run.dry_run, run.started_by, run.code_version = dry_run, actor, code_version(*SOURCES)
    run.save()
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
                % {"place": named(version.document.name), "day": day, "unit": unit.name}
                for version in below
            ]
        )


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
                "policy": named(version.document.name),
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
