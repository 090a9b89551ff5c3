"""Earlier rows of every table that has no history of its own; cwms/history.py has the triggers that write them."""

from django.db import migrations, models

GUARD = """
CREATE TRIGGER core_rowhistory_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_rowhistory
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_rowhistory ENABLE ALWAYS TRIGGER core_rowhistory_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_exports"),
    ]

    operations = [
        migrations.CreateModel(
            name="RowHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_name", models.CharField(db_collation="C", max_length=63, verbose_name="table")),
                ("row_id", models.BigIntegerField(verbose_name="number of the row")),
                ("person_id", models.BigIntegerField(null=True, verbose_name="number of the person")),
                ("row", models.JSONField(verbose_name="row")),
                (
                    "deed",
                    models.CharField(
                        choices=[("I", "added"), ("U", "changed"), ("D", "deleted")], max_length=1, verbose_name="deed"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("actor", models.CharField(max_length=150, verbose_name="user")),
            ],
            options={
                "verbose_name": "earlier state of a row",
                "verbose_name_plural": "earlier states of rows",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["table_name", "row_id", "at"], name="core_rowhistory_of_row"),
                    models.Index(fields=["person_id", "at"], name="core_rowhistory_of_person"),
                ],
            },
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER core_rowhistory_append_only ON core_rowhistory"),
    ]
