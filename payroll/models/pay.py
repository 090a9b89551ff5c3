"""Pay runs, their slips, and what belongs to them.

A sealed run and everything that belongs to it refuse every change by trigger, whoever asks (migration 0002).
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import BatchBase, RunBase
from organization.models import Unit
from payroll.models.wording import left_out_text
from personnel.models import Person

USER = settings.AUTH_USER_MODEL


class PayKind(models.IntegerChoices):
    REGULAR = 1, _("Monthly pay")


class PayRun(RunBase):
    """The pay of a unit for a month. `lines` is the order of a slip's amounts and never changes.

    lines: [{"code", "name", "name_en", "payer", "paid", "cite"}, …]. inputs: {"codes": [fact, …], "numbers":
    [fact, …]}, the order of a slip's stored inputs. policies: [{"id", "place", "name", "version", "sha256"}, …].
    published: index figures entered beside the policy and known then: [[index, key, value, published], …], a key being
    a year or a day. With these, a slip can be explained as it was worked out, whatever is published later.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    month = models.DateField(_("month"))
    kind = models.PositiveSmallIntegerField(_("kind"), choices=PayKind.choices, default=PayKind.REGULAR)
    dry_run = models.BooleanField(_("trial: writes no slips"), default=False)
    arrears_from = models.DateField(_("arrears since"), null=True, blank=True)
    results_year = models.PositiveSmallIntegerField(_("newest results that count"), null=True, blank=True)
    known_on = models.DateField(_("publications known until"))
    published = models.JSONField(default=list)
    policies = models.JSONField(default=list)
    lines = models.JSONField(default=list)
    inputs = models.JSONField(default=dict)

    class Meta(RunBase.Meta):
        verbose_name = _("pay run")
        verbose_name_plural = _("pay runs")
        ordering = ["-id"]
        constraints = [
            *RunBase.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state="SEALED") | (Q(confirmed_by__isnull=False) & ~Q(fingerprint="") & Q(dry_run=False)),
                name="payroll_payrun_sealed_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["month", "unit_path"], name="payroll_payrun_month")]

    def __str__(self) -> str:
        return f"{self.unit} {self.month:%Y-%m}"


class PayBatch(BatchBase):
    run = models.ForeignKey(PayRun, on_delete=models.CASCADE, related_name="batches")

    class Meta(BatchBase.Meta):
        pass


class PaySlip(models.Model):
    """One person's pay of one month, compact: what the lines are stands in the run, how they came about is rendered.

    standards, amounts: fen, in the order of the run's lines. gross: fen, the paid lines. arrears: fen, for earlier
    months (ArrearsLine has them one by one). assumed: bit n is set when line n rests on an assumed value.
    input_codes, input_numbers: the facts that the policy uses, in the order of the run's inputs; NULL is NONE, a day
    is the number of days since 1970, yes is 1, several codes are joined by "+".
    day: the day on which the facts were read. from_day, to_day: the half-open part of the month that is paid.
    earlier: inputs of the other months of a cycle that is paid in this one.

    The key begins with the month, so that a month's rows lie together and a new month is written at the end. Person, unit
    and run are checked by the writing service and the statement triggers; a foreign-key trigger would lock and rewrite
    every person's row once a month.
    """

    pk = models.CompositePrimaryKey("month", "kind", "person_id")
    run = models.ForeignKey(PayRun, on_delete=models.PROTECT, related_name="slips", db_constraint=False, db_index=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="slips", db_constraint=False, db_index=False
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    month = models.DateField(_("month"))
    kind = models.PositiveSmallIntegerField(_("kind"), choices=PayKind.choices, default=PayKind.REGULAR)
    post = models.CharField(_("post"), max_length=40, null=True)
    day = models.DateField()
    from_day = models.DateField(_("paid from"))
    to_day = models.DateField(_("paid until"))
    gross = models.BigIntegerField(_("gross (fen)"))
    arrears = models.BigIntegerField(_("arrears (fen)"), default=0)
    assumed = models.BigIntegerField(default=0)
    standards = ArrayField(models.IntegerField())
    amounts = ArrayField(models.IntegerField())
    input_codes = ArrayField(models.TextField(null=True))
    input_numbers = ArrayField(models.IntegerField(null=True))
    earlier = models.JSONField(null=True)

    class Meta:
        verbose_name = _("payslip")
        verbose_name_plural = _("payslips")
        ordering = ["month", "person_id"]
        default_permissions = ()
        indexes = [models.Index(fields=["run", "unit"], name="payroll_payslip_run_unit")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.month:%Y-%m}"


class OfSlip(models.Model):
    """What views over sealed slips have in common: whose slip of which run, and the day as of which it is counted."""

    run = models.ForeignKey(PayRun, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    unit = models.ForeignKey(Unit, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    month = models.DateField()
    kind = models.PositiveSmallIntegerField()
    day = models.DateField()

    class Meta:
        abstract = True
        managed = False


class PayLine(OfSlip):
    """A view: each paid line of each sealed slip that isn't nothing. line: its place in the run's, from 1; amount: fen."""

    pk = models.CompositePrimaryKey("month", "kind", "person_id", "line")
    line = models.BigIntegerField()
    code = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        managed = False
        verbose_name = _("line of a payslip")
        verbose_name_plural = _("lines of payslips")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person_id} {self.month:%Y-%m} {self.code}"


class PayShare(OfSlip):
    """A view: what each payer bears of each sealed slip. amount: 1/100 fen, so that nothing is rounded before the sums.

    payer: "" for the lines for which the rules name nobody.
    """

    pk = models.CompositePrimaryKey("month", "kind", "person_id", "payer")
    payer = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        managed = False
        verbose_name = _("a payer's share of a payslip")
        verbose_name_plural = _("payers' shares of payslips")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person_id} {self.month:%Y-%m} {self.payer}"


class PayLeftOut(models.Model):
    """Somebody without a slip in a run, and why: nobody is left out in silence."""

    run = models.ForeignKey(PayRun, on_delete=models.PROTECT, related_name="left_out")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    unit_path = models.TextField(db_collation="C")
    code = models.CharField(_("reason"), max_length=40)
    params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("person left out of a pay run")
        verbose_name_plural = _("people left out of pay runs")
        ordering = ["unit_path", "person"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="payroll_payleftout_once")]

    def __str__(self) -> str:
        return f"{self.person} {self.code}"

    @property
    def reason(self) -> str:
        return left_out_text(self.code, self.params)


