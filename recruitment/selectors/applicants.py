"""Reads of applicants, and what a batch brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

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
    Position,
)
from recruitment.rules.facts import SCHEMA, facts_on


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


# What applications say, as columns: a row of a model each would take longer than all that is made of it.
_SAID: Mapping[str, Any] = {
    "applicant": pl.Int64, "position": pl.Int64, "decided": pl.Int64, "sex": pl.String, "birth_date": pl.Date,
    "political_status": pl.String, "education": pl.String, "degree": pl.String, "study_mode": pl.String,
    "major": pl.String, "certificate": pl.String, "background": pl.String, "registered_residence": pl.String,
    "experience_years": pl.Int64, "work_started": pl.Date,
}  # fmt: skip
_COLUMNS = {"applicant": "pk", "experience_years": "experience_months"}


def facts_of_for_system(applicants: QuerySet[Applicant], as_of: date) -> pl.DataFrame:
    """What applications say, as the rules ask for it, in the order of the query. `lives_in_unit` is whether they are
    registered in the post's unit. Two queries.
    """
    rows = applicants.values_list(*(_COLUMNS.get(name, name) for name in _SAID))
    frame = pl.DataFrame(list(rows), schema=dict(_SAID), orient="row")
    positions = Position.objects.filter(pk__in=frame["position"].unique().to_list()).select_related("unit")
    posts = pl.DataFrame(
        [(one.pk, one.posts, one.unit.short_code) for one in positions],
        schema={"position": pl.Int64, "posts": pl.Int64, "within": pl.String},
        orient="row",
    )
    worked = {day: whole_months(day, as_of) for day in frame["work_started"].unique().drop_nulls()}
    known = ("major", "registered_residence", "certificate")
    frame = frame.join(posts, on="position", how="left", maintain_order="left")
    frame = frame.with_columns(
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in known),
        pl.col("background").str.split("|").list.eval(pl.element().filter(pl.element() != "")),
        pl.col("work_started").replace_strict(worked, default=0, return_dtype=pl.Int64).alias("working_years"),
    ).with_columns(
        pl.col("registered_residence").str.starts_with(pl.col("within")).alias("lives_in_unit"),
        pl.when(pl.col("certificate").is_null())
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.concat_list("certificate"))
        .alias("certificates"),
    )
    return facts_on(frame.select(SCHEMA.keys()), as_of)


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
