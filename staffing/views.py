"""Pages of staffing plans: parse, one selector or service, render."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.views import page, tried
from organization.access import require, scope_for
from organization.models import Permission, Unit
from staffing.forms import FreezeEndForm, FreezeForm, PlanCloseForm, PlanForm, PlanNewForm, ReasonForm, SharesForm
from staffing.models import PlanState, QuotaAllocation, QuotaPlan
from staffing.selectors import (
    acts_of_plan,
    allocation_for,
    allocations_of_plan,
    freeze_for,
    freezes_of_unit,
    plan_for,
    plans_of_unit,
    unit_of_quota,
    units_to_share_for_system,
)
from staffing.services import (
    allocate,
    freeze_lift,
    over_explain,
    plan_change,
    plan_close,
    plan_enter,
    seats_freeze,
)


def _own_plan(request: HttpRequest, number: int) -> QuotaPlan:
    """The plan if the user may change it. Raises NotFound, NotAllowed."""
    plan = plan_for(user=request.user, number=number)
    require(request.user, Permission.CHANGE_QUOTA, plan.unit)
    return plan


def _own_allocation(request: HttpRequest, number: int) -> QuotaAllocation:
    allocation = allocation_for(user=request.user, number=number)
    require(request.user, Permission.CHANGE_QUOTA, allocation.unit)
    return allocation


def _form(request: HttpRequest, unit: Unit, form: Form, title: str, back: str, **more: Any) -> HttpResponse:
    context = {"unit": unit, "form": form, "title": title, "back": back} | more
    return render(request, "staffing/form.html", context, status=422 if form.errors else 200)


@page
@require_GET
def plans(request: HttpRequest, number: int) -> HttpResponse:
    """Every plan that has named a unit and every freeze of its seats, the newest first."""
    unit = unit_of_quota(user=request.user, number=number)
    rows = plans_of_unit(user=request.user, unit=unit)
    may = scope_for(request.user, Permission.CHANGE_QUOTA).covers(unit.path)
    freezes = freezes_of_unit(user=request.user, unit=unit)
    context = {"unit": unit, "rows": rows, "freezes": freezes, "may_change": may, "today": timezone.localdate()}
    return render(request, "staffing/plans.html", context)


@page
@require_GET
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """One plan with its seats and what was done with it."""
    found = plan_for(user=request.user, number=number)
    context = {
        "plan": found,
        "rows": allocations_of_plan(user=request.user, plan=found),
        "acts": acts_of_plan(user=request.user, plan=found),
        "changes": scope_for(request.user, Permission.CHANGE_QUOTA).covers(found.unit.path)
        and found.state == PlanState.OPEN,
    }
    return render(request, "staffing/plan.html", context)


@page
@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest, number: int) -> HttpResponse:
    """A new plan of a unit and how its seats are shared out, with everything that is wrong at once."""
    unit = unit_of_quota(user=request.user, number=number)
    require(request.user, Permission.CHANGE_QUOTA, unit)
    below = units_to_share_for_system(unit, timezone.localdate())
    level = unit.kind if unit.kind in dict(PlanForm.base_fields["level"].choices) else "COUNTY"  # type: ignore[attr-defined]
    form = PlanNewForm(request.POST or None, below=below, initial={"level": level})
    if request.method == "POST":
        valid = form.is_valid()
        data = form.cleaned_data
        made: list[QuotaPlan] = []

        def work() -> None:
            made.append(
                plan_enter(
                    actor=request.user,
                    unit=unit,
                    shares=form.shares if form.shared else None,
                    kept=form.kept,
                    **{name: data[name] for name in ("start", "end", "number", "document", "issuer", "level")},
                )
            )

        if valid and tried(form, work):
            messages.success(request, _("Entered: %(value)s.") % {"value": data["document"]})
            return redirect("staffing:plan", number=made[0].pk)
    title = _("Plan of %(unit)s") % {"unit": unit.name}
    return _form(request, unit, form, title, "staffing")


@page
@require_http_methods(["GET", "POST"])
def plan_correct(request: HttpRequest, number: int) -> HttpResponse:
    found = _own_plan(request, number)
    root = found.allocations.get(parent=None)
    names = ("start", "document", "issuer", "level")
    initial = {name: getattr(found, name) for name in names} | {"number": root.number}
    form = PlanForm(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: plan_change(actor=request.user, plan=found, **form.cleaned_data))
    ):
        messages.success(request, _("The plan is corrected."))
        return redirect("staffing:plan", number=found.pk)
    title = _("Correct the plan “%(document)s”") % {"document": found.document}
    return _form(request, found.unit, form, title, "plan", plan=found)


@page
@require_http_methods(["GET", "POST"])
def plan_end(request: HttpRequest, number: int) -> HttpResponse:
    found = _own_plan(request, number)
    form = PlanCloseForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: plan_close(actor=request.user, plan=found, end=form.cleaned_data["end"]))
    ):
        messages.success(request, _("The plan is ended."))
        return redirect("staffing:plan", number=found.pk)
    title = _("End the plan “%(document)s”") % {"document": found.document}
    return _form(request, found.unit, form, title, "plan", plan=found)


@page
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, number: int) -> HttpResponse:
    """Share the seats of a unit out among all units directly below it."""
    found = _own_allocation(request, number)
    below = units_to_share_for_system(found.unit, found.plan.start)
    seats = dict(found.children.values_list("unit", "number"))
    kept = {"kept": found.number - sum(seats.values())} if seats else {}
    form = SharesForm(request.POST or None, below=below, seats=seats, initial=kept)
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: allocate(actor=request.user, allocation=found, shares=form.shares, kept=form.kept))
    ):
        messages.success(request, _("The seats are shared out."))
        return redirect("staffing:plan", number=found.plan_id)
    title = _("Share out %(number)s seats of %(unit)s") % {"number": found.number, "unit": found.unit.name}
    return _form(request, found.unit, form, title, "plan", plan=found.plan)


@page
@require_http_methods(["GET", "POST"])
def explain(request: HttpRequest, number: int) -> HttpResponse:
    """Why a unit has more people than seats."""
    found = _own_allocation(request, number)
    form = ReasonForm(request.POST or None, initial={"reason": found.reason})
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: over_explain(actor=request.user, allocation=found, reason=form.cleaned_data["reason"]))
    ):
        messages.success(request, _("The reason is written down."))
        return redirect("staffing:plan", number=found.plan_id)
    title = _("More people than seats in %(unit)s") % {"unit": found.unit.name}
    return _form(request, found.unit, form, title, "plan", plan=found.plan)


@page
@require_http_methods(["GET", "POST"])
def freeze_new(request: HttpRequest, number: int) -> HttpResponse:
    """Seats of a unit that nobody may fill for a time."""
    unit = unit_of_quota(user=request.user, number=number)
    require(request.user, Permission.CHANGE_QUOTA, unit)
    form = FreezeForm(request.POST or None, initial={"start": timezone.localdate()})
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: seats_freeze(actor=request.user, unit=unit, **form.cleaned_data))
    ):
        messages.success(request, _("The seats are frozen."))
        return redirect("staffing:plans", number=unit.pk)
    return _form(request, unit, form, _("Freeze seats of %(unit)s") % {"unit": unit.name}, "plans")


@page
@require_http_methods(["GET", "POST"])
def freeze_end(request: HttpRequest, number: int) -> HttpResponse:
    freeze = freeze_for(user=request.user, number=number)
    require(request.user, Permission.CHANGE_QUOTA, freeze.unit)
    form = FreezeEndForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and tried(form, lambda: freeze_lift(actor=request.user, freeze=freeze, end=form.cleaned_data["end"]))
    ):
        messages.success(request, _("The freeze is lifted."))
        return redirect("staffing:plans", number=freeze.unit_id)
    title = _("Lift the freeze of %(number)s seats of %(unit)s") % {"number": freeze.number, "unit": freeze.unit.name}
    return _form(request, freeze.unit, form, title, "plans")
