"""Who may come where: every route and command, by role and by the place of the user's unit.

One table for all routes; a route that is not in it fails. The object asked for belongs to one street; a user of each
role stands at that street, at the county above it, at the street beside it, and in another county. What is not in one's
units is answered exactly like what does not exist. The control at the end opens the scopes and must find violations.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import signals
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from approvals.models import Case, CaseStep, Opinion
from approvals.services import reviewer_name
from assessment.models import Evaluation
from assessment.services import compute_evaluation, evaluation_start
from core.models import AuditEntry
from organization.access import Scope
from organization.models import ROLE_PERMISSIONS, Grant, Permission, Role, User
from organization.services import announcement_write, countersign_ask, grant_give, token_give, user_create
from payroll.models import ManualItem, PayRun, PromotionRun
from payroll.services.promotion import compute_promotion_run, promotion_start
from personnel.models import Deletion, Person
from personnel.services import party_open, section_add
from personnel.services.corrections import correction_ask
from personnel.services.imports import import_start
from policy.models import PolicyVersion
from policy.services import policy_load
from staffing.services import plan_enter, seats_freeze
from tests.payroll.conftest import JANUARY, POLICIES, Place, build_place
from tests.recruitment.rows import build_recruitment

OWN, SIBLING, PARENT, FOREIGN = "232762100", "232762101", "232762", "340181"
INSIDE = {"own": OWN, "parent": PARENT}
OUTSIDE = {"sibling": SIBLING, "foreign": FOREIGN}
ENDED = "ended"  # a user at the own street whose grant has ended
ROLES = (
    Role.STREET_CLERK, Role.STREET_APPROVER, Role.ORG_OFFICER, Role.ORG_APPROVER, Role.FINANCE, Role.AUDITOR,
    Role.REST_CLIENT, Role.REST_WRITER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.JOINT_REVIEWER, Role.WORKER,
    Role.STATISTICS_CLIENT,
)  # fmt: skip
WITH_ENDED_GRANT = (Role.STREET_CLERK, Role.ORG_OFFICER, Role.FINANCE, Role.REST_WRITER)
MISSING = 987654321
METHODS = ("get", "post", "put", "patch", "delete")

# What stands in the way of a route.
PUBLIC = "public"  # for everybody
LOGIN = "login"  # for everybody who is logged in
P = Permission


@dataclass(frozen=True)
class Route:
    """needs: the permission, PUBLIC or LOGIN; also: a second one. thing: what its number is; empty for lists and forms."""

    needs: str
    thing: str = ""
    method: str = "get"
    api: bool = False
    also: str = ""


ROUTES: dict[str, Route] = {
    "workplace": Route(LOGIN),
    "inbox": Route(LOGIN),
    "case_paper": Route(P.VIEW_CASES, "case"),
    "login": Route(PUBLIC),
    "login_code": Route(PUBLIC, method="post"),
    "factor": Route(LOGIN),
    "factor_set_up": Route(LOGIN, method="post"),
    "factor_renew": Route(LOGIN, method="post"),
    "logout": Route(PUBLIC, method="post"),
    "password": Route(LOGIN),
    "introduction": Route(LOGIN, method="post"),
    "sessions": Route(LOGIN),
    "sessions_end": Route(LOGIN, method="post"),
    "proof": Route(LOGIN),
    "language": Route(PUBLIC, method="post"),
    "theme": Route(PUBLIC, method="post"),
    "health": Route(PUBLIC),
    "data_map": Route(LOGIN),
    "retention": Route(P.PROPOSE_DELETION),
    "deletion": Route(P.PROPOSE_DELETION, "deletion"),
    "deletion_confirm": Route(P.CONFIRM_DELETION, "deletion", "post"),
    "deletion_refuse": Route(P.CONFIRM_DELETION, "deletion", "post"),
    "deletion_paper": Route(P.PROPOSE_DELETION, "certificate"),
    "own_copy": Route(LOGIN, method="post"),
    "person_copy": Route(P.CHANGE_PEOPLE, "person"),
    "schema": Route(LOGIN, api=True),
    "policy:versions": Route(LOGIN),
    "policy:version": Route(LOGIN, "policy"),
    "organization:exports": Route(LOGIN),
    "organization:announcements": Route(P.CHANGE_ANNOUNCEMENTS),
    "organization:announcement_end": Route(P.CHANGE_ANNOUNCEMENTS, "announcement", "post"),
    "organization:users": Route(P.CHANGE_USERS),
    "organization:user_new": Route(P.CHANGE_USERS),
    "organization:user": Route(P.CHANGE_USERS, "user"),
    "organization:user_reset": Route(P.CHANGE_USERS, "user", "post"),
    "organization:user_factor": Route(P.CHANGE_USERS, "user", "post"),
    "organization:user_disable": Route(P.CHANGE_USERS, "user", "post"),
    "organization:user_enable": Route(P.CHANGE_USERS, "user", "post"),
    "organization:user_log_out": Route(P.CHANGE_USERS, "user", "post"),
    "organization:user_unlock": Route(P.CHANGE_USERS, "user", "post"),
    "organization:grants": Route(P.CHANGE_GRANTS),
    "organization:grant_new": Route(P.CHANGE_GRANTS),
    "organization:grant_end": Route(P.CHANGE_GRANTS, "grant"),
    "organization:grant_renew": Route(P.CHANGE_GRANTS, "grant"),
    "organization:tokens": Route(P.CHANGE_GRANTS),
    "organization:token_new": Route(P.CHANGE_GRANTS),
    "organization:token_use": Route(P.CHANGE_GRANTS, "token"),
    "organization:token_revoke": Route(P.CHANGE_GRANTS, "token", "post"),
    "organization:trail": Route(P.VIEW_AUDIT),
    "organization:trail_entry": Route(P.VIEW_AUDIT, "entry"),
    "organization:why": Route(LOGIN),
    "organization:countersignatures": Route(LOGIN),
    "organization:countersign": Route(P.SEAL_PAY, "countersignature", "post"),
    "organization:units": Route(LOGIN),
    "organization:units_load": Route(P.CHANGE_UNITS),
    "organization:unit": Route(LOGIN, "unit"),
    "organization:unit_new": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_rename": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_correct": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_move": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_upgrade": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_merge": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_split": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_close": Route(P.CHANGE_UNITS, "unit"),
    "organization:unit_facts": Route(P.CHANGE_UNITS, "unit"),
    "personnel:people": Route(LOGIN),
    "personnel:people_search": Route(LOGIN, method="post"),
    "personnel:people_find": Route(LOGIN, method="post"),
    "personnel:people_export": Route(LOGIN, method="post"),
    "personnel:people_columns": Route(LOGIN, method="post"),
    "personnel:people_filter_save": Route(LOGIN, method="post"),
    "personnel:people_filter_delete": Route(LOGIN, method="post"),
    "personnel:person": Route(P.VIEW_PEOPLE, "person"),
    "personnel:person_history": Route(P.VIEW_PEOPLE, "person"),
    "personnel:person_readings": Route(P.VIEW_AUDIT, "person"),
    "personnel:own_readings": Route(LOGIN),
    "personnel:own_corrections": Route(LOGIN),
    "personnel:own_correction_new": Route(LOGIN),
    "personnel:restriction": Route(P.CHANGE_PEOPLE, "person"),
    "personnel:correction_new": Route(P.CHANGE_PEOPLE, "person"),
    "personnel:corrections": Route(LOGIN),
    "personnel:correction": Route(P.CHANGE_PEOPLE, "correction"),
    "personnel:person_pdf": Route(P.VIEW_PEOPLE, "person"),
    "personnel:person_file": Route(P.VIEW_PEOPLE, "person"),
    "personnel:archive": Route(P.VIEW_PEOPLE, "person"),
    "personnel:values_act": Route(P.CHANGE_PEOPLE, "person"),
    "personnel:row_new": Route(P.CHANGE_PEOPLE, "person"),
    "personnel:row_write": Route(P.CHANGE_PEOPLE, "person"),
    "personnel:person_new": Route(P.CHANGE_PEOPLE),
    "personnel:identity_check": Route(P.CHANGE_PEOPLE, method="post"),
    "personnel:party": Route(P.VIEW_PEOPLE, "unit"),
    "personnel:party_organization": Route(P.VIEW_PEOPLE, "party"),
    "personnel:drafts": Route(LOGIN),
    "personnel:draft_delete": Route(LOGIN, method="post"),
    "personnel:people_bulk": Route(P.CHANGE_PEOPLE),
    "personnel:imports": Route(P.CHANGE_PEOPLE),
    "personnel:import_template": Route(P.CHANGE_PEOPLE),
    "personnel:import": Route(P.CHANGE_PEOPLE, "import"),
    "personnel:import_fix": Route(P.CHANGE_PEOPLE, "import", "post"),
    "personnel:import_rows": Route(P.CHANGE_PEOPLE, "import", "post"),
    "personnel:import_columns": Route(P.CHANGE_PEOPLE, "import"),
    "personnel:import_apply": Route(P.CHANGE_PEOPLE, "import", "post"),
    "personnel:import_undo": Route(P.CHANGE_PEOPLE, "import", "post"),
    "personnel:import_progress": Route(P.CHANGE_PEOPLE, "import"),
    "personnel:import_discard": Route(P.CHANGE_PEOPLE, "import", "post"),
    "personnel:import_file": Route(P.CHANGE_PEOPLE, "import"),
    "personnel:accounts": Route(P.SEAL_PAY, "unit"),
    "personnel:accounts_file": Route(P.SEAL_PAY, "unit", "post"),
    "personnel:cross_definition": Route(P.CHANGE_UNITS, "unit"),
    "personnel:staffing": Route(P.VIEW_QUOTA),
    "personnel:staffing_people": Route(P.VIEW_QUOTA, "unit"),
    "personnel:checks": Route(P.VIEW_PEOPLE),
    "staffing:plans": Route(P.VIEW_QUOTA, "unit"),
    "staffing:plan_new": Route(P.CHANGE_QUOTA, "unit"),
    "staffing:plan": Route(P.VIEW_QUOTA, "quota_plan"),
    "staffing:plan_correct": Route(P.CHANGE_QUOTA, "quota_plan"),
    "staffing:plan_end": Route(P.CHANGE_QUOTA, "quota_plan"),
    "staffing:share": Route(P.CHANGE_QUOTA, "quota_share"),
    "staffing:explain": Route(P.CHANGE_QUOTA, "quota_share"),
    "staffing:freeze_new": Route(P.CHANGE_QUOTA, "unit"),
    "staffing:freeze_end": Route(P.CHANGE_QUOTA, "seat_freeze"),
    "personnel:appointment_new": Route(P.TAKE_STREET_STEPS, "person"),
    "personnel:exit_new": Route(P.TAKE_STREET_STEPS, "person"),
    "personnel:move_new": Route(P.TAKE_STREET_STEPS, "person"),
    "personnel:handover": Route(P.VIEW_PEOPLE, "person"),
    "personnel:case_order": Route(P.VIEW_CASES, "case", "post"),
    "approvals:cases": Route(LOGIN),
    "approvals:case": Route(P.VIEW_CASES, "case"),
    "approvals:questions": Route(LOGIN),
    "approvals:question": Route(P.GIVE_OPINION, "question"),
    "approvals:calendar": Route(LOGIN),
    "recruitment:board": Route(P.VIEW_QUOTA),
    "recruitment:plan_new": Route(P.CHANGE_PEOPLE),
    "recruitment:plan": Route(P.VIEW_QUOTA, "recruitment"),
    "recruitment:line_new": Route(P.CHANGE_PEOPLE, "recruitment"),
    "recruitment:line_withdraw": Route(P.CHANGE_PEOPLE, "recruitment", "post"),
    "recruitment:line_cut": Route(P.TAKE_COUNTY_STEPS, "recruitment"),
    "recruitment:plan_fix": Route(P.TAKE_COUNTY_STEPS, "recruitment"),
    "recruitment:plan_announce": Route(P.TAKE_COUNTY_STEPS, "recruitment"),
    "recruitment:plan_publish": Route(P.TAKE_COUNTY_STEPS, "recruitment"),
    "recruitment:plan_close": Route(P.TAKE_COUNTY_STEPS, "recruitment", "post"),
    "recruitment:plan_cancel": Route(P.TAKE_COUNTY_STEPS, "recruitment"),
    "recruitment:applicants": Route(P.VIEW_PEOPLE, "recruitment"),
    "recruitment:applicant_new": Route(P.CHANGE_PEOPLE, "recruitment"),
    "recruitment:applicants_file": Route(P.CHANGE_PEOPLE, "recruitment"),
    "recruitment:applicants_screen": Route(P.CHANGE_PEOPLE, "recruitment", "post"),
    "recruitment:marks": Route(P.CHANGE_PEOPLE, "recruitment"),
    "recruitment:intake": Route(P.VIEW_PEOPLE, "recruitment"),
    "recruitment:ranking": Route(P.VIEW_PEOPLE, "recruitment"),
    "recruitment:ranking_make": Route(P.CHANGE_PEOPLE, "recruitment", "post"),
    "recruitment:equals": Route(P.CHANGE_PEOPLE, "recruitment"),
    "recruitment:applicant": Route(P.VIEW_PEOPLE, "applicant"),
    "recruitment:applicant_decide": Route(P.CHANGE_PEOPLE, "applicant"),
    "recruitment:applicant_withdraw": Route(P.CHANGE_PEOPLE, "applicant"),
    "recruitment:applicant_review": Route(P.CHANGE_PEOPLE, "applicant"),
    "recruitment:applicant_fill_in": Route(P.CHANGE_PEOPLE, "applicant"),
    "recruitment:applicant_hire": Route(P.CHANGE_PEOPLE, "applicant"),
    "assessment:evaluations": Route(P.VIEW_RESULTS),
    "assessment:evaluation_new": Route(P.RUN_EVALUATION),
    "assessment:evaluation": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:evaluation_progress": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:evaluation_results": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:evaluation_issues": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:issue_accept": Route(P.CONFIRM_EVALUATION, "evaluation", "post"),
    "assessment:evaluation_consequences": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:consequence_settle": Route(P.CONFIRM_EVALUATION, "evaluation", "post"),
    "assessment:tie": Route(P.VIEW_RESULTS, "evaluation"),
    "assessment:evaluation_confirm": Route(P.CONFIRM_EVALUATION, "evaluation", "post"),
    "assessment:evaluation_close": Route(P.CONFIRM_EVALUATION, "evaluation", "post"),
    "assessment:evaluation_cancel": Route(P.RUN_EVALUATION, "evaluation", "post"),
    "assessment:result": Route(P.VIEW_RESULTS, "result"),
    "assessment:person_results": Route(P.VIEW_RESULTS, "person"),
    "payroll:pay_runs": Route(P.VIEW_PAY),
    "payroll:pay_run_new": Route(P.RUN_PAY),
    "payroll:pay_run": Route(P.VIEW_PAY, "pay_run"),
    "payroll:pay_run_progress": Route(P.VIEW_PAY, "pay_run"),
    "payroll:pay_run_differences": Route(P.VIEW_PAY, "pay_run"),
    "payroll:pay_run_seal": Route(P.SEAL_PAY, "pay_run", "post"),
    "payroll:pay_run_cancel": Route(P.RUN_PAY, "pay_run", "post"),
    "payroll:payslips": Route(P.VIEW_PAY, "person"),
    "payroll:payslip": Route(P.VIEW_PAY, "person"),
    "payroll:payslip_pdf": Route(P.VIEW_PAY, "person"),
    "payroll:grades": Route(P.VIEW_PAY, "person"),
    "payroll:manual_items": Route(P.VIEW_PAY, "person"),
    "payroll:manual_item_approve": Route(P.SEAL_PAY, "manual_item", "post"),
    "payroll:promotions": Route(P.VIEW_PAY),
    "payroll:promotion_new": Route(P.RUN_PROMOTION),
    "payroll:promotion_alone": Route(P.RUN_PROMOTION, "person"),
    "payroll:promotion": Route(P.VIEW_PAY, "promotion"),
    "payroll:promotion_progress": Route(P.VIEW_PAY, "promotion"),
    "payroll:promotion_confirm": Route(P.CONFIRM_PROMOTION, "promotion", "post"),
    "payroll:promotion_cancel": Route(P.RUN_PROMOTION, "promotion", "post"),
    "payroll:conversion_step": Route(P.RUN_PROMOTION, "promotion", "post"),
    "payroll:conversion_leave_out": Route(P.RUN_PROMOTION, "promotion", "post"),
    "payroll:conversion_reverse": Route(P.CONFIRM_PROMOTION, "promotion", "post"),
    "reports:dashboard": Route(LOGIN),
    "reports:figure": Route(LOGIN),
    "reports:people": Route(P.VIEW_PEOPLE),
    "reports:export": Route(LOGIN, method="post"),
    "reports:career": Route(P.VIEW_PEOPLE, "person"),
    "reports:tables": Route(LOGIN),
    "reports:table": Route(LOGIN),
    "reports:table_file": Route(LOGIN, method="post"),
    "reports:table_save": Route(LOGIN, method="post"),
    "reports:report_plan": Route(LOGIN, "report"),
    "reports:report_rest": Route(LOGIN, "report", "post"),
    "reports:report_delete": Route(LOGIN, "report", "post"),
    "reports:made": Route(LOGIN, "made"),
    "api:why": Route(LOGIN, api=True),
    "api:unit-list": Route(P.USE_API, api=True),
    "api:unit-detail": Route(P.USE_API, "unit_code", api=True),
    "api:unit-rename": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-correct": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-move": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-upgrade": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-close": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-merge": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-split": Route(P.CHANGE_UNITS, "unit_code", "post", api=True),
    "api:unit-facts": Route(P.USE_API, "unit_code", api=True),
    **{
        f"api:{kind}-foresee": Route(P.CHANGE_PEOPLE, method="post", api=True, also=P.USE_API)
        for kind in ("person", "employment", "placement", "tenure")
    },
    "api:case-foresee": Route(P.TAKE_STREET_STEPS, method="post", api=True, also=P.USE_API),
    **{
        f"api:{act}-foresee": Route(P.CHANGE_PEOPLE, act.partition("-")[0], "post", api=True)
        for act in (
            "employment-end",
            "employment-transfer",
            "employment-change",
            "placement-end",
            "placement-change",
            "tenure-end",
            "applicant-hire",
        )
    },
    **{f"api:post-{act}-foresee": Route(P.CHANGE_PEOPLE, "seat", "post", api=True) for act in ("appoint", "vacate")},
    "api:case-order-foresee": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:person-list": Route(P.USE_API, api=True),
    "api:person-detail": Route(P.USE_API, "person", api=True),
    "api:person-change": Route(P.CHANGE_PEOPLE, "person", "post", api=True),
    "api:person-correct": Route(P.CHANGE_PEOPLE, "person", "post", api=True),
    "api:employment-list": Route(P.USE_API, api=True),
    "api:employment-detail": Route(P.USE_API, "employment", api=True),
    "api:employment-handover": Route(P.USE_API, "employment", api=True),
    **{
        f"api:employment-handover-{act}": Route(P.CHANGE_PEOPLE, "employment", "post", api=True)
        for act in ("begin", "add", "sign")
    },
    "api:person-dispatches": Route(P.USE_API, "person", api=True),
    **{
        f"api:person-dispatches-{act}": Route(P.CHANGE_PEOPLE, "person", "post", api=True)
        for act in ("send", "receipt", "back")
    },
    "api:employment-end": Route(P.CHANGE_PEOPLE, "employment", "post", api=True),
    "api:employment-transfer": Route(P.CHANGE_PEOPLE, "employment", "post", api=True),
    "api:employment-change": Route(P.CHANGE_PEOPLE, "employment", "post", api=True),
    "api:employment-correct": Route(P.CHANGE_PEOPLE, "employment", "post", api=True),
    "api:employment-withdraw": Route(P.CHANGE_PEOPLE, "employment", "post", api=True),
    "api:placement-list": Route(P.USE_API, api=True),
    "api:placement-detail": Route(P.USE_API, "placement", api=True),
    **{
        f"api:placement-{act}": Route(P.CHANGE_PEOPLE, "placement", "post", api=True)
        for act in ("end", "change", "correct", "withdraw")
    },
    "api:named-list-list": Route(P.USE_API, api=True),
    "api:named-list-detail": Route(P.USE_API, "list_entry", api=True),
    **{
        f"api:named-list-{act}": Route(P.CHANGE_PEOPLE, "list_entry", "post", api=True)
        for act in ("end", "change", "correct", "withdraw")
    },
    "api:party-list": Route(P.USE_API, api=True),
    "api:party-detail": Route(P.USE_API, "party", api=True),
    "api:post-list": Route(P.USE_API, api=True),
    "api:post-detail": Route(P.USE_API, "seat", api=True),
    "api:post-appoint": Route(P.CHANGE_PEOPLE, "seat", "post", api=True),
    "api:post-vacate": Route(P.CHANGE_PEOPLE, "seat", "post", api=True),
    "api:tenure-list": Route(P.USE_API, api=True),
    "api:tenure-detail": Route(P.USE_API, "tenure", api=True),
    "api:tenure-end": Route(P.CHANGE_PEOPLE, "tenure", "post", api=True),
    "api:tenure-correct": Route(P.CHANGE_PEOPLE, "tenure", "post", api=True),
    "api:tenure-withdraw": Route(P.CHANGE_PEOPLE, "tenure", "post", api=True),
    "api:case-list": Route(P.USE_API, api=True),
    "api:case-detail": Route(P.USE_API, "case", api=True, also=P.VIEW_CASES),
    "api:case-take": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-return": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-withdraw": Route(P.TAKE_STREET_STEPS, "case", "post", api=True),
    "api:case-delegate": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-documents": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-objections": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-settle": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:case-order": Route(P.TAKE_COUNTY_STEPS, "case", "post", api=True),
    "api:recruitment-list": Route(P.USE_API, api=True),
    "api:recruitment-detail": Route(P.USE_API, "recruitment", api=True, also=P.VIEW_QUOTA),
    "api:recruitment-propose": Route(P.CHANGE_PEOPLE, "recruitment", "post", api=True),
    **{
        f"api:recruitment-{act}": Route(P.TAKE_COUNTY_STEPS, "recruitment", "post", api=True)
        for act in ("fix", "announce", "publish", "close", "cancel", "cut")
    },
    **{
        f"api:recruitment-{act}": Route(P.CHANGE_PEOPLE, "recruitment", "post", api=True)
        for act in ("withdraw", "import", "screen", "marks", "rank", "equals")
    },
    "api:recruitment-intake": Route(P.USE_API, "recruitment", api=True, also=P.VIEW_PEOPLE),
    "api:recruitment-ranking": Route(P.USE_API, "recruitment", api=True, also=P.VIEW_PEOPLE),
    "api:applicant-list": Route(P.USE_API, api=True),
    "api:applicant-detail": Route(P.USE_API, "applicant", api=True, also=P.VIEW_PEOPLE),
    **{
        f"api:applicant-{act}": Route(P.CHANGE_PEOPLE, "applicant", "post", api=True)
        for act in ("hire", "decide", "review", "withdraw", "fill-in")
    },
    "api:question-list": Route(P.USE_API, api=True),
    "api:question-detail": Route(P.USE_API, "question", api=True, also=P.GIVE_OPINION),
    "api:question-answer": Route(P.GIVE_OPINION, "question", "post", api=True),
    "api:quota-list": Route(P.USE_API, api=True),
    **{f"api:{kind}-list": Route(P.USE_API, api=True) for kind in ("staffing-plan", "seat-share", "seat-freeze")},
    "api:staffing-plan-detail": Route(P.USE_API, "quota_plan", api=True, also=P.VIEW_QUOTA),
    "api:staffing-plan-correct": Route(P.CHANGE_QUOTA, "quota_plan", "post", api=True),
    "api:staffing-plan-close": Route(P.CHANGE_QUOTA, "quota_plan", "post", api=True),
    "api:seat-share-detail": Route(P.USE_API, "quota_share", api=True, also=P.VIEW_QUOTA),
    "api:seat-share-allocate": Route(P.CHANGE_QUOTA, "quota_share", "post", api=True),
    "api:seat-share-explain": Route(P.CHANGE_QUOTA, "quota_share", "post", api=True),
    "api:seat-freeze-detail": Route(P.USE_API, "seat_freeze", api=True, also=P.VIEW_QUOTA),
    "api:seat-freeze-lift": Route(P.CHANGE_QUOTA, "seat_freeze", "post", api=True),
    "api:statistic-catalogue": Route(P.USE_API, api=True),
    "api:statistic-values": Route(P.USE_API, api=True),
    "api:statistic-breakdown": Route(P.USE_API, api=True),
    "api:statistic-series": Route(P.USE_API, api=True),
    "api:statistic-people": Route(P.USE_API, api=True, also=P.VIEW_PEOPLE),
    "api:statistic-export": Route(P.USE_API, "", "post", api=True),
    "api:evaluation-list": Route(P.USE_API, api=True),
    "api:evaluation-detail": Route(P.USE_API, "evaluation", api=True),
    "api:result-list": Route(P.USE_API, api=True),
    "api:result-detail": Route(P.USE_API, "result", api=True),
    "api:pay-run-list": Route(P.USE_API, api=True),
    "api:pay-run-detail": Route(P.USE_API, "pay_run", api=True),
    "api:payslip-list": Route(P.USE_API, api=True),
    "api:promotion-run-list": Route(P.USE_API, api=True),
    "api:promotion-outcome-list": Route(P.USE_API, api=True),
    "api:promotion-run-detail": Route(P.USE_API, "promotion", api=True),
    **{
        f"api:promotion-run-{act}": Route(P.RUN_PROMOTION, "promotion", "post", api=True)
        for act in ("cancel", "step", "leave-out")
    },
    **{
        f"api:promotion-run-{act}": Route(P.CONFIRM_PROMOTION, "promotion", "post", api=True)
        for act in ("confirm", "reverse")
    },
}
# Numbers inside an object: here of things that are not there, so that whoever may look is told so.
NESTED = {"pool", "issue", "consequence", "tie", "row", "file", "line", "report", "made"}


def patterns(found: Any = None, namespace: str = "", prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, pattern) of every route."""
    for entry in get_resolver().url_patterns if found is None else found:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", prefix + str(entry.pattern)
        elif isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from patterns(entry.url_patterns, inner, prefix + str(entry.pattern))


