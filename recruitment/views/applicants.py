"""Applicants: the list, the application, and what is decided about it up to the hire."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.views import PAGE, page
from organization.access import scope_for
from organization.models import Permission
from personnel.services.foresight import Foreseen, foreseen
from recruitment import selectors, services
from recruitment.forms import ApplicantForm, DecideForm, FileForm, FillInForm, HireForm, ReasonForm, ReviewForm
from recruitment.models import Applicant
from recruitment.views.steps import act, press

CHANGE = Permission.CHANGE_PEOPLE


@page
@require_GET
def applicants(request: HttpRequest, number: int) -> HttpResponse:
    """The applicants of a plan in the user's units, with what screening found."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.VIEW_PEOPLE)
    rows = Paginator(selectors.applicants_of(user=request.user, plan=found), PAGE).get_page(request.GET.get("page"))
    section = selectors.section_for_system(found)
    context = {
        "plan": found,
        "page": rows,
        "names": {one.code: one.name for one in section.hard} if section else {},
        "changes": scope_for(request.user, CHANGE).covers(found.unit_path),
    }
    return render(request, "recruitment/applicants.html", context)


@page
@require_http_methods(["GET", "POST"])
def applicant_new(request: HttpRequest, number: int) -> HttpResponse:
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)
    form = ApplicantForm(request.POST or None, positions=selectors.positions_of(user=request.user, plan=found))

    def work() -> None:
        data = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
        position, applied = form.positions[data.pop("position")], data.pop("applied", None)
        services.applicant_enter(actor=request.user, plan=found, position=position, values=data, applied=applied)

    return act(
        request,
        form,
        work,
        title=_("Take an application"),
        plan=found,
        done=_("The application is taken."),
        to=("recruitment:applicants", number),
    )


@page
@require_http_methods(["GET", "POST"])
def applicants_file(request: HttpRequest, number: int) -> HttpResponse:
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)
    form = FileForm(request.POST or None, request.FILES or None)

    def work() -> None:
        services.applicants_import(actor=request.user, plan=found, data=form.cleaned_data["file"].read())

    return act(
        request, form, work, title=_("Applications from a file"), plan=found, done=_("The applications are taken."),
        to=("recruitment:applicants", number), upload=True,
        lines=selectors.positions_of(user=request.user, plan=found),
    )  # fmt: skip


@page
@require_POST
def applicants_screen(request: HttpRequest, number: int) -> HttpResponse:
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)

    def told(counts: dict[str, int]) -> str:
        return _("Screened: %(admitted)s admitted, %(refused)s not admitted, %(hand)s to be checked by hand.") % {
            "admitted": counts.get("ADMITTED", 0), "refused": counts.get("REFUSED", 0), "hand": counts.get("BY_HAND", 0),
        }  # fmt: skip

    return press(
        request, lambda: services.applicants_screen(actor=request.user, plan=found), told,
        ("recruitment:applicants", number),
    )  # fmt: skip


@page
@require_GET
def applicant(request: HttpRequest, number: int) -> HttpResponse:
    """An application with its reviews, and what may be done next."""
    found = selectors.applicant_for(user=request.user, number=number)
    section = selectors.section_for_system(found.plan)
    context = {
        "applicant": found,
        "plan": found.plan,
        "names": {one.code: one.name for one in section.hard} if section else {},
        "reviews": found.reviews.select_related("entered_by").order_by("kind"),
        "standing": selectors.standing_for_system(found),
        "changes": scope_for(request.user, CHANGE).covers(found.plan.unit_path),
        "hires": scope_for(request.user, CHANGE).covers(found.unit_path),
    }
    return render(request, "recruitment/applicant.html", context)


def _changed(request: HttpRequest, number: int) -> Applicant:
    return selectors.applicant_for(user=request.user, number=number, permission=CHANGE)


def _act(
    request: HttpRequest, found: Applicant, form: Any, work: Any, title: str, done: str, **more: Any
) -> HttpResponse:
    return act(
        request, form, work, title=f"{title} · {found.name}", plan=found.plan, done=done,
        to=("recruitment:applicant", found.pk), applicant=found, **more,
    )  # fmt: skip


@page
@require_http_methods(["GET", "POST"])
def applicant_decide(request: HttpRequest, number: int) -> HttpResponse:
    found = _changed(request, number)
    form = DecideForm(request.POST or None)

    def work() -> None:
        data = form.cleaned_data
        services.applicant_decide(
            actor=request.user, applicant=found, admit=data["admit"] == "yes", reason=data["reason"]
        )

    return _act(request, found, form, work, _("Check by hand"), _("Decided."))


@page
@require_http_methods(["GET", "POST"])
def applicant_withdraw(request: HttpRequest, number: int) -> HttpResponse:
    found = _changed(request, number)
    form = ReasonForm(request.POST or None)

    def work() -> None:
        services.applicant_withdraw(actor=request.user, applicant=found, **form.cleaned_data)

    return _act(request, found, form, work, _("Gives up"), _("The application is withdrawn."))


@page
@require_http_methods(["GET", "POST"])
def applicant_review(request: HttpRequest, number: int) -> HttpResponse:
    found = _changed(request, number)
    form = ReviewForm(request.POST or None, initial={"day": timezone.localdate()})

    def work() -> None:
        data = form.cleaned_data | {"passed": form.cleaned_data["passed"] == "yes"}
        services.review_enter(actor=request.user, applicant=found, **data)

    return _act(request, found, form, work, _("Result of a review"), _("The result is entered."))


@page
@require_http_methods(["GET", "POST"])
def applicant_fill_in(request: HttpRequest, number: int) -> HttpResponse:
    found = _changed(request, number)
    form = FillInForm(request.POST or None, others=selectors.dropped_out_for_system(found))

    def work() -> None:
        data = form.cleaned_data
        services.fill_in(
            actor=request.user, applicant=found, instead_of=form.others[data["instead_of"]], reason=data["reason"]
        )

    return _act(request, found, form, work, _("Comes up"), _("Comes up from the list."))


@page
@require_http_methods(["GET", "POST"])
def applicant_hire(request: HttpRequest, number: int) -> HttpResponse:
    """The hire, with what it makes of the seats before it is pressed."""
    found = _changed(request, number)
    form = HireForm(request.POST or None)

    def work() -> None:
        data = {name: value for name, value in form.cleaned_data.items() if value}
        services.hire(actor=request.user, applicant=found, **data)

    def hired() -> object:
        work()
        found.refresh_from_db()
        return found.employment.person if found.employment is not None else None

    def check() -> Foreseen:
        return foreseen(
            actor=request.user,  # type: ignore[arg-type]  # signed in
            person=None, units=[found.position.unit], day=form.cleaned_data["start"], decide=hired,
        )  # fmt: skip

    return _act(
        request, found, form, work, _("Hire"), _("Hired: the person and the employment are on record."), check=check,
        effect=selectors.effect_for_system(found.position.unit),
    )  # fmt: skip
