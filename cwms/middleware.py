"""Between the request and the pages: headers, weight, first passwords, and errors that a person can act on."""

from __future__ import annotations

import logging
from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import empty
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Conflict, NeedsCountersignature, NotAllowed, NotFound, NotRecorded
from cwms import sessions
from cwms.login import address_of
from organization.access import asked_once
from organization.models import User
from organization.rules.passwords import too_old
from organization.services import act_refused, countersign_ask, token_counted
from organization.services.passwords import profile
from organization.walls import walled

logger = logging.getLogger("cwms.api")

Handler = Callable[[HttpRequest], HttpResponse]

SAFE = ("/static/", "/language/", "/theme/")


# What a page may ask the device for: nothing.
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
        "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


class Headers:
    """Outermost, so that errors have them too: nothing is embedded elsewhere, no device is asked, no page is kept.

    Only files of /static/ are kept by caches: their names change with their content.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("X-Frame-Options", "DENY")
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        if request.path == reverse("logout") and request.method == "POST":
            response.setdefault("Clear-Site-Data", '"cache", "storage"')  # the choice of language and theme stays
        return response


class ContentPolicy(CSPMiddleware):
    """What an answer may load: a page, what the settings say; data for a program nothing at all, should a browser show it."""

    NOTHING = "; ".join(
        f"{name} 'none'" for name in ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
    )

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type") == "application/json":
            response.setdefault(HEADER, self.NOTHING)
            return response
        return super().process_response(request, response)


class CountTokens:
    """Each request with a token is counted when it is answered, outside whatever it did in the database.

    An answer is not lost because it can't be counted.
    """

    REFUSED = frozenset((401, 403, 404, 429))

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        token = getattr(request, "token_shown", None)
        if token is not None:
            sent = 0 if response.streaming else len(response.content)
            refused = response.status_code in self.REFUSED
            try:
                token_counted(token=token, refused=refused, sent=sent, address=address_of(request), now=timezone.now())
            except DatabaseError:
                logger.exception("a request of token %s was not counted", token)
        return response


class InterfaceOverTLS:
    """A program that calls without TLS is told so and not led on: else its token would go on travelling in the open, and
    nobody would notice."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and request.path.startswith("/api/") and not request.is_secure():
            text = _("Call this interface by https alone. Whoever listened has the token by now: have it revoked.")
            return JsonResponse({"error": {"code": "insecure", "message": text, "fields": {}}}, status=403)
        return self.get_response(request)


class CompressPages(GZipMiddleware):
    """Pages travel compressed, padded by chance against guesses of their secrets by length (BREACH).

    Answers to programs don't: compression weakens their ETags, and If-Match takes none that is weak.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class FirstPassword:
    """Somebody with a one-time password chooses their own before anything else; then whoever has to sets up a second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        old = user.is_authenticated and too_old(profile(), user.password_chosen, sessions.now())
        if user.is_authenticated and (user.must_change_password or old):
            allowed = (reverse("password"), reverse("logout"))
            if request.path.startswith("/api/"):
                text = _("%(user)s has to change the password first, at %(path)s.")
                message = text % {"user": user, "path": allowed[0]}
                return JsonResponse({"error": {"code": "first_password", "message": message, "fields": {}}}, status=403)
            if request.path not in allowed and not request.path.startswith(SAFE):
                return HttpResponseRedirect(f"{reverse('password')}?next={request.path}")
        elif user.is_authenticated and request.session.get("factor_missing"):
            page, *others = reverse("factor"), reverse("factor_set_up"), reverse("logout")
            if request.path.startswith("/api/"):
                text = _("%(user)s has to set up the second factor first, at %(path)s.")
                message = text % {"user": user, "path": page}
                error = {"code": "second_factor", "message": message, "fields": {}}
                return JsonResponse({"error": error}, status=403)
            if request.path not in (page, *others) and not request.path.startswith(SAFE):
                return HttpResponseRedirect(page)
        return self.get_response(request)


class Walls:
    """Whatever a request asks of the database, it asks for its user; see organization/walls.py."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with walled(lambda: _known(request)):
            return self.get_response(request)


def _known(request: HttpRequest) -> int | None:
    """The user's number once it is known; asking for it would ask the database, which is what waits for the answer."""
    user = request.__dict__.get("user")
    known = user is not None and getattr(user, "_wrapped", user) is not empty
    return user.pk if known else None  # type: ignore[union-attr]


class RightsOnce:
    """A request that changes nothing asks once what its user may do; one that writes asks at every step."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        with asked_once():
            return self.get_response(request)


class Refusals:
    """What somebody who is logged in wanted to change and may not, the trail has, too."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method in ("GET", "HEAD", "OPTIONS") or response.status_code not in (403, 404):
            return response
        match = request.resolver_match
        if match is not None and request.user.is_authenticated:
            act_refused(actor=request.user, route=match.view_name, things=match.kwargs, status=response.status_code)
        return response


class Errors:
    """Errors of the application that a view let through."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotFound):
            raise Http404(str(error)) from error
        if isinstance(error, NotAllowed):
            raise PermissionDenied(str(error)) from error
        if isinstance(error, ApplicationError | NotRecorded):
            status = 503 if isinstance(error, NotRecorded) else 409 if isinstance(error, Conflict) else 400
            return render(request, "refused.html", {"errors": str(error).splitlines()}, status=status)
        if isinstance(error, NeedsCountersignature) and isinstance(request.user, User):
            asked = countersign_ask(actor=request.user, asked=error.asked)
            return render(request, "organization/countersign_needed.html", {"asked": asked}, status=409)
        if isinstance(error, OperationalError):
            return too_long(request)
        return None


def too_long(request: HttpRequest) -> HttpResponse:
    """The answer where the database let nobody wait longer."""
    text = _("This took too long or somebody else is at it. Nothing was written; ask again, or for less.")
    answer = render(request, "refused.html", {"errors": [text]}, status=503)
    answer.headers["Retry-After"] = "5"
    return answer
