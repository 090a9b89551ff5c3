"""The web server: how gunicorn serves `cwms.wsgi` (`gunicorn -c python:cwms.web cwms.wsgi:application`).

A thread is taken by a request whose head has arrived. Until then a connection waits with the poller, which has room for
`worker_connections` of them, so that clients who send their heads slowly (slow loris) hold up nobody; after HEAD_SECONDS
it is closed. Bodies are read by threads: whoever sends one slower than SLOWEST bytes a second, apart from SLACK seconds,
is disconnected. Many slow bodies at once still take all threads for that time: before the internet belongs a proxy that
reads requests whole (docs/decisions/0032). TLS is the proxy's; the head of an encrypted request can't be looked at.

A connection goes to the worker that has fewest: it stays there for as long as it is kept, and of two workers that take what
they come by first, one may have twice as many as the other for hours (docs/decisions/0070).
"""

from __future__ import annotations

import errno
import gc
import mmap
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

worker_class = "cwms.web.Worker"
preload_app = True  # read once for all workers; a new release needs a restart, HUP starts workers of the same program
limit_request_line = 4094  # bytes: the longest address of a list is some hundred
limit_request_fields = 60  # headers; browsers send about 20
limit_request_field_size = 8190  # bytes of one header
keepalive = 5  # seconds a connection is kept for the next request, behind a proxy or not
timeout = 60  # seconds without a sign of life end a worker; statements end after 10 (CWMS_STATEMENT_SECONDS)
graceful_timeout = 30  # seconds that a stopping worker has for what it has begun
control_socket_disable = True  # nobody steers it but by signals
worker_connections = 1000  # connections of a worker, with those that have said nothing yet


def when_ready(_arbiter: object) -> None:
    """What has been read by now stays as long as the workers do: they don't look through it for what may go. A look
    through everything takes 0.15 s and holds up all threads of a worker; without it their memory stays shared, too.
    """
    gc.collect()
    gc.freeze()


# How many connections each worker has, in memory that all of them share: 0 is nobody's place, -1 that of a worker who takes
# none, else one more than it has.
_shares = memoryview(mmap.mmap(-1, 4 * 64)).cast("i")
LEFT_SECONDS = 0.1  # for another worker to take a connection, each time; who doesn't is passed over for PASSED_SECONDS
PASSED_SECONDS = 1


def child_exit(_arbiter: object, worker: Worker) -> None:
    """Its place is free for the one that follows."""
    if worker.place is not None:
        _shares[worker.place] = 0


HEAD_SECONDS = 10  # from connecting, or from the first byte of a further request, to the end of the head
HEAD_BYTES = 65_536  # a head of more is a thread's, which refuses it by the limits above
LINGER_SECONDS = 2  # for the answer to arrive before what was not read of the request cuts it off
DRAINED = 1_048_576  # bytes that are thrown away meanwhile
SLACK = 20  # seconds of waiting that every body has
SLOWEST = 16_384  # bytes a second: an upload of 10 MB has eleven minutes


class Paced:
    """A socket that a thread reads from, and that gives up on who sends too slowly."""

    def __init__(self, whole: socket.socket) -> None:
        self.whole = whole
        self.waited, self.got = 0.0, 0

    def recv(self, size: int) -> bytes:
        left = SLACK + self.got / SLOWEST - self.waited
        began = time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self.whole.settimeout(left)
            data = self.whole.recv(size)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the request was sent too slowly") from error
        finally:
            self.whole.settimeout(None)
        self.waited += time.monotonic() - began
        self.got += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


class Connection(TConn):  # type: ignore[misc]
    """A connection that knows how much of the next request's head is there, without having read it."""

    seen = 0
    drained = 0
    linger: Callable[[Connection], None] | None = None

    def close(self, graceful: bool = False) -> None:
        """Without waiting for the other side: the poller does, where the answer may still be on its way."""
        if graceful and self.linger is not None:
            self.linger(self)
        else:
            super().close()

    def head_is_there(self) -> bool:
        """Whether a thread can go on: the head is whole, too large, or nothing more will come."""
        try:
            head = self.sock.recv(HEAD_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        # Woken without another byte: the other side has gone.
        ended = len(head) <= self.seen
        there = ended or len(head) == HEAD_BYTES or b"\r\n\r\n" in head
        self.seen = 0 if there else len(head)
        # What was looked at stays in the socket: it wakes the poller again for a byte more.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, self.seen + 1)
        return there

    def init(self) -> None:
        first = not self.initialized
        super().init()
        if first and not self.is_http2:
            self.parser.unreader.sock = Paced(self.sock)

    def begin(self) -> None:
        """Another request: its body has its own time."""
        paced = self.parser.unreader.sock if self.initialized and not self.is_http2 else None
        if isinstance(paced, Paced):
            paced.waited, paced.got = 0.0, 0


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, whose threads wait for no head, and whose poller waits for nobody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # In the arbiter, which makes one after another.
        self.place = next((place for place, share in enumerate(_shares) if not share), None)
        self._connections, self._left_since, self._passed_until = 0, 0.0, 0.0
        self._left_to: list[int] = []
        self._accepting = False
        super().__init__(*args, **kwargs)
        self.lingering: deque[Connection] = deque()

    @property
    def nr_conns(self) -> int:
        """As many connections as it has, which the others are told."""
        return self._connections

    @nr_conns.setter
    def nr_conns(self, number: int) -> None:
        self._connections = number
        if self.place is not None:
            _shares[self.place] = number + 1 if self._accepting else -1

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        self.nr_conns = self._connections

    def is_anothers(self) -> bool:
        """Whether a connection that waits is left to a worker that has fewer: for a moment, should it be held up itself."""
        others = [share - 1 for place, share in enumerate(_shares) if share > 0 and place != self.place]
        now = time.monotonic()
        if (
            self.place is None
            or self._connections <= min(others, default=self._connections)
            or now < self._passed_until
        ):
            self._left_since = 0.0
            return False
        if others != self._left_to:  # it is at it, and takes one at a time
            self._left_to, self._left_since = others, 0.0
        if self._left_since and now - self._left_since > LEFT_SECONDS:
            self._left_since, self._passed_until = 0.0, now + PASSED_SECONDS
            return False
        self._left_since = self._left_since or now
        time.sleep(0.001)  # the poller would come back at once
        return True

    def accept(self, listener: socket.socket) -> None:
        if self.is_anothers():
            return
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.linger = self._linger
        self._wait_for_head(conn)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """The first byte of a further request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for_head(conn)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        if conn.head_is_there():
            super().on_pending_socket_readable(conn, client)

    def handle(self, conn: Connection) -> Any:
        conn.begin()
        return super().handle(conn)

    def _wait_for_head(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + HEAD_SECONDS  # those that wait stand in the order in which they are closed
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        while self.lingering and self.lingering[0].timeout <= now:
            self._let_go(self.lingering[0])

    def _linger(self, conn: Connection) -> None:
        """Say that nothing more comes, and close once the other side has gone, too; what it still sends is thrown away."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.close()
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self.lingering.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: Connection, client: socket.socket) -> None:
        try:
            data = client.recv(HEAD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.drained += len(data)
        if not data or conn.drained > DRAINED:
            self._let_go(conn)

    def _let_go(self, conn: Connection) -> None:
        self.lingering.remove(conn)
        self.poller.unregister(conn.sock)
        conn.close()
