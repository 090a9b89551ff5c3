"""Accounts for pay: who of a unit has none, and the list for the bank."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import ApplicationError
from core.rules.sheets import Format
from core.views import page
from organization.views.proof import require_recent_proof
from personnel.selectors.accounts import accounts_page
from personnel.services.accounts import accounts_export

PEOPLE = 100  # of one page


@page
@require_GET
def accounts(request: HttpRequest, number: int) -> HttpResponse:
    """How many are paid, how many of them have an account, and who has none."""
    found = accounts_page(user=request.user, number=number, day=timezone.localdate())
    lacking = Paginator(found.lacking, PEOPLE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "unit": found.unit,
        "people": found.people,
        "held": found.people - lacking.paginator.count,
        "page": lacking,
    }
    return render(request, "personnel/accounts.html", context)


@page
@require_POST
@require_recent_proof
def accounts_file(request: HttpRequest, number: int) -> HttpResponseBase:
    """The list for the bank, with the numbers of the accounts."""
    day = timezone.localdate()
    found = accounts_page(user=request.user, number=number, day=day)
    file_format: Format = "csv" if request.POST.get("format") == "csv" else "xlsx"
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    try:
        accounts_export(actor=request.user, unit=found.unit, day=day, out=out, file_format=file_format)
    except ApplicationError as error:
        out.close()
        messages.error(request, str(error))
        return redirect("personnel:accounts", number=number)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    name = f"{_('accounts for pay')}-{found.unit.name}-{day:%Y%m%d}.{file_format}"
    return FileResponse(out, as_attachment=True, filename=name)
