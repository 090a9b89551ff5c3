"""What figures are answered from: roll-ups of today and tomorrow (docs/decisions/0054-roll-ups.md), and the stretches of
time in which what is counted of somebody stayed the same (docs/decisions/0056-past-days.md). Saved and made reports
(docs/decisions/0057-standard-tables.md)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedBinaryField
from organization.models import Unit
from payroll.models import PayRun
from reports.rules.schedules import LAST_DAY


class RollupDay(models.Model):
    """A day whose figures are kept, as soon as all of its units are counted.

    form: what the numbers mean, a digest of the queries that they come from: rows of another one are never read.
    reached: how far down the list of units the count is, None once it is through. changes: grows with everything that is
    written of the day, and whenever marks are taken away.
    """

    day = models.DateField(_("day"), unique=True)
    form = models.CharField(_("form"), max_length=64)
    reached = models.TextField(_("counted so far"), db_collation="C", null=True, default="")
    counted = models.DateTimeField(_("counted at"), null=True)
    changes = models.PositiveBigIntegerField(_("changes"), default=0, db_default=0)

    class Meta:
        verbose_name = _("day of kept figures")
        verbose_name_plural = _("days of kept figures")
        default_permissions = ()

    def __str__(self) -> str:
        return self.day.isoformat()


class Rollup(models.Model):
    """The numbers of one population in one unit: of the people placed in the unit itself, and of the units below.

    `own` and `below` are {dimension: {code: numbers}}, with the whole under "": {"": numbers}; the numbers stand in the
    order of the population's indicators (selectors.rollups). `below` is always the sum of the rows whose `parent` this
    unit is (of a least or highest value, the least or highest of theirs).
    """

    day = models.DateField(_("day"))
    unit_path = models.TextField(db_collation="C")
    parent = models.TextField(db_collation="C")
    population = models.CharField(_("population"), max_length=20)
    own = models.JSONField(_("of the unit itself"), null=True)
    below = models.JSONField(_("of the units below"), null=True)

    class Meta:
        verbose_name = _("kept figures")
        verbose_name_plural = _("kept figures")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "unit_path", "population"], name="reports_rollup_once"),
        ]
        indexes = [models.Index(fields=["day", "parent"], name="reports_rollup_parent")]

    def __str__(self) -> str:
        return f"{self.day} · {self.unit_path} · {self.population}"


class StaleUnit(models.Model):
    """A unit in which something counted has changed since it was counted; written by triggers alone.

    The mark commits with the change, so that whoever sees the one sees the other. `transaction` is the number of the
    transaction that made it: each marks a unit once, and none waits for another. population: the only one that has
    changed, as where a pay run is sealed; "" for all; "words" where only what is said beside the numbers has: the unit's
    names and days, its facts and its seats.
    """

    unit_path = models.TextField(db_collation="C")
    population = models.CharField(_("population"), max_length=20, default="", db_default="", blank=True)
    transaction = models.BigIntegerField()

    class Meta:
        verbose_name = _("unit to count again")
        verbose_name_plural = _("units to count again")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit_path", "transaction", "population"], name="reports_staleunit_once"),
        ]

    def __str__(self) -> str:
        return self.unit_path


class PastArea(models.Model):
    """A part of the tree, and the people of whom `PastColumn` has something there: all below a county, or those placed
    directly in a unit above one."""

    unit_path = models.TextField(unique=True, db_collation="C")
    people = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("part of kept history")
        verbose_name_plural = _("parts of kept history")
        default_permissions = ()
        indexes = [GinIndex(fields=["people"], name="reports_pastarea_people")]

    def __str__(self) -> str:
        return self.unit_path


class PastColumn(models.Model):
    """A column of the stretches of one population in one part of the tree, as Arrow; `rules.stretches` says what it is.

    A question reads some columns of hundreds of thousands of stretches. All of one table have the same order and are
    written together.
    """

    unit_path = models.TextField(db_collation="C")
    population = models.CharField(_("population"), max_length=20)
    column = models.CharField(_("column"), max_length=40)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("kept history")
        verbose_name_plural = _("kept history")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit_path", "population", "column"], name="reports_pastcolumn_once")
        ]

    def __str__(self) -> str:
        return f"{self.unit_path} · {self.population} · {self.column}"


class PastState(models.Model):
    """The one row that says how far the history is kept. form: as of `RollupDay`. reached: up to which person (a number),
    None once all are."""

    form = models.CharField(_("form"), max_length=64)
    reached = models.BigIntegerField(_("counted so far"), null=True, default=0)

    class Meta:
        verbose_name = _("state of kept history")
        verbose_name_plural = _("states of kept history")
        default_permissions = ()

    def __str__(self) -> str:
        return self.form


class PaidRun(models.Model):
    """A sealed pay run whose slips are kept for figures of its month. form: as of `RollupDay`. areas: the parts of the
    tree that have slips; each is there as soon as `PaidArea` has it."""

    run = models.OneToOneField(PayRun, on_delete=models.PROTECT, related_name="paid")
    form = models.CharField(_("form"), max_length=64)
    areas = ArrayField(models.TextField(db_collation="C"))

    class Meta:
        verbose_name = _("kept pay run")
        verbose_name_plural = _("kept pay runs")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.run)


class PaidArea(models.Model):
    """What one population of pay is in one part of the tree, as an Arrow table; `selectors.paid` says what it has."""

    kept = models.ForeignKey(PaidRun, on_delete=models.CASCADE, related_name="parts")
    unit_path = models.TextField(db_collation="C")
    population = models.CharField(_("population"), max_length=20)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("kept pay")
        verbose_name_plural = _("kept pay")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kept", "unit_path", "population"], name="reports_paidarea_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_path} · {self.population}"


class StalePerson(models.Model):
    """Somebody's number, of whom something counted has changed since their stretches were written; by triggers alone.

    It says nothing about them, and nobody's file hangs on it: whoever asks for a figure has to know of every change.
    """

    whose = models.BigIntegerField()
    transaction = models.BigIntegerField()

    class Meta:
        verbose_name = _("person to count again")
        verbose_name_plural = _("people to count again")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["whose", "transaction"], name="reports_staleperson_once")]

    def __str__(self) -> str:
        return str(self.whose)


class Every(models.TextChoices):
    MONTH = "MONTH", _("every month")
    QUARTER = "QUARTER", _("in the first month of each quarter")
    YEAR = "YEAR", _("every January")


class AsOf(models.TextChoices):
    SAME_DAY = "SAME_DAY", _("as of the day itself")
    MONTH = "MONTH", _("as of the last day of the month before")
    QUARTER = "QUARTER", _("as of the last day of the quarter before")
    YEAR = "YEAR", _("as of the last day of the year before")


class Output(models.TextChoices):
    XLSX = "xlsx", _("workbook")
    PDF = "pdf", "PDF"


class SavedReport(models.Model):
    """A standard table with its parameters under a name; with `every`, made by itself on `on_day`.

    day, since: as asked, empty for today and 1 January; a schedule goes by `as_of` instead. shared: everybody who may
    look at the statistics of the unit may run it, by their own rights. next_due: the first day that hasn't been made.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=60)
    table = models.CharField(_("table"), max_length=20)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    day = models.DateField(_("as of"), null=True, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    shared = models.BooleanField(_("for everybody of the unit"), default=False)
    every = models.CharField(_("how often"), max_length=7, choices=Every.choices, blank=True)
    on_day = models.PositiveSmallIntegerField(_("day of the month"), null=True, blank=True)
    as_of = models.CharField(_("of which day"), max_length=8, choices=AsOf.choices, blank=True)
    output = models.CharField(_("format"), max_length=4, choices=Output.choices, default=Output.XLSX)
    paused = models.BooleanField(_("paused"), default=False)
    next_due = models.DateField(_("next due"), null=True, blank=True)

    class Meta:
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        default_permissions = ()
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="reports_savedreport_once"),
            models.CheckConstraint(
                condition=Q(every="", on_day__isnull=True, next_due__isnull=True)
                | (~Q(every="") & ~Q(as_of="") & Q(on_day__gte=1, on_day__lte=LAST_DAY, next_due__isnull=False)),
                name="reports_savedreport_schedule",
            ),
        ]
        indexes = [
            models.Index(fields=["next_due"], name="reports_savedreport_due", condition=Q(paused=False)),
        ]

    def __str__(self) -> str:
        return self.name


