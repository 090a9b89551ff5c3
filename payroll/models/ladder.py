"""Values on the ladders of a policy, and the reviews that change them."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import BatchBase, RunBase
from organization.models import DateRange, Unit, User
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
    CONVERSION = "CONVERSION", _("Conversion")


class PromotionRun(RunBase):
    """A review of the ladders of a unit on a day, the first placement of those who have no value yet, or the conversion
    (套改) of everybody by the rules of a first value, which goes through the steps that the place has for it.

    subject: the key of whom alone it is about (who came by transfer, was elected, or entered another category of posts;
    the run stays when their file is deleted); None for everybody in the unit and below. reversed_because: why a
    confirmed one was taken back.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=PromotionKind.choices, default=PromotionKind.REVIEW)
    subject = models.UUIDField(_("person"), null=True, blank=True, editable=False)
    policies = models.JSONField(default=list)
    scales = models.JSONField(default=list)
    reversed_because = models.CharField(
        _("why it was taken back"), max_length=300, blank=True, default="", db_default=""
    )

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


# Of outcomes: somebody rises, falls or gets a first value; they are exceptions or the rules give them no value.
MOVED = Q(new__isnull=False, left_out="") & (Q(old__isnull=True) | ~Q(new=F("old")))
LEFT_OUT = Q(new__isnull=True) | ~Q(left_out="")


class PromotionOutcome(models.Model):
    """What a review means for one person on one scale, with its reason, also for those who stay.

    old_year, new_year: what the pay of a year is without and with the new value (fen), where it was worked out: of a
    conversion or placement, on a person's first scale, for who can be paid. left_out: why somebody is an exception whom
    the run does not touch.
    """

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
    old_year = models.BigIntegerField(_("pay of a year before (fen)"), null=True)
    new_year = models.BigIntegerField(_("pay of a year then (fen)"), null=True)
    left_out = models.CharField(_("left out because"), max_length=300, blank=True, default="", db_default="")

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
        return self.new is not None and self.new != self.old and not self.left_out

    @property
    def more(self) -> int | None:
        """By how much the pay of a year rises (fen); None where it is not known."""
        return None if self.old_year is None or self.new_year is None else self.new_year - self.old_year


class ConversionStep(models.Model):
    """A step of a conversion that was taken: by whom, when, and on which document. Steps are taken in their order."""

    run = models.ForeignKey(PromotionRun, on_delete=models.PROTECT, related_name="steps", verbose_name=_("run"))
    position = models.PositiveSmallIntegerField()
    code = models.CharField(_("step"), max_length=40)
    document = models.CharField(_("document"), max_length=100)
    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(_("taken at"), auto_now_add=True)

    class Meta:
        verbose_name = _("step of a conversion")
        verbose_name_plural = _("steps of conversions")
        ordering = ["run", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="payroll_conversionstep_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} · {self.position} {self.code}"
