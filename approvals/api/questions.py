"""What departments are asked in joint reviews, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.shapes import AnswerSerializer, QuestionSerializer
from approvals.models import Opinion
from approvals.selectors import question_for, questions_for
from approvals.services import opinion_give
from approvals.services.cases import case_lock
from core.api import (
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
from organization.api.actors import Acting

_QUESTION = {
    "id": 77, "department": "POLICE", "act": "APPOINT", "post": "PARTY_SECRETARY", "unit": "340181002001",
    "unit_name": "东风社区", "person": "陈明", "summary": {"name": "陈明", "sex": "女"}, "open": True, "answer": "",
    "reason": "",
}  # fmt: skip


@extend_schema_view(
    list=extend_schema(
        summary="Questions to the caller's department that wait for an answer, the oldest first",
        examples=[OpenApiExample("a row", _QUESTION, response_only=True)],
    ),
)
class QuestionViewSet(Acting, KnownParameters, viewsets.GenericViewSet[Opinion]):
    """What departments are asked in joint reviews, for whoever answers for one."""

    lookup_value_regex = r"\d{1,18}"
    pagination_class = CursorPages
    serializer_class = QuestionSerializer
    queryset = Opinion.objects.none()

    def get_queryset(self) -> QuerySet[Opinion]:
        return questions_for(user=self.request.user)

    def cursor_order(self, request: Request) -> tuple[str, tuple[str, ...], bool]:
        return "", ("id",), False

    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([self._data(row) for row in rows])

    @extend_schema(
        summary="One question",
        parameters=[IF_NONE_MATCH, STATE],
        responses={200: QuestionSerializer, 304: None},
        examples=[OpenApiExample("a question", _QUESTION, response_only=True)],
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        data = self._data(question_for(user=request.user, number=int(pk)))
        return state_answer(request, data, state_of(data))

    @act(
        "Answer a question, once", AnswerSerializer, {"answer": "OBJECTION", "reason": "有未结案件"},
        shown=QuestionSerializer, shown_example={**_QUESTION, "open": False, "answer": "NO_OBJECTION"},
        names=("an objection", "the question"),
    )  # fmt: skip
    def answer(self, request: Request, pk: str) -> Response:
        """With the last answer the case goes on by itself, if none holds it up."""
        found = question_for(user=request.user, number=int(pk))
        asked = AnswerSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        actor = self.actor

        def write() -> Response:
            case_lock(found.step.case)
            again = question_for(user=actor, number=int(pk))
            require_state(request, state_of(self._data(again)))
            opinion_give(actor=actor, opinion=again, **asked.validated_data)
            data = self._data(question_for(user=actor, number=int(pk)))
            return state_answer(request, data, state_of(data))

        return once(request, write)

    def _data(self, one: Opinion) -> dict[str, Any]:
        case = one.step.case
        found: dict[str, Any] = QuestionSerializer(
            {
                "id": one.pk, "department": one.department, "act": case.act, "post": case.post, "unit": case.unit.code,
                "unit_name": case.unit.name, "person": case.subject_name, "summary": case.summary, "open": one.waits,
                "answer": one.answer, "reason": one.reason,
            }
        ).data  # fmt: skip
        return found
