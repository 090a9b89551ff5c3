"""The same request sent again: a write is made once, and answered again with what was answered first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import ApplicationError
from core.models import Idempotency

KEPT = timedelta(hours=24)
FORM = "form"  # the route of what browsers send: their key has the address in it
MOST_FORGOTTEN = 100  # rows whose time is over that one request clears away


class KeyReused(ApplicationError):
    """A key came again with another request."""


@dataclass(frozen=True)
class Kept:
    """An answer: its HTTP status, its body as JSON, and the headers that belong to it."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def answer_once(
    *, user_id: int, key: str, route: str, request: Any, now: datetime, answer: Callable[[], Kept]
) -> tuple[Kept, bool]:
    """The answer to a request of a user under a key, and whether it is an earlier one.

    `answer` writes, in the transaction of this; if it raises, nothing is kept and the key is free again. Who comes with
    the same key meanwhile waits for the first to end: the unique row of the key is what they wait for. Raises KeyReused
    for the same key with another request (`request`: its body as JSON).
    """
    mine = {"user_id": user_id, "route": _digest(route), "key": key}
    asked = _digest(json.dumps(request, sort_keys=True, ensure_ascii=False))
    _forget(mine, now - KEPT)
    row = _take(mine, asked, now)
    if row is None:
        kept = Idempotency.objects.get(**mine)
        if kept.request != asked:
            raise KeyReused(
                _("The Idempotency-Key “%(key)s” was used for another request at %(time)s. Choose a new one.")
                % {"key": key, "time": f"{kept.created:%Y-%m-%d %H:%M %Z}"}
            )
        return Kept(kept.status, kept.body, kept.headers), True
    given = answer()
    Idempotency.objects.filter(pk=row).update(status=given.status, body=given.body, headers=given.headers)
    return given, False


def form_begun(*, user_id: int, key: str, since: datetime) -> str | None:
    """Wait for whoever sends the same form at this moment; where it led since then, None if it is to be done.

    What is waited for is a lock of the connection, because a form is no one transaction: its refusals are recorded.
    Raises OperationalError where the wait takes too long. `form_ended` lets the next one in.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, %s))", [key, user_id])
    found = Idempotency.objects.filter(user_id=user_id, route=FORM, key=key, created__gt=since).first()
    return str(found.body) if found is not None else None


@transaction.atomic
def form_done(*, user_id: int, key: str, where: str, now: datetime) -> None:
    """Keep where a form led. Who dies between doing it and this sends it again."""
    _forget({"user_id": user_id, "route": FORM, "key": key}, now - KEPT)
    Idempotency.objects.update_or_create(
        user_id=user_id, route=FORM, key=key,
        defaults={"request": key, "status": 302, "body": where, "headers": {}, "created": now},
    )  # fmt: skip


def form_ended(*, user_id: int, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, %s))", [key, user_id])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _take(mine: dict[str, Any], asked: str, now: datetime) -> int | None:
    """The number of the new row of a key; None if there is one, after its transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO core_idempotency (user_id, route, key, request, status, body, headers, created)
               VALUES (%(user_id)s, %(route)s, %(key)s, %(asked)s, 0, 'null', '{}', %(now)s)
               ON CONFLICT (user_id, route, key) DO NOTHING RETURNING id""",
            {**mine, "asked": asked, "now": now},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _forget(mine: dict[str, Any], before: datetime) -> None:
    """Rows whose time is over go: the one of this key, and some others that nobody is at."""
    Idempotency.objects.filter(**mine, created__lte=before).delete()
    others = Idempotency.objects.filter(created__lte=before).order_by("created")[:MOST_FORGOTTEN]
    Idempotency.objects.filter(
        pk__in=list(others.select_for_update(skip_locked=True).values_list("pk", flat=True))
    ).delete()
