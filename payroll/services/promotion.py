"""Reviews of ladders and first placements: start, compute, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.models import RunState
from core.rules import add_digests, digest_text, plan_batches, unit_digest
from core.services import audit
from core.services.runs import (
    Claim,
    batch_target,
    claim_batch,
    code_version,
    compute_claimed,
    due_batches,
    finish_batch,
    lock,
    plan,
    settle_run,
)
from core.services.tables import copy_rows, escaped, rows_text
from organization.access import after, require
from organization.models import Permission, Unit, User
from organization.services import hold_tree
from payroll.models import PromotionBatch, PromotionKind, PromotionOutcome, PromotionRun
from payroll.selectors.frames import headcounts_on_for_system
from payroll.selectors.ladders import outcomes_of_range_for_system
from payroll.selectors.planned import policy_entry_for_system
from payroll.services.conversion import close_steps, locked_review
from payroll.services.pay_runs import SOURCES, overlapping, refuse_other_rules
from personnel.models import Employment, Person
from personnel.models.ranges import holding
from policy.models import named
from policy.rules.workers import paid_categories
from policy.selectors import policy_of_unit_for_system

_COLUMNS = (
    "person_id",
    "unit_id",
    "unit_path",
    "scale",
    "old",
    "new",
    "effective",
    "code",
    "params",
    "old_year",
    "new_year",
    "run_id",
)


@transaction.atomic
def promotion_start(
    *,
    actor: User | None,
    unit: Unit,
    day: date,
    kind: str = PromotionKind.REVIEW,
    person: Person | None = None,
    people_a_batch: int | None = None,
) -> PromotionRun:
    """Plan a review of everybody's values on all scales of the policy that holds on the day.

    person: whom alone it is about; the unit is the one that they are employed in on the day, or one above it.

    A review also places those who have no value yet; a placement does nothing else. A conversion works out everybody's
    value anew, as if they began. Raises Refused when the policy
    has no scales or nobody is employed, Conflict when a review of the day already covers some of the people.
    """
    if actor is not None:
        require(actor, Permission.RUN_PROMOTION, unit)
    hold_tree()
    lock(f"payroll.promotion.{day}")
    version = policy_of_unit_for_system(unit.code, day)
    if version is None:
        raise Refused([_("No policy is in force for %(unit)s on %(day)s.") % {"unit": unit.name, "day": day}])
    refuse_other_rules(unit, day)
    if not version.document.scales:
        raise Refused(
            [
                _("%(policy)s has no ladder: there is nothing to review in %(unit)s.")
                % {"policy": named(version.document.name), "unit": unit.name}
            ]
        )
    other = (
        PromotionRun.objects.filter(day=day, kind=kind, state__in=(RunState.RUNNING, RunState.READY))
        .filter(overlapping(unit), *([] if person is None else [Q(subject=None) | Q(subject=person.key)]))
        .first()
    )
    if other is not None:
        raise Conflict(
            _("Review %(number)s of %(day)s is not finished and covers some of the same people. Confirm or cancel it.")
            % {"number": other.pk, "day": day}
        )
    categories = paid_categories(version.document)
    headcounts = headcounts_on_for_system(unit.path, day.isoformat(), categories)
    if person is not None:
        headcounts = _where_alone(person, unit, day, categories)
    if not headcounts:
        raise Refused([_("Nobody is employed in %(unit)s on %(day)s.") % {"unit": unit.name, "day": day}])
    run = PromotionRun.objects.create(
        unit=unit,
        unit_path=unit.path,
        day=day,
        kind=kind,
        subject=None if person is None else person.key,
        started_by=actor,
        policies=[policy_entry_for_system(version)],
        scales=list(version.document.scales),
        code_version=code_version(*SOURCES),
    )
    batches = plan(
        run,
        PromotionBatch,
        plan_batches(unit.path, after(unit.path), headcounts, people_a_batch or batch_target(headcounts)),
    )
    audit(
        actor=actor,
        action="payroll.promotion.start",
        obj=run,
        unit_code=unit.code,
        after={"day": day, "kind": kind, "batches": batches, "policies": run.policies}
        | ({} if person is None else {"person": person.pk}),
    )
    return run


def _where_alone(person: Person, unit: Unit, day: date, categories: Sequence[str]) -> list[tuple[str, int]]:
    """The one unit of a run about one person. Raises Refused for whoever isn't employed in the unit on the day."""
    held = Employment.objects.filter(holding(day), person=person, category__in=categories)
    paths = held.filter(unit_path__startswith=unit.path).values_list("unit_path", flat=True)
    if not paths:
        raise Refused(
            [
                _("%(person)s is not employed in %(unit)s on %(day)s.")
                % {"person": person.name, "unit": unit.name, "day": day}
            ]
        )
    return [(paths[0], 1)]


