"""Writes of a joint review and of a notice: answers, objections, how they were settled, and the papers of a step."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Answer, Case, CaseDocument, CaseStep, NoticeObjection, Opinion, Reviewer
from approvals.services.cases import LONGEST, audit_case, go_on, locked, require_step
from core.errors import Conflict, NotFound, Refused
from core.services import audit
from organization.access import may, require
from organization.models import Permission, Unit, User


@transaction.atomic
def opinion_give(*, actor: User, opinion: Opinion, answer: str, reason: str = "") -> Opinion:
    """A department answers, once. Raises Refused for an objection without a reason, Conflict for a second answer.

    With the last of all answers, if none of them holds the case up, the next step comes up by itself.
    """
    case, row = locked(opinion.step.case, opinion.step_id)
    if not answers_for(actor, opinion, row.unit):
        raise NotFound(_("There is no such question."))
    reason = reason.strip()
    errors = {}
    if answer not in Answer.values:
        errors["answer"] = [_("Choose an answer.")]
    elif answer != Answer.NO_OBJECTION and not reason:
        errors["reason"] = [_("An objection needs its reason; so does asking for more.")]
    if len(reason) > LONGEST:
        errors["reason"] = [_("At most %(most)s characters.") % {"most": LONGEST}]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    written = Opinion.objects.filter(pk=opinion.pk, answer="").update(
        answer=answer, waits=False, reason=reason, given_by=actor, given_at=timezone.now()
    )
    if not written:
        raise Conflict(_("Your department has answered already."))
    audit_case(actor, "opinion", case, {"department": opinion.department, "answer": answer, "reason": reason})
    _go_on_if_all_in(actor, case, row)
    return Opinion.objects.get(pk=opinion.pk)


@transaction.atomic
def opinion_settle(*, actor: User, opinion: Opinion, how: str) -> Opinion:
    """Write down how an objection of a department was settled; the case goes on when none holds it up any more."""
    case, row = locked(opinion.step.case, opinion.step_id)
    require_step(actor, case, row)
    opinion = Opinion.objects.get(pk=opinion.pk)
    if opinion.answer in ("", Answer.NO_OBJECTION) or opinion.settled:
        raise Conflict(_("There is nothing to settle here."))
    opinion.settled, opinion.settled_by = _said(how), actor
    opinion.save(update_fields=["settled", "settled_by"])
    audit_case(actor, "opinion_settle", case, {"department": opinion.department, "how": opinion.settled})
    _go_on_if_all_in(actor, case, row)
    return opinion


@transaction.atomic
def objection_log(*, actor: User, case: Case, step: int, received: date, source: str, text: str) -> NoticeObjection:
    """Write down what somebody said against a public notice."""
    case, row = locked(case, step)
    require_step(actor, case, row)
    if row.spec.kind != "notice":
        raise Refused([_("No notice of this case is up.")])
    if not row.opened_at.date() <= received <= timezone.localdate():
        raise Refused([_("%(day)s lies outside of the notice.") % {"day": received}], {"received": []})
    objection = NoticeObjection.objects.create(
        step=row, received=received, source=_said(source, 100), text=_said(text), entered_by=actor
    )
    audit_case(
        actor, "objection", case, {"received": str(received), "source": objection.source, "text": objection.text}
    )
    return objection


@transaction.atomic
def objection_settle(*, actor: User, objection: NoticeObjection, how: str) -> NoticeObjection:
    """Write down how an objection to a notice was settled."""
    case, row = locked(objection.step.case, objection.step_id)
    require_step(actor, case, row)
    objection = NoticeObjection.objects.get(pk=objection.pk)
    if objection.settled:
        raise Conflict(_("There is nothing to settle here."))
    objection.settled, objection.settled_by = _said(how), actor
    objection.save(update_fields=["settled", "settled_by"])
    audit_case(actor, "objection_settle", case, {"source": objection.source, "how": objection.settled})
    return objection


@transaction.atomic
def document_attach(*, actor: User, case: Case, step: int, number: str, day: date, title: str = "") -> CaseDocument:
    """Name a paper that the open step rests on. Raises Conflict for a number that is there already."""
    case, row = locked(case, step)
    require_step(actor, case, row)
    title = title.strip() and _said(title, 200)
    paper = CaseDocument(step=row, number=_said(number, 100), day=day, title=title, entered_by=actor)
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("The document %(number)s is there already.") % {"number": paper.number}) from None
    audit_case(actor, "document", case, {"number": paper.number, "day": str(day), "title": paper.title})
    return paper


@transaction.atomic
def reviewer_name(*, actor: User | None, user: User, unit: Unit, department: str) -> Reviewer:
    """Say for which department somebody answers in a unit and below. Raises Refused for whoever may not answer there."""
    if actor is not None:
        require(actor, Permission.CHANGE_GRANTS, unit)
    if not may(user, Permission.GIVE_OPINION, unit):
        raise Refused(
            [
                _("%(user)s holds no role in %(unit)s that answers for a department. Give the role first.")
                % {"user": user.display_name, "unit": unit.name}
            ]
        )
    row, _created = Reviewer.objects.update_or_create(user=user, unit=unit, defaults={"department": department})
    audit(
        actor=actor,
        action="approvals.reviewer.name",
        obj=row,
        unit_code=unit.code,
        after={"user": user.username, "department": department},
    )
    return row


# -- steps of the services ----------------------------------------------------------------------------------------


def answers_for(actor: User, opinion: Opinion, unit: Unit) -> bool:
    """Whether somebody may answer this question: named for the department above the unit, with a role that holds."""
    if not may(actor, Permission.GIVE_OPINION, unit):
        return False
    named = Reviewer.objects.filter(user=actor, department=opinion.department).select_related("unit")
    return any(unit.path.startswith(row.unit.path) for row in named)


def _go_on_if_all_in(actor: User, case: Case, row: CaseStep) -> None:
    if not any(opinion.holds_up for opinion in row.opinions.all()):
        go_on(actor, case, row)


def _said(text: str, most: int = LONGEST) -> str:
    text = text.strip()
    if not text or len(text) > most:
        raise Refused([_("Write at least a word and at most %(most)s characters.") % {"most": most}])
    return text
