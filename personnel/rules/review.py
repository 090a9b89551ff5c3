"""What is found in a row before anything is written: values in normal form, changes, warnings and errors.

A row is evaluated from what stands in its cells and what was put right since; the same cells give the same findings.
Whether somebody is already on record is asked elsewhere (`personnel.services.imports`).
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as made
from datetime import date, datetime
from typing import Any

from core.rules.workbook import Sheet, address, letters
from personnel.rules.cleaning import Cleaned, Problem, clean, shown
from personnel.rules.fields import CODE_WORDS, FIELDS, SECTIONS, wording
from personnel.rules.fields import plain as word
from personnel.rules.identity import IdentityProblem, read_identity_number
from personnel.rules.mapping import Layout, Line, cell_of, people_rows, spread
from personnel.rules.words import STUDIES

_ENDED = re.compile(r"[（(]?(结业|肄业)[)）]?$")
ERROR, WARNING, CHANGE = "ERROR", "WARNING", "CHANGE"
# The sections of which somebody may have many rows, each of them a row of a file, on whatever sheet.
FURTHER = (
    "education", "certificate", "party", "resume", "family", "honour", "discipline", "public_role", "treatment",
    "named_list", "duty", "post_fit", "insurance", "bank", "health_check", "leave", "support", "area",
)  # fmt: skip
# What a roster fills: single values of people, their employment and post, and a row of each of those sections. (A
# placement is entered with the employment that it lies in.)
SECTIONS_READ = ("identity", "contact", "employment", "post", *FURTHER)
_WHO = frozenset({"name", "identity_number", "sex", "birth_date"})
IMPORTED = frozenset(code for code, one in FIELDS.items() if one.section in SECTIONS_READ)
LONGEST: Mapping[str, int] = {"name": 50, "native_place": 60, "background": 100}
# Fields whose column wants another form than their kind: halves of days, and nothing but digits.
_FORMS: Mapping[str, str] = {"leave.days": "halves", "bank.number": "account"}
YOUNGEST = 16  # the age from which somebody may be employed


@dataclass(slots=True)
class Finding:
    """One thing found in a cell (or, without `field`, in a row). `text` is what stood there, `value` what is taken."""

    level: str
    code: str
    field: str = ""
    text: str = ""
    value: str | None = None
    params: dict[str, str] = made(default_factory=dict)
    suggestions: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"suggestions": list(self.suggestions)}


@dataclass(slots=True)
class Row:
    """Somebody's row: `raw` is what stands in the cells by field, `columns` where (both as JSON can hold them).

    notes: (field, code) of what the place of a cell says: MERGED, FROM_HEADING, HIDDEN_ROW, FORMULA.
    """

    sheet: str
    number: int  # from 0
    raw: dict[str, str | int | float | bool]
    columns: dict[str, int]
    notes: list[tuple[str, str]] = made(default_factory=list)


@dataclass(slots=True)
class SheetReading:
    """What was made of a sheet. state: READ, HIDDEN (not read), NO_HEADER."""

    sheet: str
    state: str
    layout: Layout | None = None
    nobody: list[Line] = made(default_factory=list)
    rows: list[Row] = made(default_factory=list)


@dataclass(frozen=True, slots=True)
class UnitEntry:
    code: str
    name: str
    above: str = ""  # the name of the unit it belongs to


class UnitBook:
    """Units that a text may mean: by code, by name with or without 社区 or 居委会, after the name of the street."""

    _ENDS = re.compile(r"(社区)?(党委|党总支|党支部|居民委员会|居委会|委员会|服务中心|工作站)?$")

    def __init__(self, units: Iterable[UnitEntry]) -> None:
        self.units = list(units)
        self._found: dict[str, list[UnitEntry]] = defaultdict(list)
        for unit in self.units:
            forms = {unit.code, unit.code.rstrip("0"), word(unit.name), self._short(unit.name)}
            if unit.above:
                above = word(unit.above)
                forms |= {above + word(unit.name), above + self._short(unit.name)}
                shorter = re.sub(r"(街道|镇|乡)$", "", above)
                forms |= {shorter + word(unit.name)}
            for form in forms:
                if form and unit not in self._found[form]:
                    self._found[form].append(unit)

    def _short(self, text: str) -> str:
        return self._ENDS.sub("", word(text).replace("街道办事处", "街道")) or word(text)

    def find(self, text: str, street: str = "") -> list[UnitEntry]:
        """All units that the text may mean; exactly one where it is clear."""
        key = word(text)
        for form in (key, key.replace("街道办事处", "街道"), self._short(text)):
            if found := self._found.get(form):
                if len(found) > 1 and street:
                    narrowed = [unit for unit in found if word(street) in word(unit.above) or unit.above in street]
                    return narrowed or found
                return found
        return []

    def like(self, text: str) -> tuple[str, ...]:
        names = {self._short(unit.name): unit.name for unit in self.units}
        return tuple(names[one] for one in difflib.get_close_matches(self._short(text), list(names), n=3, cutoff=0.5))


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are evaluated against: the day of the import, the units of the user, and values for empty cells.

    defaults: field → code, for people who are new and whose file has no such column (category, unit).
    """

    day: date
    units: UnitBook
    defaults: Mapping[str, str] = made(default_factory=dict)