@dataclass
class World:
    place: Place
    numbers: dict[str, int]
    users: dict[tuple[str, str], User]
    sessions: dict[int, tuple[str, float]] = field(default_factory=dict)  # user → key and when it was opened

    def client(self, user: User | None) -> Client:
        """A browser of the user's; all of one user's share a session, which is opened anew before its proof is old."""
        client = Client()
        if user is None:
            return client
        key, opened = self.sessions.get(user.pk, ("", 0.0))
        if not key or time.monotonic() - opened > 60:
            client.force_login(user)
            key = client.cookies[settings.SESSION_COOKIE_NAME].value
            self.sessions[user.pk] = key, time.monotonic()
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client

    def path(self, name: str, pattern: str, *, missing: bool = False) -> str:
        """The address of the object of the own street, or of one that does not exist."""
        thing = ROUTES[name].thing
        number = MISSING if missing or not thing else self.numbers[thing]
        path = pattern.replace("^", "").replace("$", "")
        path = re.sub(r"<str:month>", "2026-01", path)
        path = path.replace("values/<slug:section>", "values/identity").replace("<slug:act>", "correct")
        path = path.replace("<slug:section>", "education").replace("<slug:code>", "workers")
        path = path.replace("<slug:table>", "structure")
        path = path.replace("<slug:paper>", "record")
        path = re.sub(rf"<int:({'|'.join(NESTED)})>", str(MISSING), path)
        return "/" + re.sub(r"<int:\w+>|\(\?P<pk>[^)]*\)", str(number), path)


