"""Reads of applicants, and what a batch brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.periods import whole_months, whole_years
from organization.access import Viewer, scoped
from organization.models import Permission
from policy.rules.document import Recruitment
from recruitment.models import (
    Applicant,
    ApplicationState,
    Plan,
)
from recruitment.rules.facts import facts_frame


def applicants_of(*, user: Viewer, plan: Plan) -> QuerySet[Applicant]:
    """The applicants of a plan for posts in the user's units, by number."""
    return applicants_list(user=user).filter(plan=plan).order_by("number")


def applicants_list(*, user: Viewer) -> QuerySet[Applicant]:
    """The applicants of all recruitments for posts in the user's units."""
    return scoped(user, Permission.VIEW_PEOPLE, Applicant.objects.select_related("position__unit"), "unit_path")


def applicant_for(*, user: Viewer, number: int, permission: str = Permission.VIEW_PEOPLE) -> Applicant:
    """An applicant for a post in a unit on which the user holds the permission; else NotFound."""
    rows = Applicant.objects.filter(pk=number).select_related("plan__unit", "plan__version", "position__unit")
    found: Applicant | None = scoped(user, permission, rows, "unit_path").first()
    if found is None:
        raise NotFound(_("There is no such applicant."))
    return found


def facts_day_for_system(plan: Plan, section: Recruitment) -> date:
    """The day on which ages and years of applicants are read. Raises Refused where no notice has named it yet."""
    match section.as_of:
        case "applications_from":
            day = plan.applications_from
        case "applications_until":
            day = plan.applications_until
        case _:
            day = plan.notice_day
    if day is None:
        text = _(
            "“%(plan)s” has not been announced, so nothing says yet on which day ages are read. Announce it first."
        )
        raise Refused([text % {"plan": plan.title}])
    return day


def facts_of_for_system(applicants: Iterable[Applicant], as_of: date) -> pl.DataFrame:
    """What applications say, as the rules ask for it. `lives_in_unit` is whether they are registered in the post's unit."""
    rows = []
    for one in applicants:
        worked = one.work_started
        unit = one.position.unit.short_code
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
                "working_years": whole_months(worked, as_of) if worked else 0,
            }
        )
    return facts_frame(rows, as_of)


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
            ages.append(whole_years(one.birth_date, one.employment.start))
        if one.study_mode == "FULL_TIME":
            bachelor += one.education in ("BACHELOR", "MASTER", "DOCTOR")
            master += one.education in ("MASTER", "DOCTOR")
    mean = (2 * sum(ages) + len(ages)) // (2 * len(ages)) if ages else None
    return BatchReport(count, mean, bachelor, master)
