"""Who of a file is on record already, and what differs. Reads only; a constant number of queries for any number of rows.

An empty cell never takes anything away. What a roster does not decide (which unit, which post, since when) is compared
and said, not changed: that takes a transfer or an appointment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from organization.access import Scope
from organization.models import Unit
from personnel.models import Certificate, Education, Employment, Person, Tenure
from personnel.models.imports import RowAction
from personnel.models.ranges import holding
from personnel.rules.fields import FIELDS, SECTIONS, fields_of, wording
from personnel.rules.review import ERROR, FURTHER, WARNING, Evaluated, Finding, required_missing
from personnel.selectors.people import belonging_for_system

_ON_PERSON = {one.name for one in Person._meta.concrete_fields}
PERSON_FIELDS = tuple(
    code
    for code, one in FIELDS.items()
    if one.section in ("identity", "contact") and code in _ON_PERSON and one.kind != "unit"
)
# What is believed about a person and does not change from a day on: another value means that the old one was wrong.
CORRECTED = frozenset(
    {"name", "sex", "birth_date", "document_type", "identity_number", "ethnic_group", "native_place", "birth_place",
     "work_started", "party_joined", "union_joined", "certificate_exams_failed"}
)  # fmt: skip
EMPLOYMENT = tuple(code for code, one in FIELDS.items() if one.section == "employment")
POST = tuple(code for code, one in FIELDS.items() if one.section == "post")
# What takes a transfer, a leaving or an appointment; the rest of an employment is put right like any other value.
EMPLOYMENT_FIXED = (
    "employment.unit", "employment.category", "employment.start", "employment.end", "employment.end_reason",
)  # fmt: skip
EMPLOYMENT_FILLED = tuple(code for code in EMPLOYMENT if code not in EMPLOYMENT_FIXED)
CODES = {section: tuple(one.code for one in fields_of(section)) for section in FURTHER}  # section → codes
# What a file says of these without a day, holds from the day of the import.
FROM_THE_DAY = frozenset({"bank", "insurance", "area"})


@dataclass(slots=True)
class Match:
    """What becomes of a row. diff: field → [on record, in the file]."""

    action: str
    person: Person | None = None
    diff: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class OnRecord:
    """What is on record about one person on the day of the import."""

    person: Person
    employment: Employment | None = None
    tenures: list[Tenure] = field(default_factory=list)
    rows: dict[str, list[Any]] = field(default_factory=dict)


class Records:
    """The people whom the rows of a file may mean."""

    def __init__(self, rows: Sequence[Evaluated], scope: Scope, day: date, units: Mapping[int, Unit]) -> None:
        numbers = {row.values["identity_number"] for row in rows if "identity_number" in row.values}
        names = {row.values["name"] for row in rows if "name" in row.values}
        self.units = units
        people = list(Person.objects.filter(Q(identity_number__in=numbers) | Q(name__in=names)))
        found = {person.pk: OnRecord(person) for person in people}
        employments = Employment.objects.filter(person__in=found).order_by("start", "pk")
        self.mine = set(Person.objects.filter(belonging_for_system(scope), pk__in=found).values_list("pk", flat=True))
        today = holding(day)
        for employment in employments.filter(today).select_related("unit", "employer", "recruiter"):
            found[employment.person_id].employment = employment
        for tenure in (
            Tenure.objects.filter(today, person__in=found).select_related("post__unit").order_by("start", "pk")
        ):
            found[tenure.person_id].tenures.append(tenure)
        said = {FIELDS[code].section for row in rows for code in row.values if code in FIELDS}
        for section in FURTHER:
            if section in said:
                for one in section_rows(section, found):
                    found[one.person_id].rows.setdefault(section, []).append(one)
        self.by_number = {one.person.identity_number: one for one in found.values() if one.person.identity_number}
        self.by_name: dict[tuple[str, str], list[OnRecord]] = defaultdict(list)
        for one in found.values():
            if one.person.birth_date is not None and one.person.pk in self.mine:
                self.by_name[one.person.name, one.person.birth_date.isoformat()].append(one)
        certificates = {row.values["certificate.number"] for row in rows if "certificate.number" in row.values}
        self.holders = dict(Certificate.objects.filter(number__in=certificates).values_list("number", "person_id"))


def model_of(section: str) -> type[models.Model]:
    return apps.get_model("personnel", SECTIONS[section].model)


def section_rows(section: str, people: Iterable[Any]) -> Iterable[Any]:
    """The rows of a section of some people, the older before the newer."""
    spec = SECTIONS[section]
    related = [one.attribute for one in fields_of(section) if one.kind == "unit"]
    rows = model_of(section)._default_manager.filter(person__in=people).select_related(*related)
    return rows.order_by(*([spec.start] if spec.start else []), "pk")


@cache
def needed_of(section: str) -> tuple[str, ...]:
    """The codes without which a row of a section can't be: what its columns demand."""
    columns = {column.name: column for column in model_of(section)._meta.concrete_fields}
    return tuple(
        one.code
        for one in fields_of(section)
        if (column := columns.get(one.attribute)) is not None
        and not (column.null or column.blank or column.has_default())
        and not (section in FROM_THE_DAY and one.attribute == SECTIONS[section].start)
    )


