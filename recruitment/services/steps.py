"""What services of recruitment share: a plan locked in the state that an act needs, refusals by field, the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.models import User
from recruitment.models import Applicant, Plan, PlanState

Faults = dict[str, list[str]]


@transaction.atomic
def locked_plan(plan: Plan, *states: PlanState) -> Plan:
    """The plan as it is by now, one act on it at a time. Raises Conflict where it is in none of the states."""
    plan = Plan.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=plan.pk)
    if plan.state not in states:
        raise Conflict(
            _("“%(plan)s” is at “%(state)s”; this belongs to: %(states)s. Look again.")
            % {
                "plan": plan.title,
                "state": plan.get_state_display(),
                "states": ", ".join(str(state.label) for state in states),
            }
        )
    return plan


@transaction.atomic
def locked_applicant(applicant: Applicant) -> Applicant:
    """The application as it is by now, one act on it at a time."""
    return (
        Applicant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("plan__unit", "plan__version", "position__unit")
        .get(pk=applicant.pk)
    )


def refuse(faults: Faults) -> None:
    """Raises Refused with everything, each beside its field; nothing where there is nothing."""
    if faults:
        raise Refused([text for texts in faults.values() for text in texts], {k: v for k, v in faults.items() if k})


def say(faults: Faults, name: str, text: str) -> None:
    faults.setdefault(name, []).append(text)


def reason_of(text: str, faults: Faults, what: str, longest: int = 200) -> str:
    """A reason in words, or a fault beside `reason`."""
    text = text.strip()
    if not 1 <= len(text) <= longest:
        say(faults, "reason", what)
    return text


@transaction.atomic
def trace(
    actor: User, act: str, obj: Any, *, after: Mapping[str, Any] | None = None, before: Mapping[str, Any] | None = None
) -> None:
    """The entry of an act in the trail, at the plan's unit or the post's."""
    unit = obj.position.unit if isinstance(obj, Applicant) else obj.unit
    audit(actor=actor, action=f"recruitment.{act}", obj=obj, unit_code=unit.code, before=before, after=after)
