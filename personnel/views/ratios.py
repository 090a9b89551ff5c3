"""The page on which a unit says how it counts the ratio of cross-appointments."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import Conflict, Refused
from core.views import error_lines, page
from organization.access import require
from organization.models import Permission
from organization.selectors.pages import unit_on
from personnel.forms.ratios import CrossDefinitionForm
from personnel.services import cross_definition_set


@page
@require_http_methods(["GET", "POST"])
def cross_definition(request: HttpRequest, number: int) -> HttpResponse:
    """Choose the definition, from which day, and who says so; what was chosen before stays for its days."""
    unit = unit_on(user=request.user, number=number, day=timezone.localdate())
    require(request.user, Permission.CHANGE_UNITS, unit)
    form = CrossDefinitionForm(request.POST or None, initial={"day": timezone.localdate().isoformat()})
    if request.method == "POST" and form.is_valid():
        try:
            cross_definition_set(actor=request.user, unit=unit, **form.cleaned_data)
        except (Refused, Conflict) as error:
            for line in error_lines(error):
                form.add_error(None, line)
        else:
            messages.success(request, _("%(unit)s reports by this definition.") % {"unit": unit.name})
            return redirect("organization:unit", number=unit.pk)
    context = {"unit": unit, "form": form, "title": _("How %(unit)s counts cross-appointments") % {"unit": unit.name}}
    return render(request, "organization/form.html", context, status=422 if form.errors else 200)
