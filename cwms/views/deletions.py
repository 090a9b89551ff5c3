"""Files whose time is over: what holds each, proposing and confirming their deletion, and the certificates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ApplicationError, Conflict, NotFound, Refused
from core.views import add_errors, download, page
from cwms.retention import HOLDS, files_due, holds_of
from cwms.retention.due import deletions_of
from cwms.retention.plan import KEPT
from cwms.retention.services import MOST_DOCUMENT, MOST_REASON, deletion_propose
from cwms.retention.services import deletion_confirm as confirm
from cwms.retention.services import deletion_refuse as refuse
from cwms.views.papers import typeset
from organization.access import may_somewhere, scope_for
from organization.models import Permission
from organization.views.proof import require_recent_proof
from personnel.models import Deletion, Person
from personnel.models.deletions import MOST_FILES

TABS = ("due", "waiting", "decided")


class ProposeForm(forms.Form):
    """Which files, and on which document."""

    people = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)
    document = forms.CharField(
        label=gettext_lazy("Approval of the destruction"),
        help_text=gettext_lazy("The document by which the archive's destruction is approved: its number."),
        required=False,
        max_length=MOST_DOCUMENT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, shown: list[int], data: Any = None) -> None:
        super().__init__(data)
        self.fields["people"].choices = [(number, number) for number in shown]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> set[int]:
        """What was ticked, also while something else is wrong."""
        return {int(one) for one in self.data.getlist("people") if one.isdecimal()} if self.is_bound else set()


class RefuseForm(forms.Form):
    """Why the files stay."""

    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=MOST_REASON)


@page
@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """The files that are kept no longer, proposals that wait, and what was decided: each tab counts its list."""
    if not may_somewhere(request.user, Permission.PROPOSE_DELETION):
        raise NotFound(_("There is no such page."))
    asked = request.GET.get("tab", "due")
    tab = asked if asked in TABS and request.method == "GET" else "due"
    due = files_due(user=request.user, day=timezone.localdate())
    made = deletions_of(user=request.user)
    lists: dict[str, Any] = {
        "due": due, "waiting": made.filter(confirmed=None), "decided": made.filter(confirmed__isnull=False),
    }  # fmt: skip
    pages = {name: Paginator(found, MOST_FILES) for name, found in lists.items()}
    shown = pages[tab].get_page(request.GET.get("page"))
    rows = [(one, [HOLDS[name] for name in holds_of(one)]) for one in shown] if tab == "due" else []
    form = ProposeForm([one.pk for one, _holds in rows], request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                found = deletion_propose(actor=request.user, **form.cleaned_data)
            except Refused as error:
                add_errors(form, error)
            else:
                return redirect("deletion", found.pk)
    names = {"due": _("Time is over"), "waiting": pgettext("deletion", "Proposed"), "decided": _("Decided")}
    context = {
        "tab": tab,
        "tabs": [(name, names[name], pages[name].count) for name in TABS],
        "page": shown,
        "rows": rows,
        "form": form,
        "query": f"tab={tab}&",
    }
    return render(request, "cwms/retention.html", context, status=status)


@page
@require_GET
def deletion(request: HttpRequest, number: int) -> HttpResponse:
    """A proposal with the people whom it is about, or the certificate, which names nobody."""
    return _shown(request, _found(request, number), RefuseForm())


@page
@require_POST
@require_recent_proof
def deletion_confirm(request: HttpRequest, number: int) -> HttpResponse:
    found = _found(request, number)
    try:
        confirm(actor=request.user, deletion=found)
    except (Refused, Conflict) as error:
        return _shown(request, found, _told(RefuseForm(), error), status=409 if isinstance(error, Conflict) else 422)
    return redirect("deletion", number)


@page
@require_POST
def deletion_refuse(request: HttpRequest, number: int) -> HttpResponse:
    found, form = _found(request, number), RefuseForm(request.POST)
    try:
        refuse(actor=request.user, deletion=found, reason=request.POST.get("reason", ""))
    except (Refused, Conflict) as error:
        return _shown(request, found, _told(form, error), status=409 if isinstance(error, Conflict) else 422)
    return redirect("deletion", number)


@page
@require_GET
def deletion_paper(request: HttpRequest, number: int) -> HttpResponse:
    """The certificate as a PDF, in Chinese, as offices file it; 404 while nothing is deleted."""
    found = _found(request, number)
    if found.report is None:
        raise Http404
    with override("zh-hans"):
        lines = _lines(found.report)
        data = {
            "number": found.number,
            "files": found.report["files"],
            "stubs": found.report["stubs"],
            "redacted": found.report["redacted"],
            "document": found.document,
            "deleted": [[label, str(rows)] for label, rows, _ground in lines["deleted"]],
            "kept": [[label, str(rows), ground] for label, rows, ground in lines["kept"]],
            "proposed": [found.proposed_by.display_name, _moment(found.proposed_at)],
            "confirmed": [str(found.decided_by), _moment(found.decided_at)],
            "digest": found.digest,
        }
        content = typeset("certificate", data)
    return download(content, "application/pdf", f"{found.number}.pdf")


def _found(request: HttpRequest, number: int) -> Deletion:
    return get_object_or_404(deletions_of(user=request.user), pk=number)


def _told(form: RefuseForm, error: ApplicationError) -> RefuseForm:
    """A form with an error, bound so that it is shown."""
    form = form if form.is_bound else RefuseForm({})
    form.is_valid()
    add_errors(form, error)
    return form


def _shown(request: HttpRequest, found: Deletion, form: RefuseForm, status: int = 200) -> HttpResponse:
    waits = found.confirmed is None
    context = {
        "deletion": found,
        "people": Person.objects.filter(pk__in=found.people).order_by("pk") if waits else [],
        "lines": _lines(found.report) if found.report is not None else {},
        "form": form,
        "may_decide": waits
        and found.proposed_by_id != request.user.pk
        and scope_for(request.user, Permission.CONFIRM_DELETION).covers(found.unit_path),
    }
    return render(request, "cwms/deletion.html", context, status=status)


def _lines(report: dict[str, Any]) -> dict[str, list[tuple[str, int, str]]]:
    """(table in words, rows, on what ground) of what was deleted, and of what is kept."""
    names = {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()}

    def lines(counts: dict[str, int]) -> list[tuple[str, int, str]]:
        return [(names[table], rows, str(KEPT.get(table, ""))) for table, rows in sorted(counts.items())]

    return {"deleted": lines(report["deleted"]), "kept": lines(report["emptied"] | report["kept"])}


def _moment(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
