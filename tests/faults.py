"""Whether a service is whole or nothing: it runs once to count its statements, then once for each of them with that
statement failing as it fails when a connection is lost; the tables that it writes have to be as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

Act = Callable[[], Any]


@contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    try:
        yield
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(point)


def statements(act: Act) -> list[str]:
    """What a service sends when nothing fails."""
    sent: list[str] = []

    def note(execute: Any, sql: str, *more: Any) -> Any:
        sent.append(sql)
        return execute(sql, *more)

    with undone(), connection.execute_wrapper(note):
        act()
    return sent


def written(sent: list[str]) -> list[str]:
    """The tables of the statements that write."""
    found = {name for sql in sent for name in re.findall(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql)}
    return sorted(found | {"core_auditentry", "personnel_history"})


def digest(tables: list[str]) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t")
            found.append(cursor.fetchone()[0])
    return found


def partial_effects(act: Act) -> tuple[list[int], int]:
    """At which failing statement something of a service is left (from 1), and how many statements there are."""
    sent = statements(act)
    tables = written(sent)
    before = digest(tables)
    left = []
    for number in range(1, len(sent) + 1):
        seen = 0

        def fail(execute: Any, sql: str, *more: Any, wanted: int = number) -> Any:
            nonlocal seen
            seen += 1
            if seen == wanted:
                raise OperationalError("the connection was lost")
            return execute(sql, *more)

        with undone():
            try:
                with connection.execute_wrapper(fail):
                    act()
            except Exception:
                connection.needs_rollback = (
                    False  # what Django notes of a failed save(); the transaction itself is whole
                )
                if digest(tables) != before:
                    left.append(number)
    return left, len(sent)
