"""The second wall: the database itself keeps rows outside a user's units from the web.

The web connects as a role that sees no row of a person (docs/decisions/0024-second-wall.md has the policies) until its
transaction says who is asking; which units that gives is worked out by the database from the grants, not by access.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

_beyond: ContextVar[str] = ContextVar("why somebody looks beyond the walls", default="")


@contextmanager
def walled(asker: Callable[[], int | None]) -> Iterator[None]:
    """Within, every statement of this thread says first for whom it is; `asker` gives the number of the user, or None.

    Both go in one message: outside a transaction they are one by themselves, so that what is set ends with the statement
    and can't reach the next request, whoever pools the connections.
    """

    def say(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        text = sql if isinstance(sql, str) else sql.as_string(context["cursor"].cursor)
        if not text.startswith(_OF_TRANSACTIONS):  # which may be the only ones that a failed transaction takes
            text = f"{_entrance(asker())} {text}"
        return execute(text, params, many, context)

    outer = connection.in_atomic_block
    try:
        with connection.execute_wrapper(say):
            yield
    finally:
        if outer:
            _leave()


_OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def beyond_walls(why: str) -> Iterator[None]:
    """Within, the rows of everybody are seen: for questions whose answer tells nothing about them (`why` says which).

    tests/platform/test_walls.py lists who may.
    """
    token = _beyond.set(why)
    try:
        yield
    finally:
        _beyond.reset(token)


def _entrance(asker: int | None) -> str:
    role = f"set_config('role', '{settings.CWMS_WALLS_ROLE}', true), " if settings.CWMS_WALLS_ROLE else ""
    if _beyond.get():
        return f"SELECT {role}set_config('cw.user', '{asker or 0}', true), set_config('cw.units', '{{(,)}}', true);"
    return f"SELECT {role}organization_enter({asker or 0}, '{timezone.localdate().isoformat()}');"


def _leave() -> None:
    """A transaction that began before the request (a test's) goes on as it was, unless it has failed."""
    driver = connection.connection
    if driver is None or connection.needs_rollback or driver.info.transaction_status == TRANSACTION_STATUS_INERROR:
        return
    role = ", set_config('role', 'none', true)" if settings.CWMS_WALLS_ROLE else ""
    with driver.cursor() as cursor:
        cursor.execute(f"SELECT set_config('cw.user', '', true), set_config('cw.units', '', true){role}")