@dataclass(slots=True)
class Evaluated:
    values: dict[str, str]
    findings: list[Finding]
    texts: dict[str, str]
    follows: int | None = None  # the row of the same file, from 0, in which the same person stands

    @property
    def wrong(self) -> bool:
        return any(finding.level == ERROR for finding in self.findings)


def read_sheet(sheet: Sheet, layout: Layout) -> SheetReading:
    """The rows of people of a sheet, with what stands in their cells."""
    people, nobody = people_rows(sheet, layout)
    reading = SheetReading(sheet.name, "READ", layout, nobody)
    merged = spread(sheet, layout)
    for number, section in people:
        row = Row(sheet.name, number, {}, {})
        for column in layout.columns:
            if not column.field or column.field in ("helper.number", "helper.marks"):
                continue
            row.columns[column.field] = column.index
            value = cell_of(sheet, number, column.index)
            if value is None and (number, column.index) in merged:
                value = cell_of(sheet, *merged[number, column.index])
                if value is not None:
                    row.notes.append((column.field, "MERGED"))
            if f"{letters(column.index)}{number + 1}" in sheet.broken:
                row.notes.append((column.field, "FORMULA"))
                continue
            if value is not None:
                row.raw[column.field] = _json(value)
        if section and not row.raw.get("employment.unit"):
            row.raw["employment.unit"] = section
            row.notes.append(("employment.unit", "FROM_HEADING"))
        if number in sheet.hidden_rows:
            row.notes.append(("", "HIDDEN_ROW"))
        reading.rows.append(row)
    return reading


def _json(value: Any) -> str | int | float | bool:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value


def words_of(code: str) -> Mapping[str, str]:
    """What may be written for a field of codes; 是 and 否 answer the heading 是否全日制."""
    kind = FIELDS[code].codes
    words = CODE_WORDS.get(kind or "", {})
    if code == "education.study_mode":
        return {**words, "是": "FULL_TIME", "否": "IN_SERVICE"}
    return words


def clean_field(code: str, value: object, day: date) -> Cleaned:
    """The normal form of a field's cell; units stay text."""
    if code == "helper.age":
        return clean("age", value)
    if code not in FIELDS:
        return clean("text", value)
    entry = FIELDS[code]
    if entry.kind == "unit":
        return clean("text", value)
    if code in _FORMS:
        return clean(_FORMS[code], value)
    return clean(entry.kind, value, words=words_of(code), latest=day.year + 1, longest=LONGEST.get(code, 100))


def evaluate(row: Row, context: Context, fixed: Mapping[str, str] | None = None) -> Evaluated:
    """Values and findings of a row; `fixed` are texts that were typed over cells in the review."""
    fixed = fixed or {}
    found = Evaluated({}, [], {})
    notes: dict[str, list[str]] = defaultdict(list)
    for code, note in row.notes:
        notes[code].append(note)
    for code in sorted({*row.columns, *row.raw, *fixed}, key=lambda code: (row.columns.get(code, 999), code)):
        value: object = fixed.get(code, row.raw.get(code))
        found.texts[code] = shown(value)
        if "FORMULA" in notes[code] and code not in fixed:
            found.findings.append(Finding(ERROR, "FORMULA", code, found.texts[code]))
            continue
        if value is None:
            continue
        cleaned = clean_field(code, value, context.day)
        if code == "tenure.title" and cleaned.problem is not None:
            cleaned = _first_of_several(cleaned, context.day)
        if code == "education.level":
            cleaned = _unfinished(found, cleaned, context.day)
        _take(found, code, cleaned, notes[code] if code not in fixed else [])
    if "HIDDEN_ROW" in notes[""]:
        found.findings.append(Finding(WARNING, "HIDDEN_ROW"))
    _units(found, context)
    _person(found, context)
    _order(found, context)
    return found