def compute_promotion_batch(*, actor: User | None = None, batch_id: int) -> bool:
    """Claim and compute one batch of a review; safe to repeat. False: nothing was done."""
    claim = claim_batch(model=PromotionBatch, batch_id=batch_id)
    if claim is None:
        return False
    done = compute_claimed(claim=claim, compute=_compute)
    settle_promotion_run(actor=actor, run_id=claim.run_id)
    return done


def compute_promotion_run(*, actor: User | None = None, run: PromotionRun) -> PromotionRun:
    """The whole review in this process."""
    while due := due_batches(model=PromotionBatch, run_id=run.pk):
        for batch_id in due:
            compute_promotion_batch(actor=actor, batch_id=batch_id)
    settle_promotion_run(actor=actor, run_id=run.pk)
    run.refresh_from_db()
    return run


def settle_promotion_runs(*, actor: User | None = None) -> None:
    for run_id in PromotionRun.objects.filter(state=RunState.RUNNING).values_list("pk", flat=True):
        settle_promotion_run(actor=actor, run_id=run_id)


@transaction.atomic
def settle_promotion_run(*, actor: User | None = None, run_id: int) -> RunState | None:
    if PromotionBatch.objects.filter(run_id=run_id, state__in=("DUE", "CLAIMED")).exists():
        return None
    run = PromotionRun.objects.select_related("unit").get(pk=run_id)
    state = settle_run(
        model=PromotionRun,
        run_id=run_id,
        policies=[entry["sha256"] for entry in run.policies],
        what=f"promotion {run.unit.code} {run.day} {run.kind}",
    )
    if state is not None:
        run.refresh_from_db()
        audit(
            actor=actor,
            action="payroll.promotion.computed",
            obj=run,
            unit_code=run.unit.code,
            after={"state": state, "fingerprint": run.fingerprint, "totals": run.totals},
        )
    return state


def _compute(claim: Claim) -> None:
    run = PromotionRun.objects.get(pk=claim.run_id)
    rows = outcomes_of_range_for_system(run, claim.path_from, claim.path_to).sort("unit_path", "person", "scale")
    PromotionOutcome.objects.filter(run=run, unit_path__gte=claim.path_from, unit_path__lt=claim.path_to).delete()
    text = rows_text(
        rows.select(
            "person",
            "unit_id",
            "unit_path",
            "scale",
            "old",
            "new",
            "effective",
            "code",
            escaped(pl.col("params").fill_null("{}")).alias("params"),
            "old_year",
            "new_year",
        )
    )
    copy_rows(PromotionOutcome._meta.db_table, _COLUMNS, text.replace(b"\n", b"\t%d\n" % run.pk))
    moves = rows.filter(pl.col("new").is_not_null() & pl.col("new").ne_missing(pl.col("old"))).height
    digests = [
        unit_digest(str(key[0]), rows_text(group.drop("unit_path", "unit_id")))
        for key, group in rows.group_by("unit_path", maintain_order=True)
    ]
    finish_batch(
        claim=claim,
        people=rows["person"].n_unique(),
        left_out=rows.filter(pl.col("new").is_null()).height,
        digest=digest_text(add_digests(digests)),
        totals={"moves": moves, "stays": rows.height - moves} | _worth(rows),
    )


def _worth(rows: pl.DataFrame) -> dict[str, int]:
    """What the new values make of the pay of a year (fen), and for how many it was worked out."""
    known = rows.filter(pl.col("new_year").is_not_null())
    if known.is_empty():
        return {}
    both = known.filter(pl.col("old_year").is_not_null())
    return {
        "paid": known.height,
        "new_year": int(known["new_year"].sum()),
        "compared": both.height,
        "more": int((both["new_year"] - both["old_year"]).sum()),
    }


