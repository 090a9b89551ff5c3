"""The deletion of files whose time is over: one proposes, another confirms, and what is left is a certificate."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MOST_FILES = 50  # of one deletion: a page of the list


class Deletion(models.Model):
    """A proposal to delete the files of some people; confirmed and carried out, the certificate of it.

    people: numbers of people, who may be gone; unit_path: the lowest place above all that their files belong to.
    confirmed: None while nobody has decided. report: what was deleted and kept, table by table, without a word of
    anybody: {"files", "stubs", "deleted": {table: rows}, "emptied": …, "kept": …, "redacted"}; digest: SHA-256 of the
    certificate. Both are written by the owner's function (cwms/retention), which is also what deletes.
    """

    people = ArrayField(models.BigIntegerField(), verbose_name=_("files"), editable=False)
    unit_path = models.TextField(db_collation="C", editable=False)
    document = models.CharField(_("document"), max_length=200)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who decided")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    confirmed = models.BooleanField(_("is confirmed"), null=True)
    reason = models.CharField(_("reason of the refusal"), max_length=300, blank=True)
    report = models.JSONField(_("what was deleted and kept"), null=True, editable=False)
    digest = models.CharField(_("digest"), max_length=64, blank=True, editable=False, db_collation="C")

    class Meta:
        verbose_name = _("deletion of files")
        verbose_name_plural = _("deletions of files")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["unit_path", "-id"], name="personnel_deletion_by_unit")]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="personnel_deletion_by_another",
                violation_error_message=_("Nobody confirms what they proposed."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, confirmed__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, confirmed__isnull=False),
                name="personnel_deletion_whole",
            ),
            models.CheckConstraint(
                condition=Q(report__isnull=True, digest="")
                | Q(report__isnull=False, confirmed=True, digest__regex=r"^[0-9a-f]{64}$"),
                name="personnel_deletion_certified",
            ),
            models.CheckConstraint(
                condition=~Q(people=[]) & ~Q(unit_path="") & Q(people__len__lte=MOST_FILES),
                name="personnel_deletion_some",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """By which the certificate is named."""
        return f"D{self.pk:06d}"