def match(row: Evaluated, records: Records, defaults: Mapping[str, str], leader: Match | None = None) -> Match:
    """What becomes of a row: NEW, UPDATE, UNCHANGED or ERROR, with what was found on the way.

    leader: what becomes of the row that this one follows.
    """
    found, findings = _who(row, records)
    if leader is not None:
        return _following(row, records, leader, found, findings)
    if any(finding.level == ERROR for finding in findings) or row.wrong:
        return Match(RowAction.ERROR, found.person if found else None, {}, findings)
    if found is None:
        missing = required_missing(row, defaults)
        incomplete = [*findings, *missing, *_incomplete(row.values, OnRecord(Person()), records)]
        if row.values.get("employment.end") and "employment.end_reason" not in row.values:
            incomplete.append(Finding(ERROR, "REQUIRED", "employment.end_reason"))
        wrong = any(finding.level == ERROR for finding in incomplete)
        return Match(RowAction.ERROR if wrong else RowAction.NEW, None, {}, incomplete)
    diff = _without_same_months(_differences(row.values, found), row)
    findings += _elsewhere(row.values, found, records) + _incomplete(row.values, found, records)
    if any(finding.level == ERROR for finding in findings):
        return Match(RowAction.ERROR, found.person, {}, findings)
    return Match(RowAction.UPDATE if diff else RowAction.UNCHANGED, found.person, diff, findings)


def _following(
    row: Evaluated, records: Records, leader: Match, found: OnRecord | None, findings: list[Finding]
) -> Match:
    """A row that adds to the person of another row, who may be new with that one."""
    person = found or OnRecord(Person())
    findings += _incomplete(row.values, person, records)
    if found is None and leader.action != RowAction.NEW:
        findings.append(next(_said(row, "LEADER", ERROR)))
    if row.wrong or any(finding.level == ERROR for finding in findings):
        return Match(RowAction.ERROR, found.person if found else None, {}, findings)
    diff = _without_same_months(_further(row.values, person), row)
    return Match(RowAction.UPDATE if diff else RowAction.UNCHANGED, found.person if found else None, diff, findings)


def _said(row: Evaluated, code: str, level: str) -> Iterator[Finding]:
    """A finding in the place, and with the words, of the one that says whom the row follows."""
    for one in row.findings:
        if one.code == "FOLLOWS":
            yield Finding(level, code, one.field, one.text, None, one.params)


