"""Why what is masked is shown, and what of a file can be looked at: words of the trail of readings."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Purpose(models.TextChoices):
    """Why somebody is shown what is masked. OTHER takes words."""

    CHECK = "CHECK", _("Compare the record with papers")
    CONTACT = "CONTACT", _("Reach the person")
    PAY = "PAY", _("Pay, social insurance and the housing fund")
    DECISION = "DECISION", _("Prepare a decision about the person")
    REQUEST = "REQUEST", _("The person asks for it")
    INSPECTION = "INSPECTION", _("Audit, inspection or a legal duty")
    OTHER = "OTHER", _("Something else, in words")


class Looked(models.TextChoices):
    """What of somebody's file was opened."""

    RECORD = "RECORD", pgettext_lazy("looked at", "the record")
    HISTORY = "HISTORY", pgettext_lazy("looked at", "the history of the record")
    PRINT = "PRINT", pgettext_lazy("looked at", "the record as a print")
    ARCHIVE = "ARCHIVE", pgettext_lazy("looked at", "the list of papers")
    FORM = "FORM", pgettext_lazy("looked at", "a form with what is on record")
    FILE = "FILE", pgettext_lazy("looked at", "a scan or the photograph")
    COPY = "COPY", pgettext_lazy("looked at", "a copy of everything, for the person")
    PROGRAM = "PROGRAM", pgettext_lazy("looked at", "the record, by a program")
