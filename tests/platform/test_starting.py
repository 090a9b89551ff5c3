"""Web and worker are read while the database is prepared, and begin nothing before it is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from cwms.embedded import up
from cwms.embedded.up import Children
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


READ = """
import sys
from pathlib import Path
import cwms.settings
from cwms.translations import compile_stale
cwms.settings.LOCALE_PATHS = [Path(sys.argv[1])]
for step in sys.argv[2:]:
    if step == "compile":
        compile_stale(Path(sys.argv[1]))
    else:
        import cwms.wsgi
from django.utils.translation import gettext
sys.stdout.buffer.write(gettext("Log in").encode())
"""


@pytest.mark.parametrize(("steps", "told"), [(("compile", "read"), "登录"), (("read", "compile"), "Log in")])
def test_a_program_speaks_the_language_that_was_there_when_it_was_read(
    tmp_path: Path, steps: tuple[str, str], told: str
) -> None:
    """Models are named in it while they are read, and what was found then is kept. The second is the control."""
    text = tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po"
    text.parent.mkdir(parents=True)
    shutil.copy(ROOT / "locale/zh_Hans/LC_MESSAGES/django.po", text)
    environment = os.environ | NO_DATABASE | {"CWMS_VAR": str(tmp_path), "CWMS_LANGUAGE": "zh-hans"}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, str(tmp_path / "locale"), *steps],
        cwd=ROOT, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert (ended.stdout.decode(), ended.returncode) == (told, 0), ended.stderr.decode()


def test_translations_are_there_before_anybody_reads_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def start(self: Children, name: str, *command: str, **more: object) -> None:
        done.append(name)

    monkeypatch.setenv("DATABASE_URL", NO_DATABASE["DATABASE_URL"])
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://none")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(up, "VAR", tmp_path)
    monkeypatch.setattr(up, "compile_stale", lambda: done.append("translations"))
    monkeypatch.setattr(Children, "start", start)
    monkeypatch.setattr(up, "prepare", lambda: done.append("prepared"))
    monkeypatch.setattr(up, "wait_for", lambda port, children: sys.exit("seen enough"))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit, match="seen enough"):
            up.main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert done == ["translations", "worker", "web", "prepared"]


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
