"""Approved seats and who fills them: a page a level of the tree, and the people behind a number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.errors import NotFound
from core.views import page
from organization.access import scope_for
from organization.models import Permission
from organization.rules.loading import day_of
from personnel.selectors.headcount import FilledLevel, filled_level, people_counted

PEOPLE = 100  # of one page


def day_asked(request: HttpRequest) -> tuple[date, str]:
    """The day the page is of, and what is wrong with what was typed."""
    typed = request.GET.get("day", "").strip()
    day = day_of(typed) if typed else timezone.localdate()
    if day is None:
        return timezone.localdate(), _("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}
    return day, ""


@page
@require_GET
def staffing(request: HttpRequest) -> HttpResponse:
    """Seats, people, vacancies and what is over, of a unit and of those directly below it."""
    day, wrong_day = day_asked(request)
    wrong_unit = ""
    code = request.GET.get("unit", "")
    try:
        level = filled_level(user=request.user, code=code, day=day)
    except NotFound as error:
        wrong_unit, level = str(error), FilledLevel([], None, [])
    typed = request.GET.get("day", "").strip() if not wrong_day else ""
    changes = scope_for(request.user, Permission.CHANGE_QUOTA)
    context: dict[str, Any] = {
        "level": level,
        "day": day,
        "wrong_day": wrong_day,
        "wrong_unit": wrong_unit,
        "typed": typed,
        "code": code,
        "query": urlencode({"day": typed}) if typed else "",
        "may_change": level.unit is not None and changes.covers(level.unit.unit.path),
        "rows": ([level.unit] if level.unit else []) + level.below,
    }
    return render(request, "personnel/staffing.html", context, status=404 if wrong_unit else 200)


@page
@require_GET
def staffing_people(request: HttpRequest, number: int) -> HttpResponse:
    """Everybody whom the number of a unit counts on a day."""
    day, wrong_day = day_asked(request)
    retiring = request.GET.get("retiring") == "1"
    unit, rows = people_counted(user=request.user, number=number, day=day, retiring=retiring)
    found = Paginator(rows, PEOPLE).get_page(request.GET.get("page"))
    typed = request.GET.get("day", "").strip() if not wrong_day else ""
    context = {"unit": unit, "page": found, "day": day, "wrong_day": wrong_day, "typed": typed, "retiring": retiring}
    return render(request, "personnel/staffing_people.html", context)
