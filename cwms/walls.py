"""What the web's role sees of the tables that have rows of people: policies of the database (docs/decisions/0024).

Raised anew after every migration by the owner, so that a database always has what this file says. A table with rows of
people that is named nowhere here fails tests/platform/test_walls.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

APP_ROLE = "cwms_app"  # the web: sees what the policies let through
WORKER_ROLE = "cwms_worker"  # workers and commands: no policy binds it, and the web's role can't become it

# A unit's path in the units of whoever asks; the sub-select is worked out once a statement, not once a row. CASE has two
# reasons: the planner takes it for every second row, so that the plans stay those of the question itself; and a person
# is looked up only where the row's own unit doesn't say yes.
_INSIDE = "unit_path <@ (SELECT organization_units())"
_PLACED = f"CASE WHEN {_INSIDE} THEN true ELSE personnel_sees(person_id, NULL) END"
_PAID = """CASE WHEN unit_id IN (SELECT u.id FROM organization_unit u WHERE u.path <@ organization_units())
                THEN true ELSE personnel_sees(person_id, NULL) END"""
_ONE = "personnel_sees({}, NULL)"
_ASKER = "nullif(current_setting('cw.user', true), '')::bigint"
# A run of a county has the rows of its streets: who looks after one of those reads their slips with the run's lines.
_RUN = """unit_path_range(unit_path, left(unit_path, -1) || '0') && (SELECT organization_units())"""


def _of(table: str, column: str) -> str:
    return f"EXISTS (SELECT FROM {table} whole WHERE whole.id = {column})"


_OF_A_PERSON = (
    "personnel_education", "personnel_certificate", "personnel_honour", "personnel_discipline", "personnel_personpast",
    "personnel_resumeline", "personnel_familymember", "personnel_publicrole", "personnel_specialtreatment",
    "personnel_namedlistentry", "personnel_dutyitem", "personnel_insuranceenrolment", "personnel_bankaccount",
    "personnel_healthcheck", "personnel_leave", "personnel_supportrecord", "personnel_responsibilityarea",
    "personnel_postfit", "personnel_partymembership", "personnel_archive", "personnel_tenure", "personnel_restriction",
    "training_trainingrecord", "assessment_pointentry", "assessment_rating", "payroll_gradespan", "payroll_arrearsline",
    "payroll_manualitem",
)  # fmt: skip

# table → which of its rows the web sees and writes
WALLS: dict[str, str] = {
    "personnel_person": "personnel_sees(id, belongs_to_id)",
    # One's own link, and those of the people one sees.
    "personnel_ownfile": (
        "CASE WHEN user_id = nullif(current_setting('cw.user', true), '')::bigint THEN true "
        "ELSE personnel_sees(person_id, NULL) END"
    ),
    # What one has asked oneself, and what was asked about the people one sees.
    "personnel_correctionrequest": (
        "CASE WHEN asked_by_id = nullif(current_setting('cw.user', true), '')::bigint THEN true "
        "ELSE personnel_sees(person_id, NULL) END"
    ),
    "personnel_listing": f"CASE WHEN {_INSIDE} THEN true ELSE false END",
    "personnel_employment": _PLACED,
    **dict.fromkeys(_OF_A_PERSON, _ONE.format("person_id")),
    "personnel_placement": _of("personnel_employment", "employment_id"),
    "personnel_handoveritem": _of("personnel_employment", "employment_id"),
    "personnel_archivedispatch": _of("personnel_archive", "archive_id"),
    "personnel_archiveitem": _of("personnel_archive", "archive_id"),
    "personnel_custody": _of("personnel_archive", "archive_id"),
    "personnel_loan": _of("personnel_archive", "archive_id"),
    # A household of the party needs no one of ours to be its owner.
    "personnel_partyhousehold": "person_id IS NULL OR personnel_sees(person_id, NULL)",
    "personnel_history": "person_id IS NULL OR personnel_sees(person_id, NULL)",
    # Of whoever is in charge of all of its files; who they were of may be gone.
    "personnel_deletion": f"CASE WHEN {_INSIDE} THEN true ELSE false END",
    "personnel_import": f"CASE WHEN {_INSIDE} THEN true ELSE false END",
    "personnel_importrow": _of("personnel_import", "source_id"),
    # Of a move both units have a say, and look at the whole case.
    "approvals_case": f"CASE WHEN {_INSIDE} THEN true ELSE to_path <@ (SELECT organization_units()) END",
    "approvals_casestep": f"CASE WHEN {_INSIDE} THEN true ELSE {_of('approvals_case', 'case_id')} END",
    "approvals_opinion": f"CASE WHEN {_INSIDE} THEN true ELSE {_of('approvals_casestep', 'step_id')} END",
    "approvals_noticeobjection": _of("approvals_casestep", "step_id"),
    "approvals_casedocument": _of("approvals_casestep", "step_id"),
    "recruitment_applicant": f"CASE WHEN {_INSIDE} THEN true ELSE false END",
    **dict.fromkeys(
        ("recruitment_mark", "recruitment_review", "recruitment_rankingrow"),
        _of("recruitment_applicant", "applicant_id"),
    ),
    "assessment_evaluation": _RUN,
    "assessment_annualresult": _PAID,
    "assessment_schemeresult": _PAID,
    "assessment_evaluationissue": _PLACED,
    "assessment_consequence": _PLACED,
    "assessment_decision": _of("assessment_annualresult", "result_id"),
    "assessment_appeal": _of("assessment_annualresult", "result_id"),
    "payroll_payrun": _RUN,
    "payroll_payslip": _PAID,
    "payroll_payleftout": _PLACED,
    "payroll_paydifference": _PLACED,
    "payroll_promotionrun": _RUN,
    "payroll_promotionoutcome": _PLACED,
    # One's own, and what is shared in one's units; a file is its owner's alone.
    "reports_savedreport": (
        f"CASE WHEN owner_id = {_ASKER} THEN true "
        "ELSE shared AND unit_id IN (SELECT u.id FROM organization_unit u WHERE u.path <@ organization_units()) END"
    ),
    "reports_madereport": f"owner_id = {_ASKER}",
    **dict.fromkeys(
        ("reports_rollup", "reports_staleunit", "reports_pastarea", "reports_pastcolumn", "reports_paidarea"),
        f"CASE WHEN {_INSIDE} THEN true ELSE false END",
    ),
}

# `organization_enter` is the day's rights by the grants alone. It counts a unit with its old places, as access.py does,
# which asks `organization_grants`. That and `reports_stamp` are functions because programs ask them at every request: each
# connection keeps their plans, and planning takes three times as long as answering (docs/decisions/0070).
# `personnel_sees` reads as the owner, whom no policy binds: a policy that asked the walled tables would ask itself. Its
# names are written out, and the web's role can create nothing that they could mean instead.
_FUNCTIONS = """
DO $$ BEGIN
  IF to_regtype('public.unit_path_range') IS NULL THEN
    CREATE TYPE public.unit_path_range AS RANGE
      (subtype = text, collation = "C", multirange_type_name = public.unit_path_ranges);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION public.organization_units() RETURNS public.unit_path_ranges STABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT nullif(current_setting('cw.units', true), '')::public.unit_path_ranges
