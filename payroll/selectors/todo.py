"""Pay runs, reviews of ladders and amounts entered by hand that wait for somebody: for the workplace."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
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
    seals, confirms = scope_for(user, Permission.SEAL_PAY), scope_for(user, Permission.CONFIRM_PROMOTION)
    rows = _open(visible, PayRun, "month").union(_open(visible, PromotionRun, "day"), all=True)
    found = [
        _todo(user, row)
        for row in rows.order_by("created")
        if row[6] == user.pk or (seals if row[0] == "month" else confirms).covers(row[5])
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


def _open(visible: Scope, model: type[PayRun] | type[PromotionRun], field: str) -> QuerySet[Any, Any]:
    """Open runs of a kind: (field, pk, that day, state, unit, its path, who started it, when)."""
    runs: QuerySet[Any, Any] = model._default_manager.filter(state__in=OPEN).order_by("created")
    named = visible.filter(runs).annotate(what=Value(field, CharField()))
    values = ("what", "pk", field, "state", "unit__name", "unit_path", "started_by", "created")
    found: QuerySet[Any, Any] = named.values_list(*values)[:MOST]
    return found


def _todo(user: User, row: tuple[Any, ...]) -> Todo:
    kind, number, day, state, unit, _path, starter, created = row
    if kind == "month":
        label, url_name = _("Pay run %(month)s") % {"month": f"{day:%Y-%m}"}, "payroll:pay_run"
    else:
        label, url_name = _("Review of grades on %(day)s") % {"day": day}, "payroll:promotion"
    return Todo(
        label=label,
        unit=unit,
        since=timezone.localtime(created).date(),
        mine=starter == user.pk,
        state=str(RunState(state).label),
        url_name=url_name,
        url_args=(number,),
    )
