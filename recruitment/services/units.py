"""What follows a unit that is renamed, moved, merged or split: recruitments on their way, their lines and applicants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services import audit
from organization.models import Unit, User
from recruitment.models import Applicant, Plan, Position
from recruitment.selectors.plans import OPEN_STATES


@transaction.atomic
def recruitments_follow_units(*, actor: User | None, moved: Mapping[int, Unit], day: date) -> dict[str, int]:
    """Recruitments on their way follow; what is finished or called off stays where it was held. Row counts by kind.

    moved: number of a unit's row → the row that goes on. Part of the services of units, in their transaction and after
    their check of who may. Raises Refused, with every fault at once, where a unit would leave the unit that recruits
    for it, and where two batches or two lines would become one.
    """
    if not moved:
        return {}
    plans = list(Plan.objects.filter(state__in=OPEN_STATES, unit_id__in=moved).order_by("pk"))
    lines = list(
        Position.objects.filter(plan__state__in=OPEN_STATES, unit_id__in=moved)
        .select_related("plan")
        .order_by("plan_id", "pk")
    )
    _refuse(plans, lines, moved)
    for plan in plans:
        unit = moved[plan.unit_id]
        Plan.objects.filter(pk=plan.pk).update(unit=unit, unit_path=unit.path)
    applicants = 0
    for line in lines:
        unit = moved[line.unit_id]
        Position.objects.filter(pk=line.pk).update(unit=unit, unit_path=unit.path)
        applicants += Applicant.objects.filter(position=line).update(unit_path=unit.path)
    if not plans and not lines:
        return {}
    counts = {"plans": len(plans), "positions": len(lines), "applicants": applicants}
    audit(
        actor=actor,
        action="recruitment.units.follow",
        obj=next(iter(moved.values())),
        after={"units": {str(old): unit.pk for old, unit in moved.items()}, "day": str(day), **counts},
    )
    return {f"recruitment.{name}": count for name, count in counts.items() if count}


def _refuse(plans: list[Plan], lines: list[Position], moved: Mapping[int, Unit]) -> None:
    """Every reason at once why a recruitment can't follow."""
    errors: list[str] = []
    paths = {plan.pk: moved[plan.unit_id].path for plan in plans}
    for line in lines:
        unit = moved[line.unit_id]
        if not unit.path.startswith(paths.get(line.plan_id, line.plan.unit_path)):
            errors.append(
                _("“%(plan)s” recruits for %(unit)s, which would leave it. Bring the recruitment to its end first.")
                % {"plan": line.plan.title, "unit": unit.name}
            )
    batches = Counter((moved[plan.unit_id].pk, plan.year, plan.batch) for plan in plans)
    batches.update(
        Plan.objects.filter(unit__in={unit.pk for unit in moved.values()})
        .exclude(pk__in={plan.pk for plan in plans})
        .values_list("unit_id", "year", "batch")
    )
    for plan in plans:
        unit = moved[plan.unit_id]
        if batches[unit.pk, plan.year, plan.batch] > 1:
            errors.append(
                _("%(unit)s would have batch %(batch)s of %(year)s twice. Bring “%(plan)s” to its end first.")
                % {"unit": unit.name, "batch": plan.batch, "year": plan.year, "plan": plan.title}
            )
    names = Counter((line.plan_id, moved[line.unit_id].pk, line.name) for line in lines)
    names.update(
        Position.objects.filter(plan__in={line.plan_id for line in lines})
        .exclude(pk__in={line.pk for line in lines})
        .values_list("plan_id", "unit_id", "name")
    )
    errors += [
        _("“%(plan)s” would recruit “%(post)s” for %(unit)s on two lines. Bring the recruitment to its end first.")
        % {"plan": line.plan.title, "post": line.name, "unit": moved[line.unit_id].name}
        for line in lines
        if names[line.plan_id, moved[line.unit_id].pk, line.name] > 1
    ]
    if errors:
        raise Refused(list(dict.fromkeys(errors)))
