"""Loading units from a file: read, reviewed, and written only after that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.views import page
from organization.access import may_somewhere
from organization.forms import LoadConfirmForm, LoadForm
from organization.models import Permission
from organization.rules.loading import MOST_ROWS
from organization.services import FileRefused, Loaded, units_load_rows, units_table

MOST_BYTES = 2_000_000  # of rows that come back with a confirmation: less than what a form may send
SHOWN = 500  # changes and faults of one page; the counts are of all


@page
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest) -> HttpResponse:
    """The file, then what it would do, then doing it. The rows travel with the review: nothing is kept in between."""
    if not may_somewhere(request.user, Permission.CHANGE_UNITS):
        raise PermissionDenied
    if request.method == "POST" and "seen" in request.POST:
        return _confirmed(request)
    form = LoadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            rows = units_table(upload.read())
        except FileRefused as refused:
            for _line, _column, text in refused.faults:
                form.add_error("file", text)
        else:
            if len(rows) <= MOST_ROWS and len(_packed(rows).encode()) <= MOST_BYTES:
                return _review(request, rows, form.cleaned_data["begin"], upload.name, form)
            form.add_error(
                "file",
                _("The file has %(rows)s rows. The page takes %(most)s, and 2 MB of text; divide the file.")
                % {"rows": len(rows), "most": MOST_ROWS},
            )
    return render(request, "organization/load.html", {"form": form}, status=422 if form.errors else 200)


def _review(
    request: HttpRequest,
    rows: Sequence[Sequence[str]],
    begin: date | None,
    file_name: str,
    form: LoadForm,
    *,
    changed: bool = False,
) -> HttpResponse:
    """What the file would do, or everything that is wrong with it; the way on is there only in the first case."""
    context: dict[str, object] = {"form": form, "file_name": file_name}
    try:
        loaded = units_load_rows(actor=request.user, rows=rows, begin=begin, dry_run=True)
    except FileRefused as refused:
        more = max(len(refused.faults) - SHOWN, 0)
        context |= {"faults": refused.faults[:SHOWN], "number": len(refused.faults), "more": more}
        return render(request, "organization/load.html", context, status=422)
    context |= {
        "loaded": loaded,
        "changes": loaded.changes[:SHOWN],
        "more": max(len(loaded.changes) - SHOWN, 0),
        "rows": _packed(rows),
        "begin": begin,
        "seen": _digest(loaded),
        "changed": changed,
    }
    return render(request, "organization/load_review.html", context, status=409 if changed else 200)


def _confirmed(request: HttpRequest) -> HttpResponse:
    """What was reviewed is done, unless something has changed so that it would do something else by now."""
    sent = LoadConfirmForm(request.POST)
    if not sent.is_valid():
        form = LoadForm({})
        form.errors.clear()
        form.add_error(None, _("What was reviewed did not come back whole. Choose the file again."))
        return render(request, "organization/load.html", {"form": form}, status=422)
    data = sent.cleaned_data
    try:
        now = units_load_rows(actor=request.user, rows=data["rows"], begin=data["begin"], dry_run=True)
        if _digest(now) != data["seen"]:
            return _review(request, data["rows"], data["begin"], data["file_name"], LoadForm(), changed=True)
        loaded = units_load_rows(actor=request.user, rows=data["rows"], begin=data["begin"])
    except FileRefused:
        return _review(request, data["rows"], data["begin"], data["file_name"], LoadForm(), changed=True)
    words = {key: value for key, value in asdict(loaded).items() if key != "changes"}
    text = _(
        "%(created)s units created, %(renamed)s renamed, %(closed)s closed, %(unchanged)s as they were; "
        "%(facts)s facts written."
    )
    messages.success(request, text % words)
    return redirect("organization:units")


def _packed(rows: Sequence[Sequence[str]]) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _digest(loaded: Loaded) -> str:
    """What a review shows, in a word: codes that are given out by themselves are part of it."""
    text = json.dumps(asdict(loaded), cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
