"""Reads of recruitment: plans and their lines, vacancies, applicants, rankings, and who may be hired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from organization.access import Scope, Viewer, scope_for, scoped, touching
from organization.models import Permission, Unit, units_on
from personnel.models import Category
from personnel.selectors.headcount import Filled, filled_for_system
from policy.models import PolicyVersion
from policy.rules.context import Context, UnsetValue
from policy.rules.document import Recruitment
from policy.selectors import policy_of_unit_for_system
from recruitment.models import (
    Applicant,
    ApplicationState,
    Mark,
    Plan,
    PlanState,
    Position,
    Ranking,
    RankingRow,
    Side,
)
from recruitment.rules import ExamRule, bonuses, exam_rule, part_scores, ranked, shortlisted
from recruitment.rules.facts import facts_frame

OPEN_STATES = (
    PlanState.PROPOSED,
    PlanState.FIXED,
    PlanState.ANNOUNCED,
    PlanState.SCREENED,
    PlanState.RANKED,
    PlanState.PUBLISHED,
)
# Applications that go through the examination.
EXAMINED = (ApplicationState.ADMITTED, ApplicationState.HIRED, ApplicationState.WITHDRAWN)


# -- plans ------------------------------------------------------------------------------------------------------------


def plans_list(*, user: Viewer) -> QuerySet[Plan]:
    """The plans that concern the user's units, the newest first: held by one of them, by one above or by one below."""
    return (
        _plans(user, Permission.VIEW_QUOTA)
        .annotate(lines=Count("positions", distinct=True))
        .order_by("-year", "-batch", "-pk")
    )


def plan_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_QUOTA) -> Plan:
    """A plan, if the user holds the permission on its unit (to look: on one below it, too); else NotFound."""
    if permission == Permission.VIEW_QUOTA:
        found = _plans(user, permission).filter(pk=number).first()
    else:
        found = (
            scoped(user, permission, Plan.objects.select_related("unit", "version"), "unit_path")
            .filter(pk=number)
            .first()
        )
    if found is None:
        raise NotFound(_("There is no such plan of recruitment."))
    return found


def _plans(user: Viewer, permission: str) -> QuerySet[Plan]:
    concerned = touching(scope_for(user, permission).paths)
    return Plan.objects.filter(concerned).select_related("unit", "version__parent", "started_by", "fixed_by")


def positions_of(*, user: Viewer, plan: Plan) -> QuerySet[Position]:
    """The lines of a plan in the user's units, in the order of the tree, with how many applied and were hired."""
    rows = Position.objects.filter(plan=plan).select_related("unit", "proposed_by")
    rows = rows.annotate(
        applied=Count("applicants"),
        admitted=Count("applicants", filter=Q(applicants__state__in=EXAMINED)),
        hired=Count("applicants", filter=Q(applicants__state=ApplicationState.HIRED)),
    )
    found: QuerySet[Position] = scoped(user, Permission.VIEW_QUOTA, rows, "unit_path").order_by("unit_path", "pk")
    return found


def position_for(*, user: Viewer, plan: Plan, number: int, permission: str) -> Position:
    """A line of a plan in a unit on which the user holds the permission; else NotFound."""
    rows = Position.objects.filter(plan=plan, pk=number).select_related("unit", "plan")
    found: Position | None = scoped(user, permission, rows, "unit_path").first()
    if found is None:
        raise NotFound(_("There is no such line of the plan."))
    return found


def rules_of_for_system(unit: Unit, day: date) -> tuple[PolicyVersion, Recruitment]:
    """The rules of recruitment in force in a unit on a day. Raises Refused where a place says nothing of it."""
    version = policy_of_unit_for_system(unit.code, day)
    section = version.document.recruitment if version is not None else None
    if version is None or section is None:
        raise Refused(
            [
                _("The rules of %(unit)s in force on %(day)s say nothing of recruitment.")
                % {"unit": unit.name, "day": day}
            ]
        )
    return version, section


