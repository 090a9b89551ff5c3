"""What a batch of an evaluation reads beside facts: points, ballots and scores as columns, a query each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from django.db import connection

from assessment.rules.evaluating import schemes_of
from assessment.rules.inputs import Gathered, bucket_of, needs_ballots, no_points, no_ratings, no_scores, raters_of
from assessment.rules.periods import Period, within
from core.selectors import Among, frame_for_system
from organization.access import after
from policy.rules.document import Assessment, Scheme

_TRUNCATE = {"day": "day", "month": "month", "quarter": "quarter", "year": "year"}


def headcounts_for_system(path: str, depth: int, period: Period) -> list[tuple[str, str, int]]:
    """How many of each category are employed on the last day of a period in each unit of a level: (path, category,
    people) in path order.

    depth: how many codes the paths of that level have; who works above the level is counted at their own unit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pool, category, count(*) FROM (
                   SELECT array_to_string((string_to_array(rtrim(unit_path, '/'), '/'))[1:%s], '/') || '/' AS pool,
                          category
                     FROM personnel_employment
                    WHERE unit_path >= %s AND unit_path < %s AND start <= %s AND ("end" IS NULL OR "end" > %s)) AS people
                GROUP BY pool, category ORDER BY pool COLLATE "C", category""",
            [depth, path, after(path), period.last, period.last],
        )
        return [(str(pool), str(category), int(people)) for pool, category, people in cursor.fetchall()]


def gathered_for_system(ids: pl.Series, assessment: Assessment, period: Period, pools: Iterable[str]) -> Gathered:
    """Everything entered for these people that the schemes of the period's cycle take as inputs."""
    schemes = schemes_of(assessment, period.cycle)
    people = Among.of(ids)
    return Gathered(
        points=_points(people, assessment, schemes, period),
        ratings=_ratings(people, schemes, period),
        scores=_scores(people, assessment, schemes, period),
        pools=_pools(schemes, pools, period),
    )


def taken_for_system(ids: pl.Series, period: Period, run_id: int) -> pl.Series:
    """Those of these people who have a result of the period that is not of this run."""
    who = Among.of(ids)
    table, column, value = (
        ("assessment_annualresult", "year", period.year)
        if period.cycle == "year"
        else ("assessment_schemeresult", "period", period.code)
    )
    return frame_for_system(
        f"""SELECT DISTINCT person_id FROM {table}
             WHERE {who.on("person_id")} AND {column} = %s AND evaluation_id IS DISTINCT FROM %s""",
        [*who.params, value, run_id],
        {"person": pl.Int64},
    )["person"].sort()


def _points(who: Among, assessment: Assessment, schemes: Sequence[Scheme], period: Period) -> pl.DataFrame:
    """Added up by the database as far as no cap of an item has to tell entries apart."""
    wanted = any(entry.from_ == "points" for scheme in schemes for entry in scheme.inputs)
    if not wanted or assessment.points is None:
        return no_points()
    cases, params = [], []
    for item in assessment.points.catalogue:
        bucket = bucket_of(item)
        if bucket is None:
            continue
        if bucket == "half_year":
            bucket = "quarter"  # whole half-years are made of them by the rules
        cases.append("WHEN %s THEN date_trunc(%s, day::timestamp)::date")
        params += [item.code, _TRUNCATE[bucket]]
    case = f"CASE item {' '.join(cases)} END" if cases else "NULL::date"
    return frame_for_system(
        f"""SELECT person_id, item, bucket - date '1970-01-01', sum(points)
              FROM (SELECT person_id, item, {case} AS bucket, points FROM assessment_pointentry
                     WHERE {who.on("person_id")} AND day >= %s AND day < %s) AS entries
             GROUP BY person_id, item, bucket""",
        [*params, *who.params, period.first, period.end],
        {"person": pl.Int64, "item": pl.String, "bucket": pl.Date, "points": pl.Int64},
    )


