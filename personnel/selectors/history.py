"""Who changed what of somebody's file, when, why and on what document: from the rows that were replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.crypto import BlindIndexField, EncryptedField
from core.models import AuditEntry
from organization.access import Viewer
from organization.models import Unit, User
from personnel.models import Person, PersonPast, Post, RowHistory, StoredFile
from personnel.rules.fields import FIELDS, Field, Section, fields_of
from personnel.selectors.people import person_for
from personnel.selectors.record import label_for_system, text_for_system
from personnel.selectors.rows import current_rows_for_system, tables_for_system

# Columns that repeat others or lead to the file itself.
_SILENT = frozenset(
    {"id", "key", "person_id", "archive_id", "employment_id", "unit_path", "name_pinyin", "name_readings", "body"}
) | {"single_holder", "post_id", "belongs_to_id", "source"}
_BEGINNINGS = ("create", "add", "start", "open", "lend", "import", "change")

ACTS = {
    "add": _("entered"),
    "change": _("changed"),
    "correct": _("corrected"),
    "end": _("ended"),
    "withdraw": _("withdrawn"),
    "follow": _("followed the posts"),
    "hand over": _("handed over"),
    "return": _("returned"),
    "organization.unit": _("followed its unit"),
    "": _("written past the application"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a row before and after, in words; "" for none. file: the values are numbers of stored files."""

    label: str
    before: str
    after: str
    field: Field | None
    file: bool = False


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One write of one row: when, by whom, what for. An entry of "add" has no befores, one of "withdraw" no afters."""

    at: datetime
    actor: str
    act: str
    act_text: str
    section: str
    section_text: str
    table: str
    row_id: int
    differences: list[Difference]
    reason: str
    document: str


def history_of(*, user: Viewer, person_id: int) -> list[HistoryEntry]:
    """Every write of a person's file on record, newest first, for a user who may look at the person; else NotFound.

    The number of queries is the same for every file.
    """
    person = person_for(user=user, person_id=person_id)
    tables = tables_for_system()
    now = current_rows_for_system(person.pk)
    kept: dict[tuple[str, int], list[RowHistory]] = defaultdict(list)
    for entry in RowHistory.objects.filter(person_id=person.pk).order_by("recorded_until", "pk"):
        kept[entry.table_name, entry.row_id].append(entry)
    first: dict[tuple[str, int], dict[str, Any]] = {}
    found: list[tuple[datetime, str, str, str, int, Any, Any, str, str]] = []
    for key, entries in kept.items():
        first[key] = entries[0].row
        for n, entry in enumerate(entries):
            later = entries[n + 1].row if n + 1 < len(entries) else None if entry.deleted else now.get(key)
            act = "withdraw" if entry.deleted and entry.act not in ("follow",) else entry.act
            found.append((entry.recorded_until, entry.actor, act, *key, entry.row, later, entry.reason, entry.document))
    first = {**now, **first}
    for at, actor, key in _beginnings(first, tables):
        found.append((at, actor, "add", *key, None, first[key], "", str(first[key].get("document") or "")))
    found.sort(key=lambda one: (one[0], one[4]), reverse=True)
    words = _Words(row for one in found for row in (one[5], one[6]) if row)
    names = _display_names({one[1] for one in found})
    entries_shown = []
    for at, actor, act, table, row_id, before, after, reason, document in found:
        model, section = tables[table]
        differences = words.differences(model, section, before, after)
        if not differences and act not in ("add", "withdraw"):
            continue
        entries_shown.append(
            HistoryEntry(
                at=at,
                actor=names.get(actor, actor),
                act=act,
                act_text=str(ACTS.get(act, act)),
                section=section.code if section else "",
                section_text=label_for_system(section) if section else str(model._meta.verbose_name),
                table=table,
                row_id=row_id,
                differences=differences,
                reason=reason,
                document=document,
            )
        )
    return entries_shown


def _beginnings(
    rows: dict[tuple[str, int], dict[str, Any]], tables: dict[str, tuple[Any, Section | None]]
) -> Iterable[tuple[datetime, str, tuple[str, int]]]:
    """When and by whom each row was first written, as far as the trail says; one query."""
    by_type: dict[str, list[str]] = defaultdict(list)
    table_of = {model._meta.label_lower: table for table, (model, _section) in tables.items()}
    type_of = {table: label for label, table in table_of.items()}
    for table, row_id in rows:
        by_type[type_of[table]].append(str(row_id))
    condition = Q(pk__in=[])
    for label, ids in sorted(by_type.items()):
        condition |= Q(object_type=label, object_id__in=ids)
    seen = set()
    for at, actor, action, label, object_id in (
        AuditEntry.objects.filter(condition)
        .order_by("pk")
        .values_list("at", "actor_name", "action", "object_type", "object_id")
    ):
        key = (table_of[label], int(object_id))
        if key not in seen and action.rpartition(".")[2] in _BEGINNINGS:
            seen.add(key)
            if label != "personnel.person" or action.endswith("create"):
                yield at, actor, key


def _display_names(actors: Iterable[str]) -> dict[str, str]:
    return dict(User.objects.filter(username__in=sorted(set(actors))).values_list("username", "display_name"))


class _Words:
    """Turns the columns of kept rows into words; the names of all units and posts are read at once."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        units: set[int] = set()
        posts: set[int] = set()
        for row in rows:
            units |= {
                row[name]
                for name in ("unit_id", "employer_id", "recruiter_id", "manager_id", "work_unit_id", "branch_id")
                if row.get(name)
            }
            if row.get("post_id"):
                posts.add(row["post_id"])
        self.units: dict[int, str] = dict(Unit.objects.filter(pk__in=units).values_list("pk", "name"))
        self.posts: dict[int, str] = dict(Post.objects.filter(pk__in=posts).values_list("pk", "unit__name"))

    def differences(
        self, model: Any, section: Section | None, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> list[Difference]:
        registered = self._fields(model, section)
        found = []
        for column in model._meta.concrete_fields:
            name = column.attname
            old, new = (before or {}).get(name), (after or {}).get(name)
            if name == "post_id" and old != new:
                label = label_for_system(FIELDS["tenure.unit"])
                found.append(
                    Difference(label, self.posts.get(old, ""), self.posts.get(new, ""), FIELDS["tenure.unit"])  # type: ignore[arg-type]
                )
            if name in _SILENT or old == new or isinstance(column, BlindIndexField):
                continue
            if isinstance(column, EncryptedField):
                old, new = (column.opened_from(row) if row else None for row in (before, after))
            known = registered.get(column.name)
            if model is PersonPast and column.name == "value":  # an earlier value of the field that the row names
                known = FIELDS.get((after or before or {}).get("field", ""))
                found.append(Difference(str(column.verbose_name), old or "", new or "", known))
                continue
            texts = [self._text(model, column, known, value) for value in (old, new)]
            if texts[0] != texts[1]:
                label = label_for_system(known) if known else str(column.verbose_name)
                found.append(Difference(label, texts[0], texts[1], known, column.related_model is StoredFile))
        return found

    def _fields(self, model: Any, section: Section | None) -> dict[str, Field]:
        if model is Person:
            return {code: one for code, one in FIELDS.items() if "." not in code}
        return {one.attribute: one for one in fields_of(section.code)} if section else {}

    def _text(self, model: Any, column: Any, known: Field | None, value: Any) -> str:
        if value in (None, ""):
            return ""
        if column.is_relation:
            return self.units.get(value, f"{value}") if column.related_model is Unit else f"{value}"
        if column.choices:
            return str(dict(column.flatchoices).get(value, value))
        value = column.to_python(value)
        if known is not None:
            return text_for_system(known, model(**{column.name: value}), value)
        return str(value)


def latest_for_system(entries: Sequence[HistoryEntry], section: str) -> HistoryEntry | None:
    """The newest entry of a section, for "last changed by … on …"."""
    return next((entry for entry in entries if entry.section == section), None)
