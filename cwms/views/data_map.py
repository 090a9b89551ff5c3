"""What is held of people, and why: the data map for everybody who works here."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from core.views import page
from cwms.data_map import Entry, entries, whole


@page
@require_GET
def data_map(request: HttpRequest) -> HttpResponse:
    """Every table of people with its fields, purpose, legal basis and retention; `?sensitive=1` what is sensitive alone."""
    wanted = ("sensitive",) if request.GET.get("sensitive") else ("general", "sensitive")
    found = [one for one in entries() if one.kind in wanted]
    tables = [_table(table, list(fields)) for table, fields in groupby(found, key=lambda one: one.table)]
    context = {"tables": tables, "fields": len(found), "only": len(wanted) == 1}
    return render(request, "cwms/data_map.html", context)


def _table(table: str, fields: list[Entry]) -> dict[str, Any]:
    data, model = whole(), apps.get_model(table)
    chinese = (get_language() or "zh").startswith("zh")
    one = fields[0]
    return {
        "label": model._meta.verbose_name,
        "purpose": data["purposes"][one.purpose] if chinese else one.purpose,
        "article": one.basis,
        "basis": data["bases"][one.basis][chinese],
        "kept": data["retentions"][one.kept]["words"][chinese],
        "general": [_label(model, each) for each in fields if each.kind == "general"],
        "sensitive": [_label(model, each) for each in fields if each.kind == "sensitive"],
    }


def _label(model: Any, one: Entry) -> str:
    return str(getattr(model._meta.get_field(one.field), "verbose_name", one.field))
