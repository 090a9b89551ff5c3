"""Rotation: what older keys sealed is sealed anew with the active one, batch by batch, and can be stopped at any time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from core.crypto import EncryptedField, encrypted_fields, key_ring
from core.crypto.sealing import kid_of

BATCH = 1_000


def keys_reseal(*, actor: None, tell: Callable[[str, int], None] = lambda table, rows: None) -> int:
    """Seal with the active key what others sealed, in every table and in the copies that histories keep; how many rows.

    Each batch is a transaction of its own, so that whoever ends it half-way loses a batch and may begin again: a value
    is readable under its old key until the new one is committed. Runs as the owner of the tables: nobody changed what
    the rows say, so the triggers that keep old rows are passed by. `actor` is the operator of the machine.
    """
    total = 0
    for model in _sealed_models():
        total += _all(model, _reseal_rows, tell)
    for model in apps.get_models():
        if hasattr(model, "SEALED_COPIES"):
            total += _all(model, _reseal_copies, tell)
    return total


def sealed_by(*, kid: str) -> int:
    """How many rows hold a value that a key sealed."""
    found = 0
    with connection.cursor() as cursor:
        for model in _sealed_models():
            old = " OR ".join(f"split_part({_text(field)}, '|', 3) = %(kid)s" for field in encrypted_fields(model))
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table} WHERE {old}", {"kid": kid})
            found += cursor.fetchone()[0]
        for model in apps.get_models():
            if hasattr(model, "SEALED_COPIES"):
                _table, column = model.SEALED_COPIES
                cursor.execute(
                    f'SELECT count(*) FROM {model._meta.db_table} WHERE strpos("{column}"::text, %s) > 0', [f"|{kid}|"]
                )
                found += cursor.fetchone()[0]
    return found


def _sealed_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if any(encrypted_fields(model))]


def _text(field: EncryptedField) -> str:
    name = f'"{field.column}"'
    return f"convert_from({name}, 'UTF8')" if isinstance(field, models.BinaryField) else name


def _all(
    model: type[models.Model], step: Callable[[Any, Any, int], tuple[int, int]], tell: Callable[[str, int], None]
) -> int:
    table, last, total = model._meta.db_table, 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor, _past_the_triggers(cursor, table):
            last, rows = step(cursor, model, last)
        if not last:
            return total
        total += rows
        tell(table, total)


class _past_the_triggers:
    """The triggers that always fire are off inside, which also keeps writers out until the transaction ends."""

    def __init__(self, cursor: Any, table: str) -> None:
        self.cursor, self.table = cursor, table
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A' AND tgrelid = %s::regclass",
            [table],
        )
        self.names = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    def __enter__(self) -> None:
        for name in self.names:
            self.cursor.execute(f'ALTER TABLE {self.table} DISABLE TRIGGER "{name}"')

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is not None:
            return  # the transaction takes it back
        self.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come can't be altered
        for name in self.names:
            self.cursor.execute(f'ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER "{name}"')


def _reseal_rows(cursor: Any, model: type[models.Model], last: int) -> tuple[int, int]:
    fields, key = list(encrypted_fields(model)), model._meta.pk.column
    bound = sorted({name for field in fields for name in field.row})
    names = ", ".join(f'"{name}"' for name in [*bound, *(field.column for field in fields)])
    old = " OR ".join(
        f"({_text(field)} LIKE 'v1|%%' AND split_part({_text(field)}, '|', 3) <> %(kid)s)" for field in fields
    )
    cursor.execute(
        f"""SELECT "{key}", {names} FROM {model._meta.db_table} WHERE "{key}" > %(last)s AND ({old})
             ORDER BY "{key}" LIMIT %(most)s""",
        {"last": last, "kid": key_ring().active, "most": BATCH},
    )
    rows = cursor.fetchall()
    for number, *values in rows:
        row = dict(zip([*bound, *(str(field.column) for field in fields)], values, strict=True))
        changed = dict(_resealed(fields, row))
        targets = ", ".join(f'"{column}" = %s' for column in changed)
        cursor.execute(f'UPDATE {model._meta.db_table} SET {targets} WHERE "{key}" = %s', [*changed.values(), number])
    return (rows[-1][0] if rows else 0), len(rows)


def _resealed(fields: list[EncryptedField], row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    ring = key_ring()
    for field in fields:
        column = str(field.column)
        kept = row.get(column)
        token = bytes(kept).decode() if isinstance(kept, memoryview | bytes) else kept
        if token and kid_of(token) not in ("", ring.active):
            place = field.place(lambda name: row[name])
            fresh = ring.seal(ring.unseal(token, place), place)
            yield column, fresh if token is kept else fresh.encode()


def _reseal_copies(cursor: Any, model: Any, last: int) -> tuple[int, int]:
    """Rows of other tables as JSON."""
    table, column = model.SEALED_COPIES
    by_table = {other._meta.db_table: list(encrypted_fields(other)) for other in _sealed_models()}
    cursor.execute(
        f"""SELECT id, "{table}", "{column}"::text FROM {model._meta.db_table}
             WHERE id > %s AND "{table}" = ANY(%s) AND strpos("{column}"::text, 'v1|') > 0 ORDER BY id LIMIT %s""",
        [last, list(by_table), BATCH],
    )
    rows = cursor.fetchall()
    done = 0
    for number, name, text in rows:
        row = json.loads(text)
        if changed := dict(_resealed(by_table[name], row)):
            fresh = json.dumps({**row, **changed}, ensure_ascii=False)
            cursor.execute(f'UPDATE {model._meta.db_table} SET "{column}" = %s WHERE id = %s', [fresh, number])
            done += 1
    return (rows[-1][0] if rows else 0), done
