"""Who proposes to delete files whose time is over, and who confirms it."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

# Who holds the role already has what the role may do from now on.
GIVE = """
INSERT INTO organization_unituserobjectpermission (user_id, content_object_id, permission_id)
SELECT DISTINCT g.user_id, g.unit_id, p.id FROM organization_grant g
  JOIN auth_permission p
    ON (g.role, p.codename) IN (('ORG_OFFICER', 'propose_deletion'), ('ORG_APPROVER', 'propose_deletion'),
                                ('ORG_APPROVER', 'confirm_deletion'))
  JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'organization' AND t.model = 'unit'
 WHERE g.valid_to IS NULL OR g.valid_to > current_date
ON CONFLICT DO NOTHING
"""


def permissions_are_there(apps: Any, schema_editor: Any) -> None:
    """The rows of permissions come after all migrations otherwise, too late for who holds a role already."""
    own = apps.get_app_config("organization")
    own.models_module = True
    create_permissions(own, verbosity=0, apps=apps, using=schema_editor.connection.alias)
    own.models_module = None


class Migration(migrations.Migration):
    dependencies = [("organization", "0014_countersignatures")]

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
                    ("change_users", "change_users"),
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
                    ("propose_deletion", "propose_deletion"),
                    ("confirm_deletion", "confirm_deletion"),
                ],
                "verbose_name": "unit",
                "verbose_name_plural": "units",
            },
        ),
        migrations.RunPython(permissions_are_there, migrations.RunPython.noop),
        migrations.RunSQL(GIVE, migrations.RunSQL.noop),
    ]
