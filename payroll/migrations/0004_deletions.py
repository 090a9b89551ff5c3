"""Sealed slips stay sealed for everybody but a confirmed deletion, once the time of documents of pay is over."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION payroll_guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE runs bigint[];
BEGIN
    SELECT array_agg(DISTINCT run_id) INTO runs FROM old_rows;
    IF runs IS NOT NULL AND NOT {deleting} THEN
        PERFORM payroll_refuse_sealed_runs(runs, TG_OP || ' on ' || TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("payroll", "0003_conversions"), ("core", "0008_redaction")]

    operations = [migrations.RunSQL(FORWARD.format(deleting="core_deleting()"), FORWARD.format(deleting="false"))]
