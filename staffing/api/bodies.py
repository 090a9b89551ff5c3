"""What programs send to plans of seats: parsed and field-checked, nothing decided."""

from __future__ import annotations

from rest_framework import serializers

from core.api import KnownFields
from staffing.models import IssuerLevel
from staffing.services.plans import MOST


def _seats(text: str, least: int = 0, **options: bool) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=MOST, help_text=text, **options)


class ShareRowSerializer(KnownFields):
    """Seats of a unit directly below."""

    unit = serializers.CharField(max_length=15, help_text="code of a unit directly below")
    number = _seats("seats")


class SharesSerializer(KnownFields):
    """Shares and what is kept add up to the seats."""

    shares = ShareRowSerializer(many=True, allow_empty=False, max_length=2_000)  # type: ignore[call-arg]
    kept = _seats("seats that are not shared out", required=False)


class PlanValuesSerializer(KnownFields):
    """What a document says of a unit's seats, all of it."""

    number = _seats("approved seats")
    document = serializers.CharField(max_length=100, help_text="what approves them")
    issuer = serializers.CharField(max_length=100, help_text="who issued the document")
    level = serializers.ChoiceField(choices=IssuerLevel.choices, help_text="of the issuer")
    start = serializers.DateField(help_text="the first day in force")


class NewPlanSerializer(PlanValuesSerializer):
    """A plan and, if wanted, how it is shared out."""

    unit = serializers.CharField(max_length=15, help_text="code of the unit")
    end = serializers.DateField(required=False, help_text="the first day out of force; none until a new plan follows")
    shares = ShareRowSerializer(many=True, required=False, max_length=2_000)  # type: ignore[call-arg]
    kept = _seats("seats that are not shared out, where some are", required=False)


class PlanEndSerializer(KnownFields):
    end = serializers.DateField(help_text="the first day out of force; its own first day: it never held")


class OverReasonSerializer(KnownFields):
    reason = serializers.CharField(
        max_length=200, allow_blank=True, help_text="why there are more people than seats; empty takes it away"
    )


class NewFreezeSerializer(KnownFields):
    """Seats that nobody may fill for a time."""

    unit = serializers.CharField(max_length=15, help_text="code of the unit")
    number = _seats("seats", 1)
    document = serializers.CharField(max_length=100, help_text="what freezes them")
    start = serializers.DateField(help_text="the first day on which they are frozen")
    end = serializers.DateField(
        required=False, help_text="the first day on which they may be filled again; none until it is lifted"
    )
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class LiftSerializer(KnownFields):
    end = serializers.DateField(
        help_text="the first day on which they may be filled again; its own first day: it never held"
    )
