"""One person's file as it was on a day, what it lacks, and who has changed what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.money import format_yuan
from organization.access import Viewer
from organization.models import Permission, Unit
from personnel.models import (
    COUNTED_CATEGORIES,
    Archive,
    ArchiveCategory,
    ArchiveItem,
    Custody,
    InsuranceScheme,
    Loan,
    Person,
    PersonPast,
)
from personnel.rules.completeness import FileState, Missing, missing_of
from personnel.rules.fields import FIELDS, SECTIONS, Field, Section, fields_of
from personnel.rules.values import value_of
from personnel.selectors.people import person_for
from personnel.selectors.rows import file_rows_for_system, replaced_people_for_system


@dataclass(frozen=True, slots=True)
class Cell:
    """A field with its value and the words for it ("" for none)."""

    field: Field
    value: Any
    text: str

    @property
    def label(self) -> str:
        return label_for_system(self.field)


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A row of a section. state: HOLDS on the day, PAST, or COMING (after today, in a record of today or later)."""

    section: Section
    row: Any
    state: str

    @property
    def pk(self) -> int:
        return int(self.row.pk)

    @property
    def cells(self) -> list[Cell]:
        return [
            Cell(one, value, text_for_system(one, self.row, value))
            for one in fields_of(self.section.code)
            for value in [_value(self.row, one.attribute)]
        ]


@dataclass(frozen=True)
class ArchiveRecord:
    """The archive: its papers by category in the archive's order, who keeps it on the day, and its loans."""

    archive: Archive
    items: dict[str, list[ArchiveItem]]
    custodies: list[Custody]
    loans: list[Loan]
    custodian: Custody | None

    @property
    def lent(self) -> Loan | None:
        return next((loan for loan in self.loans if loan.end is None), None)


@dataclass(frozen=True)
class FileRecord:
    """One person's file on a day.

    values: single values of the person on the day, by code of the registry; differing: those that are another today.
    sections: rows by section, newest first: those that held or had happened by the day.
    """

    person: Person
    day: date
    values: dict[str, Any]
    differing: frozenset[str]
    sections: dict[str, list[SectionRow]] = field(default_factory=dict)
    archive: ArchiveRecord | None = None

    def holding(self, section: str) -> list[SectionRow]:
        return [row for row in self.sections[section] if row.state == "HOLDS"]

    def cells(self, section: str) -> list[Cell]:
        """The single values of a section with their words."""
        shown = Person(**{code: value for code, value in self.values.items() if code in FIELDS})
        return [
            Cell(one, self.values[one.code], text_for_system(one, shown, self.values[one.code]))
            for one in fields_of(section)
            if one.code in self.values
        ]


def record_on(*, user: Viewer, person_id: int, day: date | None = None) -> FileRecord:
    """One person's file as it was on a day (today unless given), for a user who may look at them; else NotFound.

    The number of queries is the same for every file.
    """
    today = timezone.localdate()
    day = day or today
    person = person_for(user=user, person_id=person_id)
    return _record(person, day, today)


def record_for_system(person: Person) -> FileRecord:
    """A person's file as it is today."""
    today = timezone.localdate()
    return _record(person, today, today)


def _record(person: Person, day: date, today: date) -> FileRecord:
    found = file_rows_for_system(person, day)
    values, differing = _values_on(person, found[PersonPast], day)
    if day < today:
        values["photo"] = _photo_on(person, day)
    sections = {
        code: _rows(section, found[apps.get_model("personnel", section.model)], day, today)
        for code, section in SECTIONS.items()
        if section.rows
    }
    return FileRecord(person, day, values, differing, sections, _archive(found, day))


def _values_on(person: Person, pasts: list[Any], day: date) -> tuple[dict[str, Any], frozenset[str]]:
    """Each single value as it was on the day: what the first change after the day ended, or what is current."""
    values = {code: getattr(person, code) for code in FIELDS if "." not in code}
    values["photo"] = person.photo_id
    then: dict[str, Any] = {}
    for past in sorted(pasts, key=lambda one: one.until):
        if past.until > day and past.field in values and past.field not in then:
            then[past.field] = value_of(past.field, past.value)
    differing = frozenset(code for code, value in then.items() if value != values[code])
    return values | then, differing


def _photo_on(person: Person, day: date) -> int | None:
    """The number of the photograph that was on record when a day ended."""
    replaced = replaced_people_for_system(person.pk, day).values_list("row", flat=True).first()
    found: int | None = person.photo_id if replaced is None else replaced["photo_id"]
    return found


def _rows(section: Section, found: list[Any], day: date, today: date) -> list[SectionRow]:
    """The newest first; what has no day in the order of entry."""
    if section.start:
        found = sorted(found, key=lambda row: (getattr(row, section.start), row.pk), reverse=True)
    else:
        found = sorted(found, key=lambda row: row.pk)
    rows = [SectionRow(section, row, _state(section, row, day)) for row in found]
    return [row for row in rows if row.state != "COMING" or day >= today]


def _state(section: Section, row: Model, day: date) -> str:
    if section.start and getattr(row, section.start) > day:
        return "COMING"
    end = getattr(row, section.end) if section.end else None
    return "PAST" if end is not None and end <= day else "HOLDS"


