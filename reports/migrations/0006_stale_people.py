"""Who changes is marked beside the units, by the same triggers; and who works in a unit whose days or place change."""

from __future__ import annotations

import importlib

from django.db import migrations

_before = importlib.import_module("reports.migrations.0003_sealed_rollups")

PEOPLE = """
CREATE FUNCTION reports_mark_people(people bigint[]) RETURNS void
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql AS $$
  INSERT INTO reports_staleperson (whose, transaction)
  SELECT whose, pg_current_xact_id()::text::bigint FROM unnest(people) whose
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION reports_results_of_people() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  PERFORM reports_mark_people(array(SELECT DISTINCT person_id FROM new_rows WHERE state = 'CLOSED'));
  RETURN NULL;
END $$;
CREATE TRIGGER reports_added_of_people AFTER INSERT ON assessment_annualresult REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_results_of_people();
ALTER TABLE assessment_annualresult ENABLE ALWAYS TRIGGER reports_added_of_people;
CREATE TRIGGER reports_changed_of_people AFTER UPDATE ON assessment_annualresult REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_results_of_people();
ALTER TABLE assessment_annualresult ENABLE ALWAYS TRIGGER reports_changed_of_people;

-- A past day looks for a unit where it was then.
CREATE FUNCTION reports_units_of_people(lineages bigint[]) RETURNS void
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql AS $$
  SELECT reports_mark_people(array(
    SELECT e.person_id FROM organization_unit u JOIN personnel_employment e ON e.unit_id = u.id
     WHERE u.lineage = ANY (lineages)
     UNION
    SELECT t.person_id FROM organization_unit u JOIN personnel_post s ON s.unit_id = u.id
      JOIN personnel_tenure t ON t.post_id = s.id WHERE u.lineage = ANY (lineages)
     UNION
    SELECT p.id FROM organization_unit u JOIN personnel_person p ON p.belongs_to_id = u.id WHERE u.lineage = ANY (lineages)))
$$;
CREATE FUNCTION reports_unit_added() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  PERFORM reports_units_of_people(array(SELECT DISTINCT lineage FROM new_rows WHERE origin_id IS NOT NULL));
  RETURN NULL;
END $$;
CREATE TRIGGER reports_added AFTER INSERT ON organization_unit REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_unit_added();
ALTER TABLE organization_unit ENABLE ALWAYS TRIGGER reports_added;
CREATE FUNCTION reports_unit_days_changed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  PERFORM reports_units_of_people(array(
    SELECT unnest(ARRAY[n.lineage, o.lineage]) FROM new_rows n JOIN old_rows o USING (id)
     WHERE (n.path, n.kind, n.lineage, n.valid_from, n.valid_to)
           IS DISTINCT FROM (o.path, o.kind, o.lineage, o.valid_from, o.valid_to)));
  RETURN NULL;
END $$;
CREATE TRIGGER reports_changed_of_people AFTER UPDATE ON organization_unit
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_unit_days_changed();
ALTER TABLE organization_unit ENABLE ALWAYS TRIGGER reports_changed_of_people;

CREATE OR REPLACE FUNCTION reports_table_emptied() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM reports_rollupday;
  DELETE FROM reports_paststate;
  RETURN NULL;
END $$;
"""
UNDO = """
DROP FUNCTION reports_results_of_people() CASCADE;
DROP FUNCTION reports_unit_added() CASCADE;
DROP FUNCTION reports_unit_days_changed() CASCADE;
DROP FUNCTION reports_units_of_people(bigint[]);
CREATE OR REPLACE FUNCTION reports_table_emptied() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM reports_rollupday;
  RETURN NULL;
END $$;
"""
_MARK = _before.OF_PEOPLE.format(more=_before.SEALED_FOR_THEM)
_BOTH = _MARK.replace("LANGUAGE sql AS $$", "LANGUAGE sql AS $$\n  SELECT reports_mark_people(people);", 1)


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_past_tables"), ("organization", "0014_countersignatures")]

    operations = [
        migrations.RunSQL(PEOPLE + _BOTH, UNDO + _MARK + "DROP FUNCTION reports_mark_people(bigint[]);"),
    ]
