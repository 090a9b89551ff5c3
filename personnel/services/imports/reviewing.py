"""From a file to rows that can be reviewed, and what is put right in the review. Nothing here touches the file of people.

The file is parsed before the transaction begins; what is stored is evaluated again at every change, so that the same
cells and the same records always say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.rules.apart import Unreadable
from core.rules.workbook import Sheet, read_text
from core.services import audit
from organization.access import Scope, require, scope_for
from organization.models import Permission, Unit, UnitKind, User
from organization.walls import beyond_walls
from personnel.models.imports import OPEN_JOBS, Import, ImportJob, ImportProblem, ImportRow, ImportState, RowAction
from personnel.rules.fields import CODE_WORDS, FIELDS
from personnel.rules.mapping import Column, Layout, field_of, lay_out
from personnel.rules.review import (
    CHANGE,
    ERROR,
    IMPORTED,
    WARNING,
    Context,
    Evaluated,
    Finding,
    Row,
    SheetReading,
    UnitBook,
    UnitEntry,
    evaluate,
    find_followers,
    find_twice,
    read_sheet,
)
from personnel.services.imports.files import read_upload, refusal
from personnel.services.imports.matching import Match, Records, match

MOST_UNITS = 20_000
DEFAULT_FIELDS = ("employment.category", "tenure.title", "employment.start")


def import_start(
    *,
    actor: User | None,
    unit: Unit,
    day: date,
    file_name: str = "",
    data: bytes = b"",
    text: str = "",
    defaults: Mapping[str, str] | None = None,
) -> Import:
    """Read an upload (or pasted cells) for review. Raises Refused with the reason where it can't be read.

    `day` is the day on which what the file says is true. Parsing runs before the transaction: it may take long.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, unit)
    if text and not data:
        data, file_name = text.encode(), file_name or _("pasted cells")
        try:
            sheets = read_text(text)
        except Unreadable as error:
            raise refusal(error) from error
    else:
        sheets = read_upload(data)
    readings = read_all(sheets)
    return _store(
        actor=actor, unit=unit, day=day, file_name=file_name, data=data, defaults=defaults or {}, readings=readings
    )


def read_all(sheets: Sequence[Sheet], layouts: Mapping[str, Layout] | None = None) -> list[SheetReading]:
    """What is in the sheets. Raises Refused where nobody is."""
    readings = []
    for sheet in sheets:
        layout = (layouts or {}).get(sheet.name) or lay_out(sheet)
        if not sheet.visible:
            readings.append(SheetReading(sheet.name, "HIDDEN", layout))
        elif layout is None:
            readings.append(SheetReading(sheet.name, "NO_HEADER"))
        else:
            readings.append(read_sheet(sheet, layout))
    if not any(reading.state == "READ" for reading in readings):
        raise Refused([ImportProblem.NO_HEADER.label])
    if not any(reading.rows for reading in readings):
        raise Refused([ImportProblem.NO_PEOPLE.label])
    return readings


@transaction.atomic
def _store(
    *,
    actor: User | None,
    unit: Unit,
    day: date,
    file_name: str,
    data: bytes,
    defaults: Mapping[str, str],
    readings: Sequence[SheetReading],
) -> Import:
    wrong = [code for code, value in defaults.items() if not _is_default(code, value)]
    if wrong:
        raise Refused([_("“%(field)s” can't be given for a whole file.") % {"field": code} for code in wrong])
    source = Import.objects.create(
        unit=unit,
        unit_path=unit.path,
        started_by=actor,
        day=day,
        file_name=(file_name or "import")[-200:],
        content=data,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        sheets=[_report(reading) for reading in readings],
        defaults=dict(defaults),
    )
    _store_rows(source, readings, actor)
    audit(
        actor=actor,
        action="personnel.import.start",
        obj=source,
        unit_code=unit.code,
        after={"file": source.file_name, "sha256": source.sha256, **source.counts},
    )
    return source


def _is_default(code: str, value: str) -> bool:
    if code not in DEFAULT_FIELDS:
        return False
    kind = FIELDS[code].codes
    if kind is not None:
        return value in set(CODE_WORDS.get(kind, {}).values())
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _store_rows(source: Import, readings: Sequence[SheetReading], actor: User | None) -> None:
    rows = [
        ImportRow(
            source=source,
            position=position,
            sheet=row.sheet[:100],
            number=row.number,
            raw=row.raw,
            columns=row.columns,
            notes=[list(note) for note in row.notes],
        )
        for position, row in enumerate(row for reading in readings for row in reading.rows)
    ]
    review_rows(source, rows, actor)
    ImportRow.objects.bulk_create(rows, batch_size=1_000)
    count(source)


