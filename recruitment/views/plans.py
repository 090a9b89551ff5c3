"""Vacancies and plans."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import NotFound
from core.views import PAGE, page
from organization.access import get_unit_for, may_somewhere, require, scope_for, units_for
from organization.models import Permission
from recruitment import selectors, services
from recruitment.forms import AnnounceForm, CutForm, FixForm, LineForm, PlanStartForm, PublishForm, ReasonForm
from recruitment.models import Plan, PlanState
from recruitment.views.steps import act, press

STEPS = tuple(state for state in PlanState if state != PlanState.CANCELLED)


@page
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Seats, people, vacancies and what plans have taken, a unit and those below it; and the plans."""
    wrong = ""
    code = request.GET.get("unit", "")
    try:
        unit, rows = selectors.board(user=request.user, code=code, day=timezone.localdate())
    except NotFound as error:
        wrong, unit, rows = str(error), None, []
    plans = Paginator(selectors.plans_list(user=request.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "unit": unit,
        "rows": rows,
        "wrong": wrong,
        "plans": plans,
        "open": next((one for one in plans if one.state == PlanState.PROPOSED), None),
        "may_change": may_somewhere(request.user, Permission.CHANGE_PEOPLE),
    }
    return render(request, "recruitment/board.html", context, status=404 if wrong else 200)


@page
@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    units = units_for(request.user, Permission.CHANGE_PEOPLE)
    if not units:
        raise NotFound(_("There is no unit for which you may begin a plan."))
    year = timezone.localdate().year
    form = PlanStartForm(request.POST or None, units=units, initial={"year": year})
    made: list[Plan] = []

    def work() -> None:
        data = form.cleaned_data
        unit = form.units[data["unit"]]
        made.append(services.plan_start(actor=request.user, unit=unit, year=data["year"], title=data["title"]))

    return act(
        request,
        form,
        work,
        title=_("Begin a plan of recruitment"),
        plan=None,
        done=_("The plan is begun. Add its lines."),
        to=("recruitment:board",),
    )


@page
@require_GET
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """A plan with its steps, lines and what may be done next."""
    found = selectors.plan_for(user=request.user, number=number)
    own = scope_for(request.user, Permission.TAKE_COUNTY_STEPS).covers(found.unit_path)
    order = [state.value for state in STEPS]
    here = order.index(found.state) if found.state in order else -1
    steps = [(state.label, "done" if at < here else "now" if at == here else "") for at, state in enumerate(STEPS)]
    positions = selectors.positions_of(user=request.user, plan=found)
    proposing = scope_for(request.user, Permission.CHANGE_PEOPLE)
    context: dict[str, Any] = {
        "plan": found,
        "steps": steps,
        "section": selectors.section_for_system(found),
        "positions": positions,
        "decides": own,
        "changes": proposing.covers(found.unit_path),
        "proposes": may_somewhere(request.user, Permission.CHANGE_PEOPLE),
        "withdraws": [
            one.pk for one in positions if found.state == PlanState.PROPOSED and proposing.covers(one.unit_path)
        ],
        "cuts": own and found.state in (PlanState.ANNOUNCED, PlanState.SCREENED),
        "sees_people": may_somewhere(request.user, Permission.VIEW_PEOPLE),
        "report": selectors.batch_report(user=request.user, plan=found),
    }
    return render(request, "recruitment/plan.html", context)


@page
@require_GET
def intake(request: HttpRequest, number: int) -> HttpResponse:
    """This batch and those before it beside those who served when each came."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.VIEW_PEOPLE)
    context = {"plan": found, "batches": selectors.intake_of(user=request.user, plan=found)}
    return render(request, "recruitment/intake.html", context)


@page
@require_http_methods(["GET", "POST"])
def line_new(request: HttpRequest, number: int) -> HttpResponse:
    """Propose posts; from the board the unit is filled in already."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.CHANGE_PEOPLE)
    initial = {
        "unit": request.GET.get("unit", ""),
        "number": request.GET.get("number", ""),
        "name": _("Community worker"),
    }
    form = LineForm(request.POST or None, initial=initial)

    def work() -> None:
        data = dict(form.cleaned_data)
        code = data.pop("unit")
        try:
            unit = get_unit_for(request.user, Permission.CHANGE_PEOPLE, code)
        except NotFound as error:
            form.add_error("unit", str(error))
            return
        services.position_propose(actor=request.user, plan=found, unit=unit, **data)

    return act(
        request,
        form,
        work,
        title=_("Propose posts"),
        plan=found,
        done=_("The line is proposed."),
        to=("recruitment:plan", number),
    )


@page
@require_POST
def line_withdraw(request: HttpRequest, number: int, line: int) -> HttpResponse:
    """Whoever proposes for the unit takes a line back, before the plan is fixed."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.CHANGE_PEOPLE)
    position = selectors.position_for(user=request.user, plan=found, number=line, permission=Permission.CHANGE_PEOPLE)
    return press(
        request, lambda: services.position_withdraw(actor=request.user, position=position),
        lambda _none: _("The line is taken back."), ("recruitment:plan", number),
    )  # fmt: skip


@page
@require_http_methods(["GET", "POST"])
def line_cut(request: HttpRequest, number: int, line: int) -> HttpResponse:
    """Fewer posts than were fixed, because too few applied."""
    found = _decided(request, number)
    position = selectors.position_for(
        user=request.user, plan=found, number=line, permission=Permission.TAKE_COUNTY_STEPS
    )
    form = CutForm(request.POST or None, initial={"number": position.posts})

    def work() -> None:
        services.position_cut(actor=request.user, position=position, **form.cleaned_data)

    return act(
        request,
        form,
        work,
        title=_("Cut posts: %(post)s, %(unit)s") % {"post": position.name, "unit": position.unit.name},
        plan=found,
        done=_("The posts are cut."),
        to=("recruitment:plan", number),
    )


def _decided(request: HttpRequest, number: int) -> Plan:
    """A plan of a unit whose organisation department the user acts for. Raises NotFound, NotAllowed."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.TAKE_COUNTY_STEPS, near=False)
    require(request.user, Permission.TAKE_COUNTY_STEPS, found.unit)
    return found


@page
@require_http_methods(["GET", "POST"])
def plan_fix(request: HttpRequest, number: int) -> HttpResponse:
    found = _decided(request, number)
    positions = selectors.positions_of(user=request.user, plan=found)
    form = FixForm(request.POST or None, positions=positions)

    def work() -> None:
        services.plan_fix(
            actor=request.user, plan=found, document=form.cleaned_data["document"], approved=form.approved
        )

    return act(
        request,
        form,
        work,
        title=_("Fix the plan"),
        plan=found,
        done=_("The plan is fixed."),
        to=("recruitment:plan", number),
    )


@page
@require_http_methods(["GET", "POST"])
def plan_announce(request: HttpRequest, number: int) -> HttpResponse:
    found = _decided(request, number)
    form = AnnounceForm(request.POST or None, initial={"day": timezone.localdate()})

    def work() -> None:
        services.plan_announce(actor=request.user, plan=found, **form.cleaned_data)

    return act(
        request,
        form,
        work,
        title=_("Announce the recruitment"),
        plan=found,
        done=_("The recruitment is announced."),
        to=("recruitment:plan", number),
    )


@page
@require_http_methods(["GET", "POST"])
def plan_publish(request: HttpRequest, number: int) -> HttpResponse:
    found = _decided(request, number)
    form = PublishForm(request.POST or None, initial={"day": timezone.localdate()})

    def work() -> None:
        services.names_publish(actor=request.user, plan=found, **form.cleaned_data)

    return act(
        request,
        form,
        work,
        title=_("Make the names public"),
        plan=found,
        done=_("The names are public."),
        to=("recruitment:plan", number),
    )


@page
@require_POST
def plan_close(request: HttpRequest, number: int) -> HttpResponse:
    found = _decided(request, number)
    return press(
        request, lambda: services.plan_close(actor=request.user, plan=found),
        lambda _plan: _("The recruitment is finished."), ("recruitment:plan", number),
    )  # fmt: skip


@page
@require_http_methods(["GET", "POST"])
def plan_cancel(request: HttpRequest, number: int) -> HttpResponse:
    found = _decided(request, number)
    form = ReasonForm(request.POST or None)

    def work() -> None:
        services.plan_cancel(actor=request.user, plan=found, **form.cleaned_data)

    return act(
        request,
        form,
        work,
        title=_("Call the recruitment off"),
        plan=found,
        done=_("The recruitment is called off."),
        to=("recruitment:plan", number),
    )
