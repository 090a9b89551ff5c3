"""What the closed yearly results put into people's archives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from assessment.models import Evaluation
from personnel.models import ArchiveCategory
from personnel.rules.papers import Paper
from policy.models import PolicyVersion
from policy.selectors import LEVELS, versions_for_system

# A granted appeal is the new, dated entry of a closed result: its grade is what the archive says.
_CLOSED = """
SELECT r.year, r.evaluation_id, coalesce(p.unit_path, u.path), coalesce(g.new_grade, r.grade), array_agg(r.person_id)
  FROM assessment_annualresult r
  JOIN organization_unit u ON u.id = r.unit_id
  LEFT JOIN assessment_poolresult p ON p.id = r.pool_id
  LEFT JOIN (SELECT DISTINCT ON (result_id) result_id, new_grade FROM assessment_appeal
              WHERE state = 'GRANTED' AND new_grade IS NOT NULL ORDER BY result_id, id DESC) g ON g.result_id = r.id
 WHERE r.state = 'CLOSED' AND {which}
 GROUP BY 1, 2, 3, 4
"""
NOT_GRADED = "不定等次"


def papers_of_run_for_system(run: Evaluation) -> dict[Paper, list[int]]:
    """The papers of a closed evaluation with the people of each; a constant number of queries."""
    return _papers("p.evaluation_id = %s", [run.pk])


def papers_of_people_for_system(people: list[int]) -> dict[Paper, list[int]]:
    """The papers of all closed years of some people with the people of each; a constant number of queries."""
    return _papers("r.person_id = ANY (%s)", [people])


def papers_of_person_for_system(person_id: int) -> dict[Paper, list[int]]:
    """The papers of all closed years of one person."""
    return papers_of_people_for_system([person_id])


def _papers(which: str, params: list[Any]) -> dict[Paper, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED.format(which=which), params)
        rows = cursor.fetchall()
    runs = {
        run.pk: run
        for run in Evaluation.objects.select_related("unit").filter(pk__in={row[1] for row in rows} - {None})
    }
    of_run = _of_runs(list(runs.values()))
    of_place = _of_places() if any(row[1] is None for row in rows) else lambda path: {}
    found: dict[Paper, list[int]] = {}
    for year, number, path, grade, people in rows:
        run = runs.get(number)
        names = of_run(run, path) if run is not None else of_place(path)
        # Archives are kept in Chinese, in whatever language somebody closes an evaluation.
        paper = Paper(
            source=f"assessment.{year}",
            category=ArchiveCategory.ASSESSMENT,
            title=f"{year}年度考核结果：{names.get(grade, grade or NOT_GRADED)}",
            day=timezone.localtime(run.closed).date() if run is not None and run.closed else date(year, 12, 31),
            issuer=run.unit.name if run is not None else "",
        )
        found.setdefault(paper, []).extend(people)
    return found


Names = dict[str | None, str]


def _names(version: PolicyVersion) -> Names:
    """The Chinese name of each grade of a version by code; of None that of somebody who is not graded."""
    assessment = version.document.assessment
    if assessment is None:
        return {}
    names: Names = {grade.code: grade.name.zh for grade in assessment.grades}
    names[None] = assessment.not_graded.name.zh if assessment.not_graded else NOT_GRADED
    return names


def _of_runs(runs: list[Evaluation]) -> Callable[[Evaluation, str], Names]:
    """The names that hold for a path of a run: its ranges are disjoint, so the last that begins at or before it."""
    ids = {entry["id"] for run in runs for entry in run.policies}
    named = {
        version.pk: _names(version) for version in PolicyVersion.objects.select_related("parent").filter(pk__in=ids)
    }

    def of(run: Evaluation, path: str) -> Names:
        entries = sorted(
            (entry for entry in run.policies if entry["path"] <= path), key=lambda entry: str(entry["path"])
        )
        return named[entries[-1]["id"]] if entries else {}

    return of


def _of_places() -> Callable[[str], Names]:
    """The names of the newest version of a place, or of the nearest one above it, for results of before this system."""
    newest = {version.place: version for version in versions_for_system()}

    def of(path: str) -> Names:
        code = path.rstrip("/").rsplit("/", 1)[-1].ljust(12, "0")
        version = next((newest[code[:digits]] for digits in LEVELS if code[:digits] in newest), None)
        return _names(version) if version is not None else {}

    return of
