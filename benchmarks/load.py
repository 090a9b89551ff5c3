"""Many programs at once ask a running server for statistics: how long answers take, what fails, and what memory it needs.

`make load URL=http://127.0.0.1:8000 TOKEN=…`, the server started with CWMS_API_RATE= (empty), so that one token may ask
as often as it likes. A benchmark, not a test: tests/reports/test_load.py asks for some seconds that nothing fails.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import create_connection
from ssl import create_default_context
from statistics import quantiles
from urllib.parse import SplitResult, urlsplit

PATHS = (
    "values/?indicator=workers", "values/", "breakdown/?indicator=workers&by=sex", "breakdown/?indicator=workers",
    "breakdown/?indicator=mean_age&by=age", "catalogue/",
)  # fmt: skip
CLIENTS, SECONDS = 50, 600


class Line:
    """A connection that asks and waits for the answer.

    It shares its processors with the server, so it does no more than it must: a client that reads every header takes a
    tenth of them.
    """

    def __init__(self, to: SplitResult) -> None:
        tls, host = to.scheme == "https", to.hostname or ""
        self.open = True
        self.socket = create_connection((host, to.port or (443 if tls else 80)), timeout=60)
        if tls:
            self.socket = create_default_context().wrap_socket(self.socket, server_hostname=host)

    def status_of(self, request: bytes) -> int:
        """Ask and read the whole answer. Raises OSError for none, ValueError for one that is no answer of known length."""
        self.socket.sendall(request)
        found = self._more(b"")
        while (end := found.find(b"\r\n\r\n")) < 0:
            found = self._more(found)
        head = found[:end].lower()
        status, length = int(head[9:12]), head.index(b"content-length:") + 15
        left = int(head[length:].split(b"\r\n", 1)[0]) - (len(found) - end - 4)
        while left > 0:
            left -= len(self._more(b""))
        self.open = b"connection: close" not in head
        return status

    def _more(self, found: bytes) -> bytes:
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionError("the server closed the connection")
        return found + part


def ask(url: str, token: str, until: float, first: int) -> tuple[list[float], list[str]]:
    """One client over one connection until a moment of the clock: seconds of each answer, and what failed."""
    took, failed = [], []
    to = urlsplit(url)
    headers = f"Host: {to.netloc}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    requests = [f"GET /api/v1/statistics/{path} HTTP/1.1\r\n{headers}".encode() for path in PATHS]
    line, number = Line(to), first
    while time.monotonic() < until:
        path, request, begun = PATHS[number % len(PATHS)], requests[number % len(PATHS)], time.monotonic()
        number += 1
        try:
            if not line.open:
                line.socket.close()
                line = Line(to)
            status = line.status_of(request)
            took.append(time.monotonic() - begun)
            if status != 200:
                failed.append(f"{path}: {status}")
        except (ValueError, OSError) as error:
            failed.append(f"{path}: {error!r}")
            line.open = False  # the next question opens another
    line.socket.close()
    return took, failed


def load(url: str, token: str, clients: int = CLIENTS, seconds: float = SECONDS) -> tuple[list[float], list[str]]:
    """As `ask`, of all clients together."""
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(lambda n: ask(url, token, until, n), range(clients)))
    return [one for took, _failed in found for one in took], [one for _took, failed in found for one in failed]


def memory(port: int | None) -> int:
    """MB of the web's processes on this machine; 0 where there are none."""
    pages = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f":{port}".encode() in (line := (folder / "cmdline").read_bytes()) and b"gunicorn" in line:
                pages += int((folder / "statm").read_text().split()[1])
        except OSError:
            continue  # it has ended meanwhile
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


if __name__ == "__main__":
    address, secret = sys.argv[1:3]
    clients, seconds = (int(one) for one in (*sys.argv[3:5], *(CLIENTS, SECONDS)[len(sys.argv) - 3 :]))
    before = memory(urlsplit(address).port)
    took, failed = load(address, secret, clients, seconds)
    cuts = quantiles(took, n=20)
    print(f"{len(took)} answers, {len(failed)} errors; p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms")
    print(f"memory of the web: {before} MB at the start, {memory(urlsplit(address).port)} MB at the end")
    print("\n".join(failed[:10]))
