"""What a decision would make of seats and pay, for programs: each act that decides about somebody has a twin that takes
the same body, tries it out and undoes it (docs/decisions/0058-decisions-are-tried-out.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import KnownFields, MonthField
from organization.api.actors import actor_of
from organization.models import Unit
from personnel.models import Person
from personnel.services.foresight import Foreseen, foreseen


def _money(text: str, **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(read_only=True, allow_null=True, help_text=f"{text}, in fen", **more)


def _why(text: str, **more: Any) -> serializers.CharField:
    return serializers.CharField(read_only=True, help_text=text, **more)


class ForeseenSeatsSerializer(serializers.Serializer[Any]):
    """The approved seats of a unit."""

    unit = serializers.CharField(source="unit.code", read_only=True, help_text="code of the unit")
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    approved = serializers.IntegerField(read_only=True)
    before = serializers.IntegerField(source="now", read_only=True, help_text="people who fill them")
    after = serializers.IntegerField(read_only=True, help_text="people who would fill them")
    vacant = serializers.IntegerField(read_only=True, help_text="after")
    over = serializers.IntegerField(read_only=True, help_text="people beyond the seats, after")


class ForeseenPaySerializer(serializers.Serializer[Any]):
    """The pay of a year of a person; null with the reason where it can't be said."""

    before = _money("before")
    after = _money("after")
    difference = _money("after less before")
    why_before = _why("why it can't be said before")
    why_after = _why("why it can't be said after")


class ForeseenUnitPaySerializer(serializers.Serializer[Any]):
    """The pay of a year of everybody in a unit whose pay the caller may look at."""

    unit = serializers.CharField(source="unit.code", read_only=True, help_text="code of the unit")
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    before = _money("before", source="line.before")
    after = _money("after", source="line.after")
    difference = _money("after less before", source="line.difference")
    why_before = _why("why it can't be said before", source="line.why_before")
    why_after = _why("why it can't be said after", source="line.why_after")
    missing = serializers.IntegerField(
        source="line.missing", read_only=True, help_text="people who can't be reckoned and are in neither total"
    )


class ForeseenLastPaySerializer(serializers.Serializer[Any]):
    """The last slip of whoever leaves."""

    month = MonthField(read_only=True)
    first = serializers.DateField(read_only=True, allow_null=True, help_text="its first day")
    end = serializers.DateField(read_only=True, allow_null=True, help_text="the first day that it no longer pays")
    gross = _money("gross")
    why = _why("why it can't be said")


class ForeseenSerializer(serializers.Serializer[Foreseen]):
    """What a decision would make of seats and pay. Nothing of it is on record."""

    day = serializers.DateField(read_only=True, help_text="as of which it was tried out")
    refused = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="why it would not be taken, in the words of the act; nothing else is known then",
    )
    seats = ForeseenSeatsSerializer(
        many=True, read_only=True, help_text="of units with approved seats, the highest first"
    )
    person = ForeseenPaySerializer(source="own", read_only=True, allow_null=True)
    units = ForeseenUnitPaySerializer(many=True, read_only=True)
    last_pay = ForeseenLastPaySerializer(
        source="last",
        read_only=True,
        allow_null=True,
        help_text="of whoever leaves a unit whose pay the caller may look at",
    )

    def to_representation(self, instance: Foreseen) -> dict[str, Any]:
        found: dict[str, Any] = super().to_representation(instance)
        return found | {"seats": []} if instance.refused else found


EXAMPLE = {
    "day": "2026-10-01", "refused": [],
    "seats": [
        {"unit": "340181002001", "unit_name": "东风社区", "approved": 8, "before": 8, "after": 7, "vacant": 1, "over": 0}
    ],
    "person": {"before": 4368000, "after": 0, "difference": -4368000, "why_before": "", "why_after": ""},
    "units": [
        {
            "unit": "340181002001", "unit_name": "东风社区", "before": 34944000, "after": 30576000,
            "difference": -4368000, "why_before": "", "why_after": "", "missing": 0,
        }
    ],
    "last_pay": {"month": "2026-10", "first": None, "end": None, "gross": 0, "why": ""},
}  # fmt: skip


def foresees(
    act: str, body: type[KnownFields], example: dict[str, Any], *, detail: bool = True, **route: Any
) -> Callable[[Any], Any]:
    """The twin of an act: a POST that takes its body and writes nothing, so it rests on no state and has no key."""

    def described(method: Any) -> Any:
        return extend_schema(
            summary=f"See what it would make of seats and pay: {act}",
            request=body,
            filters=False,
            responses={200: ForeseenSerializer},
            examples=[
                OpenApiExample("the body of the act", example, request_only=True),
                OpenApiExample("what it would make", EXAMPLE, response_only=True),
            ],
        )(action(detail=detail, methods=["post"], pagination_class=None, **route)(method))

    return described


def foreseen_answer(
    request: Request,
    *,
    person: Person | None,
    units: Iterable[Unit | None],
    day: date | None,
    decide: Callable[[], object],
    leaves: Unit | None = None,
) -> Response:
    """`foreseen` of the act that `decide` is, by whoever asks; day: today without one."""
    with transaction.atomic():
        found = foreseen(
            actor=actor_of(request), person=person, units=units, day=day or timezone.localdate(), decide=decide,
            leaves=leaves,
        )  # fmt: skip
    return foreseen_shown(found)


def foreseen_shown(found: Foreseen) -> Response:
    return Response(ForeseenSerializer(found).data)
