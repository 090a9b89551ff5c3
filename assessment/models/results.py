"""Evaluations as runs, their pools and caps, and the results of people.

What is closed refuses every change by trigger, whoever asks, and no pool can end a transaction with more people in a
capped grade than it has places (migration 0002). Person, unit and pool of a result are checked by statement triggers and
the writing service: a foreign-key trigger would lock and rewrite every person's row at each evaluation.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from assessment.models.wording import reason_text
from core.models import BatchBase, RunBase
from organization.models import Unit
from personnel.models import Person


class Cycle(models.TextChoices):
    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF_YEAR = "half_year", _("Half-year")
    YEAR = "year", _("Year")
    SPECIAL = "special", _("Special assessment")


class ResultState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    CLOSED = "CLOSED", _("Closed")


class Source(models.TextChoices):
    RUN = "RUN", _("Evaluation")
    IMPORTED = "IMPORTED", _("Imported")


class Evaluation(RunBase):
    """The evaluation of a unit for a period: all schemes of the cycle, for everybody employed on its last day.

    period: "2025", "2025-H1", "2025-Q1", "2025-03", "2025-03-05", or "2025/…" for a special assessment.
    policies: [{"id", "place", "name", "name_en", "version", "sha256", "path"}, …], each for the part of the tree below
    its path. schemes: codes of the schemes that it computes.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    cycle = models.CharField(_("cycle"), max_length=10, choices=Cycle.choices, default=Cycle.YEAR)
    period = models.CharField(_("period"), max_length=20)
    year = models.PositiveSmallIntegerField(_("year"))
    policies = models.JSONField(default=list)
    schemes = models.JSONField(default=list)
    closed = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta(RunBase.Meta):
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-id"]
        indexes = [models.Index(fields=["period", "unit_path"], name="assessment_evaluation_period")]
        constraints = [
            *RunBase.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state__in=["CONFIRMED", "CLOSED"]) | (Q(confirmed_by__isnull=False) & ~Q(fingerprint="")),
                name="assessment_evaluation_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period}"


class EvaluationBatch(BatchBase):
    run = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="batches")

    class Meta(BatchBase.Meta):
        pass


