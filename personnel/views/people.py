"""The list of people: searched, filtered, sorted, in pages, kept and exported."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import ApplicationError, NotFound
from core.rules.sheets import Format
from organization.access import may_somewhere
from organization.models import Permission
from organization.views.proof import require_recent_proof
from personnel.filters import PeopleFilter, without_numbers
from personnel.forms import PurposeForm
from personnel.rules.fields import FIELDS, SECTIONS
from personnel.rules.listing import COLUMNS, SORTED_BY, SORTS, STATES, WORKING, valid_columns
from personnel.selectors.columns import columns_of, lines_of
from personnel.selectors.listing import (
    Branch,
    filter_of_link,
    filters_list,
    rows_for_system,
    unit_branch,
)
from personnel.selectors.pages import Parts, page_for_system
from personnel.selectors.sights import may_reveal_somewhere
from personnel.services.lists import columns_choose, filter_delete, filter_save, people_export

SIZES = (50, 100, 200)
PLACE = ("at", "saved", "csrfmiddlewaretoken")  # parameters that are no part of a question
LAYOUT = ("size", "sort")  # parameters that say how, not who
GROUPS = (  # tick boxes
    "category", "title", "political_status", "education", "certificate", "entry_channel", "missing", "named_list",
    "left_for",
)  # fmt: skip
ALWAYS = ("q",)  # fields that are seen without opening "More filters"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: how the list is sorted by it now (aria-sort), and the link that sorts by it; "" if it can't be."""

    label: str
    link: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the link that takes it away."""

    label: str
    value: str
    link: str


@dataclass(frozen=True)
class Question:
    """What a request asks for, and what is wrong with it. `rows` is empty if anything is."""

    found: PeopleFilter
    rows: Any
    parts: Parts
    branch: Branch
    day: date
    state: str
    sort: str
    errors: list[tuple[str, str, str]]  # the field's id, its label, what is wrong


def state_names() -> dict[str, str]:
    return {
        "working": _("Working"),
        "left": _("Left"),
        "coming": _("Beginning later"),
        "all": _("Everybody"),
    }


def link_of(query: QueryDict, **changes: str | None) -> str:
    """The address of the same question with changes (None takes a parameter away), at its beginning."""
    changed = query.copy()
    for key in PLACE:
        changed.pop(key, None)
    for key, value in changes.items():
        changed.pop(key, None)
        if value is not None:
            changed[key] = value
    for key in [key for key, values in changed.lists() if not any(values)]:
        del changed[key]
    if "q" in changed:
        changed["q"] = without_numbers(changed["q"].strip())
    return f"?{changed.urlencode()}"


def _without(query: QueryDict, key: str, value: str) -> str:
    left = query.copy()
    left.setlist(key, [one for one in query.getlist(key) if one != value])
    return link_of(left)


def _day(query: QueryDict) -> tuple[date, str]:
    """The day the list is of, and what is wrong with what was typed."""
    typed = query.get("day", "").strip()
    if not typed:
        return timezone.localdate(), ""
    try:
        day = parse_date(typed.replace(".", "-").replace("/", "-"))
    except ValueError:
        day = None
    if day is None:
        return timezone.localdate(), _("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}
    return day, ""


def ask(request: HttpRequest) -> Question:
    """Read a request's question; one wrong value makes the whole list empty, so that nobody takes it for an answer."""
    query = request.GET
    errors: list[tuple[str, str, str]] = []
    day, wrong = _day(query)
    if wrong:
        errors.append(("id_day", _("As of"), wrong))
    try:
        branch = unit_branch(user=request.user, code=query.get("unit", ""), day=day)
    except NotFound as error:
        branch = unit_branch(user=request.user, code="", day=day)
        errors.append(("id_unit", _("Unit"), str(error)))
    state = query.get("state", "")
    state = state if state in STATES else WORKING
    sort = query.get("sort", "")
    sort = sort if sort.lstrip("-") in SORTS else "name"
    found = PeopleFilter(query, queryset=rows_for_system(branch.scope, day, state), day=day, sort=sort)
    for name, texts in found.form.errors.items():
        errors.append((f"id_{name}", str(found.form.fields[name].label), " ".join(texts)))
    rows, parts = (found.qs.none(), Parts([])) if errors else (found.qs, replace(found.found, scope=branch.scope))
    return Question(found, rows, parts, branch, day, state, sort, errors)


