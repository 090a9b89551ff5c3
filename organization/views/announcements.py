"""What a system administrator tells everybody who works in a unit."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Conflict, Refused
from core.views import PAGE, page
from organization.access import get_unit_for, may_somewhere
from organization.forms import MOST_CHOICES, AnnouncementForm
from organization.models import Permission, UnitKind
from organization.selectors import announcement_for, announcements_list, units_list
from organization.services import announcement_end, announcement_write

_AS_FAR_AS = (UnitKind.PROVINCE, UnitKind.CITY, UnitKind.COUNTY, UnitKind.STREET)
WEEK = timedelta(days=7)


@page
@require_http_methods(["GET", "POST"])
def announcements(request: HttpRequest) -> HttpResponse:
    """What is announced in one's units, and the form for another one."""
    if not may_somewhere(request.user, Permission.CHANGE_ANNOUNCEMENTS):
        raise PermissionDenied
    today = timezone.localdate()
    units = units_list(user=request.user, permission=Permission.CHANGE_ANNOUNCEMENTS).filter(kind__in=_AS_FAR_AS)
    form = AnnouncementForm(
        request.POST or None, units=units[:MOST_CHOICES], initial={"start": today, "end": today + WEEK}
    )
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        unit = get_unit_for(request.user, Permission.CHANGE_ANNOUNCEMENTS, said.pop("unit"))
        try:
            announcement_write(actor=request.user, unit=unit, **said)
        except Refused as refused:
            for name, texts in refused.fields.items():
                for text in texts:
                    form.add_error(name, text)
        else:
            messages.success(request, _("The announcement is entered for %(unit)s.") % {"unit": unit.name})
            return redirect("organization:announcements")
    context = {"form": form, "rows": announcements_list(user=request.user)[:PAGE], "today": today}
    return render(request, "organization/announcements.html", context, status=422 if form.errors else 200)


@page
@require_POST
def announcement_stop(request: HttpRequest, number: int) -> HttpResponse:
    """It is shown no more from today on."""
    told = announcement_for(user=request.user, number=number)
    try:
        announcement_end(actor=request.user, announcement=told)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The announcement is taken back."))
    return redirect("organization:announcements")
