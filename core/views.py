"""What every page shares: who may come in, and how the application's errors become answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from core.errors import ApplicationError, Conflict, NotAllowed, NotFound, Refused

PAGE = 50
STOP_POLLING = 286  # htmx stops asking

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """For people who are logged in; what does not exist for them is 404, what they may not do is 403."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(str(error)) from error
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error

    return wrapped


def error_lines(error: ApplicationError) -> list[str]:
    """Every message of an error, for a form or a list."""
    return [str(one) for one in (error.errors if isinstance(error, Refused) else [error.message])]


def add_errors(form: Form, error: ApplicationError) -> None:
    """Every message of an error, beside the field that it is about where the form has it."""
    by_field = getattr(error, "fields", {}) if isinstance(error, Refused) else {}
    told = {str(text) for texts in by_field.values() for text in texts}
    for name, texts in by_field.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, str(text))
    for text in error.errors if isinstance(error, Refused) else [error.message]:
        if str(text) not in told:
            form.add_error(None, str(text))


def tried(form: Form, work: Callable[[], Any], *also: type[ApplicationError]) -> bool:
    """Whether the work was done; what stands in its way goes to the form, beside its value where it has one.

    also: errors which this form shows too, instead of another page.
    """
    shown: tuple[type[ApplicationError], ...] = (Refused, Conflict, *also)
    try:
        work()
    except shown as error:
        add_errors(form, error)
    return not form.errors


def download(content: bytes, media_type: str, name: str, *, inline: bool = False) -> HttpResponse:
    """A file for the reader to keep, under a name of ours (RFC 6266); inline: ours through and through, to be shown.

    Whatever it holds, a browser takes it for what it is said to be and runs nothing of it.
    """
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if not inline:
        response.headers["Content-Security-Policy"] = (
            "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    return response
