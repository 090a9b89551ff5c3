"""What stands between an evaluation and its confirmation, in words: what, for whom, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessment.models import Evaluation, EvaluationIssue, PoolCap, TieDecision
from assessment.models.results import score_text
from personnel.models import Person
from policy.models import PolicyVersion
from policy.rules.document import Policy


@dataclass(frozen=True)
class Conflict:
    """kind: cap, tie or issue. pk: of the tie or issue."""

    kind: str
    pk: int
    unit: str
    message: str
    tie: TieDecision | None = None
    issue: EvaluationIssue | None = None
    names: dict[int, str] | None = None


def grade_names_for_system(run: Evaluation) -> dict[str, str]:
    """The places' own names of grades in the reader's language, by code."""
    return grade_names_of_versions_for_system(
        PolicyVersion.objects.select_related("parent").filter(pk__in=[e["id"] for e in run.policies])
    )


def grade_names_of_versions_for_system(versions: Iterable[PolicyVersion]) -> dict[str, str]:
    """What some rules call their grades in the reader's language, by code."""
    chinese = (get_language() or "").startswith("zh")
    names: dict[str, str] = {}
    for version in versions:
        assessment = version.document.assessment
        for grade in assessment.grades if assessment else ():
            names[grade.code] = grade.name.zh if chinese else grade.name.en
        if assessment and assessment.not_graded:
            row = assessment.not_graded
            names[row.code] = row.name.zh if chinese else row.name.en
    return names


def _cap_message(cap: PoolCap, grade: str, would: int) -> str:
    """旗山街道：37 graded, at most 11 EXCELLENT (30 % rounded down), 12 would be."""
    rounding = {"down": _("rounded down"), "up": _("rounded up"), "half_up": _("rounded half up")}[cap.rounding]
    return _(
        "%(unit)s: %(graded)s graded, at most %(at_most)s %(grade)s (%(percent)s %% %(rounding)s), %(would)s would be."
    ) % {
        "unit": cap.pool.unit.name,
        "graded": cap.counted,
        "at_most": cap.at_most,
        "grade": grade,
        "percent": cap.percent_text,
        "rounding": rounding,
        "would": would,
    }


def conflicts_for_system(run: Evaluation, grades: dict[str, str] | None = None) -> list[Conflict]:
    """Undecided ties (with the cap they stand at), caps that are exceeded, and people without a result not accepted.

    grades: `grade_names_for_system`, where the caller has asked for them already.
    """
    grades = grade_names_for_system(run) if grades is None else grades
    found: list[Conflict] = []
    ties = list(
        TieDecision.objects.filter(pool__evaluation=run, chosen__isnull=True)
        .select_related("pool__unit")
        .order_by("pk")
    )
    over = Q(pool__evaluation=run, used__gt=F("at_most"))
    asked = PoolCap.objects.filter(over | Q(pool__in=[tie.pool_id for tie in ties]))
    caps = {(cap.pool_id, cap.grade): cap for cap in asked.select_related("pool__unit").order_by("pk")}
    people = {person for tie in ties for person in tie.candidates}
    names = dict(Person.objects.filter(pk__in=people).values_list("pk", "name"))
    for tie in ties:
        grade = grades.get(tie.grade, tie.grade)
        message = _(
            "%(unit)s: %(count)s people have %(score)s points, %(places)s places are left for %(grade)s. Decide who: %(names)s."
        ) % {
            "unit": tie.pool.unit.name,
            "count": len(tie.candidates),
            "score": score_text(tie.score),
            "places": tie.places,
            "grade": grade,
            "names": "、".join(names.get(person, str(person)) for person in tie.candidates[:20]),
        }
        cap = caps.get((tie.pool_id, tie.grade)) if tie.kind == "cap" else None
        if cap is not None:
            message = _cap_message(cap, grade, cap.used + len(tie.candidates)) + " " + message
        found.append(Conflict("tie", tie.pk, tie.pool.unit.name, message, tie=tie, names=names))
    found += [
        Conflict("cap", cap.pk, cap.pool.unit.name, _cap_message(cap, grades.get(cap.grade, cap.grade), cap.used))
        for cap in caps.values()
        if cap.used > cap.at_most
    ]
    issues = (
        EvaluationIssue.objects.filter(evaluation=run, accepted=False)
        .exclude(code="ALREADY_CLOSED")
        .select_related("person")
    )
    for issue in issues:
        message = f"{issue.person.name}: {issue.reason}"
        found.append(Conflict("issue", issue.pk, "", message, issue=issue))
    return found


def policy_of_path_for_system(run: Evaluation, path: str) -> Policy:
    """The policy that holds for a path of the run: its ranges are disjoint, so the last that begins at or before it."""
    entries = sorted((entry for entry in run.policies if entry["path"] <= path), key=lambda entry: entry["path"])
    return PolicyVersion.objects.select_related("parent").get(pk=entries[-1]["id"]).document
