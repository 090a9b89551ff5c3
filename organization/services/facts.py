"""Numbers and words about units, with their source, and loading units with them from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import ApplicationError, Refused
from core.services import audit
from organization.access import require
from organization.models import FactKey, Permission, Unit, UnitFact, User
from organization.rules.loading import Fault, UnitLine, Unreadable, read_lines, table
from organization.services.steps import locked, newest_row, take_tree
from organization.services.units import unit_create


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did: units created and left as they were, facts written and left as they were."""

    created: int
    unchanged: int
    facts: int
    facts_unchanged: int


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


@transaction.atomic
def fact_enter(*, actor: User | None, unit: Unit, key: str, day: date, value: str, source: str) -> UnitFact:
    """What is so about a unit from a day on, and who says so. The same fact of the same day is corrected.

    value: a whole number, or a word of at most 60 characters for a key that is no known one. Raises Refused.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit, first_day = newest_row(unit)
    unit = locked(unit)
    key, value, source = key.strip(), value.strip().replace(",", ""), source.strip()
    errors: dict[str, list[str]] = {}
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", key):
        errors["key"] = [_("“%(key)s” names no fact: small letters, digits and _, at most 30.") % {"key": key}]
    if key in FactKey.values and not re.fullmatch(r"[0-9]{1,12}", value):
        label = FactKey(key).label
        errors["value"] = [_("%(fact)s is a whole number, not “%(value)s”.") % {"fact": label, "value": value}]
    elif not 1 <= len(value) <= 60:
        errors["value"] = [_("Enter a value of 1 to 60 characters.")]
    if not 1 <= len(source) <= 200:
        errors["source"] = [_("Say where the value comes from, in 1 to 200 characters.")]
    if day < first_day:
        errors["day"] = [_("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": first_day}]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    fact = UnitFact.objects.select_for_update().filter(unit__lineage=unit.first_row, key=key, day=day).first()
    before = {"value": fact.value, "source": fact.source} if fact is not None else None
    if fact is None:
        fact = UnitFact(unit=unit, key=key, day=day)
    fact.value, fact.source = value, source
    if before == {"value": value, "source": source}:
        return fact
    fact.save()
    audit(
        actor=actor,
        action="organization.unit.fact",
        obj=fact,
        unit_code=unit.code,
        before=before,
        after={"key": key, "day": str(day), "value": value, "source": source},
    )
    return fact


@transaction.atomic
def units_load(*, actor: User | None, data: bytes, begin: date | None = None, dry_run: bool = False) -> Loaded:
    """Create the units of a file with their facts, all or none. What is there already and the same stays.

    begin: the first day of units whose row has none. With dry_run everything is checked and nothing stays. Raises
    FileRefused with everything that is wrong, by line and column.
    """
    try:
        rows = table(data)
    except Unreadable as error:
        raise FileRefused([(1, "A", _unreadable(error.code))]) from error
    lines, faults = read_lines(rows, begin)
    problems = [(fault.line, fault.column, _words(fault)) for fault in faults]
    take_tree()
    created = facts = same = 0
    known: dict[str, Unit] = {}
    named = {cell.ljust(12, "0") for row in rows for cell in row if cell.isdigit()}
    for line in sorted(lines, key=lambda line: (len(line.code), _level(line.code), line.code)):
        if line.parent in named and line.parent not in known and not Unit.objects.filter(code=line.parent).exists():
            continue  # the unit above is in the file and wrong: that is the fault to tell
        try:
            with transaction.atomic():
                unit, new = _load_unit(actor, line, known)
                known[line.code] = unit
                created += new
                written, unchanged = _load_facts(actor, line, unit)
                facts, same = facts + written, same + unchanged
        except Refused as refused:
            problems += [(line.line, line.columns["code"], str(text)) for text in refused.errors]
        except ApplicationError as error:
            problems.append((line.line, line.columns["code"], str(error)))
    if problems:
        raise FileRefused(problems)
    if dry_run:
        transaction.set_rollback(True)
    return Loaded(created, len(lines) - created, facts, same)


def _load_unit(actor: User | None, line: UnitLine, known: dict[str, Unit]) -> tuple[Unit, bool]:
    there = Unit.objects.filter(code=line.code).order_by("-valid_from").first()
    if there is not None and there.valid_to is None:
        if there.name != line.name:
            raise Refused(
                [
                    _("%(code)s is called %(old)s, the file says %(new)s. Rename it with the day of the new name.")
                    % {"code": line.code, "old": there.name, "new": line.name}
                ]
            )
        if there.kind != line.kind:
            raise Refused(
                [_("%(unit)s is there as %(kind)s.") % {"unit": there.name, "kind": there.get_kind_display()}]
            )
        if actor is not None:
            require(actor, Permission.CHANGE_UNITS, there)
        return there, False
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
    return unit, True


def _load_facts(actor: User | None, line: UnitLine, unit: Unit) -> tuple[int, int]:
    written = unchanged = 0
    for key, value in line.facts.items():
        if line.day is None:
            continue
        same = UnitFact.objects.filter(
            unit__lineage=unit.first_row, key=key, day=line.day, value=value, source=line.source
        )
        if same.exists():
            unchanged += 1
            continue
        fact_enter(actor=actor, unit=unit, key=key, day=line.day, value=value, source=line.source)
        written += 1
    return written, unchanged


def _level(code: str) -> int:
    return len(code.rstrip("0"))


def _unreadable(code: str) -> str:
    return {
        "TOO_LARGE": _("The file is too large: at most 20 MB and 50,000 rows."),
        "NOT_TEXT": _("The file is neither a workbook nor a text in UTF-8 or GB18030."),
        "BROKEN": _("The workbook can't be opened. Save it again as .xlsx or as CSV."),
        "EMPTY": _("The file is empty."),
    }[code]


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
