"""Users, for the system administrator: who can log in, and how somebody is helped who can't."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ApplicationError, Conflict, Refused
from core.views import PAGE, add_errors, page
from organization.access import get_unit_for, may_somewhere, units_for
from organization.forms import UserNewForm
from organization.models import Permission, User
from organization.selectors import UserState, user_page, users_list
from organization.services import (
    factor_remove,
    user_activate,
    user_create,
    user_deactivate,
    user_log_out,
    user_reset_password,
    user_unlock,
)
from organization.views.proof import require_recent_proof


def _only_administrators(request: HttpRequest) -> None:
    if not may_somewhere(request.user, Permission.CHANGE_USERS):
        raise PermissionDenied


@page
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """The users of one's units, found by name and by whether they can log in."""
    _only_administrators(request)
    text, state = request.GET.get("q", "").strip()[:60], request.GET.get("state", "")
    state = state if state in UserState.values else ""
    found = Paginator(users_list(user=request.user, text=text, state=state), PAGE).get_page(request.GET.get("page"))
    context = {"page": found, "q": text, "state": state, "states": UserState.choices}
    context["query"] = urlencode({"q": text, "state": state}) + "&"
    return render(request, "organization/users.html", context)


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def user_new(request: HttpRequest) -> HttpResponse:
    """A new user; their one-time password is shown in the answer and nowhere else."""
    _only_administrators(request)
    own = list(units_for(request.user, Permission.CHANGE_USERS)[:2])
    form = UserNewForm(request.POST or None, initial={"unit": own[0].short_code} if len(own) == 1 else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            unit = get_unit_for(request.user, Permission.CHANGE_USERS, data["unit"])
            made, password = user_create(
                actor=request.user, username=data["username"], display_name=data["display_name"], unit=unit
            )
        except Conflict as error:
            form.add_error("username", str(error))
        except Refused as refused:
            add_errors(form, refused)
        except ApplicationError as error:
            form.add_error("unit", str(error))
        else:
            return _shown_once(request, made, password)
    context = {"form": form, "title": _("New user"), "back": "organization:users", "back_label": _("Users")}
    return render(request, "organization/act.html", context, status=422 if form.errors else 200)


def _shown_once(request: HttpRequest, user: User, password: str) -> HttpResponse:
    context = {"secret": password, "of": user, "kind": "password", "until": user.one_time_until}
    return render(request, "organization/shown_once.html", context)


@page
@require_GET
def user(request: HttpRequest, number: int) -> HttpResponse:
    """One user: whether they can log in, what they hold, and what can be done for them."""
    found = user_page(user=request.user, number=number)
    return render(request, "organization/user.html", {"page": found, "other": found.user, "grants": found.grants})


def _done(request: HttpRequest, number: int, work: Callable[..., Any], text: str) -> HttpResponse:
    found = user_page(user=request.user, number=number).user
    try:
        work(actor=request.user, user=found)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, text % {"user": found})
    return redirect("organization:user", number=number)


@page
@require_POST
@require_recent_proof
def user_reset(request: HttpRequest, number: int) -> HttpResponse:
    """A new one-time password, shown in the answer and nowhere else."""
    found = user_page(user=request.user, number=number).user
    password = user_reset_password(actor=request.user, user=found)
    found.refresh_from_db(fields=["one_time_until"])
    return _shown_once(request, found, password)


@page
@require_POST
@require_recent_proof
def user_factor(request: HttpRequest, number: int) -> HttpResponse:
    """Take away the second factor of somebody who has lost their telephone."""
    return _done(request, number, factor_remove, _("%(user)s sets up a new second factor at the next log-in."))


@page
@require_POST
@require_recent_proof
def user_disable(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, user_deactivate, _("%(user)s can't log in any more; their sessions have ended."))


@page
@require_POST
@require_recent_proof
def user_enable(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, user_activate, _("%(user)s can log in again."))


@page
@require_POST
@require_recent_proof
def user_unlocked(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, user_unlock, _("%(user)s can try to log in again at once."))


@page
@require_POST
@require_recent_proof
def user_logged_out(request: HttpRequest, number: int) -> HttpResponse:
    return _done(request, number, user_log_out, _("All sessions of %(user)s have ended."))
