"""Where a file comes from: the number in it leads to who took it, when, and of what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.views import page
from organization.selectors.exports import export_named, exports_list


@page
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """One's own exports; with `code` the one with that number, for whoever may know."""
    code = request.GET.get("code", "").strip()[:40]
    found = export_named(user=request.user, code=code) if code else None
    context = {"code": code, "found": found, "own": exports_list(user=request.user)}
    return render(request, "organization/exports.html", context, status=404 if code and found is None else 200)
