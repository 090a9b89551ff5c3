"""What people do about results: settle what follows, record what the review meeting decided, decide appeals."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import (
    AnnualResult,
    Appeal,
    Consequence,
    ConsequenceCode,
    Decision,
    Evaluation,
    PoolCap,
    ResultState,
)
from assessment.selectors.conflicts import policy_of_path_for_system
from assessment.selectors.papers import papers_of_people_for_system
from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, User
from personnel.services import exit_open_by_rule
from personnel.services.papers import papers_file


def exit_cases_open(*, run: Evaluation) -> int:
    """The cases of leaving that follow from results by themselves, as part of closing them; how many were opened.

    Each once: the consequence is locked and settled with it. Where the rules name no procedure, somebody settles it by
    hand as before; so where a case about the person's leaving is under way already, or a value of the procedure is open.
    """
    opened = 0
    flagged = Consequence.objects.select_for_update(of=("self",), no_key=True).select_related("person")
    flagged = flagged.filter(evaluation=run, code=ConsequenceCode.OPEN_EXIT_CASE, state=Consequence.State.FLAGGED)
    units = {
        result.person_id: result.unit
        for result in AnnualResult.objects.filter(
            pool__evaluation=run, person__in=flagged.values("person")
        ).select_related("unit")
    }
    for one in flagged.order_by("pk"):
        unit = units.get(one.person_id)
        if unit is None:
            continue
        why = f"：{run.period}年度考核"
        try:
            with transaction.atomic():
                case = exit_open_by_rule(person=one.person, unit=unit, consequence=one.code, why=why)
        except (Conflict, Refused):
            continue
        if case is None:
            continue
        opened += 1
        one.state, one.note = Consequence.State.DONE, _("Case %(number)s was opened.") % {"number": case.pk}
        one.settled = timezone.now()
        one.save(update_fields=["state", "note", "settled"])
    return opened


@transaction.atomic
def consequence_settle(*, actor: User, consequence: Consequence, state: str, note: str) -> Consequence:
    """Say that what had to follow was done, or why it is dropped."""
    require(actor, Permission.RUN_EVALUATION, consequence.evaluation.unit)
    consequence = Consequence.objects.select_for_update(of=("self",), no_key=True).get(pk=consequence.pk)
    if state not in (Consequence.State.DONE, Consequence.State.DROPPED):
        raise Refused([_("Choose whether it was done or is dropped.")])
    if not note.strip():
        raise Refused([_("Say when and how it was done, or why it is dropped.")])
    before = {"state": consequence.state}
    consequence.state, consequence.note = state, note.strip()
    consequence.settled_by, consequence.settled = actor, timezone.now()
    consequence.save(update_fields=["state", "note", "settled_by", "settled"])
    audit(
        actor=actor,
        action="assessment.consequence.settle",
        obj=consequence,
        unit_code=consequence.evaluation.unit.code,
        before=before,
        after={"state": state, "note": consequence.note},
    )
    return consequence


@transaction.atomic
def decision_record(*, actor: User, result: AnnualResult, code: str, value: str, day: date) -> Decision:
    """Record an output of the annual review meeting (一述四定); each is decided once, and again only before closing."""
    require(actor, Permission.RUN_EVALUATION, result.unit)
    result = (
        AnnualResult.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit", "pool")
        .get(pk=result.pk)
    )
    listed: tuple[str, ...] = ()
    if result.evaluation is not None and result.pool is not None:
        assessment = policy_of_path_for_system(result.evaluation, result.pool.unit_path).assessment
        listed = assessment.decisions if assessment else ()
    if code not in listed:
        raise Refused(
            [
                _("The policy lists no decision “%(code)s”. Listed are: %(codes)s.")
                % {"code": code, "codes": "、".join(listed) or "–"}
            ]
        )
    if not value.strip():
        raise Refused([_("Write down what was decided.")])
    old = Decision.objects.filter(result=result, code=code).first()
    if old is not None and result.state == ResultState.CLOSED:
        raise Conflict(_("The result is closed, and this was decided on %(day)s.") % {"day": old.day})
    decision, _created = Decision.objects.update_or_create(
        result=result, code=code, defaults={"value": value.strip(), "day": day, "entered_by": actor}
    )
    audit(
        actor=actor,
        action="assessment.decision.record",
        obj=decision,
        unit_code=result.unit.code,
        before={"value": old.value} if old else None,
        after={"person": result.person_id, "code": code, "value": decision.value, "day": str(day)},
    )
    return decision


@transaction.atomic
def appeal_submit(*, actor: User, result: AnnualResult, text: str, day: date) -> Appeal:
    """Enter somebody's objection to a confirmed (or closed) result."""
    require(actor, Permission.RUN_EVALUATION, result.unit)
    if result.state == ResultState.OPEN:
        raise Conflict(_("The result is not confirmed yet; nobody needs to appeal."))
    if not text.strip():
        raise Refused([_("Write down what is objected to.")])
    if Appeal.objects.filter(result=result, state=Appeal.State.OPEN).exists():
        raise Conflict(_("An appeal against this result is open."))
    appeal = Appeal.objects.create(result=result, day=day, text=text.strip(), old_grade=result.grade, entered_by=actor)
    audit(
        actor=actor,
        action="assessment.appeal.submit",
        obj=appeal,
        unit_code=result.unit.code,
        after={"person": result.person_id, "day": str(day)},
    )
    return appeal