def _report(reading: SheetReading) -> dict[str, Any]:
    layout = reading.layout
    report: dict[str, Any] = {"sheet": reading.sheet, "state": reading.state, "rows": len(reading.rows)}
    if layout is not None:
        report |= {
            "top": layout.top,
            "bottom": layout.bottom,
            "columns": [[one.index, one.header, one.field, one.sample] for one in layout.columns],
            "twice": [[one.index, one.header, one.field, ""] for one in layout.twice],
            "strange": sum(1 for one in layout.columns if not one.field),
            "not_taken": [
                one.header
                for one in layout.columns
                if one.field and one.field not in IMPORTED and not one.field.startswith("helper.")
            ],
            "nobody": [[line.row, line.reason, line.text] for line in reading.nobody][:200],
        }
    return report


# -- Evaluating ---------------------------------------------------------------------------------------------------------


def scope_of(actor: User | None, source: Import) -> Scope:
    """The people whom the import may touch: the actor's, in the unit of the import."""
    if actor is None:
        return Scope.of([source.unit_path])
    return scope_for(actor, Permission.CHANGE_PEOPLE)


def units_of(source: Import) -> dict[int, Unit]:
    """The units below the import's unit on its day."""
    valid = Q(valid_from__lte=source.day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=source.day))
    units = Scope.of([source.unit_path]).filter(Unit.objects.filter(valid).select_related("parent"), "path")
    found = {unit.pk: unit for unit in units[: MOST_UNITS + 1]}
    if len(found) > MOST_UNITS:
        raise Refused([_("%(unit)s has too many units for one import. Choose a county.") % {"unit": source.unit.name}])
    return found


def context_of(source: Import, units: Mapping[int, Unit]) -> Context:
    book = UnitBook(
        UnitEntry(unit.code, unit.name, unit.parent.name if unit.parent is not None else "") for unit in units.values()
    )
    return Context(source.day, book, defaults_of(source))


def defaults_of(source: Import) -> dict[str, str]:
    """What the import says for empty cells of new people; one community's own roster needs no column of units."""
    own = source.unit.kind not in (UnitKind.PROVINCE, UnitKind.CITY, UnitKind.COUNTY, UnitKind.STREET)
    return {**({"employment.unit": source.unit.code} if own else {}), **source.defaults}


def as_row(row: ImportRow) -> Row:
    return Row(row.sheet, row.number, row.raw, row.columns, [(code, note) for code, note in row.notes])


def review_rows(source: Import, rows: Sequence[ImportRow], actor: User | None) -> None:
    """Evaluate and match rows (all of an import's that are not applied); sets fields, saves nothing."""
    units = units_of(source)
    context = context_of(source, units)
    pairs = [(as_row(row), evaluate(as_row(row), context, row.fixed)) for row in rows]
    find_followers(pairs)
    find_twice(pairs)
    with beyond_walls("one person has one file"):
        records = Records([found for _row, found in pairs], scope_of(actor, source), source.day, units)
    outcomes: dict[int, Match] = {}
    for own in (True, False):  # whoever adds to the person of another row comes after all of those
        for number, (row, (_place, found)) in enumerate(zip(rows, pairs, strict=True)):
            if (found.follows is None) == own:
                leader = outcomes.get(found.follows, Match(RowAction.ERROR)) if found.follows is not None else None
                matched = match(found, records, context.defaults, leader)
                settle(row, found, matched)
                outcomes[number] = Match(RowAction.ERROR) if row.left_out else matched


def settle(row: ImportRow, found: Evaluated, matched: Match) -> None:
    """What was found becomes what the row shows."""
    findings = [*found.findings, *matched.findings]
    row.values = found.values
    row.findings = [finding.as_json() for finding in sorted(findings, key=_level)]
    row.diff = matched.diff
    row.action = matched.action
    row.person = matched.person
    row.errors, row.warnings, row.changes = (
        sum(1 for finding in findings if finding.level == level) for level in (ERROR, WARNING, CHANGE)
    )
    row.follows = any(finding.code == "FOLLOWS" for finding in findings)


def _level(finding: Finding) -> int:
    return (ERROR, WARNING, CHANGE).index(finding.level)


_COUNT = """SELECT action, applied, left_out, warnings > 0, count(*), sum(errors), sum(changes)
              FROM personnel_importrow WHERE source_id = %s GROUP BY 1, 2, 3, 4"""