def _ratings(who: Among, schemes: Sequence[Scheme], period: Period) -> pl.DataFrame:
    entries = [(s, e) for s in schemes for e in s.inputs if e.from_ not in ("points", "scheme", "figure")]
    if not entries:
        return no_ratings()
    single = any(needs_ballots(entry) for _scheme, entry in entries)
    lists = "array_to_string(ballots, '|'), array_to_string(kinds, '|')" if single else "NULL, NULL"
    frame = frame_for_system(
        f"""SELECT person_id, scheme, raters, total, count, {lists} FROM assessment_rating
             WHERE {who.on("person_id")} AND period = %s AND scheme = ANY(%s) AND raters = ANY(%s)""",
        [*who.params, period.code, sorted({s.code for s, _e in entries}), sorted({raters_of(e) for _s, e in entries})],
        {
            "person": pl.Int64,
            "scheme": pl.String,
            "raters": pl.String,
            "total": pl.Int64,
            "count": pl.Int64,
            "ballots": pl.String,
            "kinds": pl.String,
        },
    )
    return frame.with_columns(
        pl.col("ballots").str.split("|").cast(pl.List(pl.Int64), strict=True), pl.col("kinds").str.split("|")
    )


def _scores(who: Among, assessment: Assessment, schemes: Sequence[Scheme], period: Period) -> pl.DataFrame:
    """Sum, number and last of the closed periods, added up by the database."""
    cycles = {scheme.code: scheme.cycle for scheme in assessment.schemes}
    taken = sorted({entry.of for s in schemes for entry in s.inputs if entry.from_ == "scheme" and entry.of})
    periods = sorted({code for name in taken for code in within(period, cycles[name])})
    special = [name for name in taken if cycles[name] == "special"]
    if not taken or not (periods or special):
        return no_scores()
    lasts = any(entry.from_ == "scheme" and entry.take == "last" for s in schemes for entry in s.inputs)
    last = "(array_agg(score ORDER BY period DESC))[1]" if lasts else "NULL::int"
    return frame_for_system(
        f"""SELECT person_id, scheme, sum(score), count(*), {last}
             FROM assessment_schemeresult
            WHERE {who.on("person_id")} AND scheme = ANY(%s) AND closed AND score IS NOT NULL
              AND (period = ANY(%s) OR (scheme = ANY(%s) AND year = %s))
            GROUP BY person_id, scheme""",
        [*who.params, taken, periods, special, period.year],
        {"person": pl.Int64, "scheme": pl.String, "sum": pl.Int64, "count": pl.Int64, "last": pl.Int64},
    )


def _pools(schemes: Sequence[Scheme], pools: Iterable[str], period: Period) -> pl.DataFrame:
    """What is known of the pools' units on the last day, a column a fact; nothing unless a cap depends on it."""
    from policy.rules.conditions import facts_of

    names = sorted(facts_of([[cap.at_most, cap.at_least] for scheme in schemes for cap in scheme.caps]))
    paths = sorted(set(pools))
    if not names:
        return pl.DataFrame({"unit_path": paths}, schema={"unit_path": pl.String})
    rows: dict[str, dict[str, Any]] = {path: dict.fromkeys(names) | {"unit_path": path} for path in paths}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (u.path, f.key) u.path, f.key, f.value
                 FROM organization_unitfact f JOIN organization_unit u ON u.id = f.unit_id
                WHERE u.path = ANY(%s) AND f.key = ANY(%s) AND f.day <= %s ORDER BY u.path, f.key, f.day DESC""",
            [paths, names, period.last],
        )
        for path, key, value in cursor.fetchall():
            rows[path][key] = value
    numbers = {"urban_residents", "households", "grids"}
    schema: dict[str, Any] = {"unit_path": pl.String} | dict.fromkeys(names, pl.String)
    frame = pl.DataFrame(list(rows.values()), schema=schema)
    return frame.with_columns(pl.col(name).cast(pl.Int64) for name in names if name in numbers)
