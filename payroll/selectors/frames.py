"""What a batch of a pay run or a review reads, as columns: a constant number of queries whatever the headcount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection

from core.selectors import Among, frame_for_system
from organization.access import after
from policy.rules.facts import Facts

if TYPE_CHECKING:
    from datetime import date

    from core.periods import Month
    from payroll.models import PayRun

_DAY0 = "date '1970-01-01'"


def headcounts_for_system(path: str, month: Month, categories: Sequence[str]) -> list[tuple[str, int]]:
    """How many of some categories are employed in each unit of the scope on some day of the month, in path order."""
    return _headcounts(path, month.first_day.isoformat(), month.next_first.isoformat(), categories)


def headcounts_on_for_system(path: str, day: str, categories: Sequence[str]) -> list[tuple[str, int]]:
    """How many of some categories are employed in each unit of the scope on a day, in path order."""
    return _headcounts(path, day, f"{day}", categories)


def _headcounts(path: str, first: str, end: str, categories: Sequence[str]) -> list[tuple[str, int]]:
    upper = "<" if end != first else "<="
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT unit_path, count(*) FROM personnel_employment
                 WHERE unit_path >= %s AND unit_path < %s AND start {upper} %s AND ("end" IS NULL OR "end" > %s)
                   AND category = ANY(%s)
                 GROUP BY unit_path ORDER BY unit_path""",
            [path, after(path), end, first, list(categories)],
        )
        return [(str(unit_path), int(people)) for unit_path, people in cursor.fetchall()]


def with_grades_for_system(facts: Facts, scales: Iterable[str]) -> Facts:
    """Adds a column a scale: the value that holds on each person's day, null for those who have none; and since when.

    `<scale>_since` (Date) is the day from which the value holds.
    """
    wanted = sorted(set(scales))
    if not wanted:
        return facts
    people = facts.people
    who = Among.of(people["person"])
    spans = frame_for_system(
        f"""SELECT person_id, scale, value, start - {_DAY0}, "end" - {_DAY0} FROM payroll_gradespan
             WHERE {who.on("person_id")} AND scale = ANY(%s)""",
        [*who.params, wanted],
        {"person": pl.Int64, "scale": pl.String, "value": pl.Int64, "span_start": pl.Date, "span_end": pl.Date},
    )
    held = spans.join(people.select("person", "day"), on="person", how="inner").filter(
        (pl.col("span_start") <= pl.col("day")) & (pl.col("span_end").is_null() | (pl.col("span_end") > pl.col("day")))
    )
    for scale in wanted:
        one = held.filter(pl.col("scale") == scale).select(
            "person", pl.col("value").alias(scale), pl.col("span_start").alias(f"{scale}_since")
        )
        people = people.drop(scale, f"{scale}_since", strict=False).join(
            one, on="person", how="left", maintain_order="left"
        )
    return Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)


def manual_amounts_for_system(ids: pl.Series, month: Month) -> pl.DataFrame:
    """Approved amounts entered by hand that are paid in the month: person, line, amount (fen), added up.

    What repeats is paid until it is changed: of such entries the newest one alone counts, also when it has ended.
    """
    who = Among.of(ids)
    return frame_for_system(
        f"""SELECT person_id, line, sum(amount)::bigint
              FROM (SELECT person_id, line, amount, month, until,
                           row_number() OVER (PARTITION BY person_id, line, until IS NULL ORDER BY month DESC, id DESC) n
                      FROM payroll_manualitem
                     WHERE approved_by_id IS NOT NULL AND {who.on("person_id")} AND month <= %s) entered
             WHERE (until IS NULL AND month = %s) OR (n = 1 AND until > %s) GROUP BY person_id, line""",
        [*who.params, month.first_day, month.first_day, month.first_day],
        {"person": pl.Int64, "line": pl.String, "amount": pl.Int64},
    )