def count(source: Import) -> None:
    """Rows by what happens to them; `ready` can be applied, `open` still has errors, `warning` deserves a look."""
    counts = dict.fromkeys(RowAction.values, 0)
    counts |= {"ready": 0, "open": 0, "warning": 0, "applied": 0, "errors": 0, "changes": 0, "left_out": 0}
    with connection.cursor() as cursor:  # in the database: a cell that is put right must not read all the others
        cursor.execute(_COUNT, [source.pk])
        found = cursor.fetchall()
    for action, applied, left_out, warned, rows, errors, changes in found:
        counts[action] += rows
        counts["applied"] += applied * rows
        counts["left_out"] += left_out * rows
        counts["errors"] += errors
        counts["changes"] += changes
        counts["warning"] += (warned and action != RowAction.ERROR) * rows
        counts["ready"] += (action in (RowAction.NEW, RowAction.UPDATE) and not applied and not left_out) * rows
        counts["open"] += (action == RowAction.ERROR and not left_out) * rows
    source.counts = counts
    source.save(update_fields=["counts"])


_SETTLED = ["raw", "fixed", "values", "findings", "diff", "action", "person", "left_out", "errors", "warnings",
            "changes", "follows"]  # fmt: skip


def refresh(source: Import, actor: User | None) -> list[ImportRow]:
    """Evaluate all rows that are not applied once more, save what has changed, return those with another outcome."""
    rows = list(ImportRow.objects.filter(source=source, applied=False).order_by("position"))
    before = [(row.action, row.values, row.diff, row.findings, row.person_id) for row in rows]
    review_rows(source, rows, actor)
    changed = [
        row
        for row, old in zip(rows, before, strict=True)
        if (row.action, row.values, row.diff, row.findings, row.person_id) != old
    ]
    ImportRow.objects.bulk_update(changed, _SETTLED, batch_size=500)
    count(source)
    outcomes = {row.pk: (old[0], old[2], old[4]) for row, old in zip(rows, before, strict=True)}
    return [row for row in changed if (row.action, row.diff, row.person_id) != outcomes[row.pk]]


def refuse_while_working(number: int, job: int | None = None) -> None:
    """An import that is being written apart from the page can't be touched by anything but that work."""
    others = ImportJob.objects.filter(source_id=number, state__in=OPEN_JOBS)
    if (others if job is None else others.exclude(pk=job)).exists():
        raise Conflict(_("This import is being written just now. Wait until that is done."))


def lock_open(actor: User | None, number: int, *, job: int | None = None) -> Import:
    """The import, locked, while it can still be worked on; job: the work that asks."""
    refuse_while_working(number, job)
    source = Import.objects.select_for_update(of=("self",), no_key=True).select_related("unit").get(pk=number)
    refuse_while_working(number, job)  # it may have been begun while this waited for the lock
    if actor is not None:
        require(actor, Permission.CHANGE_PEOPLE, source.unit)
    if source.state not in (ImportState.REVIEW, ImportState.APPLIED):
        raise Conflict(_("This import is closed. Upload the file again."))
    return source


# -- Putting right ------------------------------------------------------------------------------------------------------


@transaction.atomic
def import_fix(
    *, actor: User | None, source: Import, row: ImportRow, field: str, text: str, alike: bool = False
) -> list[ImportRow]:
    """Type a text over a cell; `alike`: over every cell of the column in which the same stands and is wrong.

    Returns the rows whose review changed. Raises Conflict for a row that is applied.
    """
    source = lock_open(actor, source.pk)
    row = ImportRow.objects.select_for_update(of=("self",)).get(pk=row.pk, source=source)
    if row.applied:
        raise Conflict(_("This row is applied already. Change the person's record instead."))
    if field not in IMPORTED:
        raise Refused([_("“%(field)s” can't be changed here.") % {"field": field}])
    text = text.strip()[:500]
    rows = [row]
    if alike:
        standing = row.fixed.get(field, row.raw.get(field))
        rows = [
            one
            for one in ImportRow.objects.filter(source=source, applied=False)
            if one.fixed.get(field, one.raw.get(field)) == standing
            and any(finding["field"] == field and finding["level"] == ERROR for finding in one.findings)
        ]
    for one in rows:
        one.fixed = {**one.fixed, field: text}
    ImportRow.objects.bulk_update(rows, ["fixed"])
    fixed = {one.pk for one in rows}
    if len(rows) == 1 and not _touches_others(row, field):
        review_rows_alone(source, row, actor)
        return [row]
    refresh(source, actor)
    return list(ImportRow.objects.filter(pk__in=fixed).order_by("position"))


