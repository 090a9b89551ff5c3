"""Cases: a decision about a post, a move or leaving on its way through the steps that a place's rules put in front of it.

The person is known by key, name and a summary alone: the records of people lie above this app, which only says whether
the steps were taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organization.models import Unit, User
from policy.models import PolicyVersion
from policy.rules.document import Procedure, Step


class CaseState(models.TextChoices):
    OPEN = "OPEN", _("under way")
    DONE = "DONE", _("carried out")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


class CaseAct(models.TextChoices):
    APPOINT = "APPOINT", _("appointment")
    REMOVE = "REMOVE", _("removal")
    EXIT = "EXIT", _("leaving")
    TRANSFER = "TRANSFER", pgettext_lazy("act", "transfer")
    SECONDMENT = "SECONDMENT", pgettext_lazy("act", "secondment")


# Acts in which two units have a say: the one that somebody leaves, and the one that they come to.
MOVES = (CaseAct.TRANSFER, CaseAct.SECONDMENT)


class StepState(models.TextChoices):
    OPEN = "OPEN", _("open")
    TAKEN = "TAKEN", _("taken")
    RETURNED = "RETURNED", _("sent back")
    DROPPED = "DROPPED", _("to be taken again")


class Answer(models.TextChoices):
    NO_OBJECTION = "NO_OBJECTION", _("no objection")
    OBJECTION = "OBJECTION", _("objection")
    MORE_NEEDED = "MORE_NEEDED", _("more is needed")


class DayKind(models.TextChoices):
    HOLIDAY = "HOLIDAY", _("day off")
    WORKDAY = "WORKDAY", _("day worked instead")


class Need(models.TextChoices):
    """What a step may ask for, by the words of a policy."""

    DOCUMENT = "document", _("a document with number and date")
    GROUP = "group", _("the inspection group")
    VOTES = "votes", _("the recommendation votes")
    EVALUATION = "evaluation", _("the result of the evaluation")
    MEETING = "meeting", _("the day of the meeting")
    DECISION_NUMBER = "decision_number", _("the number of the decision")
    ORDER_NUMBER = "order_number", _("the number of the order")
    EFFECTIVE_DATE = "effective_date", _("the day from which it holds")


class PartyOfStep(models.TextChoices):
    """Who takes a step, by the words of a policy."""

    STREET = "STREET_PARTY_COMMITTEE", _("street party committee")
    ORGANISATION = "ORGANISATION_DEPARTMENT", _("organisation department")
    DEPARTMENTS = "DEPARTMENTS", _("departments of the joint review")


class SummaryPart(models.TextChoices):
    """What departments are told of a person."""

    NAME = "name", _("name")
    SEX = "sex", _("sex")
    BORN = "born", _("born")
    POLITICAL_STATUS = "political_status", _("political status")
    EDUCATION = "education", _("education")
    POSTS = "posts", _("posts")


class StepValue(models.TextChoices):
    """What the acts of steps are asked for, as lists show it."""

    GROUP = "group", _("inspection group")
    VOTES_FOR = "votes_for", _("votes for")
    VOTES_AGAINST = "votes_against", _("votes against")
    VOTES_ABSTAINED = "votes_abstained", _("votes abstained")
    EVALUATION = "evaluation", _("result of the evaluation")
    MEETING_DAY = "meeting_day", _("day of the meeting")
    DECISION_NUMBER = "decision_number", _("number of the decision")
    ORDER_NUMBER = "order_number", _("number of the order")
    EFFECTIVE_DATE = "effective_date", _("in force from")


def _labelled(kinds: type[models.TextChoices], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Values with the labels of their codes, in the order of the codes; a code without a label is its own."""
    known = [(str(kind.label), values[kind.value]) for kind in kinds if kind.value in values]
    return known + [(code, text) for code, text in values.items() if code not in kinds.values]


