"""Imports for a user: the list, one with its rows by what happens to them, and findings in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.rules import Todo
from core.rules.workbook import address, letters
from organization.access import Scope, Viewer, scope_for
from organization.models import Permission, Unit, User
from personnel.models.imports import OPEN_JOBS, Found, Import, ImportJob, ImportRow, ImportState, JobState, RowAction
from personnel.rules.fields import FIELDS, SENSITIVE, wording
from personnel.rules.mapping import HELPERS
from personnel.rules.review import FURTHER, IMPORTED
from personnel.rules.words import WORDS

UNDO_HOURS = 24
MOST = 20
KEPT_DAYS = 30
TABS = ("ERROR", "WARNING", "NEW", "UPDATE", "UNCHANGED")
_SHOWN_WORDS = 12


def label_of_for_system(code: str) -> str:
    """A field as the reader's language calls it."""
    if code in FIELDS:
        return FIELDS[code].en if (get_language() or "").startswith("en") else FIELDS[code].zh
    return HELPERS[code][0] if code in HELPERS else code


def finding_text_for_system(finding: Mapping[str, Any]) -> str:
    """A finding in words, in the language of the reader."""
    label = str(Found(finding["code"]).label)
    params = dict(finding.get("params") or {})
    return label % params if params else label.replace("%%", "%")


def accepted_words_for_system(code: str) -> list[str]:
    """What may be written in a field, where that is a list or a form."""
    field = FIELDS.get(code)
    if field is None:
        return []
    if field.kind == "code" and field.codes is not None and field.codes in WORDS:
        return [names[0] for names in WORDS[field.codes].values()][:_SHOWN_WORDS]
    return {
        "date": ["1990-05-01", "1990.05.01", "1990年5月1日", "19900501", "1990.05"],
        "month": ["1990-05", "1990.05", "1990年5月", "199005"],
        "identity": [_("18 digits, the last may be X")],
        "phone": [_("11 digits")],
        "yesno": ["是", "否"],
    }.get(field.kind, [])


def shown_value_for_system(code: str, value: str | None, units: Mapping[str, str] | None = None) -> str:
    """A value in normal form as a reader reads it."""
    field = FIELDS.get(code)
    if field is None or not value:
        return value or ""
    if field.kind == "code":
        return wording(code, value)
    if field.kind == "unit":
        return (units or {}).get(value, value)
    if field.kind == "yesno":
        return _("yes") if value == "1" else _("no")
    return value


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as the review shows it; `where` is the address in the workbook, `cell` its row and field for a fix."""

    row: int
    where: str
    name: str
    field: str
    label: str
    level: str
    original: str
    value: str
    text: str
    accepted: list[str]
    suggestions: list[str]
    fixed: bool
    alike: int


@dataclass(frozen=True, slots=True)
class ShownRow:
    row: ImportRow
    where: str
    name: str
    findings: list[ShownFinding]
    changes: list[ShownFinding]
    diff: list[tuple[str, str, str]]
    values: list[tuple[str, str]]
    following: int | None

    @property
    def errors(self) -> list[ShownFinding]:
        return [one for one in self.findings if one.level == "ERROR"]


def imports_list(*, user: Viewer) -> QuerySet[Import]:
    """The imports of the user's units, the newest first; without the files."""
    return (
        scope_for(user, Permission.CHANGE_PEOPLE)
        .filter(Import.objects.all())
        .select_related("unit", "started_by")
        .prefetch_related("jobs")
        .defer("content")
        .order_by("-pk")
    )


def import_get(*, user: Viewer, number: int) -> Import:
    """An import of the user's units; else NotFound."""
    found = imports_list(user=user).filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such import among those you may work with."))
    return found


def import_job_for_system(source: Import) -> ImportJob | None:
    """The newest work on an import, as long as nothing newer says more: a refusal goes when rows were applied since."""
    job = ImportJob.objects.filter(source=source).order_by("-pk").first()
    if job is None or job.open:
        return job
    newer = max((day for day in (source.applied, source.undone) if day is not None), default=None)
    return None if job.finished is None or (newer is not None and newer > job.finished) else job