@pytest.fixture
def world(db: None) -> World:
    policy_load(actor=None, text=(POLICIES / "songling" / "2022.yaml").read_text(encoding="utf-8"))
    place = build_place()
    person = place.hire("甲", grade=None)
    place.hire("乙")
    place.result(person, 2024, "GOOD")
    officer = place.users["officer"]
    pay = place.run(unit=OWN)
    evaluation = compute_evaluation(
        run=evaluation_start(actor=officer, unit=place.units[OWN], period="2025")
    ) or Evaluation.objects.latest("pk")
    promotion = _promotion(place, officer)
    item = ManualItem.objects.create(
        person=person, line="base", month=JANUARY.first_day, amount=100, reason="r", entered_by=officer
    )
    text = "姓名,身份证号,手机号码\n丙,110105194912310021,1380000\n"
    upload = import_start(actor=None, unit=place.units[OWN], day=JANUARY.first_day, file_name="名单.csv", text=text)
    party = party_open(
        actor=None, kind="STREET_COMMITTEE", name="党工委", unit=place.units[OWN], parent=None, day=JANUARY.first_day
    )
    away = section_add(
        actor=None, person=person, section="placement",
        values={
            "employment": person.employments.get(), "kind": "ATTACHMENT", "place": "区委组织部", "start": JANUARY.first_day,
        },
    )  # fmt: skip
    listed = section_add(
        actor=None, person=person, section="named_list",
        values={"kind": "COMMITTEE_RESERVE", "start": JANUARY.first_day},
    )  # fmt: skip
    seats = plan_enter(
        actor=None, unit=place.units[OWN], start=JANUARY.first_day, number=1, document="编〔2026〕1号", issuer="编办",
        level="COUNTY",
    )  # fmt: skip
    told = announcement_write(
        actor=None, unit=place.units[OWN], text="周五停机维护", start=timezone.localdate(),
        end=timezone.localdate() + timedelta(days=7),
    )  # fmt: skip
    case = _case(place, officer)
    recruitment, applicant = build_recruitment(place.users["officer"], place.units[OWN])
    numbers = {
        "case": case.pk,
        "question": Opinion.objects.get(step__case=case, department="POLICE").pk,
        "recruitment": recruitment.pk,
        "applicant": applicant.pk,
        "person": person.pk,
        "party": party.pk,
        "employment": person.employments.get().pk,
        "placement": away.pk,
        "list_entry": listed.pk,
        "tenure": person.tenures.get().pk,
        "seat": person.tenures.get().post_id,
        "import": upload.pk,
        "pay_run": pay.pk,
        "evaluation": evaluation.pk,
        "promotion": promotion.pk,
        "result": person.annual_results.get(year=2024).pk,
        "manual_item": item.pk,
        "unit_code": int(place.units[OWN].code),
        "unit": place.units[OWN].pk,
        "announcement": told.pk,
        "report": MISSING,  # saved and made reports are one user's alone, whatever role others have
        "made": MISSING,
        "policy": PolicyVersion.objects.get(place="232762").pk,
        "quota_plan": seats.pk,
        "quota_share": seats.allocations.get().pk,
        "seat_freeze": seats_freeze(
            actor=None, unit=place.units[OWN], number=1, start=JANUARY.first_day, end=date(2026, 1, 2), document="冻"
        ).pk,
        "correction": correction_ask(
            actor=officer, person=person, code="native_place", stated="黑河", document="户口簿"
        ).pk,
    }
    member = user_create(actor=None, username="member", display_name="接口程序", unit=place.units[OWN])[0]
    numbers |= {
        "entry": AuditEntry.objects.filter(unit_code=place.units[OWN].code).latest("pk").pk,
        "user": member.pk,
        "grant": grant_give(actor=None, user=member, unit=place.units[OWN], role=Role.REST_CLIENT).pk,
        "token": token_give(actor=None, user=member, label="a")[0].pk,
    }
    about = {"people": [person.pk], "unit_path": place.units[OWN].path, "document": "批复", "proposed_by": officer}
    numbers["deletion"] = Deletion.objects.create(**about).pk
    numbers["certificate"] = Deletion.objects.create(
        **about, decided_by=member, decided_at=timezone.now(), confirmed=True
    ).pk
    report = {"files": 1, "stubs": 0, "redacted": 0, "deleted": {}, "emptied": {}, "kept": {}}
    with connection.cursor() as cursor:  # as the owner's function writes it
        cursor.execute("INSERT INTO core_deletionwork VALUES (pg_current_xact_id())")
        Deletion.objects.filter(pk=numbers["certificate"]).update(report=report, digest="0" * 64)
        cursor.execute("DELETE FROM core_deletionwork")
    numbers["countersignature"] = countersign_ask(
        actor=member,
        asked={
            "action": "x", "digest": "0" * 64, "about": "x", "rows": 500, "permission": P.SEAL_PAY,
            "paths": [place.units[OWN].path],
        },
    ).pk  # fmt: skip
    users = {}
    for role in ROLES:
        for position, code in (INSIDE | OUTSIDE).items():
            user = User.objects.create(username=f"{role}-{position}".lower(), display_name=f"{role} {position}")
            grant_give(actor=None, user=user, unit=place.units[code], role=role)
            users[role, position] = user
            if role == Role.JOINT_REVIEWER:
                reviewer_name(actor=None, user=user, unit=place.units[code], department="POLICE")
    for role in WITH_ENDED_GRANT:
        user = User.objects.create(username=f"{role}-{ENDED}".lower(), display_name=f"{role} {ENDED}")
        grant = grant_give(actor=None, user=user, unit=place.units[OWN], role=role)
        Grant.objects.filter(pk=grant.pk).update(valid_from="2025-01-01", valid_to="2025-02-01")
        users[role, ENDED] = user
    return World(place, numbers, users)


