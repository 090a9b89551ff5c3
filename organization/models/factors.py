"""What a user has beside the password."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedCharField


class SecondFactor(models.Model):
    """The key that a user's telephone shares with us; it counts from its confirmation by a first code."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="second_factor",
        verbose_name=_("user"),
    )
    secret = EncryptedCharField(max_length=64, editable=False, row=("user_id",))
    confirmed = models.DateTimeField(_("confirmed at"), null=True)
    last_step = models.BigIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(_("wrong codes in a row"), default=0)
    held_until = models.DateTimeField(_("no code is looked at until"), null=True)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """One of the codes on paper for who has lost the telephone; good once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes", verbose_name=_("user")
    )
    digest = models.CharField(max_length=64, editable=False, db_collation="C")
    used = models.DateTimeField(_("used at"), null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="organization_recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.used or '-'}"
