"""Files whose processing is restricted: they are kept, and not looked at without a reason."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from personnel.models.people import Person


class Restriction(models.Model):
    """From a day on, what is held on a person is masked in lists, exports and statistics by name (docs/decisions/0050).

    [start, end): without an end until another act lifts it. One that is not lifted a person.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    reason = models.CharField(_("reason"), max_length=300)
    document = models.CharField(_("document"), max_length=200)
    start = models.DateField(_("from"))
    end = models.DateField(_("until"), null=True, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("restricted by")
    )
    entered = models.DateTimeField(_("entered at"), auto_now_add=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("lifted by"),
    )  # fmt: skip
    lift_reason = models.CharField(_("reason of lifting"), max_length=300, blank=True)
    lift_document = models.CharField(_("document of lifting"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("restriction of processing")
        verbose_name_plural = _("restrictions of processing")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(end=None), name="personnel_restriction_once"),
            models.CheckConstraint(condition=Q(end=None) | Q(end__gte=F("start")), name="personnel_restriction_days"),
            models.CheckConstraint(
                condition=Q(end=None, lifted_by=None)
                | (Q(end__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason="") & ~Q(lift_document="")),
                name="personnel_restriction_lifted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.start}"
