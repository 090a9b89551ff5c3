"""The figures for leaders: a dashboard of a unit, a page a figure, and the people behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound, Refused
from core.views import download, page
from organization.models import Unit
from reports.forms import NAMES, Asked, read_question
from reports.indicators import DIMENSIONS, INDICATORS, Indicator
from reports.indicators.dimensions import has_dimension
from reports.rules.chart import Chart, Mark, drawn
from reports.selectors.figures import (
    Cell,
    Figure,
    Question,
    breakdown,
    figure,
    overview,
    people_behind,
    series,
    unit_names,
    units_above,
)
from reports.selectors.paragraph import CODES, paragraph_for_system
from reports.services import breakdown_export

COLUMNS = ("workers", "occupied", "seats_used", "committee", "one_hand", "mean_age", "college", "party_members")
CARDS = (*COLUMNS, "women", "certified", "per_10000", "public_roles", "honoured", "reserve", "hires", "leavers")
PEOPLE = 100  # of one page
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
CHART = 300  # units of length of the longest bar


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a breakdown with its bar, and where its people are."""

    cell: Cell
    length: int
    link: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of a series, with the figure of each mark and the day under it."""

    chart: Chart
    marks: list[tuple[Mark, Figure]]
    days: list[tuple[int, date]]
    bars: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another unit or day beside the figure; difference: the figure less this one."""

    figure: Figure
    difference: Decimal | None


def _query(asked: Asked | None, request: HttpRequest, **changed: str) -> str:
    """The question as an address has it."""
    given = {name: request.GET.get(name, "") for name in ("unit", "day", "since", "known_at")}
    if asked is not None and not given["unit"]:
        given["unit"] = asked.unit.code
    return urlencode({name: value for name, value in (given | changed).items() if value})


def _asked(request: HttpRequest, **wanted: Any) -> tuple[Asked | None, list[tuple[str, str]]]:
    """The question of the address, and what is wrong with it, by the name of the field."""
    try:
        return read_question({**request.GET.dict(), **wanted.pop("fixed", {})}, request.user, **wanted), []
    except Refused as error:
        return None, [(name, str(text)) for name, texts in error.fields.items() for text in texts]


