"""Evaluations that wait for somebody: for the workplace."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import Evaluation
from core.models import RunState
from core.rules import Todo
from organization.access import scope_for
from organization.models import Permission, User

MOST = 50


def evaluations_waiting(*, user: User) -> list[Todo]:
    """Open evaluations that the user has started or may confirm or close, oldest first."""
    open_states = (RunState.RUNNING, RunState.READY, RunState.CONFIRMED, RunState.FAILED)
    runs = Evaluation.objects.filter(state__in=open_states).select_related("unit").order_by("created")
    visible = scope_for(user, Permission.VIEW_RESULTS).filter(runs)[:MOST]
    confirms = scope_for(user, Permission.CONFIRM_EVALUATION)
    found = []
    for run in visible:
        mine = run.started_by_id == user.pk
        if not mine and not confirms.covers(run.unit_path):
            continue
        found.append(
            Todo(
                label=_("Evaluation %(period)s") % {"period": run.period},
                unit=run.unit.name,
                since=timezone.localtime(run.created).date(),
                mine=mine,
                state=str(run.get_state_display()),
                url_name="assessment:evaluation",
                url_args=(run.pk,),
            )
        )
    return found
