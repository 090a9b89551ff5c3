"""Approved numbers of seats: for a unit in a period, by a document, and how they are shared out below it."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organization.models import DateRange, Unit


class PlanState(models.TextChoices):
    OPEN = "OPEN", _("in force")
    CLOSED = "CLOSED", _("ended")


class IssuerLevel(models.TextChoices):
    """Of which level the authority is that approved a number."""

    PROVINCE = "PROVINCE", _("Province")
    CITY = "CITY", _("City")
    COUNTY = "COUNTY", _("County or district")
    STREET = "STREET", _("Street or town")


class QuotaPlan(models.Model):
    """A document approves seats for a unit and all below it, for a range of days. The number is that of its root.

    `start` is the first day, `end` the first on which it no longer holds. A plan that ended on its first day never
    held: it was entered by mistake.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100)
    issuer = models.CharField(_("issued by"), max_length=100)
    level = models.CharField(_("level of the issuer"), max_length=10, choices=IssuerLevel.choices)
    state = models.CharField(_("state"), max_length=10, choices=PlanState.choices, default=PlanState.OPEN)

    class Meta:
        verbose_name = _("staffing plan")
        verbose_name_plural = _("staffing plans")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="staffing_plan_range"),
            models.CheckConstraint(
                condition=~Q(state=PlanState.CLOSED) | Q(end__isnull=False), name="staffing_plan_closed_has_an_end"
            ),
            models.CheckConstraint(condition=~Q(document=""), name="staffing_plan_has_a_document"),
            ExclusionConstraint(
                name="staffing_plan_one_of_a_unit_at_a_time",
                expressions=[
                    (F("unit"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.document} · {self.start}–{self.end or ''}"


class QuotaAllocation(models.Model):
    """How many seats of a plan a unit has. `parent` is what it was shared out from; the root of a plan has none.

    A deferred trigger keeps what lies below within what it was shared out from, and all of it in one plan.
    """

    plan = models.ForeignKey(QuotaPlan, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("plan"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("shared from")
    )
    number = models.IntegerField(_("seats"))
    reason = models.CharField(_("why more people than seats"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("allocation of seats")
        verbose_name_plural = _("allocations of seats")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit"], name="staffing_allocation_once"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(parent__isnull=True), name="staffing_allocation_one_root"
            ),
            models.CheckConstraint(condition=Q(number__gte=0), name="staffing_allocation_number"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.number}"


class SeatFreeze(models.Model):
    """Seats of a unit that nobody may fill from `start` until (and without) `end`, by a document; seats that are filled
    stay so until their holders leave. One that is lifted on its first day never held.

    It hangs on the unit and not on a plan: a plan that follows doesn't thaw it.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    number = models.IntegerField(_("seats"))
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=100)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("freeze of seats")
        verbose_name_plural = _("freezes of seats")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="staffing_freeze_number"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="staffing_freeze_range"
            ),
            models.CheckConstraint(condition=~Q(document=""), name="staffing_freeze_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.number} · {self.start}–{self.end or ''}"


def holds_on(day: date, prefix: str = "") -> Q:
    """The condition that a plan or a freeze holds on a day."""
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day}))