def _who(row: Evaluated, records: Records) -> tuple[OnRecord | None, list[Finding]]:
    name, number = row.values.get("name", ""), row.values.get("identity_number")
    born = row.values.get("birth_date") or (f"{number[6:10]}-{number[10:12]}-{number[12:14]}" if number else "")
    if number and (found := records.by_number.get(number)):
        if found.person.pk not in records.mine:
            return None, [Finding(ERROR, "NOT_YOURS", "identity_number", row.texts.get("identity_number", ""))]
        if name and name != found.person.name:
            params = {"record": found.person.name}
            return found, [Finding(WARNING, "NAME_DIFFERS", "name", row.texts.get("name", ""), name, params)]
        return found, []
    same = records.by_name.get((name, born), [])
    if number:
        unnumbered = [one for one in same if not one.person.identity_number]
        if len(unnumbered) == 1:
            return unnumbered[0], []
        numbered = [one for one in same if one.person.identity_number]
        if numbered:
            params = {"record": f"{name} ({numbered[0].person.masked_identity_number})"}
            text = row.texts.get("identity_number", "")
            return None, [Finding(WARNING, "NUMBER_DIFFERS", "identity_number", text, number, params)]
        return None, []
    if len(same) > 1:
        return None, [Finding(ERROR, "SEVERAL_MATCH", "name", name, None, {"count": str(len(same))})]
    return (same[0], []) if same else (None, [])


def text_of(row: models.Model, attribute: str) -> str:
    """A stored value as the rows of a file hold it: days as 1990-05-01, nothing as ""."""
    value: Any = getattr(row, attribute)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Unit):
        return value.code
    return value.isoformat() if isinstance(value, date) else str(value)


def _differences(values: Mapping[str, str], found: OnRecord) -> dict[str, list[str]]:
    diff: dict[str, list[str]] = {}
    for code in PERSON_FIELDS:
        if code in values and (old := text_of(found.person, code)) != values[code]:
            diff[code] = [old, values[code]]
    if found.employment is not None:
        for code in EMPLOYMENT_FILLED:
            old = text_of(found.employment, FIELDS[code].attribute) if code in values else ""
            if code in values and old != values[code]:
                diff[code] = [old, values[code]]
    return diff | _further(values, found)


def _further(values: Mapping[str, str], found: OnRecord) -> dict[str, list[str]]:
    """What differs in the sections of which somebody has many rows."""
    diff: dict[str, list[str]] = {}
    for section in FURTHER:
        given = [code for code in CODES[section] if code in values]
        if not given:
            continue
        row = row_of(section, values, found)
        if row is not None:
            same = {f"{SECTIONS[section].prefix}.{name}" for name in SECTIONS[section].same}
            if section in ("education", "certificate"):
                same = set(needed_of(section))
            diff |= {
                code: [old, values[code]]
                for code in given
                if code not in same and (old := text_of(row, FIELDS[code].attribute)) != values[code]
            }
        elif all(code in values for code in needed_of(section)):
            diff |= {code: ["", values[code]] for code in given}
    return diff


def _without_same_months(diff: dict[str, list[str]], row: Evaluated) -> dict[str, list[str]]:
    """A month without a day says nothing against a day of that month."""
    months = {finding.field for finding in row.findings if finding.code == "FIRST_OF_MONTH"}
    return {code: pair for code, pair in diff.items() if code not in months or pair[0][:7] != pair[1][:7]}


def row_of(section: str, values: Mapping[str, str], found: OnRecord) -> Any | None:
    """The row on record that a row of a file means, the newest where several are alike; None: there is none yet.

    An education is known by its level and month, a certificate by its number, of a party membership there is one, and
    everything else by what the registry says is the same (`Section.same`), as far as the file says it.
    """
    rows = found.rows.get(section, [])
    if section == "education":
        return education_of(values, rows)
    if section == "certificate":
        return certificate_of(values, rows)
    if section == "party":
        return rows[-1] if rows else None
    spec = SECTIONS[section]
    wanted = {name: values[code] for name in spec.same if (code := f"{spec.prefix}.{name}") in values}
    if spec.same[0] not in wanted:
        return None
    same = [row for row in rows if all(_alike(spec.prefix, row, name, value) for name, value in wanted.items())]
    return same[-1] if same else None


