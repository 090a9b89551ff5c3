"""The trail of what was done, and what every run and every batch of a run has."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Who did what to which thing, and how it was before and after. Append-only: triggers refuse everything else.

    salt: part of what the chain's digest covers, so that what a deletion takes away isn't found out by trying.
    """

    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor_id = models.BigIntegerField(_("user number"), null=True)
    actor_name = models.CharField(_("user"), max_length=150)
    action = models.CharField(_("action"), max_length=80)
    object_type = models.CharField(_("kind of thing"), max_length=80)
    object_id = models.CharField(_("number of the thing"), max_length=80)
    unit_code = models.CharField(_("unit"), max_length=15, blank=True)
    before = models.JSONField(_("before"), null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), null=True, encoder=DjangoJSONEncoder)
    salt = models.UUIDField(_("salt"), null=True, editable=False, db_default=RandomUUID())

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="core_audit_object"),
            models.Index(fields=["unit_code", "id"], name="core_audit_unit"),
            models.Index(fields=["actor_id", "id"], name="core_audit_actor"),
            models.Index(fields=["at"], name="core_audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.object_type} {self.object_id}"


class AuditLink(models.Model):
    """What hangs an entry on the one before it: SHA-256 of the earlier digest, the number and all that the entry says.

    Numbers have no gap and are given out after the commit, under a lock (docs/decisions/0016). Append-only likewise; no
    foreign key, so that an entry that was taken away leaves a link that tells of it.
    """

    seq = models.BigIntegerField(_("number in the chain"), primary_key=True)
    entry_id = models.BigIntegerField(_("audit entry"), unique=True)
    digest = models.CharField(_("digest"), max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("link of the audit chain")
        verbose_name_plural = _("links of the audit chain")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"


class AuditRedaction(models.Model):
    """What is left of an entry from which a confirmed deletion took what it said of somebody (docs/decisions/0055).

    act: number of the deletion; digest: SHA-256 of what the entry still says. The deletion's own entry has the digest of
    all of its redactions. Written by the owner's function alone, append-only.
    """

    entry_id = models.BigIntegerField(_("audit entry"))
    act = models.BigIntegerField(_("number of the deletion"))
    digest = models.CharField(_("digest"), max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("redaction of the trail")
        verbose_name_plural = _("redactions of the trail")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["entry_id", "act"], name="core_auditredaction_once")]

    def __str__(self) -> str:
        return f"{self.entry_id}:{self.digest}"


class RowHistory(models.Model):
    """A row of any table as it was before an UPDATE or DELETE, or as it was added. Written by triggers alone
    (cwms/history.py), whoever writes and however; append-only. The file has its own, personnel_history.

    person_id: whose row it was, where it says so; actor: the user of the request, or the role of the database.
    """

    SEALED_COPIES = ("table_name", "row")  # a rotation of keys finds sealed values here too

    class Deed(models.TextChoices):
        ADDED = "I", _("added")
        CHANGED = "U", _("changed")
        DELETED = "D", _("deleted")

    table_name = models.CharField(_("table"), max_length=63, db_collation="C")
    row_id = models.BigIntegerField(_("number of the row"))
    person_id = models.BigIntegerField(_("number of the person"), null=True)
    row = models.JSONField(_("row"))
    deed = models.CharField(_("deed"), max_length=1, choices=Deed.choices)
    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("user"), max_length=150)

    class Meta:
        verbose_name = _("earlier state of a row")
        verbose_name_plural = _("earlier states of rows")
        default_permissions = ()
        indexes = [
            models.Index(fields=["table_name", "row_id", "at"], name="core_rowhistory_of_row"),
            models.Index(fields=["person_id", "at"], name="core_rowhistory_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} · {self.at}"


class RowsAdded(models.Model):
    """Rows of a table that were added together, by their numbers from `first` to `last`; at: when. Written by triggers of
    the tables that figures are counted from (cwms/known.py), append-only. The first of a table, of number 0, says from
    when on it is known what was added.
    """

    table_name = models.CharField(_("table"), max_length=63, db_collation="C")
    first = models.BigIntegerField(_("first number"))
    last = models.BigIntegerField(_("last number"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("rows that were added")
        verbose_name_plural = _("rows that were added")
        default_permissions = ()
        indexes = [
            models.Index(fields=["table_name", "at"], include=["first", "last"], name="core_rowsadded_of_table"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.first}–{self.last} · {self.at}"


class Idempotency(models.Model):
    """A write that a program may send again: the key it chose, a digest of the request, and what was answered.

    route: SHA-256 of method and path. request: SHA-256 of the body. status 0: not answered yet (only ever seen inside
    the writing transaction). Kept for 24 hours.
    """

    user_id = models.BigIntegerField()
    route = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=100, db_collation="C")
    request = models.CharField(max_length=64, db_collation="C")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    headers = models.JSONField()
    created = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user_id", "route", "key"], name="core_idempotency_once")]
        indexes = [models.Index(fields=["created"], name="core_idempotency_created")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Export(models.Model):
    """A file of people's data that left: its number stands in the file and leads here. Append-only for the application.

    query: the filter as it was asked. columns: codes of the columns. sensitive: numbers were written out.
    """

    code = models.CharField(_("export number"), max_length=14, unique=True, db_collation="C")
    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor_id = models.BigIntegerField(_("user number"))
    actor_name = models.CharField(_("user"), max_length=150)
    kind = models.CharField(_("list"), max_length=40)
    file_format = models.CharField(_("format"), max_length=4)
    query = models.TextField(_("filter"), blank=True)
    columns = models.JSONField(_("columns"))
    rows = models.PositiveIntegerField(_("rows"))
    sensitive = models.BooleanField(_("numbers written out"))

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        default_permissions = ()
        indexes = [models.Index(fields=["actor_id", "at"], name="core_export_of_user")]

    def __str__(self) -> str:
        return self.code


class RunState(models.TextChoices):
    RUNNING = "RUNNING", _("Running")
    READY = "READY", _("Ready for confirmation")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    SEALED = "SEALED", _("Sealed")
    CLOSED = "CLOSED", _("Closed")
    CANCELLED = "CANCELLED", _("Cancelled")
    FAILED = "FAILED", _("Failed")
    REFUSED = "REFUSED", _("Refused")


class BatchState(models.TextChoices):
    DUE = "DUE", _("Due")
    CLAIMED = "CLAIMED", _("Being worked on")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")


class RunBase(models.Model):
    """A computation over a scope that is repeatable: the same fingerprint means the same rows, byte by byte."""

    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True)
    code_version = models.CharField(_("version of the program"), max_length=64, blank=True)
    totals = models.JSONField(_("totals"), default=dict, encoder=DjangoJSONEncoder)
    error = models.TextField(_("error"), blank=True)
    created = models.DateTimeField(_("started at"), auto_now_add=True)
    finished = models.DateTimeField(_("computed at"), null=True, blank=True)
    confirmed = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        abstract = True
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | Q(started_by__isnull=True) | ~Q(confirmed_by=F("started_by")),
                name="%(app_label)s_%(class)s_confirmed_by_another",
                violation_error_message=_("Nobody confirms what they started."),
            ),
        ]


class BatchBase(models.Model):
    """A contiguous range of whole units. The concrete model adds `run`, a foreign key with related_name "batches".

    digest: sum of its units' digests (64 hexadecimal characters). totals: whole numbers to be added over batches.
    lease: until when the claim of attempt number `attempt` holds. failures: attempts that ended with an error of the
    program; killed workers and lost databases are not counted as such.
    """

    number = models.PositiveIntegerField(_("number"))
    path_from = models.TextField(db_collation="C")
    path_to = models.TextField(db_collation="C")
    state = models.CharField(_("state"), max_length=8, choices=BatchState.choices, default=BatchState.DUE)
    lease = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    expected = models.PositiveIntegerField(_("people expected"), default=0)
    people = models.PositiveIntegerField(_("people"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    digest = models.CharField(max_length=64, blank=True)
    totals = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(path_to__gt=F("path_from")), name="%(app_label)s_%(class)s_range"),
        ]


class FileProblem(models.TextChoices):
    """Why a file is not read; the labels are templates for the parameters."""

    EMPTY = "EMPTY", _("The file is empty. Choose another one.")
    TOO_LARGE = "TOO_LARGE", _("The file is larger than %(limit)s MB. Save it without pictures, or in parts.")
    NO_WORKBOOK = "NO_WORKBOOK", _("This is no workbook. Save it as .xlsx, .xls or .csv.")
    OLD_FORMAT = "OLD_FORMAT", _("This kind of workbook is not read. Save it as .xlsx.")
    PASSWORD = "PASSWORD", _("The workbook is protected by a password. Save it without one.")
    DAMAGED = "DAMAGED", _("The file is damaged or was not saved to the end. Open it, save it as .xlsx and try again.")
    ENTRIES = "ENTRIES", _("The file consists of %(found)s parts, more than %(limit)s. Save it as a new .xlsx.")
    INFLATED = "INFLATED", _("Unpacked, the file is larger than %(limit)s MB. Delete empty formatted rows and save it.")
    RATIO = "RATIO", _("The part %(part)s is packed more than %(limit)s to 1. Save the cells to a new workbook.")
    ENTITY = "ENTITY", _("The part %(part)s defines entities of its own, as no workbook does. The file is not read.")
    MACROS = "MACROS", _("The workbook contains macros (%(part)s). Save it as .xlsx, without macros.")
    EMBEDDED = "EMBEDDED", _("The workbook contains another file (%(part)s). Delete the object and save it.")
    EXTERNAL = (
        "EXTERNAL",
        _("The workbook takes values from another file (%(part)s). Paste them as values and save it."),
    )
    PATH = "PATH", _("The file contains a part with a forbidden name (%(part)s). The file is not read.")
    ROWS = "ROWS", _("The sheet %(sheet)s has %(found)s rows, more than %(limit)s. Divide the file.")
    COLUMNS = "COLUMNS", _("The sheet %(sheet)s reaches to column %(found)s, past %(limit)s. Delete what stands there.")
    SHEETS = "SHEETS", _("The workbook has %(found)s sheets, more than %(limit)s. Divide it.")
    NO_ROWS = "NO_ROWS", _("No cell of the file has anything in it.")
    CODING = "CODING", _("The text is neither UTF-8 nor GB 18030 (byte %(byte)s). Save it as .xlsx.")
    NO_PICTURE = "NO_PICTURE", _("This is no picture that can be read. Save it as JPEG or PNG.")
    PIXELS = "PIXELS", _("The picture has more than %(limit)s million pixels. Save it smaller.")
    ACTIVE = "ACTIVE", _("The PDF does something by itself (%(part)s). Print it to a new PDF and take that.")
    TOO_SLOW = "TOO_SLOW", _("Reading the file took too much time or memory. Save the cells to a new workbook.")
