"""Amounts entered by hand: one person enters with a reason, another approves."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.periods import Month
from core.services import audit
from organization.access import require
from organization.models import Permission, User
from payroll.models import ManualItem
from payroll.rules.lines import AMOUNT_BOUND
from payroll.selectors.manual import NO_END, manual_lines_for_system, month_closed_for_system, unit_of_person_for_system
from personnel.models import Person


@transaction.atomic
def manual_item_enter(
    *, actor: User, person: Person, line: str, month: Month, amount: int, reason: str, until: Month | None = None
) -> ManualItem:
    """Enter an amount (fen) for a `manual` line; it counts once somebody else has approved it.

    An entry of a line that repeats takes the place of the earlier one from its month on. What is approved after its
    month was sealed is paid as arrears. Raises Refused with everything that is wrong, NotFound and NotAllowed as
    `require` does.
    """
    unit = unit_of_person_for_system(person.pk)
    require(actor, Permission.RUN_PAY, unit)
    errors = []
    lines = manual_lines_for_system(unit, month)
    if line not in lines:
        errors.append(
            _("The rules of %(unit)s have no line “%(line)s” that is entered by hand in %(month)s.")
            % {"unit": unit.name, "line": line, "month": month}
        )
    elif until is not None and not lines[line]:
        errors.append(_("“%(line)s” does not repeat; leave the last month empty.") % {"line": line})
    if not reason.strip():
        errors.append(_("Give a reason."))
    if not 0 < abs(amount) < AMOUNT_BOUND:
        errors.append(_("Enter an amount other than 0 and below ten million yuan."))
    if month_closed_for_system(person.pk, month):
        errors.append(
            _("The pay of %(month)s is sealed for %(name)s. Enter the amount from the first open month on.")
            % {"month": month, "name": person.name}
        )
    if until is not None and until <= month:
        errors.append(_("The first month without it lies after %(month)s.") % {"month": month})
    if errors:
        raise Refused(errors)
    item = ManualItem.objects.create(
        person=person,
        line=line,
        month=month.first_day,
        until=_until(line, lines, month, until),
        amount=amount,
        reason=reason.strip(),
        entered_by=actor,
    )
    audit(
        actor=actor,
        action="payroll.manual.enter",
        obj=item,
        unit_code=unit.code,
        after={"person": person.pk, "line": line, "month": str(month), "amount": amount, "reason": reason},
    )
    return item


def _until(line: str, lines: dict[str, bool], month: Month, until: Month | None) -> date | None:
    """A line that repeats goes on until it is changed; any other is paid in its month alone."""
    if until is not None:
        return until.first_day
    return NO_END if lines[line] else None


@transaction.atomic
def manual_item_approve(*, actor: User, item: ManualItem) -> ManualItem:
    """A second person approves; only then is the amount paid."""
    unit = unit_of_person_for_system(item.person_id)
    require(actor, Permission.SEAL_PAY, unit)
    item = ManualItem.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
    if item.approved_by_id is not None:
        raise Conflict(_("This amount has been approved already."))
    if item.entered_by_id == actor.pk:
        raise NotAllowed(_("You entered this amount; somebody else has to approve it."))
    item.approved_by = actor
    item.save(update_fields=["approved_by"])
    audit(
        actor=actor,
        action="payroll.manual.approve",
        obj=item,
        unit_code=unit.code,
        before={"approved_by": None},
        after={"approved_by": actor.username},
    )
    return item
