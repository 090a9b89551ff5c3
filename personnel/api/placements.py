"""Placements for programs: who manages somebody and where they are used, above all who is lent out and comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, STATE, KnownFields
from core.errors import NotFound
from organization.access import require
from organization.models import Permission, Unit
from personnel.api.foresight import foresees
from personnel.api.rows import HOLDING, EndSerializer, RowFilter, RowViewSet, WithdrawalSerializer
from personnel.api.values import day_of, example_of, values_serializer
from personnel.models import Person, Placement, PlacementKind
from personnel.rules.fields import fields_of
from personnel.selectors.programs import employments_list, placements_list
from personnel.services import section_end

_FIELDS = fields_of("placement")

PlacementSerializer = values_serializer(
    "PlacementSerializer",
    "Somebody is used at home or elsewhere, from a day until (and without) another; units by code.",
    _FIELDS,
    Placement,
    read=True,
    base=serializers.Serializer,
    more={
        "id": serializers.IntegerField(read_only=True),
        "employment": serializers.IntegerField(source="employment_id", read_only=True),
        "person": serializers.IntegerField(source="employment.person_id", read_only=True),
        "name": serializers.CharField(source="employment.person.name", read_only=True),
        "unit": serializers.CharField(
            source="employment.unit.code", read_only=True, help_text="code of the unit that employs them"
        ),
    },
)
NewPlacementSerializer = values_serializer(
    "NewPlacementSerializer",
    "Where somebody is used: a unit, or a place outside. Without an end it goes on until the return is entered.",
    _FIELDS,
    Placement,
    required=("kind", "start"),
    more={"employment": serializers.IntegerField(min_value=1, help_text="number of the employment")},
)
PlacementValuesSerializer = values_serializer(
    "PlacementValuesSerializer", "Values by name; what is left out stays as it is.", _FIELDS, Placement
)
ChangedPlacementSerializer = values_serializer(
    "ChangedPlacementSerializer",
    "Values by name; what is left out stays as it is. An end is a return.",
    [one for one in _FIELDS if one.attribute not in ("start", "end", "document")],
    Placement,
)


class PlacementCorrectionSerializer(KnownFields):
    """Values that were wrong in the record."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    values = PlacementValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class PlacementChangeSerializer(KnownFields):
    """The placement ends on a day, and one with these values begins."""

    day = serializers.DateField(help_text="the first day on which the new values hold")
    values = ChangedPlacementSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class PlacementFilter(RowFilter):
    """Filters of the list of placements; everything given must hold."""

    unit_path = "employment__unit_path"

    person = filters.NumberFilter(label="number of the person", field_name="employment__person_id", min_value=1)
    employment = filters.NumberFilter(label="number of the employment", field_name="employment_id", min_value=1)
    kind = filters.ChoiceFilter(label="kind", choices=PlacementKind.choices)

    class Meta:
        model = Placement
        fields: tuple[str, ...] = ()


_ONE = example_of(
    PlacementSerializer,
    id=411,
    employment=2301,
    person=1207,
    name="张三",
    unit="340181002008",
    kind="SECONDED_OUT",
    place="市信访局",
    start="2026-03-01",
    due="2026-09-01",
    document="巢组借〔2026〕2号",
)
_NEW = {
    "employment": 2301, "kind": "SECONDED_OUT", "place": "市信访局", "start": "2026-03-01", "due": "2026-09-01",
    "document": "巢组借〔2026〕2号",
}  # fmt: skip
_BACK = {"day": "2026-09-01"}
_CHANGE = {"day": "2026-06-01", "values": {"place": "市民政局", "due": "2026-12-01"}}


@extend_schema_view(
    list=extend_schema(
        summary="Placements", parameters=[HOLDING], examples=[OpenApiExample("a row", _ONE, response_only=True)]
    )
)
class PlacementViewSet(RowViewSet):
    """Placements in employments in the units of the caller's grants. Writing needs the permission to change people
    there; where the rules let a case of both units alone decide, it is refused."""

    serializer_class = PlacementSerializer
    filterset_class = PlacementFilter
    queryset = Placement.objects.none()
    route = "placements"
    section = "placement"

    def get_queryset(self) -> QuerySet[Placement]:
        day = day_of(self.request) if self.action == "list" else None
        return placements_list(user=self.request.user, day=day)

    def unit_of(self, row: Placement) -> Unit:
        return row.employment.unit

    def list(self, request: Request) -> Response:
        return self._list(request)

    @extend_schema(
        summary="One placement",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: PlacementSerializer, 304: None},
        examples=[OpenApiExample("a secondment", _ONE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, self._one(pk))

    @extend_schema(
        summary="Lend somebody out, or place them at home",
        request=NewPlacementSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: PlacementSerializer},
        examples=[OpenApiExample("a secondment", _NEW, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """`due` says when whoever is away is expected back."""
        return self._added(request, NewPlacementSerializer)

    @foresees("lending somebody out", NewPlacementSerializer, _NEW, detail=False)
    def foresee(self, request: Request) -> Response:
        """Of a new placement."""
        return self._add_foreseen(request, NewPlacementSerializer)

    @extend_schema(
        summary="Somebody comes back",
        request=EndSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PlacementSerializer},
        examples=[OpenApiExample("on a day", _BACK, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Whoever counted nowhere meanwhile needs a free seat."""
        row, body = self._asked(request, pk, EndSerializer)
        return self._written(request, row, self._end(body))

    @foresees("somebody comes back", EndSerializer, _BACK, url_path="end/foresee")
    def end_foresee(self, request: Request, pk: str) -> Response:
        """Of a return."""
        row, body = self._asked(request, pk, EndSerializer)
        return self._foreseen(request, row, body["day"], self._end(body))

    def _end(self, body: dict[str, Any]) -> Callable[[Placement], Any]:
        return lambda found: section_end(
            actor=self.request.user, row=found, day=body["day"], document=body.get("document", "")
        )

    @extend_schema(
        summary="A placement changes from a day on",
        request=PlacementChangeSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={201: PlacementSerializer},
        examples=[OpenApiExample("another place", _CHANGE, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """The placement ends on the day and a new one begins, which is the answer."""
        row, body = self._asked(request, pk, PlacementChangeSerializer)
        return self._written(request, row, self._change(body), status.HTTP_201_CREATED, "values.")

    @foresees("a placement changes from a day on", PlacementChangeSerializer, _CHANGE, url_path="change/foresee")
    def change_foresee(self, request: Request, pk: str) -> Response:
        """Of another place, as an example."""
        row, body = self._asked(request, pk, PlacementChangeSerializer)
        return self._foreseen(request, row, body["day"], self._change(body))

    @extend_schema(
        summary="A placement was wrong in the record",
        request=PlacementCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: PlacementSerializer},
        examples=[
            OpenApiExample(
                "a wrong day", {"reason": "the document says 1 September", "values": {"due": "2026-09-01"}}, request_only=True
            )
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """The old row stays in the history, with the reason."""
        return self._corrected(request, pk, PlacementCorrectionSerializer)

    @extend_schema(
        summary="A placement should never have been there",
        request=WithdrawalSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={204: None},
        examples=[OpenApiExample("entered twice", {"reason": "entered twice"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """It goes, and stays in the history with the reason."""
        return self._withdrawn(request, pk)

    def _whose(self, request: Request, values: dict[str, Any]) -> Person:
        job = employments_list(user=request.user).filter(pk=values["employment"]).first()
        if job is None:
            raise NotFound(_("There is no such employment among those that you may see."))
        require(request.user, Permission.CHANGE_PEOPLE, job.unit)
        values["employment"] = job
        return job.person