def _case(place: Place, officer: User) -> Case:
    """A case whose departments are asked. Songling puts no steps in front of a post, so that Chaohu's stand for them."""
    version = policy_load(actor=None, text=(POLICIES / "chaohu" / "2023.yaml").read_text(encoding="utf-8"))
    unit = place.units[OWN]
    case = Case.objects.create(
        version=version, procedure="appoint_secretary", act="APPOINT", unit=unit, unit_path=unit.path,
        post="PARTY_SECRETARY", subject=uuid4(), subject_name="甲", reason="x", opened_by=officer,
    )  # fmt: skip
    step = CaseStep.objects.create(case=case, position=3, code="JOINT_REVIEW", party="DEPARTMENTS", unit_path=unit.path)
    departments = version.document.procedures[0].steps[2].departments
    assert departments is not None
    for department in departments.of:
        Opinion.objects.create(step=step, department=department, unit_path=unit.path)
    return case


def _promotion(place: Place, officer: User) -> PromotionRun:
    """A review needs a policy with a ladder; Songling has none, so the row stands for one."""
    try:
        run = promotion_start(actor=officer, unit=place.units[OWN], day=JANUARY.first_day)
    except Exception:
        return PromotionRun.objects.create(
            unit=place.units[OWN], unit_path=place.units[OWN].path, day=JANUARY.first_day, started_by=officer,
            state="READY", policies=[],
        )  # fmt: skip
    return compute_promotion_run(run=run)


