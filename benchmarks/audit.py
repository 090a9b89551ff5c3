"""The trail: how many entries a second several writers put down, each transaction chained after its commit."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

EVENTS, WRITERS, EACH = (
    20_000,
    4,
    10,
)  # a service writes one to three entries, a batch of a run one for each of its units
GOAL = 1_000  # entries a second


def measure_audit() -> dict[str, Any]:
    from django.db import connection, transaction

    from core.models import AuditEntry
    from core.selectors import audit_faults_for_system
    from core.services import audit_all

    together = threading.Barrier(WRITERS + 1)

    def go(number: int) -> None:
        try:
            together.wait()
            for n in range(EVENTS // WRITERS // EACH):
                with transaction.atomic():
                    entries = [
                        {"action": "benchmark.write", "obj": AuditEntry(pk=n * EACH + k), "after": {"writer": number}}
                        for k in range(EACH)
                    ]
                    audit_all(actor=None, entries=entries)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        done = pool.map(go, range(WRITERS))
        together.wait()
        begin = time.perf_counter()
        list(done)
        seconds = time.perf_counter() - begin
    faults = audit_faults_for_system(grace="0 seconds")
    return {"events": EVENTS, "seconds": round(seconds, 2), "a_second": round(EVENTS / seconds), "faults": len(faults)}


def met(found: dict[str, Any]) -> bool:
    return bool(found["a_second"] >= GOAL and found["faults"] == 0)
