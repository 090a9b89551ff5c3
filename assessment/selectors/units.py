"""Which open evaluations stand in the way of a change of units."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessment.models import Evaluation
from core.models import RunState
from organization.access import touching
from organization.selectors.above import Subject

OPEN = (RunState.RUNNING, RunState.READY, RunState.CONFIRMED)


def evaluations_in_the_way_for_system(paths: list[str]) -> list[str]:
    """A sentence for each open evaluation that has people of these parts of the tree. One query."""
    return [
        _(
            "Evaluation %(number)s of %(unit)s for %(period)s is open (%(state)s). Close or cancel it first; the change "
            "can be entered afterwards with its own day."
        )
        % {"number": run.pk, "unit": run.unit.name, "period": run.period, "state": run.get_state_display()}
        for run in Evaluation.objects.filter(touching(paths), state__in=OPEN).select_related("unit").order_by("pk")
    ]


def evaluation_subject_for_system(number: int) -> Subject | None:
    """An evaluation, for the question who may do what with it."""
    run = Evaluation.objects.filter(pk=number).first()
    if run is None:
        return None
    return Subject(str(run), (run.unit_path,), str(run.get_state_display()), run.started_by_id)
