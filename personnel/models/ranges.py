"""Half-open ranges of days, as the database checks them and as queries ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import DateRange


def range_check(name: str, start: str = "start", end: str = "end") -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)}),
        name=name,
        violation_error_message=_("The end lies before the start."),
    )


def one_at_a_time(name: str, by: Sequence[str], message: Any, condition: Q | None = None) -> ExclusionConstraint:
    """No two rows that agree in `by` hold on the same day."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((F(field), RangeOperators.EQUAL) for field in by),
            (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
        ],
        condition=condition,
        violation_error_message=message,
    )


def holding(day: date, prefix: str = "") -> Q:
    """What holds on a day: rows whose range [start, end) has it; without an end they go on.

    prefix: the way to the row, like "tenures__".
    """
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day}))
