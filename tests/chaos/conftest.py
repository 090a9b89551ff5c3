"""Own servers and real workers for the chaos tests: nothing here touches the server of the other tests."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from cwms.embedded.postgres import RUN, Server, die_with_parent
from cwms.embedded.valkey import Broker
from tests.chaos.kinds import KINDS, PAUSE_LOCK, Kind
from tests.rounds import LONG

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 1200 if LONG else 800
A_BATCH = 20  # a community: 60 or 40 batches a run
LEASE = 1  # seconds: as long as a dead worker's batch waits
WORKERS = 2  # of one process each

_told: Counter[str] = Counter()


class Hand:
    """The application's side: see tests/chaos/hand.py."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.chaos.hand"],
            cwd=ROOT,
            env=environment | {"DJANGO_SETTINGS_MODULE": "cwms.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def __call__(self, function: str, *arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([function, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def leave(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@dataclass
class House:
    """A database with people in it, a broker, the clock of the sweeper, and workers that can be killed."""

    base: Path
    server: Server
    broker: Broker
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)
    undisturbed: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=lambda: _told)
    _connection: Any = None

    def __post_init__(self) -> None:
        self.hand = Hand(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.server.url(),
            "CWMS_EMBEDDED": "1",
            "CWMS_VAR": str(self.base / "var"),
            "CELERY_BROKER_URL": self.broker.url(),
            "CWMS_LEASE_SECONDS": str(LEASE),
            "CWMS_BATCH_PEOPLE": str(A_BATCH),
            "CWMS_SWEEP_SECONDS": "0.3",
        }

    # -- Processes ------------------------------------------------------------------------------------------------------

    def celery(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of Celery; the database knows its connections by the number of its place in `others`."""
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "celery", "-A", *words, "--loglevel=ERROR"],
            cwd=ROOT,
            env=self.environment | {"PGAPPNAME": f"chaos {len(self.others)}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        self.others.append(process)
        return process

    def worker(self, app: str = "cwms.celery", *more: str) -> subprocess.Popen[bytes]:
        """A worker with one process."""
        return self.celery(
            app, "worker", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat", *more
        )

    def staff(self) -> None:
        """As many workers as there are to be, those who died replaced."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        self.workers += [self.worker() for _n in range(WORKERS - len(self.workers))]

    def open(self) -> None:
        """Workers and the clock that sends the sweeper. (The workers have nothing to do before the clock runs.)"""
        self.staff()
        for kind in KINDS:
            run = self.hand("alone", kind.name)
            self.undisturbed[kind.name] = self.state_of(kind, run)
            self.hand("cancel", kind.name, run)
        self.celery("cwms.celery", "beat", "-s", str(self.base / "beat"))

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Workers and clock hold still meanwhile."""
        still = [process for process in self.others if process.poll() is None]
        for process in still:
            os.killpg(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in still:
                with contextlib.suppress(ProcessLookupError):  # killed meanwhile
                    os.killpg(process.pid, signal.SIGCONT)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """kill -9 of the worker and its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)

    def kill_process(self, worker: subprocess.Popen[bytes]) -> bool:
        """kill -9 of the process that computes, which the worker replaces."""
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
            os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
            return True
        return False

    def close(self) -> None:
        for process in self.others:
            if process.poll() is None:
                self.kill(process)
        self.hand.leave()
        if self._connection is not None:
            self._connection.close()

    # -- The middle: where tests/chaos/hand.py and naive.py wait for a lock that a test holds -----------------------------

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Whoever comes to the middle waits there."""
        self.ask("SELECT pg_advisory_lock(%(lock)s)", lock=PAUSE_LOCK)
        try:
            yield
        finally:
            self.ask("SELECT pg_advisory_unlock(%(lock)s)", lock=PAUSE_LOCK)

    def waiting(self) -> subprocess.Popen[bytes] | None:
        """The worker that waits in the middle of its transaction."""
        found = self.ask(
            """SELECT split_part(a.application_name, ' ', 2)::integer
                 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                WHERE l.locktype = 'advisory' AND l.objid = %(lock)s AND NOT l.granted
                  AND a.application_name LIKE 'chaos %%'""",
            lock=PAUSE_LOCK,
        )
        return self.others[found[0][0]] if found else None

    def connected(self, worker: subprocess.Popen[bytes]) -> bool:
        name = f"chaos {self.others.index(worker)}"
        return bool(self.ask("SELECT 1 FROM pg_stat_activity WHERE application_name = %(name)s", name=name))

    def kill_in_the_middle(self) -> None:
        """kill -9 of the worker that waits; on return the server has noticed."""
        assert self.until(lambda: self.waiting() is not None, 60), "nobody came to the middle"
        victim = self.waiting()
        assert victim is not None
        self.kill(victim)
        self.told["workers killed"] += 1
        self.ask("SELECT pg_advisory_unlock(%(lock)s)", lock=PAUSE_LOCK)
        assert self.until(lambda: not self.connected(victim), 30), "the server did not notice"
        self.ask("SELECT pg_advisory_lock(%(lock)s)", lock=PAUSE_LOCK)

    # -- What the database says -----------------------------------------------------------------------------------------

    def ask(self, query: str, **named: Any) -> list[tuple[Any, ...]]:
        """A query by a connection of our own, which also listens; waits for a server that is coming back."""
        deadline = time.monotonic() + 60
        while True:
            try:
                if self._connection is None:
                    self._connection = psycopg2.connect(self.server.dsn())
                    self._connection.autocommit = True
                    self._connection.cursor().execute("LISTEN chaos")
                cursor = self._connection.cursor()
                cursor.execute(query, named)
                return list(cursor.fetchall())
            except psycopg2.Error as error:
                if error.pgcode is not None and not isinstance(error, psycopg2.OperationalError):
                    raise  # the query's own fault
                self._connection = None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so; looked at again whenever a run or a batch has changed."""
        deadline = time.monotonic() + seconds
        while not reached():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            # The half second is for a server that went away meanwhile, whose news nobody hears.
            if self._connection is not None and select.select([self._connection], [], [], min(left, 0.5))[0]:
                with contextlib.suppress(psycopg2.Error):
                    self._connection.poll()
                    self._connection.notifies.clear()
        return True

    def running(self, kind: Kind, run: int) -> bool:
        return bool(self.ask(f"SELECT state FROM {kind.runs} WHERE id = %(run)s", run=run)[0][0] == "RUNNING")

    def done(self, kind: Kind, run: int) -> int:
        query = f"SELECT count(*) FROM {kind.batches} WHERE run_id = %(run)s AND state = 'DONE'"
        return int(self.ask(query, run=run)[0][0])

    def reach(self, kind: Kind, run: int, batches: int, seconds: float = 60) -> bool:
        """Wait until so many batches are done; false when the run ended first."""
        assert self.until(lambda: self.done(kind, run) >= batches or not self.running(kind, run), seconds), (
            "it stands still"
        )
        return self.running(kind, run)

    def state_of(self, kind: Kind, run: int) -> dict[str, Any]:
        """Everything by which two runs are compared: their fingerprint and totals, and every row that they wrote."""
        state, error, fingerprint, totals = self.ask(
            f"SELECT state, error, fingerprint, totals FROM {kind.runs} WHERE id = %(run)s", run=run
        )[0]
        rows, people = self.ask(
            f"SELECT count(*), count(DISTINCT person_id) FROM {kind.results} WHERE {kind.run_column} = %(run)s", run=run
        )[0]
        found = {"state": state, "error": error, "fingerprint": fingerprint, "totals": totals}
        found |= {"rows": rows, "people": people}
        for table, of_run in kind.tables():
            found[table] = self.ask(
                f"""SELECT count(*), md5(string_agg(line, chr(10) ORDER BY line))
                      FROM (SELECT (to_jsonb(t) - ARRAY['id', 'run_id', 'evaluation_id', 'pool_id'])::text AS line
                              FROM {table} t WHERE {of_run}) lines""",
                run=run,
            )[0]
        return found

    # -- Runs -----------------------------------------------------------------------------------------------------------

    def start(self, kind: Kind) -> int:
        """A new run of the whole place, its message sent; returns its number."""
        self.staff()
        return int(self.hand("start", kind.name))

    def prove(self, kind: Kind, run: int) -> int:
        """The run ends as the undisturbed one did; it is taken away. Returns how many batches were begun again."""
        assert self.until(lambda: not self.running(kind, run), 120), "the run did not end"
        found = self.state_of(kind, run)
        again = self.ask(f"SELECT coalesce(sum(attempt - 1), 0) FROM {kind.batches} WHERE run_id = %(run)s", run=run)
        self.hand("cancel", kind.name, run)
        assert found["state"] == "READY", found["error"]
        assert (PEOPLE - found["people"], found["rows"] - found["people"]) == (0, 0), "(missing, doubled)"
        assert found == self.undisturbed[kind.name]
        self.told.update({f"{kind.name} runs": 1, "batches taken over": int(again[0][0])})
        return int(again[0][0])

    def at_work(self, kind: Kind) -> list[subprocess.Popen[bytes]]:
        """The workers that have a batch in their hands: their transaction has locked it."""
        found = self.ask(
            """SELECT DISTINCT split_part(a.application_name, ' ', 2)::integer
                 FROM pg_stat_activity a JOIN pg_locks l USING (pid)
                WHERE l.relation = %(batches)s::regclass AND l.granted AND l.mode = 'RowShareLock'
                  AND a.application_name LIKE 'chaos %%'
                ORDER BY 1""",
            batches=kind.batches,
        )
        return [worker for (n,) in found if (worker := self.others[n]) in self.workers and worker.poll() is None]

    def harass(self, kind: Kind, run: int, chance: random.Random, kills: int) -> int:
        """Kill so often while the run is running, at moments that nobody has chosen; returns how often it was."""
        killed = 0
        while killed < kills and self.reach(kind, run, self.done(kind, run) + chance.randint(1, 4)):
            time.sleep(chance.uniform(0, 0.04))  # somewhere in a batch
            busy = self.at_work(kind)
            if not busy:
                continue  # between two batches, or all are starting
            victim = chance.choice(busy)
            if killed % 2 == 1:
                self.kill(victim)
                self.told["workers killed"] += 1
            elif self.kill_process(victim):
                self.told["processes killed"] += 1
            else:
                continue
            killed += 1
            self.staff()
        return killed


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    base = Path(tempfile.mkdtemp(prefix="cwms-chaos-"))
    base.chmod(0o755)
    # Durable on purpose: what survives an immediate stop must have been written.
    server = Server(base / "pg", conf=RUN | {"shared_buffers": "128MB"}, preexec=die_with_parent(signal.SIGINT)).start()
    broker = Broker(base / "broker", preexec=die_with_parent(signal.SIGTERM)).start()
    found = House(base, server, broker)
    try:
        found.hand("settle", PEOPLE)
        found.open()
        yield found
    finally:
        found.close()
        broker.stop()
        server.stop(signal.SIGQUIT)  # nothing of it is needed any more
        shutil.rmtree(base, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _told:
        kills = _told["workers killed"] + _told["processes killed"]
        told = ", ".join(f"{number} {what}" for what, number in sorted(_told.items()))
        terminalreporter.write_line(
            f"chaos: {kills} kills ({told}); nothing missing, nothing doubled where tests passed"
        )
