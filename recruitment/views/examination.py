"""Marks and the ranking."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.views import page
from organization.access import scope_for
from organization.models import Permission
from recruitment import selectors, services
from recruitment.forms import EqualsForm, MarksForm
from recruitment.views.steps import act, press

CHANGE = Permission.CHANGE_PEOPLE
ROWS = 200


@page
@require_http_methods(["GET", "POST"])
def marks(request: HttpRequest, number: int) -> HttpResponse:
    """Paste a grid of marks; what was typed stays until all of it can be taken."""
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)
    form = MarksForm(request.POST or None, parts=selectors.parts_for_system(found, get_language()))

    def work() -> None:
        data = form.cleaned_data
        services.marks_enter(actor=request.user, plan=found, part=data["part"], text=data["grid"])

    return act(
        request, form, work, title=_("Enter marks"), plan=found, done=_("The marks are taken."),
        to=("recruitment:ranking", number), wide=True,
    )  # fmt: skip


@page
@require_GET
def ranking(request: HttpRequest, number: int) -> HttpResponse:
    """The newest ranking: the formula, each one's figures, equals, and where the line runs."""
    found = selectors.plan_for(user=request.user, number=number, permission=Permission.VIEW_PEOPLE)
    newest, rows = selectors.ranking_for(user=request.user, plan=found)
    shown = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    parts = selectors.parts_for_system(found, get_language())
    context = {
        "plan": found,
        "ranking": newest,
        "page": shown,
        "lines": selectors.standings_for_system(shown, [code for code, _name in parts]),
        "parts": parts,
        "formula": selectors.formula_for_system(found, get_language()),
        "changes": scope_for(request.user, CHANGE).covers(found.unit_path),
    }
    return render(request, "recruitment/ranking.html", context)


@page
@require_POST
def ranking_make(request: HttpRequest, number: int) -> HttpResponse:
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)
    return press(
        request, lambda: services.ranking_make(actor=request.user, plan=found),
        lambda made: _("Ranking %(number)s is made.") % {"number": made.number}, ("recruitment:ranking", number),
    )  # fmt: skip


@page
@require_http_methods(["GET", "POST"])
def equals(request: HttpRequest, number: int, line: int) -> HttpResponse:
    """People put those who are equal across the line of a post in order."""
    found = selectors.plan_for(user=request.user, number=number, permission=CHANGE, near=False)
    position = selectors.position_for(user=request.user, plan=found, number=line, permission=CHANGE)
    form = EqualsForm(request.POST or None)

    def work() -> None:
        services.equals_order(actor=request.user, plan=found, position=position, **form.cleaned_data)

    return act(
        request, form, work, title=_("Order of equals · %(post)s") % {"post": position}, plan=found,
        done=_("The order is decided and the ranking made anew."), to=("recruitment:ranking", number),
    )  # fmt: skip
