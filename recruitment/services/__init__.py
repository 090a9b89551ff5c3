"""Writes of recruitment."""

from recruitment.services.applications import (
    VALUES,
    applicant_decide,
    applicant_enter,
    applicant_withdraw,
    applicants_import,
    applicants_screen,
)
from recruitment.services.examination import equals_order, marks_enter, ranking_make
from recruitment.services.hiring import fill_in, hire, review_enter
from recruitment.services.plans import (
    names_publish,
    plan_announce,
    plan_cancel,
    plan_close,
    plan_fix,
    plan_start,
    position_cut,
    position_propose,
    position_withdraw,
)
from recruitment.services.units import recruitments_follow_units

__all__ = [
    "VALUES",
    "applicant_decide",
    "applicant_enter",
    "applicant_withdraw",
    "applicants_import",
    "applicants_screen",
    "equals_order",
    "fill_in",
    "hire",
    "marks_enter",
    "names_publish",
    "plan_announce",
    "plan_cancel",
    "plan_close",
    "plan_fix",
    "plan_start",
    "position_cut",
    "position_propose",
    "position_withdraw",
    "ranking_make",
    "recruitments_follow_units",
    "review_enter",
]
