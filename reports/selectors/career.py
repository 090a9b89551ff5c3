"""One person's working life, a line a year: posts, values on ladders, results, pay, training, what was gained."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assessment.models import ResultState
from assessment.selectors import person_results
from assessment.selectors.conflicts import grade_names_of_versions_for_system
from core.errors import NotFound
from core.models import RunState
from core.money import round_ratio
from organization.models import User
from payroll.models import GradeSpan
from payroll.selectors.scales import scale_names_for_system
from payroll.selectors.slips import grades_of_person, slips_of_person
from personnel.models import Employment, Tenure
from personnel.rules.disclosure import Sights
from personnel.rules.fields import fields_of
from personnel.selectors.record import FileRecord
from policy.models import PolicyVersion
from policy.selectors import policy_versions_of_unit_for_system
from training.selectors import trainings_list

# The sections whose rows are something gained, and the code of what is said of each.
GAINS = {"education": "level", "certificate": "level", "honour": "title", "public_role": "kind"}


@dataclass(slots=True)
class CareerYear:
    """A year of somebody's working life, as far as the reader may know.

    posts: what they were, post and unit, in the order in which they began. grades: the last values of the year, ladder
    and value. result: the closed yearly result. pay: the mean gross pay (fen) of the `months` whose slips are sealed.
    sessions, days: of training that began in the year. gained: diplomas, certificates, honours, public roles.
    """

    year: int
    posts: list[str] = field(default_factory=list)
    grades: list[tuple[str, int]] = field(default_factory=list)
    result: str = ""
    pay: int | None = None
    months: int = 0
    sessions: int = 0
    days: Decimal = Decimal(0)
    gained: list[str] = field(default_factory=list)


def career_of(*, user: User, record: FileRecord, seen: Sights) -> list[CareerYear]:
    """The years from the first employment, post or training on record until the day of the record, the newest first.

    record: as the reader may open it; seen: what they see of its fields. Results and pay are those of units in which the
    reader may look at them, values on ladders as the record shows them. A dozen queries at most.
    """
    person, today = record.person.pk, record.day
    held = _posts(record, seen)
    trainings = list(trainings_list(user=user, person_id=person).filter(started__lte=today))
    first = min([*(start for start, _end, _text in held), *(one.started for one in trainings)], default=None)
    if first is None:
        return []
    years = {year: CareerYear(year) for year in range(first.year, today.year + 1)}
    for start, end, text in held:
        for year in range(start.year, today.year + 1):
            # A post goes on in a row of its own where something about it changes.
            if (end is None or end > date(year, 1, 1)) and text not in years[year].posts:
                years[year].posts.append(text)
    for training in trainings:
        years[training.started.year].sessions += 1
        years[training.started.year].days += training.days
    _add_gains(years, record, seen)
    _add_grades(years, _spans(user, person), today)
    _add_results(years, user, person)
    _add_pay(years, user, person, today)
    return [years[year] for year in sorted(years, reverse=True)]


def _sees(seen: Sights, section: str) -> bool:
    shown: bool = seen.sees(one.code for one in fields_of(section))
    return shown


def _posts(record: FileRecord, seen: Sights) -> list[tuple[date, date | None, str]]:
    """What somebody was: posts, and employments in times without any, from when until when."""
    posts = [one.row for one in record.sections["post"]] if _sees(seen, "post") else []
    jobs = [one.row for one in record.sections["employment"]] if _sees(seen, "employment") else []
    found = [(row.start, row.end, f"{row.get_title_display()} · {row.post.unit.name}") for row in posts]
    found += [
        (row.start, row.end, f"{row.get_category_display()} · {row.unit.name}")
        for row in jobs
        if not any(_meet(row, post) for post in posts)
    ]
    return sorted((one for one in found if one[0] <= record.day), key=lambda one: (one[0], one[2]))


def _meet(one: Employment, other: Tenure) -> bool:
    """Whether an employment and a post have a day in common."""
    return max(one.start, other.start) < min(one.end or date.max, other.end or date.max)


def _add_gains(years: dict[int, CareerYear], record: FileRecord, seen: Sights) -> None:
    for section, code in GAINS.items():
        if not _sees(seen, section):
            continue
        for one in record.sections[section]:
            day = getattr(one.row, one.section.start or "")
            if day is None or day > record.day or day.year not in years:
                continue
            shown = getattr(one.row, f"get_{code}_display", None)
            years[day.year].gained.append(str(shown() if shown else getattr(one.row, code)))


def _spans(user: User, person: int) -> list[GradeSpan]:
    try:
        return list(grades_of_person(user=user, person_id=person))
    except NotFound:  # who may not look at pay
        return []


def _add_grades(years: dict[int, CareerYear], spans: list[GradeSpan], today: date) -> None:
    if not spans:
        return
    names = scale_names_for_system(spans)
    for year, line in years.items():
        day = min(_last(year), today)
        line.grades = sorted(
            (names.get(span.scale, span.scale), span.value)
            for span in spans
            if span.start <= day and (span.end is None or span.end > day)
        )


def _add_results(years: dict[int, CareerYear], user: User, person: int) -> None:
    """The closed results by the names of the rules that gave them; of an imported one, of those of its unit and year."""
    found = person_results(user=user, person_id=person).filter(state=ResultState.CLOSED)
    results = [one for one in found.select_related("evaluation", "unit") if one.year in years and one.grade]
    used = {one.pk: [row["id"] for row in one.evaluation.policies] for one in results if one.evaluation is not None}
    kept = PolicyVersion.objects.select_related("parent").in_bulk({pk for own in used.values() for pk in own})
    imported = {one.unit.code for one in results if one.evaluation is None}
    rules = {code: policy_versions_of_unit_for_system(code, date.min, date.max) for code in imported}
    for one in results:
        if one.evaluation is not None:
            names = grade_names_of_versions_for_system(kept[pk] for pk in used[one.pk])
        else:
            names = grade_names_of_versions_for_system(
                version for version in rules[one.unit.code] if _last(one.year) in version.effective
            )
        years[one.year].result = names.get(one.grade or "", one.grade or "")


def _last(year: int) -> date:
    return date(year, 12, 31)


def _add_pay(years: dict[int, CareerYear], user: User, person: int, today: date) -> None:
    try:
        slips = slips_of_person(user=user, person_id=person).filter(run__state=RunState.SEALED, month__lte=today)
    except NotFound:
        return
    gross: dict[int, list[int]] = {}
    for month, fen in slips.values_list("month", "gross"):
        gross.setdefault(month.year, []).append(fen)
    for year, months in gross.items():
        if year in years:
            years[year].months, years[year].pay = len(months), round_ratio(sum(months), len(months))
