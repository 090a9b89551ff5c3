"""Pages of pay and promotion runs: parse, one selector or service, render."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.periods import Month
from core.views import add_errors, download, tried
from organization.access import get_unit_for, may_somewhere, require
from organization.models import Permission
from organization.views.proof import require_recent_proof
from payroll import tasks
from payroll.forms import (
    ConversionStepForm,
    DifferenceForm,
    LeaveOutForm,
    ManualItemForm,
    PayRunForm,
    PromotionAloneForm,
    PromotionForm,
    ReverseForm,
)
from payroll.models import PayRun, PromotionKind, PromotionRun
from payroll.selectors import manual, runs, slips
from payroll.selectors.conversion import clauses_for_system, conversion_steps_for_system
from payroll.selectors.means import run_means
from payroll.selectors.scales import scale_names_for_system
from payroll.services.conversion import conversion_leave_out, conversion_reverse, conversion_step
from payroll.services.manual import manual_item_approve, manual_item_enter
from payroll.services.pay_runs import pay_run_cancel, pay_run_seal, pay_run_start
from payroll.services.promotion import promotion_cancel, promotion_confirm, promotion_start
from payroll.views.printed import payslip_document
from personnel.models import Person
from personnel.selectors.people import person_for
from personnel.views.withheld import withheld

PAGE = 50
STOP_POLLING = 286

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """For people who are logged in; what does not exist for them is 404, what they may not do is 403."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(str(error)) from error
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error

    return wrapped


