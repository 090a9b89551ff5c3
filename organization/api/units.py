"""Units for programs: those in the units of the caller's grants, as of a day."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import CursorPages, KnownParameters
from core.errors import NotFound
from organization.models import Permission, Unit, UnitKind, widen
from organization.rules.codes import form_of
from organization.rules.loading import day_of
from organization.selectors import units_list
from organization.selectors.pages import values_on_for_system

_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
_EXAMPLE = {
    "id": 31, "code": "340181002008", "name": "旗山社区", "name_en": "", "kind": "COMMUNITY", "form": "RESIDENTS",
    "parent": "340181002000", "path": ["340000000000", "340100000000", "340181000000", "340181002000", "340181002008"],
    "valid_from": "2020-01-01", "valid_to": None,
}  # fmt: skip
_VALUES = {"residents": {"value": "6200", "day": "2025-12-31", "source": "统计年报"}}


class UnitSerializer(serializers.Serializer[Unit]):
    """One row of a unit: it holds from `valid_from` until the day before `valid_to`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "id": serializers.IntegerField(read_only=True, help_text="of this row; a change of the unit makes another"),
            "code": serializers.CharField(read_only=True),
            "name": serializers.CharField(read_only=True),
            "name_en": serializers.CharField(read_only=True),
            "kind": serializers.ChoiceField(choices=UnitKind.choices, read_only=True),
            "form": serializers.ChoiceField(
                choices=["", "SUBDISTRICT", "TOWN", "TOWNSHIP", "RESIDENTS", "VILLAGERS"],
                read_only=True,
                help_text="what the code says of the form of a street or a community",
            ),
            "parent": serializers.CharField(allow_null=True, read_only=True, help_text="code of the unit above"),
            "path": serializers.ListField(
                child=serializers.CharField(), read_only=True, help_text="codes from the province down to the unit"
            ),
            "valid_from": serializers.DateField(read_only=True),
            "valid_to": serializers.DateField(
                allow_null=True, read_only=True, help_text="the first day on which it no longer holds"
            ),
        }

    def to_representation(self, unit: Unit) -> dict[str, Any]:
        return {
            "id": unit.pk,
            "code": unit.code,
            "name": unit.name,
            "name_en": unit.name_en,
            "kind": unit.kind,
            "form": form_of(unit.kind, unit.code),
            "parent": unit.parent.code if unit.parent is not None else None,
            "path": [widen(short) for short in unit.path.rstrip("/").split("/")],
            "valid_from": unit.valid_from,
            "valid_to": unit.valid_to,
        }


class FactSerializer(serializers.Serializer[Any]):
    """A value, from which day on it is so, and who says so."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "value": serializers.CharField(read_only=True),
            "day": serializers.DateField(read_only=True, help_text="from which day on it is so"),
            "source": serializers.CharField(read_only=True),
        }


class UnitWithFactsSerializer(UnitSerializer):
    """A unit with the newest value of each fact on the day."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return super().get_fields() | {"facts": serializers.DictField(child=FactSerializer(), read_only=True)}

    def to_representation(self, unit: Unit) -> dict[str, Any]:
        facts = values_on_for_system(unit, self.context["day"])
        shown = {fact.key: {"value": fact.value, "day": fact.day, "source": fact.source} for fact in facts}
        return super().to_representation(unit) | {"facts": shown}


class UnitFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=UnitKind.choices, help_text="only units of this kind")
    parent = django_filters.CharFilter(method="below", help_text="code of the unit directly above")

    def below(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(parent__code=widen(value))


@extend_schema_view(
    list=extend_schema(
        summary="Units that hold on a day",
        parameters=[_DAY],
        examples=[OpenApiExample("a row", _EXAMPLE, response_only=True)],
    ),
    retrieve=extend_schema(
        summary="The unit of a code on a day, with its numbers",
        parameters=[_DAY],
        filters=False,
        responses=UnitWithFactsSerializer,
        examples=[OpenApiExample("a unit", _EXAMPLE | {"facts": _VALUES}, response_only=True)],
    ),
)
class UnitViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[Unit]):
    """The units of the caller's grants and all below them, in the order of the tree."""

    serializer_class = UnitSerializer
    lookup_field = "code"
    lookup_url_kwarg = "pk"
    lookup_value_regex = r"\d{1,15}"
    parameters = ("day",)
    pagination_class = CursorPages
    filterset_class = UnitFilter
    queryset = Unit.objects.none()

    def get_queryset(self) -> QuerySet[Unit]:
        self.day = self._day()
        units = units_list(user=self.request.user, permission=Permission.VIEW_PEOPLE, day=self.day)
        return units.select_related("parent")

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "path", ("path", "id"), False

    def retrieve(self, request: Request, pk: str) -> Response:
        unit = self.get_queryset().filter(code=widen(pk)).first()
        if unit is None:
            raise NotFound(_("There is no such unit."))
        return Response(UnitWithFactsSerializer(unit, context={"day": self.day}).data)

    def _day(self) -> Any:
        typed = self.request.query_params.get("day", "")
        day = day_of(typed) if typed else timezone.localdate()
        if day is None:
            raise ValidationError({"day": [_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}]})
        return day