@transaction.atomic
def promotion_cancel(*, actor: User | None, run: PromotionRun) -> PromotionRun:
    """Stop a review that is not confirmed; its outcomes stay to be read, and never take effect."""
    if actor is not None:
        require(actor, Permission.RUN_PROMOTION, run.unit)
    run = locked_review(run, RunState.RUNNING, RunState.READY, RunState.FAILED)
    before = {"state": run.state}
    run.state = RunState.CANCELLED
    run.save(update_fields=["state"])
    audit(
        actor=actor,
        action="payroll.promotion.cancel",
        obj=run,
        unit_code=run.unit.code,
        before=before,
        after={"state": run.state},
    )
    return run


@transaction.atomic
def promotion_confirm(*, actor: User | None, run: PromotionRun, document: str = "") -> PromotionRun:
    """A second person confirms: the values begin and end on the days that the outcomes say.

    document: on what the last step of a conversion rests. Raises NotAllowed for the person who started the review,
    Conflict when somebody's values have changed meanwhile or a step of a conversion is open.
    `actor` None is the system itself (first set-up).
    """
    if actor is not None:
        require(actor, Permission.CONFIRM_PROMOTION, run.unit)
    run = locked_review(run, RunState.READY)
    if actor is not None and run.started_by_id == actor.pk:
        raise NotAllowed(_("You started review %(number)s; somebody else has to confirm it.") % {"number": run.pk})
    close_steps(actor=actor, run=run, document=document)
    _write_spans(run)
    run.state = RunState.CONFIRMED
    run.confirmed_by = actor
    run.confirmed = timezone.now()
    run.save(update_fields=["state", "confirmed_by", "confirmed"])
    audit(
        actor=actor,
        action="payroll.promotion.confirm",
        obj=run,
        unit_code=run.unit.code,
        before={"state": RunState.READY},
        after={"state": run.state, "fingerprint": run.fingerprint, "totals": run.totals},
    )
    return run


# The outcomes that begin a value: those who move, and of a conversion everybody, who begin to count anew.
_WRITTEN = """o.new IS NOT NULL AND o.left_out = '' AND (o.new IS DISTINCT FROM o.old OR EXISTS (
                SELECT FROM payroll_promotionrun r WHERE r.id = o.run_id AND r.kind = 'CONVERSION'))"""


def _write_spans(run: PromotionRun) -> None:
    """Ends the values that give way and begins the new ones, set-based; a person's values must be those reviewed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT p.name FROM payroll_promotionoutcome o JOIN personnel_person p ON p.id = o.person_id
                WHERE o.run_id = %s AND {_WRITTEN}
                  AND (EXISTS (SELECT FROM payroll_gradespan g
                                WHERE g.person_id = o.person_id AND g.scale = o.scale AND g.start > o.effective)
                       OR o.old IS DISTINCT FROM
                          (SELECT g.value FROM payroll_gradespan g
                            WHERE g.person_id = o.person_id AND g.scale = o.scale AND g.start <= o.effective
                              AND (g."end" IS NULL OR g."end" > o.effective)))
                ORDER BY p.name_pinyin LIMIT 20""",
            [run.pk],
        )
        changed = [name for (name,) in cursor.fetchall()]
        if changed:
            raise Conflict(
                _("The values of these people have changed since the review; cancel it and review again: %(names)s")
                % {"names": "、".join(changed)}
            )
        cursor.execute(
            f"""DELETE FROM payroll_gradespan g USING payroll_promotionoutcome o
                WHERE o.run_id = %s AND {_WRITTEN}
                  AND g.person_id = o.person_id AND g.scale = o.scale AND g.start = o.effective""",
            [run.pk],
        )
        cursor.execute(
            f"""UPDATE payroll_gradespan g SET "end" = o.effective FROM payroll_promotionoutcome o
                WHERE o.run_id = %s AND {_WRITTEN}
                  AND g.person_id = o.person_id AND g.scale = o.scale AND g.start < o.effective
                  AND (g."end" IS NULL OR g."end" > o.effective)""",
            [run.pk],
        )
        cursor.execute(
            f"""INSERT INTO payroll_gradespan (person_id, scale, value, start, "end", code, params, run_id)
               SELECT person_id, scale, new, effective, NULL, code, params, run_id FROM payroll_promotionoutcome o
                WHERE run_id = %s AND {_WRITTEN}""",
            [run.pk],
        )
