"""Writes of cases."""

from approvals.services.calendar import calendar_day_remove, calendar_day_set
from approvals.services.cases import (
    case_delegate,
    case_finish,
    case_open,
    case_return,
    case_withdraw,
    cases_follow_units,
    step_take,
)
from approvals.services.opinions import (
    document_attach,
    objection_log,
    objection_settle,
    opinion_give,
    opinion_settle,
    reviewer_name,
)
from approvals.services.reminders import steps_remind

__all__ = [
    "calendar_day_remove",
    "calendar_day_set",
    "case_delegate",
    "case_finish",
    "case_open",
    "case_return",
    "case_withdraw",
    "cases_follow_units",
    "document_attach",
    "objection_log",
    "objection_settle",
    "opinion_give",
    "opinion_settle",
    "reviewer_name",
    "step_take",
    "steps_remind",
]
