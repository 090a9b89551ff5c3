"""Employments for programs: who is employed where, in which category, from when until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, STATE, KnownFields
from organization.access import get_unit_for
from organization.models import Permission, Unit
from personnel.api.foresight import foresees
from personnel.api.leaving import HandoverActions
from personnel.api.rows import HOLDING, EndSerializer, RowFilter, RowViewSet, WithdrawalSerializer
from personnel.api.values import day_of, example_of, values_serializer
from personnel.models import Category, Employment, codes
from personnel.rules.fields import fields_of
from personnel.selectors.programs import employments_list
from personnel.services import employment_end, employment_transfer

_FIELDS = fields_of("employment")
_LEAVING = ("end", "end_reason", "exit_code", "destination", "destination_kind")

EmploymentSerializer = values_serializer(
    "EmploymentSerializer",
    "A person works for an employer in a category, from a day until (and without) another; units by code.",
    _FIELDS,
    Employment,
    read=True,
    base=serializers.Serializer,
    more={
        "id": serializers.IntegerField(read_only=True),
        "person": serializers.IntegerField(source="person_id", read_only=True),
        "name": serializers.CharField(source="person.name", read_only=True),
        "unit_name": serializers.CharField(source="unit.name", read_only=True),
    },
)
NewEmploymentSerializer = values_serializer(
    "NewEmploymentSerializer",
    "The employer is the unit unless given.",
    _FIELDS,
    Employment,
    required=("unit", "category", "start"),
    more={"person": serializers.IntegerField(min_value=1, help_text="number of the person")},
)
EmploymentValuesSerializer = values_serializer(
    "EmploymentValuesSerializer", "Values by name; what is left out stays as it is.", _FIELDS, Employment
)
ChangedEmploymentSerializer = values_serializer(
    "ChangedEmploymentSerializer",
    "Values by name; what is left out stays as it is. Another unit is a transfer, an end is an end.",
    [one for one in _FIELDS if one.attribute not in ("unit", "start", *_LEAVING)],
    Employment,
)


class EmploymentCorrectionSerializer(KnownFields):
    """Values that were wrong in the record."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    values = EmploymentValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class EmploymentChangeSerializer(KnownFields):
    """The employment ends on a day, and one with these values begins."""

    day = serializers.DateField(help_text="the first day on which the new values hold")
    values = ChangedEmploymentSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class EmploymentEndSerializer(EndSerializer):
    """Somebody leaves."""

    reason = serializers.CharField(
        max_length=40, help_text=f"{', '.join(codes.EndReason.values)}, or a code of the place's own list of reasons"
    )
    destination = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="where to")
    destination_kind = serializers.ChoiceField(
        choices=codes.Destination.choices, required=False, allow_blank=True, help_text="which kind of place that is"
    )
    with_posts = serializers.BooleanField(
        required=False, default=False, help_text="the posts held in the same unit end on the same day"
    )


class TransferSerializer(KnownFields):
    """Somebody moves to another unit, with employer, category and contract as they are."""

    day = serializers.DateField(help_text="the first day in the other unit")
    unit = serializers.CharField(help_text="code of the other unit")
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class EmploymentFilter(RowFilter):
    """Filters of the list of employments; everything given must hold."""

    category = filters.ChoiceFilter(label="category", choices=Category.choices)

    class Meta:
        model = Employment
        fields: tuple[str, ...] = ()


_ONE = example_of(
    EmploymentSerializer,
    id=2301,
    person=1207,
    name="张三",
    unit="340181002008",
    unit_name="南苑社区",
    employer="340181002000",
    category="COMMUNITY_WORKER",
    entry_channel="OPEN_RECRUITMENT",
    start="2021-07-01",
    contract_end="2027-07-01",
)
_NEW = {"person": 1207, "unit": "340181002008", "category": "COMMUNITY_WORKER", "start": "2021-07-01"}
_END = {"day": "2026-10-01", "reason": "RESIGNED", "with_posts": True}
_TRANSFER = {"day": "2026-10-01", "unit": "340181002009"}
_CHANGE = {"day": "2026-10-01", "values": {"category": "GRID_WORKER"}}


