"""Rows of a query as columns; the end and the faults of the audit chain."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection, transaction

from core.models import AuditLink, Export


@dataclass(frozen=True)
class Among:
    """Some numbers as a condition in SQL: a range where they lie close together (as those of people do who were
    entered unit by unit), else a list in one text, which is read far faster than a list of parameters.

    A range may let others through; whoever joins the rows to their own drops them.
    """

    form: str
    params: tuple[Any, ...]

    def on(self, column: str) -> str:
        return self.form.replace("?", column)

    @classmethod
    def of(cls, ids: pl.Series) -> Among:
        if ids.len() == 0:
            return cls("false", ())
        low, high = int(ids.min()), int(ids.max())  # type: ignore[arg-type]  # numbers, none of them null
        if high - low < ids.len() * 5 // 4:
            return cls("? BETWEEN %s AND %s", (low, high))
        return cls("? = ANY(%s::bigint[])", ("{" + ",".join(map(str, ids.to_list())) + "}",))


def frame_for_system(query: str, params: Sequence[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of a query, by COPY as text, as a frame of the schema.

    A day comes as the number of days since 1970 (`column - date '1970-01-01'`) and becomes a Date where the schema says
    so, a truth value as 0 or 1. The text of the query is the program's own; values go through `params`.
    """
    with connection.wrap_database_errors, transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if connection.execute_wrappers:  # they see statements, but no COPY: what they put first, this transaction keeps
            cursor.execute("SELECT 1")
        buffer = io.BytesIO()
        text = cursor.cursor.mogrify(query, params).decode()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT csv)", buffer)
    if not buffer.tell():
        return pl.DataFrame(schema=dict(schema))
    buffer.seek(0)
    raw = {name: {pl.Date: pl.Int32, pl.Boolean: pl.Int8}.get(kind, kind) for name, kind in schema.items()}
    frame = pl.read_csv(buffer, has_header=False, schema=raw)
    again = [pl.col(name).cast(kind) for name, kind in schema.items() if kind in (pl.Date, pl.Boolean)]
    return frame.with_columns(again) if again else frame


def audit_head_for_system() -> str:
    """The end of the audit chain, "number:digest"; "0:" where there is none yet."""
    return str(AuditLink.objects.order_by("-seq").first() or "0:")


@dataclass(frozen=True, slots=True)
class ChainFault:
    """What is wrong at a place of the audit chain. seq: the number of the link; None where an entry has no link.

    fault: CHANGED (an entry is not what it was), ENTRY_MISSING, LINK_MISSING, UNCHAINED (an entry that was put in by
    hand, or whose process died long ago), CUT (the chain no longer has an end that was known outside).
    """

    seq: int | None
    entry_id: int | None
    fault: str


def audit_faults_for_system(*, anchors: Sequence[str] = (), grace: str = "15 minutes") -> list[ChainFault]:
    """Read the whole chain; what is wrong, in its order, empty if nothing is.

    anchors: ends of the chain that were kept outside the database ("number:digest"); each must still be a link of it.
    grace: how young an entry may be that hangs nowhere yet. Raises ValueError for an anchor that is none.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, entry_id, fault FROM core_audit_faults(%s)", [grace])
        found = [ChainFault(*row) for row in cursor.fetchall()]
    for anchor in anchors:
        number, colon, digest = anchor.strip().partition(":")
        if not (colon and number.isdecimal()):
            raise ValueError(anchor)
        if digest and not AuditLink.objects.filter(seq=int(number), digest=digest).exists():
            found.append(ChainFault(int(number), None, "CUT"))
    return found


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The newest links of the audit chain, read again: how many, from which number to which, and what is wrong there."""

    links: int
    first: int
    last: int
    faults: list[ChainFault]


def audit_end_for_system(*, links: int = 10_000) -> ChainEnd:
    """Check the end of the chain, each of the newest links against the one before it. One query.

    Quick enough for a page; what is older, and entries that hang on no link, `audit_faults_for_system` finds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN_END, [links, links])
        rows = cursor.fetchall()
    faults = [ChainFault(seq, entry, fault) for seq, entry, fault in rows if fault]
    return ChainEnd(len(rows), rows[0][0] if rows else 0, rows[-1][0] if rows else 0, faults)


_CHAIN_END = """
WITH newest AS (SELECT * FROM core_auditlink ORDER BY seq DESC LIMIT %s + 1),
     paired AS (SELECT n.*, lag(n.seq) OVER w AS earlier_seq, lag(n.digest) OVER w AS earlier
                  FROM newest n WINDOW w AS (ORDER BY n.seq))
SELECT p.seq, p.entry_id,
       CASE WHEN coalesce(p.earlier_seq, 0) + 1 <> p.seq THEN 'LINK_MISSING'
            WHEN e.id IS NULL THEN 'ENTRY_MISSING'
            WHEN NOT core_audit_holds(p.digest, coalesce(p.earlier, ''), p.seq, e, a.acts) THEN 'CHANGED' END
  FROM paired p LEFT JOIN core_auditentry e ON e.id = p.entry_id
 CROSS JOIN core_audit_sound_acts('15 minutes') AS a (acts)
 WHERE p.earlier_seq IS NOT NULL OR (SELECT count(*) FROM newest) <= %s
 ORDER BY p.seq
"""


def export_for_system(code: str) -> Export | None:
    """The export with a number as it was typed: case and blanks don't matter."""
    return Export.objects.filter(code="".join(code.split()).upper()).first()
