"""What people learnt, where and how long: one ledger."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from personnel.models import Person


class TrainingMode(models.TextChoices):
    CENTRAL = "CENTRAL", _("central course")
    ONLINE = "ONLINE", _("online course")
    STUDY_VISIT = "STUDY_VISIT", _("study visit")
    PRACTICE = "PRACTICE", _("practice at a training base")


class TrainingRecord(models.Model):
    """One person's part in one course. Days are counted by tenths, half days being common."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trainings", verbose_name=_("person"))
    title = models.CharField(_("title"), max_length=100)
    organiser = models.CharField(_("organiser"), max_length=100)
    mode = models.CharField(_("mode"), max_length=12, choices=TrainingMode.choices)
    started = models.DateField(_("first day"))
    days = models.DecimalField(
        _("days"), max_digits=4, decimal_places=1, validators=[MinValueValidator(Decimal("0.1"))]
    )

    class Meta:
        verbose_name = _("training record")
        verbose_name_plural = _("training records")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(days__gt=0), name="training_record_days_positive"),
            models.UniqueConstraint(fields=["person", "title", "started"], name="training_record_once"),
        ]
        indexes = [models.Index(fields=["person", "started"], name="training_record_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.title}"
