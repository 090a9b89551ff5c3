"""What the pages of recruitment share: a form whose act is tried, and what stands in the way beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.errors import Conflict, Refused
from core.views import add_errors, error_lines
from recruitment.models import Plan


def tried(form: Form, work: Callable[[], Any]) -> bool:
    """Whether the work was done; what stands in its way goes to the form, beside its value where it has one."""
    try:
        work()
    except (Refused, Conflict) as error:
        add_errors(form, error)
    return not form.errors


def act(
    request: HttpRequest,
    form: Form,
    work: Callable[[], Any],
    *,
    title: str,
    plan: Plan | None,
    done: str,
    to: tuple[Any, ...],
    **more: Any,
) -> HttpResponse:
    """A page with one form: what was typed stays, errors come all at once, and what is done leads on to `to`."""
    if request.method == "POST" and form.is_valid() and tried(form, work):
        messages.success(request, done)
        return redirect(to[0], *to[1:])
    context = {"form": form, "title": title, "plan": plan} | more
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
