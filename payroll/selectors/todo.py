"""Pay runs and reviews of ladders that wait for somebody: for the workplace."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import RunState
from core.rules import Todo
from organization.access import Scope, scope_for
from organization.models import Permission, User
from payroll.models import PayRun, PromotionRun

MOST = 50
OPEN = (RunState.RUNNING, RunState.READY, RunState.FAILED)


def runs_waiting(*, user: User) -> list[Todo]:
    """Open pay runs and reviews that the user has started or may seal or confirm, oldest first."""
    visible = scope_for(user, Permission.VIEW_PAY)
    pay = PayRun.objects.filter(state__in=OPEN).select_related("unit").order_by("created")
    reviews = PromotionRun.objects.filter(state__in=OPEN).select_related("unit").order_by("created")
    seals, confirms = scope_for(user, Permission.SEAL_PAY), scope_for(user, Permission.CONFIRM_PROMOTION)
    found = [
        _todo(user, run, _("Pay run %(month)s") % {"month": f"{run.month:%Y-%m}"}, "payroll:pay_run")
        for run in visible.filter(pay)[:MOST]
        if _concerns(user, run, seals)
    ]
    found += [
        _todo(user, run, _("Review of grades on %(day)s") % {"day": run.day}, "payroll:promotion")
        for run in visible.filter(reviews)[:MOST]
        if _concerns(user, run, confirms)
    ]
    return sorted(found, key=lambda todo: todo.since)


def _concerns(user: User, run: PayRun | PromotionRun, may_decide: Scope) -> bool:
    return run.started_by_id == user.pk or may_decide.covers(run.unit_path)


def _todo(user: User, run: PayRun | PromotionRun, label: str, url_name: str) -> Todo:
    return Todo(
        label=label,
        unit=run.unit.name,
        since=timezone.localtime(run.created).date(),
        mine=run.started_by_id == user.pk,
        state=str(run.get_state_display()),
        url_name=url_name,
        url_args=(run.pk,),
    )
