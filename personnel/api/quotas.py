"""Approved seats and who fills them, for programs: the figures of the page."""

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
from organization.access import scope_for
from organization.models import Permission, Unit, UnitKind, widen
from organization.rules.loading import day_of
from personnel.selectors.headcount import Filled, filled_for_system, filled_units

_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")
_EXAMPLE = {
    "unit": "232762000000", "name": "松岭区", "kind": "COUNTY", "approved": 27, "shared": 0, "frozen": 0, "occupied": 39, "vacant": 0,
    "over": 12, "reason": "", "document": "SL-04", "from": "2022-01-01", "until": None,
}  # fmt: skip


class QuotaSerializer(serializers.Serializer[Any]):
    """Seats and people of a unit with all below it, on a day; nulls where no document approves seats."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        def number(text: str, **kwargs: Any) -> serializers.IntegerField:
            return serializers.IntegerField(read_only=True, help_text=text, **kwargs)

        return {
            "unit": serializers.CharField(read_only=True, help_text="code of the unit"),
            "name": serializers.CharField(read_only=True),
            "kind": serializers.ChoiceField(choices=UnitKind.choices, read_only=True),
            "approved": number("approved seats", allow_null=True),
            "shared": number("how many of them are shared out below", allow_null=True),
            "frozen": number("how many of them, here or below, nobody may fill", allow_null=True),
            "occupied": number("people who fill a seat"),
            "vacant": number("seats without people", allow_null=True),
            "over": number("people beyond the seats", allow_null=True),
            "reason": serializers.CharField(read_only=True, help_text="why there are more people than seats"),
            "document": serializers.CharField(allow_null=True, read_only=True, help_text="what approves the seats"),
            "from": serializers.DateField(allow_null=True, read_only=True, help_text="the first day of the approval"),
            "until": serializers.DateField(
                allow_null=True, read_only=True, help_text="the first day on which it no longer holds"
            ),
        }

    def to_representation(self, row: Filled) -> dict[str, Any]:
        approved = row.approved
        plan = approved.plan if approved is not None else None
        return {
            "unit": row.unit.code,
            "name": row.unit.name,
            "kind": row.unit.kind,
            "approved": approved.number if approved is not None else None,
            "shared": approved.shared if approved is not None else None,
            "frozen": approved.frozen if approved is not None else None,
            "occupied": row.occupied,
            "vacant": row.vacant,
            "over": row.over,
            "reason": approved.reason if approved is not None else "",
            "document": plan.document if plan is not None else None,
            "from": plan.start.isoformat() if plan is not None else None,
            "until": plan.end.isoformat() if plan is not None and plan.end is not None else None,
        }


class QuotaFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=UnitKind.choices, help_text="only units of this kind")
    parent = django_filters.CharFilter(method="below", help_text="code of the unit directly above")
    unit = django_filters.CharFilter(method="named", help_text="code of the unit")

    def below(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(parent__code=widen(value))

    def named(self, queryset: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        return queryset.filter(code=widen(value))


@extend_schema_view(
    list=extend_schema(
        summary="Approved seats of units and who fills them, on a day",
        parameters=[_DAY],
        examples=[OpenApiExample("a row", _EXAMPLE, response_only=True)],
    ),
)
class QuotaViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[Unit]):
    """The units of the caller's grants and all below them, in the order of the tree."""

    serializer_class = QuotaSerializer
    parameters = ("day",)
    pagination_class = CursorPages
    filterset_class = QuotaFilter
    queryset = Unit.objects.none()

    def get_queryset(self) -> QuerySet[Unit]:
        return filled_units(user=self.request.user, day=self._day())

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "path", ("path", "id"), False

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        units = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        rows = filled_for_system(
            list(units),
            self._day(),
            people=scope_for(request.user, Permission.VIEW_PEOPLE),
            seats=scope_for(request.user, Permission.VIEW_QUOTA),
        )
        return self.get_paginated_response(QuotaSerializer(rows, many=True).data)

    def _day(self) -> Any:
        typed = self.request.query_params.get("day", "")
        day = day_of(typed) if typed else timezone.localdate()
        if day is None:
            raise ValidationError({"day": [_("“%(typed)s” is no day. Write it like 2026-01-31.") % {"typed": typed}]})
        return day
