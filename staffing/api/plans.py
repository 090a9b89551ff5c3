"""Plans of approved seats for programs: entered, corrected and ended by the services of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import (
    IDEMPOTENCY_KEY,
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
from core.errors import Refused
from organization.access import get_unit_for, require
from organization.api.actors import Acting
from organization.models import Permission, Unit, widen
from staffing import selectors, services
from staffing.api.bodies import NewPlanSerializer, PlanEndSerializer, PlanValuesSerializer
from staffing.api.shapes import (
    DETAIL,
    PLAN,
    ROOT,
    PlanFilter,
    SeatsSerializer,
    StaffingPlanDetailSerializer,
    StaffingPlanSerializer,
)
from staffing.models import QuotaPlan
from staffing.services.steps import locked_plan

_VALUES = {
    "number": 27, "document": "巢编办〔2026〕1号", "issuer": "巢湖市委编办", "level": "COUNTY", "start": "2026-01-01",
}  # fmt: skip
_act = partial(act, shown=StaffingPlanDetailSerializer, shown_example=DETAIL)


def shares_of(rows: Sequence[Mapping[str, Any]], below: Sequence[Unit], unit: Unit) -> dict[int, int]:
    """Seats by the number of the unit's row. Raises ValidationError for a unit that isn't below, or is there twice."""
    known = {one.code: one.pk for one in below}
    found: dict[int, int] = {}
    faults = []
    for row in rows:
        key = known.get(widen(row["unit"]))
        words = {"code": row["unit"], "unit": unit.name}
        if key is None:
            faults.append(_("%(code)s is no unit directly below %(unit)s on this day.") % words)
        elif key in found:
            faults.append(_("%(code)s is there twice. Give each unit below %(unit)s one number.") % words)
        else:
            found[key] = row["number"]
    if faults:
        raise ValidationError({"shares": faults})
    return found


@contextmanager
def said_of_shares() -> Iterator[None]:
    """What a service says of the share of a unit is said of `shares`: programs know no numbers of rows."""
    try:
        yield
    except Refused as refused:
        fields: dict[str, list[str]] = {}
        for name, texts in refused.fields.items():
            fields.setdefault("shares" if name.startswith("share_") else name, []).extend(texts)
        raise Refused(refused.errors, fields) from refused


@extend_schema_view(
    list=extend_schema(
        summary="Plans of approved seats, the newest first",
        examples=[OpenApiExample("a row", PLAN, response_only=True)],
    ),
)
class PlanViewSet(Acting, KnownParameters, viewsets.GenericViewSet[QuotaPlan]):
    """Plans of the units on which the caller may look at seats; what other plans give a unit, /seat-shares/ has."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    filterset_class = PlanFilter
    serializer_class: Any = StaffingPlanSerializer
    queryset = QuotaPlan.objects.none()

    def get_queryset(self) -> QuerySet[QuotaPlan]:
        return selectors.plans_list(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), True

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(StaffingPlanSerializer(rows, many=True).data)

    @extend_schema(
        summary="One plan with the seats of units",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: StaffingPlanDetailSerializer, 304: None},
        examples=[OpenApiExample("a plan", DETAIL, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(request, selectors.plan_for(user=request.user, number=int(pk)))

    @extend_schema(
        summary="Enter a plan",
        request=NewPlanSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: StaffingPlanDetailSerializer},
        examples=[
            OpenApiExample("a number by a document", {"unit": "340181", **_VALUES}, request_only=True),
            OpenApiExample("the plan", {**PLAN, "shares": [ROOT]}, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """A new number of a unit is a new plan; the one before is ended first."""
        asked = NewPlanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit = get_unit_for(request.user, Permission.VIEW_QUOTA, values.pop("unit"))
        require(request.user, Permission.CHANGE_QUOTA, unit)
        rows = values.pop("shares", [])

        def write() -> Response:
            below = selectors.units_to_share_for_system(unit, values["start"], timezone.localdate()) if rows else []
            with said_of_shares():
                plan = services.plan_enter(
                    actor=self.actor, unit=unit, shares=shares_of(rows, below, unit) or None, **values
                )
            answer = self._shown(request, plan, status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/staffing-plans/{plan.pk}/"
            return answer

        return once(request, write)

    @_act("Correct a plan", PlanValuesSerializer, _VALUES)
    def correct(self, request: Request, pk: str) -> Response:
        """What was entered wrongly is put right: its values are these. A new decision is another plan."""
        return self._done(request, pk, PlanValuesSerializer, services.plan_change)

    @act(
        "End a plan", PlanEndSerializer, {"end": "2027-01-01"}, shown=StaffingPlanDetailSerializer,
        shown_example={**DETAIL, "state": "CLOSED", "end": "2027-01-01"},
    )  # fmt: skip
    def close(self, request: Request, pk: str) -> Response:
        """An ended plan stays as it is."""
        return self._done(request, pk, PlanEndSerializer, services.plan_close)

    def _done(self, request: Request, pk: str, body: type[KnownFields], service: Callable[..., QuotaPlan]) -> Response:
        """An act on a plan of a unit whose seats the caller may change, under its lock."""
        found = selectors.plan_for(user=request.user, number=int(pk))
        require(request.user, Permission.CHANGE_QUOTA, found.unit)
        asked = body(data=request.data)
        asked.is_valid(raise_exception=True)

        def write() -> Response:
            plan = locked_plan(found)
            require_state(request, state_of(self._data(plan)))
            return self._shown(request, service(actor=self.actor, plan=plan, **asked.validated_data))

        return once(request, write)

    def _data(self, plan: QuotaPlan) -> dict[str, Any]:
        rows = list(selectors.allocations_of_plan(user=self.request.user, plan=plan))
        plan.number = next(row.number for row in rows if row.parent_id is None)  # type: ignore[attr-defined]
        return {**StaffingPlanSerializer(plan).data, "shares": SeatsSerializer(rows, many=True).data}

    def _shown(self, request: Request, plan: QuotaPlan, code: int = status.HTTP_200_OK) -> Response:
        data = self._data(plan)
        return state_answer(request, data, state_of(data), code)
