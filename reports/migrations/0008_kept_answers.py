"""What kept answers rest on: a day counts its changes, and names of units, their facts and their seats leave marks, too.

The marks of what is only said beside counted numbers are of the population "words": nothing is counted again for them.
"""

from __future__ import annotations

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION reports_mark_words(units bigint[]) RETURNS void
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql AS $$
  INSERT INTO reports_staleunit (unit_path, transaction, population)
  SELECT DISTINCT u.path, pg_current_xact_id()::text::bigint, 'words'
    FROM organization_unit named JOIN organization_unit u ON u.lineage = named.lineage
   WHERE named.id = ANY (units)
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION reports_words_of_unit() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM reports_mark_words(array(SELECT id FROM new_rows));
  ELSE
    PERFORM reports_mark_words(array(
      SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
       WHERE (n.code, n.name, n.name_en, n.kind, n.parent_id, n.valid_from, n.valid_to)
             IS DISTINCT FROM (o.code, o.name, o.name_en, o.kind, o.parent_id, o.valid_from, o.valid_to)));
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION reports_words_of_row() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    PERFORM reports_mark_words(array(SELECT DISTINCT unit_id FROM new_rows));
  END IF;
  IF TG_OP <> 'INSERT' THEN
    PERFORM reports_mark_words(array(SELECT DISTINCT unit_id FROM old_rows));
  END IF;
  RETURN NULL;
END $$;
"""
OF_A_UNIT = ("organization_unitfact", "staffing_quotaplan", "staffing_quotaallocation", "staffing_seatfreeze")
_ROWS = {
    "words_added": ("INSERT", "NEW TABLE AS new_rows"),
    "words_changed": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "words_removed": ("DELETE", "OLD TABLE AS old_rows"),
}


def _trigger(table: str, name: str, function: str) -> str:
    event, rows = _ROWS[name]
    return f"""
CREATE TRIGGER reports_{name} AFTER {event} ON {table} REFERENCING {rows}
  FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reports_{name};"""


TRIGGERS = "".join(
    [_trigger("organization_unit", name, "reports_words_of_unit") for name in ("words_added", "words_changed")]
    + [_trigger(table, name, "reports_words_of_row") for table in OF_A_UNIT for name in _ROWS]
    + [
        f"""
CREATE TRIGGER reports_emptied AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION reports_table_emptied();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reports_emptied;"""
        for table in OF_A_UNIT
    ]
)
UNDO = """
DROP FUNCTION reports_words_of_unit() CASCADE;
DROP FUNCTION reports_words_of_row() CASCADE;
DROP FUNCTION reports_mark_words(bigint[]);
""" + "".join(f"DROP TRIGGER reports_emptied ON {table};" for table in OF_A_UNIT)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0007_paid_runs"),
        ("organization", "0016_token_uses"),
        ("staffing", "0003_freezes"),
    ]

    operations = [
        migrations.AddField(
            model_name="rollupday",
            name="changes",
            field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name="changes"),
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO),
    ]
