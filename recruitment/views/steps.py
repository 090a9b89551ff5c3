"""What the pages of recruitment share: a form whose act is tried, and what stands in the way beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.errors import Conflict, Refused
from core.views import error_lines, tried
from recruitment.models import Plan


def act(
    request: HttpRequest,
    form: Form,
    work: Callable[[], Any],
    *,
    title: str,
    plan: Plan | None,
    done: str,
    to: tuple[Any, ...],
    check: Callable[[], Any] | None = None,
    **more: Any,
) -> HttpResponse:
    """A page with one form: what was typed stays, errors come all at once, and what is done leads on to `to`.

    check: what the act would make of seats and pay, for whoever asks before it is done.
    """
    foreseen = None
    if request.method == "POST" and form.is_valid():
        if check is not None and request.POST.get("go") == "check":
            foreseen = check()
        elif tried(form, work):
            messages.success(request, done)
            return redirect(to[0], *to[1:])
    context = {"form": form, "title": title, "plan": plan, "checks": check is not None, "foreseen": foreseen} | more
    return render(request, "recruitment/form.html", context, status=422 if form.errors else 200)


def press(
    request: HttpRequest, work: Callable[[], Any], done: Callable[[Any], str], to: tuple[Any, ...]
) -> HttpResponse:
    """A button: what it did, or every line of what stands in its way, on the page that it leads to."""
    try:
        found = work()
    except (Refused, Conflict) as error:
        messages.error(request, "\n".join(error_lines(error)))
    else:
        messages.success(request, done(found))
    return redirect(to[0], *to[1:])
