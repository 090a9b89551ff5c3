"""What one may do on a unit, and which role may do what."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """What one may do with the people and runs of a unit and of all below it: codenames on Unit."""

    VIEW_PEOPLE = "view_people", _("Look at people and their records")
    CHANGE_PEOPLE = "change_people", _("Change people's records")
    RUN_EVALUATION = "run_evaluation", _("Start evaluations")
    CONFIRM_EVALUATION = "confirm_evaluation", _("Confirm and close evaluations")
    VIEW_RESULTS = "view_results", _("Look at evaluation results")
    RUN_PAY = "run_pay", _("Start pay runs")
    SEAL_PAY = "seal_pay", _("Approve and seal pay runs")
    VIEW_PAY = "view_pay", _("Look at payslips")
    RUN_PROMOTION = "run_promotion", _("Start promotion reviews")
    CONFIRM_PROMOTION = "confirm_promotion", _("Confirm promotion reviews")
    VIEW_AUDIT = "view_audit", _("Look at the audit trail")
    USE_API = "use_api", _("Use the programming interface")
    CHANGE_USERS = "change_users", _("Create and disable users, and reset how they log in")
    CHANGE_GRANTS = "change_grants", _("Give and end roles, and the tokens of programs")
    CHANGE_UNITS = "change_units", _("Create, change, move and merge units, and enter facts about them")
    VIEW_QUOTA = "view_quota", _("Look at approved headcounts and who fills them")
    CHANGE_QUOTA = "change_quota", _("Enter, correct, allocate and end approved headcounts")
    VIEW_CASES = "view_cases", _("Look at cases")
    TAKE_STREET_STEPS = "take_street_steps", _("Open cases and take the street's steps of them")
    TAKE_COUNTY_STEPS = "take_county_steps", _("Take the organisation department's steps of cases")
    GIVE_OPINION = "give_opinion", _("Answer for a department in a joint review")
    CHANGE_CALENDAR = "change_calendar", _("Enter days off and days worked instead")
    VIEW_STATISTICS = "view_statistics", _("Look at statistics, without names")
    CHANGE_ANNOUNCEMENTS = "change_announcements", _("Write announcements and take them back")
    PROPOSE_DELETION = (
        "propose_deletion",
        _("Look at files whose time is over, propose to delete them, and look at certificates"),
    )
    CONFIRM_DELETION = "confirm_deletion", _("Confirm the deletion of files that another proposed")


class Role(models.TextChoices):
    STREET_CLERK = "STREET_CLERK", _("Street clerk")
    STREET_APPROVER = "STREET_APPROVER", _("Street approver")
    ORG_OFFICER = "ORG_OFFICER", _("Organisation department officer")
    ORG_APPROVER = "ORG_APPROVER", _("Organisation department approver")
    FINANCE = "FINANCE", _("Finance")
    AUDITOR = "AUDITOR", _("Auditor")
    SYSTEM_ADMIN = "SYSTEM_ADMIN", _("System administrator")
    SECURITY_ADMIN = "SECURITY_ADMIN", _("Security administrator")
    WORKER = "WORKER", _("Worker")
    REST_CLIENT = "REST_CLIENT", _("REST client")
    REST_WRITER = "REST_WRITER", _("REST client that writes personnel records")
    JOINT_REVIEWER = "JOINT_REVIEWER", _("Department of the joint review")
    STATISTICS_CLIENT = "STATISTICS_CLIENT", _("REST client for statistics alone")


_P = Permission

# Which role may do what. A worker's own records need no grant on a unit; finance seals what others have started.
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.STREET_CLERK: frozenset(
        {
            _P.VIEW_PEOPLE,
            _P.CHANGE_PEOPLE,
            _P.RUN_EVALUATION,
            _P.VIEW_RESULTS,
            _P.RUN_PAY,
            _P.VIEW_PAY,
            _P.VIEW_QUOTA,
            _P.VIEW_STATISTICS,
            _P.VIEW_CASES,
            _P.TAKE_STREET_STEPS,
        }
    ),
    Role.STREET_APPROVER: frozenset(
        {
            _P.VIEW_PEOPLE,
            _P.CONFIRM_EVALUATION,
            _P.VIEW_RESULTS,
            _P.VIEW_PAY,
            _P.VIEW_QUOTA,
            _P.VIEW_STATISTICS,
            _P.VIEW_CASES,
            _P.TAKE_STREET_STEPS,
        }
    ),
    Role.ORG_OFFICER: frozenset(
        {
            _P.VIEW_PEOPLE,
            _P.CHANGE_PEOPLE,
            _P.RUN_EVALUATION,
            _P.VIEW_RESULTS,
            _P.RUN_PAY,
            _P.VIEW_PAY,
            _P.RUN_PROMOTION,
            _P.CHANGE_UNITS,
            _P.VIEW_QUOTA,
            _P.VIEW_STATISTICS,
            _P.CHANGE_QUOTA,
            _P.VIEW_CASES,
            _P.TAKE_COUNTY_STEPS,
            _P.PROPOSE_DELETION,
        }
    ),
    Role.ORG_APPROVER: frozenset(
        {
            _P.VIEW_PEOPLE,
            _P.CONFIRM_EVALUATION,
            _P.VIEW_RESULTS,
            _P.VIEW_PAY,
            _P.CONFIRM_PROMOTION,
            _P.VIEW_QUOTA,
            _P.VIEW_STATISTICS,
            _P.VIEW_CASES,
            _P.TAKE_COUNTY_STEPS,
            _P.PROPOSE_DELETION,
            _P.CONFIRM_DELETION,
        }
    ),
    Role.FINANCE: frozenset({_P.VIEW_PEOPLE, _P.VIEW_PAY, _P.SEAL_PAY, _P.VIEW_STATISTICS}),
    Role.AUDITOR: frozenset(
        {_P.VIEW_PEOPLE, _P.VIEW_RESULTS, _P.VIEW_PAY, _P.VIEW_AUDIT, _P.VIEW_QUOTA, _P.VIEW_CASES, _P.VIEW_STATISTICS}
    ),
    Role.SYSTEM_ADMIN: frozenset({_P.CHANGE_UNITS, _P.CHANGE_CALENDAR, _P.CHANGE_ANNOUNCEMENTS, _P.CHANGE_USERS}),
    Role.SECURITY_ADMIN: frozenset({_P.CHANGE_GRANTS}),
    Role.WORKER: frozenset(),
    Role.REST_CLIENT: frozenset(
        {
            _P.USE_API,
            _P.VIEW_PEOPLE,
            _P.VIEW_RESULTS,
            _P.VIEW_PAY,
            _P.VIEW_QUOTA,
            _P.VIEW_CASES,
            _P.VIEW_STATISTICS,
        }
    ),
    Role.REST_WRITER: frozenset({_P.USE_API, _P.VIEW_PEOPLE, _P.CHANGE_PEOPLE}),
    Role.JOINT_REVIEWER: frozenset({_P.GIVE_OPINION}),
    Role.STATISTICS_CLIENT: frozenset({_P.USE_API, _P.VIEW_STATISTICS}),
}

# Roles of different families exclude each other at the same time: the three administrators and the business are four.
ROLE_FAMILIES: Mapping[str, str] = {
    Role.AUDITOR: "AUDIT",
    Role.SYSTEM_ADMIN: "SYSTEM",
    Role.SECURITY_ADMIN: "SECURITY",
}
BUSINESS = "BUSINESS"


def role_family(role: str) -> str:
    return ROLE_FAMILIES.get(role, BUSINESS)
