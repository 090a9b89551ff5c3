"""Users and their one-time passwords."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require
from organization.models import Permission, Unit, User
from organization.services.passwords import keep_past, password_errors
from organization.services.sessions import end_sessions_of

# Without 0/O, 1/l/I: a one-time password is read from paper or a screen and typed in.
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _one_time_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _i in range(4)) for _j in range(4))


def _one_time_end() -> datetime | None:
    """Until when a one-time password that is made now opens anything; None for always (CWMS_ONE_TIME_HOURS is 0)."""
    hours = settings.CWMS_ONE_TIME_HOURS
    return timezone.now() + timedelta(hours=hours) if hours else None


@transaction.atomic
def user_create(*, actor: User | None, username: str, display_name: str, unit: Unit | None = None) -> tuple[User, str]:
    """Create a user; returns them with the one-time password, which is shown once and must be changed at first use.

    `unit` is where the actor is allowed to do this (the user gets nothing on it by that).
    """
    if actor is not None:
        if unit is None:
            raise NotAllowed(_("Name the unit for which you create the user."))
        require(actor, Permission.CHANGE_GRANTS, unit)
    if User.objects.filter(username=username).exists():
        raise Conflict(_("There is already a user “%(username)s”.") % {"username": username})
    password = _one_time_password()
    user = User(username=username, display_name=display_name, must_change_password=True, one_time_until=_one_time_end())
    user.set_password(password)
    user.save(force_insert=True)
    audit(
        actor=actor,
        action="organization.user.create",
        obj=user,
        unit_code=unit.code if unit else "",
        after={"username": username, "display_name": display_name},
    )
    return user, password


@transaction.atomic
def user_change_password(*, actor: User, old: str, new: str) -> User:
    """Change one's own password; every session ends. Raises Refused with everything that is wrong with the new one."""
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    if not user.check_password(old):
        raise Refused([_("The old password is not right.")])
    errors = [_("Choose another password than the old one.")] if old == new else password_errors(user=user, new=new)
    if errors:
        raise Refused(errors)
    keep_past(user=user)
    user.set_password(new)
    user.must_change_password, user.password_chosen, user.one_time_until = False, timezone.now(), None
    user.save(update_fields=["password", "must_change_password", "password_chosen", "one_time_until"])
    end_sessions_of(user=user)
    audit(actor=actor, action="organization.user.change_password", obj=user, after={"must_change_password": False})
    return user


@transaction.atomic
def introduction_close(*, actor: User) -> None:
    """The card that tells what one's role can do is put away for good; again, it changes nothing."""
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    if user.introduced is None:
        user.introduced = timezone.now()
        user.save(update_fields=["introduced"])
        audit(actor=actor, action="organization.user.close_introduction", obj=user, after={"introduced": True})


@transaction.atomic
def user_reset_password(*, actor: User | None, user: User, unit: Unit | None = None) -> str:
    """A new one-time password for somebody who forgot theirs; the old one no longer works."""
    if actor is not None:
        if unit is None or not user.grants.filter(unit__path__startswith=unit.path).exists():
            raise NotAllowed(_("Name a unit on which the user holds a role."))
        require(actor, Permission.CHANGE_GRANTS, unit)
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    password = _one_time_password()
    user.set_password(password)
    user.must_change_password, user.one_time_until = True, _one_time_end()
    user.save(update_fields=["password", "must_change_password", "one_time_until"])
    end_sessions_of(user=user)
    audit(actor=actor, action="organization.user.reset_password", obj=user, after={"must_change_password": True})
    return password


@transaction.atomic
def user_deactivate(*, actor: User | None, user: User, unit: Unit | None = None) -> User:
    if actor is not None:
        if unit is None or not user.grants.filter(unit__path__startswith=unit.path).exists():
            raise NotAllowed(_("Name a unit on which the user holds a role."))
        require(actor, Permission.CHANGE_GRANTS, unit)
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions_of(user=user)
    audit(
        actor=actor,
        action="organization.user.deactivate",
        obj=user,
        before={"is_active": True},
        after={"is_active": False},
    )
    return user
