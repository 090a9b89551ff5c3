"""Pages of imports: upload or paste, review, put right, apply, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ApplicationError, Conflict, Refused
from core.views import STOP_POLLING, download, error_lines, page
from organization.access import may_somewhere
from organization.models import Permission
from personnel import tasks
from personnel.forms.imports import ImportForm
from personnel.models import Import, ImportState
from personnel.models.imports import JobKind
from personnel.selectors.imports import (
    TABS,
    import_allowed_for_system,
    import_columns_for_system,
    import_get,
    import_job_for_system,
    import_row_for_system,
    import_rows_for_system,
    imports_list,
    label_of_for_system,
    mappable_fields_for_system,
    same_file_for_system,
    shown_rows_for_system,
    shown_value_for_system,
)
from personnel.services.imports import (
    IN_REQUEST,
    import_apply,
    import_discard,
    import_fix,
    import_leave_out,
    import_map,
    import_queue,
    import_start,
    import_undo,
    marked_copy,
    template_file,
)

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _require(request: HttpRequest) -> None:
    if not may_somewhere(request.user, Permission.CHANGE_PEOPLE):
        raise PermissionDenied


def _workbook(content: bytes, name: str) -> HttpResponse:
    return download(content, XLSX, name)


@page
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Upload or paste, and the imports of before."""
    _require(request)
    form = ImportForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        upload, category = form.cleaned_data["file"], form.cleaned_data["category"]
        try:
            source = import_start(
                actor=request.user,
                unit=form.units[form.cleaned_data["unit"]],
                day=form.cleaned_data["day"],
                file_name=upload.name if upload else "",
                data=upload.read() if upload else b"",
                text="" if upload else form.cleaned_data["text"],
                defaults={"employment.category": category} if category else {},
            )
        except (Refused, Conflict) as error:
            for line in error_lines(error):
                form.add_error("file" if upload else "text", line)
        else:
            return redirect("personnel:import", number=source.pk)
    earlier = Paginator(imports_list(user=request.user), 20).get_page(request.GET.get("page"))
    context = {"form": form, "earlier": earlier}
    return render(request, "personnel/imports.html", context, status=422 if form.errors else 200)


@page
@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    _require(request)
    return _workbook(template_file(), _("People template") + ".xlsx")


@page
@require_GET
def import_review(request: HttpRequest, number: int) -> HttpResponse:
    """What was found, by what happens to the rows."""
    source = import_get(user=request.user, number=number)
    return render(request, "personnel/import.html", _review(request, source))


def _review(request: HttpRequest, source: Import) -> dict[str, Any]:
    tab = request.GET.get("tab", "")
    names = {
        "ERROR": _("Errors"),
        "WARNING": _("Warnings"),
        "NEW": _("New"),
        "UPDATE": _("Updates"),
        "UNCHANGED": _("Unchanged"),
    }
    sizes = {**source.counts, "WARNING": source.counts.get("warning", 0)}
    if tab not in TABS:
        tab = next((one for one in TABS if sizes.get(one) and one != "WARNING"), "NEW")
    found = Paginator(import_rows_for_system(source=source, tab=tab), PAGE).get_page(request.GET.get("page"))
    return {
        "source": source,
        "job": import_job_for_system(source),
        "counts": source.counts,
        "tab": tab,
        "tabs": [(one, names[one], sizes.get(one, 0)) for one in TABS],
        "page": found,
        "rows": shown_rows_for_system(list(found)),
        "allowed": import_allowed_for_system(source),
        "same": same_file_for_system(source),
        "sheets": import_columns_for_system(source),
        "defaults": [
            (label_of_for_system(code), shown_value_for_system(code, value)) for code, value in source.defaults.items()
        ],
    }


def _back(source_number: int, request: HttpRequest) -> HttpResponse:
    tab, number = request.POST.get("tab", ""), request.POST.get("page", "")
    query = "&".join(
        part for part in (f"tab={tab}" if tab in TABS else "", f"page={number}" if number.isdigit() else "") if part
    )
    address = reverse("personnel:import", args=[source_number]) + (f"?{query}" if query else "")
    if getattr(request, "htmx", False):  # a redirect would land in the row
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@page
@require_POST
def import_fix_cell(request: HttpRequest, number: int) -> HttpResponse:
    """Type over a cell; htmx gets the row back, everybody else the page."""
    source = import_get(user=request.user, number=number)
    wanted = request.POST.get("row", "")
    text = request.POST.get("suggestion") or request.POST.get("text", "")
    try:
        row = import_row_for_system(source=source, number=int(wanted) if wanted.isdigit() and len(wanted) < 18 else 0)
        fixed = import_fix(
            actor=request.user,
            source=source,
            row=row,
            field=request.POST.get("field", ""),
            text=text,
            alike=bool(request.POST.get("alike")),
        )
    except ApplicationError as error:
        messages.error(request, "\n".join(error_lines(error)))
        return _back(number, request)
    if getattr(request, "htmx", False) and len(fixed) == 1:
        source = import_get(user=request.user, number=number)
        context = {
            "source": source,
            "shown": shown_rows_for_system(fixed)[0],
            "allowed": import_allowed_for_system(source),
            "tab": "ERROR",
        }
        return render(request, "personnel/_import_row.html", context | {"counts": source.counts, "again": True})
    if len(fixed) > 1:
        said = ngettext("%(count)s row was put right.", "%(count)s rows were put right.", len(fixed))
        messages.success(request, said % {"count": len(fixed)})
    return _back(number, request)


