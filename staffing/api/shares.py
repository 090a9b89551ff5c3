"""The seats of units in plans, for programs: shared out below, and explained where there are more people than seats."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    IF_NONE_MATCH,
    STATE,
    CursorPages,
    KnownFields,
    KnownParameters,
    once,
    require_state,
    state_answer,
    state_of,
)
from core.api.acts import act
from organization.access import require
from organization.api.actors import Acting
from organization.models import Permission
from staffing import selectors, services
from staffing.api.bodies import OverReasonSerializer, SharesSerializer
from staffing.api.plans import said_of_shares, shares_of
from staffing.api.shapes import SHARE, SHARED, SeatShareDetailSerializer, SeatShareSerializer, ShareFilter
from staffing.models import QuotaAllocation
from staffing.services.steps import locked_allocation

_act = partial(act, shown=SeatShareDetailSerializer, shown_example=SHARED)


@extend_schema_view(
    list=extend_schema(
        summary="Seats of units in plans, the newest first",
        examples=[OpenApiExample("a row", SHARE, response_only=True)],
    ),
)
class ShareViewSet(Acting, KnownParameters, viewsets.GenericViewSet[QuotaAllocation]):
    """Seats of the units on which the caller may look at them, by their own plans and by those of units above them."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    filterset_class = ShareFilter
    serializer_class: Any = SeatShareSerializer
    queryset = QuotaAllocation.objects.none()

    def get_queryset(self) -> QuerySet[QuotaAllocation]:
        return selectors.allocations_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), True

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(SeatShareSerializer(rows, many=True).data)

    @extend_schema(
        summary="The seats of a unit in a plan, and below it",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: SeatShareDetailSerializer, 304: None},
        examples=[OpenApiExample("seats", SHARED, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.allocation_for(user=request.user, number=int(pk)))

    @_act("Share seats out", SharesSerializer, {"shares": [{"unit": "340181002001", "number": 6}], "kept": 9})
    def allocate(self, request: Request, pk: str) -> Response:
        """Among all units directly below at once: whoever is left out has none. It takes the place of what was shared."""

        def work(seats: QuotaAllocation, body: dict[str, Any]) -> None:
            below = selectors.units_to_share_for_system(seats.unit, seats.plan.start)
            with said_of_shares():
                services.allocate(
                    actor=self.actor,
                    allocation=seats,
                    shares=shares_of(body["shares"], below, seats.unit),
                    kept=body.get("kept", 0),
                )

        return self._done(request, pk, SharesSerializer, work)

    @_act("Say why there are more people than seats", OverReasonSerializer, {"reason": "军转安置"})
    def explain(self, request: Request, pk: str) -> Response:
        """It is shown beside the figures."""

        def work(seats: QuotaAllocation, body: dict[str, Any]) -> None:
            services.over_explain(actor=self.actor, allocation=seats, **body)

        return self._done(request, pk, OverReasonSerializer, work)

    def _done(
        self,
        request: Request,
        pk: str,
        body: type[KnownFields],
        work: Callable[[QuotaAllocation, dict[str, Any]], None],
    ) -> Response:
        """An act on seats of a unit on which the caller may change them, under the lock of the plan."""
        found = selectors.allocation_for(user=request.user, number=int(pk))
        require(request.user, Permission.CHANGE_QUOTA, found.unit)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def write() -> Response:
            seats = locked_allocation(found)
            require_state(request, state_of(self._data(seats)))
            work(seats, dict(asked.validated_data))
            return self._shown(request, selectors.allocation_for(user=request.user, number=int(pk)))

        return once(request, write)

    def _data(self, seats: QuotaAllocation) -> dict[str, Any]:
        seats.below = selectors.allocations_below(user=self.request.user, allocation=seats)  # type: ignore[attr-defined]
        return dict(SeatShareDetailSerializer(seats).data)

    def _shown(self, request: Request, seats: QuotaAllocation) -> Response:
        data = self._data(seats)
        return state_answer(request, data, state_of(data))
