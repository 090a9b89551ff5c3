"""Reads of units, users, grants and tokens."""

from organization.selectors.announcements import announcement_for, announcements_for, announcements_list
from organization.selectors.factors import FactorState, factor_of, factor_required, factor_state, recovery_codes_left
from organization.selectors.units import (
    children_on_for_system,
    roots_list,
    unit_ancestors_for_system,
    unit_by_code_for_system,
    unit_children,
    unit_for_system,
    unit_range_for_system,
    units_below_for_system,
    units_ever_list,
    units_list,
)
from organization.selectors.users import (
    grants_list,
    grants_of,
    permissions_of,
    roles_of,
    sessions_list,
    token_for_system,
    tokens_for_system,
    tokens_list,
    users_list,
)

__all__ = [
    "FactorState",
    "announcement_for",
    "announcements_for",
    "announcements_list",
    "children_on_for_system",
    "factor_of",
    "factor_required",
    "factor_state",
    "grants_list",
    "grants_of",
    "permissions_of",
    "recovery_codes_left",
    "roles_of",
    "roots_list",
    "sessions_list",
    "token_for_system",
    "tokens_for_system",
    "tokens_list",
    "unit_ancestors_for_system",
    "unit_by_code_for_system",
    "unit_children",
    "unit_for_system",
    "unit_range_for_system",
    "units_below_for_system",
    "units_ever_list",
    "units_list",
    "users_list",
]
