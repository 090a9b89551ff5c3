"""Standard tables as files: the same numbers as on the page, as the offices' forms have them."""

from __future__ import annotations

from typing import IO, Literal

from django.db import transaction
from django.utils import timezone, translation

from core.models import Export
from core.rules.sheets import Heading, write_tables
from core.rules.sheets import Table as Sheet
from core.services.exports import export_register
from organization.models import User
from reports.rules.tables import StandardTable, written
from reports.selectors.tables import TableQuestion, table_of
from reports.services.papers import heading_lines, signed_line, table_document

Output = Literal["xlsx", "pdf", "csv"]


@transaction.atomic
def table_export(
    *, actor: User, code: str, question: TableQuestion, output: Output, out: IO[bytes], query: str
) -> Export:
    """Write a standard table in Chinese, with title, unit, day, who made it and the number of the export.

    Raises like `table_of`, and Refused past the exports of a day.
    """
    with translation.override("zh-hans"):
        table = table_of(user=actor, code=code, question=question)

        def write(number: str) -> int:
            mark = f"{actor} · {timezone.localtime():%Y-%m-%d %H:%M} · {number}"
            if output == "pdf":
                out.write(table_document(table, maker=actor.display_name, made=timezone.localdate(), mark=mark))
                return len(table.rows)
            return write_tables(out, output, [_sheet(table, actor.display_name)], code=number, mark=mark)

        about = {"table": code, "unit": question.unit.code, "day": str(question.day), "since": str(question.since)}
        return export_register(
            actor=actor, action="reports.table_exported", kind=f"reports.{code}", file_format=output, write=write,
            query=query, columns=list(question.columns) or [column.heading for column in table.columns],
            sensitive=False, about={"format": output, "query": query, **about},
        )  # fmt: skip


def _sheet(table: StandardTable, maker: str) -> Sheet:
    title, unit, time = heading_lines(table)
    return Sheet(
        title=title[:31],
        headings=[Heading(column.heading, column.width) for column in table.columns],
        rows=([written(cell) if cell is None else cell for cell in row] for row in table.rows),
        above=[title, f"{unit}    {time}"],
        total=[written(cell) if cell is None else cell for cell in table.total or ()],
        below=[*table.notes, "    ".join(signed_line(maker, timezone.localdate()))],
    )
