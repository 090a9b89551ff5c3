"""Requests for corrections: one's own, those that an officer enters for somebody, and their decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import Conflict, NotFound, Refused
from core.views import PAGE, add_errors, page
from organization.models import Permission
from personnel.forms.corrections import CorrectionForm, GrantForm, RefuseForm
from personnel.forms.inputs import UnitChoices
from personnel.models import CorrectionState, Person
from personnel.rules.fields import FIELDS, SENSITIVE
from personnel.selectors.corrections import (
    asked_for_system,
    choices_for_system,
    correction_for,
    corrections_of,
    own_choices,
    own_corrections,
    target_for_system,
    value_for_system,
)
from personnel.selectors.people import person_for
from personnel.selectors.readings import own_person
from personnel.selectors.record import masked_words_for_system, record_for_system
from personnel.selectors.sights import sights_of
from personnel.services.corrections import correction_ask, correction_grant, correction_refuse


@page
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """What one has asked about one's own file, and what came of it."""
    person, lines = own_corrections(user=request.user)
    return render(request, "personnel/corrections.html", {"lines": lines, "own": True, "unlinked": person is None})


@page
@require_http_methods(["GET", "POST"])
def own_new(request: HttpRequest) -> HttpResponse:
    """Ask for a correction of one's own file."""
    person = own_person(user=request.user)
    if person is None:
        return render(request, "personnel/corrections.html", {"own": True, "unlinked": True})
    form = CorrectionForm(request.POST or None, choices=own_choices(user=request.user))
    return _ask(request, person, form, "personnel:own_corrections")


@page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, number: int) -> HttpResponse:
    """An officer enters what somebody has asked."""
    person = person_for(user=request.user, person_id=number, permission=Permission.CHANGE_PEOPLE)
    choices = choices_for_system(record_for_system(person), sights_of(user=request.user, person=person))
    return _ask(request, person, CorrectionForm(request.POST or None, choices=choices), "personnel:corrections")


def _ask(request: HttpRequest, person: Person, form: CorrectionForm, after: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        code, row = form.target
        data = form.cleaned_data
        try:
            made = correction_ask(
                actor=request.user, person=person, code=code, row=row, stated=data["stated"], document=data["document"]
            )
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("It is decided by %(day)s.") % {"day": made.due.isoformat()})
            return redirect(after)
    context = {"person": person, "form": form, "own": after == "personnel:own_corrections"}
    return render(request, "personnel/correction_new.html", context, status=422 if form.errors else 200)


@page
@require_GET
def corrections(request: HttpRequest) -> HttpResponse:
    """What is asked about files that the user writes."""
    shown = Paginator(corrections_of(user=request.user), PAGE).get_page(request.GET.get("page"))
    return render(request, "personnel/corrections.html", {"page": shown, "lines": asked_for_system(shown)})


@page
@require_http_methods(["GET", "POST"])
def correction(request: HttpRequest, number: int) -> HttpResponse:
    """A request, and its decision."""
    found = correction_for(user=request.user, number=number)
    (line,) = asked_for_system([found])
    one = FIELDS[found.field]
    try:
        current, words = value_for_system(one, target_for_system(found.person, found.field, found.row_id)[1])
        gone = False
    except NotFound:  # the row was withdrawn meanwhile: there is nothing to correct any more
        current, words, gone = None, "", True
    seen = sights_of(user=request.user, person=found.person)[one.code]
    decides = found.state == CorrectionState.OPEN and seen.writes and found.asked_by_id != request.user.pk
    posted = request.POST if request.method == "POST" else None
    act = request.POST.get("act", "")
    grant = GrantForm(
        posted if act == "grant" else None,
        one=one,
        units=UnitChoices(request.user),
        current=current,
        stated=found.stated,
    )
    refuse = RefuseForm(posted if act == "refuse" else None)
    status = 200
    if posted is not None and (form := {"grant": grant, "refuse": refuse}.get(act)) is not None:
        status = 422
        if form.is_valid():
            try:
                if form is grant:
                    correction_grant(actor=request.user, request=found, value=form.cleaned_data["value"])
                else:
                    correction_refuse(actor=request.user, request=found, reason=form.cleaned_data["reason"])
            except (Refused, Conflict, NotFound) as error:
                if isinstance(error, Refused):  # what the service says of the field is about its one input
                    error.fields = {
                        "value" if name == one.attribute else name: told for name, told in error.fields.items()
                    }
                add_errors(form, error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, _("It is decided. The person sees it in their own file."))
                return redirect("personnel:corrections")
    context: dict[str, Any] = {
        "line": line,
        "words": words if seen.shown(False) or one.sensitivity != SENSITIVE else masked_words_for_system(one, words),
        "decides": decides,
        "gone": gone,
        "grant": grant,
        "refuse": refuse,
        "errors": [one for one in (grant, refuse) if one.errors],
    }
    return render(request, "personnel/correction.html", context, status=status)
