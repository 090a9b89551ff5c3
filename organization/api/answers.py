"""What units are answered with: their values, their state, and what a body names."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import KnownFields, state_answer, state_of
from organization.api.bodies import UnitWithFactsSerializer
from organization.models import Unit, UnitFact, widen
from organization.selectors.pages import facts_for_system


def body_of(serializer: type[KnownFields], request: Request) -> dict[str, Any]:
    """The values of a request. Raises ValidationError."""
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def child_number(unit: Unit, below: dict[str, int], code: str) -> int:
    """The number of a unit that is named by its code among those below. Raises ValidationError."""
    number = below.get(widen(code))
    if number is None:
        text = _("%(code)s is no unit directly below %(unit)s on this day.")
        raise ValidationError({"parts": [text % {"code": code, "unit": unit.name}]})
    return number


def data_of(unit: Unit, day: date | None = None) -> tuple[dict[str, Any], str, list[UnitFact]]:
    """A unit as it is answered, its ETag (of the unit and of everything that is entered about it), and the latter."""
    facts = facts_for_system(unit)
    data = UnitWithFactsSerializer(unit, context={"day": day or timezone.localdate(), "facts": facts}).data
    series = [[one.key, one.day, one.value, one.source] for one in facts]
    return data, state_of([data, series]), facts


def unit_state_of(unit: Unit) -> str:
    """The ETag of a unit as it is today."""
    return data_of(unit)[1]


def unit_shown(request: Request, unit: Unit, code: int = status.HTTP_200_OK, *, day: date | None = None) -> Response:
    """A unit as of a day (today) with its ETag; of a write also where it is found from now on."""
    data, etag, _facts = data_of(unit, day)
    answer = state_answer(request, data, etag, code)
    if request.method == "POST":
        answer["Location"] = f"/api/v1/units/{unit.code}/"
    return answer
