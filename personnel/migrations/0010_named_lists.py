"""Named lists and lists of duties, with the keepers of their old rows."""

import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import organization.models.units

TABLES = ("personnel_namedlistentry", "personnel_dutyitem")


def keep_history(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_keep_updated AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION personnel_keep_history('person_id');
    CREATE TRIGGER {table}_keep_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION personnel_keep_history('person_id');
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_updated;
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep_deleted;
    """


class Migration(migrations.Migration):
    dependencies = [
        ("personnel", "0009_belonging"),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("RESPONSIBILITY", "list of responsibilities"), ("TASK", "list of tasks")],
                        max_length=16,
                        verbose_name="list of duties",
                    ),
                ),
                ("text", models.CharField(max_length=200, verbose_name="what there is to do")),
                ("start", models.DateField(verbose_name="from")),
                ("due", models.DateField(blank=True, null=True, verbose_name="due on")),
                ("done", models.DateField(blank=True, null=True, verbose_name="done on")),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duties",
                        to="personnel.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "item of the lists of duties",
                "verbose_name_plural": "items of the lists of duties",
                "default_permissions": (),
                "indexes": [models.Index(fields=["person", "start"], name="personnel_duty_by_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done__isnull", True), ("done__gte", models.F("start")), _connector="OR"),
                        name="personnel_duty_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due__isnull", True), ("due__gte", models.F("start")), _connector="OR"),
                        name="personnel_duty_due",
                        violation_error_message="This would be due before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="personnel_duty_text",
                        violation_error_message="Say what there is to do.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NamedListEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("COMMITTEE_RESERVE", "reserve for the two committees"),
                            ("TRAINING_POST", "to be tried in a post"),
                            ("EXCHANGE", "to be exchanged into a weightier post"),
                            ("TARGETED_RECRUITMENT", "targeted recruitment into public institutions"),
                        ],
                        max_length=24,
                        verbose_name="named list",
                    ),
                ),
                ("batch", models.CharField(blank=True, max_length=40, verbose_name="batch")),
                ("start", models.DateField(verbose_name="from")),
                (
                    "end",
                    models.DateField(
                        blank=True, null=True, verbose_name="until (first day on which it no longer holds)"
                    ),
                ),
                ("document", models.CharField(blank=True, max_length=100, verbose_name="document")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_lists",
                        to="personnel.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "place on a named list",
                "verbose_name_plural": "places on named lists",
                "default_permissions": (),
                "indexes": [models.Index(fields=["kind", "start", "person"], name="personnel_named_list_by_kind")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__isnull", True), ("end__gte", models.F("start")), _connector="OR"),
                        name="personnel_named_list_range",
                        violation_error_message="The end lies before the start.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (models.F("person"), "="),
                            (models.F("kind"), "="),
                            (organization.models.units.DateRange(models.F("start"), models.F("end")), "&&"),
                        ],
                        name="personnel_named_list_once_at_a_time",
                        violation_error_message="This person is on this list in these days already.",
                    ),
                ],
            },
        ),
        *(migrations.RunSQL(keep_history(table), migrations.RunSQL.noop) for table in TABLES),
    ]