def _headings(query: QueryDict, columns: list[str], sort: str) -> list[Heading]:
    chinese = (get_language() or "zh").startswith("zh")
    headings = []
    for code in columns:
        key = SORTED_BY.get(code, "")
        up, down = sort == key, sort == f"-{key}"
        state = "ascending" if up else "descending" if down else "none"
        link = link_of(query, sort=f"-{key}" if up else key) if key else ""
        headings.append(Heading(COLUMNS[code].zh if chinese else COLUMNS[code].en, link, state))
    return headings


def chips_of(query: QueryDict, question: Question) -> list[Chip]:
    chips = []
    if question.branch.unit is not None:
        chips.append(Chip(_("Unit"), question.branch.unit.name, link_of(query, unit=None)))
    if question.state != WORKING:
        chips.append(Chip(_("State"), state_names()[question.state], link_of(query, state=None)))
    fields = question.found.form.fields
    for key, values in query.lists():
        if key not in fields:
            continue
        words: Mapping[str, Any] = dict(getattr(fields[key], "choices", ()))
        chips += [
            Chip(
                _("Search") if key == "q" else str(fields[key].label),
                _("a number") if key == "q" and value.startswith("~") else str(words.get(value, value)),
                _without(query, key, value),
            )
            for value in values
            if value
        ]
    return chips


@login_required
@require_POST
def people_search(request: HttpRequest) -> HttpResponse:
    """The list for a question that was sent, where no log keeps it: numbers go into the address as digests."""
    asked = request.POST.copy()
    asked.pop("csrfmiddlewaretoken", None)
    return redirect(f"{reverse('personnel:people')}{link_of(asked)}")


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The people in the user's units on a day, one page; `?saved=<key>` asks the question of a saved filter."""
    if key := request.GET.get("saved"):
        return _saved(request, key)
    query = request.GET
    if (typed := query.get("q", "").strip()) and without_numbers(typed) != typed:
        return redirect(
            f"{reverse('personnel:people')}{link_of(query)}"
        )  # what is copied from the address has no number in it
    question = ask(request)
    wanted = query.get("size", "")
    size = int(wanted) if wanted in {str(value) for value in SIZES} else SIZES[0]
    page = page_for_system(question.parts, sort=question.sort, cursor=query.get("at", ""), size=size)
    columns = columns_of(user=request.user)
    form = question.found.form
    start = link_of(query)
    joint = "&" if len(start) > 1 else ""
    hidden = [(name, query[name]) for name in LAYOUT if query.get(name)]
    extra = [form[name] for name in form.fields if name not in (*ALWAYS, *GROUPS)]
    filters = list(filters_list(user=request.user))
    may_change = may_somewhere(request.user, Permission.CHANGE_PEOPLE)
    context = {
        "form": form,
        "search": form["q"],
        "groups": [form[name] for name in GROUPS],
        "extra": extra,
        "more_open": any(name in form.errors for name in form.fields if name not in ALWAYS),
        "errors": question.errors,
        "wrong": {field.removeprefix("id_"): text for field, _label, text in question.errors},
        "states": [(code, label, code == question.state) for code, label in state_names().items()],
        "branch": question.branch,
        "unit_link": link_of(query, unit=None),
        "below": [(unit, link_of(query, unit=unit.short_code)) for unit in question.branch.below],
        "above": [(unit, link_of(query, unit=unit.short_code)) for unit in question.branch.above],
        "page": page,
        "headings": _headings(query, columns, question.sort),
        "lines": lines_of(page.rows, columns, question.day, user=request.user),
        "chips": chips_of(query, question),
        "day": question.day,
        "first": start if page.previous else "",
        "previous": f"{start}{joint}at={page.previous}" if page.previous else "",
        "next": f"{start}{joint}at={page.next}" if page.next else "",
        "last": f"{start}{joint}at={page.last}" if page.last else "",
        "sizes": [(value, link_of(query, size=str(value))) for value in SIZES],
        "size": size,
        "hidden": hidden,
        "query": start.removeprefix("?"),
        "filters": filters,
        "sections": _choices(columns),
        "may_unmask": may_reveal_somewhere(user=request.user, codes=FIELDS),
        "may_change": may_change,
        "asking": PurposeForm(auto_id="id_export_%s"),
    }
    return render(request, "personnel/people.html", context)


