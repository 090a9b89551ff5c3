"""A thousand changes by an owner of the database, each found; many writers at once, and no false alarm.

`make audit-scale` has CWMS_AUDIT_EVENTS=100000; a usual run of the tests writes fewer.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from core.models import AuditEntry, AuditLink
from core.selectors import ChainFault, audit_head_for_system
from core.services import audit_all
from core.services.trail import audit_chain
from tests.core.test_chain import DEEDS, TRIGGERS, faults

EVENTS = int(os.environ.get("CWMS_AUDIT_EVENTS", "4000"))
TAMPERS, LENGTH, WRITERS, EACH = 1_000, 40, 4, 20
CUT = """DELETE FROM core_auditlink WHERE seq >= %(seq)s;
         DELETE FROM core_auditentry WHERE id NOT IN (SELECT entry_id FROM core_auditlink)"""


def write(count: int) -> None:
    with transaction.atomic():
        entries = [{"action": "test.write", "obj": AuditEntry(pk=n), "after": {"n": n}} for n in range(count)]
        audit_all(actor=None, entries=entries)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_of_a_thousand_changes_is_found() -> None:
    write(LENGTH)
    audit_chain()
    assert AuditLink.objects.count() == LENGTH
    anchor, drawn = audit_head_for_system(), random.Random(20261121)
    kinds, missed = Counter[str](), []
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # as the owner of the tables may
        entries = dict(AuditLink.objects.values_list("seq", "entry_id"))
        assert faults(anchors=[anchor]) == [], "the control: nothing was changed, and nothing is found"
        for number in range(TAMPERS):
            kind, seq = drawn.choice([*DEEDS, "cut the end"]), drawn.randint(2, LENGTH - 1)
            statement, fault = DEEDS.get(kind, (CUT, "CUT"))
            kinds[kind] += 1
            point = transaction.savepoint()
            cursor.execute(statement, {"entry": entries[seq], "seq": seq})
            if fault not in {one.fault for one in faults(anchors=[anchor])}:
                missed.append((number, kind, seq))
            transaction.savepoint_rollback(point)
        assert faults(anchors=[anchor]) == [], "and all of it was taken back"
        transaction.set_rollback(True)
    assert missed == []
    assert min(kinds[kind] for kind in (*DEEDS, "cut the end")) > 80
    print(f"{sum(kinds.values())} of {TAMPERS} found: {dict(kinds)}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_writers_raise_no_false_alarm() -> None:
    together = threading.Barrier(WRITERS, timeout=60)

    def go(share: int) -> None:
        try:
            together.wait()
            for _n in range(share // EACH):
                write(EACH)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(go, [EVENTS // WRITERS] * WRITERS))
    audit_chain(depth=EVENTS)
    assert AuditEntry.objects.count() == AuditLink.objects.count() == EVENTS
    assert faults() == []
    # The control: one entry of them all, changed in one letter.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        entry = AuditLink.objects.get(seq=EVENTS // 2).entry_id
        cursor.execute("UPDATE core_auditentry SET action = 'test.writf' WHERE id = %s", [entry])
        assert faults() == [ChainFault(EVENTS // 2, entry, "CHANGED")]
        transaction.set_rollback(True)