def _first_of_several(cleaned: Cleaned, day: date) -> Cleaned:
    """书记、主任: the first of several posts is taken, and the others are said; what is no list of posts stays wrong."""
    parts = [
        clean_field("tenure.title", part, day) for part in re.split(r"[、，,;；/兼]|\s+", cleaned.text) if part.strip()
    ]
    if len(parts) < 2 or any(part.value is None for part in parts):
        return cleaned
    others = "、".join(wording("tenure.title", part.value) for part in parts[1:])
    problem = Problem("SEVERAL_POSTS", {"first": wording("tenure.title", parts[0].value), "others": others})
    return Cleaned(cleaned.text, parts[0].value, (), None, problem)


def _unfinished(found: Evaluated, cleaned: Cleaned, day: date) -> Cleaned:
    """本科肄业, 大专（结业）, 23: a level with the way it ended, which is no graduation; anything else stays as it is."""
    level, completion = STUDIES.get(cleaned.text.strip(), ("", ""))
    if not level and (said := _ENDED.search(cleaned.text)) is not None:
        level = clean_field("education.level", _ENDED.sub("", cleaned.text), day).value or ""
        completion = CODE_WORDS["Completion"][said[1]]
    if not level:
        return cleaned
    found.values["education.completion"] = completion
    found.findings.append(Finding(CHANGE, "KNOWN_WORD", "education.completion", cleaned.text, completion))
    return Cleaned(cleaned.text, level, ("KNOWN_WORD",))


def _take(found: Evaluated, code: str, cleaned: Cleaned, notes: Sequence[str]) -> None:
    text = cleaned.text
    if cleaned.problem is not None:
        found.findings.append(_finding(ERROR, code, text, cleaned.problem))
        return
    if cleaned.value is not None:
        found.values[code] = cleaned.value
    if cleaned.warning is not None:
        found.findings.append(_finding(WARNING, code, text, cleaned.warning, cleaned.value))
    for change in (*notes, *cleaned.changes):
        if change == "KNOWN_WORD" and cleaned.value and wording(code, cleaned.value) == text:
            continue  # the word that is shown anyway
        found.findings.append(Finding(CHANGE, change, code, text, cleaned.value))


def _finding(level: str, code: str, text: str, problem: Problem, value: str | None = None) -> Finding:
    return Finding(level, problem.code, code, text, value, dict(problem.params), problem.suggestions)


def _drop(found: Evaluated, code: str, finding: Finding) -> None:
    """An error takes the value out of the row."""
    found.values.pop(code, None)
    found.findings.append(finding)


def _units(found: Evaluated, context: Context) -> None:
    street = found.values.pop("helper.street", "")
    for code in [code for code in found.values if code in FIELDS and FIELDS[code].kind == "unit"]:
        text = found.values[code]
        units = context.units.find(text, street)
        if len(units) == 1:
            found.values[code] = units[0].code
            if word(units[0].name) != word(text) and units[0].code != text:
                found.findings.append(Finding(CHANGE, "UNIT_NAME", code, text, units[0].code, {"unit": units[0].name}))
        elif units:
            names = tuple(f"{unit.above}{unit.name}" for unit in units)[:6]
            _drop(found, code, Finding(ERROR, "UNIT_SEVERAL", code, text, None, {"text": text}, names))
        else:
            _drop(found, code, Finding(ERROR, "UNIT", code, text, None, {"text": text}, context.units.like(text)))


