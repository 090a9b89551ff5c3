"""Web and worker are read while the database is prepared, and begin nothing before it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cwms.starting import PREPARED, Preparation

ROOT = Path(__file__).resolve().parents[2]
# Nobody connects to this database: whatever did while it is read, or before a fork, would fail.
NO_DATABASE = {
    "DATABASE_URL": "postgresql://none@/none",
    "CWMS_EMBEDDED": "1",
    "DJANGO_SETTINGS_MODULE": "cwms.settings",
}
WEB = """
import cwms.starting
wait = cwms.starting.wait_until_prepared
def told():
    import django.core.wsgi, personnel.views
    print("read", flush=True)
    wait()
cwms.starting.wait_until_prepared = told
import cwms.wsgi
print("begun", flush=True)
"""
WORKER = """
import cwms
from celery.signals import celeryd_after_setup
print("read", flush=True)
celeryd_after_setup.send(sender="worker")
print("begun", flush=True)
"""


@pytest.mark.parametrize("program", [WEB, WORKER], ids=["web", "worker"])
@pytest.mark.parametrize("beside", [True, False])
def test_a_program_is_read_and_waits_for_the_preparation(tmp_path: Path, program: str, beside: bool) -> None:
    preparation = Preparation()
    environment = {key: value for key, value in os.environ.items() if key != PREPARED} | NO_DATABASE
    if beside:
        environment[PREPARED] = str(preparation.told)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT, env=environment | {"CWMS_VAR": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
        pass_fds=(preparation.told,),
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "read\n"
            if beside:
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.3)
                preparation.done()
            # The control: where nobody prepares, nobody waits.
            assert process.stdout.readline() == "begun\n"
            assert process.wait(30) == 0
        finally:
            process.kill()
    if not beside:
        preparation.done()