def _archive(found: dict[Any, list[Any]], day: date) -> ArchiveRecord | None:
    archive = next(iter(found[Archive]), None)
    if archive is None:
        return None
    by_category: dict[str, list[ArchiveItem]] = {code: [] for code in ArchiveCategory.values}
    for item in sorted(found[ArchiveItem], key=lambda one: (one.day, one.pk)):
        if item.day <= day:
            by_category[item.category].append(item)
    custodies = sorted(found[Custody], key=lambda one: one.start, reverse=True)
    loans = sorted(found[Loan], key=lambda one: (one.start, one.pk), reverse=True)
    custodian = next((one for one in custodies if one.start <= day and (one.end is None or one.end > day)), None)
    return ArchiveRecord(archive, by_category, custodies, loans, custodian)


# -- What a file lacks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Something a file lacks, with the words for it; `section` says where it is entered."""

    what: Missing
    section: str
    text: str


def missing_items(*, user: Viewer, person_id: int, day: date | None = None) -> list[MissingItem]:
    """What a person's file lacks on a day (today unless given), in the order of the file."""
    return missing_of_for_system(record_on(user=user, person_id=person_id, day=day))


def missing_of_for_system(record: FileRecord) -> list[MissingItem]:
    """What a record that has been read lacks; asks nothing."""
    jobs = [one.row for one in record.holding("employment")]
    counted = [job for job in jobs if job.category in COUNTED_CATEGORIES]
    state = FileState(
        day=record.day,
        working=bool(jobs or record.holding("post")),
        counted=bool(counted),
        values=frozenset(code for code, value in record.values.items() if value not in (None, "")),
        political_status=record.values["political_status"],
        rows={code: len(record.holding(code)) for code in record.sections}
        | {code: len(record.sections[code]) for code in ("resume", "discipline", "employment", "post")},
        schemes=frozenset(one.row.scheme for one in record.holding("insurance")),
        pay_account=any(one.row.main for one in record.holding("bank")),
        contract=all(job.contract_start is not None for job in counted),
        checked=max((one.row.day for one in record.holding("health_check")), default=None),
        worked_since=min((job.start for job in jobs), default=None),
        papers=(
            frozenset(code for code, items in record.archive.items.items() if items)
            if record.archive is not None and record.archive.archive.opened <= record.day
            else None
        ),
    )
    return [_missing_item(one) for one in missing_of(state)]


def _missing_item(what: Missing) -> MissingItem:
    if what.kind == "value":
        if what.code == "photo":
            return MissingItem(what, "identity", _("photograph"))
        return MissingItem(what, FIELDS[what.code].section, label_for_system(FIELDS[what.code]))
    if what.kind == "row":
        return MissingItem(what, what.code, label_for_system(SECTIONS[what.code]))
    if what.kind == "scheme":
        return MissingItem(what, "insurance", str(InsuranceScheme(what.code).label))
    if what.kind == "check":
        return MissingItem(what, "health_check", _("health check of %(year)s") % {"year": what.code})
    if what.kind == "paper":
        label = ArchiveCategory(what.code).label
        return MissingItem(
            what, "archive", _("papers of category %(code)s: %(label)s") % {"code": what.code, "label": label}
        )
    return MissingItem(what, "archive", _("the archive itself"))


# -- Words ------------------------------------------------------------------------------------------------------------


def label_for_system(what: Field | Section) -> str:
    """The name of a field or section in the language of the reader."""
    return what.zh if (get_language() or "").startswith("zh") else what.en


def _value(row: Any, attribute: str) -> Any:
    if attribute == "unit" and not hasattr(row, "unit_id"):
        return row.post.unit
    return getattr(row, attribute)


def text_for_system(one: Field, row: Any, value: Any) -> str:
    """The words for a value: the label of a code, the name of a unit, yes or no, yuan for fen; "" for none."""
    if value is None or value == "":
        return ""
    if one.codes is not None:
        return str(getattr(row, f"get_{one.attribute}_display")())
    if isinstance(value, Unit):
        return value.name
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if one.kind == "month":
        return f"{value:%Y-%m}"
    if one.kind == "money":
        return format_yuan(int(value))
    return str(value)


def masked_words_for_system(field: Field, text: str) -> str:
    """The words of a value as far as they tell two people apart; "" for none."""
    if not text:
        return ""
    if field.kind == "identity":
        return f"{text[:4]}{'*' * max(len(text) - 8, 4)}{text[-4:]}"
    if field.kind == "phone":
        return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else "*" * len(text)
    if field.attribute == "number":
        return f"**** {text[-4:]}"
    return _("hidden")


def row_for(*, user: Viewer, section: str, row_id: int, permission: str = Permission.VIEW_PEOPLE) -> Any:
    """A row of a section (or of "archive", "archive_item", "custody", "loan", "past") of somebody the user may look at.

    Raises NotFound for everything else.
    """
    models: dict[str, Any] = {
        "archive": Archive, "archive_item": ArchiveItem, "custody": Custody, "loan": Loan, "past": PersonPast,
    }  # fmt: skip
    spec = SECTIONS.get(section)
    model = models.get(section) or (apps.get_model("personnel", spec.model) if spec is not None and spec.rows else None)
    row = model._default_manager.filter(pk=row_id).first() if model is not None else None
    if row is None:
        raise NotFound(_("There is no such row."))
    if hasattr(row, "person_id"):
        person_id = row.person_id
    else:
        person_id = (row.employment if hasattr(row, "employment_id") else row.archive).person_id
    person_for(user=user, person_id=person_id, permission=permission)
    return row