def imports_waiting(*, user: User) -> list[Todo]:
    """What the user has uploaded and not ended: in work, ended within a day, refused, or still in review."""
    own = imports_list(user=user).filter(started_by=user, created__gt=timezone.now() - timedelta(days=KEPT_DAYS))
    own = own.exclude(state=ImportState.DISCARDED)
    found = []
    for source in own[:MOST]:
        state = _state(source)
        if state:
            found.append(
                Todo(
                    label=_("Import of %(file)s") % {"file": source.file_name[:80]},
                    unit=source.unit.name,
                    since=timezone.localtime(source.created).date(),
                    mine=True,
                    state=state,
                    url_name="personnel:import",
                    url_args=(source.pk,),
                )
            )
    return found


def _state(source: Import) -> str:
    """In a line how far an import is; "" where nobody needs to be told."""
    job = next(iter(source.jobs.all()), None)
    if job is not None and job.open:
        return _("%(done)s of %(total)s rows written") % {"done": job.done, "total": job.total}
    if job is not None and job.state in (JobState.REFUSED, JobState.FAILED):
        return "; ".join(job.said[:1]) or str(job.get_state_display())
    if job is not None and job.finished is not None and job.finished > timezone.now() - timedelta(days=1):
        return "; ".join(job.said[:1])
    if source.state == ImportState.REVIEW and (source.counts.get("ready") or source.counts.get("open")):
        return _("%(ready)s rows ready, %(open)s with errors") % {
            "ready": source.counts.get("ready", 0), "open": source.counts.get("open", 0),
        }  # fmt: skip
    return ""


def import_rows_for_system(*, source: Import, tab: str) -> QuerySet[ImportRow]:
    rows = ImportRow.objects.filter(source=source).order_by("position")
    if tab == "WARNING":
        return rows.filter(warnings__gt=0).exclude(action=RowAction.ERROR)
    return rows.filter(action=tab)


def import_row_for_system(*, source: Import, number: int) -> ImportRow:
    row: ImportRow | None = ImportRow.objects.filter(source=source, pk=number).first()
    if row is None:
        raise NotFound(_("There is no such row in this import."))
    return row


def unit_names_for_system(rows: list[ImportRow]) -> dict[str, str]:
    """Code → name of the units that rows name."""
    codes = {
        value for row in rows for code, value in row.values.items() if code in FIELDS and FIELDS[code].kind == "unit"
    }
    return dict(Unit.objects.filter(code__in=codes).order_by("valid_from").values_list("code", "name")) if codes else {}


def shown_rows_for_system(rows: list[ImportRow]) -> list[ShownRow]:
    """The rows of one page as the review shows them."""
    units, alike = unit_names_for_system(rows), _alike(rows)
    following = dict(zip([row.pk for row in rows], [row.pk for row in rows[1:]], strict=False))
    found = []
    for row in rows:
        name = str(row.values.get("name") or row.fixed.get("name") or row.raw.get("name") or "")
        findings = [_shown(row, finding, name, units, alike) for finding in row.findings]
        found.append(
            ShownRow(
                row=row,
                where=f"{row.sheet}!{row.number + 1}",
                name=name,
                findings=[one for one in findings if one.level != "CHANGE"],
                changes=[one for one in findings if one.level == "CHANGE"],
                diff=[
                    (
                        label_of_for_system(code),
                        _on_record(code, old, units) or "—",
                        shown_value_for_system(code, new, units),
                    )
                    for code, (old, new) in row.diff.items()
                ],
                values=[
                    (label_of_for_system(code), shown_value_for_system(code, value, units))
                    for code, value in row.values.items()
                ],
                following=following.get(row.pk),
            )
        )
    return found


def _on_record(code: str, old: str, units: Mapping[str, str]) -> str:
    """What is on record now: sensitive rows are shown by the file itself, with a trace; their own numbers may be compared."""
    field = FIELDS.get(code)
    if old and field is not None and field.sensitivity == SENSITIVE and field.section in FURTHER:
        return "••••"
    return shown_value_for_system(code, old, units)


def _alike(rows: list[ImportRow]) -> dict[tuple[str, str], int]:
    """(field, what stands there) → in how many cells of the import that are wrong; one query, none without errors."""
    found: dict[tuple[str, str], int] = {}
    wrong = [row for row in rows if row.action == RowAction.ERROR and not row.applied]
    if not wrong:
        return found
    all_wrong = ImportRow.objects.filter(source_id=wrong[0].source_id, action=RowAction.ERROR, applied=False)
    for row in all_wrong.only("source_id", "position", "raw", "fixed", "findings"):
        for code in {one["field"] for one in row.findings if one["level"] == "ERROR" and one["field"]}:
            key = code, str(row.fixed.get(code, row.raw.get(code)))
            found[key] = found.get(key, 0) + 1
    return found


