"""The owner's function that deletes: `personnel_delete_files(act)`, raised after every migration (docs/decisions/0055).

No other role may delete what is append-only, closed or sealed. The web's role may call this function, which demands a
deletion that one user proposed and another confirmed, looks once more whether the files' time is over and nothing holds
them, and does all of it or nothing: it is one statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models

from cwms.data_map import whole
from cwms.retention.plan import DELETED, NOBODY, PAY
from cwms.walls import APP_ROLE


def raise_deletion(cursor: Any, roles: Iterable[str]) -> None:
    """The function, for the web's role alone. As the owner of the tables."""
    cursor.execute(_function())
    cursor.execute("REVOKE ALL ON FUNCTION personnel_delete_files(bigint) FROM PUBLIC")
    for role in roles:
        if role == APP_ROLE:
            cursor.execute(f"GRANT EXECUTE ON FUNCTION personnel_delete_files(bigint) TO {role}")


def _steps(steps: Iterable[tuple[str, str]]) -> str:
    return ",\n    ".join(f"['{table}', $where${where}$where$]" for table, where in steps)


def _emptied() -> str:
    """Every column of a person as it is where nothing is known, but for the number, the key and the place."""
    person: Any = apps.get_model("personnel.person")
    kept = {"id", "key", "name", "belongs_to_id"}
    found = [f"name = '{NOBODY}'"]
    for field in person._meta.concrete_fields:
        if field.column in kept:
            continue
        value = "NULL" if field.null else "0" if isinstance(field, models.PositiveSmallIntegerField) else "''"
        found.append(f"{field.column} = {'DEFAULT' if field.column == 'document_type' else value}")
    return ", ".join(found)


def _function() -> str:
    years = {name: one["years"] for name, one in whole()["retentions"].items()}
    return _BODY.format(
        deleted=_steps(DELETED), pay=_steps(PAY), emptied=_emptied(), role=APP_ROLE, file_years=years["file"],
        pay_years=years["pay"], nobody=NOBODY,
    )  # fmt: skip


