"""A session that ends while somebody types loses nothing: the typed values come back with the log-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import authenticate, login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from organization.models import User
from organization.selectors import FactorState, factor_state
from organization.services import factor_check

NAME, WORD, CODE = "login-username", "login-password", "login-code"
SILENT = {"csrfmiddlewaretoken", NAME, WORD, CODE}

View = Callable[..., HttpResponse]


def typed(request: HttpRequest, *without: str) -> dict[str, list[str]]:
    """What was typed, by input, without what the page itself has put there."""
    return {name: texts for name, texts in request.POST.lists() if name not in SILENT and name not in without}


def signed_in(view: View) -> View:
    """For pages on which much is typed: like `login_required`, but a POST without a session asks for the log-in on a
    page that carries what was typed, and goes on from there. A fragment is answered 401; the page shows a dialog.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.htmx:
            return HttpResponse(status=401)
        if request.method != "POST" or not typed(request) or not _from_here(request):
            return redirect_to_login(request.get_full_path())
        failed = False
        if NAME in request.POST:
            user = authenticate(request, username=request.POST[NAME], password=request.POST.get(WORD, ""))
            if user is not None and _may_go_on(request, user):
                login(request, user)
                return view(request, *args, **kwargs)
            failed = True
        kept = [(name, text) for name, texts in typed(request).items() for text in texts]
        context = {"kept": kept, "failed": failed, "username": request.POST.get(NAME, "")}
        return render(request, "personnel/again.html", context, status=401)

    return wrapped


def _may_go_on(request: HttpRequest, user: User) -> bool:
    """Whether the second factor is shown, too. Who still has to set one up does so at an ordinary log-in."""
    state = factor_state(user=user)
    if state is FactorState.READY:
        return factor_check(actor=user, code=request.POST.get(CODE, ""), moment=timezone.now()).right
    return state is FactorState.NONE


def _from_here(request: HttpRequest) -> bool:
    """Only our own pages bring values along; another site's form is sent to the ordinary log-in without them."""
    origin = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return not origin or urlsplit(origin).netloc == request.get_host()
