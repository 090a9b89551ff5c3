"""What programs are shown of plans of seats, each with an example; and what their lists are narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.errors import NotFound
from organization.access import after, get_unit_for
from organization.models import Permission
from staffing.models import IssuerLevel, PlanState, QuotaAllocation, QuotaPlan, SeatFreeze


def _text(text: str = "", **more: Any) -> serializers.CharField:
    return serializers.CharField(read_only=True, help_text=text, **more)


def _number(text: str = "", **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(read_only=True, help_text=text, **more)


def _day(text: str, **more: Any) -> serializers.DateField:
    return serializers.DateField(read_only=True, help_text=text, **more)


class StaffingPlanSerializer(serializers.Serializer[QuotaPlan]):
    """A document approves seats for a unit and all below it, from `start` until (and without) `end`."""

    id = _number()
    unit = _text("code of the unit", source="unit.code")
    unit_name = _text(source="unit.name")
    number = _number("approved seats")
    document = _text("what approves them")
    issuer = _text("who issued the document")
    level = serializers.ChoiceField(choices=IssuerLevel.choices, read_only=True, help_text="of the issuer")
    state = _text(", ".join(PlanState))
    start = _day("the first day in force")
    end = _day("the first day out of force; null until a new plan follows", allow_null=True)


class SeatsSerializer(serializers.Serializer[QuotaAllocation]):
    """The seats of a unit in a plan."""

    id = _number("of the unit's seats in the plan, for /api/v1/seat-shares/")
    unit = _text("code of the unit", source="unit.code")
    unit_name = _text(source="unit.name")
    number = _number("seats")
    shared_from = _text("code of the unit whose seats they were; null for the plan's own", allow_null=True)
    reason = _text("why there are more people than seats")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        fields["shared_from"].source = "parent.unit.code"
        fields["shared_from"].default = None
        return fields


class StaffingPlanDetailSerializer(StaffingPlanSerializer):
    """A plan with the seats of the units on which the caller may look at them."""

    shares = SeatsSerializer(many=True, read_only=True)


class SeatShareSerializer(SeatsSerializer):
    """The seats of a unit in a plan, its own or one of a unit above it."""

    plan = _number("number of the plan, which is shown to whoever may look at the seats of its unit", source="plan_id")
    document = _text("what approves them", source="plan.document")
    state = _text(", ".join(PlanState), source="plan.state")
    start = _day("the first day in force", source="plan.start")
    end = _day("the first day out of force", source="plan.end", allow_null=True)


class BelowSerializer(serializers.Serializer[QuotaAllocation]):
    unit = _text("code of the unit", source="unit.code")
    unit_name = _text(source="unit.name")
    number = _number("seats")


class SeatShareDetailSerializer(SeatShareSerializer):
    """The seats of a unit in a plan, and what the units directly below have of them."""

    below = BelowSerializer(many=True, read_only=True)


class SeatFreezeSerializer(serializers.Serializer[SeatFreeze]):
    """Seats of a unit that nobody may fill from `start` until (and without) `end`."""

    id = _number()
    unit = _text("code of the unit", source="unit.code")
    unit_name = _text(source="unit.name")
    number = _number("seats")
    document = _text("what freezes them")
    reason = _text()
    start = _day("the first day on which they are frozen")
    end = _day("the first day on which they may be filled again; null until it is lifted", allow_null=True)


class SeatFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What lies in a unit or below."""

    unit = django_filters.CharFilter(method="within", help_text="code of a unit: what is in it and below")

    def within(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        try:
            path = get_unit_for(self.request.user, Permission.VIEW_QUOTA, value).path
        except NotFound as error:
            raise ValidationError({"unit": [str(error)]}) from error
        return rows.filter(unit__path__gte=path, unit__path__lt=after(path))


class PlanFilter(SeatFilter):
    state = django_filters.ChoiceFilter(choices=PlanState.choices)

    class Meta:
        model = QuotaPlan
        fields: tuple[str, ...] = ()


class ShareFilter(SeatFilter):
    plan = django_filters.NumberFilter(field_name="plan_id", min_value=1, help_text="number of the plan")

    class Meta:
        model = QuotaAllocation
        fields: tuple[str, ...] = ()


class FreezeFilter(SeatFilter):
    class Meta:
        model = SeatFreeze
        fields: tuple[str, ...] = ()


PLAN = {
    "id": 3, "unit": "340181000000", "unit_name": "巢湖市", "number": 27, "document": "巢编办〔2026〕1号", "issuer": "巢湖市委编办",
    "level": "COUNTY", "state": "OPEN", "start": "2026-01-01", "end": None,
}  # fmt: skip
SEATS = {
    "id": 8, "unit": "340181002000", "unit_name": "中庙街道", "number": 15, "shared_from": "340181000000", "reason": "",
}  # fmt: skip
ROOT = {
    "id": 7, "unit": "340181000000", "unit_name": "巢湖市", "number": 27, "shared_from": None, "reason": "",
}  # fmt: skip
DETAIL = {**PLAN, "shares": [ROOT, SEATS]}
SHARE = {
    **SEATS, "plan": 3, "document": "巢编办〔2026〕1号", "state": "OPEN", "start": "2026-01-01", "end": None,
}  # fmt: skip
SHARED = {**SHARE, "below": [{"unit": "340181002001", "unit_name": "东风社区", "number": 6}]}
FREEZE = {
    "id": 2, "unit": "340181000000", "unit_name": "巢湖市", "number": 2, "document": "巢编办〔2026〕4号", "reason": "机构改革",
    "start": "2026-07-01", "end": None,
}  # fmt: skip
