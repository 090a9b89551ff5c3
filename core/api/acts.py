"""How an act on a thing is described, and what acts share. Imported from here: it needs the views, and they need core.api."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from core.api.fields import KnownFields
from core.api.states import IDEMPOTENCY_KEY, IF_MATCH, STATE


class EmptySerializer(KnownFields):
    """Nothing has to be said."""


def act(
    summary: str,
    body: type[KnownFields],
    example: dict[str, Any],
    *,
    shown: type[serializers.Serializer[Any]],
    shown_example: dict[str, Any],
    names: tuple[str, str] = ("what is sent", "the thing as it is then"),
    many: bool = False,
    **route: Any,
) -> Callable[[Any], Any]:
    """A POST on one thing that rests on the state that was read (If-Match), can be sent again (Idempotency-Key), and
    answers with the thing, or with a list of it (many).

    names: of the two examples. route: of the action, such as url_path. Which errors it may answer, `describe_refusals`
    reads off these headers.
    """
    if many:
        route["pagination_class"] = None

    def described(method: Any) -> Any:
        return extend_schema(
            summary=summary,
            request=body,
            parameters=[IF_MATCH, IDEMPOTENCY_KEY, STATE],
            filters=False,
            responses={200: shown(many=True) if many else shown},
            examples=[
                OpenApiExample(names[0], example, request_only=True),
                OpenApiExample(names[1], [shown_example] if many else shown_example, response_only=True),
            ],
        )(action(detail=True, methods=["post"], **route)(method))

    return described
