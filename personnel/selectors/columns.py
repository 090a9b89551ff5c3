"""The columns of the list of people: who wants which, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organization.access import Viewer
from organization.models import Unit, User
from personnel.models import (
    Certificate,
    CertificateLevel,
    Completion,
    Education,
    EducationLevel,
    Employment,
    Person,
    PersonPast,
    Post,
    Tenure,
    codes,
)
from personnel.models.lists import ColumnChoice, Listing
from personnel.rules.disclosure import Cell
from personnel.rules.fields import FIELDS, Field, wording
from personnel.rules.listing import COLUMNS, MASKED, USUAL, valid_columns
from personnel.selectors.places import former_units_for_system
from personnel.selectors.restrictions import restricted_for_system
from personnel.selectors.sights import sights_by_place

TABLE = "people"
_EDUCATION_RANK = {level: rank for rank, level in enumerate(EducationLevel.values)}
_CERTIFICATE_RANK = {level: rank for rank, level in enumerate(CertificateLevel.values)}


def columns_of(*, user: User) -> list[str]:
    """The codes of the columns that a user has chosen, the usual ones unless they have; the name is always first."""
    chosen = ColumnChoice.objects.filter(user=user, table=TABLE).values_list("columns", flat=True).first()
    return valid_columns(chosen or USUAL)


@dataclass
class Facts:
    """What is on record about the people of some rows on a day: as much as the wanted columns need."""

    people: dict[int, Person]
    restricted: frozenset[int] = frozenset()  # people of whom only the name and the unit are shown
    employments: dict[int, Employment] = field(default_factory=dict)
    tenures: dict[int, list[Tenure]] = field(default_factory=dict)
    educations: dict[int, Education] = field(default_factory=dict)
    certificates: dict[int, Certificate] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A row of the list as it is shown: the number of the person, and a text a column."""

    person_id: int
    unit_path: str
    cells: list[str]
    restricted: bool = False


def facts_for_system(rows: Sequence[Listing], columns: Sequence[str], day: date) -> Facts:
    """What the columns of some rows (of one page) need; a query a kind of fact, however many rows."""
    ids = [row.person_id for row in rows]
    facts = Facts(Person.objects.in_bulk(ids), restricted_for_system(ids))
    sections = {COLUMNS[code].section for code in columns}
    if sections & {"identity", "contact"}:
        _as_of(facts.people, columns, day)
    if "employment" in sections:
        jobs = Employment.objects.select_related("unit", "employer", "recruiter")
        facts.employments = jobs.in_bulk([row.employment_id for row in rows if row.employment_id])
    if "post" in sections or any(row.tenure_id for row in rows):
        shown = Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day)) | Q(
            pk__in=[row.tenure_id for row in rows if row.tenure_id]
        )
        for tenure in Tenure.objects.filter(shown, person__in=ids).select_related("post__unit").order_by("pk"):
            facts.tenures.setdefault(tenure.person_id, []).append(tenure)
    _where_then(facts, day)
    if "education" in sections:
        finished = Education.objects.filter(person__in=ids, graduated__lte=day, completion=Completion.GRADUATED)
        for education in finished.order_by("graduated", "pk"):
            best = facts.educations.get(education.person_id)
            if best is None or _EDUCATION_RANK[education.level] <= _EDUCATION_RANK[best.level]:
                facts.educations[education.person_id] = education
    if "certificate" in sections:
        for certificate in Certificate.objects.filter(person__in=ids, issued__lte=day).order_by("issued", "pk"):
            held = facts.certificates.get(certificate.person_id)
            if held is None or _CERTIFICATE_RANK[certificate.level] <= _CERTIFICATE_RANK[held.level]:
                facts.certificates[certificate.person_id] = certificate
    return facts


