"""A rotation of keys: stopped ten times, and nothing becomes unreadable."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.crypto import BadSeal
from core.crypto.ring import key_ring
from core.services import keys
from core.services.keys import keys_reseal, sealed_by
from personnel.models import BankAccount, Person, RowHistory
from personnel.services import person_change, section_add
from tests.records import write

PEOPLE = 30


@pytest.fixture
def ring_file(tmp_path, settings):
    file = tmp_path / "keys.json"
    settings.CWMS_KEYS, settings.CWMS_KEYS_FILE, settings.EMBEDDED = "", str(file), True
    return file


@pytest.fixture
def people(ring_file, hire) -> list[Person]:
    found = []
    for n in range(PEOPLE):
        person = hire(f"人{n}")
        write(person, phone=f"138{n:08d}", identity_number=None, emergency_phone=f"139{n:08d}")
        person = Person.objects.get(pk=person.pk)
        person_change(actor=None, person=person, day=date(2025, 1, 1), values={"phone": f"137{n:08d}"})
        values = {"bank": "建行", "number": f"62220000{n:08d}", "start": date(2024, 1, 1)}
        section_add(actor=None, person=person, section="bank", values=values)
        found.append(person)
    return found


def readable() -> list[str]:
    """Everything that is sealed, opened."""
    found = []
    for person in Person.objects.order_by("pk"):
        found += [person.phone, person.emergency_phone]
        found += [past.value for past in person.past.all()]
    found += [account.number for account in BankAccount.objects.order_by("pk")]
    phone = Person._meta.get_field("phone")
    found += [
        phone.opened_from(kept.row) for kept in RowHistory.objects.filter(table_name="personnel_person").order_by("pk")
    ]
    return found


def test_ten_stops_leave_everything_readable(people, ring_file, monkeypatch) -> None:
    before, old = readable(), key_ring().active
    assert len(before) == PEOPLE * 6  # two numbers, a past one, an account, two kept rows
    history = RowHistory.objects.count()
    monkeypatch.setattr(keys, "BATCH", 3)
    real = keys._resealed
    for stop in range(10):
        calls = 0

        def stopped(fields, row, stop=stop):
            nonlocal calls
            calls += 1
            if calls == 2 + stop:
                raise KeyboardInterrupt
            return real(fields, row)

        with monkeypatch.context() as patch:
            patch.setattr(keys, "_resealed", stopped)
            with pytest.raises(KeyboardInterrupt):
                call_command("keys", "rotate", verbosity=0)
        assert readable() == before
        assert sealed_by(kid=old) > 0
        with pytest.raises(CommandError, match="still sealed"):
            call_command("keys", "drop", old)
    call_command("keys", "rotate")
    ring = key_ring()
    assert len(ring.keys) == 2  # the stopped ones were gone on with, not begun anew
    assert ring.active != old
    assert sealed_by(kid=old) == 0
    call_command("keys", "drop", old)
    assert list(json.loads(ring_file.read_text())["keys"]) == [ring.active]
    assert readable() == before
    assert RowHistory.objects.count() == history
    assert Person.objects.get(phone="13700000007") == people[7]


def test_a_key_that_goes_too_early_takes_its_values_along(people, ring_file) -> None:
    """The control of the guard before dropping."""
    from core.crypto.ring import write_ring

    old = key_ring().active
    write_ring(ring_file, key_ring().rotated("k2"))
    assert len(readable()) == PEOPLE * 6
    write_ring(ring_file, key_ring().without(old))
    with pytest.raises(BadSeal, match="not in the ring"):
        readable()


def test_a_rotation_leaves_the_guards_on(people, ring_file) -> None:
    def guards() -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
            )
            return cursor.fetchall()

    before = guards()
    call_command("keys", "rotate")
    assert guards() == before
    assert keys_reseal(actor=None) == 0
