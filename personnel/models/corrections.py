"""What somebody says is wrong in their file."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedCharField, SealedCheck
from personnel.models.people import Person, row_key


class CorrectionState(models.TextChoices):
    OPEN = "OPEN", _("Not decided yet")
    GRANTED = "GRANTED", _("Corrected")
    REFUSED = "REFUSED", _("Not corrected")


class CorrectionRequest(models.Model):
    """One value of a file that is wrong, what it should be and on what document (PIPL article 46).

    field: code of the registry ("education.school"). row_id: of the section's row, null for a single value of the person.
    stated: what it should be, in the asker's words. due: the day by which it is to be decided. reason: of the decision.
    Nobody decides what they asked for.
    """

    key = row_key()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    field = models.CharField(_("field"), max_length=60)
    row_id = models.BigIntegerField(_("number of the row"), null=True, blank=True)
    stated = EncryptedCharField(_("what it should be"), max_length=300)
    document = models.CharField(_("document"), max_length=200)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked = models.DateTimeField(_("asked at"), auto_now_add=True)
    due = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=CorrectionState.choices, default=CorrectionState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("request for a correction")
        verbose_name_plural = _("requests for corrections")
        default_permissions = ()
        constraints = [
            SealedCheck(fields=["stated"], name="personnel_correction_sealed"),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_by=None, decided=None)
                | (~Q(state="OPEN") & Q(decided_by__isnull=False, decided__isnull=False)),
                name="personnel_correction_decided",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="personnel_correction_four_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(state="REFUSED") | ~Q(reason=""), name="personnel_correction_refused_with_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["due", "id"], condition=Q(state="OPEN"), name="personnel_correction_open"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.field} {self.state}"
