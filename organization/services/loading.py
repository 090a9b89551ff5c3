"""Units with their numbers from a file: all or none; what is there already and the same stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Conflict, Refused
from core.services.files import file_sheets
from organization.access import require
from organization.models import FactKey, Permission, Unit, UnitFact, User
from organization.rules.loading import Fault, UnitLine, read_lines, table
from organization.services.facts import fact_enter
from organization.services.steps import take_tree
from organization.services.units import unit_close, unit_create, unit_rename


@dataclass(frozen=True, slots=True)
class LoadedChange:
    """What a line of the file does: CREATE, RENAME, CLOSE or FACT, of which unit, from when on, and in words."""

    line: int
    act: str
    code: str
    name: str
    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did: units created, renamed, closed and left as they were; facts written and left as they were."""

    created: int
    renamed: int
    closed: int
    unchanged: int
    facts: int
    facts_unchanged: int
    changes: tuple[LoadedChange, ...] = ()


class FileRefused(Refused):
    """A file that is wrong; `faults` has line, column and sentence of each."""

    def __init__(self, faults: Iterable[tuple[int, str, str]]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault[0], len(fault[1]), fault[1]))
        super().__init__(
            [
                _("Line %(line)s, column %(column)s: %(text)s") % {"line": line, "column": column, "text": text}
                for line, column, text in self.faults
            ]
        )


def units_table(data: bytes) -> list[list[str]]:
    """The rows of a file, read with the guards of every file of others. Raises FileRefused."""
    try:
        return table(file_sheets(data))
    except Refused as refused:
        raise FileRefused((1, "A", str(text)) for text in refused.errors) from refused


@transaction.atomic
def units_load(*, actor: User | None, data: bytes, begin: date | None = None, dry_run: bool = False) -> Loaded:
    """As `units_load_rows`, of the bytes of a workbook or a CSV."""
    return units_load_rows(actor=actor, rows=units_table(data), begin=begin, dry_run=dry_run)


@transaction.atomic
def units_load_rows(
    *, actor: User | None, rows: Sequence[Sequence[str]], begin: date | None = None, dry_run: bool = False
) -> Loaded:
    """Create the units of a table with their facts, rename and close those that are there, all or none.

    A unit that is there under another name is renamed if its row gives a day after its first; one that is there and
    gets a last day is closed. begin: the first day of units whose row has none. With dry_run everything is checked and
    nothing stays. Raises FileRefused with everything that is wrong, by line and column.
    """
    lines, faults = read_lines(rows, begin)
    problems = [(fault.line, fault.column, _words(fault)) for fault in faults]
    take_tree()
    changes: list[LoadedChange] = []
    same = 0
    known: dict[str, Unit] = {}
    named = {cell.ljust(12, "0") for row in rows for cell in row if cell.isdigit()}
    in_order = sorted(lines, key=lambda line: (len(line.code), _level(line.code), line.code))
    for line in in_order:
        if line.parent in named and line.parent not in known and not Unit.objects.filter(code=line.parent).exists():
            continue  # the unit above is in the file and wrong: that is the fault to tell
        try:
            with transaction.atomic():
                unit, done = _load_unit(actor, line, known)
                known[line.code] = unit
                written, unchanged = _load_facts(actor, line, unit)
                changes += done + written
                same += unchanged
        except Refused as refused:
            problems += [(line.line, line.columns["code"], str(text)) for text in refused.errors]
        except ApplicationError as error:
            problems.append((line.line, line.columns["code"], str(error)))
    for line in reversed(in_order):  # what is below ends before what is above
        try:
            with transaction.atomic():
                changes += _close_unit(actor, line, known.get(line.code))
        except Refused as refused:
            column = line.columns.get("valid_to", line.columns["code"])
            problems += [(line.line, column, str(text)) for text in refused.errors]
    if problems:
        raise FileRefused(problems)
    if dry_run:
        transaction.set_rollback(True)
    count = {act: sum(change.act == act for change in changes) for act in ("CREATE", "RENAME", "CLOSE", "FACT")}
    touched = {change.line for change in changes if change.act != "FACT"}
    return Loaded(
        count["CREATE"], count["RENAME"], count["CLOSE"], len(lines) - len(touched), count["FACT"], same,
        tuple(sorted(changes, key=lambda change: change.line)),
    )  # fmt: skip


