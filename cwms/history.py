"""Which tables keep their earlier rows, and the triggers that do it (docs/decisions/0040-history-of-every-row.md).

Raised by the owner after every migration, like the walls: a table that is named nowhere here keeps its history from the
day it is made. personnel/migrations/0002 has the triggers of the file itself, which write personnel_history.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from cwms.walls import APP_ROLE

# Tables without a history, with the reason.
NOT_KEPT: dict[str, str] = {
    **dict.fromkeys(
        ("core_auditentry", "core_auditlink", "core_auditredaction", "core_export", "core_rowhistory", "core_rowsadded", "personnel_history",
         "assessment_pointentry", "payroll_payslip"),
        "refuses every change, or every one once it is sealed",
    ),
    **dict.fromkeys(
        ("payroll_paybatch", "payroll_promotionbatch", "assessment_evaluationbatch", "payroll_paydifference",
         "payroll_payleftout", "payroll_promotionoutcome", "payroll_arrearsline", "assessment_evaluationissue",
         "assessment_poolresult", "personnel_listing", "personnel_qualitycount", "reports_rollup", "reports_rollupday",
         "reports_staleunit", "reports_pastarea", "reports_pastcolumn", "reports_paststate", "reports_staleperson",
         "reports_paidrun", "reports_paidarea"),
        "computed, and computed anew as a whole; the run that did it has its digest",
    ),
    **dict.fromkeys(
        ("personnel_import", "personnel_importrow", "personnel_importjob", "personnel_draft", "personnel_columnchoice",
         "personnel_savedfilter", "core_idempotency", "organization_session", "reports_savedreport", "reports_madereport"),
        "what somebody is typing or has chosen; nothing is on record by it",
    ),
    "organization_tokenuse": "counts of requests, which every one of them changes",
    **dict.fromkeys(
        ("organization_secondfactor", "organization_recoverycode", "organization_passwordpast"),
        "secrets of log-ins alone; a change is an entry of the trail",
    ),
    "personnel_storedfile": "content under its own digest, never changed",
}  # fmt: skip

APPS = (
    "core_", "organization_", "policy_", "approvals_", "staffing_", "personnel_", "training_", "recruitment_",
    "assessment_", "reports_", "payroll_",
)  # fmt: skip

# Never copied, whatever table they stand in.
SECRET = ("password", "digest", "secret")
# Changes of these columns alone are no news: they repeat what another row says, or change with every look.
NO_NEWS = {
    "organization_user": ("last_login",),
    "organization_apitoken": ("last_used",),
    "assessment_annualresult": ("state",),  # that of its evaluation, for all of its people at once
    "assessment_schemeresult": ("closed",),
    "assessment_poolcap": ("used",),
}
# Where also an added row is history: rights and rules that a single statement could give.
ADDED_TOO = (
    "organization_grant",
    "organization_apitoken",
    "organization_user",
    "policy_policyversion",
    "payroll_manualitem",
)

_KEEPER = f"""
CREATE OR REPLACE FUNCTION public.core_keep_row() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  kept constant jsonb := (CASE TG_OP WHEN 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END) - '{{{",".join(SECRET)}}}'::text[];
  asker constant bigint := nullif(current_setting('cw.user', true), '')::bigint;
BEGIN
  INSERT INTO core_rowhistory (table_name, row_id, person_id, "row", deed, at, actor)
  VALUES (TG_TABLE_NAME, (kept ->> 'id')::bigint, (kept ->> 'person_id')::bigint, kept, left(TG_OP, 1), clock_timestamp(),
          coalesce((SELECT username FROM organization_user WHERE id = asker), nullif(current_setting('cwms.actor', true), ''),
                   session_user || ' (database)'));
  RETURN NULL;
END $$;
"""

# Earlier rows of one person, for a copy of what is held on them: the web reads the table by this alone, and of whom it
# sees. Rows that name nobody are found by the rows that they were of.
_OF_A_PERSON = f"""
CREATE OR REPLACE FUNCTION public.core_history_of(whose bigint) RETURNS SETOF core_rowhistory
STABLE SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  IF '{APP_ROLE}' IN (session_user, current_setting('role')) AND NOT personnel_sees(whose, NULL) THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT h.* FROM core_rowhistory h WHERE h.person_id = whose
    UNION ALL
    SELECT h.* FROM core_rowhistory h WHERE h.person_id IS NULL AND (h.table_name, h.row_id) IN (
      SELECT 'assessment_decision', d.id FROM assessment_decision d
        JOIN assessment_annualresult r ON r.id = d.result_id WHERE r.person_id = whose
      UNION ALL SELECT 'assessment_appeal', d.id FROM assessment_appeal d
        JOIN assessment_annualresult r ON r.id = d.result_id WHERE r.person_id = whose
      UNION ALL SELECT 'approvals_case', c.id FROM approvals_case c
        JOIN personnel_person p ON p.key = c.subject WHERE p.id = whose
      UNION ALL SELECT 'approvals_casestep', s.id FROM approvals_casestep s
        JOIN approvals_case c ON c.id = s.case_id JOIN personnel_person p ON p.key = c.subject WHERE p.id = whose
      UNION ALL SELECT 'recruitment_applicant', a.id FROM recruitment_applicant a
        JOIN personnel_employment e ON e.id = a.employment_id WHERE e.person_id = whose
      UNION ALL SELECT 'recruitment_review', v.id FROM recruitment_review v JOIN recruitment_applicant a
        ON a.id = v.applicant_id JOIN personnel_employment e ON e.id = a.employment_id WHERE e.person_id = whose);
END $$;
"""


def raise_history(cursor: Any) -> None:
    """The triggers of every table that has none yet and is not left out. As the owner of the tables."""
    cursor.execute(
        """SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
             FROM information_schema.columns c
             JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
            WHERE c.table_schema = 'public' AND c.table_name LIKE ANY (%s) AND NOT c.table_name = ANY (%s)
              AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = t.relname || '_keep_updated')
            GROUP BY c.table_name HAVING 'id' = ANY (array_agg(c.column_name::text)) ORDER BY c.table_name""",
        [[f"{app}%" for app in APPS], list(NOT_KEPT)],
    )
    tables = cursor.fetchall()
    text = _KEEPER + _OF_A_PERSON + "".join(_triggers(table, columns) for table, columns in tables)
    stamp = sha256(text.encode()).hexdigest()
    cursor.execute("SELECT obj_description(to_regprocedure('public.core_keep_row()'), 'pg_proc')")
    if cursor.fetchone()[0] != stamp:
        cursor.execute(f"{text} COMMENT ON FUNCTION public.core_keep_row() IS '{stamp}'")


def _triggers(table: str, columns: list[str]) -> str:
    news = [f'"{name}"' for name in columns if name not in NO_NEWS.get(table, ())]
    old, new = (", ".join(f"{side}.{name}" for name in news) for side in ("OLD", "NEW"))
    deeds = {
        "row_changed": f"UPDATE ON {table} FOR EACH ROW WHEN (ROW({old}) IS DISTINCT FROM ROW({new}))",
        "row_deleted": f"DELETE ON {table} FOR EACH ROW",
    }
    if table in ADDED_TOO:
        deeds["row_added"] = f"INSERT ON {table} FOR EACH ROW"
    return "".join(
        f"CREATE OR REPLACE TRIGGER {table}_{name} AFTER {deed} EXECUTE FUNCTION core_keep_row();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name};\n"
        for name, deed in deeds.items()
    )
