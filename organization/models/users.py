"""The people who log in, what they may do where, and the tokens of their programs."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from organization.models.roles import BUSINESS, Role
from organization.models.units import DateRange, Unit


class User(AbstractUser):
    """Somebody who logs in. What they may do comes from grants on units alone; the flags of Django give nothing.

    unit: where they are looked after, also before their first role and after their last; it allows them nothing.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=60)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("belongs to")
    )
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    password_chosen = models.DateTimeField(_("password chosen at"), null=True, editable=False)
    introduced = models.DateTimeField(_("closed the introduction at"), null=True, editable=False)
    one_time_until = models.DateTimeField(_("one-time password holds until"), null=True, editable=False)

    REQUIRED_FIELDS = ["display_name"]

    # What the token that was shown may be used for at most; None where there is none, or one for everything.
    limited_to: frozenset[str] | None = None
    # Their grants, where they were read with the token that was shown (organization/access.py).
    grants_told: str | None = None

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def unit_code(self) -> str:
        """The code of the unit that looks after them; empty where none does."""
        return self.unit.code if self.unit is not None else ""

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class PasswordPast(models.Model):
    """A password that its user had, as its hash, so that it is not taken again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="past_passwords", verbose_name=_("user")
    )
    password = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("earlier password")
        verbose_name_plural = _("earlier passwords")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)


class Grant(models.Model):
    """A user's role on a unit and everything below it, for a range of days."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants", verbose_name=_("user")
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants", verbose_name=_("unit"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    family = models.CharField(max_length=10, editable=False)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("granted by"),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="")
    document = models.CharField(_("document"), max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="organization_grant_range"
            ),
            models.CheckConstraint(
                condition=Q(role=Role.AUDITOR, family="AUDIT")
                | Q(role=Role.SYSTEM_ADMIN, family="SYSTEM")
                | Q(role=Role.SECURITY_ADMIN, family="SECURITY")
                | (~Q(role__in=[Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN]) & Q(family=BUSINESS)),
                name="organization_grant_family_of_role",
            ),
            ExclusionConstraint(
                name="organization_grant_excluded_roles",
                expressions=[
                    (F("user"), RangeOperators.EQUAL),
                    (F("family"), RangeOperators.NOT_EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The administrator roles exclude each other and every business role."),
            ),
            ExclusionConstraint(
                name="organization_grant_once",
                expressions=[
                    (F("user"), RangeOperators.EQUAL),
                    (F("unit"), RangeOperators.EQUAL),
                    (F("role"), RangeOperators.EQUAL),
                    (DateRange(F("valid_from"), F("valid_to")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit}"


class UnitUserObjectPermission(UserObjectPermissionBase):
    """One permission of one user on one unit, worked out from the grants by the services that change those.

    Guardian's direct foreign-key form: deleting the unit deletes the row, so that a re-used key inherits nothing. A row
    says what; the grants behind it say when, and access.py asks both at every request: what rests on a grant that has run
    out is worth nothing although the row is still there. Guardian's own `has_perm` knows no dates: only access.py asks.
    """

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ()
        indexes = [models.Index(fields=["user", "permission"], name="organization_unitperm_user")]


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256 as 64 hexadecimal characters. A token of 256 random bits needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """What a program shows instead of a password: "prefix.secret", of which only the prefix and a hash are kept.

    permissions: the most that it may be used for, of what its user may do; None for all of that.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("user")
    )
    label = models.CharField(_("label"), max_length=60)
    prefix = models.CharField(_("prefix"), max_length=8, unique=True, db_collation="C")
    digest = models.CharField(max_length=64, editable=False)
    permissions = ArrayField(models.CharField(max_length=30), verbose_name=_("may be used to"), null=True)
    created = models.DateTimeField(_("created"))
    expires = models.DateTimeField(_("holds until"))
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-created", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^[0-9a-f]{8}$"), name="organization_token_prefix"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="organization_token_digest"),
            models.CheckConstraint(condition=Q(expires__gt=F("created")), name="organization_token_range"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} · {self.user} · {self.label}"


class TokenUse(models.Model):
    """How a token was used on a day: one row, however many requests.

    refused: of them, those that were answered 401, 403, 404 or 429; sent: bytes of answers that were not sent piece by
    piece; address and last: of the newest request.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="uses", db_index=False)
    day = models.DateField(_("day"))
    requests = models.PositiveBigIntegerField(_("requests"), default=0)
    refused = models.PositiveBigIntegerField(_("refused requests"), default=0)
    sent = models.PositiveBigIntegerField(_("bytes sent"), default=0)
    address = models.GenericIPAddressField(_("last address"), null=True)
    last = models.DateTimeField(_("last request"))

    class Meta:
        verbose_name = _("use of a token")
        verbose_name_plural = _("uses of tokens")
        ordering = ["-day"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["token", "day"], name="organization_tokenuse_once"),
            models.CheckConstraint(condition=Q(refused__lte=F("requests")), name="organization_tokenuse_refused"),
        ]
        indexes = [models.Index(fields=["day"], name="organization_tokenuse_day")]

    def __str__(self) -> str:
        return f"{self.token_id} · {self.day} {self.requests}"
