from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

# System administrators look after users from now on. Users belong where their last role was given.
GIVE = """
INSERT INTO organization_unituserobjectpermission (user_id, content_object_id, permission_id)
SELECT DISTINCT g.user_id, g.unit_id, p.id FROM organization_grant g
  JOIN auth_permission p ON p.codename = 'change_users'
  JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'organization' AND t.model = 'unit'
 WHERE g.role = 'SYSTEM_ADMIN' AND (g.valid_to IS NULL OR g.valid_to > current_date)
ON CONFLICT DO NOTHING;
UPDATE organization_user u SET unit_id = (
  SELECT g.unit_id FROM organization_grant g WHERE g.user_id = u.id ORDER BY g.valid_to DESC NULLS FIRST, g.id DESC LIMIT 1
);
"""


def permissions_are_there(apps: Any, schema_editor: Any) -> None:
    """The rows of permissions come after all migrations otherwise, too late for who holds a role already."""
    own = apps.get_app_config("organization")
    own.models_module = True
    create_permissions(own, verbosity=0, apps=apps, using=schema_editor.connection.alias)
    own.models_module = None


class Migration(migrations.Migration):
    dependencies = [("organization", "0012_users_and_tokens")]

    operations = [
        migrations.RunPython(permissions_are_there, migrations.RunPython.noop),
        migrations.RunSQL(GIVE, migrations.RunSQL.noop),
    ]
