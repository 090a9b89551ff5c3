"""How an act on a recruitment or an applicant is described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from core.api import IDEMPOTENCY_KEY, IF_MATCH, STATE, KnownFields


def act(
    summary: str,
    body: type[KnownFields],
    example: dict[str, Any],
    *,
    shown: type[serializers.Serializer[Any]],
    shown_example: dict[str, Any],
) -> Callable[[Any], Any]:
    """A POST on one thing that rests on the state that was read (If-Match) and answers with the thing."""

    def described(method: Any) -> Any:
        return extend_schema(
            summary=summary,
            request=body,
            parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
            responses={200: shown},
            examples=[
                OpenApiExample("what is sent", example, request_only=True),
                OpenApiExample("the thing as it is then", shown_example, response_only=True),
            ],
        )(action(detail=True, methods=["post"])(method))

    return described
