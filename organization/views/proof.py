"""Asking once more who somebody is, before what can't be taken back or shows what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]


def recently_proven(request: HttpRequest) -> bool:
    """Whether who is logged in has shown within CWMS_PROOF_MINUTES who they are: by logging in, or on the proof page.

    Programs with a token have no session and prove themselves at every request.
    """
    return bool(request.session.proven_within(settings.CWMS_PROOF_MINUTES))


def require_recent_proof(view: View) -> View:
    """For views that reveal, export, seal or change roles: password and code, at most CWMS_PROOF_MINUTES old.

    Stands below `login_required` or `page`, above the view. Who lacks the proof goes to the proof page and from there
    back: to the page asked for, or for a POST to the page that it was sent from, where the button is pressed again.
    htmx is told to go there as a whole page (HX-Redirect); an endpoint answers 403 with the code "proof".
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if recently_proven(request):
            return view(request, *args, **kwargs)
        target = f"{reverse('proof')}?{urlencode({'next': _origin(request)})}"
        if request.path.startswith("/api/"):
            message = _("Confirm with your password first that it is you, at %(path)s.") % {"path": reverse("proof")}
            return JsonResponse({"error": {"code": "proof", "message": message, "fields": {}}}, status=403)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return redirect(target)

    return wrapped


def _origin(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
        return request.get_full_path()
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    own = parts.netloc == request.get_host() and parts.path
    return f"{parts.path}?{parts.query}".rstrip("?") if own else reverse("workplace")
