"""Where somebody worked on a day before their unit was merged into another, split, moved or renamed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.utils import timezone

from organization.models import Unit

Place = tuple[str, int]  # a table of the file with a unit (or a post, which has one), and the number of a row


def former_units_for_system(rows: Iterable[Place], day: date) -> dict[Place, Unit]:
    """The unit that rows hung onto on a day, where a change of units has carried them to another since.

    Open rows follow their unit when it changes (`people_follow_units`); what they hung onto is in the history. A row
    that nothing has carried, or not since the day, is left out. Two queries, none for today.
    """
    wanted = list(rows)
    if not wanted or day >= timezone.localdate():
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT h.table_name, h.row_id, u.id
                 FROM unnest(%(tables)s::text[], %(numbers)s::bigint[]) AS w(name, number)
                 JOIN personnel_history h ON h.table_name = w.name AND h.row_id = w.number
                 LEFT JOIN personnel_post p ON p.id = (h.row->>'post_id')::bigint
                 JOIN organization_unit u ON u.id = coalesce((h.row->>'unit_id')::bigint, p.unit_id)
                WHERE h.act = 'organization.unit' AND u.valid_from <= %(day)s AND u.valid_to > %(day)s
                ORDER BY h.recorded_until""",
            {"tables": [name for name, _number in wanted], "numbers": [number for _name, number in wanted], "day": day},
        )
        found = {(str(name), int(number)): int(unit) for name, number, unit in cursor.fetchall()}
    units = Unit.objects.select_related("parent").in_bulk(set(found.values()))
    return {place: units[unit] for place, unit in found.items()}