def section_for_system(plan: Plan) -> Recruitment | None:
    """The section by which a plan is held, or, before it is fixed, would be held today."""
    version = plan.version or policy_of_unit_for_system(plan.unit.code, timezone.localdate())
    return version.document.recruitment if version is not None else None


# -- vacancies --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A unit with its seats and people on a day. planned: posts of open plans that nobody fills yet."""

    filled: Filled
    planned: int

    @property
    def unit(self) -> Unit:
        return self.filled.unit

    @property
    def free(self) -> int | None:
        """Vacancies that no plan has taken; None without approved seats, below 0 where more is planned."""
        return None if self.filled.vacant is None else self.filled.vacant - self.planned


def vacancies_for_system(
    units: Iterable[Unit], day: date, *, leaving: Iterable[Position] = (), seen: Scope | None = None
) -> list[Vacancy]:
    """Seats, people and planned posts of units with all below them; lines that are being decided are left out. Three
    queries. seen: the parts of the tree whose people and plans may be opened."""
    units = list(units)
    everywhere = seen if seen is not None else Scope(())
    filled = filled_for_system(units, day, people=everywhere, seats=everywhere)
    lines = Position.objects.filter(plan__state__in=OPEN_STATES, category=Category.COMMUNITY_WORKER)
    lines = lines.exclude(pk__in=[one.pk for one in leaving])
    lines = Scope.of([unit.path for unit in units]).filter(lines)
    hired = Count("applicants", filter=Q(applicants__state=ApplicationState.HIRED))
    open_posts = [(line.unit_path, line.posts - int(line.hired_count)) for line in lines.annotate(hired_count=hired)]
    return [
        Vacancy(one, sum(max(posts, 0) for path, posts in open_posts if path.startswith(one.unit.path)))
        for one in filled
    ]


def units_above_for_system(unit: Unit, day: date) -> list[Unit]:
    """A unit and those above it as of a day, the nearest first."""
    parts = unit.path.rstrip("/").split("/")
    paths = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    return list(Unit.objects.filter(units_on(day), path__in=paths).order_by("-path"))


def board(*, user: Viewer, code: str, day: date) -> tuple[Unit | None, list[Vacancy]]:
    """A unit and those directly below it with seats, people and vacancies; without a code, the user's own units.

    Raises NotFound for a unit that is not among the user's.
    """
    scope = scope_for(user, Permission.VIEW_QUOTA)
    mine = scope.filter(Unit.objects.filter(units_on(day)), "path")
    unit: Unit | None
    if code.strip():
        unit = mine.filter(code=code.strip().ljust(12, "0")).first()
        if unit is None:
            raise NotFound(_("There is no unit “%(typed)s” among those you may work with.") % {"typed": code})
    else:
        roots = list(mine.filter(path__in=scope.paths))
        if len(roots) != 1:
            return None, vacancies_for_system(sorted(roots, key=lambda one: one.path), day, seen=scope)
        unit = roots[0]
    below = list(mine.filter(parent__path=unit.path).order_by("path"))
    return unit, vacancies_for_system([unit, *below], day, seen=scope)


# -- applicants -------------------------------------------------------------------------------------------------------


def applicants_of(*, user: Viewer, plan: Plan) -> QuerySet[Applicant]:
    """The applicants of a plan for posts in the user's units, by number."""
    rows = Applicant.objects.filter(plan=plan).select_related("position__unit")
    found: QuerySet[Applicant] = scoped(user, Permission.VIEW_PEOPLE, rows, "unit_path").order_by("number")
    return found


def applicant_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_PEOPLE) -> Applicant:
    """An applicant for a post in a unit on which the user holds the permission; else NotFound."""
    rows = Applicant.objects.filter(pk=number).select_related("plan__unit", "plan__version", "position__unit")
    found: Applicant | None = scoped(user, permission, rows, "unit_path").first()
    if found is None:
        raise NotFound(_("There is no such applicant."))
    return found