def _touches_others(row: ImportRow, field: str) -> bool:
    """Whether the value of a field in one row decides what is found in another (numbers that stand twice)."""
    return field in ("identity_number", "certificate.number", "name", "birth_date") or _followed(row.source_id)


def _followed(number: int) -> bool:
    """Whether rows of an import add to the people of others, and depend on what becomes of those."""
    return ImportRow.objects.filter(source_id=number, follows=True).exists()


def review_rows_alone(source: Import, row: ImportRow, actor: User | None) -> None:
    """Evaluate one row whose change touches no other: what it shares with others stays as it was found."""
    shared = [finding for finding in row.findings if finding["code"] in ("TWICE", "SAME_NAME")]
    if shared:
        refresh(source, actor)
        row.refresh_from_db()
        return
    review_rows(source, [row], actor)
    row.save(update_fields=_SETTLED)
    count(source)


@transaction.atomic
def import_leave_out(*, actor: User | None, source: Import, rows: Iterable[int], left_out: bool = True) -> int:
    """Take rows out of what is applied, or back into it. Returns how many."""
    source = lock_open(actor, source.pk)
    changed = ImportRow.objects.filter(source=source, pk__in=list(rows), applied=False).update(left_out=left_out)
    if _followed(source.pk):
        refresh(source, actor)
    count(source)
    return changed


@transaction.atomic
def import_map(*, actor: User | None, source: Import, sheet: str, columns: Mapping[int, str]) -> Import:
    """Say which columns of a sheet hold which fields, and read the file again. Corrections of cells stay.

    Raises Refused for a field that two columns claim, Conflict where the file is no longer kept or rows are applied.
    """
    source = lock_open(actor, source.pk)
    if source.content is None or ImportRow.objects.filter(source=source, applied=True).exists():
        raise Conflict(_("The columns can't be changed any more. Upload the file again."))
    chosen = [field for field in columns.values() if field]
    twice = sorted({field for field in chosen if chosen.count(field) > 1})
    strange = [field for field in chosen if field not in IMPORTED and not field.startswith("helper.")]
    if twice or strange:
        raise Refused(
            [
                _("Two columns can't both hold “%(field)s”.")
                % {"field": FIELDS[field].zh if field in FIELDS else field}
                for field in twice
            ]
            + [_("“%(field)s” can't be imported.") % {"field": field} for field in strange]
        )
    layouts = {}
    for report in source.sheets:
        if report["state"] != "READ":
            continue
        own = columns if report["sheet"] == sheet else {}
        listed = {one[0]: Column(*one) for one in (*report["columns"], *report.get("twice", ()))}
        layouts[report["sheet"]] = Layout(
            report["sheet"],
            report["top"],
            report["bottom"],
            [
                Column(index, one.header, own.get(index, one.field if index not in own else ""), one.sample)
                for index, one in sorted(listed.items())
            ],
        )
    readings = read_all(_sheets_again(source), layouts)
    fixed = {(row.sheet, row.number): row.fixed for row in ImportRow.objects.filter(source=source).exclude(fixed={})}
    ImportRow.objects.filter(source=source).delete()
    source.sheets = [_report(reading) for reading in readings]
    source.save(update_fields=["sheets"])
    _store_rows(source, readings, actor)
    again = [row for row in ImportRow.objects.filter(source=source) if (row.sheet, row.number) in fixed]
    for row in again:
        row.fixed = fixed[row.sheet, row.number]
    if again:
        ImportRow.objects.bulk_update(again, ["fixed"])
        refresh(source, actor)
    return source


def _sheets_again(source: Import) -> list[Sheet]:
    return read_upload(bytes(source.content or b""))


@transaction.atomic
def import_discard(*, actor: User | None, source: Import) -> Import:
    """Throw a review away. Raises Conflict where something of it is applied."""
    source = lock_open(actor, source.pk)
    if source.state != ImportState.REVIEW:
        raise Conflict(_("Something of this import is applied. Undo it instead."))
    source.state, source.content = ImportState.DISCARDED, None
    source.save(update_fields=["state", "content"])
    ImportRow.objects.filter(source=source).delete()
    audit(actor=actor, action="personnel.import.discard", obj=source, unit_code=source.unit.code)
    return source


__all__ = [
    "field_of", "import_discard", "import_fix", "import_leave_out", "import_map", "import_start", "read_all", "refresh",
]  # fmt: skip
