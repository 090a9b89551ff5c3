"""Files that people were read from: what stood in them, what was found, what was done and how it is taken back."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.crypto import EncryptedBinaryField, EncryptedJSONField, EncryptedQuerySet
from organization.models import Unit
from personnel.models.people import Person, row_key


class ImportState(models.TextChoices):
    REVIEW = "REVIEW", _("In review")
    APPLIED = "APPLIED", _("Applied")
    UNDONE = "UNDONE", _("Undone")
    DISCARDED = "DISCARDED", _("Discarded")


class RowAction(models.TextChoices):
    ERROR = "ERROR", _("Errors")
    NEW = "NEW", _("New")
    UPDATE = "UPDATE", _("Updates")
    UNCHANGED = "UNCHANGED", _("Unchanged")


class Import(models.Model):
    """One upload (or paste). `content` is kept for `KEPT_DAYS` days and then removed; what was found stays.

    sheets: what was made of every sheet (state, rows of headings, columns with their fields, rows that are nobody).
    day: the day on which what the file says is true. defaults: field → code for what the file has no column of.
    counts: rows by action, and cells by level of finding.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    unit_path = models.TextField(db_collation="C", editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("started by")
    )
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.REVIEW)
    day = models.DateField(_("as of"))
    file_name = models.CharField(_("file"), max_length=200)
    key = row_key()
    content = EncryptedBinaryField(_("content"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    sheets = EncryptedJSONField(default=list, encoder=DjangoJSONEncoder)
    defaults = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    created = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    applied = models.DateTimeField(_("applied at"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("applied by"),
    )
    undone = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [models.Index(fields=["unit_path", "-created"], name="personnel_import_by_unit")]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.get_state_display()}"


_ROW = ("source_id", "position")  # what the row is known by before it is inserted


class ImportRow(models.Model):
    """Somebody's row of a file.

    raw: field → what stands in the cell. columns: field → column, from 0. fixed: field → text typed over the cell in
    the review. values: field → what would go on record. findings: see `personnel.rules.review.Finding`. diff: field →
    [on record, in the file]. errors, warnings, changes: findings by level. follows: belongs to a row above. written:
    the rows of the personnel file that applying it made or changed, with their state after it, for the undo.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", verbose_name=_("import"))
    position = models.PositiveIntegerField(_("position"))
    sheet = models.CharField(_("sheet"), max_length=100)
    number = models.PositiveIntegerField(_("row"))
    raw = EncryptedJSONField(default=dict, row=_ROW)
    columns = models.JSONField(default=dict)
    notes = EncryptedJSONField(default=list, row=_ROW)
    fixed = EncryptedJSONField(default=dict, row=_ROW)
    values = EncryptedJSONField(default=dict, row=_ROW)
    findings = EncryptedJSONField(default=list, row=_ROW)
    diff = EncryptedJSONField(default=dict, row=_ROW)
    action = models.CharField(_("what happens"), max_length=10, choices=RowAction.choices, default=RowAction.ERROR)
    errors = models.PositiveSmallIntegerField(_("errors"), default=0)
    warnings = models.PositiveSmallIntegerField(_("warnings"), default=0)
    changes = models.PositiveSmallIntegerField(_("changes"), default=0)
    follows = models.BooleanField(default=False)
    left_out = models.BooleanField(_("left out by choice"), default=False)
    applied = models.BooleanField(_("applied"), default=False)
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    written = EncryptedJSONField(default=list, encoder=DjangoJSONEncoder, row=_ROW)

    objects = EncryptedQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        default_permissions = ()
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="personnel_import_row_once")]
        indexes = [models.Index(fields=["source", "action", "position"], name="personnel_import_rows")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.number + 1}"


class JobKind(models.TextChoices):
    APPLY = "APPLY", _("Apply")
    UNDO = "UNDO", _("Undo")


class JobState(models.TextChoices):
    DUE = "DUE", _("Waits")
    CLAIMED = "CLAIMED", _("Is being written")
    DONE = "DONE", _("Done")
    REFUSED = "REFUSED", _("Refused")
    FAILED = "FAILED", _("Failed")


OPEN_JOBS = (JobState.DUE, JobState.CLAIMED)


class ImportJob(models.Model):
    """Applying or undoing an import apart from the page. At most one of an import is open.

    options: what the service takes beside the import (expected, whole; skip_changed). done, total: rows. lease: until
    when the claim of attempt number `attempt` holds. said: what whoever started it is told at the end, in `language`.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="jobs", verbose_name=_("import"))
    kind = models.CharField(_("kind"), max_length=8, choices=JobKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.DUE)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("started by")
    )
    language = models.CharField(max_length=10)
    options = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("rows"))
    done = models.PositiveIntegerField(_("rows written"), default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease = models.DateTimeField(null=True, blank=True)
    said = models.JSONField(default=list)
    created = models.DateTimeField(_("started at"), auto_now_add=True)
    finished = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("work on an import")
        verbose_name_plural = _("work on imports")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(state__in=("DUE", "CLAIMED")),
                name="personnel_import_job_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_state_display()}"

    @property
    def open(self) -> bool:
        return self.state in OPEN_JOBS

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class ImportProblem(models.TextChoices):
    """Why no people are read from a file that was opened."""

    NO_HEADER = (
        "NO_HEADER",
        _(
            "No row with headings was found. One row must hold at least “姓名” or “身份证号” and one more known heading."
        ),
    )
    NO_PEOPLE = "NO_PEOPLE", _("There are headings, and no person below them.")


class Found(models.TextChoices):
    """What is found in a cell or a row; the labels are templates for the parameters."""

    # Errors and warnings
    FORMULA = "FORMULA", _("The cell holds a formula without a result. Write the value.")
    LOST_CHARACTER = (
        "LOST_CHARACTER",
        _("A character of “%(text)s” was lost when the file was saved. Write it again; save as .xlsx, not .csv."),
    )
    PRIVATE_CHARACTER = (
        "PRIVATE_CHARACTER",
        _("“%(text)s” contains a character of a private font (%(code)s). Type the name with a current input method."),
    )
    TOO_LONG = "TOO_LONG", _("%(found)s characters are more than the %(limit)s that fit.")
    NO_NAME = "NO_NAME", _("“%(text)s” is no name.")
    NAME_MISSING = "NAME_MISSING", _("The name is missing.")
    EXPONENT = (
        "EXPONENT",
        _(
            "“%(text)s”: the workbook kept this as a number and lost the last digits. Set the column's format to Text, "
            "then write the number again from the card."
        ),
    )
    IDENTITY_SHORT = "IDENTITY_SHORT", _("The identity number has 17 digits; the last one is missing.")
    IDENTITY_LENGTH = (
        "IDENTITY_LENGTH",
        _("The identity number must have 18 digits (the last may be X); here are %(found)s."),
    )
    IDENTITY_CHECK = (
        "IDENTITY_CHECK",
        _("The 18th digit of the identity number should be %(expected)s and is %(found)s."),
    )
    IDENTITY_BIRTH = "IDENTITY_BIRTH", _("Digits 7 to 14 of the identity number are no date: %(found)s.")
    FIFTEEN = "FIFTEEN", _("An old number of 15 digits was brought to 18: %(number)s. Compare it with the card.")
    PHONE = "PHONE", _("“%(text)s” is no phone number: mobile numbers have 11 digits, here are %(found)s.")
    TWO_PHONES = "TWO_PHONES", _("“%(text)s” holds several phone numbers. Keep one.")
    NO_DAY = "NO_DAY", _("“%(text)s” is no day.")
    NO_SUCH_DAY = "NO_SUCH_DAY", _("“%(text)s”: there is no such day.")
    YEAR_ONLY = "YEAR_ONLY", _("“%(text)s” is a year without a month.")
    TENTH_MONTH = "TENTH_MONTH", _("“%(text)s” may be January or October: a number keeps no zero at its end.")
    OUT_OF_RANGE = "OUT_OF_RANGE", _("“%(text)s” lies before 1900 or after 2100.")
    CENTURY = "CENTURY", _("“%(text)s” was read as the year %(year)s.")
    WORD = "WORD", _("“%(text)s” is not known here.")
    YES_NO = "YES_NO", _("“%(text)s” is neither yes (是) nor no (否).")
    NUMBER = "NUMBER", _("“%(text)s” is no whole number.")
    UNIT = "UNIT", _("There is no unit “%(text)s” among those you may work with.")
    UNIT_SEVERAL = "UNIT_SEVERAL", _("“%(text)s” may be one of several units. Write the street before it, or its code.")
    REQUIRED = "REQUIRED", _("This is needed for somebody new and missing.")
    WHO = "WHO", _("Give the identity number, or the birth date and the sex.")
    BIRTH_DIFFERS = (
        "BIRTH_DIFFERS",
        _("The identity number says born on %(expected)s, the cell says “%(found)s”. Correct the wrong one."),
    )
    SEX_DIFFERS = (
        "SEX_DIFFERS",
        _("The identity number belongs to the other sex than “%(found)s”. Correct the wrong one."),
    )
    AGE_DIFFERS = "AGE_DIFFERS", _("By the birth date the age is %(expected)s, the file says %(found)s.")
    TWICE = "TWICE", _("%(number)s stands in this file already, in %(first)s.")
    SAME_NAME = (
        "SAME_NAME",
        _("The same name and birth date stand in %(first)s. If it is the same person, leave one out."),
    )
    TOO_YOUNG = "TOO_YOUNG", _("%(second)s is less than %(years)s years after %(first)s. Correct the wrong one.")
    ORDER = "ORDER", _("%(second)s lies before %(first)s. Correct the wrong one.")
    FUTURE = "FUTURE", _("%(day)s lies in the future.")
    OLD = "OLD", _("This makes somebody of %(years)s years.")
    HIDDEN_ROW = (
        "HIDDEN_ROW",
        _("The row is hidden in the workbook. It is read like the others; leave it out if it is old."),
    )
    NOTE_IN_NAME = "NOTE_IN_NAME", _("Only “%(name)s” of “%(text)s” is taken as the name.")
    SEVERAL_MATCH = (
        "SEVERAL_MATCH",
        _("%(count)s people on record have this name and birth date. Give the identity number."),
    )
    NOT_YOURS = (
        "NOT_YOURS",
        _("Somebody with this identity number is on record in a unit that is not yours. Ask for a transfer."),
    )
    NAME_DIFFERS = (
        "NAME_DIFFERS",
        _("The person with this identity number is %(record)s on record. Compare with the card before you go on."),
    )
    NUMBER_DIFFERS = (
        "NUMBER_DIFFERS",
        _("%(record)s is on record with another identity number. Correct the wrong one."),
    )
    ELSEWHERE = (
        "ELSEWHERE",
        _("On record: %(record)s. An import does not change this; enter a transfer or an appointment."),
    )
    SEVERAL_POSTS = (
        "SEVERAL_POSTS",
        _("Of several posts, “%(first)s” is taken; enter %(others)s as appointments, unless they are on record."),
    )
    INCOMPLETE = "INCOMPLETE", _("Not taken over, because “%(missing)s” is missing.")
    ACCOUNT = "ACCOUNT", _("“%(text)s” is no account number: it has 8 to 34 digits and nothing else.")
    LEADER = "LEADER", _("The row of this person, %(first)s, is not going to be on record. Put that one right first.")
    USED = "USED", _("The number %(number)s belongs to somebody else on record.")
    REFUSED = "REFUSED", "%(message)s"
    # Changes
    SPACES = "SPACES", _("spaces removed")
    INVISIBLE = "INVISIBLE", _("invisible characters removed")
    WIDTH = "WIDTH", _("full-width letters and digits made half-width")
    CHARACTER = "CHARACTER", _("characters replaced by their standard form")
    DOT = "DOT", _("separating dot made ·")
    INNER_SPACES = "INNER_SPACES", _("spaces inside the name removed")
    NOTHING = "NOTHING", _("taken as empty")
    IDENTITY_FORM = "IDENTITY_FORM", _("brought to the form of an identity number")
    PHONE_FORM = "PHONE_FORM", _("spaces, dashes and country code removed")
    FIRST_OF_MONTH = "FIRST_OF_MONTH", _("no day given: the first of the month")
    MASKED = "MASKED", _("hidden by an export: nothing is changed")
    DATE = "DATE", _("read as a day")
    SERIAL = "SERIAL", _("the workbook's number of a day")
    MERGED = "MERGED", _("value of the merged cell above")
    FROM_HEADING = "FROM_HEADING", _("from the heading of the group")
    DAY_FROM_NUMBER = "DAY_FROM_NUMBER", _("day completed from the identity number")
    KNOWN_WORD = "KNOWN_WORD", _("taken as the standard's word")
    DIGITS = "DIGITS", _("taken as a number")
    UNIT_NAME = "UNIT_NAME", _("taken as the unit %(unit)s")
    EIGHTEEN = "EIGHTEEN", _("15 digits brought to 18")
    FOLLOWS = "FOLLOWS", _("adds to the person in %(first)s")
    FULL_YEAR = "FULL_YEAR", _("year written in full")
