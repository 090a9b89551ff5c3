"""Restricting a file, and lifting that."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import Conflict, Refused
from core.views import add_errors, page
from organization.models import Permission
from personnel.forms.restrictions import LiftForm, RestrictForm
from personnel.selectors.people import person_for
from personnel.selectors.restrictions import restriction_of_for_system
from personnel.services.restrictions import restriction_lift, restriction_set


@page
@require_http_methods(["GET", "POST"])
def restriction(request: HttpRequest, number: int) -> HttpResponse:
    """Restricts a file that nothing restricts, and lifts what does."""
    person = person_for(user=request.user, person_id=number, permission=Permission.CHANGE_PEOPLE)
    found = restriction_of_for_system(person)
    form = (RestrictForm if found is None else LiftForm)(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if found is None:
                    restriction_set(actor=request.user, person=person, **form.cleaned_data)
                else:
                    restriction_lift(actor=request.user, person=person, **form.cleaned_data)
            except (Refused, Conflict) as error:
                add_errors(form, error)
                status = 409 if isinstance(error, Conflict) else 422
            else:
                messages.success(request, _("It is on record."))
                return redirect("personnel:person", number)
    context = {"person": person, "restriction": found, "form": form}
    return render(request, "personnel/restriction.html", context, status=status)
