"""Pay runs, reviews of ladders and amounts entered by hand that wait for somebody: for the workplace."""

from __future__ import annotations

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import RunState
from core.rules import Todo
from organization.access import Scope, scope_for
from organization.models import Permission, User
from payroll.models import ManualItem, PayRun, PromotionRun
from personnel.models import Employment

MOST = 50
OPEN = (RunState.RUNNING, RunState.READY, RunState.FAILED)


def runs_waiting(*, user: User) -> list[Todo]:
    """Open pay runs, reviews and amounts that the user has started or may seal, confirm or approve, oldest first."""
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
    return sorted([*found, *_entries(user, seals)], key=lambda todo: todo.since)


def _entries(user: User, seals: Scope) -> list[Todo]:
    """Amounts entered by hand that wait for a second person, who may be the user, or that the user entered."""
    waiting = (
        ManualItem.objects.filter(approved_by__isnull=True)
        .annotate(unit_name=_newest_employment("unit__name"), unit_path=_newest_employment("unit_path"))
        .select_related("person")
        .order_by("entered")
    )
    return [
        Todo(
            label=_("Amount entered by hand for %(name)s") % {"name": item.person.name},
            unit=item.unit_name,
            since=timezone.localtime(item.entered).date(),
            mine=item.entered_by_id == user.pk,
            state=_("waits for a second person"),
            url_name="payroll:manual_items",
            url_args=(item.person_id,),
        )
        for item in waiting.filter(seals.q() | Q(entered_by=user))[:MOST]
    ]


def _newest_employment(field: str) -> Subquery:
    newest = Employment.objects.filter(person_id=OuterRef("person_id")).order_by("-start", "-pk")
    return Subquery(newest.values(field)[:1])


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