_STORED = {
    "run": pl.Int64,
    "person": pl.Int64,
    "unit_id": pl.Int64,
    "unit": pl.String,
    "unit_path": pl.String,
    "post_stored": pl.String,
    "day": pl.Date,
    "pay_from": pl.Date,
    "pay_to": pl.Date,
    "gross": pl.Int64,
    "standards": pl.String,
    "amounts": pl.String,
    "input_codes": pl.String,
    "input_numbers": pl.String,
}


def stored_slips_for_system(month: Month, ids: pl.Series, *, sealed: bool) -> pl.DataFrame:
    """The slips of a month of these people, of sealed runs only or of any that is not cancelled.

    Columns as in `_STORED`; standards, amounts, input_numbers are List(Int64), input_codes is List(String).
    """
    who = Among.of(ids)
    frame = _stored(
        f"r.state = ANY(%s) AND s.month = %s AND s.kind = 1 AND {who.on('s.person_id')}",
        [["SEALED"] if sealed else ["SEALED", "READY"], month.first_day, *who.params],
    )
    return frame.filter(pl.col("person").is_in(ids.implode()))


def slips_of_run_for_system(run: PayRun, path: str) -> pl.DataFrame:
    """The slips of a run inside a unit, as `stored_slips_for_system` gives them."""
    return _stored("s.run_id = %s AND u.path >= %s AND u.path < %s", [run.pk, path, after(path)])


def _stored(condition: str, params: Sequence[Any]) -> pl.DataFrame:
    frame = frame_for_system(
        f"""SELECT s.run_id, s.person_id, s.unit_id, rpad(u.code, 12, '0'), u.path, s.post, s.day - {_DAY0},
                   s.from_day - {_DAY0}, s.to_day - {_DAY0}, s.gross, array_to_json(s.standards),
                   array_to_json(s.amounts), array_to_json(s.input_codes), array_to_json(s.input_numbers)
              FROM payroll_payslip s
              JOIN payroll_payrun r ON r.id = s.run_id
              JOIN organization_unit u ON u.id = s.unit_id
             WHERE {condition}""",
        params,
        _STORED,
    )
    return frame.with_columns(
        pl.col("standards", "amounts", "input_numbers").str.json_decode(pl.List(pl.Int64)),
        pl.col("input_codes").str.json_decode(pl.List(pl.String)),
    )


def slips_exist_for_system(month: Month, path_from: str, path_to: str) -> bool:
    """Whether anybody of the range has a slip of the month in a run that is ready or sealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM payroll_payrun r
                               WHERE r.month = %s AND r.kind = 1 AND r.state IN ('SEALED', 'READY') AND NOT r.dry_run
                                 AND (left(%s, length(r.unit_path)) = r.unit_path
                                      OR (r.unit_path >= %s AND r.unit_path < %s)))""",
            [month.first_day, path_from, path_from, path_to],
        )
        return bool(cursor.fetchone()[0])


def unit_paths_of_people_for_system(ids: Sequence[int], month: Month) -> dict[int, str]:
    """Where people who could not be computed are employed in the month: the last employment of each."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (person_id) person_id, unit_path FROM personnel_employment
                WHERE person_id = ANY(%s) AND start < %s AND ("end" IS NULL OR "end" > %s)
                ORDER BY person_id, start DESC, id DESC""",
            [list(ids), month.next_first, month.first_day],
        )
        return {int(person): str(path) for person, path in cursor.fetchall()}


def former_people_for_system(
    path_from: str, path_to: str, since: date, month: Month, categories: Sequence[str]
) -> dict[int, str]:
    """Who was last employed in the range, left after `since` and before the month: person → unit path.

    categories: the employments that count.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.person_id, e.unit_path FROM personnel_employment e
                WHERE e.unit_path >= %s AND e.unit_path < %s AND e.category = ANY(%s)
                  AND e."end" > %s AND e."end" <= %s
                  AND NOT EXISTS (SELECT FROM personnel_employment l
                                   WHERE l.person_id = e.person_id AND l.category = ANY(%s)
                                     AND (l.start, l.id) > (e.start, e.id))""",
            [path_from, path_to, list(categories), since, month.first_day, list(categories)],
        )
        return {int(person): str(path) for person, path in cursor.fetchall()}


