"""Logging in: the password, then the code of those who have a second factor, and how one is set up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import load_backend, login, views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import ApplicationError, Refused
from core.views import error_lines
from cwms import sessions as clock
from cwms.back import target_of
from cwms.login import last_time
from cwms.qr import qr_code
from organization.models import User
from organization.rules.totp import key_of, provisioning_uri
from organization.selectors import FactorState, factor_of, factor_required, factor_state, recovery_codes_left
from organization.services import factor_begin, factor_check, factor_confirm, factor_remove, recovery_codes_renew
from organization.views.proof import require_recent_proof

ISSUER = "CWMS"
WAITING = "waiting_for_code"  # in the session of a browser whose user has shown the password and no code yet
PATIENCE = timedelta(minutes=5)


class Login(views.LoginView):
    """The log-in page; somebody who is logged in already goes on to the workplace."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True
    extra_context = {"one_time_hours": settings.CWMS_ONE_TIME_HOURS}

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right. Who has a second factor shows it here, or on the page that comes next."""
        user: User = form.get_user()
        if factor_state(user=user) is FactorState.READY:
            code = self.request.POST.get("code", "")
            if not code or not factor_check(actor=user, code=code, moment=clock.now()).right:
                session = self.request.session
                session.cycle_key()
                session[WAITING] = {
                    "user": user.pk,
                    "backend": user.backend,
                    "at": clock.now().isoformat(),
                    "password": user.get_session_auth_hash(),
                    "next": self.get_redirect_url(),
                }
                return redirect("login_code")
        messages.info(self.request, last_time(user))
        return super().form_valid(form)


def _waiting(request: HttpRequest) -> User | None:
    """Who has shown the password here within five minutes, and has neither changed it since nor been deactivated."""
    kept = request.session.get(WAITING)
    if not kept or clock.now() - datetime.fromisoformat(kept["at"]) >= PATIENCE:
        return None
    user = load_backend(kept["backend"]).get_user(kept["user"])
    return user if user is not None and user.get_session_auth_hash() == kept["password"] else None


def login_code(request: HttpRequest) -> HttpResponse:
    """The second step of a log-in: the code of the telephone, or one of the paper."""
    user = _waiting(request)
    if user is None:
        request.session.pop(WAITING, None)
        return redirect("login")
    until: datetime | None = None
    if request.method == "POST":
        checked = factor_check(actor=user, code=request.POST.get("code", ""), moment=clock.now())
        if checked.right:
            kept = request.session.pop(WAITING)
            messages.info(request, last_time(user))
            login(request, user, backend=kept["backend"])
            return redirect(kept["next"] or "workplace")
        until = checked.held_until
    context = {"failed": request.method == "POST", "until": until}
    return render(request, "registration/login_code.html", context, status=422 if context["failed"] else 200)


@login_required
@require_GET
def factor(request: HttpRequest) -> HttpResponse:
    """One's second factor: how it is set up, or how much of its paper is left."""
    return _factor_page(request)


def _factor_page(request: HttpRequest, **more: Any) -> HttpResponse:
    own = factor_of(user=request.user)
    context: dict[str, Any] = {"required": factor_required(user=request.user), "next": target_of(request)}
    if own is not None and own.confirmed is None:
        uri = provisioning_uri(key_of(own.secret), issuer=ISSUER, name=request.user.username)
        context |= {"qr": qr_code(uri), "secret": " ".join(own.secret[n : n + 4] for n in range(0, len(own.secret), 4))}
    elif own is not None:
        context |= {"confirmed": own.confirmed, "left": recovery_codes_left(user=request.user)}
    return render(request, "registration/factor.html", context | more, status=422 if more.get("errors") else 200)


@login_required
@require_POST
def factor_set_up(request: HttpRequest) -> HttpResponse:
    """Begin to set up a telephone, or confirm it by its first code; then the recovery codes are shown, once."""
    if "code" not in request.POST:
        try:
            factor_begin(actor=request.user)
        except ApplicationError as error:
            messages.error(request, str(error))
        return redirect("factor")
    try:
        codes = factor_confirm(actor=request.user, code=request.POST["code"], moment=clock.now())
    except Refused as refused:
        return _factor_page(request, errors=error_lines(refused))
    request.session.pop("factor_missing", None)
    request.session.prove()
    return _factor_page(request, codes=codes)


@login_required
@require_POST
@require_recent_proof
def factor_renew(request: HttpRequest) -> HttpResponse:
    """A new paper of recovery codes, or another telephone: then every session ends, and the next log-in sets it up."""
    if "telephone" in request.POST:
        factor_remove(actor=request.user, user=request.user)
        return redirect("login")
    return _factor_page(request, codes=recovery_codes_renew(actor=request.user))