def _alike(prefix: str, row: models.Model, name: str, value: str) -> bool:
    """The same value; of what is written as a month, the month counts."""
    old = text_of(row, name)
    return old[:7] == value[:7] if FIELDS[f"{prefix}.{name}"].kind == "month" else old == value


def education_of(values: Mapping[str, str], rows: Sequence[Education]) -> Education | None:
    """The education on record that the row means: of the same level, and graduated in the same month if it says so."""
    level, graduated = values.get("education.level"), values.get("education.graduated")
    same = [one for one in rows if one.level == level]
    if graduated is not None:
        same = [one for one in same if one.graduated.isoformat()[:7] == graduated[:7]]
    return same[-1] if same else None


def certificate_of(values: Mapping[str, str], rows: Sequence[Certificate]) -> Certificate | None:
    number, level = values.get("certificate.number"), values.get("certificate.level")
    if number is not None:
        return next((one for one in rows if one.number == number), None)
    return next((one for one in rows if one.level == level), None)


def _incomplete(values: Mapping[str, str], found: OnRecord, records: Records) -> list[Finding]:
    """Sections of which the row says too little to write them, and certificates of others."""
    findings = []
    number = values.get("certificate.number")
    holder = records.holders.get(number) if number is not None else None
    if holder is not None and holder != found.person.pk:
        findings.append(Finding(ERROR, "USED", "certificate.number", number or "", None, {"number": number or ""}))
    for section in FURTHER:
        given = [code for code in CODES[section] if code in values]
        missing = [code for code in needed_of(section) if code not in values] if given else []
        if missing and row_of(section, values, found) is None:
            params = {"missing": FIELDS[missing[0]].zh}
            findings.append(Finding(WARNING, "INCOMPLETE", given[0], values[given[0]], None, params))
    return findings


def _elsewhere(values: Mapping[str, str], found: OnRecord, records: Records) -> list[Finding]:
    """Unit, category, days and posts that differ from what is on record."""
    findings = []
    employment = found.employment
    for code in EMPLOYMENT_FIXED:
        if code not in values:
            continue
        old = text_of(employment, FIELDS[code].attribute) if employment is not None else ""
        if code == "employment.unit" and employment is not None:
            unit = records.units.get(employment.unit_id) or employment.unit
            old, shown = unit.code, unit.name
        else:
            shown = wording(code, old) if FIELDS[code].kind == "code" else old
        if not _same(old, values[code], code):
            params = {"record": shown or "—"}
            findings.append(Finding(WARNING, "ELSEWHERE", code, values[code], None, params))
    title = values.get("tenure.title")
    held = [tenure for tenure in found.tenures if title is None or tenure.title == title]
    if title is not None and not held:
        record = "、".join(wording("tenure.title", tenure.title) for tenure in found.tenures) or "—"
        findings.append(Finding(WARNING, "ELSEWHERE", "tenure.title", title, None, {"record": record}))
    for code in POST:
        if code in values and code != "tenure.title" and (title is None or held):
            attribute = FIELDS[code].attribute
            known = [one.post.unit.code if attribute == "unit" else text_of(one, attribute) for one in held]
            if not any(_same(old, values[code], code) for old in known):
                shown = "、".join(wording(code, old) if FIELDS[code].kind == "code" else old for old in known if old)
                findings.append(Finding(WARNING, "ELSEWHERE", code, values[code], None, {"record": shown or "—"}))
    return findings


def _same(old: str, new: str, code: str) -> bool:
    """A month without a day (its first day, in a file) says nothing against a day of that month."""
    in_days = FIELDS[code].kind in ("date", "month")
    return old == new or (in_days and new.endswith("-01") and old[:7] == new[:7])
