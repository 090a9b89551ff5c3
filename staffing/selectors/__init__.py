"""Reads of approved seats, of what the rules say of them, and of what they give a unit."""

from staffing.selectors.plans import (
    Act,
    Alteration,
    Approved,
    PlanNumbers,
    acts_of_plan,
    allocation_for,
    allocations_of_plan,
    approved_on_for_system,
    plan_for,
    plans_of_unit,
    unit_of_quota,
    units_to_share_for_system,
)
from staffing.selectors.seats import (
    Ceiling,
    Formula,
    any_blocks_for_system,
    approved_ceilings_for_system,
    formulas_for_system,
    seat_rule_for_system,
    units_above_for_system,
)

__all__ = [
    "Act",
    "Alteration",
    "Approved",
    "Ceiling",
    "Formula",
    "PlanNumbers",
    "acts_of_plan",
    "allocation_for",
    "allocations_of_plan",
    "any_blocks_for_system",
    "approved_ceilings_for_system",
    "approved_on_for_system",
    "formulas_for_system",
    "plan_for",
    "plans_of_unit",
    "seat_rule_for_system",
    "unit_of_quota",
    "units_above_for_system",
    "units_to_share_for_system",
]
