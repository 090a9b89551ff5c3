"""Party organisations for programs: those in the units of the caller's grants, as of a day."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import CursorPages, KnownParameters
from personnel.api.rows import UnitFilter
from personnel.api.values import today_or
from personnel.models import PartyForm, PartyKind
from personnel.selectors.party import party_forms_list, party_page

_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
_EXAMPLE = {
    "id": 12, "kind": "AREA_BRANCH", "level": 3, "name": "金色家园党支部", "parent": 4, "unit": "340181002008001",
    "unit_name": "金色家园", "start": "2021-07-01", "end": None,
}  # fmt: skip
_MORE = {
    "secretaries": [{"person": 1207, "name": "张三", "start": "2022-03-01"}], "below": 6, "households": 41,
    "estates": ["340181002008001"],
}  # fmt: skip


class PartySerializer(serializers.Serializer[PartyForm]):
    """What an organisation is from `start` until (and without) `end`; `parent` is the number of what it belongs to."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "id": serializers.IntegerField(source="organization_id", read_only=True),
            "kind": serializers.ChoiceField(choices=PartyKind.choices, read_only=True),
            "level": serializers.IntegerField(
                read_only=True, help_text="1 street or town, 2 community, 3 estate or grid, 4 building"
            ),
            "name": serializers.CharField(read_only=True),
            "parent": serializers.IntegerField(source="parent_id", allow_null=True, read_only=True),
            "unit": serializers.CharField(source="unit.code", read_only=True, help_text="code of the unit"),
            "unit_name": serializers.CharField(source="unit.name", read_only=True),
            "start": serializers.DateField(read_only=True),
            "end": serializers.DateField(
                allow_null=True, read_only=True, help_text="the first day on which it is so no longer"
            ),
        }


class SecretarySerializer(serializers.Serializer[Any]):
    person = serializers.IntegerField(source="person_id", read_only=True)
    name = serializers.CharField(read_only=True)
    start = serializers.DateField(read_only=True)


class PartyPageSerializer(PartySerializer):
    """With who holds its post, and what hangs on it."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return super().get_fields() | {
            "secretaries": SecretarySerializer(many=True, read_only=True),
            "below": serializers.IntegerField(read_only=True, help_text="organisations directly below"),
            "households": serializers.IntegerField(read_only=True),
            "estates": serializers.ListField(
                child=serializers.CharField(), read_only=True, help_text="codes of the estates that it covers"
            ),
        }

    def to_representation(self, instance: Any) -> dict[str, Any]:
        node = instance.node
        return PartySerializer(node.form).data | {
            "secretaries": SecretarySerializer(node.secretaries, many=True).data,
            "below": node.below,
            "households": node.households,
            "estates": [area.unit.code for area in instance.areas],
        }


class PartyFilter(UnitFilter):
    """What party organisations can be searched by; everything given must hold."""

    kind = filters.ChoiceFilter(label="kind", choices=PartyKind.choices)
    parent = filters.NumberFilter(label="number of what it belongs to", field_name="parent_id", min_value=1)
    unit_path = "unit__path"

    class Meta:
        model = PartyForm
        fields: tuple[str, ...] = ()


@extend_schema_view(
    list=extend_schema(
        summary="Party organisations on a day",
        parameters=[_DAY],
        examples=[OpenApiExample("a row", _EXAMPLE, response_only=True)],
    ),
    retrieve=extend_schema(
        summary="One party organisation on a day, with its secretary",
        parameters=[_DAY],
        filters=False,
        responses=PartyPageSerializer,
        examples=[OpenApiExample("a branch", _EXAMPLE | _MORE, response_only=True)],
    ),
)
class PartyViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[PartyForm]):
    """The party organisations in the units of the caller's grants, by their number."""

    serializer_class = PartySerializer
    lookup_value_regex = r"\d{1,18}"
    parameters = ("day",)
    pagination_class = CursorPages
    filterset_class = PartyFilter
    queryset = PartyForm.objects.none()

    def get_queryset(self) -> QuerySet[PartyForm]:
        return party_forms_list(user=self.request.user, day=today_or(self.request))

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("organization_id",), False

    def retrieve(self, request: Request, pk: str) -> Response:
        page = party_page(user=request.user, number=int(pk), day=today_or(request))
        return Response(PartyPageSerializer(page).data)
