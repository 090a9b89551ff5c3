"""What is sealed or closed marks its units, for its own population alone; and whose records change, also the units of what
was sealed for them: a slip and a result keep the unit of their time, wherever its people's employments say that they were.

Slips count from the moment that their run is sealed, and nothing is written into a sealed run: the run's row is enough,
and the rows of a run stay without a trigger of this kind. Results count from when they are closed, one way or the other.
"""

from __future__ import annotations

from django.db import migrations, models

OF_PEOPLE = """
CREATE OR REPLACE FUNCTION reports_mark_stale(people bigint[], paths text[]) RETURNS void
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql AS $$
  INSERT INTO reports_staleunit (unit_path, transaction)
  SELECT path, pg_current_xact_id()::text::bigint
    FROM (SELECT unnest(paths)
          UNION SELECT e.unit_path FROM personnel_employment e WHERE e.person_id = ANY (people)
          UNION SELECT u.path FROM personnel_tenure t JOIN personnel_post s ON s.id = t.post_id
                  JOIN organization_unit u ON u.id = s.unit_id WHERE t.person_id = ANY (people)
          UNION SELECT u.path FROM personnel_person p JOIN organization_unit u ON u.id = p.belongs_to_id
                 WHERE p.id = ANY (people){more}) places (path)
  ON CONFLICT DO NOTHING
$$;
"""
# Of the months and years of kept days, and of the next, whose first day may be counted while this change is under way. The
# kind (there is one, tests/reports/test_rollups.py) stands between the month and the person in the key.
SEALED_FOR_THEM = """
          UNION SELECT u.path FROM payroll_payslip s JOIN organization_unit u ON u.id = s.unit_id
                 WHERE s.person_id = ANY (people) AND s.kind = 1 AND s.month = ANY (ARRAY(
                       SELECT date_trunc('month', d.day + more.days)::date FROM reports_rollupday d, (VALUES (0), (1)) more (days)))
          UNION SELECT u.path FROM assessment_annualresult r JOIN organization_unit u ON u.id = r.unit_id
                 WHERE r.person_id = ANY (people) AND r.year = ANY (ARRAY(
                       SELECT date_part('year', d.day + more.days)::smallint FROM reports_rollupday d, (VALUES (0), (1)) more (days)))"""
SEALED = """
CREATE FUNCTION reports_run_sealed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reports_staleunit (unit_path, transaction, population)
  SELECT DISTINCT u.path, pg_current_xact_id()::text::bigint, 'slips'
    FROM (SELECT DISTINCT s.unit_id FROM payroll_payslip s WHERE s.run_id = NEW.id) units
    JOIN organization_unit u ON u.id = units.unit_id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER reports_sealed AFTER UPDATE OF state ON payroll_payrun FOR EACH ROW
  WHEN ((OLD.state = 'SEALED') <> (NEW.state = 'SEALED')) EXECUTE FUNCTION reports_run_sealed();
ALTER TABLE payroll_payrun ENABLE ALWAYS TRIGGER reports_sealed;

CREATE FUNCTION reports_result_closed() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reports_staleunit (unit_path, transaction, population)
  SELECT DISTINCT u.path, pg_current_xact_id()::text::bigint, 'results'
    FROM (SELECT DISTINCT n.unit_id FROM new_rows n WHERE n.state = 'CLOSED') units
    JOIN organization_unit u ON u.id = units.unit_id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER reports_added AFTER INSERT ON assessment_annualresult REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_result_closed();
ALTER TABLE assessment_annualresult ENABLE ALWAYS TRIGGER reports_added;
CREATE TRIGGER reports_changed AFTER UPDATE ON assessment_annualresult REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION reports_result_closed();
ALTER TABLE assessment_annualresult ENABLE ALWAYS TRIGGER reports_changed;
"""
UNDO = """
DROP FUNCTION reports_run_sealed() CASCADE;
DROP FUNCTION reports_result_closed() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_marks"),
        ("payroll", "0003_conversions"),
        ("assessment", "0004_results_by_year"),
    ]

    operations = [
        migrations.AddField(
            "staleunit",
            "population",
            models.CharField(max_length=20, default="", db_default="", blank=True, verbose_name="population"),
        ),
        migrations.RemoveConstraint("staleunit", "reports_staleunit_once"),
        migrations.AddConstraint(
            "staleunit",
            models.UniqueConstraint(fields=["unit_path", "transaction", "population"], name="reports_staleunit_once"),
        ),
        migrations.RunSQL(
            OF_PEOPLE.format(more=SEALED_FOR_THEM) + SEALED,
            UNDO + OF_PEOPLE.format(more=""),
        ),
    ]
