"""Giving and taking roles, and the permission rows that follow from them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import Permission as AuthPermission
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
    UnitUserObjectPermission,
    User,
    role_family,
)
from organization.services.sessions import end_sessions_of

LONGEST = timedelta(days=365)  # of a role that somebody gives; the database refuses more than 366 days
BEFORE = timedelta(days=90)  # its end a role can be renewed, so that nobody gives it for years in one go


@transaction.atomic
def grant_give(
    *,
    actor: User | None,
    user: User,
    unit: Unit,
    role: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
    reason: str = "",
    document: str = "",
) -> Grant:
    """Give a role on a unit. Raises NotAllowed for oneself, Conflict for excluded roles or a grant that is there.

    What somebody gives ends after a year unless a nearer day is named; what the system gives (the first administrators)
    may have no end. Why, and by which paper, stands in the grant.
    """
    valid_from = valid_from or timezone.localdate()
    if actor is not None:
        require(actor, Permission.CHANGE_GRANTS, unit)
        if actor.pk == user.pk:
            raise NotAllowed(_("Nobody gives a role to themselves."))
        valid_to = valid_to or valid_from + LONGEST
        if valid_to > valid_from + LONGEST:
            text = _("A role is given for a year at most. Name a nearer day; it can be given again.")
            raise Refused([text], {"valid_to": [text]})
    if valid_to is not None and valid_to <= valid_from:
        text = _("A role ends after the day on which it begins.")
        raise Refused([text], {"valid_to": [text]})
    if role not in Role.values:
        raise Refused([_("“%(role)s” is no role.") % {"role": role}])
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    grant = Grant(
        user=user,
        unit=unit,
        role=role,
        family=role_family(role),
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=actor,
        reason=reason.strip(),
        document=document.strip(),
    )
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        if (problem := _grant_problem(grant, error)) is None:
            raise  # the database's own guard (migration 0012), which services ask the same before
        raise Conflict(problem) from error
    _permissions_maintain(user=user, unit=unit)
    end_sessions_of(user=user)
    audit(actor=actor, action="organization.grant.give", obj=grant, unit_code=unit.code, after=_grant_state(grant))
    return grant


@transaction.atomic
def grant_revoke(
    *, actor: User | None, grant: Grant, day: date | None = None, reason: str = "", document: str = ""
) -> Grant:
    """The grant ends on `day` (today unless given: at once). Raises NotAllowed for one's own, Conflict if it has ended."""
    grant = _locked(actor, grant)
    before, today = _grant_state(grant), timezone.localdate()
    if grant.valid_to is not None and grant.valid_to <= (day or today):
        raise Conflict(_("This role ends on %(day)s already.") % {"day": grant.valid_to})
    if day is not None and day < today:
        text = _("A role ends today at the earliest: what was done by it until now stays done.")
        raise Refused([text], {"day": [text]})
    grant.valid_to = max(day or today, grant.valid_from)
    grant.save(update_fields=["valid_to"])
    _permissions_maintain(user=grant.user, unit=grant.unit)
    end_sessions_of(user=grant.user)
    audit(
        actor=actor,
        action="organization.grant.revoke",
        obj=grant,
        unit_code=grant.unit.code,
        before=before,
        after=_grant_state(grant) | {"reason": reason.strip(), "document": document.strip()},
    )
    return grant


@transaction.atomic
def grant_renew(*, actor: User | None, grant: Grant, valid_to: date, reason: str = "", document: str = "") -> Grant:
    """The same role again from the day on which the grant ends, or from today if it has: a grant of its own.

    Raises as `grant_give`, and Conflict for one without an end or with one more than 90 days away.
    """
    grant = _locked(actor, grant)
    if grant.valid_to is None:
        raise Conflict(_("This role has no end that could be put off."))
    if (earliest := grant.valid_to - BEFORE) > timezone.localdate():
        raise Conflict(_("This role can be renewed from %(day)s.") % {"day": earliest})
    return grant_give(
        actor=actor,
        user=grant.user,
        unit=grant.unit,
        role=grant.role,
        valid_from=max(grant.valid_to, timezone.localdate()),
        valid_to=valid_to,
        reason=reason,
        document=document,
    )


def _locked(actor: User | None, grant: Grant) -> Grant:
    """The grant's row for somebody who gives roles on its unit and is not who holds it."""
    if actor is not None:
        require(actor, Permission.CHANGE_GRANTS, grant.unit)
        if actor.pk == grant.user_id:
            raise NotAllowed(_("Nobody changes their own roles. Ask another security administrator."))
    locked = Grant.objects.select_for_update(of=("self",), no_key=True).select_related("user", "unit")
    return locked.get(pk=grant.pk)


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
    } | {name: value for name in ("reason", "document") if (value := getattr(grant, name))}


def _grant_problem(grant: Grant, error: IntegrityError) -> str | None:
    if "excluded_roles" in str(error):
        return _("%(user)s holds a role that excludes %(role)s in these days. Take the other one away first.") % {
            "user": grant.user.display_name,
            "role": grant.get_role_display(),
        }
    if "organization_grant_once" not in str(error):
        return None
    return _("%(user)s already is %(role)s of %(unit)s in these days.") % {
        "user": grant.user.display_name,
        "role": grant.get_role_display(),
        "unit": grant.unit.name,
    }
