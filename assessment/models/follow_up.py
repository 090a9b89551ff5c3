"""What people decide about results, and what follows from them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.models.results import AnnualResult, Evaluation, PoolResult
from personnel.models import Person

USER = settings.AUTH_USER_MODEL


class TieDecision(models.Model):
    """Equal scores across a line (a cap, a share): who of them is above it is decided by people.

    grade: the better grade, above the line. places: how many of the candidates fit. chosen is null while it is open.
    """

    pool = models.ForeignKey(PoolResult, on_delete=models.CASCADE, related_name="ties")
    grade = models.CharField(_("grade"), max_length=40)
    kind = models.CharField(max_length=5, choices=[("cap", _("cap")), ("share", _("share"))], default="cap")
    score = models.IntegerField(_("score (1/10000)"))
    places = models.PositiveIntegerField(_("places"))
    candidates = ArrayField(models.BigIntegerField(), verbose_name=_("candidates"))
    chosen = ArrayField(models.BigIntegerField(), null=True, blank=True, verbose_name=_("chosen"))
    reason = models.TextField(_("reason"), blank=True)
    decided_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("tie")
        verbose_name_plural = _("ties")
        ordering = ["pool__unit_path", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["pool", "grade", "kind", "score"], name="assessment_tiedecision_once"),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | (Q(chosen__len__lte=models.F("places")) & ~Q(reason="")),
                name="assessment_tiedecision_fits",
            ),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | Q(chosen__contained_by=models.F("candidates")),
                name="assessment_tiedecision_of_candidates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} · {self.grade}"


class Consequence(models.Model):
    """What a rule says must follow from somebody's result (a reminder talk, an exit case), until it is done."""

    class State(models.TextChoices):
        FLAGGED = "FLAGGED", _("to be done")
        DONE = "DONE", _("done")
        DROPPED = "DROPPED", _("dropped with a reason")

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="consequences")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consequences", verbose_name=_("person"))
    unit_path = models.TextField(db_collation="C")
    year = models.PositiveSmallIntegerField(_("year"))
    code = models.CharField(_("what follows"), max_length=40)
    on = models.CharField(_("when"), max_length=14, default="closing")
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.FLAGGED)
    note = models.TextField(_("note"), blank=True)
    settled_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consequence")
        verbose_name_plural = _("consequences")
        ordering = ["unit_path", "person"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "person", "code"], name="assessment_consequence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.code}"


class Decision(models.Model):
    """An output of the annual review meeting beside the grade (一述四定): commitments, base pay, retention."""

    result = models.ForeignKey(
        AnnualResult, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("yearly result")
    )
    code = models.CharField(_("what is decided"), max_length=40)
    value = models.TextField(_("decision"))
    day = models.DateField(_("day of the meeting"))
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    entered = models.DateTimeField(_("entered at"), auto_now_add=True)

    class Meta:
        verbose_name = _("decision of the review")
        verbose_name_plural = _("decisions of the review")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["result", "code"], name="assessment_decision_once")]

    def __str__(self) -> str:
        return f"{self.result} {self.code}"


class Appeal(models.Model):
    """Somebody objects to a confirmed result; granted, it is a dated entry that says the new grade and why."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("open")
        GRANTED = "GRANTED", _("granted")
        REJECTED = "REJECTED", _("rejected")

    result = models.ForeignKey(
        AnnualResult, on_delete=models.PROTECT, related_name="appeals", verbose_name=_("yearly result")
    )
    day = models.DateField(_("day"))
    text = models.TextField(_("what is objected to"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    old_grade = models.CharField(_("grade before"), max_length=40, null=True)
    new_grade = models.CharField(_("grade after"), max_length=40, null=True)
    answer = models.TextField(_("answer"), blank=True)
    entered_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN") | ~Q(answer=""), name="assessment_appeal_answered_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result} {self.day}"
