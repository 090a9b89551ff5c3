"""Asking for a correction of one's own file, and deciding on it. The decision writes through the services of corrections."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.rules import last_day
from approvals.selectors.procedures import calendar_for_system
from core.errors import Conflict, NotAllowed
from core.services import audit
from organization.models import User
from organization.walls import beyond_walls
from personnel.models import CorrectionRequest, CorrectionState, OwnFile, Person
from personnel.selectors.corrections import target_for_system, what_for_system
from personnel.services.people import person_correct
from personnel.services.sections import row_correct
from personnel.services.steps import refuse, require_person

MOST = {"stated": 300, "document": 200, "reason": 300}


@transaction.atomic
def correction_ask(
    *, actor: User, person: Person, code: str, row: int | None = None, stated: str, document: str
) -> CorrectionRequest:
    """Say that a value of a file is wrong: by the person themself, or by an officer for them.

    code: of the registry's field. row: of its section's row, None for a single value. stated: what it should be.
    document: on what. It is to be decided within CWMS_CORRECTION_DAYS working days. Raises NotAllowed, NotFound, Refused
    with everything that is wrong, Conflict where the same is asked already.
    """
    with beyond_walls("one's own file"):
        if not OwnFile.objects.filter(user=actor, person=person).exists():
            require_person(actor, person)
        target_for_system(person, code, row)
        stated, document = stated.strip(), document.strip()
        errors: dict[str, list[str]] = {}
        if not stated:
            errors["stated"] = [_("Say what it should be.")]
        if not document:
            errors["document"] = [_("Name the document that shows it: the identity card, a certificate, a decision.")]
        for name, text in (("stated", stated), ("document", document)):
            if len(text) > MOST[name]:
                errors[name] = [_("%(most)s characters at most.") % {"most": MOST[name]}]
        refuse(errors)
        Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
        if CorrectionRequest.objects.filter(person=person, field=code, row_id=row, state=CorrectionState.OPEN).exists():
            raise Conflict(
                _("“%(what)s” of %(person)s is asked about already. It is decided there.")
                % {"what": what_for_system(code), "person": person.name}
            )
        made = CorrectionRequest.objects.create(
            person=person, field=code, row_id=row, stated=stated, document=document, asked_by=actor, due=_due()
        )
        audit(
            actor=actor, action="personnel.correction.ask", obj=person,
            after={"request": made.pk, "field": code, "row": row, "document": document, "due": str(made.due)},
        )  # fmt: skip
        return made


@transaction.atomic
def correction_grant(*, actor: User, request: CorrectionRequest, value: Any) -> CorrectionRequest:
    """Correct the value, and say so. value: as the form of the field gives it.

    Raises NotAllowed for who asked for it or is the person, Conflict for what is decided already, and what the
    correction itself raises: then the request stays open.
    """
    request = _locked(actor, request)
    one, row = target_for_system(request.person, request.field, request.row_id)
    reason = _("The person's request no. %(number)s of %(day)s") % {
        "number": request.pk,
        "day": timezone.localdate(request.asked).isoformat(),
    }
    if request.row_id is None:
        person_correct(
            actor=actor, person=request.person, values={one.attribute: value}, reason=reason, document=request.document
        )
    else:
        row_correct(actor=actor, row=row, values={one.attribute: value}, reason=reason, document=request.document)
    return _decide(actor, request, CorrectionState.GRANTED, "")


@transaction.atomic
def correction_refuse(*, actor: User, request: CorrectionRequest, reason: str) -> CorrectionRequest:
    """The value stays as it is; the asker sees why. Raises like `correction_grant`, and Refused without a reason."""
    request = _locked(actor, request)
    require_person(actor, request.person, [request.field])
    reason = reason.strip()
    if not 2 <= len(reason) <= MOST["reason"]:
        text = _("Say why the record stays as it is, in 2 to %(most)s characters. The person reads it.")
        refuse({"reason": [text % {"most": MOST["reason"]}]})
    return _decide(actor, request, CorrectionState.REFUSED, reason)


def _due() -> Any:
    """The last of so many working days after today; Monday to Friday where nobody has entered the days off of a year."""
    today = timezone.localdate()
    calendar, _years = calendar_for_system()
    return last_day(today, settings.CWMS_CORRECTION_DAYS, "working", calendar, range(today.year, today.year + 3))


def _locked(actor: User, request: CorrectionRequest) -> CorrectionRequest:
    found = CorrectionRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.pk)
    require_person(actor, found.person)
    if found.state != CorrectionState.OPEN:
        raise Conflict(
            _("This request was decided on %(day)s already.") % {"day": timezone.localdate(found.decided).isoformat()}
        )
    if found.asked_by_id == actor.pk or OwnFile.objects.filter(user=actor, person=found.person).exists():
        raise NotAllowed(
            _("Nobody decides what they asked for, or what is about themself. Another officer decides it.")
        )
    return found


def _decide(actor: User, request: CorrectionRequest, state: CorrectionState, reason: str) -> CorrectionRequest:
    request.state, request.decided_by, request.decided, request.reason = state, actor, timezone.now(), reason
    request.save(update_fields=["state", "decided_by", "decided", "reason"])
    audit(
        actor=actor, action=f"personnel.correction.{'grant' if state == CorrectionState.GRANTED else 'refuse'}",
        obj=request.person, after={"request": request.pk, "field": request.field, "reason": reason},
    )  # fmt: skip
    return request