def facts_day_for_system(plan: Plan, section: Recruitment) -> date:
    """The day on which ages and years of applicants are read."""
    match section.as_of:
        case "applications_from":
            day = plan.applications_from
        case "applications_until":
            day = plan.applications_until
        case _:
            day = plan.notice_day
    return day or timezone.localdate()


def facts_of_for_system(applicants: Iterable[Applicant], as_of: date) -> pl.DataFrame:
    """What applications say, as the rules ask for it. `lives_in_unit` is whether they are registered in the post's unit."""
    rows = []
    for one in applicants:
        worked = one.work_started
        months = (
            (as_of.year - worked.year) * 12 + as_of.month - worked.month - (as_of.day < worked.day) if worked else 0
        )
        unit = one.position.unit.code.rstrip("0")
        rows.append(
            {
                "applicant": one.pk,
                "position": one.position_id,
                "posts": one.position.posts,
                "decided": one.decided,
                "sex": one.sex,
                "birth_date": one.birth_date,
                "political_status": one.political_status,
                "education": one.education,
                "degree": one.degree,
                "study_mode": one.study_mode,
                "major": one.major or None,
                "certificates": [one.certificate] if one.certificate else [],
                "certificate": one.certificate,
                "background": [code for code in one.background.split("|") if code],
                "registered_residence": one.registered_residence or None,
                "lives_in_unit": one.registered_residence.startswith(unit) if one.registered_residence else None,
                "experience_years": one.experience_months,
                "working_years": max(months, 0),
            }
        )
    return facts_frame(rows, as_of)


# -- examination and ranking ------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Examined:
    """A plan's applicants as the rules see them, with the shortlist and the ranking by the marks of now."""

    applicants: list[Applicant]
    invited: pl.DataFrame
    ranking: pl.DataFrame


def examined_for_system(plan: Plan) -> Examined:
    """Work out shortlist and ranking of a plan from the marks of now; nothing is written. Raises Refused."""
    section, exam = section_for_system(plan), exam_of_plan_for_system(plan)
    assert section is not None
    applicants = list(
        Applicant.objects.filter(plan=plan, state__in=(ApplicationState.ADMITTED, ApplicationState.HIRED))
        .select_related("position__unit").order_by("number")
    )  # fmt: skip
    assert plan.version is not None
    day = facts_day_for_system(plan, section)
    ctx = Context(plan.version.document, day)
    facts = facts_of_for_system(applicants, day)
    rows = Mark.objects.filter(applicant__in=[one.pk for one in applicants])
    marks = pl.DataFrame(
        list(rows.values_list("applicant", "part", "subject", "judge", "mark")), schema=dict(MARKS), orient="row"
    )
    scores = part_scores(facts, marks, exam).join(bonuses(facts, section, ctx), on="applicant")
    invited = shortlisted(facts, scores, exam, ctx.vocabulary)
    return Examined(applicants, invited, ranked(facts, scores, exam, ctx.vocabulary, invited))


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


# -- reports ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch brought (CH-16): hires, their mean age in whole years (half up), and how they studied."""

    hires: int
    mean_age: int | None
    full_time_bachelor: int
    full_time_master: int


def batch_report(*, user: Viewer, plan: Plan) -> BatchReport:
    """The hires of a plan in the user's units, as of the day of each employment. Two queries."""
    hired = applicants_of(user=user, plan=plan).filter(state=ApplicationState.HIRED).select_related("employment")
    ages: list[int] = []
    bachelor = master = count = 0
    for one in hired:
        count += 1
        if one.birth_date is not None and one.employment is not None:
            start = one.employment.start
            ages.append(
                start.year
                - one.birth_date.year
                - ((start.month, start.day) < (one.birth_date.month, one.birth_date.day))
            )
        if one.study_mode == "FULL_TIME":
            bachelor += one.education in ("BACHELOR", "MASTER", "DOCTOR")
            master += one.education in ("MASTER", "DOCTOR")
    mean = (2 * sum(ages) + len(ages)) // (2 * len(ages)) if ages else None
    return BatchReport(count, mean, bachelor, master)
