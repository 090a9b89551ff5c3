"""The list of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from personnel.filters import PersonFilter
from personnel.models import Category
from personnel.selectors import people_list
from personnel.selectors.people import titles_for_system

SIZES = (50, 100, 200)
HIDDEN = ("page", "size", "sort", "day")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts: its link, and how the list is sorted by it now (aria-sort)."""

    label: str
    link: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the link that takes it away."""

    label: str
    value: str
    link: str


@dataclass(frozen=True, slots=True)
class Row:
    person: Any
    category: str
    titles: list[str]


def _link(request: HttpRequest, **changes: str | None) -> str:
    query = request.GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = value
    return f"?{query.urlencode()}"


def _columns(request: HttpRequest) -> list[Column]:
    current = request.GET.get("sort", "name")
    columns = []
    for key, label in (("name", _("Name")), ("unit", _("Unit")), ("born", _("Born")), ("entered", _("Entered"))):
        up, down = current == key, current == f"-{key}"
        state = "ascending" if up else "descending" if down else "none"
        columns.append(Column(label, _link(request, sort=f"-{key}" if up else key, page=None), state))
    return columns


def _chips(request: HttpRequest, found: PersonFilter) -> list[Chip]:
    chips = []
    for key, value in request.GET.items():
        if not value or key in HIDDEN or key not in found.form.fields:
            continue
        field = found.form.fields[key]
        shown = dict(getattr(field, "choices", ())).get(value, value)
        chips.append(Chip(str(field.label), str(shown), _link(request, **{key: None, "page": None})))
    return chips


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day the list is of, and what is wrong with what was typed."""
    typed = request.GET.get("day", "").strip()
    if not typed:
        return timezone.localdate(), ""
    try:
        day = parse_date(typed.replace(".", "-").replace("/", "-"))
    except ValueError:
        day = None
    if day is None:
        return timezone.localdate(), _("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}
    return day, ""


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The people in the user's units on a day, filtered, sorted, in pages."""
    day, wrong_day = _day(request)
    found = PersonFilter(request.GET, queryset=people_list(user=request.user, day=day))
    wanted = request.GET.get("size", "")
    size = int(wanted) if wanted in {str(value) for value in SIZES} else SIZES[0]
    page = Paginator(found.qs, size).get_page(request.GET.get("page"))
    titles = titles_for_system([person.pk for person in page], day)
    labels = dict(Category.choices)
    context = {
        "filter": found,
        "page": page,
        "rows": [Row(person, str(labels.get(person.category, "")), titles[person.pk]) for person in page],
        "columns": _columns(request),
        "chips": _chips(request, found),
        "day": day,
        "wrong_day": wrong_day,
        "sizes": [(value, _link(request, size=str(value), page=None)) for value in SIZES],
        "size": size,
        "query": _link(request, page=None).removeprefix("?"),
    }
    return render(request, "personnel/people.html", context)
