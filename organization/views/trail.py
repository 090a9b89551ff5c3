"""The trail of what was done, for the auditor."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from core.errors import NotFound
from core.selectors import audit_end_for_system
from core.views import PAGE, page
from organization.access import may_somewhere
from organization.forms import TrailForm
from organization.models import Permission
from organization.selectors import TrailQuery, kinds_for_system, trail_entry, trail_list


@page
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    """The entries of one's units, page by page from the newest; with `check`, whether the end of the chain is whole."""
    if not may_somewhere(request.user, Permission.VIEW_AUDIT):
        raise PermissionDenied
    kinds = kinds_for_system()
    form = TrailForm(request.GET, kinds=kinds)
    rows = []
    if form.is_valid():
        asked = {name: value for name, value in form.cleaned_data.items() if name != "before"}
        try:
            found = trail_list(user=request.user, query=TrailQuery(**asked))
        except NotFound as error:
            form.add_error("unit", str(error))
        else:
            before = form.cleaned_data["before"]
            rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    kept = {name: value for name, value in request.GET.items() if value and name in form.fields and name != "before"}
    context = {
        "form": form,
        "rows": [(row, kinds.get(row.object_type, row.object_type)) for row in rows[:PAGE]],
        "older": urlencode(kept | {"before": rows[PAGE - 1].pk}) if len(rows) > PAGE else "",
        "later": urlencode(kept) if form.is_valid() and form.cleaned_data["before"] else None,
        "end": audit_end_for_system() if "check" in request.GET else None,
    }
    return render(request, "organization/trail.html", context, status=422 if form.errors else 200)


@page
@require_GET
def trail_one(request: HttpRequest, number: int) -> HttpResponse:
    """One entry: who, when, what, and each value before and after."""
    found = trail_entry(user=request.user, number=number)
    return render(request, "organization/trail_entry.html", {"found": found, "entry": found.entry})
