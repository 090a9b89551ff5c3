"""Why somebody may or may not do something, for programs: what the page says, from the same selector."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import KnownParameters
from core.api.errors import ABOUT_ONE
from organization.models import Permission
from organization.selectors import why
from organization.selectors.above import above
from organization.selectors.why import UNIT


class WhyQuestionSerializer(serializers.Serializer[Any]):
    """Who, what and with which thing."""

    permission = serializers.ChoiceField(choices=Permission.values, help_text="to do what")
    kind = serializers.ChoiceField(choices=[UNIT, *above.subjects], help_text="with what")
    number = serializers.RegexField(
        r"^[0-9]{1,18}$", help_text="the code of a unit; of anything else the number in its address"
    )
    username = serializers.CharField(
        max_length=150, required=False, default="", help_text="a user of the caller's units; the caller without it"
    )


class WhyGroundSerializer(serializers.Serializer[Any]):
    """One role that the user was given, and what it has to do with the question."""

    role = serializers.CharField()
    unit = serializers.CharField()
    path = serializers.CharField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True, help_text="the first day on which it no longer holds")
    code = serializers.CharField(help_text="`allows`, or what it lacks")
    text = serializers.CharField()


class WhySerializer(serializers.Serializer[Any]):
    """Whether the user may, and why. Those of the roles that decide come first."""

    username = serializers.CharField(source="of.username")
    subject = serializers.CharField(source="subject.name")
    state = serializers.CharField(source="subject.state", allow_blank=True)
    permission = serializers.CharField()
    allowed = serializers.BooleanField()
    active = serializers.BooleanField(help_text="false: the user is disabled, whatever the roles say")
    starter = serializers.BooleanField(help_text="true: the user began it, and nobody signs what they began")
    grounds = WhyGroundSerializer(many=True)
    roles = serializers.ListField(child=serializers.CharField(), help_text="those that allow it")
    givers = serializers.ListField(child=serializers.CharField(), help_text="who could give one of them there")


_ANSWER = {
    "username": "liu.yan", "subject": "亚父街道", "state": "", "permission": "seal_pay", "allowed": False, "active": True,
    "starter": False,
    "grounds": [
        {
            "role": "Street clerk", "unit": "亚父街道", "path": "/34/3401/340181/340181002/", "valid_from": "2026-01-01",
            "valid_to": "2027-01-01", "code": "role", "text": "the role is not for this",
        }
    ],
    "roles": ["Finance"],
    "givers": ["李娜"],
}  # fmt: skip


class WhyViewSet(KnownParameters, viewsets.ViewSet):
    """For everybody who is logged in or shows a token; of other users only administrators are told."""

    permission_classes = (IsAuthenticated,)
    parameters = ("permission", "kind", "number", "username")

    @extend_schema(
        summary="Why a user may or may not do something",
        parameters=[WhyQuestionSerializer],
        responses=WhySerializer,
        extensions={ABOUT_ONE: True},
        examples=[OpenApiExample("a clerk who doesn't seal", _ANSWER, response_only=True)],
    )
    def explain(self, request: Request) -> Response:
        """Which role allows it or what each lacks, by the steps that decide it; a token that may do less counts."""
        asked = WhyQuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(WhySerializer(why(user=request.user, **asked.validated_data)).data)
