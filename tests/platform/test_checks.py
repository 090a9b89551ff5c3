"""What `check --deploy` refuses, each with the setting or row that brings it about; and that production is clean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cwms.checks import connections, passwords, users
from organization.models import User
from organization.services import user_create

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a county runs it."""
    settings.CWMS_SECOND_FACTOR, settings.CWMS_ONE_TIME_HOURS, settings.AXES_ENABLED = True, 24, True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.HTTPS = True
    settings.CELERY_BROKER_URL = "rediss://broker.example:6379/0"
    verified = {"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full"}}
    monkeypatch.setattr("cwms.checks._database", lambda: verified)
    settings.ALLOWED_HOSTS = ["cwms.example"]


def ids(check: Any, **more: Any) -> list[str]:
    return [message.id for message in check(**more)]


def test_production_is_clean() -> None:
    assert ids(passwords) == ids(connections) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("CWMS_PASSWORDS", "weak", "cwms.E010"),
        ("CWMS_SECOND_FACTOR_ROLES", ["FINANCES"], "cwms.E011"),
        ("CWMS_SECOND_FACTOR", False, "cwms.E012"),
        ("CWMS_IDLE_MINUTES", 31, "cwms.E013"),
        ("CWMS_IDLE_MINUTES", 0, "cwms.E013"),
        ("SESSION_COOKIE_AGE", 13 * 3600, "cwms.E013"),
        ("CWMS_ONE_TIME_HOURS", 0, "cwms.E014"),
        ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"], "cwms.E015"),
        ("AXES_ENABLED", False, "cwms.E016"),
    ],
)
def test_weak_settings_are_refused(settings: Any, name: str, value: Any, found: str) -> None:
    setattr(settings, name, value)
    assert ids(passwords) == [found]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("HTTPS", False, ["cwms.E020"]),
        ("CELERY_BROKER_URL", "redis://broker.example:6379/0", ["cwms.E021"]),
        ("CELERY_BROKER_URL", "amqp://broker.example/", ["cwms.E021"]),
        ("CELERY_BROKER_URL", "redis://redis:6379/0", []),
        ("CELERY_BROKER_URL", "redis+socket:///run/valkey/s", []),
        ("ALLOWED_HOSTS", ["*"], ["cwms.E023"]),
    ],
)
def test_open_connections_are_refused(settings: Any, name: str, value: Any, found: list[str]) -> None:
    setattr(settings, name, value)
    assert ids(connections) == found


@pytest.mark.parametrize(
    ("database", "found"),
    [
        ({"HOST": "db.example"}, ["cwms.E022"]),
        ({"HOST": "db.example", "OPTIONS": {"sslmode": "require"}}, ["cwms.E022"]),
        ({"HOST": "/run/postgresql"}, []),
        ({"HOST": "postgres"}, []),
    ],
)
def test_a_database_that_is_not_verified_is_refused(
    monkeypatch: pytest.MonkeyPatch, database: dict[str, Any], found: list[str]
) -> None:
    monkeypatch.setattr("cwms.checks._database", lambda: database)
    assert ids(connections) == found


@pytest.mark.django_db
def test_nobody_stands_above_the_roles() -> None:
    user = user_create(actor=None, username="wang.min", display_name="王敏")[0]
    assert ids(users, databases=["default"]) == []
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    assert ids(users, databases=["default"]) == ["cwms.E030"]
    assert ids(users) == [], "without --database nothing is asked"
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ids(users, databases=["default"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["admin", "Root", "TEST"])
def test_names_that_are_tried_first_are_refused(name: str) -> None:
    user_create(actor=None, username=name, display_name="王敏")
    assert ids(users, databases=["default"]) == ["cwms.E031"]
    User.objects.update(is_active=False)
    assert ids(users, databases=["default"]) == []


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    """`check --deploy` in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_check_deploy_is_clean_and_finds_debugging(tmp_path: Path) -> None:
    from core.crypto.ring import make_ring

    make_ring(tmp_path / "keys.json")
    production = {
        "CWMS_VAR": str(tmp_path), "CWMS_SECRET_KEY": "aB3-cD4_" * 10, "CWMS_HTTPS": "1", "CWMS_HOSTS": "cwms.example",
        "DATABASE_URL": "postgresql://cwms_app:x@db.example/cwms?sslmode=verify-full",
        "CWMS_WORKER_DATABASE_URL": "postgresql://cwms_worker:x@db.example/cwms?sslmode=verify-full",
        "CELERY_BROKER_URL": "rediss://broker.example:6379/0",
    }  # fmt: skip
    clean = check(**production)
    assert (clean.returncode, clean.stderr) == (0, ""), clean.stderr
    assert "no issues" in clean.stdout
    faulty = check(**production | {"CWMS_DEBUG": "1", "CWMS_HTTPS": "0", "CWMS_SECOND_FACTOR": "0"})
    assert faulty.returncode == 1
    for number in ("security.W018", "security.W004", "cwms.E012", "cwms.E020"):
        assert number in faulty.stderr
