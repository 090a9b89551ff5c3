"""Announcements, who may write them, and who has closed the introduction."""

from typing import Any

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

# Who holds the role already has what the role may do from now on.
GIVE = """
INSERT INTO organization_unituserobjectpermission (user_id, content_object_id, permission_id)
SELECT DISTINCT g.user_id, g.unit_id, p.id FROM organization_grant g
  JOIN auth_permission p ON p.codename = 'change_announcements'
  JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'organization' AND t.model = 'unit'
 WHERE g.role = 'SYSTEM_ADMIN' AND (g.valid_to IS NULL OR g.valid_to > current_date)
ON CONFLICT DO NOTHING
"""


def permissions_are_there(apps: Any, schema_editor: Any) -> None:
    """The rows of permissions come after all migrations otherwise, too late for who holds a role already."""
    own = apps.get_app_config("organization")
    own.models_module = True
    create_permissions(own, verbosity=0, apps=apps, using=schema_editor.connection.alias)
    own.models_module = None


class Migration(migrations.Migration):
    dependencies = [
        ("organization", "0010_statistics"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="unit",
            options={
                "default_permissions": (),
                "ordering": ["path"],
                "permissions": [
                    ("view_people", "view_people"),
                    ("change_people", "change_people"),
                    ("run_evaluation", "run_evaluation"),
                    ("confirm_evaluation", "confirm_evaluation"),
                    ("view_results", "view_results"),
                    ("run_pay", "run_pay"),
                    ("seal_pay", "seal_pay"),
                    ("view_pay", "view_pay"),
                    ("run_promotion", "run_promotion"),
                    ("confirm_promotion", "confirm_promotion"),
                    ("view_audit", "view_audit"),
                    ("use_api", "use_api"),
                    ("change_grants", "change_grants"),
                    ("change_units", "change_units"),
                    ("view_quota", "view_quota"),
                    ("change_quota", "change_quota"),
                    ("view_cases", "view_cases"),
                    ("take_street_steps", "take_street_steps"),
                    ("take_county_steps", "take_county_steps"),
                    ("give_opinion", "give_opinion"),
                    ("change_calendar", "change_calendar"),
                    ("view_statistics", "view_statistics"),
                    ("change_announcements", "change_announcements"),
                ],
                "verbose_name": "unit",
                "verbose_name_plural": "units",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="introduced",
            field=models.DateTimeField(editable=False, null=True, verbose_name="closed the introduction at"),
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=500, verbose_name="text")),
                ("start", models.DateField(verbose_name="from")),
                ("end", models.DateField(verbose_name="until (first day on which it no longer holds)")),
                ("written", models.DateTimeField(auto_now_add=True, verbose_name="written at")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="announcements",
                        to="organization.unit",
                        verbose_name="unit",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "announcement",
                "verbose_name_plural": "announcements",
                "ordering": ["-start", "-pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["end"], name="organization_announcement_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__gte", models.F("start"))), name="organization_announcement_range"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="organization_announcement_says_something"
                    ),
                ],
            },
        ),
        migrations.RunPython(permissions_are_there, migrations.RunPython.noop),
        migrations.RunSQL(GIVE, migrations.RunSQL.noop),
    ]
