"""Writes of units, users, grants and tokens. `actor=None` is the system itself: set-up commands, never a face."""

from organization.services.grants import grant_give, grant_revoke
from organization.services.tokens import token_give, token_revoke, token_used
from organization.services.units import unit_close, unit_create, unit_rename
from organization.services.users import user_change_password, user_create, user_deactivate, user_reset_password

__all__ = [
    "grant_give",
    "grant_revoke",
    "token_give",
    "token_revoke",
    "token_used",
    "unit_close",
    "unit_create",
    "unit_rename",
    "user_change_password",
    "user_create",
    "user_deactivate",
    "user_reset_password",
]
