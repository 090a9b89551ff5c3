"""Trainings and areas of responsibility mark their people, and new rules of a place what is said of it: of its seats, nobody counts anything anew."""

from __future__ import annotations

import importlib

from django.db import migrations

_marks = importlib.import_module("reports.migrations.0002_marks")

_TABLES = ("training_trainingrecord", "personnel_responsibilityarea")
_NAMES = (*_marks._ROWS, "emptied")
OF_A_PERSON = "".join(
    _marks._trigger(table, name, "reports_row_changed") for table in _TABLES for name in _marks._ROWS
) + "".join(
    f"""
CREATE TRIGGER reports_emptied AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION reports_table_emptied();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reports_emptied;"""
    for table in _TABLES
)
RULES = """
CREATE FUNCTION reports_words_of_rules() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  PERFORM reports_mark_words(array(
    SELECT u.id FROM organization_unit u WHERE u.code IN (SELECT rpad(place, 12, '0') FROM changed)));
  RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER reports_words_{name} AFTER {event} ON policy_policyversion REFERENCING {which} TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION reports_words_of_rules();
ALTER TABLE policy_policyversion ENABLE ALWAYS TRIGGER reports_words_{name};"""
    for name, event, which in (("added", "INSERT", "NEW"), ("changed", "UPDATE", "NEW"), ("removed", "DELETE", "OLD"))
)
UNDO = "".join(f"DROP TRIGGER reports_{name} ON {table};" for table in _TABLES for name in _NAMES) + (
    "DROP FUNCTION reports_words_of_rules() CASCADE;"
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0008_kept_answers"), ("training", "0001_initial"), ("policy", "0002_immutable")]

    operations = [migrations.RunSQL(OF_A_PERSON + RULES, UNDO)]
