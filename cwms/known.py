"""What was on record at an earlier moment, as the catalogue of figures reads it (docs/decisions/0063-known-at.md).

The schema `known` has a view for each table that figures are counted from, under the table's own name. A transaction that
puts `known` before `public` in its search path and says the moment in `cwms.known_at` reads rows as they were on record
then, by the same queries. Raised by the owner after every migration, like the walls and the history.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from cwms.walls import APP_ROLE, WALLS

# Tables that figures are counted from, each behind those that its view reads. Slips are not among them: those of a run that was sealed never change, and
# whether it was sealed, its run says.
TABLES = (
    "organization_unit", "organization_unitfact", "staffing_quotaplan", "staffing_quotaallocation", "staffing_seatfreeze",
    "personnel_person", "personnel_employment", "personnel_post", "personnel_tenure", "personnel_education",
    "personnel_certificate", "personnel_personpast", "personnel_honour", "personnel_publicrole",
    "personnel_specialtreatment", "personnel_namedlistentry", "payroll_gradespan", "payroll_payrun",
    "assessment_evaluation", "assessment_annualresult", "training_trainingrecord",
    "personnel_responsibilityarea",
)  # fmt: skip
# Views of slips of sealed runs: of those that were sealed then. They ask as whoever asks, so that the policies hold.
SEALED = ("payroll_payline", "payroll_payshare")

_AT = "current_setting('cwms.known_at')::timestamptz"
_FILE = (
    "personnel_history",
    "recorded_until",
    "",
)  # table of earlier rows, until when they were on record, which count
_OTHERS = ("core_rowhistory", "at", " AND {}.deed <> 'I'")

# When a row was added is kept of runs of numbers, as a statement adds them: a row for a person who is entered, and a few
# for a file of thousands.
_KEEPER = """
CREATE OR REPLACE FUNCTION public.core_keep_added() RETURNS trigger
SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE plpgsql AS $$
DECLARE
  now constant timestamptz := clock_timestamp();
BEGIN
  INSERT INTO core_rowsadded (table_name, first, last, at)
  SELECT TG_TABLE_NAME, min(id), max(id), now
    FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS run FROM new_rows) numbered GROUP BY run;
  RETURN NULL;
END $$;
"""

# Of whom the web sees rows: as personnel_sees says it, of employments and posts of now and of then, as a set that is
# worked out once a statement where many are asked about. Whoever was on record in somebody's units then counts there, and
# is named to those alone who see them now (reports.selectors.known).
_PEOPLE = f"""
CREATE VIEW known.people AS
  SELECT e.person_id FROM public.personnel_employment e WHERE e.unit_path <@ (SELECT public.organization_units())
  UNION ALL
  SELECT h.person_id FROM public.personnel_history h
   WHERE h.table_name = 'personnel_employment' AND h.recorded_until > {_AT}
     AND h."row" ->> 'unit_path' <@ (SELECT public.organization_units())
  UNION ALL
  SELECT t.person_id FROM public.personnel_tenure t JOIN public.personnel_post s ON s.id = t.post_id
    JOIN public.organization_unit u ON u.id = s.unit_id WHERE u.path <@ (SELECT public.organization_units())
  UNION ALL
  SELECT h.person_id FROM public.personnel_history h JOIN public.personnel_post s ON s.id = (h."row" ->> 'post_id')::bigint
    JOIN public.organization_unit u ON u.id = s.unit_id
   WHERE h.table_name = 'personnel_tenure' AND h.recorded_until > {_AT}
     AND u.path <@ (SELECT public.organization_units())
  UNION ALL
  SELECT p.id FROM public.personnel_person p JOIN public.organization_unit u ON u.id = p.belongs_to_id
   WHERE u.path <@ (SELECT public.organization_units())
     AND NOT EXISTS (SELECT FROM public.personnel_employment e WHERE e.person_id = p.id)
     AND NOT EXISTS (SELECT FROM public.personnel_tenure t WHERE t.person_id = p.id);