class Case(models.Model):
    """A decision about a post, a move or leaving. Its steps are those of the policy version in force on the day it was opened.

    subject: the key of the person's file. post: "" for leaving, of a transfer the post that they take up ("" for none);
    exit_code: the place's reason of leaving. to_unit: of a move, the unit that they come to, with its path. away,
    due_back: of a secondment, its kind and when they are expected back. opened_by: None for what the rules opened by
    themselves. planned: from when it should hold. summary: what departments are told of the person, label → text.
    """

    key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("rules"))
    procedure = models.CharField(_("procedure"), max_length=60)
    act = models.CharField(_("act"), max_length=10, choices=CaseAct.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(editable=False, db_collation="C")
    post = models.CharField(_("post"), max_length=24, blank=True)
    exit_code = models.CharField(_("reason by the rules"), max_length=40, blank=True, default="", db_default="")
    to_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("receiving unit")
    )
    to_path = models.TextField(editable=False, blank=True, default="", db_default="", db_collation="C")
    away = models.CharField(_("kind of secondment"), max_length=12, blank=True, default="", db_default="")
    due_back = models.DateField(_("expected back on"), null=True, blank=True)
    subject = models.UUIDField(_("person"), editable=False)
    subject_name = models.CharField(_("name"), max_length=60)
    summary = models.JSONField(_("summary of the person"), default=dict)
    reason = models.CharField(_("reason"), max_length=500)
    planned = models.DateField(_("planned for"), null=True, blank=True)
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    closing = models.CharField(_("why it was withdrawn"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "unit", "post"],
                condition=Q(state="OPEN"),
                name="approvals_case_one_open",
            ),
            # Of leaving and moving one decision is under way at a time, whatever post is taken up.
            models.UniqueConstraint(
                fields=["subject", "unit"],
                condition=Q(state="OPEN", act__in=["EXIT", "TRANSFER"]),
                name="approvals_case_one_parting",
            ),
            models.CheckConstraint(
                condition=Q(act__in=["TRANSFER", "SECONDMENT"], to_unit__isnull=False) & ~Q(to_path="")
                | Q(~Q(act__in=["TRANSFER", "SECONDMENT"]), to_unit__isnull=True, to_path=""),
                name="approvals_case_two_units",
            ),
            models.CheckConstraint(
                condition=Q(act="SECONDMENT") & ~Q(away="") | Q(~Q(act="SECONDMENT"), away="", due_back__isnull=True),
                name="approvals_case_away",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True) | Q(~Q(state="OPEN"), closed_at__isnull=False),
                name="approvals_case_closed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["unit_path"], condition=Q(state="OPEN"), name="approvals_case_open"),
            models.Index(fields=["to_path"], condition=Q(state="OPEN") & ~Q(to_path=""), name="approvals_case_coming"),
            models.Index(fields=["opened_by", "-id"], name="approvals_case_mine"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_name} · {self.post} · {self.act}"

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the units that have a say: whoever looks after one of them looks at the case."""
        return (self.unit_path, self.to_path) if self.to_path else (self.unit_path,)

    @property
    def where(self) -> str:
        """The unit; of a move both."""
        return self.unit.name if self.to_unit is None else f"{self.unit.name} → {self.to_unit.name}"

    @property
    def summary_lines(self) -> list[tuple[str, str]]:
        """The summary of the person as (label, text)."""
        return _labelled(SummaryPart, self.summary)

    @property
    def rules(self) -> Procedure:
        """The procedure as the case's own version of the rules has it."""
        return next(one for one in self.version.document.procedures if one.code == self.procedure)


class CaseStep(models.Model):
    """A step of a case as it came up; sent back, it comes up again as another row.

    unit_path: of the unit whose office takes it, which of a move may be the receiving one. position: its place among
    the procedure's steps, from 1. values: what it needed, as given. due: the last day of a notice, or of the time that
    the rules give for the step. reminded, escalated: when whoever it is up to, and who opened the case, were told of
    that day.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps", verbose_name=_("case"))
    position = models.PositiveSmallIntegerField()
    code = models.CharField(_("step"), max_length=60)
    party = models.CharField(_("in whose hands"), max_length=30, choices=PartyOfStep.choices)
    unit_path = models.TextField(editable=False, db_collation="C")
    state = models.CharField(_("state"), max_length=10, choices=StepState.choices, default=StepState.OPEN)
    opened_at = models.DateTimeField(_("since"), auto_now_add=True)
    due = models.DateField(_("last day"), null=True, blank=True)
    reminded = models.DateField(_("reminded on"), null=True, blank=True)
    escalated = models.DateField(_("reported late on"), null=True, blank=True)
    holder = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handed to")
    )
    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    values = models.JSONField(_("values"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("step of a case")
        verbose_name_plural = _("steps of cases")
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="OPEN"), name="approvals_step_one_open"),
            models.UniqueConstraint(
                fields=["case", "position"], condition=Q(state="TAKEN"), name="approvals_step_taken_once"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", taken_at__isnull=True) | Q(~Q(state="OPEN"), taken_at__isnull=False),
                name="approvals_step_taken_at",
            ),
        ]
        indexes = [
            # What an inbox counts and orders is read from the index alone.
            models.Index(
                fields=["party", "unit_path", "due", "id"],
                include=["holder"],
                condition=Q(state="OPEN"),
                name="approvals_step_inbox",
            ),
            # Whoever has much to do gets the most urgent of it without reading the rest.
            models.Index(
                fields=["party", "due", "id"],
                include=["unit_path", "holder"],
                condition=Q(state="OPEN"),
                name="approvals_step_urgent",
            ),
            models.Index(
                fields=["due"],
                include=["unit_path", "case"],
                condition=Q(state="OPEN", due__isnull=False),
                name="approvals_step_overdue",
            ),
            models.Index(fields=["taken_by", "-taken_at"], name="approvals_step_done"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} · {self.position} {self.code} · {self.state}"

    @property
    def value_lines(self) -> list[tuple[str, str]]:
        """What the step needed, as (label, text)."""
        return _labelled(StepValue, self.values)

    @property
    def unit(self) -> Unit:
        """The unit whose office takes the step."""
        receives = self.spec.side == "receiving" and self.case.to_unit is not None
        return self.case.to_unit if receives else self.case.unit  # type: ignore[return-value]

    @property
    def spec(self) -> Step:
        """What the case's own version of the rules says of the step."""
        return self.case.rules.steps[self.position - 1]


