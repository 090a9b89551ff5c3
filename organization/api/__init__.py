"""What every endpoint for programs stands behind: who asks (a token), whether they may at all, and how often."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from organization.access import may_somewhere
from organization.models import ApiToken, Permission, User
from organization.selectors import token_for_system
from organization.services import token_used

KEYWORD = "Bearer"


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`. A header that is there and not good is refused, also beside a session that is.

    Only who shows the whole token is told why it no longer holds.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != KEYWORD.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Write the header as “Authorization: Bearer” and the token."), "bad_token")
        row = token_for_system(words[1].decode("latin-1"))
        if row is None:
            raise AuthenticationFailed(_("There is no such token. Ask the administrator for a new one."), "bad_token")
        now = timezone.now()
        request._request.token_shown = row.pk  # type: ignore[attr-defined]  # counted with its answer, also a refusal
        words_of_row = {"label": row.label, "user": row.user}
        if row.revoked is not None:
            raise AuthenticationFailed(
                _("The token “%(label)s” of %(user)s is revoked since %(day)s. Ask the administrator for a new one.")
                % (words_of_row | {"day": timezone.localdate(row.revoked)}),
                "token_revoked",
            )
        if row.expires <= now:
            raise AuthenticationFailed(
                _("The token “%(label)s” of %(user)s held until %(day)s. Ask the administrator for a new one.")
                % (words_of_row | {"day": timezone.localdate(row.expires)}),
                "token_expired",
            )
        if not row.user.is_active:
            raise AuthenticationFailed(
                _("%(user)s, to whom the token “%(label)s” belongs, is no longer active.") % words_of_row,
                "user_inactive",
            )
        token_used(token=row, now=now)
        row.user.limited_to = None if row.permissions is None else frozenset(row.permissions)
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="cwms"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document speaks of tokens."""

    target_class = "organization.api.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `manage.py token give`, in the header `Authorization: Bearer …`.",
        }


class MayUseInterface(BasePermission):
    """Only those who hold the interface permission somewhere; which rows they see is the selectors' business."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return may_somewhere(request.user, Permission.USE_API)


class PerToken(UserRateThrottle):
    """At most CWMS_API_RATE requests a token (a user, where there is a session); without a rate there is no limit."""

    scope = "token"

    def get_rate(self) -> str | None:
        return settings.CWMS_API_RATE or None

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, ApiToken):
            return self.cache_format % {"scope": self.scope, "ident": f"token-{request.auth.pk}"}
        return super().get_cache_key(request, view)
