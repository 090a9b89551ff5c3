"""Reads of users, grants and tokens."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from organization.access import Viewer, rights_of, scope_for
from organization.models import ROLE_PERMISSIONS, ApiToken, Grant, Permission, Session, User, token_digest


def users_list(*, user: Viewer) -> QuerySet[User]:
    """The users who hold a grant on units of the asker's (security administration)."""
    scope = scope_for(user, Permission.CHANGE_GRANTS)
    return User.objects.filter(pk__in=scope.filter(Grant.objects.all(), "unit__path").values("user")).order_by(
        "username"
    )


def grants_list(*, user: Viewer) -> QuerySet[Grant]:
    scope = scope_for(user, Permission.CHANGE_GRANTS)
    return scope.filter(Grant.objects.select_related("user", "unit"), "unit__path").order_by(
        "user__username", "unit__path"
    )


def grants_of(*, user: User) -> QuerySet[Grant]:
    """The user's own grants that hold today."""
    today = timezone.localdate()
    return (
        Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), user=user, valid_from__lte=today)
        .select_related("unit")
        .order_by("unit__path", "role")
    )


def permissions_of(*, user: User | AnonymousUser) -> frozenset[str]:
    """Everything the user may do somewhere: for menus, never for deciding about a unit."""
    return frozenset(permission for role in rights_of(user).roles for permission in ROLE_PERMISSIONS[role])


def roles_of(*, user: User | AnonymousUser) -> frozenset[str]:
    """The roles that the user holds today on any unit."""
    return rights_of(user).roles


def sessions_list(*, user: User, moment: datetime, idle: timedelta) -> QuerySet[Session]:
    """The user's own sessions that have not ended by `moment`, last seen first."""
    return Session.objects.filter(user=user, expire_date__gt=moment, seen__gt=moment - idle)


def tokens_list(*, user: User) -> QuerySet[ApiToken]:
    """The user's own tokens, newest first."""
    return ApiToken.objects.filter(user=user).select_related("user")


def tokens_for_system() -> QuerySet[ApiToken]:
    """Every token, newest first, with its user."""
    return ApiToken.objects.select_related("user")


def token_for_system(token: str) -> ApiToken | None:
    """The row of a token as a program showed it, with its user; None if there is none. One query.

    Found by the prefix, which is no secret; the hashes are compared in constant time, also where there is no row.
    """
    prefix, dot, _secret = token.partition(".")
    row = ApiToken.objects.select_related("user").filter(prefix=prefix).first() if dot and len(prefix) == 8 else None
    same = hmac.compare_digest(token_digest(token), row.digest if row is not None else "0" * 64)
    return row if same else None
