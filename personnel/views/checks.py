"""What the checks of a place find: a page of all of them, and one with the findings of each unit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from core.errors import NotFound, Refused
from core.views import page
from personnel.selectors.checks import checked_unit, examined, lines_of, own_units
from personnel.views.staffing import day_asked


@page
@require_GET
def checks(request: HttpRequest) -> HttpResponse:
    """The checks of the rules in force in a unit on a day; with `check`, one of them by unit."""
    day, wrong_day = day_asked(request)
    typed = request.GET.get("day", "").strip() if not wrong_day else ""
    code, only = request.GET.get("unit", ""), request.GET.get("check", "")
    context = {"day": day, "wrong_day": wrong_day, "typed": typed, "code": code}
    try:
        unit = checked_unit(user=request.user, code=code, day=day)
        report = None if unit is None else examined(user=request.user, unit=unit, day=day, only=only)
    except (NotFound, Refused) as error:
        status = 404 if isinstance(error, NotFound) else 200
        return render(request, "personnel/checks.html", context | {"wrong": str(error)}, status=status)
    if report is None:
        return render(request, "personnel/checks.html", context | {"choose": own_units(user=request.user, day=day)})
    context |= {"report": report, "query": urlencode({"unit": report.unit.code} | ({"day": typed} if typed else {}))}
    if only:
        context["lines"] = lines_of(user=request.user, report=report)
        return render(request, "personnel/check.html", context | {"one": report.checks[0]})
    return render(request, "personnel/checks.html", context)
