"""Pages of units and of the three administrators: parse, one selector or service, render."""

from organization.views.announcements import announcement_stop, announcements
from organization.views.countersigning import countersign, countersignatures
from organization.views.exports import exports
from organization.views.grants import grant_again, grant_end, grant_new, grants
from organization.views.loading import load
from organization.views.tokens import token_end, token_new, token_use, tokens
from organization.views.trail import trail, trail_one
from organization.views.units import close, correct, facts, merge, move, rename, split, unit, unit_new, units, upgrade
from organization.views.users import (
    user,
    user_disable,
    user_enable,
    user_factor,
    user_logged_out,
    user_new,
    user_reset,
    user_unlocked,
    users,
)
from organization.views.why import why

__all__ = [
    "announcement_stop",
    "announcements",
    "close",
    "correct",
    "countersign",
    "countersignatures",
    "exports",
    "facts",
    "grant_again",
    "grant_end",
    "grant_new",
    "grants",
    "load",
    "merge",
    "move",
    "rename",
    "split",
    "token_end",
    "token_new",
    "token_use",
    "tokens",
    "trail",
    "trail_one",
    "unit",
    "unit_new",
    "units",
    "upgrade",
    "user",
    "user_disable",
    "user_enable",
    "user_factor",
    "user_logged_out",
    "user_new",
    "user_reset",
    "user_unlocked",
    "users",
    "why",
]
