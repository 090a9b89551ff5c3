"""Slow and oversized requests against gunicorn as it is run: whoever sends slowly holds up nobody else."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from cwms import web

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = """
import gc, os

def wait_long():
    import cwms.web
    cwms.web.LEFT_SECONDS = 300
    return os.getpid()

def application(environ, start_response):
    asked = {"/frozen": gc.get_freeze_count, "/worker": os.getpid, "/waits": wait_long}.get(environ["PATH_INFO"])
    told = str(asked() if asked else len(environ["wsgi.input"].read()))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(told)))])
    return [told.encode()]
"""
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SLOW = 50
Serve = Callable[..., int]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start gunicorn with two threads over an application that says how long a body is; the port that it listens at."""
    (tmp_path / "counting.py").write_text(APPLICATION, encoding="utf-8")
    with ExitStack() as stack:

        def served(settings: str = "from cwms.web import *", workers: int = 1) -> int:
            config = tmp_path / "config.py"
            config.write_text(settings, encoding="utf-8")
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", str(config), "-w", str(workers), "--threads", "2", "--log-level", "error",
                 "-b", f"fd://{listener.fileno()}", "--worker-tmp-dir", str(tmp_path),
                 "counting:application"],
                cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}, pass_fds=[listener.fileno()],
                start_new_session=True,  # it ends with its workers
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
            port: int = listener.getsockname()[1]
            assert answer(connect(stack, port, GET)) == "200 0"
            return port

        yield served


def connect(stack: ExitStack, port: int, first: bytes = b"") -> socket.socket:
    made = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
    made.sendall(first)
    return made


def answer(made: socket.socket) -> str:
    """Status and body; empty where the connection was closed without."""
    found = b""
    try:
        while piece := made.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    head, _, body = found.partition(b"\r\n\r\n")
    return f"{head.split()[1].decode()} {body.decode()}" if head else ""


def answered(made: socket.socket, seconds: float) -> bool:
    return bool(select.select([made], [], [], seconds)[0])


def test_slow_heads_hold_up_nobody(serve: Serve) -> None:
    port = serve()
    with ExitStack() as stack:
        slow = [connect(stack, port, GET[: 1 + n % 20]) for n in range(SLOW)]
        silent = [connect(stack, port) for _n in range(SLOW)]
        assert answer(connect(stack, port, GET)) == "200 0"
        assert not any(answered(one, 0) for one in (*slow, *silent)), "all of them were still waiting"
        slow[3].sendall(GET[4:6])
        slow[3].sendall(GET[6:])
        assert answer(slow[3]) == "200 0", "slow is not wrong"


def test_without_the_worker_they_hold_up_everybody(serve: Serve) -> None:
    """The control: gunicorn's own worker with threads."""
    port = serve("control_socket_disable = True")
    with ExitStack() as stack:
        slow = [connect(stack, port, GET[:10]) for _n in range(SLOW)]
        waiting = connect(stack, port, GET)
        assert not answered(waiting, 2)
        for one in slow:
            one.close()
        assert answer(waiting) == "200 0"