def _person(found: Evaluated, context: Context) -> None:
    """The identity number against what else the row says about the person."""
    number = found.values.get("identity_number")
    read = read_identity_number(number) if number else None
    born_text = found.texts.get("birth_date", "")
    if read is not None and not isinstance(read, IdentityProblem):
        born = found.values.get("birth_date")
        if born is not None:
            month_only = any(f.code == "FIRST_OF_MONTH" and f.field == "birth_date" for f in found.findings)
            if month_only and born[:7] == read.birth_date.isoformat()[:7]:
                found.values["birth_date"] = read.birth_date.isoformat()
                found.findings = [f for f in found.findings if not (f.field == "birth_date" and f.level == CHANGE)]
                found.findings.append(
                    Finding(CHANGE, "DAY_FROM_NUMBER", "birth_date", born_text, read.birth_date.isoformat())
                )
            elif born != read.birth_date.isoformat():
                _drop(
                    found, "birth_date", _differs("BIRTH_DIFFERS", "birth_date", born_text, read.birth_date.isoformat())
                )
        else:
            for finding in found.findings:  # a birth date that can't be read: the number knows it
                if finding.field == "birth_date" and finding.level == ERROR:
                    finding.suggestions = (read.birth_date.isoformat(),)
        sex = found.values.get("sex")
        if sex is not None and sex != read.sex:
            suggestion = "男" if read.sex == "MALE" else "女"
            _drop(found, "sex", _differs("SEX_DIFFERS", "sex", found.texts.get("sex", ""), suggestion))
    born = found.values.get("birth_date") or (
        read.birth_date.isoformat() if read is not None and not isinstance(read, IdentityProblem) else None
    )
    age = found.values.pop("helper.age", None)
    if born is not None and age is not None:
        years = whole_years(date.fromisoformat(born), context.day)
        if abs(years - int(age)) > 1:  # an old roster may be a year behind, or count years of the calendar
            params = {"found": age, "expected": str(years)}
            found.findings.append(Finding(WARNING, "AGE_DIFFERS", "helper.age", age, None, params))
    if "name" not in found.values and not any(f.field == "name" and f.level == ERROR for f in found.findings):
        found.findings.append(Finding(ERROR, "NAME_MISSING", "name"))


def _differs(code: str, name: str, text: str, expected: str) -> Finding:
    return Finding(ERROR, code, name, text, None, {"found": text, "expected": expected}, (expected,))


def whole_years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


# (earlier, later, years that must lie between, code): what can't be the other way round in a life.
_ORDER = (
    ("birth_date", "employment.start", YOUNGEST, "TOO_YOUNG"),
    ("birth_date", "work_started", 14, "TOO_YOUNG"),
    ("birth_date", "party_joined", 18, "TOO_YOUNG"),
    ("birth_date", "education.graduated", 5, "TOO_YOUNG"),
    ("employment.start", "employment.end", 0, "ORDER"),
    ("employment.start", "employment.probation_end", 0, "ORDER"),
    ("employment.contract_start", "employment.contract_end", 0, "ORDER"),
    ("tenure.start", "tenure.end", 0, "ORDER"),
    ("education.start", "education.graduated", 0, "ORDER"),
    ("party_joined", "party.confirmed", 0, "ORDER"),
    *(
        (f"{one.prefix}.{one.start}", f"{one.prefix}.{one.end}", 0, "ORDER")
        for one in map(SECTIONS.__getitem__, FURTHER)
        if one.end
    ),
)
_PAST = ("birth_date", "employment.start", "work_started", "party_joined", "education.graduated", "certificate.issued")


def _order(found: Evaluated, context: Context) -> None:
    for earlier, later, years, code in _ORDER:
        first, second = found.values.get(earlier), found.values.get(later)
        if first is None or second is None:
            continue
        if int(second[:4]) - int(first[:4]) < years or second < first:
            params = {"first": first, "second": second, "years": str(years), "field": earlier}
            _drop(found, later, Finding(ERROR, code, later, found.texts.get(later, ""), None, params))
    for code in _PAST:
        value = found.values.get(code)
        if value is None:
            continue
        if value > context.day.isoformat():
            level = ERROR if code == "birth_date" else WARNING
            finding = Finding(level, "FUTURE", code, found.texts.get(code, ""), value, {"day": value})
            if level == ERROR:
                _drop(found, code, finding)
            else:
                found.findings.append(finding)
    born = found.values.get("birth_date")
    if born is not None and whole_years(date.fromisoformat(born), context.day) > 80:
        params = {"years": str(whole_years(date.fromisoformat(born), context.day))}
        found.findings.append(Finding(WARNING, "OLD", "birth_date", found.texts.get("birth_date", ""), born, params))


def who_is_it(values: Mapping[str, str]) -> tuple[str, ...]:
    """What tells one person of a file from another: the identity number, else name and birth date; () without them."""
    if number := values.get("identity_number"):
        return (number,)
    name, born = values.get("name"), values.get("birth_date")
    return (name, born) if name and born else ()


