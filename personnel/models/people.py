"""Who somebody is, and what was true of them before."""

from __future__ import annotations

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.crypto import BlindIndexField, EncryptedCharField, SealedCheck, SometimesEncryptedField, mask
from organization.models import Unit
from personnel.models.codes import (
    DemocraticParty,
    DocumentType,
    EthnicGroup,
    Health,
    Household,
    MaritalStatus,
    PoliticalStatus,
    Sex,
)

# Values that are sealed to their row, as the registry of fields names them.
SEALED_VALUES = frozenset({"identity_number", "phone", "other_phone", "emergency_phone"})


def row_key() -> models.UUIDField[uuid.UUID, uuid.UUID]:
    """What sealed values of a row are bound to: there before the row is, and never changed (a trigger refuses it)."""
    return models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False, unique=True)


class StoredFile(models.Model):
    """A file as it was handed in (a scan, a photograph), kept beside its rows so that one backup has both.

    sha256: of the content, 64 hexadecimal characters; the same content is stored once.
    """

    sha256 = models.CharField(max_length=64, unique=True, editable=False, db_collation="C")
    name = models.CharField(_("file name"), max_length=200)
    media_type = models.CharField(_("kind of file"), max_length=100)
    size = models.PositiveIntegerField(_("size (bytes)"))
    content = models.BinaryField()
    stored = models.DateTimeField(_("stored at"), auto_now_add=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="personnel_stored_file_sha256"),
        ]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody's identity; it stays when they leave."""

    key = row_key()
    name = models.CharField(_("name"), max_length=50)
    name_pinyin = models.CharField(_("name in pinyin"), max_length=150, blank=True, db_collation="C")
    # Other readings under which people look for the name, with | between them ("dan xiong xin" of 单雄信, a shan).
    name_readings = models.CharField(_("other readings"), max_length=300, blank=True, default="", db_default="")
    document_type = models.CharField(
        _("identity document"),
        max_length=20,
        choices=DocumentType.choices,
        default=DocumentType.RESIDENT_ID,
        db_default="RESIDENT_ID",
    )
    identity_number = EncryptedCharField(_("identity number"), max_length=18, null=True, blank=True)
    identity_number_index = BlindIndexField("identity_number")
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, null=True, blank=True)
    birth_date = models.DateField(_("born"), null=True, blank=True)
    ethnic_group = models.CharField(
        _("ethnic group (GB/T 3304)"), max_length=2, choices=EthnicGroup.choices, blank=True
    )
    native_place = models.CharField(_("native place"), max_length=100, blank=True, default="", db_default="")
    birth_place = models.CharField(_("place of birth"), max_length=100, blank=True, default="", db_default="")
    political_status = models.CharField(
        _("political status"), max_length=20, choices=PoliticalStatus.choices, null=True, blank=True
    )
    democratic_party = models.CharField(
        _("democratic party"), max_length=2, choices=DemocraticParty.choices, blank=True, default="", db_default=""
    )
    party_joined = models.DateField(_("joined the party"), null=True, blank=True)
    marital_status = models.CharField(
        _("marital status"), max_length=2, choices=MaritalStatus.choices, blank=True, default="", db_default=""
    )
    health = models.CharField(_("health"), max_length=2, choices=Health.choices, blank=True, default="", db_default="")
    professional_title = models.CharField(
        _("professional title"), max_length=100, blank=True, default="", db_default=""
    )
    specialities = models.CharField(_("specialities"), max_length=200, blank=True, default="", db_default="")
    union_joined = models.DateField(_("joined the union"), null=True, blank=True)
    household = models.CharField(
        _("household registration"), max_length=10, choices=Household.choices, blank=True, default="", db_default=""
    )
    household_address = models.CharField(_("household address"), max_length=200, blank=True, default="", db_default="")
    registered_residence = models.CharField(_("registered residence (unit code)"), max_length=15, blank=True)
    lives_in = models.CharField(_("lives in (unit code)"), max_length=15, blank=True)
    phone = EncryptedCharField(_("mobile phone"), max_length=20, blank=True, default="", db_default="")
    phone_index = BlindIndexField("phone")
    other_phone = EncryptedCharField(_("other phone"), max_length=20, blank=True, default="", db_default="")
    address = models.CharField(_("address"), max_length=200, blank=True, default="", db_default="")
    emergency_contact = models.CharField(_("emergency contact"), max_length=50, blank=True, default="", db_default="")
    emergency_phone = EncryptedCharField(_("emergency phone"), max_length=20, blank=True, default="", db_default="")
    work_started = models.DateField(_("started work"), null=True, blank=True)
    certificate_exams_failed = models.PositiveSmallIntegerField(_("certificate examinations failed"), default=0)
    background = models.CharField(_("background (codes, separated by |)"), max_length=100, blank=True)
    # Which unit the file belongs to while neither an employment nor a post says so: where the person was entered, or
    # where the last of them was withdrawn.
    belongs_to = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("belongs to"),
    )  # fmt: skip
    photo = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("photograph")
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["identity_number_index"], name="personnel_person_identity_number_once"),
            SealedCheck(
                fields=["identity_number", "phone", "other_phone", "emergency_phone"], name="personnel_person_sealed"
            ),
            models.CheckConstraint(
                condition=Q(identity_number__isnull=True, identity_number_index__isnull=True)
                | Q(identity_number__isnull=False, identity_number_index__isnull=False),
                name="personnel_person_identity_number_found",
            ),
        ]
        indexes = [
            models.Index(fields=["name_pinyin", "id"], name="personnel_person_by_name"),
            models.Index(
                fields=["phone_index"], condition=Q(phone_index__isnull=False), name="personnel_person_by_phone"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_identity_number(self) -> str:
        """3401**********1234: enough to tell two people of a name apart."""
        return mask(self.identity_number or "")

    @property
    def masked_phone(self) -> str:
        """138****5678."""
        return mask(self.phone)


class PersonPast(models.Model):
    """What a single value of a person was before it changed: it held until (and without) the day `until`."""

    key = row_key()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="past", verbose_name=_("person"))
    field = models.CharField(_("field"), max_length=40)
    value = SometimesEncryptedField(
        _("value"), max_length=200, blank=True, row=("key", "person_id"), secret_if=lambda past: past.is_sealed
    )
    until = models.DateField(_("until (first day on which it no longer holds)"))
    document = models.CharField(_("document"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("earlier value")
        verbose_name_plural = _("earlier values")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "field", "until"],
                name="personnel_past_once_a_day",
                violation_error_message=_("This value has changed on this day already. Correct that change instead."),
            ),
            SealedCheck(fields=["value"], unless=~Q(field__in=sorted(SEALED_VALUES)), name="personnel_past_sealed"),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.field} · {self.until}"

    @property
    def is_sealed(self) -> bool:
        return self.field in SEALED_VALUES


class RowHistory(models.Model):
    """A row of the file as it was before it was changed or deleted. Written by a trigger alone, and append-only.

    row: the whole old row by column; recorded_until: when it ceased to be what we had on record. actor, act, reason
    and document are what the writing service has named; a write past every service names the role of the database.
    """

    SEALED_COPIES = ("table_name", "row")  # a rotation of keys finds sealed values here too

    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    row = models.JSONField()
    recorded_until = models.DateTimeField()
    deleted = models.BooleanField(default=False)
    actor = models.CharField(max_length=150)
    act = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    document = models.CharField(max_length=100, blank=True)

    class Meta:
        db_table = "personnel_history"
        verbose_name = _("earlier state of a row")
        verbose_name_plural = _("earlier states of rows")
        default_permissions = ()
        indexes = [
            models.Index(fields=["person_id", "recorded_until"], name="personnel_history_by_person"),
            models.Index(fields=["table_name", "row_id", "recorded_until"], name="personnel_history_by_row"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} · {self.recorded_until}"
