"""Cases for programs, with what only the file can do: opening one about somebody, and the order that changes the post."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import api
from approvals.models import Case, CaseAct, CaseStep
from core.api import IDEMPOTENCY_KEY, STATE, KnownFields, once
from organization.access import get_unit_for
from organization.models import Permission, widen
from personnel.models import PostTitle
from personnel.selectors.people import person_for
from personnel.services import appointment_carry_out, appointment_open


class NewCaseSerializer(KnownFields):
    """Somebody is to get a post, or to lose it."""

    person = serializers.IntegerField(min_value=1, max_value=api.BIGGEST, help_text="number of the person")
    unit = serializers.CharField(max_length=12, help_text="code of the unit")
    act = serializers.ChoiceField(choices=(CaseAct.APPOINT, CaseAct.REMOVE))
    post = serializers.ChoiceField(choices=PostTitle.choices)
    reason = serializers.CharField(max_length=500)
    planned = serializers.DateField(required=False, allow_null=True, help_text="from when the post should change")


class CaseViewSet(api.CaseViewSet):
    """Cases of the units in which the caller may look at them. An act rests on the state of the case (If-Match)."""

    @extend_schema(
        summary="Open a case about a person and a post",
        request=NewCaseSerializer,
        parameters=[IDEMPOTENCY_KEY, STATE],
        responses={201: api.CaseDetailSerializer},
        examples=[
            OpenApiExample(
                "a secretary",
                {
                    "person": 1207, "unit": "340181002001", "act": "APPOINT", "post": "PARTY_SECRETARY",
                    "reason": "原书记退休",
                },
                request_only=True,
            ),
            OpenApiExample("the case", api.DETAIL, response_only=True),
        ],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """The rules of the unit must ask for one; without, the post is entered on the person's file."""
        asked = NewCaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        unit = get_unit_for(request.user, Permission.TAKE_STREET_STEPS, widen(values.pop("unit")))
        person = person_for(user=request.user, person_id=values.pop("person"))

        def write() -> Response:
            case = appointment_open(actor=self.actor, person=person, unit=unit, **values)
            answer = self.shown(request, self.one(str(case.pk)), status.HTTP_201_CREATED)
            answer["Location"] = f"/api/v1/cases/{case.pk}/"
            return answer

        return once(request, write)

    @api.writes(
        "Take the last step: the order is there, and the post changes", api.StepSerializer,
        {"values": {"order_number": "亚党〔2026〕31号", "effective_date": "2026-12-01"}},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def order(self, request: Request, pk: str) -> Response:
        """The case is closed and the posts change in one transaction."""

        def work(case: Case, step: CaseStep, body: dict[str, Any]) -> None:
            values, note = body.get("values", {}), body.get("note", "")
            appointment_carry_out(actor=self.actor, case=case, step=step.pk, values=values, note=note)

        return self.act(request, pk, api.StepSerializer, work)
