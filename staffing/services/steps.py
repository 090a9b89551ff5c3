"""What acts on seats share: a plan or a freeze under its lock, and what is wrong, gathered and said at once."""

from __future__ import annotations

from django.db import transaction

from core.errors import Refused
from organization.services import hold_tree
from staffing.models import QuotaAllocation, QuotaPlan, SeatFreeze

Faults = dict[str, list[str]]  # what is wrong, by the name of the value; "" for what belongs to none


def say(faults: Faults, name: str, text: str) -> None:
    faults.setdefault(name, []).append(text)


def refuse(faults: Faults) -> None:
    """Raise Refused with all of it, if there is any."""
    if faults:
        raise Refused(
            [text for texts in faults.values() for text in texts],
            {name: texts for name, texts in faults.items() if name},
        )


@transaction.atomic
def locked_plan(plan: QuotaPlan) -> QuotaPlan:
    """The plan as it is by now, one act on it at a time; its units stay where they are until the transaction ends."""
    hold_tree()
    return QuotaPlan.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=plan.pk)


@transaction.atomic
def locked_allocation(allocation: QuotaAllocation) -> QuotaAllocation:
    """The seats of a unit as they are by now, under the lock of their plan."""
    plan = locked_plan(allocation.plan)
    found = QuotaAllocation.objects.select_related("unit", "parent__unit").get(pk=allocation.pk)
    found.plan = plan
    return found


@transaction.atomic
def locked_freeze(freeze: SeatFreeze) -> SeatFreeze:
    """The freeze as it is by now, one act on it at a time."""
    return SeatFreeze.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=freeze.pk)
