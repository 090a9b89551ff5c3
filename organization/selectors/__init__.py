"""Reads of units, users, grants and tokens."""

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
    sessions_list,
    token_for_system,
    tokens_for_system,
    tokens_list,
    users_list,
)

__all__ = [
    "children_on_for_system",
    "grants_list",
    "grants_of",
    "permissions_of",
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