def _paged(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


# -- Pay runs -----------------------------------------------------------------------------------------------------------


@page
@require_GET
def pay_run_list(request: HttpRequest) -> HttpResponse:
    if not may_somewhere(request.user, Permission.VIEW_PAY):
        raise PermissionDenied
    return render(
        request,
        "payroll/pay_run_list.html",
        {
            "runs": _paged(request, runs.pay_runs(user=request.user)),
            "may_start": may_somewhere(request.user, Permission.RUN_PAY),
        },
    )


@page
@require_http_methods(["GET", "POST"])
def pay_run_new(request: HttpRequest) -> HttpResponse:
    if not may_somewhere(request.user, Permission.RUN_PAY):
        raise PermissionDenied
    form = PayRunForm(request.POST or None, user=request.user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            run = pay_run_start(
                actor=request.user,
                unit=get_unit_for(request.user, Permission.RUN_PAY, form.cleaned_data["unit"]),
                month=form.cleaned_data["month"],
                dry_run=form.cleaned_data["dry_run"],
            )
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            tasks.start_pay_run.delay_on_commit(run.pk)
            return redirect("payroll:pay_run", number=run.pk)
    return render(request, "payroll/pay_run_new.html", {"form": form}, status=400 if form.errors else 200)


@page
@require_GET
def pay_run(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.pay_run_get(user=request.user, number=number)
    ended = run.state != "RUNNING"
    return render(
        request,
        "payroll/pay_run.html",
        {
            "run": run,
            "progress": runs.run_progress(user=request.user, run=run),
            "allowed": runs.pay_run_allowed(user=request.user, run=run),
            "left_out": runs.left_out(user=request.user, run=run)[:200],
            "totals": runs.unit_totals(user=request.user, run=run) if ended and not run.dry_run else [],
            "payers": runs.payer_totals(user=request.user, run=run) if ended and not run.dry_run else [],
            "observed": runs.observed_range(user=request.user, run=run) if ended and not run.dry_run else None,
            "slips": _paged(request, runs.slips(user=request.user, run=run)) if ended and not run.dry_run else None,
            "cards": runs.difference_cards(user=request.user, run=run) if ended else None,
            "means": run_means(user=request.user, run=run) if ended else [],
        },
    )


@page
@require_GET
def pay_run_progress(request: HttpRequest, number: int) -> HttpResponse:
    """The fragment that the run's page asks for every second; 286 tells htmx to stop."""
    run = runs.pay_run_get(user=request.user, number=number)
    response = render(
        request,
        "payroll/_progress.html",
        {"run": run, "progress": runs.run_progress(user=request.user, run=run), "kind": "pay"},
    )
    if run.state != "RUNNING":
        response.status_code = STOP_POLLING
        response.headers["HX-Refresh"] = "true"
    return response


@page
@require_GET
def pay_run_differences(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.pay_run_get(user=request.user, number=number)
    form = DifferenceForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"cause": "", "street": "", "order": ""}
    rows = runs.differences(
        user=request.user,
        run=run,
        cause=chosen["cause"],
        street=chosen["street"],
        order=chosen["order"] or "change",
    )
    return render(
        request,
        "payroll/pay_run_differences.html",
        {
            "run": run,
            "cards": runs.difference_cards(user=request.user, run=run),
            "causes": runs.difference_causes(user=request.user, run=run),
            "streets": runs.streets_of_run(user=request.user, run=run),
            "rows": _paged(request, rows),
            "chosen": chosen,
            "form": form,
            "allowed": runs.pay_run_allowed(user=request.user, run=run),
        },
    )


def _changed(request: HttpRequest, number: int, change: Callable[[PayRun], Any], done: str) -> HttpResponse:
    run = runs.pay_run_get(user=request.user, number=number)
    try:
        change(run)
    except (Refused, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("payroll:pay_run", number=number)


@page
@require_POST
@require_recent_proof
def pay_run_seal_view(request: HttpRequest, number: int) -> HttpResponse:
    return _changed(
        request,
        number,
        lambda run: pay_run_seal(actor=request.user, run=run, fingerprint=request.POST.get("fingerprint", "")),
        _("The run is sealed; nothing of it can change any more."),
    )


@page
@require_POST
def pay_run_cancel_view(request: HttpRequest, number: int) -> HttpResponse:
    return _changed(
        request, number, lambda run: pay_run_cancel(actor=request.user, run=run), _("The run is cancelled.")
    )


# -- Payslips -----------------------------------------------------------------------------------------------------------


@page
@require_GET
def payslip(request: HttpRequest, person: int, month: str) -> HttpResponse:
    shown = slips.slip_for(user=request.user, person_id=person, month=_month(month), explained=True)
    return render(request, "payroll/payslip.html", {"slip": shown})


@page
@require_GET
def payslip_pdf(request: HttpRequest, person: int, month: str) -> HttpResponse:
    shown = slips.slip_for(user=request.user, person_id=person, month=_month(month), explained=True)
    content = payslip_document(shown, str(get_language()))
    return download(content, "application/pdf", f"payslip-{person}-{month}.pdf", inline=True)


@page
@require_GET
@withheld
def payslips_of_person(request: HttpRequest, person: int) -> HttpResponse:
    """A fragment for the person's page: their months."""
    found = slips.slips_of_person(user=request.user, person_id=person)
    return render(request, "payroll/_slips.html", {"slips": found, "person": person})


@page
@require_GET
@withheld
def grades_of_person(request: HttpRequest, person: int) -> HttpResponse:
    """A fragment for the person's page: their values on the ladders, each with its reason."""
    spans = list(slips.grades_of_person(user=request.user, person_id=person))
    return render(request, "payroll/_grades.html", {"spans": spans, "scale_names": scale_names_for_system(spans)})


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise Http404 from error


# -- Amounts entered by hand --------------------------------------------------------------------------------------------


@page
@require_http_methods(["GET", "POST"])
def manual_items(request: HttpRequest, person: int) -> HttpResponse:
    shown = manual.manual_items_of(user=request.user, person_id=person)
    form = ManualItemForm(request.POST or None, lines=shown.lines)
    if request.method == "POST" and form.is_valid():
        try:
            manual_item_enter(actor=request.user, person=shown.person, **form.cleaned_data)
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Entered; it counts once somebody else has approved it."))
            return redirect("payroll:manual_items", person=person)
    return render(
        request, "payroll/manual_items.html", {"shown": shown, "form": form}, status=400 if form.errors else 200
    )


@page
@require_POST
def manual_item_approve_view(request: HttpRequest, number: int) -> HttpResponse:
    item = manual.manual_item_get(user=request.user, number=number)
    try:
        manual_item_approve(actor=request.user, item=item)
    except (Refused, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Approved."))
    return redirect("payroll:manual_items", person=item.person_id)


# -- Promotion runs -----------------------------------------------------------------------------------------------------


@page
@require_GET
def promotion_list(request: HttpRequest) -> HttpResponse:
    if not may_somewhere(request.user, Permission.VIEW_PAY):
        raise PermissionDenied
    return render(
        request,
        "payroll/promotion_list.html",
        {
            "runs": _paged(request, runs.promotion_runs(user=request.user)),
            "may_start": may_somewhere(request.user, Permission.RUN_PROMOTION),
        },
    )


@page
@require_http_methods(["GET", "POST"])
def promotion_new(request: HttpRequest) -> HttpResponse:
    if not may_somewhere(request.user, Permission.RUN_PROMOTION):
        raise PermissionDenied
    form = PromotionForm(request.POST or None, user=request.user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            run = promotion_start(
                actor=request.user,
                unit=get_unit_for(request.user, Permission.RUN_PROMOTION, form.cleaned_data["unit"]),
                day=form.cleaned_data["day"],
                kind=form.cleaned_data["kind"],
            )
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            tasks.start_promotion_run.delay_on_commit(run.pk)
            return redirect("payroll:promotion", number=run.pk)
    return render(request, "payroll/promotion_new.html", {"form": form}, status=400 if form.errors else 200)


@page
@require_http_methods(["GET", "POST"])
def promotion_alone(request: HttpRequest, number: int) -> HttpResponse:
    """A review, placement or conversion of one person, in the unit in which they are employed today."""
    if not may_somewhere(request.user, Permission.RUN_PROMOTION):
        raise PermissionDenied
    person = person_for(user=request.user, person_id=number)
    job = runs.job_today_for_system(person)
    form = PromotionAloneForm(request.POST or None, initial={"day": timezone.localdate()})
    if request.method == "POST" and job is not None and form.is_valid():
        try:
            run = promotion_start(actor=request.user, unit=job.unit, person=person, **form.cleaned_data)
        except (Refused, Conflict) as error:
            add_errors(form, error)
        else:
            tasks.start_promotion_run.delay_on_commit(run.pk)
            return redirect("payroll:promotion", number=run.pk)
    context = {"form": form, "person": person, "job": job}
    return render(request, "payroll/promotion_new.html", context, status=400 if form.errors else 200)


@page
@require_GET
def promotion(request: HttpRequest, number: int) -> HttpResponse:
    return _promotion_page(request, runs.promotion_run_get(user=request.user, number=number))


def _promotion_page(
    request: HttpRequest,
    run: PromotionRun,
    *,
    step: ConversionStepForm | None = None,
    leave_out: LeaveOutForm | None = None,
    reverse: ReverseForm | None = None,
) -> HttpResponse:
    """The page of a run; with a form that was refused, what was typed and why it was."""
    show = request.GET.get("show", "")
    moving = {"moves": True, "stays": False}.get(show)
    rows = runs.outcomes(user=request.user, run=run, moving=moving, left_out=show == "left-out")
    allowed = runs.promotion_allowed(user=request.user, run=run)
    refused = any(form is not None for form in (step, leave_out, reverse))
    return render(
        request,
        "payroll/promotion.html",
        {
            "run": run,
            "about": Person.objects.filter(key=run.subject).first() if run.subject else None,
            "progress": runs.run_progress(user=request.user, run=run),
            "allowed": allowed,
            "steps": conversion_steps_for_system(run),
            "outcomes": _paged(request, rows),
            "scale_names": scale_names_for_system([run]),
            "clauses": clauses_for_system(run),
            "show": show,
            "converts": run.kind == PromotionKind.CONVERSION,
            "with_pay": run.kind != PromotionKind.REVIEW or run.subject is not None,
            "step_form": step or ConversionStepForm(),
            "leave_out": leave_out,
            "reverse_form": reverse or ReverseForm(),
        },
        status=400 if refused else 200,
    )


@page
@require_GET
def promotion_progress(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    response = render(
        request,
        "payroll/_progress.html",
        {"run": run, "progress": runs.run_progress(user=request.user, run=run), "kind": "promotion"},
    )
    if run.state != "RUNNING":
        response.status_code = STOP_POLLING
        response.headers["HX-Refresh"] = "true"
    return response


@page
@require_POST
@require_recent_proof
def promotion_confirm_view(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    require(request.user, Permission.CONFIRM_PROMOTION, run.unit)
    form = ConversionStepForm(request.POST)
    if conversion_steps_for_system(run) and not form.is_valid():
        return _promotion_page(request, run, step=form)
    try:
        promotion_confirm(actor=request.user, run=run, document=form.data.get("document", ""))
    except (Refused, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Confirmed; the new values hold from their days on."))
    return redirect("payroll:promotion", number=number)


@page
@require_POST
def conversion_step_view(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    require(request.user, Permission.RUN_PROMOTION, run.unit)
    form = ConversionStepForm(request.POST)
    code = request.POST.get("code", "")
    if form.is_valid() and tried(
        form, lambda: conversion_step(actor=request.user, run=run, code=code, **form.cleaned_data)
    ):
        return redirect("payroll:promotion", number=number)
    return _promotion_page(request, run, step=form)


@page
@require_POST
def conversion_leave_out_view(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    require(request.user, Permission.RUN_PROMOTION, run.unit)
    form = LeaveOutForm(request.POST)
    if form.is_valid() and tried(form, lambda: conversion_leave_out(actor=request.user, run=run, **form.cleaned_data)):
        return redirect("payroll:promotion", number=number)
    return _promotion_page(request, run, leave_out=form)


@page
@require_POST
@require_recent_proof
def conversion_reverse_view(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    require(request.user, Permission.CONFIRM_PROMOTION, run.unit)
    form = ReverseForm(request.POST)
    if form.is_valid() and tried(form, lambda: conversion_reverse(actor=request.user, run=run, **form.cleaned_data)):
        messages.success(request, _("The conversion is taken back; the values before it go on."))
        return redirect("payroll:promotion", number=number)
    return _promotion_page(request, run, reverse=form)


@page
@require_POST
def promotion_cancel_view(request: HttpRequest, number: int) -> HttpResponse:
    run = runs.promotion_run_get(user=request.user, number=number)
    try:
        promotion_cancel(actor=request.user, run=run)
    except (Refused, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The run is cancelled."))
    return redirect("payroll:promotion", number=number)
