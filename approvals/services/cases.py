"""Writes of cases and their steps: a step is taken exactly once, by whoever it is up to.

Every write locks the case first. Whoever comes second finds the step taken: the row that is written is the open one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import rules
from approvals.models import Case, CaseState, CaseStep, Need, Opinion, StepState
from approvals.selectors import (
    PERMISSION_OF,
    due_day_for_system,
    holds,
    in_the_way_for_system,
    not_of_both_sides,
    procedure_for_system,
    procedure_of_move_for_system,
)
from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import may, require
from organization.models import Permission, Unit, User
from organization.services import newest_row

DECIDES = ("decision", "approve")
LONGEST = 500  # characters of a reason or a note


@transaction.atomic
def case_open(
    *,
    actor: User | None,
    unit: Unit,
    act: str,
    post: str,
    subject: UUID,
    subject_name: str,
    summary: Mapping[str, str],
    reason: str,
    planned: date | None = None,
    exit_code: str = "",
    to_unit: Unit | None = None,
    away: str = "",
    due_back: date | None = None,
) -> Case:
    """Open the case that the place's rules put in front of an act about a post, of moving or of leaving; its first step
    is up.

    actor None: the rules open it by themselves. exit_code: of leaving, the place's reason. to_unit: of a move, where
    to; away, due_back: of a secondment, its kind and when they are expected back. Raises Refused where no procedure is
    asked for or one of its values is left open, Conflict for a second case about the same person and post.
    """
    unit, _first = newest_row(unit)
    if actor is not None:
        require(actor, Permission.TAKE_STREET_STEPS, unit)
    today = timezone.localdate()
    if to_unit is None:
        asked = procedure_for_system(unit, act, post, today)
    else:
        to_unit, _first = newest_row(to_unit)
        asked = procedure_of_move_for_system(unit, to_unit, act, today, away=away)
    if asked is None:
        raise Refused(
            [_("The rules of %(unit)s ask for no procedure here; enter it on the person's page.") % {"unit": unit.name}]
        )
    _text("reason", reason)
    version, found = asked
    left_open = version.document.unset(found.path)
    if left_open:
        raise Refused([f"{leaf.path}: {leaf.because}" for leaf in left_open])
    case = Case(
        version=version, procedure=found.code, act=act, unit=unit, unit_path=unit.path, post=post, subject=subject,
        subject_name=subject_name, summary=dict(summary), reason=reason.strip(), planned=planned, opened_by=actor,
        exit_code=exit_code, to_unit=to_unit, to_path="" if to_unit is None else to_unit.path, away=away, due_back=due_back,
    )  # fmt: skip
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("A case about %(person)s and this post is under way already.") % {"person": subject_name}
        ) from None
    audit_case(
        actor,
        "open",
        case,
        {"procedure": found.code, "act": act, "post": post, "reason": case.reason, **_where_to(case)},
    )
    _open_step(case, 1)
    return case


@transaction.atomic
def step_take(*, actor: User, case: Case, step: int, values: Mapping[str, Any], note: str = "") -> CaseStep:
    """Take the open step of a case. step: the row that was looked at, so that nothing else is taken by mistake.

    values: what the step needs (`rules.VALUES`), days as dates. Raises Conflict if the step is no longer open, Refused
    with all that is missing, NotAllowed for whoever may not take it or took a step that excludes this one.
    """
    case, row = locked(case, step)
    if row.position == len(case.rules.steps):
        raise Refused([_("The last step is taken together with what it changes.")])
    _take(actor, case, row, values, note)
    _open_step(case, row.position + 1)
    return row


@transaction.atomic
def case_finish(*, actor: User, case: Case, step: int, values: Mapping[str, Any], note: str = "") -> Case:
    """Take the last step of a case and close it. Part of the service that writes what the case decides, in its transaction.

    Raises what `step_take` raises, and Refused while another step is open.
    """
    case, row = locked(case, step)
    if row.position != len(case.rules.steps):
        raise Refused([_("Steps of this case are still to be taken: “%(step)s”.") % {"step": row.spec.name}])
    _take(actor, case, row, values, note)
    case.state, case.closed_at = CaseState.DONE, timezone.now()
    case.save(update_fields=["state", "closed_at"])
    return case


@transaction.atomic
def case_return(*, actor: User, case: Case, step: int, to: str, reason: str) -> CaseStep:
    """Send a case back to an earlier step that the policy names; that one and those after it are taken again.

    Raises Refused for a step that is not named or without a reason.
    """
    case, row = locked(case, step)
    spec = row.spec
    require_step(actor, case, row)
    _text("reason", reason)
    if to not in spec.back:
        raise Refused([_("The rules send nothing from “%(step)s” back to that step.") % {"step": spec.name}])
    codes = [one.code for one in case.rules.steps]
    position = codes.index(to) + 1
    now = timezone.now()
    CaseStep.objects.filter(case=case, state=StepState.TAKEN, position__gte=position).update(state=StepState.DROPPED)
    row.state, row.taken_by, row.taken_at, row.note = StepState.RETURNED, actor, now, reason.strip()
    row.save(update_fields=["state", "taken_by", "taken_at", "note"])
    _ask_no_more(case)
    audit_case(actor, "return", case, {"from": row.code, "to": to, "reason": row.note})
    return _open_step(case, position)


@transaction.atomic
def case_withdraw(*, actor: User, case: Case, reason: str) -> Case:
    """Take a case back before it is carried out. The street that opened it does. Raises Conflict for a closed case."""
    case = case_lock(case)
    require(actor, Permission.TAKE_STREET_STEPS, case.unit)
    _text("reason", reason)
    now = timezone.now()
    CaseStep.objects.filter(case=case, state=StepState.OPEN).update(
        state=StepState.DROPPED, taken_by=actor, taken_at=now
    )
    _ask_no_more(case)
    case.state, case.closed_at, case.closing = CaseState.WITHDRAWN, now, reason.strip()
    case.save(update_fields=["state", "closed_at", "closing"])
    audit_case(actor, "withdraw", case, {"reason": case.closing})
    return case


@transaction.atomic
def case_delegate(*, actor: User, case: Case, step: int, to: User | None) -> CaseStep:
    """Hand the open step to somebody who may take it; from then on nobody else does. None takes it back."""
    case, row = locked(case, step)
    permission = PERMISSION_OF[row.party]
    require_step(actor, case, row)
    if row.holder_id not in (None, actor.pk) and to is not None:
        raise NotAllowed(_("The step was handed to %(user)s; take it back first.") % {"user": row.holder})
    if to is not None and not (may(to, permission, row.unit) and not_of_both_sides(to, case, row)):
        raise Refused([_("%(user)s may not take this step.") % {"user": to.display_name}])
    row.holder = to
    row.save(update_fields=["holder"])
    audit_case(actor, "delegate", case, {"step": row.code, "to": to.username if to else None})
    return row


@transaction.atomic
def cases_follow_units(*, actor: User | None, moved: Mapping[int, Unit], day: date) -> dict[str, int]:
    """Open cases follow a unit that is renamed or moves. Part of the services of units, in their transaction."""
    count = 0
    for pk, unit in moved.items():
        for cases, follows in (
            (Case.objects.filter(unit_id=pk, state=CaseState.OPEN), {"unit": unit, "unit_path": unit.path}),
            (Case.objects.filter(to_unit_id=pk, state=CaseState.OPEN), {"to_unit": unit, "to_path": unit.path}),
        ):
            old = "unit_path" if "unit" in follows else "to_path"
            steps = CaseStep.objects.filter(case__in=cases, unit_path=F(f"case__{old}"))
            steps = CaseStep.objects.filter(pk__in=list(steps.values_list("pk", flat=True)))
            Opinion.objects.filter(step__in=steps).update(unit_path=unit.path)
            steps.update(unit_path=unit.path)
            count += cases.update(**follows)
    if count:
        audit(actor=actor, action="approvals.units.follow", obj=next(iter(moved.values())), after={"cases": count})
    return {"approvals.cases": count} if count else {}


# -- steps of the services ----------------------------------------------------------------------------------------


def locked(case: Case, step: int) -> tuple[Case, CaseStep]:
    """The case, locked, and its open step. Raises Conflict if that is not the one that was looked at."""
    case = case_lock(case)
    row = CaseStep.objects.select_related("holder").get(case=case, state=StepState.OPEN)
    row.case = case
    if row.pk != step:
        raise Conflict(_("This step was taken meanwhile. Look at the case again."))
    return case, row


def require_step(actor: User, case: Case, row: CaseStep) -> None:
    """Raises NotAllowed for whoever may not act in a step: no right in the unit whose office takes it, or, of a move,
    somebody who has acted for the other unit.
    """
    if case.to_unit_id is not None and not may(actor, PERMISSION_OF[row.party], row.unit):
        # The other unit looks at the case, and may not even look at this one.
        raise NotAllowed(
            _("This step is for the %(party)s of %(unit)s to take.")
            % {"party": row.get_party_display(), "unit": row.unit.name}
        )
    require(actor, PERMISSION_OF[row.party], row.unit)
    if not not_of_both_sides(actor, case, row):
        raise NotAllowed(
            _("You acted for the other unit in this case; somebody else acts for %(unit)s.") % {"unit": row.unit.name}
        )


def close_step(actor: User, case: Case, row: CaseStep, values: Mapping[str, Any], note: str) -> None:
    """Mark the open step as taken: of many who try, the one whose write finds it open."""
    if len(note) > LONGEST:
        raise Refused([_("At most %(most)s characters.") % {"most": LONGEST}], {"note": []})
    now = timezone.now()
    written = CaseStep.objects.filter(pk=row.pk, state=StepState.OPEN).update(
        state=StepState.TAKEN, taken_by=actor, taken_at=now, values=dict(values), note=note.strip()
    )
    if not written:
        raise Conflict(_("This step was taken meanwhile. Look at the case again."))
    row.state, row.taken_by, row.taken_at, row.values = StepState.TAKEN, actor, now, dict(values)
    audit_case(actor, "take", case, {"step": row.code, **values, **({"note": note.strip()} if note.strip() else {})})


def go_on(actor: User, case: Case, row: CaseStep) -> None:
    """Close a joint review whose last answer is in and open the next step."""
    close_step(actor, case, row, {}, "")
    _open_step(case, row.position + 1)


def case_lock(case: Case) -> Case:
    """The case as it is, locked until the transaction ends. Raises Conflict once it is closed."""
    found = Case.objects.select_for_update(of=("self",), no_key=True).filter(pk=case.pk)
    case = found.select_related("unit", "to_unit", "version")[0]
    if case.state != CaseState.OPEN:
        raise Conflict(_("The case of %(person)s is closed.") % {"person": case.subject_name})
    return case


def _take(actor: User, case: Case, row: CaseStep, values: Mapping[str, Any], note: str) -> None:
    """Check who takes the open step and what it needs, and mark it as taken."""
    spec = row.spec
    require_step(actor, case, row)
    _may_take(actor, case, row, spec)
    given = {name: str(value) for name, value in values.items() if value not in (None, "")}
    absent = rules.missing(spec.needs, given, row.documents.count())
    errors = {
        need: [_("%(step)s still needs %(need)s.") % {"step": spec.name, "need": Need(need).label}] for need in absent
    }
    errors |= {"": in_the_way_for_system(row, spec, timezone.localdate())}
    _refuse(errors)
    close_step(actor, case, row, given, note)


def _open_step(case: Case, position: int) -> CaseStep:
    spec = case.rules.steps[position - 1]
    row = CaseStep(case=case, position=position, code=spec.code, party=spec.by)
    row.unit_path = row.unit.path
    row.due = due_day_for_system(spec, timezone.localdate())
    row.save(force_insert=True)
    if spec.departments is not None:
        Opinion.objects.bulk_create(
            Opinion(step=row, department=code, unit_path=row.unit_path) for code in spec.departments.of
        )
    return row


def _where_to(case: Case) -> dict[str, str]:
    """What the trail says of a move beside the rest."""
    if case.to_unit is None:
        return {}
    said = {"to": case.to_unit.code, "away": case.away, "due_back": str(case.due_back or "")}
    return {name: text for name, text in said.items() if text}


def _ask_no_more(case: Case) -> None:
    """Whoever has not answered a step that is closed need not answer any more."""
    Opinion.objects.filter(step__case=case, waits=True).update(waits=False)


def _may_take(actor: User, case: Case, row: CaseStep, spec: Any) -> None:
    if spec.kind == "opinions":
        raise NotAllowed(_("The departments answer; the step closes by itself with the last answer."))
    if not holds(row, actor):
        raise NotAllowed(_("The step was handed to %(user)s; take it back first.") % {"user": row.holder})
    if spec.kind in DECIDES and case.opened_by_id == actor.pk:
        raise NotAllowed(_("You opened this case; somebody else decides it."))
    acted = CaseStep.objects.filter(case=case, code__in=spec.other_than, state=StepState.TAKEN, taken_by=actor)
    if acted.exists():
        raise NotAllowed(_("You took an earlier step of this case; the rules want somebody else for this one."))


def _text(name: str, text: str) -> None:
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise Refused(
            [_("Say why, in at most %(most)s characters.") % {"most": LONGEST}],
            {name: [_("Say why, in at most %(most)s characters.") % {"most": LONGEST}]},
        )


def _refuse(errors: Mapping[str, list[str]]) -> None:
    said = [text for texts in errors.values() for text in texts]
    if said:
        raise Refused(said, {name: texts for name, texts in errors.items() if name and texts})


def audit_case(actor: User | None, act: str, case: Case, after: Mapping[str, Any]) -> None:
    """What was done to a case, in the trail."""
    audit(actor=actor, action=f"approvals.case.{act}", obj=case, unit_code=case.unit.code, after=after)