class PoolResult(models.Model):
    """A pool of a scheme: the unit over which people are ranked or a cap is counted, and how it came out.

    people: everybody of the scheme in the pool; graded: those with a grade. counts: {grade: people}.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="pools")
    scheme = models.CharField(_("scheme"), max_length=40)
    scheme_name = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C")
    people = models.PositiveIntegerField(_("people"))
    graded = models.PositiveIntegerField(_("graded"))
    not_graded = models.PositiveIntegerField(_("not graded"), default=0)
    missing = models.PositiveIntegerField(_("without a result"), default=0)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering = ["unit_path", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "scheme", "unit"], name="assessment_poolresult_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.scheme}"


def _places() -> Case:
    """⌊counted × percent⌋, or rounded as the policy says; percent is in 1/10000 of a percent."""
    product = F("counted") * F("percent")
    return Case(
        When(rounding="up", then=(product + Value(999_999)) / Value(1_000_000)),
        When(rounding="half_up", then=(product + Value(500_000)) / Value(1_000_000)),
        default=product / Value(1_000_000),
        output_field=models.BigIntegerField(),
    )


class PoolCap(models.Model):
    """At most so many of a grade in a pool.

    counted: the people of whom the percentage is taken; percent: in 1/10000 of a percent (30 % is 300000). at_most is
    worked out by the database and `used` is counted by it, so that neither can be claimed.
    """

    pool = models.ForeignKey(PoolResult, on_delete=models.CASCADE, related_name="caps")
    grade = models.CharField(_("grade"), max_length=40)
    counted_of = models.CharField(max_length=6, choices=[("graded", "graded"), ("all", "all")], default="graded")
    counted = models.BigIntegerField(_("people counted"))
    percent = models.BigIntegerField(_("percent (1/10000)"))
    rounding = models.CharField(max_length=8, default="down")
    at_most = models.GeneratedField(expression=_places(), output_field=models.BigIntegerField(), db_persist=True)
    used = models.BigIntegerField(_("used"), default=0)
    at_least = models.BigIntegerField(_("at least (reported only)"), null=True)
    path = models.CharField(_("clause"), max_length=200, blank=True)
    cite = models.CharField(_("source"), max_length=60, blank=True)
    assumed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        ordering = ["pool", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["pool", "grade"], name="assessment_poolcap_once"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=1_000_000), name="assessment_poolcap_percent"
            ),
            models.CheckConstraint(condition=Q(counted__gte=0), name="assessment_poolcap_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.pool} · {self.grade} {self.used}/{self.at_most}"

    @property
    def percent_text(self) -> str:
        """30, 12.5: the percentage as the policy prints it."""
        whole, part = divmod(self.percent, 10_000)
        return f"{whole}.{part:04d}".rstrip("0") if part else str(whole)


class AnnualResult(models.Model):
    """The yearly result of one person: one a person and year. Only closed ones count for ladders and pay.

    score: in 1/10000, null for who is not graded or was imported without one. merit: the grade before caps. inputs: what
    each input of the scheme gave, in 1/10000, in the scheme's order, null where it was missing. reasons: [{"code",
    "params"}, …], to be shown by `reason_text`.
    """

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="annual_results", db_constraint=False, db_index=False
    )
    year = models.PositiveSmallIntegerField(_("year"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.PROTECT, null=True, related_name="results", db_constraint=False, db_index=False
    )
    pool = models.ForeignKey(
        PoolResult, on_delete=models.PROTECT, null=True, related_name="results", db_constraint=False, db_index=True
    )
    scheme = models.CharField(_("scheme"), max_length=40, null=True)
    grade = models.CharField(_("grade"), max_length=40, null=True)
    merit = models.CharField(_("grade before caps"), max_length=40, null=True)
    score = models.IntegerField(_("score (1/10000)"), null=True)
    rank = models.PositiveIntegerField(_("rank"), null=True)
    inputs = ArrayField(models.IntegerField(null=True), default=list)
    reasons = models.JSONField(default=list)
    assumed = models.BooleanField(default=False)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices, default=Source.RUN)
    state = models.CharField(_("state"), max_length=9, choices=ResultState.choices, default=ResultState.OPEN)

    class Meta:
        verbose_name = _("yearly result")
        verbose_name_plural = _("yearly results")
        ordering = ["pool", "rank", "person"]
        default_permissions = ()
        constraints = [
            # With what ladders and pay ask of every year of everybody, so that they need not look at the rows.
            models.UniqueConstraint(
                fields=["person", "year"], include=["state", "grade"], name="assessment_annualresult_once"
            ),
            models.CheckConstraint(
                condition=Q(source="IMPORTED", evaluation__isnull=True, pool__isnull=True)
                | Q(source="RUN", evaluation__isnull=False, pool__isnull=False),
                name="assessment_annualresult_of_a_run_or_imported",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1_000_000),
                name="assessment_annualresult_score",
            ),
        ]
        # Runs write unit by unit, so that a year's entries come nearly in this order.
        indexes = [models.Index(fields=["year", "unit"], name="assessment_annualresult_year")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.year} {self.grade or '–'}"

    @property
    def score_text(self) -> str:
        return score_text(self.score)


class SchemeResult(models.Model):
    """The result of one person in one period of any other scheme (month, quarter, special, a second yearly one)."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="scheme_results", db_constraint=False, db_index=False
    )
    scheme = models.CharField(_("scheme"), max_length=40)
    period = models.CharField(_("period"), max_length=20)
    year = models.PositiveSmallIntegerField(_("year"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    evaluation = models.ForeignKey(
        Evaluation,
        on_delete=models.PROTECT,
        null=True,
        related_name="scheme_results",
        db_constraint=False,
        db_index=False,
    )
    pool = models.ForeignKey(
        PoolResult,
        on_delete=models.PROTECT,
        null=True,
        related_name="scheme_results",
        db_constraint=False,
        db_index=True,
    )
    grade = models.CharField(_("grade"), max_length=40, null=True)
    merit = models.CharField(_("grade before caps"), max_length=40, null=True)
    score = models.IntegerField(_("score (1/10000)"), null=True)
    rank = models.PositiveIntegerField(_("rank"), null=True)
    inputs = ArrayField(models.IntegerField(null=True), default=list)
    reasons = models.JSONField(default=list)
    assumed = models.BooleanField(default=False)
    closed = models.BooleanField(_("closed"), default=False)

    class Meta:
        verbose_name = _("result of a scheme")
        verbose_name_plural = _("results of schemes")
        ordering = ["pool", "rank", "person"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "scheme", "period"], name="assessment_schemeresult_once"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1_000_000),
                name="assessment_schemeresult_score",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.scheme} {self.period}"

    @property
    def score_text(self) -> str:
        return score_text(self.score)


class EvaluationIssue(models.Model):
    """Somebody without a result in an evaluation, and why; confirming waits until it is mended or accepted with a note."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="issues")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    unit_path = models.TextField(db_collation="C")
    scheme = models.CharField(_("scheme"), max_length=40, blank=True)
    code = models.CharField(_("reason"), max_length=40)
    params = models.JSONField(default=dict)
    note = models.TextField(_("why it is accepted"), blank=True)
    accepted = models.BooleanField(_("accepted"), default=False)

    class Meta:
        verbose_name = _("person without a result")
        verbose_name_plural = _("people without a result")
        ordering = ["unit_path", "person"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "person", "scheme"], name="assessment_evaluationissue_once"),
            models.CheckConstraint(
                condition=Q(accepted=False) | ~Q(note=""), name="assessment_evaluationissue_accepted_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.code}"

    @property
    def reason(self) -> str:
        """Why, in the reader's language, inputs by their own names."""
        params = dict(self.params)
        if not (get_language() or "").startswith("zh") and params.get("input_en"):
            params["input"] = params["input_en"]
        return reason_text(self.code, params)


def score_text(score: int | None) -> str:
    """88.5, 90: a score in 1/10000 as people write it; empty without one."""
    if score is None:
        return ""
    whole, part = divmod(score, 10_000)
    return f"{whole}.{part:04d}".rstrip("0") if part else str(whole)
