"""Party organisations: a tree of their own beside the tree of units, down to households.

An organisation goes on through its forms: what it was called, what kind it was, to which it belonged and where, each for a
range of days. Its secretary is who holds the post in its unit (`PARTY_SECRETARY`, `BRANCH_SECRETARY`): nobody is entered
twice.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import DateRange, Unit
from personnel.models.people import Person
from personnel.models.ranges import one_at_a_time, range_check
from personnel.rules.party import COMMUNITY, LEVELS, STREET

UNTIL = _("until (first day on which it no longer holds)")


class PartyKind(models.TextChoices):
    STREET_COMMITTEE = "STREET_COMMITTEE", _("party committee of a street or town")
    COMMITTEE = "COMMITTEE", _("party committee of a community")
    GENERAL_BRANCH = "GENERAL_BRANCH", _("general party branch of a community")
    BRANCH = "BRANCH", _("party branch of a community")
    AREA_BRANCH = "AREA_BRANCH", _("party branch of an estate or grid")
    AREA_GROUP = "AREA_GROUP", _("party group of a grid")
    BUILDING_GROUP = "BUILDING_GROUP", _("party group of a building")


class HouseholdKind(models.TextChoices):
    MEMBERS = "MEMBERS", _("party member's central household")
    CONTACT = "CONTACT", _("contact household of a grid worker")


def _levels() -> Q:
    """Each kind on its level."""
    return reduce(or_, (Q(kind=kind, level=level) for kind, level in LEVELS.items()))


class PartyOrganization(models.Model):
    """What stays the same of an organisation: its level (see `personnel.rules.party`) and the days of its life."""

    level = models.PositiveSmallIntegerField(_("level"), editable=False)
    start = models.DateField(_("from"))
    end = models.DateField(UNTIL, null=True, blank=True)

    class Meta:
        verbose_name = _("party organisation")
        verbose_name_plural = _("party organisations")
        default_permissions = ()
        constraints = [
            range_check("personnel_party_range"),
            models.CheckConstraint(condition=Q(level__gte=STREET, level__lte=4), name="personnel_party_level"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.start}"


class PartyForm(models.Model):
    """What an organisation is from a day until another: one at a time. `level` repeats the organisation's."""

    organization = models.ForeignKey(
        PartyOrganization, on_delete=models.PROTECT, related_name="forms", verbose_name=_("party organisation")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=PartyKind.choices)
    level = models.PositiveSmallIntegerField(_("level"), editable=False)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        PartyOrganization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="below",
        verbose_name=_("belongs to"),
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    start = models.DateField(_("from"))
    end = models.DateField(UNTIL, null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("form of a party organisation")
        verbose_name_plural = _("forms of party organisations")
        default_permissions = ()
        constraints = [
            range_check("personnel_party_form_range"),
            models.CheckConstraint(condition=_levels(), name="personnel_party_form_level"),
            models.CheckConstraint(
                condition=Q(level=STREET, parent__isnull=True) | (Q(level__gt=STREET) & Q(parent__isnull=False)),
                name="personnel_party_form_only_streets_are_roots",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="personnel_party_form_name"),
            one_at_a_time(
                "personnel_party_form_one_at_a_time",
                ("organization",),
                _("This party organisation has another form in these days."),
            ),
            one_at_a_time(
                "personnel_party_form_name_once_at_a_time",
                ("parent", "name"),
                _("There is a party organisation of this name below the same one in these days."),
            ),
            ExclusionConstraint(
                name="personnel_party_form_one_of_a_unit_at_a_time",
                expressions=[
                    (F("unit"), RangeOperators.EQUAL),
                    (F("level"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
                condition=Q(level__in=(STREET, COMMUNITY)),
                violation_error_message=_("This unit has a party organisation of this level in these days already."),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "level"], name="personnel_party_form_by_unit"),
            models.Index(fields=["parent", "start"], name="personnel_party_form_by_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class PartyArea(models.Model):
    """An estate that a branch covers: an estate has one branch at a time, a branch may cover several estates."""

    organization = models.ForeignKey(
        PartyOrganization, on_delete=models.PROTECT, related_name="areas", verbose_name=_("party organisation")
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("estate or grid"))
    start = models.DateField(_("from"))
    end = models.DateField(UNTIL, null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("estate of a branch")
        verbose_name_plural = _("estates of branches")
        default_permissions = ()
        constraints = [
            range_check("personnel_party_area_range"),
            one_at_a_time(
                "personnel_party_area_one_branch_at_a_time",
                ("unit",),
                _("This estate or grid belongs to another branch in these days."),
            ),
        ]
        indexes = [models.Index(fields=["organization", "start"], name="personnel_party_area_by_org")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.start}"


class PartyHousehold(models.Model):
    """A household at the end of the tree, and who answers for it: a person on record, or a name."""

    organization = models.ForeignKey(
        PartyOrganization, on_delete=models.PROTECT, related_name="households", verbose_name=_("party organisation")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=HouseholdKind.choices)
    name = models.CharField(_("household"), max_length=100)
    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="households",
        verbose_name=_("responsible person"),
    )
    responsible = models.CharField(_("name of who is responsible"), max_length=50, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(UNTIL, null=True, blank=True)
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("household of a party organisation")
        verbose_name_plural = _("households of party organisations")
        default_permissions = ()
        constraints = [
            range_check("personnel_household_range"),
            models.CheckConstraint(
                condition=~Q(name="") & (Q(person__isnull=False) | ~Q(responsible="")),
                name="personnel_household_somebody",
                violation_error_message=_("Say which household it is and who answers for it."),
            ),
            one_at_a_time(
                "personnel_household_once_at_a_time",
                ("organization", "kind", "name"),
                _("This household is with this party organisation in these days already."),
            ),
        ]
        indexes = [models.Index(fields=["organization", "start"], name="personnel_household_by_org")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.name}"
