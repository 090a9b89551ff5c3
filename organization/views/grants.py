"""Roles, for the security administrator: who holds what where until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import ApplicationError, NotAllowed, NotFound
from core.views import PAGE, add_errors, page
from organization.access import get_unit_for, may_somewhere
from organization.forms import GrantEndForm, GrantForm, GrantRenewForm
from organization.models import Grant, Permission, Role
from organization.selectors import GrantState, grant_of, grants_list, user_named
from organization.services import grant_give, grant_renew, grant_revoke
from organization.views.proof import require_recent_proof


def _only_administrators(request: HttpRequest) -> None:
    if not may_somewhere(request.user, Permission.CHANGE_GRANTS):
        raise PermissionDenied


@page
@require_GET
def grants(request: HttpRequest) -> HttpResponse:
    """The roles in one's units, by user, unit, role and time."""
    _only_administrators(request)
    text, role, state = (request.GET.get(name, "").strip()[:60] for name in ("q", "role", "state"))
    state = state if state in GrantState.values or state == "all" else GrantState.NOW.value
    rows = grants_list(user=request.user, text=text, role=role, state=state)
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "q": text,
        "role": role,
        "roles": Role.choices,
        "state": state,
        "states": GrantState.choices,
        "query": urlencode({"q": text, "role": role, "state": state}) + "&",
        "today": timezone.localdate(),
    }
    return render(request, "organization/grants.html", context)


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def grant_new(request: HttpRequest) -> HttpResponse:
    """Give a role to a user of one's units."""
    _only_administrators(request)
    first = {"username": request.GET.get("user", ""), "valid_from": timezone.localdate().isoformat()}
    form = GrantForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid() and (given := _given(request, form)) is not None:
        text = _("%(user)s is %(role)s of %(unit)s until %(day)s.")
        words = {"user": given.user, "role": given.get_role_display(), "unit": given.unit, "day": given.valid_to}
        messages.success(request, text % words)
        return redirect("organization:grants")
    return _form_page(request, form, _("Give a role"))


def _given(request: HttpRequest, form: GrantForm) -> Grant | None:
    """The new grant; None with what stands in its way in the form, of both names at once."""
    data = form.cleaned_data
    user = unit = None
    try:
        user = user_named(user=request.user, username=data.pop("username"))
    except NotFound as error:
        form.add_error("username", str(error))
    try:
        unit = get_unit_for(request.user, Permission.CHANGE_GRANTS, data.pop("unit"))
    except NotFound as error:
        form.add_error("unit", str(error))
    if user is None or unit is None:
        return None
    try:
        return grant_give(actor=request.user, user=user, unit=unit, **data)
    except ApplicationError as error:
        add_errors(form, error)
        return None


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def grant_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a role: today, or on a day to come."""
    form = GrantEndForm(request.POST or None, initial={"day": timezone.localdate().isoformat()})
    text = _("%(user)s no longer is %(role)s of %(unit)s from %(day)s.")
    return _changed(request, number, form, grant_revoke, _("End the role"), text)


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def grant_again(request: HttpRequest, number: int) -> HttpResponse:
    """The same role again from its end on."""
    text = _("%(user)s is %(role)s of %(unit)s until %(day)s.")
    return _changed(request, number, GrantRenewForm(request.POST or None), grant_renew, _("Renew the role"), text)


def _changed(
    request: HttpRequest, number: int, form: Form, work: Callable[..., Grant], title: str, text: str
) -> HttpResponse:
    grant = grant_of(user=request.user, number=number)
    if request.method == "POST" and form.is_valid():
        try:
            done = work(actor=request.user, grant=grant, **form.cleaned_data)
        except NotAllowed:
            raise
        except ApplicationError as error:
            add_errors(form, error)
        else:
            words = {"user": done.user, "role": done.get_role_display(), "unit": done.unit, "day": done.valid_to}
            messages.success(request, text % words)
            return redirect("organization:grants")
    return _form_page(request, form, title, grant)


def _form_page(request: HttpRequest, form: Form, title: str, grant: Grant | None = None) -> HttpResponse:
    shown: list[tuple[str, Any]] = []
    if grant is not None:
        shown = [
            (_("User"), grant.user),
            (_("Role"), grant.get_role_display()),
            (_("Unit"), grant.unit),
            (_("From"), grant.valid_from),
            (_("First day on which it no longer holds"), grant.valid_to or "–"),
        ]
    context = {"form": form, "title": title, "shown": shown, "back": "organization:grants", "back_label": _("Roles")}
    return render(request, "organization/act.html", context, status=422 if form.errors else 200)
