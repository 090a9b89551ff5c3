"""Second signatures under acts on many rows."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import Conflict
from core.views import page
from organization.selectors import countersignatures_asked, countersignatures_waiting
from organization.services import countersign_decide
from organization.views.proof import require_recent_proof


@page
@require_GET
def countersignatures(request: HttpRequest) -> HttpResponse:
    """What waits for the user's signature, and what became of their own requests."""
    context = {
        "waiting": countersignatures_waiting(user=request.user),
        "own": countersignatures_asked(user=request.user),
        "now": timezone.now(),
    }
    return render(request, "organization/countersignatures.html", context)


@page
@require_POST
@require_recent_proof
def countersign(request: HttpRequest, number: int) -> HttpResponse:
    agree = request.POST.get("agree") == "1"
    try:
        row = countersign_decide(actor=request.user, number=number, agree=agree)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        text = (
            _("You agreed. %(user)s can do it until %(time)s.") if agree else _("You refused what %(user)s asked for.")
        )
        until = timezone.localtime(row.expires).strftime("%Y-%m-%d %H:%M")
        messages.success(request, text % {"user": row.asked_by, "time": until})
    return redirect("organization:countersignatures")