class PayDifference(models.Model):
    """How a person's pay differs from the month before, cause by cause; only those for whom it does.

    causes: [{"code", "params", "amount"}, …]; the amounts (fen) add up to new − old. A trial run has these rows and no
    slips.
    """

    run = models.ForeignKey(PayRun, on_delete=models.PROTECT, related_name="differences")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C")
    old = models.BigIntegerField(_("old (fen)"), null=True)
    new = models.BigIntegerField(_("new (fen)"), null=True)
    delta = models.BigIntegerField(_("difference (fen)"))
    unexplained = models.BigIntegerField(_("unexplained (fen)"), default=0)
    causes = models.JSONField(default=list)
    codes = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["unit_path", "person"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="payroll_paydifference_once")]

    def __str__(self) -> str:
        return f"{self.person} {self.delta}"


class ArrearsLine(models.Model):
    """What an earlier, sealed month turns out to have owed (or overpaid) in one line; paid with this run's slip."""

    run = models.ForeignKey(PayRun, on_delete=models.PROTECT, related_name="arrears_lines")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    month = models.DateField(_("month"))
    line = models.CharField(_("line"), max_length=40)
    paid = models.BigIntegerField(_("paid (fen)"))
    due = models.BigIntegerField(_("due (fen)"))
    amount = models.BigIntegerField(_("arrears (fen)"))

    class Meta:
        verbose_name = _("arrears")
        verbose_name_plural = _("arrears")
        ordering = ["person", "month", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "person", "month", "line"], name="payroll_arrearsline_once"),
            models.CheckConstraint(condition=Q(amount=F("due") - F("paid")), name="payroll_arrearsline_adds_up"),
        ]
        indexes = [models.Index(fields=["person", "month"], name="payroll_arrearsline_month")]

    def __str__(self) -> str:
        return f"{self.person} {self.month:%Y-%m} {self.line} {self.amount}"


class ManualItem(models.Model):
    """An amount of a `manual` line, entered by one person with a reason and approved by another.

    It is paid in `month`, and where the line repeats, each month until `until` (the first month without it).
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="manual_items", verbose_name=_("person"))
    line = models.CharField(_("line"), max_length=40)
    month = models.DateField(_("from month"))
    until = models.DateField(_("until (first month without it)"), null=True, blank=True)
    amount = models.BigIntegerField(_("amount (fen)"))
    reason = models.TextField(_("reason"))
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    entered = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("amount entered by hand")
        verbose_name_plural = _("amounts entered by hand")
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(approved_by=F("entered_by")),
                name="payroll_manualitem_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("month")), name="payroll_manualitem_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.line} {self.amount}"
