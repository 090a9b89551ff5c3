"""Tokens of programs, for the security administrator."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ApplicationError, Conflict, NotFound
from core.views import PAGE, add_errors, page
from organization.access import may_somewhere
from organization.forms import TokenForm
from organization.models import Permission
from organization.selectors import token_of, token_uses, tokens_given, user_named
from organization.services import token_give, token_revoke
from organization.services.tokens import DAYS, USES_KEPT
from organization.views.proof import require_recent_proof


def _only_administrators(request: HttpRequest) -> None:
    if not may_somewhere(request.user, Permission.CHANGE_GRANTS):
        raise PermissionDenied


@page
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of programs of one's units: whose, for what, until when, last used."""
    _only_administrators(request)
    text = request.GET.get("q", "").strip()[:60]
    found = Paginator(tokens_given(user=request.user, text=text), PAGE).get_page(request.GET.get("page"))
    labels = dict(Permission.choices)
    rows = [
        (row, None if row.permissions is None else [labels.get(name, name) for name in row.permissions])
        for row in found
    ]
    context = {"page": found, "rows": rows, "q": text, "now": timezone.now(), "query": urlencode({"q": text}) + "&"}
    return render(request, "organization/tokens.html", context)


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def token_new(request: HttpRequest) -> HttpResponse:
    """A new token; it is shown in the answer and nowhere else."""
    _only_administrators(request)
    form = TokenForm(request.POST or None, initial={"days": DAYS, "permissions": [Permission.VIEW_PEOPLE.value]})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = user_named(user=request.user, username=data.pop("username"))
            row, token = token_give(actor=request.user, user=user, **data)
        except NotFound as error:
            form.add_error("username", str(error))
        except ApplicationError as error:
            add_errors(form, error)
        else:
            context = {"secret": token, "of": row.user, "kind": "token", "until": row.expires}
            return render(request, "organization/shown_once.html", context)
    context = {"form": form, "title": _("New token"), "back": "organization:tokens", "back_label": _("Tokens")}
    return render(request, "organization/act.html", context, status=422 if form.errors else 200)


@page
@require_GET
def token_use(request: HttpRequest, number: int) -> HttpResponse:
    """How a token was used, day by day: for its user, and for who gives and revokes it."""
    row, uses = token_uses(user=request.user, number=number)
    found = Paginator(uses, PAGE).get_page(request.GET.get("page"))
    return render(request, "organization/token_use.html", {"token": row, "page": found, "kept": USES_KEPT, "query": ""})


@page
@require_POST
@require_recent_proof
def token_end(request: HttpRequest, number: int) -> HttpResponse:
    """The token is worth nothing from now on."""
    row = token_of(user=request.user, number=number)
    try:
        token_revoke(actor=request.user, prefix=row.prefix)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The token %(prefix)s is revoked.") % {"prefix": row.prefix})
    return redirect("organization:tokens")
