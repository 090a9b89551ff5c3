"""Pages of one's own account: where one is logged in, and showing once more who one is."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound
from cwms import sessions as clock
from cwms.back import back, target_of
from organization.selectors import FactorState, factor_state, sessions_list
from organization.services import factor_check, introduction_close, session_end, sessions_end_others


@login_required
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the user is logged in, this browser first."""
    own = request.session.row.pk
    rows = list(sessions_list(user=request.user, moment=clock.now(), idle=clock.idle()))
    for row in rows:
        row.agent = clock.browser_name(row.agent)
    context = {
        "this": next(row for row in rows if row.pk == own),
        "others": [row for row in rows if row.pk != own],
        "idle": settings.CWMS_IDLE_MINUTES,
        "hours": settings.SESSION_COOKIE_AGE // 3600,
    }
    return render(request, "registration/sessions.html", context)


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End one of the other sessions (number), or all of them."""
    number = request.POST.get("number", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        try:
            session_end(actor=request.user, number=int(number))
        except NotFound as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The session is ended."))
    else:
        ended = sessions_end_others(actor=request.user, but=request.session.row.pk)
        text = ngettext("%(count)s other session is ended.", "%(count)s other sessions are ended.", ended)
        messages.success(request, text % {"count": ended})
    return redirect("sessions")


@login_required
@require_POST
def introduction(request: HttpRequest) -> HttpResponse:
    """Put the card with what one's role can do away, for good."""
    introduction_close(actor=request.user)
    return redirect("workplace")


def _code_right(request: HttpRequest) -> bool:
    return factor_check(actor=request.user, code=request.POST.get("code", ""), moment=clock.now()).right


@login_required
def proof(request: HttpRequest) -> HttpResponse:
    """The password once more, with a code where there is a second factor; then back to what it is needed for."""
    failed, coded = False, factor_state(user=request.user) is FactorState.READY
    if request.method == "POST":
        user = authenticate(request, username=request.user.username, password=request.POST.get("password", ""))
        if user is not None and user.pk == request.user.pk and (not coded or _code_right(request)):
            request.session.prove()
            return back(request)
        failed = True
    context = {"failed": failed, "coded": coded, "next": target_of(request), "minutes": settings.CWMS_PROOF_MINUTES}
    return render(request, "registration/proof.html", context, status=422 if failed else 200)