@transaction.atomic
def appeal_decide(*, actor: User, appeal: Appeal, new_grade: str | None, answer: str) -> Appeal:
    """Grant an appeal with a new grade, or reject it (`new_grade` None), with the reason; not by who entered it.

    A result that is closed stays as it is: the appeal is the new, dated entry, and rules read it instead. A cap is kept
    all the same: Refused when the new grade has no place left.
    """
    appeal = (
        Appeal.objects.select_for_update(of=("self",), no_key=True).select_related("result__unit").get(pk=appeal.pk)
    )
    result = AnnualResult.objects.select_for_update(of=("self",), no_key=True).get(pk=appeal.result_id)
    require(actor, Permission.CONFIRM_EVALUATION, appeal.result.unit)
    if appeal.entered_by_id == actor.pk:
        raise NotAllowed(_("You entered this appeal; somebody else has to decide it."))
    if appeal.state != Appeal.State.OPEN:
        raise Conflict(_("This appeal has been decided."))
    if not answer.strip():
        raise Refused([_("Give the reason of the decision.")])
    appeal.answer, appeal.decided_by, appeal.decided = answer.strip(), actor, timezone.now()
    appeal.state = Appeal.State.GRANTED if new_grade else Appeal.State.REJECTED
    appeal.new_grade = new_grade
    appeal.save(update_fields=["answer", "decided_by", "decided", "state", "new_grade"])
    if new_grade:
        _grant(result, appeal, new_grade)
        # The paper of a closed result says the new grade from now on; the old one stays in the history of the file.
        papers = papers_of_people_for_system([result.person_id])
        papers_file(actor=actor, papers=papers, of=appeal, reason=appeal.answer)
    audit(
        actor=actor,
        action="assessment.appeal.decide",
        obj=appeal,
        unit_code=appeal.result.unit.code,
        before={"grade": result.grade},
        after={"state": appeal.state, "grade": new_grade, "answer": appeal.answer},
    )
    return appeal


def _grant(result: AnnualResult, appeal: Appeal, new_grade: str) -> None:
    if result.evaluation is not None and result.pool is not None:
        assessment = policy_of_path_for_system(result.evaluation, result.pool.unit_path).assessment
        if assessment and new_grade not in {grade.code for grade in assessment.grades}:
            raise Refused([_("The policy has no grade “%(grade)s”.") % {"grade": new_grade}])
    path = result.pool.unit_path if result.pool is not None else ""
    caps = PoolCap.objects.filter(pool__evaluation=result.evaluation_id, pool__scheme=result.scheme, grade=new_grade)
    for cap in caps.select_for_update(of=("self",), no_key=True).select_related("pool__unit"):
        granted = Appeal.objects.filter(
            state=Appeal.State.GRANTED, new_grade=new_grade, result__state=ResultState.CLOSED, result__pool=cap.pool
        ).exclude(pk=appeal.pk)
        if (
            path.startswith(cap.pool.unit_path)
            and cap.used + granted.count() >= cap.at_most
            and result.grade != new_grade
        ):
            raise Refused(
                [
                    _("%(unit)s has no place left: %(used)s of %(at_most)s have this grade.")
                    % {"unit": cap.pool.unit.name, "used": cap.used, "at_most": cap.at_most}
                ]
            )
    if result.state != ResultState.CLOSED:
        params = {"old": result.grade, "day": str(appeal.day), "answer": appeal.answer}
        result.reasons = [*result.reasons, {"code": "APPEAL", "params": params}]
        result.grade = new_grade
        result.save(update_fields=["grade", "reasons"])
