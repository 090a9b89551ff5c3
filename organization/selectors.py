"""Reads of units, users and grants."""

from __future__ import annotations

import hmac
from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from organization.access import Scope, Viewer, after, scope_for, units_for
from organization.models import ROLE_PERMISSIONS, ApiToken, Grant, Permission, Unit, User, token_digest, units_on, widen


def units_list(*, user: Viewer, permission: str = Permission.VIEW_PEOPLE, day: date | None = None) -> QuerySet[Unit]:
    """The units the user may act on, on a day (today unless given), in the order of the tree."""
    day = day or timezone.localdate()
    return scope_for(user, permission).filter(Unit.objects.filter(units_on(day)), "path").order_by("path")


def roots_list(*, user: Viewer, permission: str = Permission.VIEW_PEOPLE) -> QuerySet[Unit]:
    """The highest units of the user's grants: where a page starts."""
    return units_for(user, permission)


def unit_children(
    *, user: Viewer, unit: Unit, permission: str = Permission.VIEW_PEOPLE, day: date | None = None
) -> QuerySet[Unit]:
    return units_list(user=user, permission=permission, day=day).filter(parent=unit)


def unit_for_system(code: str, day: date | None = None) -> Unit:
    """The unit of a code (short or full) on a day; without a day, its newest row. Raises NotFound."""
    units = Unit.objects.filter(code=widen(str(code).strip()))
    if day is not None:
        units = units.filter(units_on(day))
    unit = units.order_by(F("valid_from").desc()).first()
    if unit is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": code})
    return unit


def unit_ancestors_for_system(unit: Unit) -> list[Unit]:
    """From the root down to the unit itself: what a breadcrumb shows."""
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    return list(
        Unit.objects.filter(Q(path__in=paths[:-1]) & units_on(unit.valid_from) | Q(pk=unit.pk)).order_by("path")
    )


def units_below_for_system(paths: tuple[str, ...] | list[str], kinds: tuple[str, ...] = ()) -> QuerySet[Unit]:
    """Every unit in or below the paths, in the order of the tree, also closed ones."""
    units = Scope.of(paths).filter(Unit.objects.all(), "path").order_by("path")
    return units.filter(kind__in=kinds) if kinds else units


def unit_range_for_system(path: str) -> tuple[str, str]:
    """The half-open range of paths in and below a unit, for hand-written SQL."""
    return path, after(path)


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
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    today = timezone.localdate()
    roles = (
        Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), user=user, valid_from__lte=today)
        .values_list("role", flat=True)
        .distinct()
    )
    return frozenset(permission for role in roles for permission in ROLE_PERMISSIONS[role])


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
