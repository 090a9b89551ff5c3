"""Writes of reminders: of a step's last day, whoever it is up to is told once, and after it who opened the case, once."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from approvals.selectors import steps_to_tell_for_system
from core.services import audit
from organization.models import User

AHEAD = timedelta(days=1)  # the day before the last one


@transaction.atomic
def steps_remind(*, actor: User | None, day: date) -> dict[str, int]:
    """Tell of the last days of open steps; {"reminded": how many, "escalated": how many}. Told is told, however often asked.

    Inboxes show both (`CaseStep.reminded`, `.escalated`). A step that is being taken is left to the next time.
    """
    rows = steps_to_tell_for_system(day, day + AHEAD).select_for_update(of=("self",), skip_locked=True, no_key=True)
    told = {"reminded": 0, "escalated": 0}
    for step in rows:
        assert step.due is not None
        if step.reminded is None:
            step.reminded = day
            told["reminded"] += 1
        if step.due < day and step.escalated is None:
            step.escalated = day
            told["escalated"] += 1
        step.save(update_fields=["reminded", "escalated"])
        after = {"case": step.case_id, "step": step.code, "due": str(step.due), "late": step.escalated is not None}
        audit(actor=actor, action="approvals.step.remind", obj=step, after=after)
    return told
