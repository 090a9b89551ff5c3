"""Saved reports, their schedules, and what was made for the inbox."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import NotFound, Refused
from core.views import add_errors, download, page
from reports.forms import SaveForm, ScheduleForm
from reports.models import MadeState, SavedReport
from reports.selectors.saved import made_for, report_for, reports_made, reports_saved
from reports.selectors.tables import KINDS, kinds_for
from reports.services.saved import (
    report_delete,
    report_pause,
    report_save,
    report_schedule,
    report_take,
)
from reports.views.tables import MEDIA, around, asked_of, kind_of


@page
@require_GET
def tables(request: HttpRequest) -> HttpResponse:
    """The standard tables that somebody may ask for, what they have saved, and what was made for them."""
    user = request.user
    context = {
        "kinds": kinds_for(user=user),
        "saved": [(one, KINDS[one.table].name, _query(one)) for one in reports_saved(user=user)],
        "made": [(one, KINDS[one.table].name) for one in reports_made(user=user)],
    }
    return render(request, "reports/tables.html", context)


def _query(report: SavedReport) -> str:
    given: list[tuple[str, str]] = [("unit", report.unit.code)]
    given += [(name, str(day)) for name, day in (("day", report.day), ("since", report.since)) if day is not None]
    return urlencode([*given, *(("columns", code) for code in report.columns)])


@page
@require_POST
def table_save(request: HttpRequest, table: str) -> HttpResponse:
    """Keep the table of the page under a name."""
    kind, form = kind_of(table), SaveForm(request.POST)
    given, columns = request.POST.dict(), request.POST.getlist("columns")
    question, faults = asked_of(given, columns, request)
    if question is None:
        return render(request, "reports/table.html", around(kind, given, columns, faults), status=400)
    if form.is_valid():
        try:
            report_save(
                actor=request.user,
                name=form.cleaned_data["name"],
                table=table,
                unit=question.unit,
                day=question.day if form.cleaned_data["keep_day"] else None,
                since=question.since if form.cleaned_data["keep_day"] else None,
                columns=question.columns,
                shared=form.cleaned_data["shared"],
            )
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The report “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("reports:tables")
    context = {"form": form, "kind": kind, "question": question}
    return render(request, "reports/save.html", context, status=422)


@page
@require_http_methods(["GET", "POST"])
def report_plan(request: HttpRequest, report: int) -> HttpResponse:
    """When a report of one's own is made by itself."""
    one = report_for(user=request.user, number=report)
    if one.owner_id != request.user.pk:
        raise NotFound(_("There is no such report among yours."))
    form = ScheduleForm(request.POST or None, initial=_initial(one))
    if request.method == "POST" and form.is_valid():
        try:
            report_schedule(actor=request.user, number=report, **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The schedule of “%(name)s” is saved.") % {"name": one.name})
            return redirect("reports:tables")
    status = 422 if form.errors else 200
    return render(request, "reports/plan.html", {"form": form, "report": one}, status=status)


def _initial(report: SavedReport) -> dict[str, Any]:
    return {
        "every": report.every,
        "on_day": report.on_day or 1,
        "as_of": report.as_of or "MONTH",
        "output": report.output,
    }


@page
@require_POST
def report_rest(request: HttpRequest, report: int) -> HttpResponse:
    """Pause a schedule, or let it go on."""
    report_pause(actor=request.user, number=report, paused=request.POST.get("paused") == "1")
    return redirect("reports:tables")


@page
@require_POST
def report_remove(request: HttpRequest, report: int) -> HttpResponse:
    report_delete(actor=request.user, number=report)
    messages.success(request, _("The report is deleted. Files that it has made stay until their time."))
    return redirect("reports:tables")


@page
@require_http_methods(["GET", "POST"])
def made(request: HttpRequest, made: int) -> HttpResponse:
    """What was made for the inbox: the file, or why there is none."""
    if request.method == "GET":
        one = made_for(user=request.user, number=made)
        return render(request, "reports/made.html", {"made": one, "kind": KINDS[one.table]})
    one = report_take(actor=request.user, number=made)
    if one.state != MadeState.MADE or one.content is None:
        return redirect("reports:tables")
    return download(bytes(one.content), MEDIA[one.output], f"{one.unit.name}{one.name}{one.day}.{one.output}")