def names_of(values: Mapping[str, str]) -> list[tuple[str, ...]]:
    """By what another row of the file may mean this person: a sheet of honours may have no numbers."""
    number, name = values.get("identity_number"), values.get("name")
    known = [who_is_it(values)]
    if number and name:
        known.append((name, f"{number[6:10]}-{number[10:12]}-{number[12:14]}"))
    return [one for one in known if one]


def _only_further(row: Row, found: Evaluated) -> bool:
    """The row says who it is about and something of sections with many rows, and nothing else of its own."""
    merged = {code for code, note in row.notes if note == "MERGED"}
    said = {code for code in (*found.values, *found.texts) if code in FIELDS and found.texts.get(code)} - _WHO - merged
    return bool(said) and all(FIELDS[code].section in FURTHER for code in said)


def find_followers(rows: Sequence[tuple[Row, Evaluated]]) -> None:
    """Rows that only add to a person of another row (three honours are three rows) follow that row.

    The row that is followed is the one that says more of the person, else the first.
    """
    leaders: dict[tuple[str, ...], int] = {}
    further = [_only_further(row, found) for row, found in rows]
    for wanted in (False, True):
        for number, (_row, found) in enumerate(rows):
            if further[number] == wanted:
                for key in names_of(found.values):
                    leaders.setdefault(key, number)
    for number, (row, found) in enumerate(rows):
        leader = leaders.get(who_is_it(found.values), number)
        if further[number] and leader != number:
            found.follows = leader
            first = rows[leader][0]
            place = address(
                first.sheet, first.number, first.columns.get("identity_number", first.columns.get("name", 0))
            )
            shown_in = "identity_number" if "identity_number" in row.columns else "name"
            text = found.texts.get(shown_in, "")
            found.findings.append(Finding(CHANGE, "FOLLOWS", shown_in, text, None, {"first": place}))


def find_twice(rows: Sequence[tuple[Row, Evaluated]]) -> None:
    """The same number twice in a file is an error in the later row; the same name and birth date is worth a look.

    Rows that follow another one (see `find_followers`) are meant to say the same number.
    """
    numbers: dict[str, str] = {}
    names: dict[tuple[str, str], str] = {}
    certificates: dict[str, str] = {}
    for row, found in rows:
        place = address(row.sheet, row.number, row.columns.get("identity_number", row.columns.get("name", 0)))
        number = found.values.get("identity_number") if found.follows is None else None
        if number:
            if number in numbers:
                params = {"number": number, "first": numbers[number]}
                text = found.texts.get("identity_number", "")
                _drop(found, "identity_number", Finding(ERROR, "TWICE", "identity_number", text, None, params))
                continue
            numbers[number] = place
        certificate = found.values.get("certificate.number")
        if certificate:
            if certificate in certificates:
                params = {"number": certificate, "first": certificates[certificate]}
                text = found.texts.get("certificate.number", "")
                _drop(found, "certificate.number", Finding(ERROR, "TWICE", "certificate.number", text, None, params))
            else:
                certificates[certificate] = address(row.sheet, row.number, row.columns.get("certificate.number", 0))
        name, born = found.values.get("name"), found.values.get("birth_date")
        if name and born and not number and found.follows is None:
            if (name, born) in names:
                params = {"first": names[name, born]}
                found.findings.append(Finding(WARNING, "SAME_NAME", "name", found.texts.get("name", ""), name, params))
            names.setdefault((name, born), place)


def required_missing(found: Evaluated, defaults: Mapping[str, str]) -> list[Finding]:
    """What a new person needs and the row (with the defaults of the import) does not say.

    A field with an error of its own is not called missing as well.
    """
    values = found.values
    wrong = {finding.field for finding in found.findings if finding.level == ERROR}
    findings = []
    known = "identity_number" in values or ("birth_date" in values and "sex" in values)
    if not known and not wrong & {"identity_number", "birth_date", "sex"}:
        findings.append(Finding(ERROR, "WHO", "identity_number"))
    for code in ("employment.unit", "employment.category", "employment.start", "tenure.title"):
        if code not in values and code not in defaults and code not in wrong:
            findings.append(Finding(ERROR, "REQUIRED", code))
    return findings
