"""Many programs at once ask a running server for statistics: how long answers take, what fails, and what memory it needs.

`make load URL=http://127.0.0.1:8000 TOKEN=…`, the server started with CWMS_API_RATE= (empty), so that one token may ask
as often as it likes. A benchmark, not a test: tests/reports/test_load.py asks for some seconds that nothing fails.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

PATHS = (
    "values/?indicator=workers", "values/", "breakdown/?indicator=workers&by=sex", "breakdown/?indicator=workers",
    "breakdown/?indicator=mean_age&by=age", "catalogue/",
)  # fmt: skip
CLIENTS, SECONDS = 50, 600


def ask(url: str, token: str, until: float, first: int) -> tuple[list[float], list[str]]:
    """One client over one connection until a moment of the clock: seconds of each answer, and what failed.

    It shares its processors with the server, so it does no more than it must: a client of comforts takes a fifth of them.
    """
    took, failed = [], []
    to = urlsplit(url)
    kind = HTTPSConnection if to.scheme == "https" else HTTPConnection
    with closing(kind(to.hostname or "", to.port, timeout=60)) as connection:
        number = first
        while time.monotonic() < until:
            path, begun = PATHS[number % len(PATHS)], time.monotonic()
            number += 1
            try:
                connection.request("GET", f"/api/v1/statistics/{path}", headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                answer.read()
                took.append(time.monotonic() - begun)
                if answer.status != 200:
                    failed.append(f"{path}: {answer.status}")
            except (HTTPException, OSError) as error:
                failed.append(f"{path}: {error!r}")
                connection.close()  # the next question opens another
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
