"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as hypothesis_settings

# How long an example takes says how busy the machine is, not whether the program is right.
hypothesis_settings.register_profile("cwms", deadline=None)
hypothesis_settings.load_profile("cwms")


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
