"""Web and worker are read while the database is prepared, and begin nothing before it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from cwms.starting import PREPARED, Preparation, wait_until_prepared

ROOT = Path(__file__).resolve().parents[2]
# Nobody connects to this database: whatever did while it is read, or before a fork, would fail.
NO_DATABASE = {
    "DATABASE_URL": "postgresql://none@/none",
    "CWMS_EMBEDDED": "1",
    "DJANGO_SETTINGS_MODULE": "cwms.settings",
}
# What is called instead of waiting ends the process: nothing after it is reached.
STOP = """
import sys
def stop():
    print("read", flush=True)
    sys.exit(7)
"""
WEB = """
import cwms.starting
{}cwms.starting.wait_until_prepared = stop
import cwms.wsgi
print("begun", flush=True)
"""
WORKER = """
import cwms.celery
from celery.signals import celeryd_after_setup
{}cwms.celery.wait_until_prepared = stop
celeryd_after_setup.send(sender="worker")
print("begun", flush=True)
"""


@pytest.mark.parametrize("program", [WEB, WORKER], ids=["web", "worker"])
@pytest.mark.parametrize("waits", [True, False])
def test_a_program_is_read_and_waits_before_it_begins(tmp_path: Path, program: str, waits: bool) -> None:
    environment = {key: value for key, value in os.environ.items() if key != PREPARED} | NO_DATABASE
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STOP + program.format("" if waits else "# ")],
        cwd=ROOT, env=environment | {"CWMS_VAR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # The control: where nobody prepares, nobody waits.
    assert (ended.stdout, ended.returncode) == (("read\n", 7) if waits else ("begun\n", 0)), ended.stderr


def test_the_wait_ends_with_the_preparation(monkeypatch: pytest.MonkeyPatch) -> None:
    preparation = Preparation()
    monkeypatch.setenv(PREPARED, str(os.dup(preparation.told)))
    waiting = Thread(target=wait_until_prepared)
    waiting.start()
    waiting.join(0.1)  # without a wait it would be over
    assert waiting.is_alive()
    preparation.done()
    waiting.join(30)
    assert not waiting.is_alive()
