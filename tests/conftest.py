"""What every test shares."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as hypothesis_settings

# How long an example takes says how busy the machine is, not whether the program is right.
hypothesis_settings.register_profile("cwms", deadline=None)
hypothesis_settings.load_profile("cwms")


MIGRATED = "cwms_migrated"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> None:
    """Migrations run once in a test run: the databases of its processes are copies of one that nobody else writes to.

    Only on the throw-away server; on somebody's own, every process migrates a database of its own.
    """
    if os.environ.get("CWMS_EMBEDDED") != "1" or request.config.getoption("reuse_db"):
        return
    test = connection.settings_dict["TEST"]
    with (Path(os.environ["CWMS_VAR"]).parent / "migrated.lock").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [MIGRATED])
            there = cursor.fetchone() is not None
        if not there:
            own, name = test["NAME"], connection.settings_dict["NAME"]
            test["NAME"] = MIGRATED
            try:
                connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            finally:
                connection.close()
                test["NAME"] = own
                connection.settings_dict["NAME"] = django_settings.DATABASES["default"]["NAME"] = name
            with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f"ALTER DATABASE {MIGRATED} IS_TEMPLATE true")
    test["TEMPLATE"] = MIGRATED


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Argon2 is slow on purpose; tests of log-ins need its interface, not its cost."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.WHITENOISE_AUTOREFRESH = True  # tests collect no static files


@pytest.fixture(autouse=True)
def _no_limit_of_guesses(settings) -> None:
    """Every log-in of a test would be written down; the tests of the limit turn it on."""
    settings.AXES_ENABLED = False


@pytest.fixture(autouse=True)
def _no_limit_of_sessions(settings) -> None:
    """Tests of many at once log one user in often; the test of the limit turns it on."""
    settings.CWMS_MOST_SESSIONS = 1000


@pytest.fixture(autouse=True)
def _no_limit_of_requests(settings) -> None:
    """Counts of requests outlive a test; the test of the limit turns it on."""
    settings.CWMS_API_RATE = ""


@pytest.fixture(autouse=True, scope="session")
def _tests_may_empty_tables() -> Iterator[None]:
    """Guards refuse TRUNCATE where something is closed; the cleaning after a transactional test opens them meanwhile."""
    original = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                   WHERE NOT t.tgisinternal AND t.tgtype & 32 <> 0"""
            )
            guards = cursor.fetchall()
        opened = [f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"' for table, name in guards]
        closed = [f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"' for table, name in guards]
        original(self, [*opened, *sql_list, *closed])

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = original