class MadeState(models.TextChoices):
    WAITING = "WAITING", _("is being made")
    MADE = "MADE", _("is there")
    REFUSED = "REFUSED", _("could not be made")


class MadeReport(models.Model):
    """A standard table that was made apart from a page, for its owner's inbox: one of a schedule's due day, or a big one.

    content: the file, sealed; removed with its row after as many days as a file of an import. problem: why there is
    none. export: its number. seen: when the owner took the file or read the problem.
    """

    report = models.ForeignKey(SavedReport, on_delete=models.SET_NULL, null=True, related_name="made")
    due = models.DateField(_("due day"), null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False, unique=True)
    name = models.CharField(_("name"), max_length=60)
    table = models.CharField(_("table"), max_length=20)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    day = models.DateField(_("as of"))
    since = models.DateField(_("since"))
    columns = models.JSONField(_("columns"), default=list)
    output = models.CharField(_("format"), max_length=4, choices=Output.choices)
    state = models.CharField(_("state"), max_length=8, choices=MadeState.choices, default=MadeState.WAITING)
    problem = models.TextField(_("why it could not be made"), blank=True)
    export = models.CharField(_("export number"), max_length=14, blank=True)
    content = EncryptedBinaryField(_("content"), null=True)
    created = models.DateTimeField(_("asked at"), auto_now_add=True)
    seen = models.DateTimeField(_("seen at"), null=True)

    class Meta:
        verbose_name = _("report that was made")
        verbose_name_plural = _("reports that were made")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "due"], name="reports_madereport_once"),
            models.CheckConstraint(
                condition=Q(state="WAITING", content__isnull=True)
                | (Q(state="MADE", content__isnull=False) & ~Q(export=""))
                | (Q(state="REFUSED", content__isnull=True) & ~Q(problem="")),
                name="reports_madereport_state",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created"], name="reports_madereport_of_owner"),
            models.Index(fields=["state"], name="reports_madereport_waiting", condition=Q(state="WAITING")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.day}"
