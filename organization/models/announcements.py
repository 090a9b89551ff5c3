"""What a system administrator tells everybody who works in a unit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models.units import Unit


class Announcement(models.Model):
    """A text for whoever holds a role on the unit or below it, shown on the workplace for a range of days."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="announcements", verbose_name=_("unit"))
    text = models.CharField(_("text"), max_length=500)
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("written by"),
    )  # fmt: skip
    written = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-start", "-pk"]
        default_permissions = ()
        constraints = [
            # shown for no day at all: taken back on its first day, or before it
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="organization_announcement_range"),
            models.CheckConstraint(condition=~Q(text=""), name="organization_announcement_says_something"),
        ]
        indexes = [models.Index(fields=["end"], name="organization_announcement_end")]

    def __str__(self) -> str:
        return self.text
