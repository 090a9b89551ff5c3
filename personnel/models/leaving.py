"""What somebody hands over before they leave, and where their archive goes when they have left."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from personnel.models.archive import Archive
from personnel.models.codes import HandoverKind
from personnel.models.employment import Employment


class HandoverItem(models.Model):
    """A thing that is to be handed over before an employment ends: settled by whoever takes it over, or by a reason why
    it stays open.
    """

    employment = models.ForeignKey(
        Employment, on_delete=models.PROTECT, related_name="handover", verbose_name=_("employment")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=HandoverKind.choices)
    what = models.CharField(_("what exactly"), max_length=200, blank=True, default="", db_default="")
    receiver = models.CharField(_("taken over by"), max_length=60, blank=True, default="", db_default="")
    signed = models.DateField(_("signed on"), null=True, blank=True)
    left_open = models.CharField(_("why it stays open"), max_length=300, blank=True, default="", db_default="")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("entered by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("thing to hand over")
        verbose_name_plural = _("things to hand over")
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["employment", "kind", "what"], name="personnel_handover_once"),
            models.CheckConstraint(
                condition=Q(signed__isnull=True, receiver="")
                | (Q(signed__isnull=False, left_open="") & ~Q(receiver="")),
                name="personnel_handover_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.what}".strip()

    @property
    def is_open(self) -> bool:
        return self.signed is None and not self.left_open


class ArchiveDispatch(models.Model):
    """An archive sent to whoever keeps it from now on (转递): under which number, and with which receipt it came back."""

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="dispatches", verbose_name=_("archive"))
    destination = models.CharField(_("sent to"), max_length=100)
    number = models.CharField(_("dispatch number"), max_length=60, unique=True)
    sent = models.DateField(_("sent on"))
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("sent by"),
    )  # fmt: skip
    receipt = models.CharField(_("receipt"), max_length=100, blank=True, default="", db_default="")
    received = models.DateField(_("received on"), null=True, blank=True)
    returned = models.DateField(_("came back on"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispatch of an archive")
        verbose_name_plural = _("dispatches of archives")
        default_permissions = ()
        ordering = ["sent", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["archive"], condition=Q(returned__isnull=True), name="personnel_dispatch_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(received__isnull=True, receipt="")
                | (Q(received__isnull=False, received__gte=F("sent")) & ~Q(receipt="")),
                name="personnel_dispatch_receipt",
            ),
            models.CheckConstraint(
                condition=Q(returned__isnull=True) | Q(returned__gte=F("sent")), name="personnel_dispatch_returned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.destination}"
