"""The audit chain: what an owner of the database changes is found; what many write at once breaks nothing."""

from __future__ import annotations

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from core.models import AuditEntry, AuditLink
from core.selectors import ChainFault, audit_faults_for_system, audit_head_for_system
from core.services import audit
from core.services.trail import audit_chain
from core.tasks import chain_audit

TRIGGERS = ("core_auditentry", "core_auditlink")


def write(count: int, first: int = 0) -> list[int]:
    with transaction.atomic():
        return [
            audit(actor=None, action="test.write", obj=AuditEntry(pk=n), before={"n": n}, after={"n": n + 1}).pk
            for n in range(first, first + count)
        ]


def as_owner(statement: str, params: list[object]) -> None:
    """As somebody who owns the tables and takes the guards away."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, params)
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def faults(**options: object) -> list[ChainFault]:
    return audit_faults_for_system(grace="0 seconds", **options)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_commit_hangs_its_entries_on_the_chain() -> None:
    with transaction.atomic():
        write(3)
        assert not AuditLink.objects.exists(), "nobody waits for the rest of this transaction"
    assert list(AuditLink.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_link() -> None:
    write(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        write(2)
        raise RuntimeError
    write(1)
    assert AuditLink.objects.count() == AuditEntry.objects.count() == 2
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_process_left_is_taken_later(caplog: pytest.LogCaptureFixture) -> None:
    connection.run_on_commit = []
    with transaction.atomic():
        write(2)
        connection.run_on_commit = []  # as if the process had died after its commit
    assert AuditLink.objects.count() == 0
    with caplog.at_level("INFO", logger="cwms.audit"):
        chain_audit()
    assert AuditLink.objects.count() == 2
    assert audit_head_for_system() in caplog.text
    assert faults() == []


# What an owner may do: to entry {entry}, whose link is {seq}.
DEEDS: dict[str, tuple[str, str]] = {
    "edit": ("UPDATE core_auditentry SET actor_name = 'somebody else' WHERE id = %(entry)s", "CHANGED"),
    "edit what it became": ("UPDATE core_auditentry SET after = '{}'::jsonb WHERE id = %(entry)s", "CHANGED"),
    "backdate": ("UPDATE core_auditentry SET at = at - interval '1 second' WHERE id = %(entry)s", "CHANGED"),
    "delete": ("DELETE FROM core_auditentry WHERE id = %(entry)s", "ENTRY_MISSING"),
    "delete the link": ("DELETE FROM core_auditlink WHERE seq = %(seq)s", "LINK_MISSING"),
    "insert": (
        """INSERT INTO core_auditentry (id, at, actor_name, action, object_type, object_id, unit_code)
           SELECT 1000000 + id, at - interval '2 days', 'x', 'x', 'x', 'x', '' FROM core_auditentry
            WHERE id = %(entry)s""",
        "UNCHAINED",
    ),
    "swap": (
        """UPDATE core_auditlink l SET entry_id = CASE l.seq WHEN %(seq)s THEN -n.entry_id ELSE -m.entry_id END
             FROM core_auditlink m, core_auditlink n
            WHERE m.seq = %(seq)s AND n.seq = %(seq)s + 1 AND l.seq IN (m.seq, n.seq)""",
        "ENTRY_MISSING",
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", DEEDS)
def test_every_change_is_found_and_nothing_else(deed: str) -> None:
    statement, fault = DEEDS[deed]
    write(120)
    audit_chain()
    assert faults() == [], "the control: an untouched chain has no fault"
    drawn = random.Random(deed)
    for seq in sorted(drawn.sample(range(2, 119, 3), 8)):
        entry = AuditLink.objects.get(seq=seq).entry_id
        with transaction.atomic():
            point = transaction.savepoint()
            as_owner(statement, {"entry": entry, "seq": seq})  # type: ignore[arg-type]
            audit_chain()  # the program going on does not heal it
            found = faults()
            transaction.savepoint_rollback(point)
        assert fault in {one.fault for one in found}, (seq, found)
        assert all(one.seq in (None, seq, seq + 1) for one in found), found
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_a_cut_end_is_found_by_what_is_known_outside() -> None:
    write(20)
    anchor = audit_head_for_system()
    write(5)
    assert faults(anchors=[anchor]) == [], "the chain has grown on"
    as_owner("DELETE FROM core_auditlink WHERE seq > 15", [])
    as_owner("DELETE FROM core_auditentry WHERE id NOT IN (SELECT entry_id FROM core_auditlink)", [])
    assert faults() == [], "the control: from inside, a shorter chain looks whole"
    assert faults(anchors=[anchor]) == [ChainFault(20, None, "CUT")]
    write(5, first=100)
    assert faults(anchors=[anchor]) == [ChainFault(20, None, "CUT")], "made anew to the same length"


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_break_nothing() -> None:
    together = threading.Barrier(4, timeout=20)

    def go(number: int) -> None:
        try:
            together.wait()
            for n in range(10):
                write(3, first=100 * number + 3 * n)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(4)))
    audit_chain()
    numbers = list(AuditLink.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, 121))
    assert faults() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ["UPDATE core_auditlink SET digest = ''", "DELETE FROM core_auditlink"])
def test_the_guard_refuses_what_the_owner_has_to_take_it_away_for(statement: str) -> None:
    write(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    as_owner(statement, [])  # the control


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    write(3)

    def run(*words: str) -> str:
        out = StringIO()
        call_command("audit", *words, stdout=out)
        return out.getvalue()

    head = run("head").strip()
    assert head == audit_head_for_system()
    assert head in run("check", "--anchor", head)
    assert json.loads(run("check", "--json")) == {"head": head, "faults": []}
    with pytest.raises(CommandError, match="no end of the chain"):
        run("check", "--anchor", "yesterday")
    as_owner("UPDATE core_auditentry SET action = 'nothing' WHERE id = %s", [AuditLink.objects.get(seq=2).entry_id])
    out = StringIO()
    with pytest.raises(CommandError, match="changed in 1 place"):
        call_command("audit", "check", stdout=out)
    assert "link 2: entry" in out.getvalue()
