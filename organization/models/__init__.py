"""Units, the people who log in, and what they may do where."""

from organization.models.announcements import Announcement
from organization.models.countersigning import Countersignature
from organization.models.factors import RecoveryCode, SecondFactor
from organization.models.roles import BUSINESS, ROLE_FAMILIES, ROLE_PERMISSIONS, Permission, Role, role_family
from organization.models.sessions import Session, session_digest
from organization.models.units import (
    COUNTY_DIGITS,
    STREET_DIGITS,
    DateRange,
    FactKey,
    SuccessionKind,
    Unit,
    UnitFact,
    UnitKind,
    UnitSuccession,
    path_above,
    shorten,
    units_on,
    widen,
)
from organization.models.users import (
    ApiToken,
    Grant,
    PasswordPast,
    TokenUse,
    UnitUserObjectPermission,
    User,
    token_digest,
)

__all__ = [
    "BUSINESS",
    "COUNTY_DIGITS",
    "ROLE_FAMILIES",
    "ROLE_PERMISSIONS",
    "STREET_DIGITS",
    "Announcement",
    "ApiToken",
    "Countersignature",
    "DateRange",
    "FactKey",
    "Grant",
    "PasswordPast",
    "Permission",
    "RecoveryCode",
    "Role",
    "SecondFactor",
    "Session",
    "SuccessionKind",
    "TokenUse",
    "Unit",
    "UnitFact",
    "UnitKind",
    "UnitSuccession",
    "UnitUserObjectPermission",
    "User",
    "path_above",
    "role_family",
    "session_digest",
    "shorten",
    "token_digest",
    "units_on",
    "widen",
]
