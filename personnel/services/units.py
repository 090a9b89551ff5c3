"""What follows a unit that is renamed, moved, merged or split: who works there, posts, places, areas, archives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services import audit
from organization.models import Unit, User
from personnel.models.codes import PostTitle
from personnel.services.custody import follow_units

# What points at a unit for a range of days: table → its columns. What has ended stays where it was.
DATED: Mapping[str, tuple[str, ...]] = {
    "personnel_employment": ("unit_id", "employer_id"),
    "personnel_placement": ("manager_id", "work_unit_id"),
    "personnel_custody": ("unit_id",),
    "personnel_responsibilityarea": ("unit_id",),
    "personnel_partyform": ("unit_id",),
    "personnel_partyarea": ("unit_id",),
}
_MOVED = "unnest(%(old)s::bigint[], %(new)s::bigint[], %(paths)s::text[]) AS m(old, new, path)"
# The units that end and those that go on themselves: what is in the latter already stays there.
_JOINED = f"(SELECT old, new FROM {_MOVED} UNION SELECT DISTINCT new, new FROM {_MOVED}) AS m(old, new)"
# A custodian that goes on as the same unit; where another takes its place, the custody begins anew (`follow_units`).
_SAME = """AND (SELECT lineage FROM organization_unit WHERE id = m.old)
             = (SELECT lineage FROM organization_unit WHERE id = m.new)"""
_OPEN = '(t."end" IS NULL OR t."end" > %(day)s)'


@transaction.atomic
def people_follow_units(*, actor: User | None, moved: Mapping[int, Unit], day: date) -> dict[str, int]:
    """Point everything of the personnel file that is open on the day at the units that go on; row counts by table.

    moved: number of a unit's row → the row that goes on. Part of the services of units, in their transaction and after
    their check of who may. Somebody who has the same post or area in several units that become one has it once from
    then on: in the unit that goes on, else where it began first; the others end on the day. Raises Refused when two
    people would hold a post of one holder, and when a unit would have two party organisations of one level.
    """
    if not moved:
        return {}
    words: dict[str, Any] = {
        "old": list(moved),
        "new": [unit.pk for unit in moved.values()],
        "paths": [unit.path for unit in moved.values()],
        "day": day,
    }
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('cwms.actor', %s, true), set_config('cwms.act', 'organization.unit', true)",
            [actor.username if actor is not None else "system"],
        )
        _refuse_two_holders(cursor, words)
        _refuse_two_organisations(cursor, words)
        counts["tenures"] = _tenures(cursor, words)
        _end_doubles(cursor, "personnel_responsibilityarea", "m.new, t.person_id, t.role", words)
        _end_doubles(cursor, "personnel_partyarea", "m.new", words)
        for table, columns in DATED.items():
            for column in columns:
                same = _SAME if table == "personnel_custody" else ""
                path = ", unit_path = m.path" if (table, column) == ("personnel_employment", "unit_id") else ""
                cursor.execute(
                    f"UPDATE {table} t SET {column} = m.new{path} FROM {_MOVED} WHERE t.{column} = m.old AND {_OPEN} {same}",
                    words,
                )
                name = f"{table.removeprefix('personnel_')}.{column.removesuffix('_id')}"
                counts[name] = cursor.rowcount
        counts["person.belongs_to"] = _waiting(cursor, words)
    counts["archives"] = follow_units(actor=actor, units=moved.values())
    audit(
        actor=actor,
        action="personnel.units.follow",
        obj=next(iter(moved.values())),
        after={"units": {str(old): unit.pk for old, unit in moved.items()}, "day": str(day), "rows": counts},
    )
    return counts


def _waiting(cursor: Any, words: dict[str, Any]) -> int:
    """Files with neither employment nor post; of the others the unit is not asked."""
    cursor.execute(
        f"""UPDATE personnel_person t SET belongs_to_id = m.new FROM {_MOVED} WHERE t.belongs_to_id = m.old
               AND NOT EXISTS (SELECT FROM personnel_employment e WHERE e.person_id = t.id)
               AND NOT EXISTS (SELECT FROM personnel_tenure h WHERE h.person_id = t.id)""",
        words,
    )
    return int(cursor.rowcount)


def _tenures(cursor: Any, words: dict[str, Any]) -> int:
    """The same posts in the units that go on, and the open tenures in them; what has ended keeps the former post."""
    cursor.execute(
        f"""INSERT INTO personnel_post (unit_id, body, title, single_holder)
            SELECT DISTINCT m.new, t.body, t.title, t.single_holder FROM personnel_post t JOIN {_MOVED} ON t.unit_id = m.old
            ON CONFLICT (unit_id, body, title) DO NOTHING""",
        words,
    )
    cursor.execute(
        f"""UPDATE personnel_tenure t SET "end" = greatest(%(day)s::date, t.start + 1) FROM (
                SELECT x.id, row_number() OVER (PARTITION BY m.new, x.body, x.title, x.person_id
                                                ORDER BY p.unit_id <> m.new, x.start, x.id) n
                  FROM personnel_tenure x JOIN personnel_post p ON p.id = x.post_id JOIN {_JOINED} ON p.unit_id = m.old
                 WHERE x."end" IS NULL OR x."end" > %(day)s) d
             WHERE d.id = t.id AND d.n > 1""",
        words,
    )
    cursor.execute(
        f"""UPDATE personnel_tenure t SET post_id = q.id, single_holder = q.single_holder
              FROM personnel_post p JOIN {_MOVED} ON p.unit_id = m.old
              JOIN personnel_post q ON q.unit_id = m.new AND q.body = p.body AND q.title = p.title
             WHERE p.id = t.post_id AND {_OPEN}""",
        words,
    )
    return int(cursor.rowcount)


def _end_doubles(cursor: Any, table: str, same: str, words: dict[str, Any]) -> None:
    """Of what would be there twice in the unit that goes on, one row stays and the others end on the day: what is in that
    unit already, else what began first.
    """
    cursor.execute(
        f"""UPDATE {table} x SET "end" = greatest(%(day)s::date, x.start + 1) FROM (
                SELECT t.id, row_number() OVER (PARTITION BY {same} ORDER BY t.unit_id <> m.new, t.start, t.id) n
                  FROM {table} t JOIN {_JOINED} ON t.unit_id = m.old WHERE {_OPEN}) d
             WHERE d.id = x.id AND d.n > 1""",
        words,
    )


def _refuse_two_holders(cursor: Any, words: dict[str, Any]) -> None:
    cursor.execute(
        f"""SELECT p.title, string_agg(DISTINCT x.name || '（' || u.name || '）', '、')
              FROM personnel_tenure t JOIN personnel_post p ON p.id = t.post_id AND p.single_holder
              JOIN personnel_person x ON x.id = t.person_id JOIN organization_unit u ON u.id = p.unit_id
              JOIN {_JOINED} ON p.unit_id = m.old
             WHERE {_OPEN} GROUP BY m.new, p.body, p.title HAVING count(DISTINCT t.person_id) > 1 ORDER BY 1, 2""",
        words,
    )
    found = cursor.fetchall()
    if found:
        raise Refused(
            [
                _(
                    "The unit that they become has one %(post)s, but on %(day)s there are several: %(people)s. End all but one first."
                )
                % {"post": PostTitle(title).label, "day": words["day"], "people": people}
                for title, people in found
            ]
        )


def _refuse_two_organisations(cursor: Any, words: dict[str, Any]) -> None:
    """A street or community has one party organisation: of two that come together, one is closed or moved before."""
    cursor.execute(
        f"""SELECT u.name, string_agg(t.name, '、' ORDER BY t.name)
              FROM personnel_partyform t JOIN {_JOINED} ON t.unit_id = m.old JOIN organization_unit u ON u.id = m.new
             WHERE {_OPEN} AND t.level <= 2 GROUP BY m.new, u.name, t.level HAVING count(*) > 1 ORDER BY 1, 2""",
        words,
    )
    found = cursor.fetchall()
    if found:
        raise Refused(
            [
                _(
                    "%(unit)s would have several party organisations on %(day)s: %(names)s. Close or move all but one first."
                )
                % {"unit": unit, "day": words["day"], "names": names}
                for unit, names in found
            ]
        )
