"""`make run`'s supervisor: up, up again quickly, and nothing of it left however it ends."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from socket import socket

import pytest

from cwms.embedded import up
from cwms.embedded.postgres import Server
from cwms.embedded.up import free_port
from tests.timing import took

ROOT = Path(__file__).resolve().parents[2]
LOADED = re.compile(r"^\S+: loaded$", re.MULTILINE)  # said of each place whose records are new


def belongs(var: Path) -> list[str]:
    """The live processes whose command line, environment or folder names this run's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            environment = (entry / "environ").read_bytes().split(b"\0")
            ours = (
                f"CWMS_VAR={var}".encode() in environment
                or str(var).encode() in (entry / "cmdline").read_bytes()
                or os.readlink(entry / "cwd").startswith(str(var))
            )
        except OSError:
            continue
        if state != "Z" and ours:
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


class Run:
    def __init__(self, var: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CWMS_") and k not in ("DATABASE_URL", "PORT")}
        kept.pop("CELERY_BROKER_URL", None)
        self.began = time.monotonic()
        self.log = var.parent / f"up-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cwms.embedded.up"],
                cwd=ROOT, env=kept | {"CWMS_VAR": str(var), "PORT": "8700"}, stdout=log, stderr=log,
            )  # fmt: skip

    def until_up(self, seconds: float) -> float:
        """Seconds until it said where it is; then its health page answers."""
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/", self.log.read_text(errors="replace"))):
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            assert time.monotonic() - self.began < seconds, self.log.read_text(errors="replace")
            time.sleep(0.05)
        passed = time.monotonic() - self.began
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/health/", timeout=20) as answer:
            assert answer.read() == b"ok"
        return passed

    def interrupt(self) -> float:
        """Ctrl+C; the seconds of processor time that the run took with all its children."""
        self.process.send_signal(signal.SIGINT)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert self.process.returncode == 0, self.log.read_text(errors="replace")
        return used.ru_utime + used.ru_stime


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cwms-up-"))
    folder.chmod(0o755)
    yield folder / "var"
    Server(folder / "var" / "pg").stop(signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def gone(var: Path, seconds: float = 60.0) -> list[str]:
    deadline = time.monotonic() + seconds
    while (left := belongs(var)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_comes_up_again_quickly_and_leaves_nothing(var: Path) -> None:
    first = Run(var)
    first.until_up(300)
    assert len(belongs(var)) >= 5  # the control: this way of looking does see a run
    text = first.log.read_text()
    passwords = re.findall(r"\w{4}(?:-\w{4}){3}", text)
    assert len(passwords) == len(set(passwords)) > 20
    assert LOADED.search(text)
    assert (var / "demo-users.json").stat().st_mode & 0o777 == 0o600
    first_work = first.interrupt()
    assert gone(var) == []

    second = Run(var)
    took("up again", second.until_up(120), 10)
    text = second.log.read_text()
    assert set(passwords) <= set(re.findall(r"\w{4}(?:-\w{4}){3}", text))
    assert not LOADED.search(text)
    # Up in less than ten seconds is a promise about an idle machine. Tests share theirs, and processor seconds grow with
    # what the neighbours do to its caches: only the first start's own work, minutes earlier, is a measure here.
    assert second.interrupt() < first_work / 2
    assert gone(var) == []

    third = Run(var)
    third.until_up(120)
    third.process.kill()
    third.process.wait()
    assert gone(var) == []

    fourth = Run(var)
    fourth.until_up(120)
    fourth.process.send_signal(signal.SIGTERM)
    assert fourth.process.wait(60) == 0
    assert gone(var) == []


STUBBORN = """
import os, signal, sys, time
from cwms.embedded.up import Children, Guard
guard = Guard(0.3)
if sys.argv[1] == "unguarded":
    guard.watch = lambda group: None
child = Children(guard).start("stubborn", sys.executable, "-c", '''
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
os.write(1, b"ready" + bytes([10]))  # whole, whoever else writes
time.sleep(600)
''')
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("guarded", [True, False])
def test_children_that_do_not_listen_end_with_a_killed_parent(tmp_path: Path, guarded: bool) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, "guarded" if guarded else "unguarded"],
        cwd=ROOT, env=os.environ | {"CWMS_VAR": str(tmp_path)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert parent.stdout is not None
    assert [parent.stdout.readline() for _ in range(2)] == [b"ready\n", b"ready\n"]
    parent.stdout.close()
    parent.kill()
    parent.wait()
    if guarded:
        assert gone(tmp_path) == []
        return
    # The control: without it, the child and its child stay.
    assert len(gone(tmp_path, 1.0)) == 2
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"CWMS_VAR={tmp_path}".encode() in (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


LEADER = """
import os, signal, sys
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], "w").close()
    signal.pause()
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("ended", [True, False])
def test_what_a_stopped_child_leaves_behind_ends_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    """A worker may end in time and leave a child that was not told: its whole group is ended."""
    ready = tmp_path / "ready"
    guard = up.Guard()
    children = up.Children(guard, patience=0.3)
    if not ended:
        monkeypatch.setattr(up, "end_groups", lambda groups, patience: None)
    leader = children.start("leader", sys.executable, "-c", LEADER, str(ready), CWMS_VAR=str(tmp_path))
    while not ready.exists():
        assert leader.poll() is None
        time.sleep(0.01)
    children.stop()
    guard.dismiss()
    assert leader.returncode == -signal.SIGTERM
    if ended:
        assert gone(tmp_path) == []
        return
    assert len(gone(tmp_path, 0.5)) == 1  # the control: only the leader was waited for
    os.killpg(leader.pid, signal.SIGKILL)


def test_a_taken_port_gives_way_to_the_next() -> None:
    port = free_port(8850)
    with closing(socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert free_port(port) > port
    assert free_port(port) == port


def test_children_are_found_when_they_end() -> None:
    from cwms.embedded.up import Children, Guard

    guard = Guard()
    children = Children(guard)
    ending: Callable[..., subprocess.Popen[bytes]] = children.start
    ending("short", sys.executable, "-c", "raise SystemExit(3)").wait()
    assert children.ended() == ("short", 3)
    children.stop()
    guard.dismiss()
