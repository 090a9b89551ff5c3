"""The sections of somebody's file."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organization.models import Unit
from personnel.models.codes import (
    CertificateLevel,
    Completion,
    Degree,
    DisciplineKind,
    EducationLevel,
    HonourKind,
    HonourLevel,
    StudyMode,
)
from personnel.models.people import Person
from personnel.models.ranges import range_check


class Education(models.Model):
    """A school and how it ended; only studies with a diploma (GRADUATED) count as somebody's education anywhere.

    graduated: the day on which the studies ended, however they did.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="educations", verbose_name=_("person"))
    level = models.CharField(_("education"), max_length=12, choices=EducationLevel.choices)
    completion = models.CharField(
        _("completion of studies"),
        max_length=10,
        choices=Completion.choices,
        default=Completion.GRADUATED,
        db_default="GRADUATED",
    )
    degree = models.CharField(_("degree"), max_length=10, choices=Degree.choices, null=True, blank=True)
    study_mode = models.CharField(_("mode of study"), max_length=12, choices=StudyMode.choices, null=True, blank=True)
    school = models.CharField(_("school"), max_length=100, blank=True)
    major = models.CharField(_("major"), max_length=100, null=True, blank=True)
    start = models.DateField(_("began"), null=True, blank=True)
    graduated = models.DateField(_("graduated"))
    number = models.CharField(_("diploma number"), max_length=60, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("education")
        verbose_name_plural = _("education")
        default_permissions = ()
        constraints = [range_check("personnel_education_range", "start", "graduated")]
        indexes = [models.Index(fields=["person", "graduated"], name="personnel_education_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_level_display()}"


class Certificate(models.Model):
    """A certificate of the social worker's examination; `appointed_from`: appointed to that level from a day on."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificates", verbose_name=_("person"))
    level = models.CharField(_("level"), max_length=14, choices=CertificateLevel.choices)
    number = models.CharField(_("number"), max_length=40, unique=True)
    issued = models.DateField(_("issued"))
    appointed_from = models.DateField(_("appointed from"), null=True, blank=True)
    registered_from = models.DateField(_("registered from"), null=True, blank=True)
    registered_until = models.DateField(_("registered until (first day after)"), null=True, blank=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        default_permissions = ()
        constraints = [
            range_check("personnel_certificate_range", "issued", "appointed_from"),
            range_check("personnel_certificate_registered", "registered_from", "registered_until"),
        ]
        indexes = [models.Index(fields=["person", "issued"], name="personnel_certificate_person")]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.number}"


class PartyMembership(models.Model):
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="party_membership", verbose_name=_("person")
    )
    joined = models.DateField(_("joined"))
    confirmed = models.DateField(_("confirmed"), null=True, blank=True)
    branch = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("branch")
    )

    class Meta:
        verbose_name = _("party membership")
        verbose_name_plural = _("party memberships")
        default_permissions = ()
        constraints = [range_check("personnel_party_membership_range", "joined", "confirmed")]

    def __str__(self) -> str:
        return f"{self.person} · {self.joined}"


class Honour(models.Model):
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="honours", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=24, choices=HonourKind.choices)
    level = models.CharField(_("level"), max_length=12, choices=HonourLevel.choices)
    title = models.CharField(_("title"), max_length=100, blank=True)
    day = models.DateField(_("day"))
    issuer = models.CharField(_("issued by"), max_length=100, blank=True, default="", db_default="")
    document = models.CharField(_("document"), max_length=100, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("honour")
        verbose_name_plural = _("honours")
        default_permissions = ()
        indexes = [models.Index(fields=["person", "day"], name="personnel_honour_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.title or self.get_kind_display()}"


class Discipline(models.Model):
    """A disciplinary measure and the days on which it has effect."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="disciplines", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=24, choices=DisciplineKind.choices)
    start = models.DateField(_("from"))
    effect_end = models.DateField(_("has effect until (first day after)"), null=True, blank=True)
    issuer = models.CharField(_("issued by"), max_length=100, blank=True, default="", db_default="")
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("discipline")
        verbose_name_plural = _("disciplines")
        default_permissions = ()
        constraints = [range_check("personnel_discipline_range", "start", "effect_end")]
        indexes = [models.Index(fields=["person", "start"], name="personnel_discipline_by_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_kind_display()}"
