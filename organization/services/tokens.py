"""Tokens with which programs ask for what their user may ask for. The token itself is handed out once and kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.services import audit
from organization.access import may_somewhere, require_over, rights_of
from organization.models import ApiToken, Permission, TokenUse, User, token_digest

DAYS = 365
LONGEST = 5 * 365
USED_EVERY = timedelta(hours=1)
USES_KEPT = 400  # days of which it is kept how a token was used


@transaction.atomic
def token_give(
    *, actor: User | None, user: User, label: str, days: int = DAYS, permissions: Iterable[str] | None = None
) -> tuple[ApiToken, str]:
    """A new token of a user for `days` days; returns the row and the token itself, which is nowhere else.

    `permissions` are the most that it may be used for, None for all that its user may do; the actor gives roles
    wherever the user has one. Raises Refused with everything that is wrong: no label, days outside 1 … 1825, a user who
    is inactive or may not use the programming interface anywhere, permissions that no role of the user's has.
    """
    if actor is not None:
        require_over(actor, Permission.CHANGE_GRANTS, user)
        if actor.pk == user.pk:
            raise NotAllowed(_("Nobody gives a token to themselves."))
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    label = label.strip()
    scope = None if permissions is None else sorted({*permissions, Permission.USE_API.value})
    errors, fields = [], {}
    if not 1 <= len(label) <= 60:
        fields["label"] = [_("Give the token a label of 1 to 60 characters that says which program uses it.")]
    if not 1 <= days <= LONGEST:
        text = _("A token holds for 1 to %(most)s days, not for %(days)s.")
        fields["days"] = [text % {"most": LONGEST, "days": days}]
    errors += [text for texts in fields.values() for text in texts]
    if not user.is_active:
        errors.append(_("%(user)s is not active and can't have a token.") % {"user": user})
    elif not may_somewhere(user, Permission.USE_API):
        errors.append(
            _("%(user)s may not use the programming interface. Give the role of a REST client on a unit first.")
            % {"user": user}
        )
    elif scope is not None and (beyond := set(scope) - set(rights_of(user).scopes)):
        labels = [str(Permission(name).label) for name in sorted(beyond) if name in Permission.values]
        fields["permissions"] = [
            _("%(user)s may not do this themselves: %(labels)s.") % {"user": user, "labels": "; ".join(labels)}
        ]
        errors += fields["permissions"]
    if errors:
        raise Refused(errors, fields)
    # The part that recognises a token is drawn by itself: what is stored readably is no part of the 256 secret bits.
    prefix = secrets.token_hex(4)
    token = f"{prefix}.{secrets.token_urlsafe(32)}"
    now = timezone.now()
    row = ApiToken(
        user=user,
        label=label,
        prefix=prefix,
        digest=token_digest(token),
        permissions=scope,
        created=now,
        expires=now + timedelta(days),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("The token could not be created. Repeat it.")) from error
    audit(
        actor=actor,
        action="organization.token.give",
        obj=row,
        unit_code=user.unit_code,
        after={
            "user": user.username,
            "label": label,
            "prefix": prefix,
            "permissions": scope,
            "expires": row.expires.isoformat(),
        },
    )
    return row, token


@transaction.atomic
def token_revoke(*, actor: User | None, prefix: str) -> ApiToken:
    """The token of this prefix is worth nothing from now on; one's own, or as for giving one.

    Raises NotFound, and Conflict if it is revoked already.
    """
    row = (
        ApiToken.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user")
        .filter(prefix=prefix.strip().lower())
        .first()
    )
    if row is None:
        raise NotFound(_("There is no token %(prefix)s.") % {"prefix": prefix})
    if actor is not None and actor.pk != row.user_id:
        require_over(actor, Permission.CHANGE_GRANTS, row.user)
    if row.revoked is not None:
        raise Conflict(
            _("The token %(prefix)s is revoked since %(day)s.")
            % {"prefix": row.prefix, "day": timezone.localdate(row.revoked)}
        )
    row.revoked = timezone.now()
    row.save(update_fields=["revoked"])
    audit(
        actor=actor,
        action="organization.token.revoke",
        obj=row,
        unit_code=row.user.unit_code,
        before={"user": row.user.username, "label": row.label, "prefix": row.prefix, "revoked": None},
        after={"revoked": row.revoked.isoformat()},
    )
    return row


def token_used(*, token: ApiToken, now: datetime) -> bool:
    """Write down that a token is in use, at most once an hour; returns whether anything was written.

    One conditional UPDATE, so that requests at the same time write once.
    """
    stale = Q(last_used__isnull=True) | Q(last_used__lte=now - USED_EVERY)
    if token.last_used is not None and token.last_used > now - USED_EVERY:
        return False
    return bool(ApiToken.objects.filter(stale, pk=token.pk).update(last_used=now))


def token_counted(*, token: int, refused: bool, sent: int, address: str | None, now: datetime) -> None:
    """Add a request to the day's row of a token, whichever process and however many at once: one statement.

    sent: bytes. Its commit waits for no disk: a server that dies loses the counts of a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_token_count(%s, %s, %s, %s, %s::inet, %s)",
            [token, timezone.localdate(now), int(refused), sent, address, now],
        )


def token_uses_forget(*, today: date) -> int:
    """Remove the days that nobody needs any more. Returns how many rows."""
    return TokenUse.objects.filter(day__lt=today - timedelta(USES_KEPT)).delete()[0]
