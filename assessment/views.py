"""Pages of evaluations: parse, one selector or service, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessment import selectors, services, tasks
from assessment.filters import EvaluationFilter
from assessment.forms import CloseForm, ConsequenceForm, EvaluationForm, NoteForm, TieForm
from assessment.models import Evaluation
from assessment.selectors.conflicts import grade_names_for_system
from core.errors import ApplicationError, Conflict, Refused
from organization.access import get_unit_for, may_somewhere
from organization.models import Permission, User
from organization.views.proof import require_recent_proof
from personnel.selectors import person_for
from personnel.views.withheld import withheld

PAGE = 50
STOP_POLLING = 286  # htmx stops asking


class Request(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


def error_lines(error: ApplicationError) -> list[str]:
    """Every message of an error, for a form or a list."""
    return [str(one) for one in (error.errors if isinstance(error, Refused) else [error.message])]


def _paged(request: Request, rows: Any) -> Any:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


@login_required
@require_GET
def evaluation_list(request: Request) -> HttpResponse:
    if not may_somewhere(request.user, Permission.VIEW_RESULTS):
        raise PermissionDenied
    chosen = EvaluationFilter(request.GET, queryset=selectors.evaluations_list(user=request.user))
    return render(
        request,
        "assessment/evaluation_list.html",
        {
            "runs": _paged(request, chosen.qs),
            "filter": chosen,
            "may_start": may_somewhere(request.user, Permission.RUN_EVALUATION),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def evaluation_new(request: Request) -> HttpResponse:
    if not may_somewhere(request.user, Permission.RUN_EVALUATION):
        raise PermissionDenied
    form = EvaluationForm(request.POST or None, user=request.user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            run = services.evaluation_start(
                actor=request.user,
                unit=get_unit_for(request.user, Permission.RUN_EVALUATION, form.cleaned_data["unit"]),
                period=form.cleaned_data["period"],
            )
        except (Refused, Conflict) as error:
            for line in error_lines(error):
                form.add_error(None, line)
        else:
            tasks.start_evaluation.delay_on_commit(run.pk)  # type: ignore[attr-defined]
            return redirect("assessment:evaluation", number=run.pk)
    return render(request, "assessment/evaluation_new.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_GET
def evaluation(request: Request, number: int) -> HttpResponse:
    run = selectors.evaluation_for(user=request.user, pk=number)
    ended = run.state != "RUNNING"
    grades = grade_names_for_system(run)
    return render(
        request,
        "assessment/evaluation.html",
        {
            "run": run,
            "progress": selectors.batch_progress(user=request.user, run=run),
            "overview": selectors.overview(user=request.user, run=run) if ended else None,
            "pools": _paged(request, selectors.pools_of(user=request.user, run=run)) if ended else None,
            "grades": grades,
            "conflicts": selectors.conflicts(user=request.user, run=run, grades=grades)[:100]
            if run.state == "READY"
            else [],
            "allowed": selectors.allowed(user=request.user, run=run),
            "close_form": CloseForm(),
        },
    )


@login_required
@require_GET
def evaluation_progress(request: Request, number: int) -> HttpResponse:
    """The fragment that the page asks for every second; 286 tells htmx to stop."""
    run = selectors.evaluation_for(user=request.user, pk=number)
    response = render(
        request,
        "assessment/_progress.html",
        {"run": run, "progress": selectors.batch_progress(user=request.user, run=run)},
    )
    if run.state != "RUNNING":
        response.status_code = STOP_POLLING
        response.headers["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def evaluation_results(request: Request, number: int, pool: int) -> HttpResponse:
    """The people of one pool by rank."""
    run = selectors.evaluation_for(user=request.user, pk=number)
    found = selectors.pools_of(user=request.user, run=run).filter(pk=pool).first()
    if found is None:
        raise Http404
    rows = (
        selectors.annual_results(user=request.user, run=run, pool=found)
        if run.cycle == "year"
        else selectors.scheme_results(user=request.user, run=run, pool=found)
    )
    return render(
        request,
        "assessment/results.html",
        {"run": run, "pool": found, "rows": _paged(request, rows), "grades": grade_names_for_system(run)},
    )


@login_required
@require_GET
def result(request: Request, number: int) -> HttpResponse:
    """One person's yearly result with every reason."""
    found = selectors.result_for(user=request.user, pk=number)
    return render(
        request,
        "assessment/result.html",
        {
            "result": found,
            "explained": selectors.explained(user=request.user, result=found),
            "history": selectors.person_results(user=request.user, person_id=found.person_id),
        },
    )


