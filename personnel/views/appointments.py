"""Proposing somebody for a post, for a move or for leaving, and the order that ends the case and carries it out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals.models import MOVES, Case, CaseAct
from approvals.selectors import case_for, procedure_for_system, steps_of_case
from approvals.views.cases import case_page, form_of
from approvals.views.numbers import number_of
from core.errors import NotAllowed
from core.views import page, tried
from organization.access import may_somewhere
from organization.models import Permission
from organization.selectors import roots_list
from personnel.forms import UnitChoices
from personnel.forms.appointments import LeavingForm, ProposalForm
from personnel.forms.moves import MoveForm
from personnel.selectors.appointments import (
    posts_with_procedure_for_system,
    proposal_ticks_for_system,
    works_in_for_system,
)
from personnel.selectors.employing import listed_exits_for_system
from personnel.selectors.people import person_for
from personnel.services import appointment_carry_out, appointment_open, exit_open, move_open
from personnel.services.foresight import change_foreseen
from personnel.services.moves import person_of_case


@page
@require_http_methods(["GET", "POST"])
def appointment_new(request: HttpRequest, number: int) -> HttpResponse:
    """Propose an appointment or a removal: what is asked for, then the answers to check, then the case."""
    person = person_for(user=request.user, person_id=number)
    if not may_somewhere(request.user, Permission.TAKE_STREET_STEPS):
        raise NotAllowed(_("Only streets propose appointments and removals."))
    units = UnitChoices(request.user, Permission.TAKE_STREET_STEPS)
    home = works_in_for_system(person)
    asked = home or next(iter(roots_list(user=request.user, permission=Permission.TAKE_STREET_STEPS)), None)
    posts = posts_with_procedure_for_system(asked, timezone.localdate()) if asked is not None else []
    initial = {"unit": home, **{name: request.GET[name] for name in ("act", "post") if name in request.GET}}
    form = ProposalForm(request.POST or None, units=units, posts=posts, initial=initial)
    context = {"person": person, "form": form, "posts": posts, "unit": asked}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        day = given["planned"] or timezone.localdate()
        ticks = proposal_ticks_for_system(person, given["unit"], given["act"], given["post"], day)
        if request.POST.get("go") == "save":
            made = []
            if tried(
                form, lambda: made.append(appointment_open(actor=request.user, person=person, **given)), NotAllowed
            ):
                messages.success(request, _("The case about %(person)s is open.") % {"person": person.name})
                return redirect("approvals:case", number=made[0].pk)
        elif request.POST.get("go") == "check":
            told = change_foreseen(
                actor=request.user, person=person, act=given["act"], unit=given["unit"], day=day, post=given["post"]
            )
            context |= {"ticks": ticks, "given": given, "foreseen": told}
            return render(request, "personnel/appointment_check.html", context)
    return render(request, "personnel/appointment.html", context, status=422 if form.errors else 200)


@page
@require_http_methods(["GET", "POST"])
def exit_new(request: HttpRequest, number: int) -> HttpResponse:
    """Open the case of somebody's leaving, where the rules let one decide it."""
    person = person_for(user=request.user, person_id=number)
    if not may_somewhere(request.user, Permission.TAKE_STREET_STEPS):
        raise NotAllowed(_("Only streets propose that somebody leaves."))
    unit = works_in_for_system(person)
    today = timezone.localdate()
    asked = procedure_for_system(unit, CaseAct.EXIT, "", today) if unit is not None else None
    exits = listed_exits_for_system(unit, today) if unit is not None else []
    form = LeavingForm(request.POST or None, exits=exits)
    context = {"person": person, "form": form, "unit": unit, "asked": asked is not None and bool(exits)}
    if request.method == "POST" and unit is not None and form.is_valid():
        made = []
        given = form.cleaned_data
        if request.POST.get("go") == "check":
            told = change_foreseen(
                actor=request.user, person=person, act=CaseAct.EXIT, unit=unit, day=today, exit_code=given["code"]
            )
            return render(request, "personnel/exit.html", context | {"foreseen": told})
        if tried(
            form, lambda: made.append(exit_open(actor=request.user, person=person, unit=unit, **given)), NotAllowed
        ):
            messages.success(request, _("The case about %(person)s is open.") % {"person": person.name})
            return redirect("approvals:case", number=made[0].pk)
    return render(request, "personnel/exit.html", context, status=422 if form.errors else 200)


@page
@require_http_methods(["GET", "POST"])
def move_new(request: HttpRequest, number: int) -> HttpResponse:
    """Open the case of a transfer or a secondment, where the rules want the word of both units."""
    person = person_for(user=request.user, person_id=number)
    if not may_somewhere(request.user, Permission.TAKE_STREET_STEPS):
        raise NotAllowed(_("Only streets propose that somebody moves."))
    unit = works_in_for_system(person)
    form = MoveForm(request.POST or None)
    context = {"person": person, "form": form, "unit": unit}
    if request.method == "POST" and unit is not None and form.is_valid():
        made = []
        given = form.cleaned_data
        if request.POST.get("go") == "check":
            day = given["planned"] or timezone.localdate()
            parts = {name: given[name] for name in ("post", "to_unit", "away", "due_back")}
            told = change_foreseen(actor=request.user, person=person, act=given["act"], unit=unit, day=day, **parts)
            return render(request, "personnel/move.html", context | {"foreseen": told})
        if tried(form, lambda: made.append(move_open(actor=request.user, person=person, unit=unit, **given))):
            messages.success(request, _("The case about %(person)s is open.") % {"person": person.name})
            return redirect("approvals:case", number=made[0].pk)
    return render(request, "personnel/move.html", context, status=422 if form.errors else 200)


@page
@require_POST
def case_order(request: HttpRequest, number: int) -> HttpResponse:
    """The last step of a case: the order is there, and the post changes."""
    found = case_for(user=request.user, number=number)
    views = steps_of_case(user=request.user, case=found)
    form = form_of(request, "finish", found, views)
    if form is None or request.POST.get("act") != "finish":
        return case_page(request, found, views)
    step = number_of(request.POST.get("step"))
    if form.is_valid() and request.POST.get("go") == "check":
        told = change_foreseen(
            actor=request.user, person=person_of_case(found), act=found.act, unit=found.unit,
            day=form.given["values"]["effective_date"], post=found.post, exit_code=found.exit_code, to_unit=found.to_unit, away=found.away, due_back=found.due_back,
        )  # fmt: skip
        return case_page(request, found, views, "finish", form, told)
    if form.is_valid() and tried(
        form, lambda: appointment_carry_out(actor=request.user, case=found, step=step, **form.given), NotAllowed
    ):
        messages.success(request, _carried_out(found) % {"person": found.subject_name})
        return redirect("approvals:case", number=found.pk)
    found.refresh_from_db()
    return case_page(request, found, steps_of_case(user=request.user, case=found), "finish", form)


def _carried_out(case: Case) -> str:
    if case.act == CaseAct.EXIT:
        return _("Carried out: the employment of %(person)s ends.")
    if case.act in MOVES:
        return _("Carried out: %(person)s moves to the receiving unit.")
    return _("Carried out: the post of %(person)s has changed.")
