"""Slips line by line and payer by payer, as figures are counted from: what the arrays of a slip are stands in its run.

The policies of slips and runs hold for whoever asks the views, not for their owner (`security_invoker`).
"""

from __future__ import annotations

from django.db import migrations, models

VIEWS = """
CREATE VIEW payroll_payline WITH (security_invoker = true) AS
  SELECT s.run_id, s.person_id, s.unit_id, s.month, s.kind, s.day, line.place AS line, line.item ->> 'code' AS code,
         s.amounts[line.place]::bigint AS amount
    FROM payroll_payrun r
   CROSS JOIN LATERAL jsonb_array_elements(r.lines) WITH ORDINALITY line (item, place)
    JOIN payroll_payslip s ON s.run_id = r.id AND s.month = r.month
   WHERE r.state = 'SEALED' AND (line.item ->> 'paid')::boolean AND s.amounts[line.place] <> 0;

CREATE VIEW payroll_payshare WITH (security_invoker = true) AS
  SELECT s.run_id, s.person_id, s.unit_id, s.month, s.kind, s.day, payer.payer, sums.amount
    FROM payroll_payrun r
   CROSS JOIN LATERAL (
     SELECT one.key AS payer, array_agg(line.place) AS places, array_agg(one.value::bigint) AS percents
       FROM jsonb_array_elements(r.lines) WITH ORDINALITY line (item, place)
      CROSS JOIN LATERAL jsonb_each_text(
        coalesce(nullif(line.item -> 'payer', '{}'), '{"": 100}')) one
      WHERE (line.item ->> 'paid')::boolean
      GROUP BY one.key) payer
    JOIN payroll_payslip s ON s.run_id = r.id AND s.month = r.month
   CROSS JOIN LATERAL (
     SELECT sum(s.amounts[part.place] * part.percent)::bigint AS amount
       FROM unnest(payer.places, payer.percents) part (place, percent)) sums
   WHERE r.state = 'SEALED' AND sums.amount <> 0;
"""
UNDO = "DROP VIEW payroll_payline; DROP VIEW payroll_payshare;"


class Migration(migrations.Migration):
    dependencies = [("payroll", "0005_of_one_person")]

    operations = [
        migrations.RunSQL(VIEWS, UNDO),
        migrations.CreateModel(
            name="PayLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month",
                        "kind",
                        "person_id",
                        "line",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("day", models.DateField()),
                ("line", models.BigIntegerField()),
                ("code", models.TextField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "line of a payslip",
                "verbose_name_plural": "lines of payslips",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PayShare",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month",
                        "kind",
                        "person_id",
                        "payer",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("day", models.DateField()),
                ("payer", models.TextField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "a payer's share of a payslip",
                "verbose_name_plural": "payers' shares of payslips",
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
