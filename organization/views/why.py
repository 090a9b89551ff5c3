"""Why can or can't I (or somebody of one's units) do this?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.errors import NotFound
from core.views import page
from organization import selectors
from organization.forms import WhyForm


@page
@require_GET
def why(request: HttpRequest) -> HttpResponse:
    """The question, and below it the answer: which grant decides, or what is missing and who could give it."""
    others = selectors.why_others(user=request.user)
    form = WhyForm(request.GET or None, kinds=selectors.why_kinds(user=request.user), others=others)
    found = None
    if form.is_valid():
        try:
            found = selectors.why(user=request.user, **form.cleaned_data)
        except NotFound as error:
            form.add_error(None, str(error))
    return render(request, "organization/why.html", {"form": form, "found": found}, status=422 if form.errors else 200)
