"""Writes of units, users and grants. `actor=None` is the system itself: set-up commands, never a face."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.contrib.auth.models import Permission as AuthPermission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, Refused
from core.services import audit
from organization.access import require
from organization.models import (
    ROLE_PERMISSIONS,
    Grant,
    Permission,
    Role,
    Unit,
    UnitKind,
    UnitUserObjectPermission,
    User,
    role_family,
    shorten,
    widen,
)

# Without 0/O, 1/l/I: a one-time password is read from paper or a screen and typed in.
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _one_time_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _i in range(4)) for _j in range(4))


# -- Units ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def unit_create(
    *,
    actor: User | None,
    code: str,
    name: str,
    kind: str,
    parent: Unit | None,
    valid_from: date,
    valid_to: date | None = None,
    name_en: str = "",
) -> Unit:
    """Create a unit below its parent. Raises Refused (range outside the parent's), Conflict (code in use)."""
    if actor is not None:
        if parent is None:
            raise NotAllowed(_("Only the set-up of the system creates provinces."))
        require(actor, Permission.CHANGE_UNITS, parent)
    code = widen(code)
    if kind not in UnitKind.values:
        raise Refused([_("“%(kind)s” is no kind of unit.") % {"kind": kind}])
    if parent is not None:
        parent = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=parent.pk)
        if valid_from < parent.valid_from or (
            parent.valid_to is not None and (valid_to is None or valid_to > parent.valid_to)
        ):
            raise Refused(
                [
                    _("%(unit)s would exist on days on which %(parent)s does not. Choose days from %(from)s to %(to)s.")
                    % {"unit": name, "parent": parent.name, "from": parent.valid_from, "to": parent.valid_to or "…"}
                ]
            )
    unit = Unit(
        code=code,
        name=name,
        name_en=name_en,
        kind=kind,
        parent=parent,
        path=(parent.path if parent else "") + shorten(code) + "/",
        valid_from=valid_from,
        valid_to=valid_to,
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("There is already a unit with the code %(code)s in these days.") % {"code": code}) from error
    audit(actor=actor, action="organization.unit.create", obj=unit, unit_code=unit.code, after=_unit_state(unit))
    return unit


@transaction.atomic
def unit_rename(*, actor: User | None, unit: Unit, name: str, day: date, name_en: str = "") -> Unit:
    """From `day` on the unit has another name: the old row ends, a new one of the same code and path begins."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    if not unit.valid_from < day or (unit.valid_to is not None and day >= unit.valid_to):
        raise Refused(
            [
                _("%(unit)s can't get a new name on %(day)s: it does not hold on that day.")
                % {"unit": unit.name, "day": day}
            ]
        )
    before = _unit_state(unit)
    until, unit.valid_to = unit.valid_to, day
    unit.save(update_fields=["valid_to"])
    renamed = Unit.objects.create(
        code=unit.code,
        name=name,
        name_en=name_en,
        kind=unit.kind,
        parent=unit.parent,
        path=unit.path,
        valid_from=day,
        valid_to=until,
    )
    audit(
        actor=actor,
        action="organization.unit.rename",
        obj=renamed,
        unit_code=unit.code,
        before=before,
        after=_unit_state(renamed),
    )
    return renamed


@transaction.atomic
def unit_close(*, actor: User | None, unit: Unit, day: date) -> Unit:
    """The unit no longer holds from `day` on. Refused while a unit below it still does."""
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit = Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    open_below = unit.children.filter(valid_to__isnull=True) | unit.children.filter(valid_to__gt=day)
    errors = [
        _("%(unit)s still belongs to it on %(day)s. Close or move it first.") % {"unit": child.name, "day": day}
        for child in open_below.order_by("path")
    ]
    if day <= unit.valid_from:
        errors.append(_("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": unit.valid_from})
    if errors:
        raise Refused(errors)
    before = _unit_state(unit)
    unit.valid_to = day
    unit.save(update_fields=["valid_to"])
    audit(
        actor=actor,
        action="organization.unit.close",
        obj=unit,
        unit_code=unit.code,
        before=before,
        after=_unit_state(unit),
    )
    return unit


def _unit_state(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "path": unit.path,
        "valid_from": str(unit.valid_from),
        "valid_to": str(unit.valid_to) if unit.valid_to else None,
    }


# -- Users ------------------------------------------------------------------------------------------------------------


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
    user = User(username=username, display_name=display_name, must_change_password=True)
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
    """Change one's own password. Raises Refused with everything that is wrong with the new one."""
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    if not user.check_password(old):
        raise Refused([_("The old password is not right.")])
    errors: list[str] = [_("Choose another password than the old one.")] if old == new else []
    try:
        validate_password(new, user)
    except ValidationError as error:
        errors += error.messages
    if errors:
        raise Refused(errors)
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit(actor=actor, action="organization.user.change_password", obj=user, after={"must_change_password": False})
    return user


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
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
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
    audit(
        actor=actor,
        action="organization.user.deactivate",
        obj=user,
        before={"is_active": True},
        after={"is_active": False},
    )
    return user


