"""Reads of examinations: marks as the rules see them, rankings, and who may be hired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from organization.access import Viewer, scoped
from organization.models import Permission
from policy.rules.context import Context, UnsetValue
from policy.rules.document import Recruitment
from policy.rules.facts import VOCABULARY
from policy.rules.terms import Leaf, Status
from policy.selectors import policy_of_unit_for_system
from recruitment.models import (
    Applicant,
    ApplicationState,
    Mark,
    Plan,
    Ranking,
    RankingRow,
    Side,
)
from recruitment.rules import ExamRule, bonuses, exam_rule, part_scores, ranked, shortlisted
from recruitment.selectors.applicants import facts_day_for_system, facts_of_for_system
from recruitment.selectors.plans import section_for_system


def exam_of_plan_for_system(plan: Plan) -> ExamRule:
    """The examination of a plan. Raises Refused with every value that its rules leave open."""
    section = section_for_system(plan)
    version = plan.version or policy_of_unit_for_system(plan.unit.code, timezone.localdate())
    if version is None or section is None:
        raise Refused([_("The rules of %(unit)s say nothing of recruitment.") % {"unit": plan.unit.name}])
    try:
        return exam_rule(version.document)
    except UnsetValue as error:
        raise Refused([f"{leaf.path}: {leaf.because or ''}" for leaf in error.leaves]) from None
    except LookupError:
        raise Refused([_("The rules of %(unit)s name no examination.") % {"unit": plan.unit.name}]) from None


MARKS: Mapping[str, Any] = {
    "applicant": pl.Int64, "part": pl.String, "subject": pl.String, "judge": pl.Int64, "mark": pl.Int64,
}  # fmt: skip


def examined_for_system(plan: Plan) -> pl.DataFrame:
    """The ranking of a plan by the marks of now, a row for each who is admitted; nothing is written. Raises Refused."""
    section, exam = section_for_system(plan), exam_of_plan_for_system(plan)
    assert section is not None
    admitted = (ApplicationState.ADMITTED, ApplicationState.HIRED)
    applicants = Applicant.objects.filter(plan=plan, state__in=admitted).order_by("number")
    assert plan.version is not None
    day = facts_day_for_system(plan, section)
    ctx = Context(plan.version.document, day)
    facts = facts_of_for_system(applicants, day)
    rows = Mark.objects.filter(applicant__plan=plan, applicant__state__in=admitted)
    marks = pl.DataFrame(
        list(rows.values_list("applicant", "part", "subject", "judge", "mark")), schema=dict(MARKS), orient="row"
    )
    scores = part_scores(facts, marks, exam).join(bonuses(facts, section, ctx), on="applicant")
    return ranked(facts, scores, exam, ctx.vocabulary, shortlisted(facts, scores, exam, ctx.vocabulary))


def ranking_for(*, user: Viewer, plan: Plan) -> tuple[Ranking | None, QuerySet[RankingRow]]:
    """The newest ranking of a plan with the lines of the user's units, by post and place."""
    newest = Ranking.objects.filter(plan=plan).select_related("version", "made_by").order_by("-number").first()
    rows = RankingRow.objects.filter(ranking=newest).select_related("applicant", "position__unit")
    rows = scoped(user, Permission.VIEW_PEOPLE, rows, "applicant__unit_path")
    return newest, rows.order_by("position__unit_path", "position", "place", "-total", "applicant__number")


def chosen_for_system(plan: Plan) -> list[RankingRow]:
    """Who is to be hired by the newest ranking: above the line and not dropped out, or come up for somebody who is."""
    newest = Ranking.objects.filter(plan=plan).aggregate(number=Max("number"))["number"]
    rows = (
        RankingRow.objects.filter(ranking__plan=plan, ranking__number=newest)
        .filter(Q(side=Side.IN) | Q(applicant__instead_of__isnull=False))
        .select_related("applicant__position__unit")
        .prefetch_related("applicant__reviews")
        .order_by("position", "place")
    )
    return [row for row in rows if not dropped_for_system(row.applicant)]


def dropped_for_system(applicant: Applicant) -> bool:
    """Whether somebody above the line will not be hired: withdrew, or didn't pass a review."""
    return applicant.state == ApplicationState.WITHDRAWN or any(not one.passed for one in applicant.reviews.all())


