"""Whatever changes what is counted marks the units of whom it is about, in the same transaction.

A mark stands for every unit in which somebody may count: where they are or were employed or hold a post, and where they
were entered. Functions run as the owner: a mark doesn't depend on who writes. Triggers fire always, also for whoever
turns triggers off.
"""

from __future__ import annotations

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION reports_mark_stale(people bigint[], paths text[]) RETURNS void
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql AS $$
  INSERT INTO reports_staleunit (unit_path, transaction)
  SELECT path, pg_current_xact_id()::text::bigint
    FROM (SELECT unnest(paths)
          UNION SELECT e.unit_path FROM personnel_employment e WHERE e.person_id = ANY (people)
          UNION SELECT u.path FROM personnel_tenure t JOIN personnel_post s ON s.id = t.post_id
                  JOIN organization_unit u ON u.id = s.unit_id WHERE t.person_id = ANY (people)
          UNION SELECT u.path FROM personnel_person p JOIN organization_unit u ON u.id = p.belongs_to_id
                 WHERE p.id = ANY (people)) places (path)
  ON CONFLICT DO NOTHING
$$;

-- Tables with a person a row.
CREATE FUNCTION reports_row_changed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  people bigint[];
  gone text[] := '{}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    people := array(SELECT DISTINCT person_id FROM new_rows);
  ELSIF TG_OP = 'UPDATE' THEN
    people := array(SELECT person_id FROM new_rows UNION SELECT person_id FROM old_rows);
  ELSE
    people := array(SELECT DISTINCT person_id FROM old_rows);
  END IF;
  IF TG_OP <> 'INSERT' AND TG_TABLE_NAME = 'personnel_employment' THEN
    gone := array(SELECT DISTINCT unit_path FROM old_rows);
  ELSIF TG_OP <> 'INSERT' AND TG_TABLE_NAME = 'personnel_tenure' THEN
    gone := array(SELECT DISTINCT u.path FROM old_rows t JOIN personnel_post s ON s.id = t.post_id
                    JOIN organization_unit u ON u.id = s.unit_id);
  END IF;
  PERFORM reports_mark_stale(people, gone);
  RETURN NULL;
END $$;

-- People, posts and units change often in what no figure has; nobody counts by being entered, or by a post or unit alone.
CREATE FUNCTION reports_person_changed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  people constant bigint[] := array(
    SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
     WHERE (n.sex, n.birth_date, n.political_status, n.belongs_to_id)
           IS DISTINCT FROM (o.sex, o.birth_date, o.political_status, o.belongs_to_id));
BEGIN
  IF people <> '{}' THEN
    PERFORM reports_mark_stale(people, array(
      SELECT DISTINCT u.path FROM old_rows o JOIN organization_unit u ON u.id = o.belongs_to_id
       WHERE o.id = ANY (people)));
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION reports_post_changed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  PERFORM reports_mark_stale(
    array(SELECT DISTINCT t.person_id FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.unit_id <> n.unit_id
            JOIN personnel_tenure t ON t.post_id = n.id),
    array(SELECT DISTINCT u.path FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.unit_id <> n.unit_id
            JOIN organization_unit u ON u.id = o.unit_id));
  RETURN NULL;
END $$;

CREATE FUNCTION reports_unit_changed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  units constant bigint[] := array(
    SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
     WHERE (n.path, n.kind, n.lineage) IS DISTINCT FROM (o.path, o.kind, o.lineage));
BEGIN
  IF units <> '{}' THEN
    PERFORM reports_mark_stale(
      array(SELECT t.person_id FROM personnel_post s JOIN personnel_tenure t ON t.post_id = s.id
             WHERE s.unit_id = ANY (units)
            UNION SELECT p.id FROM personnel_person p WHERE p.belongs_to_id = ANY (units)),
      array(SELECT path FROM old_rows WHERE id = ANY (units) UNION SELECT path FROM new_rows WHERE id = ANY (units)));
  END IF;
  RETURN NULL;
END $$;

-- What has no rows for a trigger leaves nothing that was counted.
CREATE FUNCTION reports_table_emptied() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM reports_rollupday;
  RETURN NULL;
END $$;
"""
OF_A_PERSON = (
    "personnel_employment", "personnel_tenure", "personnel_education", "personnel_certificate", "personnel_personpast",
    "personnel_honour", "personnel_publicrole", "personnel_specialtreatment", "personnel_namedlistentry",
    "payroll_gradespan",
)  # fmt: skip
CHANGED = {
    "personnel_person": "reports_person_changed",
    "personnel_post": "reports_post_changed",
    "organization_unit": "reports_unit_changed",
}
_ROWS = {
    "added": ("INSERT", "NEW TABLE AS new_rows"),
    "changed": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "removed": ("DELETE", "OLD TABLE AS old_rows"),
}


def _trigger(table: str, name: str, function: str) -> str:
    event, rows = _ROWS[name]
    return f"""
CREATE TRIGGER reports_{name} AFTER {event} ON {table} REFERENCING {rows}
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reports_{name};"""


TRIGGERS = "".join(
    [_trigger(table, name, "reports_row_changed") for table in OF_A_PERSON for name in _ROWS]
    + [_trigger(table, "changed", function) for table, function in CHANGED.items()]
    + [
        f"""
CREATE TRIGGER reports_emptied AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION reports_table_emptied();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reports_emptied;"""
        for table in (*OF_A_PERSON, *CHANGED)
    ]
)
UNDO = """
DROP FUNCTION reports_row_changed() CASCADE;
DROP FUNCTION reports_person_changed() CASCADE;
DROP FUNCTION reports_post_changed() CASCADE;
DROP FUNCTION reports_unit_changed() CASCADE;
DROP FUNCTION reports_table_emptied() CASCADE;
DROP FUNCTION reports_mark_stale(bigint[], text[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_rollups"),
        ("personnel", "0021_own_files"),
        ("payroll", "0001_initial"),
        ("organization", "0013_where_users_belong"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO)]
