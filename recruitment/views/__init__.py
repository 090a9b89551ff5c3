"""Pages of recruitment: parse, one selector or service, render."""

from recruitment.views.applicants import (
    applicant,
    applicant_decide,
    applicant_fill_in,
    applicant_hire,
    applicant_new,
    applicant_review,
    applicant_withdraw,
    applicants,
    applicants_file,
    applicants_screen,
)
from recruitment.views.examination import equals, marks, ranking, ranking_make
from recruitment.views.plans import (
    board,
    line_new,
    plan,
    plan_announce,
    plan_cancel,
    plan_close,
    plan_fix,
    plan_new,
    plan_publish,
)

__all__ = [
    "applicant",
    "applicant_decide",
    "applicant_fill_in",
    "applicant_hire",
    "applicant_new",
    "applicant_review",
    "applicant_withdraw",
    "applicants",
    "applicants_file",
    "applicants_screen",
    "board",
    "equals",
    "line_new",
    "marks",
    "plan",
    "plan_announce",
    "plan_cancel",
    "plan_close",
    "plan_fix",
    "plan_new",
    "plan_publish",
    "ranking",
    "ranking_make",
]