def test_slow_heads_and_bodies_are_ended(serve: Serve) -> None:
    port = serve("from cwms import web\nfrom cwms.web import *\nweb.HEAD_SECONDS = web.SLACK = 1")
    with ExitStack() as stack:
        head = connect(stack, port, GET[:10])
        bodies = [
            connect(stack, port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123") for _n in range(4)
        ]
        assert [answer(one) for one in (head, *bodies)] == [""] * 5
        whole = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n123456789"
        assert answer(connect(stack, port, whole)) == "200 9"


def test_one_connection_carries_several_requests_and_an_end(serve: Serve) -> None:
    port = serve()
    with ExitStack() as stack:
        kept = connect(stack, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(65_536).startswith(b"HTTP/1.1 200")
        kept.sendall(GET[:7])
        kept.sendall(GET[7:])
        assert answer(kept) == "200 0"
        gone = connect(stack, port, GET[:7])
        gone.shutdown(socket.SHUT_WR)
        assert answer(gone) == "", "half a head and no more: closed"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: 1\r\n" % n for n in range(70)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["line", "header", "headers", "head", "two lengths"],
)
def test_oversized_heads_are_refused(serve: Serve, request_: bytes) -> None:
    port = serve()
    with ExitStack() as stack:
        assert answer(connect(stack, port, request_))[:1] in ("4", ""), "refused or closed"
        assert answer(connect(stack, port, GET)) == "200 0"


def test_what_is_read_before_the_workers_begin_is_not_looked_through_again() -> None:
    """The control: before the server is ready, a look through everything is one through all that was loaded."""
    count = (
        "import gc, django\nfrom cwms import web\ngc.collect()\nbefore = len(gc.get_objects())\n"
        "{}\nprint(before, len(gc.get_objects()), gc.get_freeze_count())"
    )
    for act, frozen in (("web.when_ready(None)", True), ("", False)):
        told = subprocess.run(
            [sys.executable, "-c", count.format(act)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        before, after, kept = map(int, told.stdout.split())
        assert (after < before / 10, kept > before / 2) == (frozen, frozen)


@pytest.mark.parametrize(("config", "frozen"), [("from cwms.web import *", True), ("preload_app = True", False)])
def test_the_workers_begin_with_it(serve: Serve, config: str, frozen: bool) -> None:
    """The control: without our settings gunicorn leaves everything to be looked through."""
    port = serve(config + "\ncontrol_socket_disable = True")
    with ExitStack() as stack:
        status, count = answer(connect(stack, port, GET.replace(b"/ ", b"/frozen ", 1))).split()
        assert (status, int(count) > 1000) == ("200", frozen)


# Whoever was held up is asked again at once, not a second later.
LONG = "from cwms import web\nfrom cwms.web import *\nkeepalive = 300\nweb.PASSED_SECONDS = 0\n"
GREEDY = LONG + "web.Worker.is_anothers = lambda self: False\n"
EACH = 12


def worker_of(made: socket.socket, path: str = "/worker") -> int:
    """The process that answers a connection, which is kept."""
    made.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    found = b""
    while not (head := re.search(rb"Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n", found)) or (
        len(found) < head.end() + int(head[1])
    ):
        piece = made.recv(65_536)
        assert piece
        found += piece
    return int(found[head.end() :])


def shared_out(stack: ExitStack, port: int, *, first: bool) -> list[int]:
    """How many connections each of two workers gets, if one of them alone could take the first half of them."""
    seen: set[int] = set()
    while len(seen) < 2:
        with closing(connect(stack, port)) as made:
            seen.add(worker_of(made))
    idle = sorted(seen)[first]
    os.kill(idle, signal.SIGSTOP)
    try:
        taken = [worker_of(connect(stack, port)) for _n in range(EACH)]
        waiting = worker_of(connect(stack, port), "/waits")  # from now on; a busy machine may hold up the other one
    finally:
        os.kill(idle, signal.SIGCONT)
    assert {*taken, waiting} == seen - {idle}, "who is held up is not waited for"
    taken += [worker_of(connect(stack, port)) for _n in range(EACH)]
    return [taken.count(worker) for worker in sorted(seen)]


@pytest.mark.parametrize("first", [True, False])
def test_connections_are_shared_out_evenly(serve: Serve, first: bool) -> None:
    with ExitStack() as stack:
        assert shared_out(stack, serve(LONG, workers=2), first=first) == [EACH, EACH]


def test_without_it_whoever_comes_first_takes_them(serve: Serve) -> None:
    """The control."""
    with ExitStack() as stack:
        found = [shared_out(stack, serve(GREEDY, workers=2), first=first) for first in (True, False)]
    assert found != [[EACH, EACH]] * 2


def test_the_place_of_a_worker_that_died_is_free_for_the_next(serve: Serve) -> None:
    """Else the others would wait for the dead one at every connection."""
    port = serve(LONG + "web.LEFT_SECONDS = 300\n", workers=2)
    with ExitStack() as stack:
        kept = [connect(stack, port) for _n in range(6)]
        died = worker_of(kept[0])
        os.kill(died, signal.SIGKILL)
        seen: set[int] = set()
        while len(seen - {died}) < 2:
            with contextlib.suppress(AssertionError, OSError), closing(connect(stack, port)) as made:
                seen.add(worker_of(made))
        after = [connect(stack, port) for _n in range(2 * EACH)]
        counted = Counter(worker_of(made) for made in after)
        for made in kept:
            with contextlib.suppress(AssertionError, OSError):  # it died with its worker
                counted[worker_of(made)] += 1
    assert len(counted) == 2
    assert max(counted.values()) - min(counted.values()) <= 2  # who has closed a connection may not have seen it yet


def test_a_worker_that_takes_one_at_a_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that takes none is not, for longer than a moment; then it isn't waited for at all for a while."""
    clock = [100.0]
    monkeypatch.setattr(web, "_shares", shares := [9, 1])
    monkeypatch.setattr(web, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda _seconds: None))
    worker = web.Worker.__new__(web.Worker)
    worker.place, worker._connections = 0, 8
    worker._left_since = worker._passed_until = 0.0
    worker._left_to = []

    def after(part: float, theirs: int) -> bool:
        clock[0] += part * web.LEFT_SECONDS
        shares[1] = theirs + 1
        return worker.is_anothers()

    assert [after(0.6, theirs) for theirs in range(8)] == [True] * 8
    assert [after(0.6, 7), after(0.6, 7)] == [True, False]
    assert not after(0.1, 0), "passed over"
    clock[0] += web.PASSED_SECONDS
    assert after(0.1, 0)
    assert not after(0.1, 8), "as many as the other"
