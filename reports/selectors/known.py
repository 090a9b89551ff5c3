"""Figures as they were known at an earlier moment: the same queries over the records of then (docs/decisions/0063)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from personnel.models import Person


@contextmanager
def known_for_system(at: datetime | None) -> Iterator[None]:
    """Within, tables that figures are counted from have the rows that were on record at a moment; of now without one.

    One transaction that only reads; query sets have to be asked within it. What a transaction wrote counts from when it
    was written, also where it ended a little later.
    """
    if at is None:
        yield
        return
    with transaction.atomic():
        earlier = _say("known, public", at.isoformat())
        yield
        _say(*earlier)  # a transaction that began before goes on as it was


def _say(path: str, at: str) -> tuple[str, str]:
    """Set both for the rest of the transaction. What they were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), coalesce(current_setting('cwms.known_at', true), '')")
        earlier: tuple[str, str] = cursor.fetchone()
        cursor.execute("SELECT set_config('search_path', %s, true), set_config('cwms.known_at', %s, true)", [path, at])
    return earlier


class KnownRows:
    """Rows of people as they were on record at a moment, in slices, with their people as they are now.

    now: the condition of the people who are seen now; of the others no name is told (`restricted`).
    """

    ordered = True  # for pages

    def __init__(self, rows: Any, at: datetime, now: Q) -> None:
        self._rows, self._at, self._now = rows, at, now

    def count(self) -> int:
        with known_for_system(self._at):
            return int(self._rows.count())

    def __getitem__(self, wanted: slice) -> list[Any]:
        with known_for_system(self._at):
            found = list(self._rows[wanted])
        people = Person.objects.filter(self._now, pk__in={row.person_id for row in found}).in_bulk()
        for row in found:
            row.restricted = row.restricted or row.person_id not in people
            row.person = people.get(row.person_id, row.person)
        return found


def known_since_for_system() -> datetime | None:
    """The earliest moment of which everything that figures are counted from can be told; None where nothing is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('known.beginning') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT max(at) FROM known.beginning")
        found: datetime | None = cursor.fetchone()[0]
    return found
