"""Who somebody is."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from personnel.models.codes import PoliticalStatus, Sex


class Person(models.Model):
    """Somebody's identity; it stays when they leave."""

    name = models.CharField(_("name"), max_length=50)
    name_pinyin = models.CharField(_("name in pinyin"), max_length=150, blank=True, db_collation="C")
    identity_number = models.CharField(_("identity number"), max_length=18, unique=True, null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, null=True, blank=True)
    birth_date = models.DateField(_("born"), null=True, blank=True)
    ethnic_group = models.CharField(_("ethnic group (GB/T 3304)"), max_length=2, blank=True)
    political_status = models.CharField(
        _("political status"), max_length=20, choices=PoliticalStatus.choices, null=True, blank=True
    )
    party_joined = models.DateField(_("joined the party"), null=True, blank=True)
    registered_residence = models.CharField(_("registered residence (unit code)"), max_length=15, blank=True)
    lives_in = models.CharField(_("lives in (unit code)"), max_length=15, blank=True)
    work_started = models.DateField(_("started work"), null=True, blank=True)
    certificate_exams_failed = models.PositiveSmallIntegerField(_("certificate examinations failed"), default=0)
    background = models.CharField(_("background (codes, separated by |)"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(identity_number__isnull=True) | Q(identity_number__regex=r"^\d{17}[\dX]$"),
                name="personnel_person_identity_number_form",
            ),
        ]
        indexes = [models.Index(fields=["name_pinyin", "id"], name="personnel_person_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_identity_number(self) -> str:
        """3401**********1234: enough to tell two people of a name apart."""
        number = self.identity_number
        return f"{number[:4]}**********{number[14:]}" if number else ""