def _where_then(facts: Facts, day: date) -> None:
    """Put back the units of the day; the numbers in the rows stay those that are stored."""
    held = {tenure.pk: tenure for tenures in facts.tenures.values() for tenure in tenures}
    jobs = [(Employment._meta.db_table, number) for number in facts.employments]
    former = former_units_for_system([*jobs, *((Tenure._meta.db_table, number) for number in held)], day)
    for (table, number), unit in former.items():
        if table == Tenure._meta.db_table:
            post = copy(held[number].post)
            Post._meta.get_field("unit").set_cached_value(post, unit)
            Tenure._meta.get_field("post").set_cached_value(held[number], post)
        else:
            Employment._meta.get_field("unit").set_cached_value(facts.employments[number], unit)


def _as_of(people: dict[int, Person], columns: Sequence[str], day: date) -> None:
    """Put back the values that single fields had on the day; the newest change after it says which."""
    wanted = [code for code in columns if COLUMNS[code].section in ("identity", "contact")]
    past = PersonPast.objects.filter(person__in=people, field__in=wanted, until__gt=day).order_by("-until")
    for old in past:  # the smallest `until` comes last and stays
        value: Any = old.value
        if FIELDS[old.field].kind == "date":
            value = date.fromisoformat(value) if value else None
        setattr(people[old.person_id], old.field, value)


def lines_of(
    rows: Sequence[Listing],
    columns: Sequence[str],
    day: date,
    *,
    user: Viewer,
    official: bool = False,
    revealed: bool = False,
) -> list[Line]:
    """The cells of some rows, as far as the user sees the fields.

    official: in the words of the national standards, whatever the language, as an import reads them. revealed: what is
    masked until asked for was asked for.
    """
    facts = facts_for_system(rows, columns, day)
    seen = sights_by_place(user=user)

    def line(row: Listing) -> Line:
        hidden = row.person_id in facts.restricted
        sights = seen(row.unit_path).restricted(listed=True) if hidden else seen(row.unit_path)
        cells = [_cell(COLUMNS[code], row, facts, official, sights[code], revealed) for code in columns]
        return Line(row.person_id, row.unit_path, cells, hidden)

    return [line(row) for row in rows]


def _cell(column: Field, row: Listing, facts: Facts, official: bool, cell: Cell, revealed: bool) -> str:
    section = column.section
    masked = not cell.shown(revealed)
    if masked and (column.code not in MASKED or not cell.sight):
        return ""
    if section in ("identity", "contact"):
        person = facts.people[row.person_id]
        if masked:
            return str(getattr(person, f"masked_{column.code}"))
        return _text(column, getattr(person, column.attribute), official)
    if section == "post":
        held = facts.tenures.get(row.person_id, [])
        values = [
            tenure.post.unit if column.attribute == "unit" else getattr(tenure, column.attribute) for tenure in held
        ]
        joint = "、" if official or (get_language() or "zh").startswith("zh") else ", "
        return joint.join(dict.fromkeys(filter(None, (_text(column, value, official) for value in values))))
    if section == "employment":
        if row.employment_id is None:
            return _without_employment(column, row, facts, official)
        return _text(column, getattr(facts.employments[row.employment_id], column.attribute), official)
    kept: dict[int, Any] = facts.educations if section == "education" else facts.certificates
    entry = kept.get(row.person_id)
    return _text(column, getattr(entry, column.attribute), official) if entry is not None else ""


def _without_employment(column: Field, row: Listing, facts: Facts, official: bool) -> str:
    """Whoever holds a post and has no employment is listed where the post is."""
    tenure = next((held for held in facts.tenures.get(row.person_id, []) if held.pk == row.tenure_id), None)
    if tenure is None:
        return ""
    if column.attribute == "unit":
        return str(tenure.post.unit)
    return _text(column, tenure.start, official) if column.attribute == "start" else ""


def _text(column: Field, value: Any, official: bool) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if official else (_("yes") if value else _("no"))
    if isinstance(value, date):
        return f"{value:%Y-%m}" if column.kind == "month" else value.isoformat()
    if isinstance(value, Unit):
        return value.name
    if column.codes is not None:
        if official:
            return wording(column.code, str(value))
        choices = getattr(codes, column.codes)
        return str(choices(value).label) if value in choices.values else str(value)
    return str(value)
