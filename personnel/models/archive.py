"""One file a person: its items by category, who keeps it, and who has borrowed it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organization.models import Unit
from personnel.models.codes import ArchiveCategory, CustodianKind
from personnel.models.people import Person, StoredFile
from personnel.models.ranges import one_at_a_time, range_check


class Archive(models.Model):
    """The personnel archive of one person (一人一档)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="archive", verbose_name=_("person"))
    number = models.CharField(_("archive number"), max_length=40, unique=True)
    opened = models.DateField(_("opened"))
    shelf = models.CharField(_("where it stands"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        default_permissions = ()

    def __str__(self) -> str:
        return self.number


class ArchiveItem(models.Model):
    """A paper of the archive: category, what it is, its day, and the scan if there is one."""

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="items", verbose_name=_("archive"))
    category = models.CharField(_("category"), max_length=2, choices=ArchiveCategory.choices)
    title = models.CharField(_("title"), max_length=150)
    document = models.CharField(_("document"), max_length=100, blank=True)
    issuer = models.CharField(_("issued by"), max_length=100, blank=True)
    day = models.DateField(_("day"))
    pages = models.PositiveSmallIntegerField(_("pages"), default=1)
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan")
    )

    # What it comes from where it has filed itself ("assessment.2025"): one paper of a source.
    source = models.CharField(max_length=60, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("item of the archive")
        verbose_name_plural = _("items of the archive")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["archive", "source"], condition=~Q(source=""), name="personnel_item_filed_once"
            ),
        ]
        indexes = [models.Index(fields=["archive", "category", "day"], name="personnel_item_by_archive")]

    def __str__(self) -> str:
        return self.title


class Custody(models.Model):
    """Who has to keep an archive; it follows from the posts held, and one has it at a time.

    handed_over: the day on which the papers really changed hands, which the custodian acknowledges.
    """

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="custodies", verbose_name=_("archive"))
    kind = models.CharField(_("custodian"), max_length=24, choices=CustodianKind.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("of"))
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    handed_over = models.DateField(_("handed over"), null=True, blank=True)
    received_by = models.CharField(_("received by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("custody")
        verbose_name_plural = _("custodies")
        default_permissions = ()
        constraints = [
            range_check("personnel_custody_range"),
            one_at_a_time(
                "personnel_custody_one_at_a_time",
                ("archive",),
                _("Somebody else keeps this archive in these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.archive} · {self.unit}"


class Loan(models.Model):
    """An archive lent out: to whom, for what, until when."""

    archive = models.ForeignKey(Archive, on_delete=models.PROTECT, related_name="loans", verbose_name=_("archive"))
    borrower = models.CharField(_("borrower"), max_length=60)
    organisation = models.CharField(_("of"), max_length=100, blank=True)
    purpose = models.CharField(_("purpose"), max_length=150)
    approved_by = models.CharField(_("approved by"), max_length=60, blank=True)
    start = models.DateField(_("lent"))
    due = models.DateField(_("due"))
    end = models.DateField(_("returned"), null=True, blank=True)

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        default_permissions = ()
        constraints = [
            range_check("personnel_loan_range"),
            models.CheckConstraint(
                condition=Q(due__gte=models.F("start")),
                name="personnel_loan_due",
                violation_error_message=_("The archive would be due before it is lent."),
            ),
            models.UniqueConstraint(
                fields=["archive"],
                condition=Q(end__isnull=True),
                name="personnel_loan_one_at_a_time",
                violation_error_message=_("This archive is lent out already. Enter its return first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.archive} · {self.borrower}"