def _choices(chosen: list[str]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The columns to choose from, by section: (section, [(code, label, chosen)])."""
    chinese = (get_language() or "zh").startswith("zh")
    sections: dict[str, list[tuple[str, str, bool]]] = {}
    for code, column in COLUMNS.items():
        label = column.zh if chinese else column.en
        sections.setdefault(column.section, []).append((code, label, code in chosen))
    return [(SECTIONS[code].zh if chinese else SECTIONS[code].en, columns) for code, columns in sections.items()]


def _saved(request: HttpRequest, key: str) -> HttpResponse:
    try:
        kept = filter_of_link(user=request.user, key=UUID(key))
    except (NotFound, ValueError):
        messages.error(request, _("This filter is no longer there. Ask for a new link."))
        return redirect("personnel:people")
    return HttpResponseRedirect(f"{reverse('personnel:people')}?{kept.query}")


def _back(request: HttpRequest) -> HttpResponse:
    """To the list and the question that the form stood under."""
    return HttpResponseRedirect(f"{reverse('personnel:people')}{link_of(request.GET)}")


@login_required
@require_POST
def people_columns(request: HttpRequest) -> HttpResponse:
    """Choose the columns; with `usual` the usual ones come back."""
    columns_choose(actor=request.user, columns=[] if "usual" in request.POST else request.POST.getlist("column"))
    return _back(request)


@login_required
@require_POST
def people_filter_save(request: HttpRequest) -> HttpResponse:
    """Keep the question under a name."""
    try:
        kept = filter_save(actor=request.user, name=request.POST.get("name", ""), query=link_of(request.GET))
        messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept.name})
    except ApplicationError as error:
        messages.error(request, str(error))
    return _back(request)


@login_required
@require_POST
def people_filter_delete(request: HttpRequest, number: int) -> HttpResponse:
    try:
        filter_delete(actor=request.user, number=number)
        messages.success(request, _("The filter is deleted."))
    except NotFound as error:
        messages.error(request, str(error))
    return _back(request)


@login_required
@require_POST
@require_recent_proof
def people_export_file(request: HttpRequest) -> HttpResponseBase:
    """The list as it is shown, whole, as a workbook or a CSV; with `unmasked` identity and phone numbers are written out."""
    question = ask(request)
    file_format: Format = "csv" if request.POST.get("format") == "csv" else "xlsx"
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    try:
        people_export(
            actor=request.user,
            rows=question.rows,
            sort=question.sort,
            columns=valid_columns(columns_of(user=request.user)),
            day=question.day,
            query=link_of(request.GET).removeprefix("?"),
            out=out,
            unmasked=bool(request.POST.get("unmasked")),
            purpose=request.POST.get("purpose", ""),
            words=request.POST.get("words", ""),
            sections="sections" in request.POST,
            file_format=file_format,
        )
    except ApplicationError as error:
        out.close()
        messages.error(request, str(error))
        return _back(request)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{_('list of people')}-{question.day:%Y%m%d}.{file_format}")