@page
@require_POST
def import_rows_choose(request: HttpRequest, number: int) -> HttpResponse:
    """Take a row out, or in again."""
    source = import_get(user=request.user, number=number)
    chosen = [int(one) for one in request.POST.getlist("row") if one.isdigit() and len(one) < 18]
    try:
        import_leave_out(actor=request.user, source=source, rows=chosen, left_out=request.POST.get("take") != "1")
    except ApplicationError as error:
        messages.error(request, "\n".join(error_lines(error)))
    return _back(number, request)


@page
@require_http_methods(["GET", "POST"])
def import_columns_choose(request: HttpRequest, number: int) -> HttpResponse:
    """What was read from which column; and say it otherwise."""
    source = import_get(user=request.user, number=number)
    if request.method == "GET":
        may_map = source.state == ImportState.REVIEW and not source.counts.get("applied")
        context = {
            "source": source,
            "sheets": import_columns_for_system(source),
            "fields": mappable_fields_for_system(),
            "may_map": may_map,
        }
        return render(request, "personnel/import_columns.html", context)
    columns = {
        int(key.removeprefix("column-")): value
        for key, value in request.POST.items()
        if key.startswith("column-") and key.removeprefix("column-").isdigit() and len(key) < 14
    }
    try:
        import_map(actor=request.user, source=source, sheet=request.POST.get("sheet", ""), columns=columns)
    except ApplicationError as error:
        messages.error(request, "\n".join(error_lines(error)))
    return _back(number, request)


@page
@require_POST
def import_apply_rows(request: HttpRequest, number: int) -> HttpResponse:
    """Apply what is ready: a few rows at once, many by a worker while the page shows how far it is."""
    source = import_get(user=request.user, number=number)
    given = request.POST.get("expected", "")
    expected = int(given) if given.isdigit() and len(given) < 9 else -1
    whole = request.POST.get("whole") == "1"
    try:
        if expected > IN_REQUEST:
            _queue(request, source, JobKind.APPLY, {"expected": expected, "whole": whole})
        else:
            import_apply(actor=request.user, source=source, expected=expected, whole=whole)
            said = ngettext("%(count)s row was applied.", "%(count)s rows were applied.", expected)
            messages.success(request, said % {"count": expected})
    except (Refused, Conflict) as error:
        messages.error(request, "\n".join(error_lines(error)))
    return redirect("personnel:import", number=number)


@page
@require_POST
def import_undo_rows(request: HttpRequest, number: int) -> HttpResponse:
    source = import_get(user=request.user, number=number)
    skip = request.POST.get("skip") == "1"
    try:
        if source.counts.get("applied", 0) > IN_REQUEST:
            _queue(request, source, JobKind.UNDO, {"skip_changed": skip})
        else:
            count, kept = import_undo(actor=request.user, source=source, skip_changed=skip)
            said = ngettext("%(count)s row was taken back.", "%(count)s rows were taken back.", count)
            messages.success(request, "\n".join([said % {"count": count}, *kept[:10]]))
    except (Refused, Conflict) as error:
        messages.error(request, "\n".join(error_lines(error)))
    return redirect("personnel:import", number=number)


def _queue(request: HttpRequest, source: Import, kind: str, options: dict[str, Any]) -> None:
    job = import_queue(actor=request.user, source=source, kind=kind, options=options)
    tasks.run_import_job.delay_on_commit(job.pk)


@page
@require_GET
def import_progress(request: HttpRequest, number: int) -> HttpResponse:
    """The fragment that the review asks for every second; 286 tells htmx to stop."""
    source = import_get(user=request.user, number=number)
    job = import_job_for_system(source)
    response = render(request, "personnel/_import_progress.html", {"source": source, "job": job})
    if job is None or not job.open:
        response.status_code = STOP_POLLING
        response.headers["HX-Refresh"] = "true"
    return response


@page
@require_POST
def import_throw_away(request: HttpRequest, number: int) -> HttpResponse:
    source = import_get(user=request.user, number=number)
    try:
        import_discard(actor=request.user, source=source)
    except Conflict as error:
        messages.error(request, "\n".join(error_lines(error)))
        return redirect("personnel:import", number=number)
    return redirect("personnel:imports")


@page
@require_GET
def import_file(request: HttpRequest, number: int) -> HttpResponse:
    """Their own workbook with what is wrong marked in it."""
    source = import_get(user=request.user, number=number)
    try:
        content = marked_copy(actor=request.user, source=source)
    except (Refused, Conflict) as error:
        messages.error(request, "\n".join(error_lines(error)))
        return redirect("personnel:import", number=number)
    name = source.file_name.rsplit(".", 1)[0] or "import"
    return _workbook(content, f"{name}-" + _("marked") + ".xlsx")