def _load_unit(actor: User | None, line: UnitLine, known: dict[str, Unit]) -> tuple[Unit, list[LoadedChange]]:
    there = Unit.objects.filter(code=line.code).select_related("parent").order_by("-valid_from").first()
    if there is not None and (there.valid_to is None or line.valid_from < there.valid_to):
        if actor is not None:
            require(actor, Permission.CHANGE_UNITS, there)
        return _compare(actor, line, there)
    parent = None
    if line.parent:
        parent = known.get(line.parent) or Unit.objects.filter(code=line.parent).order_by("-valid_from").first()
        if parent is None:
            raise Refused(
                [_("There is no unit %(code)s above it, neither here nor in the file.") % {"code": line.parent}]
            )
    unit = unit_create(
        actor=actor,
        code=line.code,
        name=line.name,
        name_en=line.name_en,
        kind=line.kind,
        parent=parent,
        valid_from=line.valid_from,
        valid_to=line.valid_to,
    )
    text = _("%(kind)s in %(parent)s") % {"kind": unit.get_kind_display(), "parent": parent.name if parent else "–"}
    return unit, [LoadedChange(line.line, "CREATE", unit.code, unit.name, unit.valid_from, text)]


def _compare(actor: User | None, line: UnitLine, there: Unit) -> tuple[Unit, list[LoadedChange]]:
    """A unit that is there, renamed if the file says since when it has another name. Raises Refused."""
    if there.kind != line.kind:
        raise Refused([_("%(unit)s is there as %(kind)s.") % {"unit": there.name, "kind": there.get_kind_display()}])
    if line.parent_given and there.parent is not None and there.parent.code != line.parent:
        text = _("%(unit)s is part of %(parent)s (%(code)s). Move it on its page, with the day and the document.")
        words = {"unit": there.name, "parent": there.parent.name, "code": there.parent.code}
        raise Refused([text % words])
    if there.valid_to is not None and there.valid_to != line.valid_to:
        raise Conflict(_("%(unit)s has ended on %(to)s.") % {"unit": there.name, "to": there.valid_to})
    if there.name == line.name:
        return there, []
    if there.valid_to is not None or not line.begin_given or line.valid_from <= there.valid_from:
        raise Refused(
            [
                _("%(code)s is called %(old)s, the file says %(new)s. Rename it with the day of the new name.")
                % {"code": line.code, "old": there.name, "new": line.name}
            ]
        )
    renamed = unit_rename(actor=actor, unit=there, name=line.name, name_en=line.name_en, day=line.valid_from)
    text = _("was %(old)s") % {"old": there.name}
    return renamed, [LoadedChange(line.line, "RENAME", renamed.code, renamed.name, renamed.valid_from, text)]


def _close_unit(actor: User | None, line: UnitLine, unit: Unit | None) -> list[LoadedChange]:
    if unit is None or line.valid_to is None or unit.valid_to is not None:
        return []
    closed = unit_close(actor=actor, unit=unit, day=line.valid_to)
    return [LoadedChange(line.line, "CLOSE", closed.code, closed.name, line.valid_to, "")]


def _load_facts(actor: User | None, line: UnitLine, unit: Unit) -> tuple[list[LoadedChange], int]:
    written: list[LoadedChange] = []
    unchanged = 0
    for key, value in line.facts.items():
        if line.day is None:
            continue
        before = UnitFact.objects.filter(unit__lineage=unit.first_row, key=key, day=line.day).first()
        if before is not None and (before.value, before.source) == (value, line.source):
            unchanged += 1
            continue
        fact_enter(actor=actor, unit=unit, key=key, day=line.day, value=value, source=line.source)
        words = {"fact": FactKey(key).label, "value": value, "source": line.source}
        text = _("%(fact)s %(value)s (%(source)s)") % words
        if before is not None:
            text += " · " + _("instead of %(value)s (%(source)s)") % {"value": before.value, "source": before.source}
        written.append(LoadedChange(line.line, "FACT", unit.code, unit.name, line.day, text))
    return written, unchanged


def _level(code: str) -> int:
    return len(code.rstrip("0"))


def _words(fault: Fault) -> str:
    texts = {
        "NO_HEADINGS": _("No row has the headings of a code and a name (代码, 名称)."),
        "HEADING": _("“%(value)s” is no heading that is known here."),
        "HEADING_TWICE": _("“%(value)s” is there twice."),
        "NO_ROWS": _("There is no unit below the headings."),
        "CODE": _("“%(value)s” is no code: 2, 4, 6, 9, 12 or 15 digits."),
        "NAME": _("The unit needs a name of 1 to 100 characters."),
        "KIND": _("“%(value)s” is no kind of unit; with a code of 15 digits, say 网格 or 小区."),
        "DAY": _("“%(value)s” is no day. Write it like 2026-01-31."),
        "NO_BEGIN": _("The first day is missing; give it in the file or with --from."),
        "ENDS_BEFORE": _("The unit ends before it begins: “%(value)s”."),
        "NUMBER": _("“%(value)s” is no whole number."),
        "NO_SOURCE": _("The numbers need a source (来源)."),
        "NO_DAY": _("The numbers need the day of which they are (统计日期)."),
        "TWICE": _("The code %(value)s is in line %(line)s already."),
    }
    return texts[fault.code] % fault.params
