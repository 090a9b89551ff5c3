"""Reads of second factors."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings

from organization.access import rights_of
from organization.models import RecoveryCode, SecondFactor, User


class FactorState(StrEnum):
    """What a log-in of a user needs beside the password."""

    NONE = "none"  # nothing: not asked of the user, or of nobody here
    MISSING = "missing"  # a factor that the user has to set up first
    READY = "ready"  # a code


def factor_state(*, user: User) -> FactorState:
    """What the user has to show. A factor that somebody has set up without having to is asked for, too."""
    if not settings.CWMS_SECOND_FACTOR:
        return FactorState.NONE
    if SecondFactor.objects.filter(user=user, confirmed__isnull=False).exists():
        return FactorState.READY
    return FactorState.MISSING if factor_required(user=user) else FactorState.NONE


def factor_required(*, user: User) -> bool:
    """Whether one of the user's roles of today has to have a second factor (CWMS_SECOND_FACTOR_ROLES)."""
    return bool(settings.CWMS_SECOND_FACTOR and rights_of(user).roles.keys() & set(settings.CWMS_SECOND_FACTOR_ROLES))


def factor_of(*, user: User) -> SecondFactor | None:
    """The user's own factor, confirmed or begun."""
    return SecondFactor.objects.filter(user=user).first()


def recovery_codes_left(*, user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used__isnull=True).count()
