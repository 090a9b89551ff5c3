"""Posts held, for programs: who holds which post where, from when until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, STATE, KnownFields
from organization.models import Unit
from personnel.api.foresight import foresees
from personnel.api.rows import HOLDING, EndSerializer, RowFilter, RowViewSet, WithdrawalSerializer
from personnel.api.values import day_of, example_of, values_serializer
from personnel.models import PostTitle, Tenure
from personnel.rules.fields import fields_of
from personnel.selectors.programs import tenures_list
from personnel.services import tenure_end

_FIELDS = fields_of("post")

TenureSerializer = values_serializer(
    "TenureSerializer",
    "A person holds a post in a unit, from a day until (and without) another.",
    [one for one in _FIELDS if one.attribute != "unit"],
    Tenure,
    read=True,
    base=serializers.Serializer,
    more={
        "id": serializers.IntegerField(read_only=True),
        "person": serializers.IntegerField(source="person_id", read_only=True),
        "name": serializers.CharField(source="person.name", read_only=True),
        "unit": serializers.CharField(source="post.unit.code", read_only=True, help_text="code of the unit"),
        "unit_name": serializers.CharField(source="post.unit.name", read_only=True),
    },
)
NewTenureSerializer = values_serializer(
    "NewTenureSerializer",
    "The unit by its code.",
    _FIELDS,
    Tenure,
    required=("unit", "title", "start"),
    more={"person": serializers.IntegerField(min_value=1, help_text="number of the person")},
)
TenureValuesSerializer = values_serializer(
    "TenureValuesSerializer", "Values by name; what is left out stays as it is.", _FIELDS, Tenure
)


class TenureCorrectionSerializer(KnownFields):
    """Values that were wrong in the record."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    values = TenureValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class TenureFilter(RowFilter):
    """Filters of the list of posts held; everything given must hold."""

    unit_path = "post__unit__path"

    title = filters.ChoiceFilter(label="post", choices=PostTitle.choices)

    class Meta:
        model = Tenure
        fields: tuple[str, ...] = ()


_ONE = example_of(
    TenureSerializer,
    id=3102,
    person=1207,
    name="张三",
    unit="340181002008",
    unit_name="南苑社区",
    title="STAFF",
    start="2021-07-01",
    full_time=True,
)
_NEW = {
    "person": 1207, "unit": "340181002008", "title": "PARTY_SECRETARY", "start": "2026-02-06", "document": "街〔2026〕3号",
}  # fmt: skip
_END = {"day": "2026-10-01"}


@extend_schema_view(
    list=extend_schema(
        summary="Posts held", parameters=[HOLDING], examples=[OpenApiExample("a row", _ONE, response_only=True)]
    )
)
class TenureViewSet(RowViewSet):
    """Posts held in the units of the caller's grants. Writing needs the permission to change people there."""

    serializer_class = TenureSerializer
    filterset_class = TenureFilter
    queryset = Tenure.objects.none()
    route = "tenures"
    section = "post"

    def get_queryset(self) -> QuerySet[Tenure]:
        day = day_of(self.request) if self.action == "list" else None
        return tenures_list(user=self.request.user, day=day)

    def unit_of(self, row: Tenure) -> Unit:
        return row.post.unit

    def list(self, request: Request) -> Response:
        return self._list(request)

    @extend_schema(
        summary="One post held",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: TenureSerializer, 304: None},
        examples=[OpenApiExample("a post", _ONE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, self._one(pk))

    @extend_schema(
        summary="A person takes up a post",
        request=NewTenureSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: TenureSerializer},
        examples=[OpenApiExample("a secretary", _NEW, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        return self._added(request, NewTenureSerializer)

    @foresees("a person takes up a post", NewTenureSerializer, _NEW, detail=False)
    def foresee(self, request: Request) -> Response:
        """Of an appointment."""
        return self._add_foreseen(request, NewTenureSerializer)

    @extend_schema(
        summary="Somebody gives up a post",
        request=EndSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: TenureSerializer},
        examples=[OpenApiExample("at the end of a month", _END, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """What somebody enjoys as a secretary ends with the last such post."""
        row, body = self._asked(request, pk, EndSerializer)
        return self._written(request, row, self._end(body))

    @foresees("somebody gives up a post", EndSerializer, _END, url_path="end/foresee")
    def end_foresee(self, request: Request, pk: str) -> Response:
        """Of a removal."""
        row, body = self._asked(request, pk, EndSerializer)
        return self._foreseen(request, row, body["day"], self._end(body))

    def _end(self, body: dict[str, Any]) -> Callable[[Tenure], Tenure]:
        return lambda found: tenure_end(
            actor=self.request.user, tenure=found, end=body["day"], document=body.get("document", "")
        )

    @extend_schema(
        summary="A post held was wrong in the record",
        request=TenureCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: TenureSerializer},
        examples=[
            OpenApiExample(
                "a wrong title", {"reason": "misread", "values": {"title": "DEPUTY_SECRETARY"}}, request_only=True
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """The old row stays in the history, with the reason."""
        return self._corrected(request, pk, TenureCorrectionSerializer)

    @extend_schema(
        summary="A post held should never have been there",
        request=WithdrawalSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={204: None},
        examples=[OpenApiExample("entered twice", {"reason": "entered twice"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """It goes, and stays in the history with the reason."""
        return self._withdrawn(request, pk)
