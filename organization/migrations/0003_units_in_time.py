import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

# Until now a later row of the same code and path, beginning on the day on which another ended, came from a new name.
RENAMED_ARE_ONE_UNIT = """
WITH RECURSIVE chain AS (
    SELECT id, id AS first, path, code, valid_to FROM organization_unit u
     WHERE NOT EXISTS (SELECT 1 FROM organization_unit b
                        WHERE b.path = u.path AND b.code = u.code AND b.valid_to = u.valid_from)
    UNION ALL
    SELECT u.id, c.first, u.path, u.code, u.valid_to FROM organization_unit u
      JOIN chain c ON u.path = c.path AND u.code = c.code AND u.valid_from = c.valid_to
)
UPDATE organization_unit u SET origin_id = c.first FROM chain c WHERE c.id = u.id AND c.first <> u.id
"""

# Organisation officers may change units from now on, also those who hold the role already.
OFFICERS_CHANGE_UNITS = """
INSERT INTO organization_unituserobjectpermission (user_id, content_object_id, permission_id)
SELECT DISTINCT g.user_id, g.unit_id, p.id FROM organization_grant g, auth_permission p
  JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'organization' AND t.model = 'unit'
 WHERE g.role = 'ORG_OFFICER' AND (g.valid_to IS NULL OR g.valid_to > current_date) AND p.codename = 'change_units'
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0002_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnitSuccession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("RENAME", "Renamed"),
                            ("MOVE", "Moved"),
                            ("UPGRADE", "Changed in form"),
                            ("MERGE", "Merged"),
                            ("SPLIT", "Split"),
                        ],
                        max_length=10,
                        verbose_name="what happened",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("document", models.CharField(blank=True, max_length=200, verbose_name="document")),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "succession of units",
                "verbose_name_plural": "successions of units",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="unit",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="later",
                to="organization.unit",
            ),
        ),
        migrations.AlterField(
            model_name="unitfact",
            name="source",
            field=models.CharField(blank=True, max_length=200, verbose_name="source"),
        ),
        migrations.AddField(
            model_name="unitsuccession",
            name="after",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="predecessors",
                to="organization.unit",
                verbose_name="after",
            ),
        ),
        migrations.AddField(
            model_name="unitsuccession",
            name="before",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="organization.unit",
                verbose_name="before",
            ),
        ),
        migrations.AddField(
            model_name="unitsuccession",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="unit",
            name="lineage",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Coalesce("origin_id", "id"),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddConstraint(
            model_name="unitsuccession",
            constraint=models.UniqueConstraint(fields=("before", "after"), name="organization_succession_once"),
        ),
        migrations.AddConstraint(
            model_name="unitsuccession",
            constraint=models.CheckConstraint(
                condition=models.Q(("before", models.F("after")), _negated=True), name="organization_succession_of_two"
            ),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["lineage"], name="organization_unit_lineage"),
        ),
        migrations.RunSQL(RENAMED_ARE_ONE_UNIT, migrations.RunSQL.noop),
        migrations.RunSQL(OFFICERS_CHANGE_UNITS, migrations.RunSQL.noop),
    ]
