"""Own servers and real workers for the chaos tests: nothing here touches the server of the other tests."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from cwms.embedded.postgres import RUN, Server, die_with_parent
from cwms.embedded.valkey import Broker

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 3000
A_BATCH = 60
LEASE = 2  # seconds: as long as a dead worker's batch waits


@dataclass
class House:
    """A database with people in it, a broker, and workers that can be killed."""

    base: Path
    server: Server
    broker: Broker
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    clock: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.server.url(),
            "CWMS_EMBEDDED": "1",
            "CWMS_VAR": str(self.base / "var"),
            "CELERY_BROKER_URL": self.broker.url(),
            "CWMS_LEASE_SECONDS": str(LEASE),
            "CWMS_BATCH_PEOPLE": str(A_BATCH),
        }

    def manage(self, code: str) -> str:
        """Run Python with Django set up in a process of its own; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "import django; django.setup()\n" + code],
            cwd=ROOT,
            env=self.environment | {"DJANGO_SETTINGS_MODULE": "cwms.settings"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    def _celery(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "celery", "-A", *words, "--loglevel=ERROR"],
            cwd=ROOT,
            env=self.environment | {"CWMS_SWEEP_SECONDS": "0.5"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        self.workers.append(process)
        return process

    def work(self, app: str = "cwms.celery") -> subprocess.Popen[bytes]:
        """Start a worker with two processes."""
        return self._celery(app, "worker", "-c", "2", "--without-gossip", "--without-mingle", "--without-heartbeat")

    def beat(self) -> subprocess.Popen[bytes]:
        """Start the clock that sends the sweeper."""
        return self._celery("cwms.celery", "beat", "-s", str(self.base / f"beat-{len(self.workers)}"))

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """kill -9 of the worker and all its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)

    def kill_one_process(self, worker: subprocess.Popen[bytes], chance: random.Random) -> bool:
        """kill -9 of one process of the pool, which the worker replaces."""
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
            os.kill(int(chance.choice(children.read_text().split())), signal.SIGKILL)
            return True
        return False

    def ask(self, query: str) -> list[tuple]:
        """A query by a connection of our own; waits for a server that is coming back."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with contextlib.closing(psycopg2.connect(self.server.dsn())) as connection:
                    cursor = connection.cursor()
                    cursor.execute(query)
                    return cursor.fetchall()
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def done(self, run: int) -> int:
        return int(self.ask(f"SELECT count(*) FROM payroll_paybatch WHERE run_id = {run} AND state = 'DONE'")[0][0])

    def wait(self, run: int, *, batches: int | None = None, seconds: float = 90) -> bool:
        """Until the run has so many batches done, or is no longer running."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if batches is not None and self.done(run) >= batches:
                return True
            if self.ask(f"SELECT state FROM payroll_payrun WHERE id = {run}")[0][0] != "RUNNING":
                return True
            time.sleep(0.02)
        return False

    def start(self) -> int:
        """A new run of the whole place, its messages sent; returns its number."""
        return int(
            self.manage(
                "from core.periods import Month\n"
                "from organization.models import Unit\n"
                "from payroll import tasks\n"
                "from payroll.services.pay_runs import pay_run_start\n"
                "run = pay_run_start(actor=None, unit=Unit.objects.get(code='99'.ljust(12, '0')), month=Month(2026, 1))\n"
                "tasks.start_pay_run.delay(run.pk)\n"
                "print(run.pk)"
            )
        )

    def cancel(self, run: int) -> None:
        self.manage(
            "from payroll.models import PayRun\n"
            "from payroll.services.pay_runs import pay_run_cancel\n"
            f"pay_run_cancel(actor=None, run=PayRun.objects.get(pk={run}))"
        )

    def state_of(self, run: int) -> dict[str, object]:
        """Everything by which two runs are compared: rows, people, sum, digest of all rows, fingerprint."""
        state, fingerprint, error = self.ask(f"SELECT state, fingerprint, error FROM payroll_payrun WHERE id = {run}")[
            0
        ]
        rows, people, total, digest = self.ask(
            f"""SELECT count(*), count(DISTINCT person_id), sum(gross)::bigint,
                       md5(string_agg(md5(row(person_id, unit_id, post, gross, standards, amounts, input_codes,
                                              input_numbers)::text), '' ORDER BY person_id))
                  FROM payroll_payslip WHERE run_id = {run}"""
        )[0]
        return {
            "state": state,
            "error": error,
            "fingerprint": fingerprint,
            "rows": rows,
            "people": people,
            "total": total,
            "digest": digest,
        }


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    base = Path(tempfile.mkdtemp(prefix="cwms-chaos-"))
    base.chmod(0o755)
    # Durable on purpose: what survives an immediate stop must have been written.
    server = Server(base / "pg", conf=RUN | {"shared_buffers": "128MB"}, preexec=die_with_parent(signal.SIGINT)).start()
    broker = Broker(base / "broker", preexec=die_with_parent(signal.SIGTERM)).start()
    found = House(base, server, broker)
    try:
        found.manage(
            "from django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\n"
            "from benchmarks.people import populate\n"
            f"populate('99', {PEOPLE})"
        )
        found.clock = found.beat()
        yield found
    finally:
        for worker in found.workers:
            if worker.poll() is None:
                found.kill(worker)
        broker.stop()
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(house: House) -> dict[str, object]:
    """The run as it comes out in one process that nobody disturbs."""
    run = int(
        house.manage(
            "from core.periods import Month\n"
            "from organization.models import Unit\n"
            "from payroll.services.batches import compute_pay_run\n"
            "from payroll.services.pay_runs import pay_run_start\n"
            "unit = Unit.objects.get(code='99'.ljust(12, '0'))\n"
            "run = pay_run_start(actor=None, unit=unit, month=Month(2026, 1), people_a_batch=1000)\n"
            "print(compute_pay_run(run=run).pk)"
        )
    )
    found = house.state_of(run)
    house.cancel(run)
    return found