# -- Grants -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_give(
    *,
    actor: User | None,
    user: User,
    unit: Unit,
    role: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Grant:
    """Give a role on a unit. Raises NotAllowed for oneself, Conflict for excluded roles or a grant that is there."""
    if actor is not None:
        require(actor, Permission.CHANGE_GRANTS, unit)
        if actor.pk == user.pk:
            raise NotAllowed(_("Nobody gives a role to themselves."))
    if role not in Role.values:
        raise Refused([_("“%(role)s” is no role.") % {"role": role}])
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    grant = Grant(
        user=user,
        unit=unit,
        role=role,
        family=role_family(role),
        valid_from=valid_from or timezone.localdate(),
        valid_to=valid_to,
        granted_by=actor,
    )
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_grant_problem(grant, error)) from error
    _permissions_maintain(user=user, unit=unit)
    audit(actor=actor, action="organization.grant.give", obj=grant, unit_code=unit.code, after=_grant_state(grant))
    return grant


@transaction.atomic
def grant_revoke(*, actor: User | None, grant: Grant, day: date | None = None) -> Grant:
    """The grant ends on `day` (today unless given: at once)."""
    if actor is not None:
        require(actor, Permission.CHANGE_GRANTS, grant.unit)
    grant = Grant.objects.select_for_update(of=("self",), no_key=True).select_related("user", "unit").get(pk=grant.pk)
    before = _grant_state(grant)
    grant.valid_to = max(day or timezone.localdate(), grant.valid_from)
    grant.save(update_fields=["valid_to"])
    _permissions_maintain(user=grant.user, unit=grant.unit)
    audit(
        actor=actor,
        action="organization.grant.revoke",
        obj=grant,
        unit_code=grant.unit.code,
        before=before,
        after=_grant_state(grant),
    )
    return grant


def _permissions_maintain(*, user: User, unit: Unit) -> None:
    """Make the permission rows of a user on a unit say what the grants say that have not run out."""
    today = timezone.localdate()
    roles = [
        role
        for role, valid_to in Grant.objects.filter(user=user, unit=unit).values_list("role", "valid_to")
        if valid_to is None or valid_to > today
    ]
    wanted = frozenset[str]().union(*(ROLE_PERMISSIONS[role] for role in roles))
    rows = UnitUserObjectPermission.objects.filter(user=user, content_object=unit)
    rows.exclude(permission__codename__in=wanted).delete()
    present = set(rows.values_list("permission__codename", flat=True))
    permissions = AuthPermission.objects.filter(
        content_type__app_label="organization", content_type__model="unit", codename__in=wanted - present
    )
    UnitUserObjectPermission.objects.bulk_create(
        [UnitUserObjectPermission(user=user, content_object=unit, permission=permission) for permission in permissions]
    )


def _grant_state(grant: Grant) -> dict[str, Any]:
    return {
        "user": grant.user.username,
        "unit": grant.unit.code,
        "role": grant.role,
        "valid_from": str(grant.valid_from),
        "valid_to": str(grant.valid_to) if grant.valid_to else None,
    }


def _grant_problem(grant: Grant, error: IntegrityError) -> str:
    if "excluded_roles" in str(error):
        return _("%(user)s holds a role that excludes %(role)s in these days. Take the other one away first.") % {
            "user": grant.user.display_name,
            "role": grant.get_role_display(),
        }
    return _("%(user)s already is %(role)s of %(unit)s in these days.") % {
        "user": grant.user.display_name,
        "role": grant.get_role_display(),
        "unit": grant.unit.name,
    }
