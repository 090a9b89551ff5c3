"""Who is logged in where."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def session_digest(key: str) -> str:
    """What is stored of a session's key: SHA-256 as 64 hexadecimal characters, so that a copy of the table opens none."""
    return hashlib.sha256(key.encode()).hexdigest()


class Session(models.Model):
    """A browser that somebody is logged in with, or in which somebody is about to log in (then without a user)."""

    session_key = models.CharField(max_length=64, unique=True, db_collation="C", editable=False)
    session_data = models.TextField(editable=False)
    expire_date = models.DateTimeField(_("ends at the latest"), db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions", verbose_name=_("user")
    )
    address = models.CharField(_("address"), max_length=45, blank=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)
    begun = models.DateTimeField(_("since"))
    seen = models.DateTimeField(_("last seen"))
    proven = models.DateTimeField(_("when the user last proved who they are"), null=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-seen", "-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user or '-'} · {self.address} · {self.begun:%Y-%m-%d %H:%M}"
