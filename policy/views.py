"""The rules of places, as pages: which versions there are, and every value of one with its source."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from policy.selectors import versions_for_system


@login_required
@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """All versions of all places; regulations are public among those who log in."""
    return render(request, "policy/versions.html", {"versions": versions_for_system()})


@login_required
@require_GET
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version, value by value: path, value, status, source."""
    found = versions_for_system().filter(pk=number).first()
    if found is None:
        raise Http404
    leaves = found.document.leaves
    shown = request.GET.get("status", "")
    context = {
        "version": found,
        "document": found.document,
        "leaves": [leaf for leaf in leaves if not shown or leaf.status == shown],
        "status": shown,
        "counts": {name: sum(leaf.status == name for leaf in leaves) for name in ("cited", "assumed", "unset")},
        "total": len(leaves),
    }
    return render(request, "policy/version.html", context)
