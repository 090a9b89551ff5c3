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
ENTRY = "entry"
OPEN = (RunState.RUNNING, RunState.READY, RunState.FAILED)


def runs_waiting(*, user: User) -> list[Todo]:
    """Open pay runs, reviews and amounts that the user has started or may seal, confirm or approve, oldest first.

    One query.
    """
    visible = scope_for(user, Permission.VIEW_PAY)
    seals, confirms = scope_for(user, Permission.SEAL_PAY), scope_for(user, Permission.CONFIRM_PROMOTION)
    rows = _entries(user, seals)
    if visible:  # an empty part would leave a union of one, which has two orders
        runs = _open(visible, PayRun, "month"), _open(visible, PromotionRun, "day")
        rows = runs[0].union(runs[1], rows, all=True).order_by("created")
    found = [
        _todo(user, row)
        for row in rows
        if row[0] == ENTRY or row[6] == user.pk or (seals if row[0] == "month" else confirms).covers(row[5])
    ]
    return sorted(found, key=lambda todo: todo.since)


def _entries(user: User, seals: Scope) -> QuerySet[Any, Any]:
    """Amounts entered by hand that wait for a second person, who may be the user, or that the user entered.

    (ENTRY, the person's number, the month, the person's name, unit, its path, who entered it, when)
    """
    waiting = ManualItem.objects.filter(approved_by__isnull=True).annotate(
        what=Value(ENTRY, CharField()),
        unit_name=_newest_employment("unit__name"),
        unit_path=_newest_employment("unit_path"),
    )
    values = ("what", "person_id", "month", "person__name", "unit_name", "unit_path", "entered_by", "entered")
    found: QuerySet[Any, Any] = (
        waiting.filter(seals.q() | Q(entered_by=user)).order_by("entered").values_list(*values)[:MOST]
    )
    return found


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
    if kind == ENTRY:
        return Todo(
            label=_("Amount entered by hand for %(name)s") % {"name": state},
            unit=unit,
            since=timezone.localtime(created).date(),
            mine=starter == user.pk,
            state=_("waits for a second person"),
            url_name="payroll:manual_items",
            url_args=(number,),
        )
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
