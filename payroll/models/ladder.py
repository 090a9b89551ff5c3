"""Values on the ladders of a policy, and the reviews that change them."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import BatchBase, RunBase
from organization.models import DateRange, Unit
from payroll.models.wording import ladder_text
from personnel.models import Person


class GradeSpan(models.Model):
    """The value a person has on a scale of the policy in a range of days (岗位等级, 工资档次), and why."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grade_spans", verbose_name=_("person"))
    scale = models.CharField(_("scale"), max_length=40)
    value = models.PositiveSmallIntegerField(_("value"))
    start = models.DateField(_("from"))
    end = models.DateField(_("until (first day on which it no longer holds)"), null=True, blank=True)
    code = models.CharField(_("reason"), max_length=40)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    run = models.ForeignKey(
        "PromotionRun", on_delete=models.PROTECT, null=True, blank=True, related_name="spans", verbose_name=_("run")
    )

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ["person", "scale", "start"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=1), name="payroll_gradespan_value_from_1"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="payroll_gradespan_range"
            ),
            ExclusionConstraint(
                name="payroll_gradespan_one_at_a_time",
                expressions=[
                    (F("person"), RangeOperators.EQUAL),
                    (F("scale"), RangeOperators.EQUAL),
                    (DateRange(F("start"), F("end")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.scale} {self.value}"

    @property
    def reason(self) -> str:
        return ladder_text(self.code, self.params)


class PromotionKind(models.TextChoices):
    REVIEW = "REVIEW", _("Review")
    PLACEMENT = "PLACEMENT", _("First placement")


class PromotionRun(RunBase):
    """A review of the ladders of a unit on a day, or the first placement (套改) of those who have no value yet."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=PromotionKind.choices, default=PromotionKind.REVIEW)
    policies = models.JSONField(default=list)
    scales = models.JSONField(default=list)

    class Meta(RunBase.Meta):
        verbose_name = _("promotion run")
        verbose_name_plural = _("promotion runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.unit} {self.day}"


class PromotionBatch(BatchBase):
    run = models.ForeignKey(PromotionRun, on_delete=models.CASCADE, related_name="batches")

    class Meta(BatchBase.Meta):
        pass


class PromotionOutcome(models.Model):
    """What a review means for one person on one scale, with its reason, also for those who stay."""

    run = models.ForeignKey(PromotionRun, on_delete=models.PROTECT, related_name="outcomes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    scale = models.CharField(_("scale"), max_length=40)
    old = models.PositiveSmallIntegerField(_("old"), null=True)
    new = models.PositiveSmallIntegerField(_("new"), null=True)
    effective = models.DateField(_("takes effect on"), null=True)
    code = models.CharField(_("reason"), max_length=40)
    params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("outcome of a review")
        verbose_name_plural = _("outcomes of reviews")
        ordering = ["unit_path", "person"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "person", "scale"], name="payroll_promotionoutcome_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.scale}: {self.old} → {self.new}"

    @property
    def reason(self) -> str:
        return ladder_text(self.code, self.params)

    @property
    def moves(self) -> bool:
        return self.new is not None and self.new != self.old
