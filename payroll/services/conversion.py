"""The conversion of existing staff (套改): its steps, its exceptions, and what takes it back.

Starting, computing and confirming are those of every review (`promotion`).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.models import RunState
from core.services import audit
from core.services.runs import lock_run
from organization.access import require
from organization.models import Permission, User
from payroll.models import ConversionStep, PromotionKind, PromotionOutcome, PromotionRun
from payroll.selectors.conversion import PlannedStep, conversion_steps_for_system
from personnel.services.steps import refuse, too_long


def locked_review(run: PromotionRun, *states: RunState) -> PromotionRun:
    """The run, which nobody else changes until the transaction ends. Raises Conflict if it is in none of the states."""
    found = lock_run(PromotionRun, run.pk)
    if found.state not in states:
        raise Conflict(
            _("Review %(number)s is %(state)s; look at it again.")
            % {"number": found.pk, "state": found.get_state_display()}
        )
    return found


@transaction.atomic
def conversion_step(*, actor: User | None, run: PromotionRun, code: str, document: str) -> ConversionStep:
    """Take the next step of a conversion on a document. The last one is taken by confirming the run.

    Raises Conflict for any other step than the next, Refused without a document, NotAllowed for somebody who took a
    step that the rules want in other hands.
    """
    if actor is not None:
        require(actor, Permission.RUN_PROMOTION, run.unit)
    run = locked_review(run, RunState.READY)
    planned = conversion_steps_for_system(run)
    following = next((one for one in planned if one.follows), None)
    if following is None or following.spec.code != code:
        raise Conflict(
            _("The next step of conversion %(number)s is “%(step)s”; look at it again.")
            % {"number": run.pk, "step": _with_clause(following) if following else "–"}
        )
    if following is planned[-1]:
        raise Conflict(
            _("“%(step)s” is the last step: confirm conversion %(number)s with it.")
            % {"number": run.pk, "step": _with_clause(following)}
        )
    return _take(actor, run, planned, following, document)


def close_steps(*, actor: User | None, run: PromotionRun, document: str) -> None:
    """The last step, as part of the confirmation. Raises Conflict while an earlier one is open."""
    planned = conversion_steps_for_system(run)
    if not planned:
        return
    *earlier, last = planned
    for one in earlier:
        if one.taken is None:
            raise Conflict(
                _("Conversion %(number)s can't be confirmed: the step “%(step)s” comes first.")
                % {"number": run.pk, "step": _with_clause(one)}
            )
    _take(actor, run, planned, last, document)


def _with_clause(step: PlannedStep) -> str:
    """What a step is called, with the clause that asks for it."""
    return f"{step.name}（{step.spec.cite}）" if step.spec.cite else step.name


def _take(
    actor: User | None, run: PromotionRun, planned: list[PlannedStep], step: PlannedStep, document: str
) -> ConversionStep:
    document = document.strip()
    if not document:
        message = _("“%(step)s” needs the number of its document.") % {"step": _with_clause(step)}
        raise Refused([message], {"document": [message]})
    refuse(too_long(ConversionStep, document=document))
    for other in planned:
        taken = other.taken
        own = actor is not None and taken is not None and taken.taken_by_id == actor.pk
        if own and other.spec.code in step.spec.other_than:
            raise NotAllowed(
                _("You took the step “%(earlier)s”; somebody else has to take “%(step)s”.")
                % {"earlier": other.name, "step": _with_clause(step)}
            )
    row = ConversionStep.objects.create(
        run=run, position=step.position, code=step.spec.code, document=document, taken_by=actor
    )
    audit(
        actor=actor,
        action="payroll.conversion.step",
        obj=run,
        unit_code=run.unit.code,
        after={"step": row.code, "document": row.document},
    )
    return row


@transaction.atomic
def conversion_leave_out(*, actor: User | None, run: PromotionRun, person: int, reason: str) -> None:
    """Somebody is an exception whom the conversion doesn't touch; an empty reason takes them in again.

    Raises Refused for a run that is no conversion, and for whom it doesn't cover.
    """
    if actor is not None:
        require(actor, Permission.RUN_PROMOTION, run.unit)
    run = locked_review(run, RunState.READY)
    rows = PromotionOutcome.objects.select_for_update(no_key=True).filter(run=run, person_id=person)
    if run.kind != PromotionKind.CONVERSION or not rows:
        raise Refused([_("Nobody of that number is converted by run %(number)s.") % {"number": run.pk}])
    reason = reason.strip()
    _refuse_longer(PromotionOutcome, "left_out", reason)
    before = rows[0].left_out
    rows.update(left_out=reason)
    audit(
        actor=actor,
        action="payroll.conversion.leave_out",
        obj=run,
        unit_code=run.unit.code,
        before={"person": person, "left_out": before},
        after={"person": person, "left_out": reason},
    )


@transaction.atomic
def conversion_reverse(*, actor: User, run: PromotionRun, reason: str) -> PromotionRun:
    """Take a confirmed conversion back: its values go and those before them go on.

    What was paid by them already turns up as arrears of the next pay run. Raises NotAllowed for who confirmed it,
    Refused without a reason, Conflict when somebody's value has changed since.
    """
    require(actor, Permission.CONFIRM_PROMOTION, run.unit)
    run = locked_review(run, RunState.CONFIRMED)
    if run.kind != PromotionKind.CONVERSION:
        raise Refused([_("Run %(number)s is no conversion.") % {"number": run.pk}])
    if run.confirmed_by_id == actor.pk:
        raise NotAllowed(
            _("You confirmed conversion %(number)s; somebody else has to take it back.") % {"number": run.pk}
        )
    if not reason.strip():
        message = _("Say why conversion %(number)s is taken back.") % {"number": run.pk}
        raise Refused([message], {"reason": [message]})
    _refuse_longer(PromotionRun, "reversed_because", reason)
    _unwrite_spans(run)
    run.state = RunState.CANCELLED
    run.reversed_because = reason.strip()
    run.save(update_fields=["state", "reversed_because"])
    audit(
        actor=actor,
        action="payroll.conversion.reverse",
        obj=run,
        unit_code=run.unit.code,
        before={"state": RunState.CONFIRMED},
        after={"state": run.state, "reason": run.reversed_because},
    )
    return run


def _refuse_longer(model: type[PromotionOutcome | PromotionRun], column: str, reason: str) -> None:
    """Raises Refused, by the name that forms have for it, for a reason that is longer than its column."""
    refuse({"reason": too_long(model, **{column: reason}).get(column, [])})


def _unwrite_spans(run: PromotionRun) -> None:
    """Removes the run's values and lets those that it ended go on; all must be as the run left them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.name FROM payroll_promotionoutcome o
                 JOIN personnel_person p ON p.id = o.person_id
                 LEFT JOIN payroll_gradespan g
                        ON g.person_id = o.person_id AND g.scale = o.scale AND g.run_id = o.run_id
                WHERE o.run_id = %s AND o.new IS NOT NULL AND o.left_out = ''
                  AND (g.id IS NULL OR g."end" IS NOT NULL OR g.value <> o.new
                       OR (o.old IS NOT NULL AND NOT EXISTS
                           (SELECT FROM payroll_gradespan b WHERE b.person_id = o.person_id AND b.scale = o.scale
                               AND b."end" = o.effective AND b.value = o.old)))
                ORDER BY p.name_pinyin LIMIT 20""",
            [run.pk],
        )
        changed = [name for (name,) in cursor.fetchall()]
        if changed:
            raise Conflict(
                _("The values of these people have changed since the conversion; it can't be taken back: %(names)s")
                % {"names": "、".join(changed)}
            )
        cursor.execute("DELETE FROM payroll_gradespan WHERE run_id = %s", [run.pk])
        cursor.execute(
            """UPDATE payroll_gradespan g SET "end" = NULL FROM payroll_promotionoutcome o
                WHERE o.run_id = %s AND o.new IS NOT NULL AND o.left_out = '' AND o.old IS NOT NULL
                  AND g.person_id = o.person_id AND g.scale = o.scale AND g."end" = o.effective""",
            [run.pk],
        )
