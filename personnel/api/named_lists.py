"""Named lists for programs, above all the reserves for the posts of a community: who is put on one, and taken off."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, STATE, KnownFields
from organization.access import Scope
from organization.api.actors import actor_of
from personnel.api.rows import HOLDING, EndSerializer, RowViewSet, WithdrawalSerializer
from personnel.api.values import day_of, example_of, row_disclosed, unit_of_list, values_serializer
from personnel.models import NamedListEntry, NamedListKind, Person
from personnel.rules.fields import fields_of
from personnel.selectors.people import belonging_for_system, person_for
from personnel.selectors.programs import named_lists_list
from personnel.selectors.sights import sights_of_people
from personnel.services import section_end
from personnel.services.steps import require_person

_FIELDS = fields_of("named_list")
_CODES = [one.code for one in _FIELDS]

NamedListSerializer = values_serializer(
    "NamedListSerializer",
    "Somebody is on a named list, from a day until (and without) another.",
    _FIELDS,
    NamedListEntry,
    read=True,
    base=serializers.Serializer,
    more={
        "id": serializers.IntegerField(read_only=True),
        "person": serializers.IntegerField(source="person_id", read_only=True),
        "name": serializers.CharField(source="person.name", read_only=True),
    },
)
NewNamedListSerializer = values_serializer(
    "NewNamedListSerializer",
    "Nobody is on a list twice on a day.",
    _FIELDS,
    NamedListEntry,
    required=("kind", "start"),
    more={"person": serializers.IntegerField(min_value=1, help_text="number of the person")},
)
NamedListValuesSerializer = values_serializer(
    "NamedListValuesSerializer", "Values by name; what is left out stays as it is.", _FIELDS, NamedListEntry
)
ChangedNamedListSerializer = values_serializer(
    "ChangedNamedListSerializer",
    "Values by name; what is left out stays as it is. An end takes them off the list.",
    [one for one in _FIELDS if one.attribute not in ("start", "end", "document")],
    NamedListEntry,
)


class NamedListCorrectionSerializer(KnownFields):
    """Values that were wrong in the record."""

    reason = serializers.CharField(max_length=200, help_text="why the record was wrong")
    values = NamedListValuesSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class NamedListChangeSerializer(KnownFields):
    """The entry ends on a day, and one with these values begins."""

    day = serializers.DateField(help_text="the first day on which the new values hold")
    values = ChangedNamedListSerializer()
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class NamedListFilter(filters.FilterSet):  # type: ignore[misc]
    """Filters of the entries of named lists; everything given must hold."""

    person = filters.NumberFilter(label="number of the person", field_name="person_id", min_value=1)
    kind = filters.ChoiceFilter(label="which list", choices=NamedListKind.choices)
    unit = filters.CharFilter(label="code of a unit: whose files are in it and below", method="in_unit")

    class Meta:
        model = NamedListEntry
        fields: tuple[str, ...] = ()

    def in_unit(self, rows: Any, name: str, value: str) -> Any:
        there = belonging_for_system(Scope.of([unit_of_list(self.request, value).path]))
        return rows.filter(person__in=Person.objects.filter(there))


_ONE = example_of(
    NamedListSerializer,
    id=77,
    person=1207,
    name="张三",
    kind="COMMITTEE_RESERVE",
    batch="首批",
    start="2026-03-01",
    document="街〔2026〕6号",
)
_NEW = {
    "person": 1207, "kind": "COMMITTEE_RESERVE", "batch": "首批", "start": "2026-03-01", "document": "街〔2026〕6号",
}  # fmt: skip
_CHANGE = {"day": "2027-03-01", "values": {"batch": "第二批"}}


@extend_schema_view(
    list=extend_schema(
        summary="Entries of named lists",
        parameters=[HOLDING],
        examples=[OpenApiExample("a row", _ONE, response_only=True)],
    )
)
class NamedListViewSet(RowViewSet):
    """Entries of whoever's file is in the units where a role of the caller's sees named lists; writing needs a role that
    writes them."""

    serializer_class = NamedListSerializer
    filterset_class = NamedListFilter
    queryset = NamedListEntry.objects.none()
    route = "named-lists"
    section = "named_list"

    def get_queryset(self) -> QuerySet[NamedListEntry]:
        day = day_of(self.request) if self.action == "list" else None
        return named_lists_list(user=self.request.user, day=day)

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        seen = sights_of_people(user=request.user, people=[row.person_id for row in rows], listed=True)
        found = zip(self.get_serializer(rows, many=True).data, rows, strict=True)
        return self.get_paginated_response(
            [row_disclosed(data, self.section, seen[row.person_id]) for data, row in found]
        )

    @extend_schema(
        summary="One entry of a named list",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: NamedListSerializer, 304: None},
        examples=[OpenApiExample("an entry", _ONE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, self._one(pk))

    @extend_schema(
        summary="Put somebody on a named list",
        request=NewNamedListSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: NamedListSerializer},
        examples=[OpenApiExample("the reserve for the two committees", _NEW, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """They need not be employed."""
        return self._added(request, NewNamedListSerializer)

    @extend_schema(
        summary="Take somebody off a named list",
        request=EndSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: NamedListSerializer},
        examples=[OpenApiExample("on a day", {"day": "2027-03-01"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """The entry stays on record until that day."""
        row, body = self._asked(request, pk, EndSerializer)
        return self._written(
            request,
            row,
            lambda found: section_end(
                actor=request.user, row=found, day=body["day"], document=body.get("document", "")
            ),
        )

    @extend_schema(
        summary="An entry of a named list changes from a day on",
        request=NamedListChangeSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={201: NamedListSerializer},
        examples=[OpenApiExample("another batch", _CHANGE, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """The entry ends on the day and a new one begins, which is the answer."""
        row, body = self._asked(request, pk, NamedListChangeSerializer)
        return self._written(request, row, self._change(body), status.HTTP_201_CREATED, "values.")

    @extend_schema(
        summary="An entry of a named list was wrong in the record",
        request=NamedListCorrectionSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
        responses={200: NamedListSerializer},
        examples=[
            OpenApiExample(
                "a wrong day", {"reason": "the document says 1 March", "values": {"start": "2026-03-01"}}, request_only=True
            )
        ],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str) -> Response:
        """The old row stays in the history, with the reason."""
        return self._corrected(request, pk, NamedListCorrectionSerializer)

    @extend_schema(
        summary="An entry of a named list should never have been there",
        request=WithdrawalSerializer,
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        responses={204: None},
        examples=[OpenApiExample("entered twice", {"reason": "entered twice"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """It goes, and stays in the history with the reason."""
        return self._withdrawn(request, pk)

    def _require(self, request: Request, row: Any) -> None:
        require_person(actor_of(request), row.person, _CODES)

    def _whose(self, request: Request, values: dict[str, Any]) -> Person:
        person = person_for(user=request.user, person_id=values.pop("person"))
        require_person(actor_of(request), person, _CODES)
        return person
