"""Reads of units, users, grants and tokens."""

from organization.selectors.units import (
    roots_list,
    unit_ancestors_for_system,
    unit_children,
    unit_for_system,
    unit_range_for_system,
    units_below_for_system,
    units_list,
)
from organization.selectors.users import (
    grants_list,
    grants_of,
    permissions_of,
    token_for_system,
    tokens_for_system,
    tokens_list,
    users_list,
)

__all__ = [
    "grants_list",
    "grants_of",
    "permissions_of",
    "roots_list",
    "token_for_system",
    "tokens_for_system",
    "tokens_list",
    "unit_ancestors_for_system",
    "unit_children",
    "unit_for_system",
    "unit_range_for_system",
    "units_below_for_system",
    "units_list",
    "users_list",
]
