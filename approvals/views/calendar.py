"""The calendar of working days: what is off, and what is worked instead."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.forms import DayForm
from approvals.selectors import calendar_years_for_system, days_of_year_for_system
from approvals.services import calendar_day_remove, calendar_day_set
from approvals.views.numbers import number_of
from core.errors import NotAllowed
from core.views import page, tried
from organization.access import may_somewhere
from organization.models import Permission
from organization.rules.loading import day_of

FIRST, LAST = 2000, 2100


@page
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """The days of a year that are not what their weekdays say; administrators enter and remove them."""
    asked = number_of(request.GET.get("year"))
    year = asked if FIRST <= asked <= LAST else timezone.localdate().year
    form = DayForm(request.POST if request.POST.get("act") == "set" else None)
    changes = may_somewhere(request.user, Permission.CHANGE_CALENDAR)
    if request.method == "POST":
        gone = day_of(request.POST.get("day", "")) if request.POST.get("act") == "remove" else None
        if gone is not None:
            calendar_day_remove(actor=request.user, day=gone)
            messages.success(request, _("%(day)s is what its weekday says again.") % {"day": gone})
            return redirect(f"{reverse('approvals:calendar')}?year={gone.year}")
        if form.is_valid() and tried(form, lambda: calendar_day_set(actor=request.user, **form.given), NotAllowed):
            messages.success(request, _("Entered: %(value)s.") % {"value": form.cleaned_data["day"]})
            return redirect(f"{reverse('approvals:calendar')}?year={form.cleaned_data['day'].year}")
    known = calendar_years_for_system()
    context = {
        "form": form,
        "year": year,
        "years": sorted({*known, year, timezone.localdate().year, timezone.localdate().year + 1}),
        "known": year in known,
        "rows": days_of_year_for_system(year),
        "changes": changes,
    }
    return render(request, "approvals/calendar.html", context, status=422 if form.errors else 200)
