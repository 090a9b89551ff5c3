"""The embedded server: one of it however many ask, back after a kill, closed to the outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from cwms.embedded.postgres import RUN, TEST, Server, bin_dir

ROOT = Path(__file__).resolve().parents[2]
SMALL = TEST | {"shared_buffers": "16MB"}
DURABLE = RUN | {"shared_buffers": "16MB"}  # what people's records stand on; the throw-away one may forget
START = """
import sys
from pathlib import Path
from cwms.embedded.postgres import TEST, Server
print(Server(Path(sys.argv[1]), conf=TEST | {"shared_buffers": "16MB"}).start().pid())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="cwms-platform-"))
    path.chmod(0o755)
    yield path
    Server(path / "pg").stop(signal.SIGQUIT)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def started(folder: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server in the folder; what this test started is reaped by it."""
    servers: list[Server] = []

    def start(conf: dict[str, str] = SMALL) -> Server:
        servers.append(Server(folder / "pg", conf=conf).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop(signal.SIGQUIT)
        if server.process is not None:
            server.process.wait(60)


def one(server: Server, sql: str, user: str | None = None) -> object:
    dsn = server.dsn() + (f" user={user}" if user else "")
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def until(true, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_starts_at_the_same_time_end_with_one_server(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(folder / "pg")]
    starts = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {start.communicate(timeout=120)[0].strip() for start in starts}
    assert [start.returncode for start in starts] == [0, 0, 0]
    assert pids == {str(Server(folder / "pg").pid())}


@pytest.mark.slow
def test_a_killed_server_with_a_busy_orphan_comes_back_with_its_rows(started: Callable[..., Server]) -> None:
    server = started(DURABLE)
    one(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    busy = psycopg2.connect(server.dsn())  # keeps a backend computing, which does not notice that its server is gone
    worker = busy.get_backend_pid()
    spin = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, psycopg2\n"
            "with psycopg2.connect(sys.argv[1]).cursor() as c:\n"
            "    c.execute('SELECT count(*) FROM generate_series(1, 20000000000) AS n')",
            server.dsn(),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        until(
            lambda: (
                one(
                    server,
                    f"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                    f"AND pid NOT IN ({worker}, pg_backend_pid()) AND query LIKE 'SELECT count%series%'",
                )
                == 1
            )
        )
        first = server.pid()
        os.kill(first, signal.SIGKILL)
        again = started(DURABLE)
        assert again.pid() not in (None, first)
        assert one(again, "SELECT count(*) FROM kept") == 1000
    finally:
        spin.kill()
        spin.wait()
        busy.close()


def test_it_stops_and_says_so(folder: Path) -> None:
    server = Server(folder / "pg", conf=SMALL)
    assert server.pid() is None
    server.start()
    assert server.pid() is not None
    server.stop()
    assert server.pid() is None
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.dsn())


def test_it_listens_on_a_private_socket_and_nowhere_else(started: Callable[..., Server]) -> None:
    server = started()
    assert one(server, "SHOW listen_addresses") == ""
    assert server.socket.stat().st_mode & 0o777 == 0o700
    assert one(server, "SHOW jit") == "off"
    assert one(server, "SHOW timezone") == "Asia/Shanghai"


def test_the_application_owns_nothing_and_creates_nothing(started: Callable[..., Server]) -> None:
    server = started()
    assert one(server, "SELECT count(*) FROM pg_class WHERE relowner = 'cwms_app'::regrole") == 0
    assert one(server, "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles "
                       "WHERE rolname = 'cwms_app'") is False  # fmt: skip
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        one(server, "CREATE TABLE mine (n int)", user="cwms_app")
    one(server, "CREATE TABLE mine (n int)")  # the control: the owner may


def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 4)
    server = Server(deep / "pg")
    assert len(str(server.socket / ".s.PGSQL.5432")) < 107
    assert server.socket != Server(deep / "other").socket
    near = Server(Path("/tmp/x"))
    assert near.socket.parent == near.base


def test_the_programs_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CWMS_PG_BIN", "/somewhere/bin")
    assert bin_dir() == Path("/somewhere/bin")
    monkeypatch.delenv("CWMS_PG_BIN")
    assert (bin_dir() / "initdb").exists()


def test_without_any_programs_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CWMS_PG_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("glob.glob", lambda pattern: [])
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SystemExit, match="CWMS_PG_BIN"):
        bin_dir()
