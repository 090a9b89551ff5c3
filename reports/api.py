"""Statistics for programs: the figures of the pages, from the same selectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils import timezone, translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IF_NONE_MATCH, STATE, Kept, KnownFields, KnownParameters, Pages, kept_answer, knows_state
from core.views import download
from organization.access import rights_of
from reports.forms import NAMES, Asked, read_question
from reports.indicators import DIMENSIONS, INDICATORS, Indicator
from reports.indicators.dimensions import has_dimension
from reports.selectors.figures import Cell, Figure, breakdown, figures, people_behind, series
from reports.selectors.rollups import stamp_for_system
from reports.services import breakdown_export

FILTERS = tuple(code for code in DIMENSIONS if code != "unit")
KEPT = "private, no-cache"  # may be kept by the program, and is asked for again with If-None-Match
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _parameter(name: str, text: str, kind: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, **more)


_UNIT = _parameter("unit", "code of the unit; the highest of the caller's without it")
_DAY = _parameter("day", "as of which day, of a period its last; today without it", OpenApiTypes.DATE)
_SINCE = _parameter("since", "the first day of the period; 1 January of the day's year without it", OpenApiTypes.DATE)
_KNOWN_AT = OpenApiParameter(
    "known_at",
    str,
    description="as it was on record at this moment, before what was corrected later: a time with its zone (the country's "
    "without one), or a day, whose end is meant; as it is on record now without it. The earliest moment is said where an "
    "earlier one is asked for",
    examples=[
        OpenApiExample("a time", "2026-01-31T16:30:00+08:00"),
        OpenApiExample("the end of a day", "2026-01-31"),
    ],
)
_ONE = _parameter("indicator", "code of the indicator; `workers` without it", enum=list(INDICATORS))
_FILTERED = [
    _parameter(code, f"only people with this code of the dimension {code}; for callers who may see the people")
    for code in FILTERS
]
_HEADERS = [IF_NONE_MATCH, STATE]


class IndicatorSerializer(serializers.Serializer[Any]):
    """What a figure means."""

    code = serializers.CharField(help_text="never changes its meaning")
    name = serializers.CharField(help_text="Chinese")
    name_en = serializers.CharField()
    definition = serializers.CharField()
    population = serializers.CharField(
        allow_blank=True, help_text="who or what the rows are; nothing for a number of the unit itself"
    )
    numerator = serializers.CharField(allow_blank=True)
    denominator = serializers.CharField(allow_blank=True)
    aggregate = serializers.CharField()
    measure = serializers.CharField(help_text="what the figure is in")
    decimals = serializers.IntegerField()
    scale = serializers.IntegerField(help_text="a numerator that is a sum is in 1/scale of the measure")
    rounding = serializers.CharField()
    period = serializers.BooleanField(help_text="counts what happened from `since` to `day`, not what holds on `day`")
    policy = serializers.ListField(child=serializers.CharField(), help_text="sections of the rules it depends on")
    dimensions = serializers.ListField(child=serializers.CharField())


class FigureSerializer(serializers.Serializer[Any]):
    """A figure with its counts. Money in yuan in `value`, in 1/`scale` of a yuan (as the catalogue says) in `numerator`."""

    indicator = serializers.CharField()
    unit = serializers.CharField(help_text="code of the unit")
    unit_name = serializers.CharField()
    day = serializers.DateField()
    since = serializers.DateField(allow_null=True, help_text="null where the figure is of one day")
    known_at = serializers.DateTimeField(
        allow_null=True, help_text="as it was on record at this moment; null where it is as on record now"
    )
    value = serializers.CharField(allow_null=True, help_text="rounded, as text; null where nothing can be said")
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    withheld = serializers.BooleanField(help_text="too few people stand behind it for callers without names")


class CellSerializer(FigureSerializer):
    """The figure of one row of a breakdown."""

    codes = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="in the order of `by`")
    labels = serializers.ListField(child=serializers.CharField())


class FiguresSerializer(serializers.Serializer[Any]):
    results = FigureSerializer(many=True)


class BreakdownSerializer(serializers.Serializer[Any]):
    by = serializers.ListField(child=serializers.CharField())
    total = FigureSerializer()
    results = CellSerializer(many=True)


class CatalogueSerializer(serializers.Serializer[Any]):
    results = IndicatorSerializer(many=True)


class BehindSerializer(serializers.Serializer[Any]):
    """Somebody whom a figure counts; neither number nor name of whom what is done with the file is restricted."""

    person = serializers.IntegerField(source="person_id", allow_null=True)
    name = serializers.CharField(source="person.name", allow_null=True)
    place = serializers.CharField(help_text="path of the unit in which the person counts")

    def to_representation(self, row: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(row)
        return shown | {"person": None, "name": None} if row.restricted else shown


class ExportSerializer(KnownFields):
    """A breakdown as a file, numbered and on record like every export."""

    indicator = serializers.ChoiceField(choices=list(INDICATORS))
    unit = serializers.CharField(required=False, default="", max_length=15)
    day = serializers.CharField(required=False, default="", max_length=10)
    since = serializers.CharField(required=False, default="", max_length=10)
    known_at = serializers.CharField(required=False, default="", max_length=40)
    by = serializers.CharField(required=False, default="unit", max_length=60)
    output = serializers.ChoiceField(choices=("csv", "xlsx"), default="xlsx")


def _of(one: Figure) -> dict[str, Any]:
    question = one.question
    return {
        "indicator": question.indicator.code,
        "unit": question.unit.code,
        "unit_name": question.unit.name,
        "day": question.day.isoformat(),
        "since": question.since.isoformat() if question.indicator.population.events else None,
        "known_at": None if question.known_at is None else timezone.localtime(question.known_at).isoformat(),
        "value": None if one.value is None else str(one.value),
        "numerator": one.numerator,
        "denominator": one.denominator,
        "withheld": one.withheld,
    }


def _cell(one: Cell) -> dict[str, Any]:
    return {**_of(one.figure), "codes": list(one.codes), "labels": list(one.labels)}


def _indicator(one: Indicator) -> dict[str, Any]:
    with translation.override("zh-hans"):
        chinese = str(one.name)
    with translation.override("en"):
        english = str(one.name)
    return {
        "code": one.code,
        "name": chinese,
        "name_en": english,
        "definition": str(one.definition),
        "population": str(one.counted),
        "numerator": str(one.numerator),
        "denominator": str(one.denominator),
        "aggregate": one.aggregate.value,
        "measure": one.measure.value,
        "decimals": one.measure.places,
        "scale": one.scale,
        "rounding": str(one.rounding),
        "period": one.population.events,
        "policy": list(one.policy),
        "dimensions": [code for code in DIMENSIONS if has_dimension(one, code)],
    }


@cache
def _catalogue(language: str) -> Kept:
    """Every indicator in a language; the catalogue is the program's own, and as long as it runs the same."""
    return Kept.told({"results": [_indicator(one) for one in INDICATORS.values()]})


