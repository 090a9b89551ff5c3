"""Reads of users, grants and tokens."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum, TextChoices
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from organization.access import GRANTS, Viewer, may_over, not_ended, rights_of, scope_for, scope_over
from organization.models import (
    ROLE_PERMISSIONS,
    ApiToken,
    Grant,
    Permission,
    SecondFactor,
    Session,
    TokenUse,
    User,
    token_digest,
)


class UserState(TextChoices):
    """Whether somebody can log in, as lists filter by it."""

    ACTIVE = "active", _("Active")
    LOCKED = "locked", _("Locked")
    FIRST = "first", _("Have a one-time password")
    DISABLED = "disabled", _("Disabled")


def users_list(*, user: Viewer, text: str = "", state: str = "") -> QuerySet[User]:
    """The users whom the asker looks after, at least in part; `text` is a part of a name or of a user name."""
    found = User.objects.filter(scope_over(user, Permission.CHANGE_USERS)).select_related("unit")
    if text:
        found = found.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    if state == UserState.LOCKED:
        found = found.filter(Q(username__in=_locked_names()) | Q(second_factor__held_until__gt=timezone.now()))
    elif state == UserState.FIRST:
        found = found.filter(must_change_password=True, is_active=True)
    elif state:
        found = found.filter(is_active=state == UserState.ACTIVE)
    return found.annotate(
        roles_now=Count("grants", filter=Q(grants__valid_from__lte=timezone.localdate()) & not_ended("grants__"))
    ).order_by("username")


def _locked_names() -> QuerySet[AccessAttempt, Any]:
    """User names at which so many wrong passwords were typed lately that strangers may type none."""
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    tried: QuerySet[AccessAttempt, Any] = AccessAttempt.objects.filter(attempt_time__gt=since).values("username")
    wrong: QuerySet[AccessAttempt, Any] = tried.annotate(wrong=Sum("failures_since_start"))
    return wrong.filter(wrong__gte=settings.AXES_FAILURE_LIMIT).values("username")


@dataclass(frozen=True, slots=True)
class UserPage:
    """What the page of a user shows. whole: the asker looks after everything that the user has."""

    user: User
    grants: list[Grant]
    factor: SecondFactor | None
    sessions: int
    wrong_passwords: int
    whole: bool


def user_page(*, user: Viewer, number: int) -> UserPage:
    """One of the users whom the asker looks after. Raises NotFound for any other."""
    found = User.objects.filter(scope_over(user, Permission.CHANGE_USERS), pk=number).select_related("unit").first()
    if found is None:
        raise NotFound(gettext("There is no such user."))
    now = timezone.now()
    since = now - timedelta(hours=settings.AXES_COOLOFF_TIME)
    wrong = AccessAttempt.objects.filter(username=found.username, attempt_time__gt=since)
    return UserPage(
        user=found,
        grants=list(Grant.objects.filter(user=found).select_related("unit").order_by("-valid_from", "-pk")),
        factor=SecondFactor.objects.filter(user=found, confirmed__isnull=False).first(),
        sessions=Session.objects.filter(user=found, expire_date__gt=now).count(),
        wrong_passwords=sum(wrong.values_list("failures_since_start", flat=True)),
        whole=may_over(user, Permission.CHANGE_USERS, found),
    )


def user_named(*, user: Viewer, username: str) -> User:
    """A user to whom the asker can give something: one of a unit where they give roles. Raises NotFound for any other."""
    found = User.objects.filter(scope_over(user, Permission.CHANGE_GRANTS), username=username.strip()).first()
    if found is None:
        raise NotFound(gettext("There is no user “%(username)s” among those of your units.") % {"username": username})
    return found


class GrantState(TextChoices):
    """Whether a role holds, as lists filter by it."""

    NOW = "now", _("Hold today")
    SOON = "soon", _("End within 90 days")
    LATER = "later", _("Begin later")
    ENDED = "ended", _("Have ended")


def grants_list(*, user: Viewer, text: str = "", role: str = "", state: str = "") -> QuerySet[Grant]:
    """Who holds what where until when, in the units where the asker gives roles; `text` is of the user or the unit."""
    scope, today = scope_for(user, Permission.CHANGE_GRANTS), timezone.localdate()
    found = scope.filter(Grant.objects.select_related("user", "unit", "granted_by"), "unit__path")
    if text:
        found = found.filter(
            Q(user__username__icontains=text)
            | Q(user__display_name__icontains=text)
            | Q(unit__name__icontains=text)
            | Q(unit__code__startswith=text)
        )
    if role:
        found = found.filter(role=role)
    if state == GrantState.ENDED:
        found = found.exclude(not_ended())
    elif state == GrantState.LATER:
        found = found.filter(valid_from__gt=today)
    elif state == GrantState.SOON:
        found = found.filter(valid_from__lte=today, valid_to__gt=today, valid_to__lte=today + timedelta(days=90))
    elif state == GrantState.NOW:
        found = found.filter(not_ended(), valid_from__lte=today)
    return found.order_by("unit__path", "user__username", "valid_from", "pk")


def grant_of(*, user: Viewer, number: int) -> Grant:
    """A grant of the units where the asker gives roles. Raises NotFound for any other."""
    found = grants_list(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(gettext("There is no such role."))
    return found


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
    return frozenset(rights_of(user).roles)


def sessions_list(*, user: User, moment: datetime, idle: timedelta) -> QuerySet[Session]:
    """The user's own sessions that have not ended by `moment`, last seen first."""
    return Session.objects.filter(user=user, expire_date__gt=moment, seen__gt=moment - idle)