def _shown(
    row: ImportRow,
    finding: Mapping[str, Any],
    name: str,
    units: Mapping[str, str],
    alike: Mapping[tuple[str, str], int],
) -> ShownFinding:
    code = finding["field"]
    column = row.columns.get(code) if code else None
    where = address(row.sheet, row.number, column) if column is not None else f"{row.sheet}!{row.number + 1}"
    original = finding["text"] or str(row.fixed.get(code, row.raw.get(code, "")))
    return ShownFinding(
        row=row.pk,
        where=where,
        name=name,
        field=code,
        label=label_of_for_system(code) if code else "",
        level=finding["level"],
        original=original,
        value=shown_value_for_system(code, finding.get("value"), units),
        text=finding_text_for_system(finding),
        accepted=accepted_words_for_system(code) if finding["level"] == "ERROR" else [],
        suggestions=list(finding.get("suggestions") or ()),
        fixed=code in row.fixed,
        alike=alike.get((code, str(row.fixed.get(code, row.raw.get(code)))), 0) if finding["level"] == "ERROR" else 0,
    )


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be done with an import now."""

    fix: bool
    apply: bool
    undo: bool
    download: bool
    busy: bool


def import_allowed_for_system(source: Import) -> Allowed:
    busy = ImportJob.objects.filter(source=source, state__in=OPEN_JOBS).exists()
    opened = source.state in (ImportState.REVIEW, ImportState.APPLIED) and not busy
    counts = source.counts
    return Allowed(
        fix=opened and counts.get("open", 0) > 0,
        apply=opened and counts.get("ready", 0) > 0,
        undo=not busy
        and source.state == ImportState.APPLIED
        and source.applied is not None
        and timezone.now() - source.applied <= timedelta(hours=UNDO_HOURS),
        download=opened and timezone.now() - source.created <= timedelta(days=KEPT_DAYS),
        busy=busy,
    )


def same_file_for_system(source: Import) -> Import | None:
    """An earlier import of the very same file that was applied."""
    return (
        Import.objects.filter(sha256=source.sha256, state=ImportState.APPLIED, pk__lt=source.pk)
        .filter(Scope.of([source.unit_path]).q())
        .defer("content")
        .order_by("-pk")
        .first()
    )


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """What was made of a sheet. columns: (index, letters, heading, field, its label, a sample)."""

    name: str
    state: str
    rows: int
    header: int
    columns: list[tuple[int, str, str, str, str, str]]
    strange: int
    not_taken: list[str]
    nobody: list[tuple[int, str]]


def import_columns_for_system(source: Import) -> list[ShownSheet]:
    found = []
    reasons = {
        "REPEATED_HEADER": _("headings again"),
        "TOTAL": _("a total"),
        "NOTE": _("a note"),
        "EXAMPLE": _("an example"),
        "SECTION": _("heading of a group"),
        "BLANK": _("only a number"),
    }
    for sheet in source.sheets:
        columns = sorted((*sheet.get("columns", ()), *([*one[:2], "", ""] for one in sheet.get("twice", ()))))
        listed = {one[0]: one for one in columns}
        found.append(
            ShownSheet(
                name=sheet["sheet"],
                state=sheet["state"],
                rows=sheet["rows"],
                header=sheet.get("bottom", 0) + 1,
                columns=[
                    (index, letters(index), header, field, label_of_for_system(field) if field else "", sample)
                    for index, header, field, sample in listed.values()
                ],
                strange=sheet.get("strange", 0),
                not_taken=list(sheet.get("not_taken", ())),
                nobody=[
                    (row + 1, f"{reasons.get(reason, reason)}: {text}") for row, reason, text in sheet.get("nobody", ())
                ],
            )
        )
    return found


def mappable_fields_for_system() -> list[tuple[str, str]]:
    """The fields that a column may hold, in the order of the registry."""
    return [(code, label_of_for_system(code)) for code in FIELDS if code in IMPORTED]
