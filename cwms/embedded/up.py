"""`make run`: database, broker, worker and web as children of one process; Ctrl+C stops all of them.

Children never outlive this process, however it ends; what a killed one left behind is cleared at the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from cwms.embedded.postgres import Server, die_with_parent
from cwms.embedded.valkey import Broker
from cwms.starting import PREPARED, Preparation
from cwms.translations import compile_stale

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("CWMS_VAR", ROOT / "var")).resolve()
PATIENCE = 15.0  # seconds that a child may take to end before it is killed


class Stopped(Exception):
    """Somebody asked us to stop."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody listens on."""
    for port in range(wanted, wanted + 50):
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No port is free between {wanted} and {wanted + 49}. Set PORT to another.")


def end_groups(groups: set[int], patience: float) -> None:
    """Waits until no process of these groups is left; kills those that stay for longer than `patience` seconds.

    A group outlives its leader: a worker that is told to stop while it is still starting may have forked children that
    nobody tells any more.
    """

    def left(number: int) -> set[int]:
        staying = set()
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)
                staying.add(group)
        return staying

    deadline = time.monotonic() + patience
    while (groups := left(0)) and time.monotonic() < deadline:
        time.sleep(0.05)
    # Killed ones are dead at once, but stay in the table where the machine's first process does not collect orphans.
    deadline = time.monotonic() + 1.0
    while (groups := left(signal.SIGKILL)) and time.monotonic() < deadline:
        time.sleep(0.05)


class Guard:
    """A process that outlives this one just long enough to end what it leaves behind.

    The kernel tells children that their parent is gone, but one that then waits for a broker that is gone too, or a
    pool of children that nobody told, may stay. The guard reads a pipe whose only writer is this process: its end is
    this process's end, however it came.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        read, self._write = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(self._write)
            try:
                self._watch(read, patience)
            finally:
                os._exit(0)
        os.close(read)

    @staticmethod
    def _watch(read: int, patience: float) -> None:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with os.fdopen(read) as told:
            words = told.read().split()  # until the writer is gone
        if "done" in words:
            return
        end_groups({int(word) for word in words}, patience)

    def watch(self, group: int) -> None:
        """Holds this process group to end with this process."""
        os.write(self._write, f"{group}\n".encode())

    def dismiss(self) -> None:
        """All groups were stopped in order: their numbers may by now be somebody else's."""
        os.write(self._write, b"done\n")
        os.close(self._write)
        os.waitpid(self._process, 0)


class Children:
    """The processes of this run, in the order of their start."""

    def __init__(self, guard: Guard, patience: float = PATIENCE) -> None:
        self.running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.guard = guard
        self.patience = patience

    def start(
        self, name: str, *command: str, passing: tuple[int, ...] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            pass_fds=passing,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C reaches this process alone, which then stops them in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        self.guard.watch(process.pid)
        self.running.append((name, process))
        return process

    def ended(self) -> tuple[str, int] | None:
        for name, process in self.running:
            if (code := process.poll()) is not None:
                return name, code
        return None

    def stop(self) -> None:
        for _, process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + self.patience
        for _, process in reversed(self.running):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        end_groups({process.pid for _, process in self.running}, max(0.5, deadline - time.monotonic()))


def prepare() -> None:
    """Schema, rights, static files, policies and demonstration: one process, what is done is skipped."""
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=os.environ | {"CWMS_DB_ROLE": "owner"}, check=False
    )
    if done.returncode:
        raise SystemExit("The preparation failed; what it said stands above. Nothing is served.")


def wait_for(port: int, children: Children) -> None:
    """Until the web answers."""
    while True:
        if ended := children.ended():
            raise SystemExit(f"{ended[0]} ended with {ended[1]} while starting.")
        # An open port is not enough: a server takes connections before it has anybody to answer them.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/health/")
            connection.getresponse().read()
            return
        time.sleep(0.05)


def greeting(port: int) -> str:
    """What a person needs now: the address, the users, what to click first."""
    lines = ["", f"  CWMS 社区工作者管理系统   http://127.0.0.1:{port}/", ""]
    accounts = VAR / "demo-users.json"
    if accounts.exists():
        lines.append("  Users of the demonstration (one-time passwords, to be changed at the first login):")
        for user in json.loads(accounts.read_text()):
            password = user["password"] if user.get("must_change", True) else "(changed)"
            lines.append(f"    {user['username']:<22} {password:<18} {user['role']}, {user['unit']}")
        lines += [
            "",
            "  First: log in as chaohu.finance, open 薪酬 › the pay run of January 2026, read the differences, seal it.",
            "  Then open any payslip and click a line: it says why the figure is what it is.",
        ]
    return "\n".join([*lines, "", "  Ctrl+C stops everything.", ""])


def main() -> int:
    os.chdir(ROOT)
    VAR.mkdir(parents=True, exist_ok=True)
    guard = Guard()  # before the lock is held, which its copy would hold as well
    with (VAR / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"CWMS already runs from {VAR}. Stop it first, or set CWMS_VAR to another folder.", file=sys.stderr)
            return 1
        return serve(guard)


def serve(guard: Guard) -> int:
    """Start everything, tell where it is, and stop it when asked to or when a part of it ends; the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)

    children, server, broker = Children(guard), None, None
    code = 0
    try:
        if "DATABASE_URL" not in os.environ:
            server = Server(VAR / "pg", preexec=die_with_parent(signal.SIGINT)).start()
            os.environ |= {
                "DATABASE_URL": server.url("app"),
                "CWMS_OWNER_DATABASE_URL": server.url("owner"),
                "CWMS_WORKER_DATABASE_URL": server.url("worker"),
                "CWMS_EMBEDDED": "1",
            }
        if "CELERY_BROKER_URL" not in os.environ:
            broker = Broker(VAR / "valkey", preexec=die_with_parent(signal.SIGTERM)).start()
            os.environ["CELERY_BROKER_URL"] = broker.url()
        compile_stale()  # before anybody reads the program: whoever finds no translations then goes on without them
        preparation = Preparation()
        beside = {PREPARED: str(preparation.told)}
        python, port = sys.executable, free_port(int(os.environ.get("PORT", "8000")))
        children.start(
            "worker", python, "-m", "celery", "-q", "-A", "cwms", "worker", "-B", "-c", "2", "-l", "warning",
            "--without-gossip", "--without-mingle", "-s", str(VAR / "beat-schedule"),
            passing=(preparation.told,),
            CWMS_DB_ROLE="worker",
            **beside,
            # It takes JSON alone from a private socket, so being root on one's own machine is no risk to warn of.
            PYTHONWARNINGS="ignore:You're running the worker with superuser privileges",
        )  # fmt: skip
        children.start(
            "web", python, "-m", "gunicorn", "-c", "python:cwms.web", "-b", f"127.0.0.1:{port}", "-w", "2", "--threads", "2",
            "--log-level", "warning", "--worker-tmp-dir", str(VAR), "cwms.wsgi:application",
            passing=(preparation.told,),
            CWMS_DB_ROLE="app",
            **beside,
        )  # fmt: skip
        prepare()  # web and worker are read meanwhile
        preparation.done()
        wait_for(port, children)
        print(greeting(port), flush=True)
        while True:
            if ended := children.ended():
                print(f"{ended[0]} ended with {ended[1]}; stopping.", file=sys.stderr)
                code = 1
                break
            time.sleep(0.2)
    except Stopped:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl+C must not leave half of it running
        children.stop()
        if broker is not None:
            broker.stop()
        if server is not None:
            server.stop()
        guard.dismiss()
    print("Stopped.", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
