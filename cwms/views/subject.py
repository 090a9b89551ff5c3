"""A copy of everything that is held on somebody: on oneself, and for who asks an officer for it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import IO, Any

from django import forms
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Refused
from core.models import Export
from core.views import add_errors, page
from cwms import subject
from organization.models import Permission
from organization.views.proof import require_recent_proof
from personnel.selectors.people import person_for
from personnel.selectors.readings import own_person


class RequestForm(forms.Form):
    """On which letter of the person."""

    document = forms.CharField(
        label=gettext_lazy("The person's request"),
        help_text=gettext_lazy("The letter with which they ask for the copy: its number, or its day."),
        required=False,
        max_length=subject.MOST_WORDS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@page
@require_POST
@require_recent_proof
def own_copy(request: HttpRequest) -> HttpResponseBase:
    """For whom a security administrator has linked to a person: a zip with everything, as data and to read."""
    person = own_person(user=request.user)
    if person is None:
        return redirect("personnel:own_readings")  # which says why there is nothing
    return _file(lambda out: subject.own_copy(actor=request.user, person=person, out=out))


@page
@require_http_methods(["GET", "POST"])
@require_recent_proof
def person_copy(request: HttpRequest, number: int) -> HttpResponseBase:
    """For an officer, on the person's request."""
    person = person_for(user=request.user, person_id=number, permission=Permission.CHANGE_PEOPLE)
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        try:
            return _file(lambda out: subject.person_copy(actor=request.user, person=person, document=document, out=out))
        except Refused as error:
            add_errors(form, error)
    context = {"person": person, "form": form, "allowed": subject.may_copy(user=request.user, person=person)}
    return render(request, "cwms/subject_request.html", context, status=422 if form.errors else 200)


def _file(write: Callable[[IO[bytes]], Export]) -> HttpResponseBase:
    out: Any = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    try:
        export = write(out)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{export.code}.zip", content_type="application/zip")
