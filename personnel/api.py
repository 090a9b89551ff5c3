"""People for programs: who works where on a day. Identity numbers are not among what is handed out."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from organization.access import may_somewhere
from organization.models import Permission
from personnel.filters import PersonFilter
from personnel.models import Person
from personnel.selectors import people_list


class MayUseInterface(BasePermission):
    """Only those who hold the interface permission somewhere; which rows they see is the selectors' business."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return may_somewhere(request.user, Permission.USE_API)


class PersonSerializer(serializers.ModelSerializer[Person]):
    unit = serializers.CharField(source="unit_code", read_only=True)
    unit_name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)
    entered = serializers.DateField(read_only=True)

    class Meta:
        model = Person
        fields = ("id", "name", "sex", "birth_date", "political_status", "unit", "unit_name", "category", "entered")


@extend_schema_view(
    list=extend_schema(
        parameters=[OpenApiParameter("day", str, description="the day, like 2026-01-31; today without it")]
    )
)
class PersonViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Person]):
    """The people in the units of the caller's grants."""

    serializer_class = PersonSerializer
    filterset_class = PersonFilter
    permission_classes = [MayUseInterface]
    queryset = Person.objects.none()

    def get_queryset(self) -> QuerySet[Person]:
        typed = self.request.query_params.get("day", "")
        try:
            day = parse_date(typed) if typed else timezone.localdate()
        except ValueError:
            day = None
        if day is None:
            raise ValidationError({"day": [f"“{typed}” is no day. Write it like 2026-01-31."]})
        return people_list(user=self.request.user, day=day)
