"""Guessing passwords: who is let try again, from where, and when (django-axes asks here)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from axes.helpers import get_client_ip_address, get_client_username, get_cool_off
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from cwms import sessions
from organization.models import User
from organization.selectors import FactorState, factor_state
from organization.services import session_begin, session_end, session_refused

KNOWN = timedelta(days=30)  # since when a log-in makes an address one of the user's own

# Counted by name alone, wherever they come from; and by name and address.
STRANGERS: list[Any] = ["username"]
OWN: list[Any] = [["username", "ip_address"]]


def address_of(request: HttpRequest) -> str | None:
    """The address of the browser: of the connection, or what the nearest of CWMS_PROXIES trusted proxies saw.

    What a browser writes into X-Forwarded-For itself stands further left, where nobody reads it.
    """
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if 0 < settings.CWMS_PROXIES <= len(seen):
        return seen[-settings.CWMS_PROXIES] or None
    return request.META.get("REMOTE_ADDR") or None


def counted_by(request: Any, credentials: Mapping[str, Any] | None = None) -> list[Any]:
    """From an address that the user logs in from, only mistakes made there count; from others, those of all others.

    So a stranger has five guesses at a name, however many addresses they have, and locks out nobody at their own desk.
    """
    if not isinstance(request, HttpRequest):  # a row of what was tried
        return OWN
    name, address = get_client_username(request, dict(credentials or {})), get_client_ip_address(request)
    known = AccessLog.objects.filter(username=name, ip_address=address, attempt_time__gt=timezone.now() - KNOWN)
    return OWN if address and known.exists() else STRANGERS


def refused(request: HttpRequest, _response: HttpResponse | None, credentials: Mapping[str, Any]) -> HttpResponse:
    """The log-in page, which says when to try again. The same for names that there are and that there are not."""
    name = get_client_username(request, dict(credentials or {})) or ""
    newest = AccessAttempt.objects.filter(username=name).order_by("-attempt_time").first()
    until = (newest.attempt_time if newest else timezone.now()) + (get_cool_off(request) or timedelta())
    context = {"until": timezone.localtime(until), "name": name, "next": request.POST.get("next", "")}
    return render(request, "registration/login.html", context, status=429)


def last_time(user: User) -> str:
    """What somebody is told who logs in: when and from where they did the last time, and where somebody failed since."""
    if user.last_login is None:
        return _("This is your first log-in.")
    newest = AccessLog.objects.filter(username=user.username).order_by("-attempt_time").first()
    told = _("Last log-in: %(time)s from %(address)s.") % {
        "time": timezone.localtime(user.last_login).strftime("%Y-%m-%d %H:%M"),
        "address": (newest.ip_address if newest is not None else None) or "-",
    }
    failed = AccessAttempt.objects.filter(username=user.username, attempt_time__gt=user.last_login)
    if wrong := failed.order_by("-attempt_time").first():
        told += " " + _("A wrong password was typed since, at %(time)s from %(address)s.") % {
            "time": timezone.localtime(wrong.attempt_time).strftime("%Y-%m-%d %H:%M"),
            "address": wrong.ip_address or "-",
        }
    return told


class Passwords(ModelBackend):
    """Passwords as Django compares them; a one-time password that has run out is like one that is wrong."""

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **more: Any) -> Any:
        if request is not None:
            request.password_compared = True  # axes, which stands before this, let the guess through
        return super().authenticate(request, username=username, password=password, **more)

    def user_can_authenticate(self, user: Any) -> bool:
        until = user.one_time_until if user is not None else None
        return super().user_can_authenticate(user) and (until is None or sessions.now() < until)


@receiver(user_logged_in, dispatch_uid="cwms.login")
def log_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    address = address_of(request) or ""
    session_begin(actor=user, address=address)
    if factor_state(user=user) is FactorState.MISSING:
        request.session["factor_missing"] = True
    request.session.begin(address=address, agent=request.META.get("HTTP_USER_AGENT", ""))  # type: ignore[attr-defined]


@receiver(user_login_failed, dispatch_uid="cwms.login_failed")
def log_in_failed(sender: Any, credentials: Mapping[str, Any], request: Any = None, **kwargs: Any) -> None:
    """Each guess that was compared is written down; the many after the lock-out are axes' to count."""
    if request is None or not getattr(request, "password_compared", False):
        return
    user = getattr(request, "user", None)
    session_refused(
        actor=user if isinstance(user, User) else None,
        username=str(credentials.get("username") or ""),
        address=address_of(request) or "",
        locked=bool(getattr(request, "axes_locked_out", False)),
    )


@receiver(user_logged_out, dispatch_uid="cwms.logout")
def log_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    row = request.session.row  # type: ignore[attr-defined]
    if user is not None and row is not None:
        with suppress(NotFound):  # another browser of the user has just ended this one
            session_end(actor=user, number=row.pk)
