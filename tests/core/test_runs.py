"""The cutting of runs into batches, fingerprints, and the trail."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection, transaction

from core.errors import Refused
from core.models import AuditEntry
from core.rules import PathRange, add_digests, add_totals, digest_text, fingerprint, plan_batches, unit_digest
from core.services import audit


def test_batches_hold_whole_units_and_cover_the_scope() -> None:
    counts = [("34/a/", 3), ("34/b/", 4), ("34/c/", 9), ("34/d/", 1), ("34/e/", 1)]
    assert plan_batches("34/", "340", counts, 7) == [
        PathRange("34/", "34/c/", 7),
        PathRange("34/c/", "34/d/", 9),
        PathRange("34/d/", "340", 2),
    ]


def test_an_empty_scope_is_one_batch() -> None:
    assert plan_batches("34/", "340", [], 7) == [PathRange("34/", "340", 0)]


def test_units_out_of_order_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="path order"):
        plan_batches("34/", "340", [("34/b/", 1), ("34/a/", 1)], 7)


def test_digests_do_not_depend_on_order_or_batches() -> None:
    units = [unit_digest(f"{n:012d}", b"in", str(n).encode()) for n in range(7)]
    whole = add_digests(units)
    assert add_digests(reversed(units)) == whole
    assert add_digests([add_digests(units[:3]), add_digests(units[3:])]) == whole
    assert add_digests(units[:6]) != whole


def test_a_unit_digest_keeps_its_parts_apart() -> None:
    assert unit_digest("u", b"ab", b"c") != unit_digest("u", b"a", b"bc")
    expected = hashlib.sha256((1).to_bytes(8, "big") + b"u" + (2).to_bytes(8, "big") + b"ab").digest()
    assert unit_digest("u", b"ab") == int.from_bytes(expected, "big")


def test_a_fingerprint_names_policies_digests_and_program() -> None:
    digests = [digest_text(unit_digest("a", b"1")), digest_text(unit_digest("b", b"2"))]
    one = fingerprint(policies=["p", "q"], digests=digests, code_version="1", what="2026-01")
    assert one == fingerprint(policies=["q", "p", "p"], digests=digests[::-1], code_version="1", what="2026-01")
    assert one != fingerprint(policies=["p"], digests=digests, code_version="1", what="2026-01")
    assert one != fingerprint(policies=["p", "q"], digests=digests, code_version="2", what="2026-01")
    assert one != fingerprint(policies=["p", "q"], digests=digests[:1], code_version="1", what="2026-01")


def test_totals_add_up() -> None:
    assert add_totals([{"b": 1, "a": 2}, {"a": 3}]) == {"a": 5, "b": 1}


def test_a_refusal_says_everything_at_once() -> None:
    assert str(Refused(["first", "second"])) == "first\nsecond"


@pytest.fixture
def entry(db: None) -> AuditEntry:
    from organization.models import User

    return audit(actor=None, action="test", obj=User(pk=5), after={"a": 1})


def test_the_trail_says_who_and_what(entry: AuditEntry) -> None:
    found = AuditEntry.objects.get(pk=entry.pk)
    assert (found.actor_name, found.object_type, found.object_id, found.after) == (
        "system", "organization.user", "5", {"a": 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE core_auditentry SET actor_name = 'x'",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry",
    ],
)
@pytest.mark.parametrize("role", ["owner", "cwms_app"])
def test_the_trail_refuses_changes(entry: AuditEntry, attack: str, role: str) -> None:
    with connection.cursor() as cursor:
        if role != "owner":
            cursor.execute(f"SET LOCAL ROLE {role}")
        with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
            cursor.execute(attack)
        cursor.execute("RESET ROLE")
    assert AuditEntry.objects.filter(pk=entry.pk, actor_name="system").exists()


def test_without_the_guard_the_trail_could_be_changed(entry: AuditEntry) -> None:
    """The control: it is the trigger that refuses."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET actor_name = 'x'")
        cursor.execute("ALTER TABLE core_auditentry ENABLE ALWAYS TRIGGER core_auditentry_append_only")
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "x"


@pytest.mark.django_db(transaction=True)
def test_tests_can_still_be_cleaned_up() -> None:
    from organization.models import User

    audit(actor=None, action="test", obj=User(pk=5))
    assert AuditEntry.objects.count() == 1
