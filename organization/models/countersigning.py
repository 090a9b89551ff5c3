"""What one user asks for and another has to agree to before it is done."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Countersignature(models.Model):
    """A request for a second signature under one act: it is good once, for exactly what was asked, until it expires.

    digest: SHA-256 of the act and of everything that it depends on. permission and paths: whoever agrees holds the
    permission on every one of these parts of the tree. agreed: None while nobody has decided.
    """

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    action = models.CharField(_("action"), max_length=80)
    digest = models.CharField(max_length=64, editable=False, db_collation="C")
    about = models.CharField(_("what is asked for"), max_length=200)
    rows = models.PositiveIntegerField(_("rows"))
    permission = models.CharField(max_length=30, editable=False)
    paths = ArrayField(models.TextField(), editable=False)
    asked_at = models.DateTimeField(_("asked at"))
    expires = models.DateTimeField(_("holds until"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    agreed = models.BooleanField(_("agreed"), null=True)
    used_at = models.DateTimeField(_("used at"), null=True)

    class Meta:
        verbose_name = _("second signature")
        verbose_name_plural = _("second signatures")
        default_permissions = ()
        indexes = [
            models.Index(fields=["asked_by", "digest"], name="organization_countersign_act"),
            models.Index(fields=["expires"], condition=Q(agreed__isnull=True), name="organization_countersign_wait"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="organization_countersign_by_another",
                violation_error_message=_("Nobody agrees to what they asked for."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, agreed__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, agreed__isnull=False),
                name="organization_countersign_whole",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(agreed=True), name="organization_countersign_used"
            ),
            # Nowhere would be everybody's.
            models.CheckConstraint(condition=~Q(paths=[]), name="organization_countersign_somewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.action} · {self.about}"