def arrears_paid_for_system(month: Month, ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """What sealed runs have already paid or taken back for a month: (person, line) → fen."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.person_id, a.line, sum(a.amount)::bigint FROM payroll_arrearsline a
                 JOIN payroll_payrun r ON r.id = a.run_id AND r.state IN ('READY', 'SEALED')
                WHERE a.month = %s AND a.person_id = ANY(%s) GROUP BY a.person_id, a.line""",
            [month.first_day, list(ids)],
        )
        return {(int(person), str(line)): int(amount) for person, line, amount in cursor.fetchall()}


def results_year_for_system(path: str, month: Month, *, closing: bool) -> int:
    """The newest year whose results count in a month: last year's, or where a result counts only from the month after
    its closing, last year's if it was closed by then.
    """
    year = month.year - 1
    if not closing:
        return year
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM assessment_evaluation e
                               WHERE e.year = %s AND e.cycle = 'year' AND e.state = 'CLOSED'
                                 AND (e.closed AT TIME ZONE 'Asia/Shanghai')::date < %s
                                 AND (left(%s, length(e.unit_path)) = e.unit_path
                                      OR (e.unit_path >= %s AND e.unit_path < %s)))""",
            [year, month.first_day, path, path, after(path)],
        )
        return year if cursor.fetchone()[0] else year - 1


def with_open_results_for_system(facts: Facts, year: int) -> Facts:
    """Adds `result_open`: whether a person's yearly result is still to come.

    It is not where the person has a closed one, and where the evaluation of the year of their unit is closed: whoever
    has none then gets none.
    """
    people = facts.people
    who = Among.of(people["person"])
    closed = frame_for_system(
        f"""SELECT person_id FROM assessment_annualresult
             WHERE year = %s AND state = 'CLOSED' AND {who.on("person_id")}""",
        [year, *who.params],
        {"person": pl.Int64},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit_path FROM assessment_evaluation WHERE year = %s AND cycle = 'year' AND state = 'CLOSED'",
            [year],
        )
        paths = [path for (path,) in cursor.fetchall()]
    evaluated = pl.any_horizontal([pl.lit(False), *(pl.col("unit_path").str.starts_with(path) for path in paths)])
    people = people.with_columns(
        (~(pl.col("person").is_in(closed["person"].implode()) | evaluated)).alias("result_open")
    )
    return Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)


def leavers_for_system(
    run: PayRun, before: Month, month: Month, path_from: str, path_to: str, ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Who had a slip in the range in the month before and has none now: person, unit_id, unit_path, gross.

    Somebody who has moved to another part of the run's scope is found there, and not here.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.person_id, s.unit_id, u.path, s.gross FROM payroll_payslip s
                 JOIN payroll_payrun r ON r.id = s.run_id AND r.state IN ('SEALED', 'READY')
                 JOIN organization_unit u ON u.id = s.unit_id
                WHERE s.month = %s AND s.kind = 1 AND u.path >= %s AND u.path < %s AND NOT s.person_id = ANY(%s)
                  AND NOT EXISTS (SELECT FROM personnel_employment e
                                   WHERE e.person_id = s.person_id AND e.start < %s AND (e."end" IS NULL OR e."end" > %s)
                                     AND e.unit_path >= %s AND e.unit_path < %s
                                     AND NOT (e.unit_path >= %s AND e.unit_path < %s))
                ORDER BY s.person_id""",
            [
                before.first_day, path_from, path_to, list(ids), month.next_first, month.first_day,
                run.unit_path, after(run.unit_path), path_from, path_to,
            ],
        )  # fmt: skip
        names = ("person", "unit_id", "unit_path", "gross")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
