"""The Makefile's promises, and settings that refuse to guess."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "chaos", "requirements", "docs", "clean"])
def test_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.*\b{target}\b", MAKEFILE, re.MULTILINE)


def test_every_phony_target_has_a_rule() -> None:
    for target in re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE).group(1).split():
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_ci_does_what_a_person_does() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("make")] == ["make check", "make test"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def settings(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CWMS_") and key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-c", "import cwms.settings as s; print(s.DATABASES['default']['USER'])"],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_real_database_needs_a_key_of_its_own() -> None:
    url = "postgresql://app:x@db/cwms"
    refused = settings(DATABASE_URL=url)
    assert refused.returncode != 0
    assert "CWMS_SECRET_KEY is not set" in refused.stderr
    given = settings(DATABASE_URL=url, CWMS_SECRET_KEY="k" * 60)
    assert (given.returncode, given.stdout.strip()) == (0, "app")


def test_the_owner_connects_only_where_asked() -> None:
    urls = {
        "DATABASE_URL": "postgresql://app:x@db/cwms",
        "CWMS_OWNER_DATABASE_URL": "postgresql://owner:x@db/cwms",
        "CWMS_SECRET_KEY": "k" * 60,
    }
    assert settings(**urls).stdout.strip() == "app"
    assert settings(**urls, CWMS_DB_ROLE="owner").stdout.strip() == "owner"


def test_workers_are_not_the_role_that_sees_no_row() -> None:
    web = {"DATABASE_URL": "postgresql://cwms_app:x@db/cwms", "CWMS_SECRET_KEY": "k" * 60}
    assert settings(**web).stdout.strip() == "cwms_app"
    refused = settings(**web, CWMS_DB_ROLE="worker")
    assert refused.returncode != 0
    assert "Set CWMS_WORKER_DATABASE_URL" in refused.stderr
    worker = {"CWMS_DB_ROLE": "worker", "CWMS_WORKER_DATABASE_URL": "postgresql://cwms_worker:x@db/cwms"}
    assert settings(**web, **worker).stdout.strip() == "cwms_worker"