_BODY = """
-- How many rows of a table, added to those that were counted before; none is no line.
CREATE OR REPLACE FUNCTION public.personnel_deletion_add(counts jsonb, name text, more bigint) RETURNS jsonb
IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN more = 0 THEN counts
              ELSE counts || jsonb_build_object(name, coalesce((counts ->> name)::bigint, 0) + more) END
$$;

-- Of a certificate: its number, who signed and when, and what it says.
CREATE OR REPLACE FUNCTION public.personnel_deletion_digest(
  number bigint, proposed bigint, decided bigint, at timestamptz, report jsonb) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
           number, proposed, decided, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), report)::text, 'UTF8')), 'hex')
$$;

-- Whether one of some names stands in what somebody looked for, as it is or as an address has it.
CREATE OR REPLACE FUNCTION public.personnel_deletion_named(query text, names text[]) RETURNS boolean STABLE LANGUAGE sql AS $$
  SELECT coalesce(bool_or(position(one IN query) > 0 OR position(
           regexp_replace(upper(encode(convert_to(one, 'UTF8'), 'hex')), '(..)', '%\\1', 'g') IN query) > 0), false)
    FROM unnest(names) one
$$;

CREATE OR REPLACE FUNCTION public.personnel_delete_files(act bigint) RETURNS jsonb
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $body$
DECLARE
  today constant date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
  steps constant text[] := ARRAY[
    {deleted}];
  pay constant text[] := ARRAY[
    {pay}];
  d personnel_deletion;
  p personnel_person;
  whose bigint; account bigint; username text; applicants bigint[]; files bigint[]; documents bigint; last_left date;
  paid_until integer; stub integer; names text[]; todo text[]; step text[]; n bigint; ids bigint[]; held text;
  gone_tables text[]; gone_ids bigint[];  -- side by side: every row that was deleted, for its history and its entries
  entries bigint[] := '{{}}';
  stubs bigint := 0;
  deleted jsonb := '{{}}'; emptied jsonb := '{{}}'; kept jsonb := '{{}}'; done jsonb;
BEGIN
  SELECT * INTO d FROM personnel_deletion WHERE id = act FOR UPDATE;
  IF NOT FOUND OR d.confirmed IS NOT TRUE OR d.report IS NOT NULL OR d.decided_by_id = d.proposed_by_id
     OR ('{role}' IN (session_user, current_setting('role'))
         AND d.decided_by_id IS DISTINCT FROM nullif(current_setting('cw.user', true), '')::bigint) THEN
    RAISE EXCEPTION 'deletion % refused: it is not confirmed by whoever asks, or it is done', act
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'personnel_deletion_confirmed';
  END IF;
  INSERT INTO core_deletionwork VALUES (pg_current_xact_id());
  PERFORM FROM personnel_person WHERE id = ANY (d.people) ORDER BY id FOR UPDATE;

  FOREACH whose IN ARRAY d.people LOOP
    SELECT * INTO p FROM personnel_person WHERE id = whose;
    SELECT max(days."end") INTO last_left FROM (
      SELECT "end" FROM personnel_employment WHERE person_id = whose
      UNION ALL SELECT "end" FROM personnel_tenure WHERE person_id = whose) days;
    SELECT u.id, u.username INTO account, username FROM personnel_ownfile o JOIN organization_user u ON u.id = o.user_id
     WHERE o.person_id = whose;
    -- The year in which an earlier deletion left of the file a number on which documents of pay hang.
    SELECT max(extract(year FROM o.decided_at)) INTO stub FROM personnel_deletion o
     WHERE o.report IS NOT NULL AND whose = ANY (o.people);
    SELECT coalesce(greatest(extract(year FROM last_left), extract(year FROM max(s.month))), stub) INTO paid_until
      FROM payroll_payslip s WHERE s.person_id = whose;
    held := CASE
      WHEN p.id IS NULL THEN 'there is no such file'
      WHEN stub IS NOT NULL THEN
           CASE WHEN extract(year FROM today) <= paid_until + {pay_years} THEN 'its time is not over' END
      WHEN last_left IS NULL OR last_left > today - interval '{file_years} years'
           OR EXISTS (SELECT FROM personnel_employment WHERE person_id = whose AND "end" IS NULL)
           OR EXISTS (SELECT FROM personnel_tenure WHERE person_id = whose AND "end" IS NULL) THEN 'its time is not over'
      WHEN EXISTS (SELECT FROM personnel_restriction WHERE person_id = whose AND "end" IS NULL) THEN 'it is restricted'
      WHEN EXISTS (SELECT FROM personnel_correctionrequest WHERE person_id = whose AND state = 'OPEN')
           THEN 'a correction is asked for'
      WHEN EXISTS (SELECT FROM approvals_case WHERE subject = p.key AND state = 'OPEN') THEN 'a case is under way'
      WHEN EXISTS (SELECT FROM assessment_appeal a JOIN assessment_annualresult r ON r.id = a.result_id
                    WHERE r.person_id = whose AND a.state = 'OPEN') THEN 'an appeal is open'
      WHEN EXISTS (SELECT FROM payroll_payslip s JOIN payroll_payrun r ON r.id = s.run_id
                    WHERE s.person_id = whose AND r.state <> 'SEALED') THEN 'pay is not sealed'
      WHEN EXISTS (SELECT FROM organization_user WHERE id = account AND is_active) THEN 'their account is open' END;
    IF held IS NOT NULL THEN
      RAISE EXCEPTION 'deletion % refused: file %: %', act, whose, held
          USING ERRCODE = 'restrict_violation', CONSTRAINT = 'personnel_deletion_due';
    END IF;

    SELECT array_agg(a.id) INTO applicants FROM recruitment_applicant a
     WHERE a.employment_id IN (SELECT e.id FROM personnel_employment e WHERE e.person_id = whose)
        OR a.identity_number_index = p.identity_number_index;
    SELECT array_agg(f) INTO files FROM (
      SELECT p.photo_id AS f
      UNION SELECT i.file_id FROM personnel_archiveitem i JOIN personnel_archive a ON a.id = i.archive_id
             WHERE a.person_id = whose
      UNION SELECT coalesce(h.row ->> 'photo_id', h.row ->> 'file_id')::bigint FROM personnel_history h
             WHERE h.person_id = whose AND h.table_name IN ('personnel_person', 'personnel_archiveitem')) all_files
     WHERE f IS NOT NULL;
    SELECT coalesce(array_agg(h.table_name), '{{}}'), coalesce(array_agg(h.row_id), '{{}}') INTO gone_tables, gone_ids FROM (
      SELECT table_name, row_id FROM personnel_history WHERE person_id = whose
      UNION SELECT table_name, row_id FROM core_rowhistory WHERE person_id = whose
      UNION SELECT 'personnel_person', whose
      UNION SELECT 'payroll_manualitem', m.id FROM payroll_manualitem m WHERE m.person_id = whose
      UNION SELECT 'organization_user', account WHERE account IS NOT NULL) h;

    -- Documents of pay stay until the time of the last of them is over; then they go like the rest.
    -- Figures of pay are kept for a whole county together: it goes, and is counted anew from the slips that stay.
    DELETE FROM reports_paidarea a USING reports_paidrun k, payroll_payslip s, organization_unit u
     WHERE extract(year FROM today) > paid_until + {pay_years} AND s.person_id = whose
       AND k.run_id = s.run_id AND a.kept_id = k.id AND u.id = s.unit_id AND starts_with(u.path, a.unit_path);
    IF extract(year FROM today) > paid_until + {pay_years} THEN
      todo := steps || pay;
    ELSE
      todo := steps;
    END IF;

    -- The place where the number goes on to be looked after.
    p.belongs_to_id := coalesce((SELECT e.unit_id FROM personnel_employment e WHERE e.person_id = whose
                                  ORDER BY e.start DESC LIMIT 1), p.belongs_to_id);
    -- What people have looked for by the name, and kept; the words of the trail about it go below.
    SELECT array_agg(one) INTO names FROM (
      SELECT p.name AS one UNION SELECT h.row ->> 'name' FROM personnel_history h
       WHERE h.person_id = whose AND h.table_name = 'personnel_person') n
     WHERE length(one) > 1 AND one <> '{nobody}';
    UPDATE core_export SET query = '' WHERE personnel_deletion_named(query, names);
    GET DIAGNOSTICS n = ROW_COUNT;
    emptied := personnel_deletion_add(emptied, 'core_export', n);
    DELETE FROM personnel_savedfilter f WHERE personnel_deletion_named(f.name || ' ' || f.query, names);
    GET DIAGNOSTICS n = ROW_COUNT;
    deleted := personnel_deletion_add(deleted, 'personnel_savedfilter', n);
    UPDATE personnel_import i SET content = NULL, file_name = ''
     WHERE i.id IN (SELECT r.source_id FROM personnel_importrow r WHERE r.person_id = whose);
    GET DIAGNOSTICS n = ROW_COUNT;
    emptied := personnel_deletion_add(emptied, 'personnel_import', n);
    UPDATE recruitment_applicant SET instead_of_id = NULL WHERE instead_of_id = ANY (applicants);

    FOREACH step SLICE 1 IN ARRAY todo LOOP
      EXECUTE format('WITH gone AS (DELETE FROM %s t WHERE %s RETURNING to_jsonb(t) ->> ''id'' AS id) '
                     'SELECT count(*), array_agg(id::bigint) FILTER (WHERE id ~ ''^[0-9]+$'') FROM gone', step[1], step[2])
         INTO n, ids USING whose, p.key, account, applicants;
      deleted := personnel_deletion_add(deleted, step[1], n);
      gone_tables := gone_tables || array_fill(step[1], ARRAY[coalesce(cardinality(ids), 0)]);
      gone_ids := gone_ids || coalesce(ids, '{{}}');
    END LOOP;

    -- What is left of the person: nothing, or a number on which documents of pay hang.
    documents := 0;
    FOREACH step SLICE 1 IN ARRAY pay LOOP
      EXECUTE format('SELECT count(*) FROM %s t WHERE %s', step[1], step[2]) INTO n USING whose;
      kept := personnel_deletion_add(kept, step[1], n);
      documents := documents + n;
    END LOOP;
    IF documents > 0 THEN
      UPDATE payroll_manualitem SET reason = '' WHERE person_id = whose;
      UPDATE payroll_promotionoutcome SET left_out = '' WHERE person_id = whose AND left_out <> '';
      UPDATE personnel_person SET {emptied}, belongs_to_id = p.belongs_to_id WHERE id = whose;
      stubs := stubs + 1;
      kept := personnel_deletion_add(kept, 'personnel_person', 1);
      emptied := personnel_deletion_add(emptied, 'personnel_person', 1);
    ELSE
      DELETE FROM personnel_person WHERE id = whose;
      deleted := personnel_deletion_add(deleted, 'personnel_person', 1);
    END IF;
    DELETE FROM personnel_listing WHERE person_id = whose;
    -- What past days are answered from lies together for a whole county: it goes, and is counted anew without them.
    INSERT INTO reports_staleperson (whose, transaction)
    SELECT DISTINCT other, pg_current_xact_id()::text::bigint
      FROM reports_pastarea a, unnest(a.people) other WHERE a.people @> ARRAY[p.id] ON CONFLICT DO NOTHING;
    DELETE FROM reports_pastcolumn c USING reports_pastarea a WHERE c.unit_path = a.unit_path AND a.people @> ARRAY[p.id];
    DELETE FROM reports_pastarea a WHERE a.people @> ARRAY[p.id];
    DELETE FROM personnel_storedfile f WHERE f.id = ANY (files)
       AND NOT EXISTS (SELECT FROM personnel_person o WHERE o.photo_id = f.id)
       AND NOT EXISTS (SELECT FROM personnel_archiveitem i WHERE i.file_id = f.id);
    GET DIAGNOSTICS n = ROW_COUNT;
    deleted := personnel_deletion_add(deleted, 'personnel_storedfile', n);

    -- The trail: what was said of the person and of their rows; as a user, their name.
    WITH said AS (
      UPDATE core_auditentry e SET before = NULL, after = NULL, salt = NULL
        FROM (SELECT DISTINCT regexp_replace(t, '_', '.') AS kind, i::text AS number
                FROM unnest(gone_tables, gone_ids) AS gone (t, i)) g
       WHERE e.object_type = g.kind AND e.object_id = g.number
         AND (e.before IS NOT NULL OR e.after IS NOT NULL OR e.salt IS NOT NULL)
      RETURNING e.id)
    SELECT entries || coalesce(array_agg(id), '{{}}') INTO entries FROM said;
    WITH searched AS (
      UPDATE core_auditentry e SET before = NULL, after = NULL, salt = NULL
       WHERE e.object_type IN ('core.export', 'personnel.savedfilter')
         AND personnel_deletion_named(concat_ws(' ', e.before ->> 'name', e.before ->> 'query', e.after ->> 'name',
                                                e.after ->> 'query'), names)
      RETURNING e.id)
    SELECT entries || coalesce(array_agg(id), '{{}}') INTO entries FROM searched;
    IF account IS NOT NULL THEN
      UPDATE organization_user SET username = 'deleted-' || account, display_name = '', email = '', password = '!',
             is_active = false, unit_id = NULL WHERE id = account;
      emptied := personnel_deletion_add(emptied, 'organization_user', 1);
      WITH named AS (
        UPDATE core_auditentry e SET actor_name = 'deleted-' || account, salt = NULL WHERE e.actor_id = account RETURNING e.id)
      SELECT entries || coalesce(array_agg(id), '{{}}') INTO entries FROM named;
      UPDATE core_export SET actor_name = 'deleted-' || account WHERE actor_id = account;
      GET DIAGNOSTICS n = ROW_COUNT;
      emptied := personnel_deletion_add(emptied, 'core_export', n);
      UPDATE core_rowhistory SET actor = 'deleted-' || account WHERE actor = username;
      UPDATE personnel_history SET actor = 'deleted-' || account WHERE actor = username;
    END IF;

    -- Earlier rows at last: those that the deleting itself has kept are among them.
    DELETE FROM core_rowhistory h WHERE h.person_id = whose
        OR (h.table_name, h.row_id) IN (SELECT t, i FROM unnest(gone_tables, gone_ids) AS gone (t, i));
    GET DIAGNOSTICS n = ROW_COUNT;
    deleted := personnel_deletion_add(deleted, 'core_rowhistory', n);
    DELETE FROM personnel_history h WHERE h.person_id = whose
        OR (h.table_name, h.row_id) IN (SELECT t, i FROM unnest(gone_tables, gone_ids) AS gone (t, i));
    GET DIAGNOSTICS n = ROW_COUNT;
    deleted := personnel_deletion_add(deleted, 'personnel_history', n);
  END LOOP;

  INSERT INTO core_auditredaction (entry_id, act, digest)
  SELECT e.id, $1, encode(sha256(convert_to(core_audit_text(e), 'UTF8')), 'hex')
    FROM core_auditentry e WHERE e.id = ANY (entries);
  GET DIAGNOSTICS n = ROW_COUNT;
  done := jsonb_build_object('files', cardinality(d.people), 'stubs', stubs, 'deleted', deleted, 'emptied', emptied,
                               'kept', kept, 'redacted', n, 'redactions', core_audit_redactions(act));
  UPDATE personnel_deletion t SET report = done,
         digest = personnel_deletion_digest(d.id, d.proposed_by_id, d.decided_by_id, d.decided_at, done) WHERE t.id = act;
  DELETE FROM core_deletionwork WHERE xact = pg_current_xact_id();
  RETURN done;
END $body$;
"""
