"""What sealed runs are kept as; a unit that stands elsewhere in the tree has its runs kept anew."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

MOVED = """
CREATE FUNCTION reports_unit_of_paid() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  units constant bigint[] := array(
    SELECT n.id FROM new_rows n JOIN old_rows o USING (id) WHERE n.path IS DISTINCT FROM o.path);
  runs bigint[];
BEGIN
  IF units <> '{}' THEN
    runs := array(SELECT k.id FROM reports_paidrun k WHERE EXISTS (
      SELECT FROM payroll_payslip s WHERE s.run_id = k.run_id AND s.unit_id = ANY (units)));
    DELETE FROM reports_paidarea WHERE kept_id = ANY (runs);
    DELETE FROM reports_paidrun WHERE id = ANY (runs);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER reports_changed_of_paid AFTER UPDATE ON organization_unit
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_unit_of_paid();
ALTER TABLE organization_unit ENABLE ALWAYS TRIGGER reports_changed_of_paid;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_stale_people"), ("payroll", "0006_lines_and_shares")]

    operations = [
        migrations.CreateModel(
            name="PaidRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(max_length=64, verbose_name="form")),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(db_collation="C"), size=None),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="paid", to="payroll.payrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "kept pay run",
                "verbose_name_plural": "kept pay runs",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PaidArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("unit_path", models.TextField(db_collation="C")),
                ("population", models.CharField(max_length=20, verbose_name="population")),
                ("data", models.BinaryField()),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="reports.paidrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "kept pay",
                "verbose_name_plural": "kept pay",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("kept", "unit_path", "population"), name="reports_paidarea_once")
                ],
            },
        ),
        migrations.RunSQL(MOVED, "DROP FUNCTION reports_unit_of_paid() CASCADE;"),
    ]
