"""The list of cases, and one case with the acts that are the reader's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from approvals.forms import (
    CasesForm,
    DelegateForm,
    DocumentForm,
    ObjectionForm,
    ReturnForm,
    SettleForm,
    StepForm,
    WithdrawForm,
)
from approvals.models import Case, NoticeObjection, Opinion
from approvals.selectors import (
    StepView,
    acts_open_to,
    case_for,
    cases_list,
    notice_days_for_system,
    papers_for_system,
    procedures_of,
    rows_for_system,
    steps_of_case,
    takers_of,
)
from approvals.services import (
    case_delegate,
    case_return,
    case_withdraw,
    document_attach,
    objection_log,
    objection_settle,
    opinion_settle,
    step_take,
)
from approvals.views.numbers import number_of
from core.errors import NotAllowed, NotFound
from core.views import PAGE, page, tried
from policy.models import named


@page
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """The cases of the user's units, each with its twelve dots."""
    procedures = [(one.code, named(one.name)) for one in procedures_of(user=request.user)]
    form = CasesForm(request.GET, procedures=procedures)
    given = {"state": "OPEN"} if not request.GET else {}
    if form.is_valid():
        given |= {name: value for name, value in form.cleaned_data.items() if value}
    if not request.GET:
        form = CasesForm(initial=given, procedures=procedures)
    shown = Paginator(cases_list(user=request.user, **given), PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": shown, "rows": rows_for_system(shown), "query": query.urlencode()}
    return render(request, "approvals/cases.html", context)


@page
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, number: int) -> HttpResponse:
    """A case: in whose hands, since when, what is missing; and the acts that are the user's, each a form of its own."""
    found = case_for(user=request.user, number=number)
    views = steps_of_case(user=request.user, case=found)
    act = request.POST.get("act", "")
    form = form_of(request, act, found, views) if request.method == "POST" else None
    if form is None or act == "finish":
        return case_page(request, found, views)
    if form.is_valid() and tried(form, lambda: _do(request, act, found, form), NotAllowed):
        messages.success(request, _("Written down."))
        return redirect("approvals:case", number=found.pk)
    found.refresh_from_db()
    return case_page(request, found, steps_of_case(user=request.user, case=found), act, form)


def case_page(
    request: HttpRequest,
    found: Case,
    views: list[StepView],
    act: str = "",
    form: Form | None = None,
    foreseen: object | None = None,
) -> HttpResponse:
    """The page of a case. form: of the act that was tried, with what was typed and what stands in its way. foreseen:
    what the order would make of seats and pay, for whoever has asked before carrying it out.
    """
    acts = acts_open_to(user=request.user, case=found, steps=views)
    made = {one: form if one == act else form_of(request, one, found, views, empty=True) for one in acts}
    current = next((one for one in views if one.is_open), None)
    context = {
        "case": found,
        "steps": views,
        "current": current,
        "row": rows_for_system([found])[0],
        "forms": {one: made[one] for one in acts},
        "act": act,
        "target": request.POST.get("row", ""),
        "form": form,
        "settles": "settle" in acts,
        "settles_opinion": "settle_opinion" in acts,
        "days": _days(current),
        "papers": papers_for_system(found, views),
        "foreseen": foreseen,
    }
    return render(request, "approvals/case.html", context, status=422 if form is not None and form.errors else 200)


def _days(current: StepView | None) -> dict[str, date | None] | None:
    """The last day of the notice that is up, by natural and by working days."""
    if current is None or current.row is None or current.spec.days is None:
        return None
    return notice_days_for_system(current.spec, timezone.localdate(current.row.opened_at))


def form_of(request: HttpRequest, act: str, found: Case, views: list[StepView], *, empty: bool = False) -> Any:
    """The form of an act on the open step of a case; None for what is no act or has no open step."""
    current = next((one for one in views if one.is_open), None)
    if current is None or current.row is None:
        return None
    spec, row = current.spec, current.row
    common: dict[str, Any] = {"data": None if empty else request.POST, "prefix": act}
    initial = {"effective_date": found.planned} if found.planned else {}
    made: dict[str, Callable[[], Form]] = {
        "take": lambda: StepForm(**common, spec=spec, initial=initial),
        "finish": lambda: StepForm(**common, spec=spec, initial=initial),
        "document": lambda: DocumentForm(**common),
        "objection": lambda: ObjectionForm(**common),
        "settle": lambda: SettleForm(**common),
        "settle_opinion": lambda: SettleForm(**common),
        "return": lambda: ReturnForm(
            **common, steps=[(one.spec.code, named(one.spec.name)) for one in views if one.spec.code in spec.back]
        ),
        "delegate": lambda: DelegateForm(**common, users=takers_of(user=request.user, case=found, step=row)),
        "withdraw": lambda: WithdrawForm(**common),
    }
    return made[act]() if act in made else None


def _do(request: HttpRequest, act: str, found: Case, form: Any) -> None:
    """The one service of an act. Raises NotFound for a row of another case, and what the services raise."""
    actor, given = request.user, form.given
    step, row = number_of(request.POST.get("step")), number_of(request.POST.get("row"))
    if act in ("settle", "settle_opinion"):
        kind = NoticeObjection if act == "settle" else Opinion
        target = kind._default_manager.filter(pk=row, step__case=found).select_related("step__case").first()
        if target is None:
            raise NotFound(_("There is nothing to settle here."))
        if act == "settle":
            objection_settle(actor=actor, objection=target, **given)
        else:
            opinion_settle(actor=actor, opinion=target, **given)
    elif act == "withdraw":
        case_withdraw(actor=actor, case=found, **given)
    else:
        service: Any = {
            "take": step_take,
            "document": document_attach,
            "objection": objection_log,
            "return": case_return,
            "delegate": case_delegate,
        }[act]
        service(actor=actor, case=found, step=step, **given)
