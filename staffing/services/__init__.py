"""Writes of approved seats, and the guard in front of whoever takes one. `actor=None` is the system itself."""

from staffing.services.freezes import freeze_lift, seats_freeze
from staffing.services.guard import Heads, Taken, seats_take
from staffing.services.plans import (
    allocate,
    over_explain,
    plan_change,
    plan_close,
    plan_enter,
    quotas_follow_units,
)

__all__ = [
    "Heads",
    "Taken",
    "allocate",
    "freeze_lift",
    "over_explain",
    "plan_change",
    "plan_close",
    "plan_enter",
    "quotas_follow_units",
    "seats_freeze",
    "seats_take",
]