def body(answer: Any) -> bytes:
    """What an answer shows, without what differs at every request."""
    if answer.streaming:  # a file: that there is one says enough
        return b"a file"
    text = re.sub(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', b"", answer.content)
    return re.sub(rb"/[a-z0-9/_-]*\d[a-z0-9/_-]*", b"", text)


def ask(world: World, user: User | None, route: Route, path: str, method: str = "") -> Any:
    """One request whose effects are undone, so that no cell sees another's."""
    client = world.client(user)
    with transaction.atomic():
        point = transaction.savepoint()
        answer = getattr(client, method or route.method)(path)
        transaction.savepoint_rollback(point)
    if answer.streaming:  # a file that nobody reads is closed; the end of a request would close the connection too
        signals.request_finished.disconnect(close_old_connections)
        try:
            answer.close()
        finally:
            signals.request_finished.connect(close_old_connections)
    return answer


@dataclass(frozen=True)
class Cell:
    """One answer that the table says. `outside`: the answer has to be that of what does not exist, which is asked too."""

    name: str
    pattern: str
    role: Role
    position: str
    holds: bool
    outside: bool

    def __str__(self) -> str:
        return f"{self.name} for {self.role} at {self.position}"


def cells(roles: Iterable[Role] = ROLES) -> Iterator[Cell]:
    """Every route by role and place."""
    for name, pattern in patterns():
        route = ROUTES.get(name)
        for role in roles if route else ():
            for position in (*INSIDE, *OUTSIDE, *((ENDED,) if role in WITH_ENDED_GRANT else ())):
                needed = {route.needs, route.also or route.needs}
                holds = route.needs in (PUBLIC, LOGIN) or (position != ENDED and needed <= ROLE_PERMISSIONS[role])
                outside = position not in INSIDE and route.thing not in ("", "policy")
                yield Cell(name, pattern, role, position, holds, outside)


def fault(world: World, cell: Cell) -> str:
    """What is wrong with the answer of a cell; empty if nothing is."""
    route, user = ROUTES[cell.name], world.users[cell.role, cell.position]
    answer = ask(world, user, route, world.path(cell.name, cell.pattern))
    refused = answer.status_code in (403, 404)
    if answer.status_code >= 500:
        return f"{cell}: {answer.status_code}"
    if cell.outside:
        missing = ask(world, user, route, world.path(cell.name, cell.pattern, missing=True))
        same = (answer.status_code, body(answer)) == (missing.status_code, body(missing))
        return "" if refused and same else f"{cell}: {answer.status_code}, missing: {missing.status_code}"
    if route.thing in ("", "policy"):
        return f"{cell}: {answer.status_code}" if cell.holds and refused else ""
    if not cell.holds:
        return "" if refused else f"{cell}: {answer.status_code}"
    nested = NESTED & set(re.findall(r"<int:(\w+)>", cell.pattern))
    return f"{cell}: {answer.status_code}" if refused and not nested and not route.api else ""


def violations(world: World, roles: tuple[Role, ...] = ROLES) -> list[str]:
    """Every cell of the matrix that is not as the table says."""
    return [found for cell in cells(roles) if (found := fault(world, cell))]


def test_every_route_is_in_the_table() -> None:
    names = {name for name, _ in patterns()}
    assert names - set(ROUTES) == set(), "name who may come here"
    assert set(ROUTES) - names == set(), "gone; take it out"


def test_strangers_are_sent_to_the_login(world: World) -> None:
    for name, pattern in patterns():
        route = ROUTES[name]
        answer = ask(world, None, route, world.path(name, pattern))
        if route.needs == PUBLIC:
            assert answer.status_code in (200, 302), name
        elif route.api:
            assert answer.status_code in (401, 403), name
        else:
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/login/"), name


def test_the_matrix_has_its_size() -> None:
    """A cell is a route for a role at a place; from outside its answer is compared with that of what is not there."""
    assert sum(1 for _cell in cells()) >= 10_000


@pytest.mark.requirement("SL-06", "TR-42")
@pytest.mark.parametrize("role", ROLES)
def test_the_matrix(world: World, role: Role) -> None:
    assert violations(world, (role,)) == []


def test_no_other_method_opens_anything(world: World) -> None:
    """Every method at every route for who is not logged in; GET and POST where neither is meant, from another county."""
    officer = world.users[Role.ORG_OFFICER, "foreign"]
    found = []
    for name, pattern in patterns():
        route, path = ROUTES[name], world.path(name, pattern)
        for method in METHODS:
            answer = ask(world, None, route, path, method)
            to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
            if route.needs != PUBLIC and not to_login and answer.status_code not in (401, 403, 404, 405):
                found.append(f"{method} {name} for nobody: {answer.status_code}")
            if route.thing in ("", "policy") or method in (route.method, "put", "patch", "delete"):
                continue  # the matrix has the route's own; the others are refused before anything is looked for
            answer = ask(world, officer, route, path, method)
            missing = ask(world, officer, route, world.path(name, pattern, missing=True), method)
            if not 400 <= answer.status_code < 500 or body(answer) != body(missing):
                found.append(f"{method} {name} from outside: {answer.status_code}, missing: {missing.status_code}")
    assert found == []


def test_open_scopes_are_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the scope of rows, the same check finds strangers in the files."""
    monkeypatch.setattr(Scope, "filter", lambda self, queryset, path_field="unit_path": queryset)
    monkeypatch.setattr(Scope, "covers", lambda self, path: True)
    found = violations(world, (Role.FINANCE,))
    assert any("sibling" in fault for fault in found)
    assert any("foreign" in fault for fault in found)


def test_nobody_seals_confirms_or_closes_what_they_started(world: World) -> None:
    """Even with every role at once: the second person is another person."""
    officer = world.place.users["officer"]
    for role in (Role.FINANCE, Role.ORG_APPROVER, Role.STREET_APPROVER):
        grant_give(actor=None, user=officer, unit=world.place.units[PARENT], role=role)
    for path in (
        f"/pay/{world.numbers['pay_run']}/seal/",
        f"/promotions/{world.numbers['promotion']}/confirm/",
        f"/evaluations/{world.numbers['evaluation']}/confirm/",
    ):
        client = Client()
        client.force_login(officer)
        assert client.post(path).status_code in (302, 403), path
    assert PayRun.objects.get(pk=world.numbers["pay_run"]).state == "READY"
    assert PromotionRun.objects.get(pk=world.numbers["promotion"]).state == "READY"
    assert Evaluation.objects.get(pk=world.numbers["evaluation"]).state == "READY"


@pytest.mark.parametrize("position", ["sibling", "foreign"])
@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "--unit", OWN, "--year", "2025"),
        ("promote", "--unit", OWN, "--date", "2026-01-01"),
        ("payrun", "--unit", OWN, "--month", "2026-02"),
        ("payslip", "--person", "PERSON", "--month", "2026-01", "--explain"),
    ],
    ids=lambda command: command[0] if isinstance(command, tuple) else command,
)
def test_commands_know_the_same_bounds(world: World, command: tuple[str, ...], position: str) -> None:
    name, *words = [str(world.numbers["person"]) if word == "PERSON" else word for word in command]
    user = world.users[Role.ORG_OFFICER, position]
    before = PayRun.objects.count(), Evaluation.objects.count(), PromotionRun.objects.count()
    with pytest.raises(CommandError):
        call_command(name, *words, "--user", user.username, stdout=StringIO(), stderr=StringIO())
    assert (PayRun.objects.count(), Evaluation.objects.count(), PromotionRun.objects.count()) == before


def test_a_grant_that_is_taken_away_ends_at_once(world: World) -> None:
    from organization.services import grant_revoke

    user = world.users[Role.FINANCE, "own"]
    client = Client()
    client.force_login(user)
    path = f"/people/{world.numbers['person']}/"
    assert client.get(path).status_code == 200
    grant_revoke(actor=None, grant=user.grants.get())
    assert client.get(path)["Location"].startswith("/login/"), "the session has ended with it"
    client.force_login(user)
    assert client.get(path).status_code == 404
    assert Person.objects.filter(pk=world.numbers["person"]).exists()
