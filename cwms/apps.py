from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from cwms.history import raise_history
from cwms.known import raise_known
from cwms.walls import APP_ROLE, WORKER_ROLE, raise_walls

# What the application may do with a table; everything that is not named is read and written, never altered.
APPEND_ONLY = ("core_auditentry", "core_auditlink", "core_export", "assessment_pointentry", "personnel_history")
READ_ONLY = ("django_migrations", "core_auditredaction")
# Written by triggers and functions, which are the owner's; read by workers and commands.
TRIGGERS_ALONE = ("core_rowhistory", "core_rowsadded", "core_deletionwork")


class CwmsConfig(AppConfig):
    name = "cwms"
    verbose_name = "CWMS"

    def ready(self) -> None:
        # Sent once for every app that has models; the last of ours comes after all tables are there.
        import_module("cwms.login")  # its receivers
        import_module("cwms.checks")
        post_migrate.connect(give_rights, sender=apps.get_app_config("payroll"))


def give_rights(using: str = "default", **kwargs: Any) -> None:
    """The roles of the web and of the workers may use the rows of the tables and nothing else; they own none of them.

    Runs after every migration, as the owner. A database without the roles (a plain DATABASE_URL) is left as it is.
    """
    from django.db import connections

    from cwms.retention.function import raise_deletion  # which asks for models

    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s) AND rolname <> current_user "
            "AND pg_get_userbyid((SELECT datdba FROM pg_database WHERE datname = current_database())) = current_user",
            [APP_ROLE, WORKER_ROLE],
        )
        roles = [role for (role,) in cursor.fetchall()]
        existing = set(connections[using].introspection.table_names(cursor))
        if existing.issuperset(TRIGGERS_ALONE):
            raise_history(cursor)
        for role in roles:
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            for table in existing.intersection(APPEND_ONLY):
                cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
            for table in existing.intersection(READ_ONLY):
                cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}")
            for table in existing.intersection(TRIGGERS_ALONE):
                cursor.execute(f"REVOKE ALL ON {table} FROM {role}")
                if role == WORKER_ROLE:
                    cursor.execute(f"GRANT SELECT ON {table} TO {role}")
        if APP_ROLE in roles:
            raise_walls(cursor, existing)
        if existing.issuperset(("payroll_payslip", "personnel_deletion")):
            raise_deletion(cursor, roles)
            raise_known(cursor, roles)