def reviews_missing_for_system(applicant: Applicant, section: Recruitment) -> list[str]:
    """The reviews that the rules ask for and that the applicant hasn't passed yet, in their order."""
    passed = {one.kind for one in applicant.reviews.all() if one.passed}
    return [kind for kind in section.reviews if kind not in passed]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a ranking with its scores in the order of the parts. tied: shares its place; cut: the first below the line
    of its post."""

    row: RankingRow
    scores: list[int | None]
    tied: bool
    cut: bool

    @property
    def bonus(self) -> int | None:
        return self.row.values.get("bonus") or None


def standings_for_system(rows: Iterable[RankingRow], parts: Sequence[str]) -> list[Line]:
    """Rows that somebody may see, as a table shows them."""
    found: list[Line] = []
    above: RankingRow | None = None
    for row in rows:
        scores = [row.values.get(f"score:{part}") for part in parts]
        cut = (
            above is not None and above.position_id == row.position_id and above.side == Side.IN and row.side != Side.IN
        )
        found.append(Line(row, scores, bool(row.equals and row.equals > 1), cut))
        above = row
    return found


def standing_for_system(applicant: Applicant) -> RankingRow | None:
    """Where an applicant stands in the newest ranking."""
    rows = RankingRow.objects.filter(applicant=applicant).select_related("ranking").order_by("-ranking__number")
    return rows.first()


def dropped_out_for_system(applicant: Applicant) -> list[Applicant]:
    """Those above the line of the same post who drop out and for whom nobody has come up."""
    newest = Ranking.objects.filter(plan=applicant.plan_id).aggregate(number=Max("number"))["number"]
    rows = (
        RankingRow.objects.filter(ranking__plan=applicant.plan_id, ranking__number=newest, position=applicant.position_id)
        .filter(Q(side=Side.IN) | Q(applicant__instead_of__isnull=False), applicant__successor__isnull=True)
        .select_related("applicant").prefetch_related("applicant__reviews").order_by("place")
    )  # fmt: skip
    return [row.applicant for row in rows if dropped_for_system(row.applicant)]


def parts_for_system(plan: Plan, language: str | None) -> list[tuple[str, str]]:
    """Code and name of each part of a plan's examination; none where the rules name none."""
    section = section_for_system(plan)
    parts = section.exam.parts if section is not None and section.exam is not None else ()
    return [(part.code, part.name.en if language == "en" else part.name.zh) for part in parts]


def formula_for_system(plan: Plan, language: str | None) -> list[str]:
    """How the total is made, in words: weights, bonus, rounding, pass marks, shortlist and tie-breaks."""
    section = section_for_system(plan)
    if section is None or section.exam is None:
        return []
    exam, names = section.exam, dict(parts_for_system(plan, language))
    weights = " + ".join(f"{names[part.code]} × {_shown(part.weight)} %" for part in exam.parts)
    found = [_("Total = %(weights)s") % {"weights": weights}]
    passes = [f"{names[part.code]} {_shown(part.pass_)}" for part in exam.parts if part.pass_ is not None]
    if passes:
        found.append(_("Pass marks: %(marks)s") % {"marks": ", ".join(passes)})
    if exam.shortlist is not None:
        text = _("%(part)s: the best %(count)s for each post are invited")
        found.append(text % {"part": names[exam.shortlist.for_], "count": _shown(exam.shortlist.per_post)})
    each = _("at each step") if exam.rounding.each == "step" else _("once, at the end")
    found.append(_("Rounded to %(digits)s digits %(each)s") % {"digits": exam.rounding.digits, "each": each})
    if section.bonus is not None:
        found.append(
            _("Bonus points are added to: %(where)s") % {"where": names.get(section.bonus.added_to, _("the total"))}
        )
    vocabulary = VOCABULARY
    ties = [
        names.get(word) or (vocabulary[word].en if language == "en" else vocabulary[word].zh)
        if word in names or word in vocabulary
        else word
        for word in section.ties
    ]
    if ties:
        found.append(_("Equal totals are compared by: %(ties)s") % {"ties": ", ".join(ties)})
    return found


def _shown(leaf: Leaf) -> str:
    """A number of the rules; what is assumed says so."""
    if leaf.value is None:
        return "?"
    text = f"{leaf.number.normalize():f}"
    return _("%(value)s (assumed)") % {"value": text} if leaf.status is Status.ASSUMED else text
