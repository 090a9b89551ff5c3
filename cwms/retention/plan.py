"""What a deletion does with each table of the data map: by which condition, in which order, and on what ground a row stays.

Conditions are SQL for `cwms.retention.function`: $1 is the person's number, $2 their key, $3 the number of the user whom
they are (or NULL), $4 the applications that they made. tests/platform/test_deletion.py holds them against
`cwms.subject.WAYS`, which say the same for a copy: a table of the map that is named nowhere here fails there.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

NOBODY = "已删除"  # the name of a number on which documents of pay hang

_RESULT = "t.result_id IN (SELECT r.id FROM assessment_annualresult r WHERE r.person_id = $1)"
_STEP = """t.step_id IN (SELECT s.id FROM approvals_casestep s JOIN approvals_case c ON c.id = s.case_id
                         WHERE c.subject = $2)"""
_ARCHIVE = "t.archive_id IN (SELECT a.id FROM personnel_archive a WHERE a.person_id = $1)"

# (table, the rows of it that are the person's): deleted in this order, what hangs on something before that.
DELETED: tuple[tuple[str, str], ...] = (
    *((f"recruitment_{name}", "t.applicant_id = ANY ($4)") for name in ("mark", "rankingrow", "review")),
    ("recruitment_applicant", "t.id = ANY ($4)"),
    *((f"approvals_{name}", _STEP) for name in ("opinion", "noticeobjection", "casedocument")),
    ("approvals_casestep", "t.case_id IN (SELECT c.id FROM approvals_case c WHERE c.subject = $2)"),
    ("approvals_case", "t.subject = $2"),
    *((f"assessment_{name}", _RESULT) for name in ("decision", "appeal")),
    *(
        (f"assessment_{name}", "t.person_id = $1")
        for name in ("consequence", "evaluationissue", "pointentry", "rating", "schemeresult", "annualresult")
    ),
    ("training_trainingrecord", "t.person_id = $1"),
    *((f"personnel_{name}", _ARCHIVE) for name in ("archiveitem", "custody", "loan", "archivedispatch")),
    *(
        (f"personnel_{name}", "t.employment_id IN (SELECT e.id FROM personnel_employment e WHERE e.person_id = $1)")
        for name in ("placement", "handoveritem")
    ),
    *(
        (f"personnel_{name}", "t.person_id = $1")
        for name in (
            "archive", "tenure", "employment", "education", "certificate", "partymembership", "honour", "discipline",
            "resumeline", "familymember", "publicrole", "specialtreatment", "namedlistentry", "dutyitem", "postfit",
            "insuranceenrolment", "bankaccount", "healthcheck", "leave", "supportrecord", "responsibilityarea",
            "partyhousehold", "importrow", "correctionrequest", "restriction", "personpast", "ownfile",
        )
    ),
    ("organization_tokenuse", "t.token_id IN (SELECT a.id FROM organization_apitoken a WHERE a.user_id = $3)"),
    *(
        (table, "t.user_id = $3")
        for table in (
            "organization_passwordpast", "organization_secondfactor", "organization_recoverycode", "organization_session",
            "organization_unituserobjectpermission", "organization_apitoken", "organization_grant", "approvals_reviewer",
            "personnel_draft", "core_idempotency",
        )
    ),
)  # fmt: skip

# Documents of pay: kept under the person's number until their time is over, then deleted like the rest.
PAY = tuple(
    (f"payroll_{name}", "t.person_id = $1")
    for name in (
        "paydifference", "payleftout", "arrearsline", "promotionoutcome", "gradespan", "manualitem", "payslip",
    )
)  # fmt: skip

# Deleted by steps of their own, which the function has.
OTHERWISE = frozenset(
    {
        "personnel_person", "personnel_storedfile", "personnel_listing", "personnel_history", "core_rowhistory",
        "reports_pastcolumn", "reports_pastarea", "reports_staleperson", "reports_paidarea",
    }
)  # fmt: skip
# What says nothing of the person any more, in rows that stay.
EMPTIED = frozenset({"organization_user", "core_auditentry", "core_export", "personnel_import"})

# Table → on what ground rows stay, in words for the certificate.
KEPT = {
    "personnel_person": _("a number without a name, on which documents of pay hang"),
    **dict.fromkeys((table for table, _where in PAY), _("documents of pay, until their time is over")),
    "personnel_deletion": _("the proposal and the certificate themselves; they have numbers alone"),
    "assessment_tiedecision": _("decides about others too; has numbers of people alone"),
    "organization_countersignature": _("who agreed to an act on many people; names nobody whom it was about"),
    "organization_user": _("a number without a name, by which acts are told apart"),
    "core_auditentry": _("who did what and when, without what was said of the person"),
    "core_export": _("that a list was taken away, without a name in its filter"),
    "personnel_import": _("that a file was handed in; its content is gone"),
}