@extend_schema_view(
    list=extend_schema(
        summary="Employments", parameters=[HOLDING], examples=[OpenApiExample("a row", _ONE, response_only=True)]
    )
)
class EmploymentViewSet(HandoverActions, RowViewSet):
    """Employments in the units of the caller's grants. Writing needs the permission to change people there."""

    serializer_class = EmploymentSerializer
    filterset_class = EmploymentFilter
    queryset = Employment.objects.none()
    route = "employments"
    section = "employment"

    def get_queryset(self) -> QuerySet[Employment]:
        day = day_of(self.request) if self.action == "list" else None
        return employments_list(user=self.request.user, day=day)

    def unit_of(self, row: Employment) -> Unit:
        return row.unit

    def list(self, request: Request) -> Response:
        return self._list(request)

    @extend_schema(
        summary="One employment",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: EmploymentSerializer, 304: None},
        examples=[OpenApiExample("an employment", _ONE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, self._one(pk))

    @extend_schema(
        summary="Employ a person",
        request=NewEmploymentSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: EmploymentSerializer},
        examples=[
            OpenApiExample(
                "from a day on",
                _NEW,
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        return self._added(request, NewEmploymentSerializer)

    @foresees("employing a person", NewEmploymentSerializer, _NEW, detail=False)
    def foresee(self, request: Request) -> Response:
        """Of a new employment."""
        return self._add_foreseen(request, NewEmploymentSerializer)

    @extend_schema(
        summary="Somebody leaves",
        request=EmploymentEndSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: EmploymentSerializer},
        examples=[
            OpenApiExample("a resignation", _END, request_only=True)
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Placements end with the employment; posts only if that is said."""
        row, body = self._asked(request, pk, EmploymentEndSerializer)
        return self._written(request, row, self._end(body))

    @foresees("somebody leaves", EmploymentEndSerializer, _END, url_path="end/foresee")
    def end_foresee(self, request: Request, pk: str) -> Response:
        """With the last pay of whoever leaves."""
        row, body = self._asked(request, pk, EmploymentEndSerializer)
        return self._foreseen(request, row, body["day"], self._end(body), leaves=row.unit)

    def _end(self, body: dict[str, Any]) -> Callable[[Employment], Employment]:
        return lambda found: employment_end(
            actor=self.request.user,
            employment=found,
            end=body["day"],
            reason=body["reason"],
            destination=body.get("destination", ""),
            destination_kind=body.get("destination_kind", ""),
            document=body.get("document", ""),
            with_posts=body["with_posts"],
        )

    @extend_schema(
        summary="Somebody moves to another unit",
        request=TransferSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={201: EmploymentSerializer},
        examples=[
            OpenApiExample("to a neighbour", _TRANSFER, request_only=True)
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """The answer is the new employment. Whoever moves somebody may change people in both units."""
        row, body = self._asked(request, pk, TransferSerializer)
        unit = get_unit_for(request.user, Permission.CHANGE_PEOPLE, body["unit"])
        return self._written(request, row, self._transfer(unit, body), status.HTTP_201_CREATED)

    @foresees("somebody moves to another unit", TransferSerializer, _TRANSFER, url_path="transfer/foresee")
    def transfer_foresee(self, request: Request, pk: str) -> Response:
        """In both units."""
        row, body = self._asked(request, pk, TransferSerializer)
        unit = get_unit_for(request.user, Permission.CHANGE_PEOPLE, body["unit"])
        return self._foreseen(request, row, body["day"], self._transfer(unit, body), to=unit)

    def _transfer(self, unit: Unit, body: dict[str, Any]) -> Callable[[Employment], Employment]:
        return lambda found: employment_transfer(
            actor=self.request.user, employment=found, unit=unit, day=body["day"], document=body.get("document", "")
        )

    @extend_schema(
        summary="An employment changes from a day on",
        request=EmploymentChangeSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={201: EmploymentSerializer},
        examples=[
            OpenApiExample("another category", _CHANGE, request_only=True)
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """The employment ends on the day and a new one begins, which is the answer."""
        row, body = self._asked(request, pk, EmploymentChangeSerializer)
        return self._written(request, row, self._change(body), status.HTTP_201_CREATED, "values.")

    @foresees("an employment changes from a day on", EmploymentChangeSerializer, _CHANGE, url_path="change/foresee")
    def change_foresee(self, request: Request, pk: str) -> Response:
        """Of another category, as an example."""
        row, body = self._asked(request, pk, EmploymentChangeSerializer)
        return self._foreseen(request, row, body["day"], self._change(body))

    @extend_schema(
        summary="An employment was wrong in the record",
        request=EmploymentCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: EmploymentSerializer},
        examples=[
            OpenApiExample(
                "a wrong day", {"reason": "the contract says 1 July", "values": {"start": "2021-07-01"}}, request_only=True
            )
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """The old row stays in the history, with the reason."""
        return self._corrected(request, pk, EmploymentCorrectionSerializer)

    @extend_schema(
        summary="An employment should never have been there",
        request=WithdrawalSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={204: None},
        examples=[OpenApiExample("entered twice", {"reason": "entered twice"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """It goes, and stays in the history with the reason. Refused while other rows rest on it."""
        return self._withdrawn(request, pk)
