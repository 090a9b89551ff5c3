"""What employments, placements and posts share as rows of a file: lists, one row with its state, and acts under the lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import CursorPages, KnownFields, KnownParameters, once, require_state, state_answer, state_of
from core.errors import Refused
from organization.access import after, get_unit_for, require
from organization.models import Permission, Unit, widen
from organization.services import hold_tree
from personnel.api.foresight import foreseen_answer
from personnel.api.values import row_disclosed, unit_of_list
from personnel.rules.disclosure import Sights
from personnel.selectors.appointments import units_touched_for_system
from personnel.selectors.people import person_for
from personnel.selectors.programs import row_again_for_system
from personnel.selectors.restrictions import restricted_for_system
from personnel.selectors.sights import sights_by_place, sights_of
from personnel.services import row_correct, row_withdraw, section_add, section_change
from personnel.services.steps import lock_person, row_person

HOLDING = OpenApiParameter(
    "day", OpenApiTypes.DATE, description="only what holds on this day; without it, everything on record"
)


class EndSerializer(KnownFields):
    """From a day on it no longer holds."""

    day = serializers.DateField(help_text="the first day on which it no longer holds")
    document = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="what it rests on")


class WithdrawalSerializer(KnownFields):
    reason = serializers.CharField(max_length=200, help_text="why it should never have been there")


class UnitFilter(filters.FilterSet):  # type: ignore[misc]
    """What lies in a unit or below; `unit_path` is where a row has the path of its unit."""

    unit = filters.CharFilter(label="code of a unit: what is in it and below", method="in_unit")

    unit_path = "unit_path"

    def in_unit(self, rows: Any, name: str, value: str) -> Any:
        path = unit_of_list(self.request, value).path
        return rows.filter(**{f"{self.unit_path}__gte": path, f"{self.unit_path}__lt": after(path)})


class RowFilter(UnitFilter):
    """What rows of a file can be searched by; everything given must hold."""

    person = filters.NumberFilter(label="number of the person", field_name="person_id", min_value=1)


class RowViewSet(KnownParameters, viewsets.GenericViewSet[Any]):
    """Rows of a file. The row is read again under the lock of its person before anything is written."""

    lookup_value_regex = r"\d{1,18}"
    action_parameters = {"list": ("day",)}
    pagination_class = CursorPages
    serializer_class: type[serializers.Serializer[Any]]
    route = ""
    section = ""  # of the registry

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), False

    def unit_of(self, row: Any) -> Unit:
        raise NotImplementedError

    def _one(self, pk: str) -> Any:
        row = self.get_queryset().filter(pk=int(pk)).first()
        if row is None:
            raise Http404
        return row

    def _list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        found = zip(self.get_serializer(rows, many=True).data, rows, strict=True)
        seen = sights_by_place(user=request.user)
        restricted = restricted_for_system([row_person(row).pk for row in rows])

        def sights(row: Any) -> Sights:
            there = seen(self.unit_of(row).path)
            return there.restricted(listed=True) if row_person(row).pk in restricted else there

        return self.get_paginated_response([row_disclosed(data, self.section, sights(row)) for data, row in found])

    def _shown(self, request: Request, row: Any, code: int = status.HTTP_200_OK) -> Response:
        data = self.serializer_class(row).data
        shown = row_disclosed(data, self.section, sights_of(user=request.user, person=row_person(row)))
        answer = state_answer(request, shown, state_of(data), code)
        if code == status.HTTP_201_CREATED:
            answer["Location"] = f"/api/v1/{self.route}/{row.pk}/"
        return answer

    def _require(self, request: Request, row: Any) -> None:
        """Raise PermissionDenied unless the caller may change the row."""
        require(request.user, Permission.CHANGE_PEOPLE, self.unit_of(row))

    def _asked(self, request: Request, pk: str, body: type[KnownFields]) -> tuple[Any, dict[str, Any]]:
        """The row and the body, after it is known that the caller may see the one and change it."""
        row = self._one(pk)
        self._require(request, row)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)
        return row, asked.validated_data

    def _written(
        self, request: Request, row: Any, write: Callable[[Any], Any], code: int = status.HTTP_200_OK, prefix: str = ""
    ) -> Response:
        """`write` on the row as it is under the lock; the answer is what it returns, or nothing for None."""

        def locked() -> Response:
            hold_tree()
            lock_person(row_person(row))
            found = row_again_for_system(row)
            require_state(request, state_of(self.serializer_class(found).data))
            try:
                written = write(found)
            except Refused as refused:
                names = {n: f"{prefix}{n}" if n not in ("day", "reason", "document") else n for n in refused.fields}
                raise Refused(refused.errors, {names[n]: t for n, t in refused.fields.items()}) from refused
            if written is None:
                return Response(status=status.HTTP_204_NO_CONTENT)
            return self._shown(request, row_again_for_system(written), code)

        return once(request, locked)

    def _foreseen(
        self,
        request: Request,
        row: Any,
        day: date,
        write: Callable[[Any], object],
        *,
        to: Unit | None = None,
        leaves: Unit | None = None,
    ) -> Response:
        """What `write` on a row would make of seats and pay. to: the unit that somebody goes to."""
        return foreseen_answer(
            request,
            person=row_person(row),
            units=units_touched_for_system(row_person(row), row, to),
            day=day,
            leaves=leaves,
            decide=lambda: write(row_again_for_system(row)),
        )

    def _add_foreseen(self, request: Request, body: type[KnownFields]) -> Response:
        """What a new row would make of seats and pay."""
        person, values = self._new(request, body)
        return foreseen_answer(
            request,
            person=person,
            units=units_touched_for_system(person, unit=values.get("unit")),
            day=values.get("start"),
            decide=lambda: section_add(actor=request.user, person=person, section=self.section, values=values),
        )

    def _new(self, request: Request, body: type[KnownFields]) -> tuple[Any, dict[str, Any]]:
        """Whose row it is to be, with its values, after it is known that the caller may see the one and change the unit."""
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        return self._whose(request, values), values

    def _whose(self, request: Request, values: dict[str, Any]) -> Any:
        """The person that the values of a new row name, and who the caller may give it to; the rest stays in them."""
        self._unit(request, values)
        return person_for(user=request.user, person_id=values.pop("person"))

    def _change(self, body: dict[str, Any]) -> Callable[[Any], Any]:
        """The row ends on a day, and one with other values begins."""
        return lambda found: section_change(
            actor=self.request.user,
            row=found,
            day=body["day"],
            values=body["values"],
            document=body.get("document", ""),
        )

    def _added(self, request: Request, body: type[KnownFields]) -> Response:
        person, values = self._new(request, body)

        def write() -> Response:
            row: Any = section_add(actor=request.user, person=person, section=self.section, values=values)
            return self._shown(request, row, status.HTTP_201_CREATED)

        return once(request, write)

    def _corrected(self, request: Request, pk: str, body: type[KnownFields]) -> Response:
        row, asked = self._asked(request, pk, body)
        self._unit(request, asked["values"])
        return self._written(
            request,
            row,
            lambda found: row_correct(
                actor=request.user,
                row=found,
                values=asked["values"],
                reason=asked["reason"],
                document=asked.get("document", ""),
            ),
            prefix="values.",
        )

    def _withdrawn(self, request: Request, pk: str) -> Response:
        row, body = self._asked(request, pk, WithdrawalSerializer)
        return self._written(
            request, row, lambda found: row_withdraw(actor=request.user, row=found, reason=body["reason"])
        )

    def _unit(self, request: Request, values: dict[str, Any]) -> None:
        """A unit that is given by its code, among those in which the caller may change people."""
        if values.get("unit"):
            values["unit"] = get_unit_for(request.user, Permission.CHANGE_PEOPLE, widen(values["unit"]))
