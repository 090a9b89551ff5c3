"""Who has looked at somebody's file, when, at what and what for."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.views import PAGE, page
from personnel.selectors.readings import Readings, own_readings, readings_of, readings_page_for_system


@page
@require_GET
def person_readings(request: HttpRequest, number: int) -> HttpResponse:
    """For who looks at the audit trail where the person works."""
    person, found = readings_of(user=request.user, person_id=number)
    return render(request, "personnel/readings.html", {"person": person, **_context(request, found)})


@page
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """For oneself, once a security administrator has said which person one is."""
    found = own_readings(user=request.user)
    context = {"unlinked": True} if found is None else _context(request, found)
    return render(request, "personnel/readings.html", context)


def _context(request: HttpRequest, found: Readings) -> dict[str, Any]:
    shown = Paginator(found.entries, PAGE).get_page(request.GET.get("page"))
    return {"page": shown, "lines": readings_page_for_system(list(shown)), "taken": found.taken}