"""


def raise_known(cursor: Any, roles: Collection[str]) -> None:
    """The views, and the triggers that say when rows were added. As the owner of the tables."""
    cursor.execute(
        """SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position),
                  EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = format('public.%%I', c.table_name)::regclass
                             AND g.tgname = c.table_name || '_keep_updated')
             FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name = ANY (%s)
            GROUP BY c.table_name""",
        [list(TABLES)],
    )
    found = sorted(cursor.fetchall(), key=lambda row: TABLES.index(row[0]))
    tables = [(table, columns, _FILE if of_the_file else _OTHERS) for table, columns, of_the_file in found]
    text = (
        "DROP SCHEMA IF EXISTS known CASCADE; CREATE SCHEMA known;"
        + _KEEPER
        + _PEOPLE
        + "".join(_view(*one) + _trigger(one[0]) for one in tables)
        + "".join(
            f"CREATE VIEW known.{view} WITH (security_invoker = true) AS SELECT * FROM public.{view} v WHERE EXISTS"
            " (SELECT FROM known.payroll_payrun r WHERE r.id = v.run_id AND r.state = 'SEALED');"
            for view in SEALED
        )
        + "CREATE VIEW known.beginning AS"
        " SELECT table_name, min(at) AS at FROM public.core_rowsadded GROUP BY table_name;"
    )
    stamp = sha256(text.encode()).hexdigest()
    cursor.execute("SELECT obj_description(to_regnamespace('known'), 'pg_namespace')")
    if cursor.fetchone()[0] != stamp:
        cursor.execute(f"{text} COMMENT ON SCHEMA known IS '{stamp}'")
    for role in roles:
        cursor.execute(f"GRANT USAGE ON SCHEMA known TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA known TO {role}")
    # From when on it is known what was added. A table that had no rows by then had none before.
    for table, _columns, _earlier in tables:
        cursor.execute(
            f"""INSERT INTO core_rowsadded (table_name, first, last, at)
                SELECT '{table}', 0, 0, CASE WHEN EXISTS (SELECT FROM {table}) THEN clock_timestamp() ELSE
                         coalesce((SELECT min(at) FROM core_rowsadded), clock_timestamp()) END
                 WHERE NOT EXISTS (SELECT FROM core_rowsadded WHERE table_name = '{table}')"""
        )


def _view(table: str, columns: list[str], earlier: tuple[str, str, str]) -> str:
    history, until, which = earlier
    of_then = [
        f'h.{"row_id" if name == "id" else name} AS "{name}"' if name in ("id", "person_id") else f'r."{name}"'
        for name in columns
    ]
    added = (
        "coalesce((SELECT range_agg(int8range(a.first, a.last, '[]')) FROM public.core_rowsadded a"
        f" WHERE a.table_name = '{table}' AND a.at > {_AT}), '{{}}'::int8multirange)"
    )
    later = f"SELECT FROM public.{history} l WHERE l.table_name = '{table}' AND l.{until} > {_AT}{which.format('l')}"
    now = [_of_now(table, name) for name in columns]
    return f"""
CREATE VIEW known.{table} AS SELECT * FROM (
  SELECT {", ".join(now)} FROM public.{table} t
   WHERE NOT t.id <@ {added} AND NOT EXISTS ({later} AND l.row_id = t.id)
  UNION ALL
  SELECT {", ".join(of_then)}
    FROM public.{history} h CROSS JOIN LATERAL jsonb_populate_record(NULL::public.{table}, h."row") r
   WHERE h.table_name = '{table}' AND h.{until} > {_AT}{which.format("h")}
     AND NOT h.row_id <@ {added} AND NOT EXISTS ({later} AND l.row_id = h.row_id AND l.id < h.id)) {table}
 WHERE {_wall(table)};
"""


def _of_now(table: str, name: str) -> str:
    """A result has the state of its evaluation, of which alone an earlier one is kept (cwms/history.py)."""
    if (table, name) == ("assessment_annualresult", "state"):
        return (
            "coalesce((SELECT CASE WHEN v.state IN ('CLOSED', 'CONFIRMED') THEN v.state ELSE 'OPEN' END"
            "  FROM known.assessment_evaluation v WHERE v.id = t.evaluation_id), t.state)::varchar(9) AS state"
        )
    return f't."{name}"'


def _wall(table: str) -> str:
    """As the policy of the table says it, of the people of now and of then."""
    if table not in WALLS:
        return "true"
    rule, seen = re.subn(
        r"personnel_sees\((\w+), \w+\)", rf"EXISTS (SELECT FROM known.people seen WHERE seen.person_id = {table}.\1)",
        WALLS[table],
    )  # fmt: skip
    if "whole" in rule or ("person" in rule and not seen):
        raise ValueError(f"the policy of {table} reads a table that the view would read as the owner")
    return f"(current_user <> '{APP_ROLE}' OR {rule})"


def _trigger(table: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {table}_row_kept_added AFTER INSERT ON public.{table} REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION public.core_keep_added();\n"
        f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {table}_row_kept_added;\n"
    )