$$;

CREATE OR REPLACE FUNCTION public.organization_enter(who bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('cw.user', who::text, true);
  PERFORM set_config('cw.units', coalesce((
    SELECT range_agg(public.unit_path_range(u.path, left(u.path, -1) || '0'))::text
      FROM public.organization_grant g
      JOIN public.organization_user p ON p.id = g.user_id AND p.is_active
      JOIN public.organization_unit own ON own.id = g.unit_id
      JOIN public.organization_unit u ON u.lineage = own.lineage
     WHERE g.user_id = who AND g.valid_from <= day AND (g.valid_to IS NULL OR g.valid_to > day)), ''), true);
END $$;

-- A permission counts where a grant's role has it and the object permission is there too; every row of a unit's history.
CREATE OR REPLACE FUNCTION public.organization_grants(who bigint) RETURNS TABLE (
  number bigint, role text, lineage bigint, path text, unit text, valid_from date, valid_to date, permissions text[]
) STABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
    SELECT g.id, g.role::text, u.lineage::bigint, u.path::text, u.name::text, g.valid_from, g.valid_to,
           array_remove(array_agg(p.codename::text), NULL)
      FROM public.organization_grant g
      JOIN public.organization_unit own ON own.id = g.unit_id
      JOIN public.organization_unit u ON u.lineage = own.lineage
      LEFT JOIN (public.organization_unituserobjectpermission o
                 JOIN public.auth_permission p ON p.id = o.permission_id
                 JOIN public.django_content_type c ON c.id = p.content_type_id AND c.app_label = 'organization')
             ON o.user_id = g.user_id AND o.content_object_id = g.unit_id
     WHERE g.user_id = who
     GROUP BY g.id, u.id
     ORDER BY g.id, u.valid_from DESC;
END $$;

-- A request of a token is added to the row of its day, whichever process counts and however many at once. The commit waits
-- for no disk: a server that dies loses the counts of a moment.
CREATE OR REPLACE FUNCTION public.organization_token_count(
  token bigint, on_day date, refused int, sent bigint, address inet, now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO public.organization_tokenuse AS kept (token_id, day, requests, refused, sent, address, last)
  SELECT t.id, organization_token_count.on_day, 1, organization_token_count.refused, organization_token_count.sent,
         organization_token_count.address, organization_token_count.now
    FROM public.organization_apitoken t WHERE t.id = organization_token_count.token
  ON CONFLICT (token_id, day) DO UPDATE SET requests = kept.requests + 1, refused = kept.refused + excluded.refused,
     sent = kept.sent + excluded.sent, address = excluded.address, last = greatest(kept.last, excluded.last);
END $$;

-- What `stamp_for_system` of the figures asks: the day's number, as long as nothing of a unit or said above it is marked.
CREATE OR REPLACE FUNCTION public.reports_stamp(on_day date, form text, path text, after text, above text[])
RETURNS TABLE (number bigint, changes bigint) STABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
    SELECT d.id, d.changes FROM public.reports_rollupday d
     WHERE d.day = reports_stamp.on_day AND d.form = reports_stamp.form AND d.reached IS NULL
       AND NOT EXISTS (SELECT FROM public.reports_staleunit s
                        WHERE s.unit_path >= reports_stamp.path AND s.unit_path < reports_stamp.after
                           OR s.unit_path = ANY (reports_stamp.above));
END $$;

CREATE OR REPLACE FUNCTION public.personnel_sees(whose bigint, home bigint) RETURNS boolean
STABLE SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
  mine constant public.unit_path_ranges := public.organization_units();
  employed boolean;
  posted boolean;
BEGIN
  IF mine IS NULL THEN
    RETURN false;
  ELSIF mine = '{(,)}' THEN
    RETURN true;
  END IF;
  SELECT bool_or(e.unit_path <@ mine) INTO employed FROM public.personnel_employment e WHERE e.person_id = whose;
  IF employed THEN
    RETURN true;
  END IF;
  SELECT bool_or(u.path <@ mine) INTO posted FROM public.personnel_tenure t
    JOIN public.personnel_post s ON s.id = t.post_id JOIN public.organization_unit u ON u.id = s.unit_id
   WHERE t.person_id = whose;
  IF posted OR employed IS NOT NULL OR posted IS NOT NULL THEN
    RETURN coalesce(posted, false);
  END IF;
  home := coalesce(home, (SELECT p.belongs_to_id FROM public.personnel_person p WHERE p.id = whose));
  RETURN EXISTS (SELECT FROM public.organization_unit u WHERE u.id = home AND u.path <@ mine);
END $$;
"""

# What is kept by triggers is kept whoever writes: their functions look past the policies.
_KEEPERS = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype AND NOT prosecdef
                AND proname ~ '^(personnel|assessment|payroll)_'
  LOOP
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', one.name);
  END LOOP;
END $$;
"""

# Conditions that may tell of a row that the policy keeps back are asked after it, past every index. Whether words are in
# a row's words tells nothing about it: matching raises nothing. Only a superuser can say so; without, searches by name
# read all rows of one's units.
_SEARCH = """
DO $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    ALTER FUNCTION pg_catalog.ts_match_vq(tsvector, tsquery) LEAKPROOF;
  END IF;
END $$;
"""


# By the web's role nobody gives a role to themselves, and nobody signs with another's name, whatever statement it runs
# for them: the rows name who asks. The roles that exclude each other do so by a constraint, for every role.
_GUARDS = f"""
CREATE OR REPLACE FUNCTION public.organization_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asker constant bigint := nullif(current_setting('cw.user', true), '')::bigint;
  today constant date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
  fault text;
BEGIN
  IF current_user <> '{APP_ROLE}' THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  ELSIF TG_OP = 'DELETE' THEN
    fault := 'a grant is ended, not deleted';
  ELSIF NEW.user_id = asker THEN
    fault := 'nobody gives a role to themselves';
  ELSIF TG_OP = 'UPDATE' AND ((to_jsonb(NEW) - 'valid_to') <> (to_jsonb(OLD) - 'valid_to') OR NEW.valid_to IS NULL
                              OR NEW.valid_to > coalesce(OLD.valid_to, 'infinity')) THEN
    fault := 'a grant is ended, not changed';
  ELSIF TG_OP = 'INSERT' AND NEW.granted_by_id IS DISTINCT FROM asker THEN
    fault := 'a grant names who gives it';
  ELSIF TG_OP = 'INSERT' AND (NEW.valid_to IS NULL OR NEW.valid_to > NEW.valid_from + 366) THEN
    fault := 'a grant ends within a year';
  ELSIF NOT EXISTS (
      SELECT FROM public.organization_grant g JOIN public.organization_unit held ON held.id = g.unit_id
        JOIN public.organization_unit given ON given.id = NEW.unit_id
       WHERE g.user_id = asker AND g.role = 'SECURITY_ADMIN' AND starts_with(given.path, held.path)
         AND g.valid_from <= today AND (g.valid_to IS NULL OR g.valid_to > today)) THEN
    fault := 'the security administrator of the unit gives and ends roles';
  ELSE
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'grant refused: %', fault USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_guard_grant';
END $$;

-- TG_ARGV: the column of whoever began, and of whoever signs.
CREATE OR REPLACE FUNCTION public.core_guard_signature() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asker constant text := nullif(current_setting('cw.user', true), '');
  fresh constant jsonb := to_jsonb(NEW);
  earlier constant jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{{}}' END;
BEGIN
  IF current_user = '{APP_ROLE}' AND (
      (fresh ->> TG_ARGV[0] IS DISTINCT FROM earlier ->> TG_ARGV[0]
       AND (TG_OP = 'UPDATE' OR fresh ->> TG_ARGV[0] IS DISTINCT FROM asker))
      OR (fresh ->> TG_ARGV[1] IS DISTINCT FROM earlier ->> TG_ARGV[1]
          AND fresh ->> TG_ARGV[1] IS NOT NULL AND fresh ->> TG_ARGV[1] IS DISTINCT FROM asker)) THEN
    RAISE EXCEPTION 'signature of another refused on %', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'core_guard_signature';
  END IF;
  RETURN NEW;
END $$;
"""
# table → trigger on it
_GUARDED = {
    "organization_grant": "BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION organization_guard_grant()",
    **dict.fromkeys(
        ("assessment_evaluation", "payroll_payrun", "payroll_promotionrun"),
        "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION core_guard_signature('started_by_id', 'confirmed_by_id')",
    ),
    **dict.fromkeys(
        ("organization_countersignature", "personnel_correctionrequest"),
        "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION core_guard_signature('asked_by_id', 'decided_by_id')",
    ),
    "personnel_deletion": (
        "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW "
        "EXECUTE FUNCTION core_guard_signature('proposed_by_id', 'decided_by_id')"
    ),
    "payroll_manualitem": (
        "BEFORE INSERT OR UPDATE ON {} FOR EACH ROW "
        "EXECUTE FUNCTION core_guard_signature('entered_by_id', 'approved_by_id')"
    ),
}


def raise_walls(cursor: Any, existing: Iterable[str]) -> None:
    """Functions and policies for the tables that are there. As the owner of the tables."""
    cursor.execute(_FUNCTIONS)
    cursor.execute(_KEEPERS)
    cursor.execute(_SEARCH)
    cursor.execute(_GUARDS)
    for table in set(_GUARDED).intersection(existing):
        cursor.execute(f"CREATE OR REPLACE TRIGGER {table}_by_who_asks {_GUARDED[table].format(table)}")
    for table in set(WALLS).intersection(existing):
        rule = WALLS[table]
        cursor.execute(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f"DROP POLICY IF EXISTS own_units ON {table};"
            f"CREATE POLICY own_units ON {table} TO {APP_ROLE} USING ({rule}) WITH CHECK ({rule});"
            f"DROP POLICY IF EXISTS all_units ON {table};"  # of before workers were bound by none
        )
