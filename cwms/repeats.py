"""The same form sent again: pressed twice, or sent again by a browser that lost the answer, it is done once.

Every page that is rendered has a token of its own in each of its forms (`csrf_token` is masked anew each time), so that
the same bytes from the same user are the same press, and the same values on a page that was loaded again are not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.services.repeats import form_begun, form_done, form_ended
from cwms import sessions
from cwms.middleware import too_long
from organization.models import User

AGAIN = timedelta(minutes=2)  # so long a press is the same one; later somebody has gone back and means it
ASKING = ("/login/", "/proof/", "/password/", "/second-factor/")  # for something first: nothing has been done
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


class FormsOnce:
    """Whoever sends a form again is sent to where the first led; who sends it at the same time waits for the first.

    Only an answer that leads elsewhere counts: what was refused may be sent again. Parts of pages (htmx), programs and
    whoever is not logged in go past.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if request.method != "POST" or "HX-Request" in request.headers or not isinstance(user, User):
            return self.get_response(request)
        if request.path.startswith("/api/") or not request.POST.get(TOKEN):
            return self.get_response(request)
        key = _key(request)
        number = user.pk  # logging out takes the user off the request
        try:
            where = form_begun(user_id=number, key=key, since=sessions.now() - AGAIN)
        except OperationalError:
            return too_long(request)
        try:
            if where is not None:
                return HttpResponseRedirect(where)
            response = self.get_response(request)
            if response.status_code == 302 and not response["Location"].startswith(ASKING):
                form_done(user_id=number, key=key, where=response["Location"], now=sessions.now())
            return response
        finally:
            form_ended(user_id=number, key=key)


def _key(request: HttpRequest) -> str:
    files = sorted((name, file.name, file.size) for name, found in request.FILES.lists() for file in found)
    sent = [request.get_full_path(), sorted(request.POST.lists()), files]
    return hashlib.sha256(json.dumps(sent).encode()).hexdigest()
