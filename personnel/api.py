"""People for programs: who works where on a day. Identity numbers are not among what is handed out."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError

from core.api import KnownParameters
from personnel.filters import PersonFilter
from personnel.models import Person
from personnel.selectors import people_list


class PersonSerializer(serializers.ModelSerializer[Person]):
    unit = serializers.CharField(source="unit_code", read_only=True)
    unit_name = serializers.CharField(read_only=True)
    category = serializers.CharField(read_only=True)
    entered = serializers.DateField(read_only=True)

    class Meta:
        model = Person
        fields = ("id", "name", "sex", "birth_date", "political_status", "unit", "unit_name", "category", "entered")


_DAY = OpenApiParameter("day", OpenApiTypes.DATE, description="the day, like 2026-01-31; today without it")


@extend_schema_view(
    list=extend_schema(summary="People who work on a day", parameters=[_DAY]),
    retrieve=extend_schema(summary="One person, as on a day", parameters=[_DAY], filters=False),
)
class PersonViewSet(KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Person]):
    """The people in the units of the caller's grants."""

    serializer_class = PersonSerializer
    lookup_value_regex = r"\d+"
    parameters = ("day",)
    filterset_class = PersonFilter
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
