"""Users and their one-time passwords."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require, require_over
from organization.models import Permission, SecondFactor, Unit, User
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

    `unit` is where they belong: who looks after users there does it for this one, too. It allows the user nothing.
    Raises Refused with everything that is wrong with the names, Conflict for a user name that is taken.
    """
    if actor is not None:
        if unit is None:
            raise NotAllowed(_("Name the unit for which you create the user."))
        require(actor, Permission.CHANGE_USERS, unit)
    username, display_name = username.strip(), display_name.strip()
    _refuse_names(username, display_name)
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(_("There is already a user “%(username)s”.") % {"username": username})
    password = _one_time_password()
    user = User(
        username=username,
        display_name=display_name,
        unit=unit,
        must_change_password=True,
        one_time_until=_one_time_end(),
    )
    user.set_password(password)
    user.save(force_insert=True)
    audit(
        actor=actor,
        action="organization.user.create",
        obj=user,
        unit_code=user.unit_code,
        after={"username": username, "display_name": display_name},
    )
    return user, password


def _refuse_names(username: str, display_name: str) -> None:
    fields: dict[str, list[str]] = {}
    try:
        User._meta.get_field("username").clean(username, None)
    except ValidationError as error:
        fields["username"] = [str(text) for text in error.messages]
    if not 1 <= len(display_name) <= 60:
        fields["display_name"] = [_("Write the name in 1 to 60 characters.")]
    if fields:
        raise Refused([text for texts in fields.values() for text in texts], fields)


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
def user_reset_password(*, actor: User | None, user: User) -> str:
    """A new one-time password for somebody who forgot theirs; the old one no longer works. Returns it, shown once."""
    user = _looked_after(actor, user)
    password = _one_time_password()
    user.set_password(password)
    user.must_change_password, user.one_time_until = True, _one_time_end()
    user.save(update_fields=["password", "must_change_password", "one_time_until"])
    end_sessions_of(user=user)
    audit(
        actor=actor,
        action="organization.user.reset_password",
        obj=user,
        unit_code=user.unit_code,
        after={"must_change_password": True},
    )
    return password


@transaction.atomic
def user_deactivate(*, actor: User | None, user: User) -> User:
    """The user can't log in any more, nor can their programs; what they did and were given stays. Conflict if so already."""
    return _switch(actor, user, active=False)


@transaction.atomic
def user_activate(*, actor: User | None, user: User) -> User:
    """The user can log in again, with what of their roles has not ended. Raises Conflict if they can already."""
    return _switch(actor, user, active=True)


@transaction.atomic
def user_unlock(*, actor: User | None, user: User) -> User:
    """Forget the wrong passwords and codes that keep the user out, so that they may try again at once."""
    user = _looked_after(actor, user)
    attempts, _each = AccessAttempt.objects.filter(username=user.username).delete()
    codes = SecondFactor.objects.filter(user=user).exclude(failures=0, held_until=None)
    held = codes.update(failures=0, held_until=None)
    audit(
        actor=actor,
        action="organization.user.unlock",
        obj=user,
        unit_code=user.unit_code,
        before={"wrong_passwords_kept": attempts, "wrong_codes_kept": bool(held)},
    )
    return user


@transaction.atomic
def user_log_out(*, actor: User | None, user: User) -> User:
    """End every session of the user, as when a desk was left open; they may log in again. Conflict where there is none."""
    user = _looked_after(actor, user)
    ended = end_sessions_of(user=user)
    if not ended:
        raise Conflict(_("%(user)s is logged in nowhere.") % {"user": user})
    audit(
        actor=actor,
        action="organization.user.log_out",
        obj=user,
        unit_code=user.unit_code,
        before={"sessions": ended},
    )
    return user


def _switch(actor: User | None, user: User, *, active: bool) -> User:
    user = _looked_after(actor, user)
    if user.is_active == active:
        text = _("%(user)s is active already.") if active else _("%(user)s is disabled already.")
        raise Conflict(text % {"user": user})
    user.is_active = active
    user.save(update_fields=["is_active"])
    end_sessions_of(user=user)
    audit(
        actor=actor,
        action=f"organization.user.{'activate' if active else 'deactivate'}",
        obj=user,
        unit_code=user.unit_code,
        before={"is_active": not active},
        after={"is_active": active},
    )
    return user


def _looked_after(actor: User | None, user: User) -> User:
    """The user's row, locked, if the actor looks after everything they have; nobody does this to themselves."""
    if actor is not None:
        require_over(actor, Permission.CHANGE_USERS, user)
        if actor.pk == user.pk:
            raise NotAllowed(_("Nobody does this for themselves. Ask another administrator."))
    return User.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=user.pk)
