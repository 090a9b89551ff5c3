"""When rows were added; cwms/known.py has the triggers that write it."""

from django.db import migrations, models

GUARD = """
CREATE TRIGGER core_rowsadded_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_rowsadded
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_rowsadded ENABLE ALWAYS TRIGGER core_rowsadded_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_redaction"),
    ]

    operations = [
        migrations.CreateModel(
            name="RowsAdded",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(db_collation="C", max_length=63, verbose_name="table")),
                ("first", models.BigIntegerField(verbose_name="first number")),
                ("last", models.BigIntegerField(verbose_name="last number")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "rows that were added",
                "verbose_name_plural": "rows that were added",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["table_name", "at"], include=("first", "last"), name="core_rowsadded_of_table")
                ],
            },
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER core_rowsadded_append_only ON core_rowsadded"),
    ]
