"""Seats that nobody may fill for a time, for programs: frozen and lifted by the services of the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    STATE,
    CursorPages,
    KnownParameters,
    once,
    require_state,
    state_answer,
    state_of,
)
from core.api.acts import act
from organization.access import get_unit_for, require
from organization.api.actors import Acting
from organization.models import Permission
from staffing import selectors, services
from staffing.api.bodies import LiftSerializer, NewFreezeSerializer
from staffing.api.shapes import FREEZE, FreezeFilter, SeatFreezeSerializer
from staffing.models import SeatFreeze
from staffing.services.steps import locked_freeze


@extend_schema_view(
    list=extend_schema(
        summary="Freezes of seats, the newest first", examples=[OpenApiExample("a row", FREEZE, response_only=True)]
    ),
)
class FreezeViewSet(Acting, KnownParameters, viewsets.GenericViewSet[SeatFreeze]):
    """Freezes, also past ones, of the units on which the caller may look at seats."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    filterset_class = FreezeFilter
    serializer_class: Any = SeatFreezeSerializer
    queryset = SeatFreeze.objects.none()

    def get_queryset(self) -> QuerySet[SeatFreeze]:
        return selectors.freezes_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), True

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(SeatFreezeSerializer(rows, many=True).data)

    @extend_schema(
        summary="One freeze of seats",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: SeatFreezeSerializer, 304: None},
        examples=[OpenApiExample("a freeze", FREEZE, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.freeze_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Freeze seats of a unit",
        request=NewFreezeSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: SeatFreezeSerializer},
        examples=[
            OpenApiExample(
                "until it is lifted",
                {"unit": "340181", "number": 2, "document": "巢编办〔2026〕4号", "start": "2026-07-01", "reason": "机构改革"},
                request_only=True,
            ),
            OpenApiExample("the freeze", FREEZE, response_only=True),
        ],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Whoever fills one of them stays; nobody follows when they leave."""
        asked = NewFreezeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit = get_unit_for(request.user, Permission.VIEW_QUOTA, values.pop("unit"))
        require(request.user, Permission.CHANGE_QUOTA, unit)

        def write() -> Response:
            freeze = services.seats_freeze(actor=self.actor, unit=unit, **values)
            answer = self._shown(request, freeze, status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/seat-freezes/{freeze.pk}/"
            return answer

        return once(request, write)

    @act(
        "Lift a freeze", LiftSerializer, {"end": "2026-10-01"}, shown=SeatFreezeSerializer,
        shown_example={**FREEZE, "end": "2026-10-01"},
    )  # fmt: skip
    def lift(self, request: Request, pk: str) -> Response:
        """The seats may be filled again from a day on."""
        found = selectors.freeze_for(user=request.user, number=int(pk))
        require(request.user, Permission.CHANGE_QUOTA, found.unit)
        asked = LiftSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def write() -> Response:
            freeze = locked_freeze(found)
            require_state(request, state_of(SeatFreezeSerializer(freeze).data))
            return self._shown(
                request, services.freeze_lift(actor=self.actor, freeze=freeze, end=asked.validated_data["end"])
            )

        return once(request, write)

    def _shown(self, request: Request, freeze: SeatFreeze, code: int = status.HTTP_200_OK) -> Response:
        data = SeatFreezeSerializer(freeze).data
        return state_answer(request, data, state_of(data), code)