@login_required
@require_GET
@withheld
def person_results(request: Request, person: int) -> HttpResponse:
    """A fragment for the person's page: their yearly results."""
    person_for(user=request.user, person_id=person, permission=Permission.VIEW_RESULTS)
    found = list(selectors.person_results(user=request.user, person_id=person).select_related("evaluation"))
    run = next((one.evaluation for one in found if one.evaluation is not None), None)
    names = grade_names_for_system(run) if run is not None else {}
    return render(request, "assessment/_person_results.html", {"results": found, "grades": names})


@login_required
@require_GET
def evaluation_issues(request: Request, number: int) -> HttpResponse:
    run = selectors.evaluation_for(user=request.user, pk=number)
    return render(
        request,
        "assessment/issues.html",
        {
            "run": run,
            "rows": _paged(request, selectors.issues_list(user=request.user, run=run)),
            "allowed": selectors.allowed(user=request.user, run=run),
            "form": NoteForm(),
        },
    )


@login_required
@require_GET
def evaluation_consequences(request: Request, number: int) -> HttpResponse:
    run = selectors.evaluation_for(user=request.user, pk=number)
    return render(
        request,
        "assessment/consequences.html",
        {
            "run": run,
            "rows": _paged(request, selectors.consequences_list(user=request.user, run=run)),
            "allowed": selectors.allowed(user=request.user, run=run),
            "form": ConsequenceForm(),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def tie(request: Request, number: int, tie: int) -> HttpResponse:
    """Decide between equals."""
    run = selectors.evaluation_for(user=request.user, pk=number)
    found = selectors.ties_of(user=request.user, run=run).filter(pk=tie).first()
    if found is None:
        raise Http404
    form = TieForm(request.POST or None, tie=found, initial={"chosen": [str(pk) for pk in found.chosen or []]})
    if request.method == "POST" and form.is_valid():
        try:
            services.evaluation_decide_tie(actor=request.user, tie=found, **form.cleaned_data)
        except (Refused, Conflict) as error:
            for line in error_lines(error):
                form.add_error(None, line)
        else:
            messages.success(request, _("Decided; the pool was placed again."))
            return redirect("assessment:evaluation", number=run.pk)
    return render(
        request,
        "assessment/tie.html",
        {"run": run, "tie": found, "form": form, "grades": grade_names_for_system(run)},
        status=400 if form.errors else 200,
    )


def _acted(
    request: Request, number: int, act: Callable[[Evaluation], Any], done: str, back: str = "assessment:evaluation"
) -> HttpResponse:
    run = selectors.evaluation_for(user=request.user, pk=number)
    try:
        act(run)
    except (Refused, Conflict) as error:
        for line in error_lines(error):
            messages.error(request, line)
    else:
        messages.success(request, done)
    return redirect(back, number=run.pk)


@login_required
@require_POST
@require_recent_proof
def evaluation_confirm(request: Request, number: int) -> HttpResponse:
    seen = request.POST.get("fingerprint", "")
    return _acted(
        request,
        number,
        lambda run: services.evaluation_confirm(actor=request.user, run=run, fingerprint=seen),
        _("Confirmed. The days for appeals begin."),
    )


@login_required
@require_POST
@require_recent_proof
def evaluation_close(request: Request, number: int) -> HttpResponse:
    form = CloseForm(request.POST)
    form.is_valid()
    waived = form.cleaned_data.get("waive_appeals", "")
    return _acted(
        request,
        number,
        lambda run: services.evaluation_close(actor=request.user, run=run, waive_appeals=waived),
        _("Closed. The results count for ladders and pay."),
    )


@login_required
@require_POST
def evaluation_cancel(request: Request, number: int) -> HttpResponse:
    return _acted(request, number, lambda run: services.evaluation_cancel(actor=request.user, run=run), _("Cancelled."))


@login_required
@require_POST
def issue_accept(request: Request, number: int, issue: int) -> HttpResponse:
    form = NoteForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""

    def act(run: Evaluation) -> None:
        found = selectors.issues_list(user=request.user, run=run).filter(pk=issue).first()
        if found is None:
            raise Http404
        services.issue_accept(actor=request.user, issue=found, note=note)

    return _acted(request, number, act, _("Accepted."), back="assessment:evaluation_issues")


@login_required
@require_POST
def consequence_settle(request: Request, number: int, consequence: int) -> HttpResponse:
    form = ConsequenceForm(request.POST)
    data = form.cleaned_data if form.is_valid() else {"state": "", "note": ""}

    def act(run: Evaluation) -> None:
        found = selectors.consequences_list(user=request.user, run=run).filter(pk=consequence).first()
        if found is None:
            raise Http404
        services.consequence_settle(actor=request.user, consequence=found, state=data["state"], note=data["note"])

    return _acted(request, number, act, _("Noted."), back="assessment:evaluation_consequences")