def tokens_list(*, user: User) -> QuerySet[ApiToken]:
    """The user's own tokens, newest first."""
    return ApiToken.objects.filter(user=user).select_related("user")


def tokens_given(*, user: Viewer, text: str = "") -> QuerySet[ApiToken]:
    """The tokens of the users of units where the asker gives roles, newest first."""
    users = User.objects.filter(scope_over(user, Permission.CHANGE_GRANTS))
    found = ApiToken.objects.filter(user__in=users).select_related("user")
    if text:
        found = found.filter(
            Q(user__username__icontains=text) | Q(user__display_name__icontains=text) | Q(label__icontains=text)
        )
    return found


def token_of(*, user: Viewer, number: int) -> ApiToken:
    """One of those. Raises NotFound for any other."""
    found = tokens_given(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(gettext("There is no such token."))
    return found


def token_uses(*, user: User, number: int) -> tuple[ApiToken, QuerySet[TokenUse]]:
    """A token of one's own, or of a user of units where the asker gives roles, and its days, newest first.

    Raises NotFound for any other.
    """
    row = ApiToken.objects.filter(user=user, pk=number).select_related("user").first()
    row = row or token_of(user=user, number=number)
    return row, TokenUse.objects.filter(token=row).order_by("-day")


def tokens_for_system() -> QuerySet[ApiToken]:
    """Every token, newest first, with its user."""
    return ApiToken.objects.select_related("user")


def token_for_system(token: str) -> ApiToken | None:
    """The row of a token as a program showed it, with its user and their grants; None if there is none. One query.

    Found by the prefix, which is no secret; the hashes are compared in constant time, also where there is no row.
    """
    prefix, dot, _secret = token.partition(".")
    row = _token_of(prefix) if dot and len(prefix) == 8 else None
    same = hmac.compare_digest(token_digest(token), row.digest if row is not None else "0" * 64)
    return row if same else None


def _token_of(prefix: str) -> ApiToken | None:
    """Every request of a program costs this question, and its query set took a quarter of the request to put together."""
    models: tuple[type[ApiToken], type[User]] = (ApiToken, User)
    names = [[field.attname for field in model._meta.concrete_fields] for model in models]
    with connection.cursor() as cursor:
        cursor.execute(_token_question(), [prefix])
        found = cursor.fetchone()
    if found is None:
        return None
    row = ApiToken.from_db(connection.alias, names[0], found[: len(names[0])])
    row.user = User.from_db(connection.alias, names[1], found[len(names[0]) : -1])
    row.user.grants_told = found[-1]
    return row


@cache
def _token_question() -> str:
    columns = [f't."{field.column}"' for field in ApiToken._meta.concrete_fields]
    columns += [f'u."{field.column}"' for field in User._meta.concrete_fields] + [GRANTS.format("u.id")]
    return (
        f'SELECT {", ".join(columns)} FROM "{ApiToken._meta.db_table}" t'
        f' JOIN "{User._meta.db_table}" u ON u.id = t.user_id WHERE t.prefix = %s'
    )
