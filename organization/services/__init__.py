"""Writes of units, users, grants and tokens. `actor=None` is the system itself: set-up commands, never a face."""

from organization.services.announcements import announcement_end, announcement_write
from organization.services.countersigning import countersign_ask, countersign_decide, countersigned
from organization.services.factors import (
    factor_begin,
    factor_check,
    factor_confirm,
    factor_remove,
    recovery_codes_renew,
)
from organization.services.facts import fact_enter
from organization.services.grants import grant_give, grant_renew, grant_revoke
from organization.services.loading import (
    FileRefused,
    Loaded,
    LoadedChange,
    units_load,
    units_load_rows,
    units_table,
)
from organization.services.refusals import act_refused, session_refused
from organization.services.reshaping import Part, unit_move, unit_split, unit_upgrade, units_merge
from organization.services.sessions import end_sessions_of, session_begin, session_end, sessions_end_others
from organization.services.steps import hold_tree, newest_row, take_tree
from organization.services.tokens import token_counted, token_give, token_revoke, token_used, token_uses_forget
from organization.services.units import unit_close, unit_correct, unit_create, unit_rename
from organization.services.users import (
    introduction_close,
    user_activate,
    user_change_password,
    user_create,
    user_deactivate,
    user_log_out,
    user_reset_password,
    user_unlock,
)

__all__ = [
    "FileRefused",
    "Loaded",
    "LoadedChange",
    "Part",
    "act_refused",
    "announcement_end",
    "announcement_write",
    "countersign_ask",
    "countersign_decide",
    "countersigned",
    "end_sessions_of",
    "fact_enter",
    "factor_begin",
    "factor_check",
    "factor_confirm",
    "factor_remove",
    "grant_give",
    "grant_renew",
    "grant_revoke",
    "hold_tree",
    "introduction_close",
    "newest_row",
    "recovery_codes_renew",
    "session_begin",
    "session_end",
    "session_refused",
    "sessions_end_others",
    "take_tree",
    "token_counted",
    "token_give",
    "token_revoke",
    "token_used",
    "token_uses_forget",
    "unit_close",
    "unit_correct",
    "unit_create",
    "unit_move",
    "unit_rename",
    "unit_split",
    "unit_upgrade",
    "units_load",
    "units_load_rows",
    "units_merge",
    "units_table",
    "user_activate",
    "user_change_password",
    "user_create",
    "user_deactivate",
    "user_log_out",
    "user_reset_password",
    "user_unlock",
]