class Opinion(models.Model):
    """What one department answers to one round of a joint review; empty until it has.

    waits: whether somebody still has to answer, which nobody has once the step is closed. An objection, or an answer
    that asks for more, holds the case until it is settled in words.
    """

    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="opinions", verbose_name=_("step"))
    department = models.CharField(_("department"), max_length=60)
    unit_path = models.TextField(editable=False, db_collation="C")
    waits = models.BooleanField(_("waits for an answer"), default=True)
    answer = models.CharField(_("answer"), max_length=14, choices=Answer.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    given_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    given_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    settled = models.CharField(_("how it was settled"), max_length=500, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["step", "department"], name="approvals_opinion_once"),
            models.CheckConstraint(
                condition=Q(answer__in=["", "NO_OBJECTION"]) | ~Q(reason=""), name="approvals_opinion_reason"
            ),
            models.CheckConstraint(
                condition=Q(answer="", given_at__isnull=True) | Q(~Q(answer=""), given_at__isnull=False),
                name="approvals_opinion_given_at",
            ),
            models.CheckConstraint(condition=Q(waits=False) | Q(answer=""), name="approvals_opinion_waits"),
        ]
        indexes = [
            # What a department is asked is counted, and its first page found, from the index alone.
            models.Index(
                fields=["department", "id"],
                include=["unit_path"],
                condition=Q(waits=True),
                name="approvals_opinion_asked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} · {self.answer}"

    @property
    def holds_up(self) -> bool:
        """Whether the case can't go on because of it."""
        return not self.answer or (self.answer != Answer.NO_OBJECTION and not self.settled)


class NoticeObjection(models.Model):
    """What somebody said against a public notice; the case waits until it is settled in words."""

    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="objections", verbose_name=_("step"))
    received = models.DateField(_("received on"))
    source = models.CharField(_("from whom"), max_length=100)
    text = models.CharField(_("what was said"), max_length=500)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by"))
    settled = models.CharField(_("how it was settled"), max_length=500, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )

    class Meta:
        verbose_name = _("objection to a notice")
        verbose_name_plural = _("objections to notices")
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.received} · {self.source}"


class CaseDocument(models.Model):
    """A paper that a step rests on, by number and date."""

    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="documents", verbose_name=_("step"))
    number = models.CharField(_("document number"), max_length=100)
    day = models.DateField(_("date of the document"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by"))

    class Meta:
        verbose_name = _("document of a case")
        verbose_name_plural = _("documents of cases")
        default_permissions = ()
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["step", "number"], name="approvals_document_once")]

    def __str__(self) -> str:
        return f"{self.number} · {self.day}"


class Reviewer(models.Model):
    """For which department somebody answers, in a unit and all below it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("user"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    department = models.CharField(_("department"), max_length=60)

    class Meta:
        verbose_name = _("reviewer")
        verbose_name_plural = _("reviewers")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="approvals_reviewer_one_department")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.department}"


class CalendarDay(models.Model):
    """A day that is not what its weekday says. A year without any row is not known, and nothing is counted in it."""

    day = models.DateField(_("day"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=DayKind.choices)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("day of the calendar")
        verbose_name_plural = _("days of the calendar")
        default_permissions = ()
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
