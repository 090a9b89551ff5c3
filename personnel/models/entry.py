"""What is being typed and not yet sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedJSONField


class DraftKind(models.TextChoices):
    NEW_PERSON = "NEW_PERSON", _("New person")


class Draft(models.Model):
    """What a user has typed into the pages of an entry so far, as it was typed: nobody else sees it.

    values: page of the entry → name of the input → its texts ({"identity": {"name": ["王芳"]}}). version: counts the
    writings, so that of two windows on one draft the older does not overwrite the newer unseen.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts", verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=DraftKind.choices)
    title = models.CharField(_("title"), max_length=100, blank=True)
    values = EncryptedJSONField(_("values"), default=dict, encoder=DjangoJSONEncoder)
    version = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(_("begun at"), auto_now_add=True)
    changed = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-changed", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["user", "-changed"], name="personnel_draft_by_user")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.title}".strip()