@page
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The paragraph of a unit, its figures, and those of the units directly below it."""
    asked, faults = _asked(request)
    context: dict[str, Any] = {"asked": asked, "faults": faults, "query": _query(asked, request)}
    if asked is not None:
        questions = [asked.question(INDICATORS[code]) for code in dict.fromkeys((*CARDS, *CODES))]
        found, rows = overview(user=request.user, questions=questions, columns=COLUMNS)
        context |= {
            "above": units_above(user=request.user, question=asked.question()),
            "parts": paragraph_for_system(found),
            "cards": found[: len(CARDS)],
            "columns": [INDICATORS[code] for code in COLUMNS],
            "rows": _linked(_sorted(rows, request.GET.get("sort", "")), request),
            "sort": request.GET.get("sort", ""),
            "indicators": list(INDICATORS.values()),
        }
    return render(request, "reports/dashboard.html", context, status=400 if faults else 200)


def _sorted(rows: list[tuple[Unit, list[Figure]]], sort: str) -> list[tuple[Unit, list[Figure]]]:
    """By a column, down with a minus before it; what has no value comes last."""
    code = sort.lstrip("-")
    if code not in COLUMNS:
        return rows
    turn = -1 if sort.startswith("-") else 1

    def key(row: tuple[Unit, list[Figure]]) -> tuple[bool, Decimal]:
        value = row[1][COLUMNS.index(code)].value
        return value is None, (value or Decimal(0)) * turn

    return sorted(rows, key=key)


def _linked(
    rows: list[tuple[Unit, list[Figure]]], request: HttpRequest
) -> Iterator[tuple[Unit, str, list[tuple[Figure, str]]]]:
    """Each row with its unit as an address asks for it, and beside each figure where its people are, "" without names.

    An address a column and not a cell: looking for one takes as long as writing ten cells.
    """
    people = [reverse("reports:people", args=[code]) for code in COLUMNS]
    asked = {name: given for name in ("day", "known_at") if (given := request.GET.get(name))}
    for unit, found in rows:
        cells = [(one, where if one.names and one.numerator else "") for one, where in zip(found, people, strict=True)]
        yield unit, urlencode({"unit": unit.code} | asked), cells


def _indicator(code: str) -> Indicator:
    if code not in INDICATORS:
        raise NotFound(_("There is no such figure. Choose one from the catalogue."))
    return INDICATORS[code]


@page
@require_GET
def figure_page(request: HttpRequest, code: str) -> HttpResponse:
    """One figure: its definition, its counts, a breakdown, another day or unit beside it, and how it went on."""
    indicator = _indicator(code)
    asked, faults = _asked(request, fixed={"indicator": code}, by=True, step=True)
    dimensions = [one for name, one in DIMENSIONS.items() if has_dimension(indicator, name)]
    context: dict[str, Any] = {
        "indicator": indicator,
        "asked": asked,
        "faults": faults,
        "query": _query(asked, request),
        "dimensions": dimensions,
        "by": request.GET.get("by", "unit"),
        "steps": [("month", _("Month")), ("quarter", _("Quarter")), ("year", _("Year"))],
    }
    if asked is not None:
        question = asked.question()
        table = breakdown(user=request.user, question=question, by=asked.by)
        other, wrong = _other(request, asked)
        context |= {
            "above": units_above(user=request.user, question=asked.question()),
            "figure": table.total,
            "by_names": [DIMENSIONS[name] for name in table.by],
            "bars": _bars(table.cells, table.by, request, asked),
            "other": _compared(request, table.total, other),
            "faults": wrong,
        }
        if request.GET.get("step"):
            points = series(user=request.user, question=question, step=asked.step)
            context |= {"series": points, "picture": _picture(points)}
    return render(request, "reports/figure.html", context, status=400 if context["faults"] else 200)


def _picture(points: list[Figure]) -> Picture | None:
    """Bars of what happened within each step, a line of what held at the end of each."""
    bars = bool(points) and points[0].question.indicator.population.events
    chart = drawn([one.value for one in points], from_zero=bars)
    if chart is None:
        return None
    marks = [(mark, points[mark.index]) for mark in chart.marks]
    return Picture(chart, marks, [(x, points[n].question.day) for n, x in chart.named], bars)


def _other(request: HttpRequest, asked: Asked) -> tuple[Question | None, list[tuple[str, str]]]:
    """The question beside the first: of another day or another unit, everything else the same."""
    given = {name: request.GET.get(f"other_{name}", "").strip() for name in ("unit", "day")}
    if not any(given.values()):
        return None, []
    usual = {"unit": asked.unit.code, "day": asked.day.isoformat()}
    try:
        second = read_question(
            {name: given[name] or usual[name] for name in given}
            | {"indicator": asked.indicators[0].code, "known_at": request.GET.get("known_at", "")},
            request.user,
        )
    except Refused as error:
        return None, [(f"other_{name}", str(text)) for name, texts in error.fields.items() for text in texts]
    question = second.question()
    return replace(question, since=question.since if given["day"] else asked.since), []


def _compared(request: HttpRequest, first: Figure, other: Question | None) -> Comparison | None:
    if other is None:
        return None
    second = figure(user=request.user, question=other)
    if first.value is None or second.value is None:
        return Comparison(second, None)
    return Comparison(second, first.value - second.value)


def _bars(cells: Iterable[Cell], by: tuple[str, ...], request: HttpRequest, asked: Asked) -> list[Bar]:
    """Bars as long as their values; whoever may see the people gets the way to them."""
    cells = list(cells)
    most = max((abs(cell.figure.value) for cell in cells if cell.figure.value is not None), default=Decimal(0))
    found = []
    for cell in cells:
        value = cell.figure.value
        length = int(abs(value) * CHART / most) if value is not None and most else 0
        changed = {name: value for name, value in zip(by, cell.codes, strict=True) if name != "unit"}
        unit = next((value for name, value in zip(by, cell.codes, strict=True) if name == "unit"), "")
        reachable = cell.figure.names and all(changed.values()) and ("unit" not in by or unit)
        found.append(
            Bar(
                cell, length, _query(asked, request, **changed, **({"unit": unit} if unit else {})) if reachable else ""
            )
        )
    return found


@page
@require_GET
def figure_people(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody whom a figure counts: as many as it says."""
    indicator = _indicator(code)
    asked, faults = _asked(request, fixed={"indicator": code})
    context: dict[str, Any] = {
        "indicator": indicator,
        "asked": asked,
        "faults": faults,
        "query": _query(asked, request),
    }
    if asked is not None:
        rows = people_behind(user=request.user, question=asked.question(), within=asked.within)
        found = Paginator(rows, PEOPLE).get_page(request.GET.get("page"))
        context |= {
            "page": found,
            "lines": unit_names(user=request.user, rows=found.object_list),
            "within": [
                (DIMENSIONS[name].name, DIMENSIONS[name].words_of(asked.question().span).get(value, value))
                for name, value in asked.within.items()
            ],
            "more": _query(asked, request, **asked.within),
        }
    return render(request, "reports/people.html", context, status=400 if faults else 200)


@page
@require_POST
def figure_export(request: HttpRequest, code: str) -> HttpResponse:
    """The breakdown of the page as a file."""
    indicator = _indicator(code)
    given = {name: request.POST.get(name, "") for name in (*NAMES, "by")} | {"indicator": code}
    output = "csv" if request.POST.get("output") == "csv" else "xlsx"
    try:
        asked = read_question(given, request.user, by=True)
        out = BytesIO()
        breakdown_export(
            actor=request.user,
            question=asked.question(),
            by=asked.by,
            file_format=output,
            out=out,
            query=urlencode({name: value for name, value in given.items() if value}),
        )
    except Refused as error:
        context = {"indicator": indicator, "faults": [("output", str(one)) for one in error.errors]}
        return render(request, "reports/figure.html", context, status=400)
    return download(out.getvalue(), MEDIA[output], f"{indicator.name}.{output}")
