"""The standard tables as pages and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound, Refused
from core.views import download, page
from personnel.rules.listing import COLUMNS
from reports.forms import SaveForm, read_table
from reports.rules.tables import StandardTable, written
from reports.selectors.tables import KINDS, ROSTER, Kind, TableQuestion, table_of, too_big
from reports.services import table_export
from reports.services.saved import report_order

ROWS = 100  # of a roster on one page
OUTPUTS = ("xlsx", "pdf", "csv")
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Faults = list[tuple[str, str]]


def kind_of(code: str) -> Kind:
    if code not in KINDS:
        raise NotFound(_("There is no such table. Choose one from the list."))
    return KINDS[code]


def asked_of(
    given: Mapping[str, str], columns: Sequence[str], request: HttpRequest
) -> tuple[TableQuestion | None, Faults]:
    """The question of a form or an address, and what is wrong with it, by the name of the field."""
    try:
        return read_table(given, columns, request.user), []
    except Refused as error:
        return None, [(name, str(text)) for name, texts in error.fields.items() for text in texts]


def query_of(question: TableQuestion) -> str:
    """The question as an address has it."""
    given = {"unit": question.unit.code, "day": question.day.isoformat(), "since": question.since.isoformat()}
    return urlencode([*given.items(), *(("columns", code) for code in question.columns)])


@page
@require_GET
def table_page(request: HttpRequest, table: str) -> HttpResponse:
    """One standard table of a unit; of a roster a part."""
    kind = kind_of(table)
    question, faults = asked_of(request.GET.dict(), request.GET.getlist("columns"), request)
    context = around(kind, request.GET.dict(), request.GET.getlist("columns"), faults)
    if question is not None:
        try:
            context |= _shown(request, kind, question)
        except Refused as error:
            context["faults"] = [("unit", str(text)) for text in error.errors]
    return render(request, "reports/table.html", context, status=400 if context["faults"] else 200)


def around(kind: Kind, given: Mapping[str, str], columns: Sequence[str], faults: Faults) -> dict[str, Any]:
    """What a page of a table shows beside the table: what was typed, and what is wrong with it."""
    chosen = columns or ROSTER
    return {
        "kind": kind,
        "given": given,
        "faults": faults,
        "choices": [(code, one, code in chosen) for code, one in COLUMNS.items()] if kind.code == "roster" else [],
    }


def _shown(request: HttpRequest, kind: Kind, question: TableQuestion) -> dict[str, Any]:
    number = request.GET.get("page", "1")
    first = (int(number) - 1) * ROWS if number.isdecimal() and 0 < int(number) < 10_000 else 0
    part = replace(question, part=(first, ROWS)) if kind.code == "roster" else question
    table = table_of(user=request.user, code=kind.code, question=part)
    return {
        "question": question,
        "table": table,
        "lines": _lines(table),
        "total": [written(cell) for cell in table.total or ()],
        "query": query_of(question),
        "form": SaveForm(),
        "page": Paginator(range(table.count), ROWS).get_page(number) if table.count is not None else None,
    }


def _lines(table: StandardTable) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Of each row where it leads, and its cells as text, with whether they are numbers."""
    return [
        (key, [(written(cell), column.number) for cell, column in zip(row, table.columns, strict=True)])
        for key, row in zip(table.keys, table.rows, strict=True)
    ]


@page
@require_POST
def table_file(request: HttpRequest, table: str) -> HttpResponse:
    """The table of the page as a file."""
    kind = kind_of(table)
    given, columns = request.POST.dict(), request.POST.getlist("columns")
    output = given.get("output", "xlsx")
    question, faults = asked_of(given, columns, request)
    if output not in OUTPUTS:
        faults.append(("output", _("Choose a workbook, a PDF or a CSV.")))
    if question is not None and not faults:
        out = BytesIO()
        try:
            if too_big(user=request.user, code=kind.code, question=question):
                report_order(actor=request.user, table=kind.code, question=question, output=output)
                messages.success(
                    request, _("The table is being made. It will wait for you here and on your workplace.")
                )
                return redirect("reports:tables")
            table_export(
                actor=request.user, code=kind.code, question=question, output=output, out=out, query=query_of(question)
            )
            return download(out.getvalue(), MEDIA[output], f"{question.unit.name}{kind.name}.{output}")
        except Refused as error:
            faults = [("output", str(text)) for text in error.errors]
    return render(request, "reports/table.html", around(kind, given, columns, faults), status=400)