_FIGURE = {
    "indicator": "committee_college", "unit": "340181000000", "unit_name": "巢湖市", "day": "2025-12-31", "since": None,
    "known_at": None, "value": "94.8", "numerator": 275, "denominator": 290, "withheld": False,
}  # fmt: skip
_CELL = {
    "indicator": "workers", "unit": "340181000000", "unit_name": "巢湖市", "day": "2025-12-31", "since": None,
    "known_at": None, "value": "352", "numerator": 352, "denominator": None, "withheld": False, "codes": ["FEMALE"], "labels": ["女"],
}  # fmt: skip
_ROW = {
    "code": "committee_college", "name": "“两委”成员大专及以上学历占比",
    "name_en": "Share of the two committees with college or above",
    "definition": "Members of the two committees with junior college or above.",
    "population": "people who sit on the day in the two committees", "numerator": "those with college or above",
    "denominator": "all of them", "aggregate": "share", "measure": "per_cent", "decimals": 1, "scale": 1, "rounding": "half up",
    "period": False, "policy": [], "dimensions": ["unit", "sex", "age"],
}  # fmt: skip


class StatisticViewSet(KnownParameters, viewsets.GenericViewSet[Any]):
    """Figures of the units on which the caller may look at statistics. Small counts are withheld from callers who may
    not see the people behind them."""

    serializer_class = FigureSerializer
    pagination_class = Pages
    filter_backends = ()
    action_parameters = {
        "values": NAMES,
        "breakdown": (*NAMES, "by", *FILTERS),
        "series": (*NAMES, "step"),
        "people": (*NAMES, *FILTERS, *Pages.parameters),
    }

    @extend_schema(
        summary="The catalogue of indicators",
        parameters=_HEADERS,
        responses={200: CatalogueSerializer, 304: None},
        examples=[OpenApiExample("an indicator", {"results": [_ROW]}, response_only=True)],
    )
    @action(detail=False, methods=["get"])
    def catalogue(self, request: Request) -> HttpResponse:
        """Every indicator with its definition, in one answer."""
        return self._answer(request, _catalogue(translation.get_language()))

    @extend_schema(
        summary="Figures of a unit on a day",
        parameters=[
            _parameter("indicator", "codes of indicators with commas between; those of one day without it"),
            _UNIT, _DAY, _SINCE, _KNOWN_AT, *_HEADERS,
        ],
        responses={200: FiguresSerializer, 304: None},
        examples=[OpenApiExample("a share with its counts", {"results": [_FIGURE]}, response_only=True)],
    )  # fmt: skip
    @action(detail=False, methods=["get"])
    def values(self, request: Request) -> HttpResponse:
        """Compare two days or two units by asking twice."""

        def tell(asked: Asked) -> dict[str, Any]:
            found = figures(user=request.user, questions=asked.questions())
            return {"results": [_of(one) for one in found]}

        return self._told(request, tell, many=True)

    @extend_schema(
        summary="A figure broken down by one or two dimensions",
        parameters=[
            _ONE, _UNIT, _DAY, _SINCE, _KNOWN_AT,
            _parameter("by", "one or two dimensions with a comma between; `unit` (the units below) without it"),
            *_FILTERED, *_HEADERS,
        ],
        responses={200: BreakdownSerializer, 304: None},
        examples=[
            OpenApiExample(
                "by sex", {"by": ["sex"], "total": _FIGURE, "results": [_CELL]}, response_only=True
            )
        ],
    )  # fmt: skip
    @action(detail=False, methods=["get"])
    def breakdown(self, request: Request) -> HttpResponse:
        """The rows add up to the total; what does not occur has no row."""

        def tell(asked: Asked) -> dict[str, Any]:
            found = breakdown(user=request.user, question=asked.question(), by=asked.by, within=asked.within)
            return {"by": list(found.by), "total": _of(found.total), "results": [_cell(one) for one in found.cells]}

        return self._told(request, tell, by=True)

    @extend_schema(
        summary="A figure over time",
        parameters=[
            _ONE, _UNIT, _DAY, _SINCE, _KNOWN_AT,
            _parameter("step", "`month`, `quarter` or `year`, the last without it", enum=["month", "quarter", "year"]),
            *_HEADERS,
        ],
        responses={200: FiguresSerializer, 304: None},
        examples=[OpenApiExample("one point", {"results": [_FIGURE]}, response_only=True)],
    )  # fmt: skip
    @action(detail=False, methods=["get"])
    def series(self, request: Request) -> HttpResponse:
        """At the end of each step from `since` to `day`, 120 at most; events are counted within each."""
        asked = self._asked(request, step=True)
        found = series(user=request.user, question=asked.question(), step=asked.step)
        return self._answer(request, Kept.told({"results": [_of(one) for one in found]}))

    @extend_schema(
        summary="The people behind a figure",
        parameters=[_ONE, _UNIT, _DAY, _SINCE, _KNOWN_AT, *_FILTERED],
        responses={200: BehindSerializer(many=True)},
    )
    @action(detail=False, methods=["get"])
    def people(self, request: Request) -> Response:
        """As many as the figure counts: those of the numerator, of a mean everybody with a value."""
        asked = self._asked(request)
        rows = people_behind(user=request.user, question=asked.question(), within=asked.within)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(BehindSerializer(page, many=True).data)

    @extend_schema(
        summary="A breakdown as a workbook or CSV",
        request=ExportSerializer,
        responses={(200, media.partition(";")[0]): OpenApiTypes.BINARY for media in MEDIA.values()},
        examples=[
            OpenApiExample(
                "by age", {"indicator": "workers", "unit": "340181", "by": "age", "output": "csv"}, request_only=True
            )
        ],
    )
    @action(detail=False, methods=["post"])
    def export(self, request: Request) -> HttpResponse:
        """The file has a number that leads back to who took it; how many a user takes in a day is limited."""
        given = ExportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        asked = read_question(values, request.user, by=True)
        out, output = BytesIO(), values["output"]
        query = "&".join(f"{name}={values[name]}" for name in (*NAMES, "by") if values[name])
        breakdown_export(
            actor=request.user, question=asked.question(), by=asked.by, file_format=output, out=out, query=query
        )
        return download(out.getvalue(), MEDIA[output], f"{asked.indicators[0].code}.{output}")

    def _asked(self, request: Request, **wanted: bool) -> Asked:
        return read_question(request.query_params, request.user, **wanted)

    def _told(self, request: Request, tell: Callable[[Asked], dict[str, Any]], **wanted: bool) -> HttpResponse:
        """The answer to a question, which is kept while it is of today and nothing has changed."""

        def make() -> Kept:
            asked = self._asked(request, **wanted)
            stamp = stamp_for_system(asked.unit.path) if asked.of_today else None
            return Kept.told(tell(asked), asked.unit.path, stamp)

        scopes = sorted((permission, scope.paths) for permission, scope in rights_of(request.user).scopes.items())
        return self._answer(request, kept_answer(request, (timezone.localdate(), scopes), stamp_for_system, make))

    def _answer(self, request: Request, told: Kept) -> HttpResponse:
        known = knows_state(request, told.etag)
        response = HttpResponse(told.body, "application/json")
        if known:
            response = HttpResponse(status=304)
            del response["Content-Type"]
        response["ETag"] = told.etag
        response["Cache-Control"] = KEPT
        response["Vary"] = "Authorization, Accept-Language, Cookie"
        return response
