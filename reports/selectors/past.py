"""Figures of past days, from the stretches of time in which what is counted of somebody stays the same.

What a stretch says is what the catalogue's own query gives on its first day (docs/decisions/0056-past-days.md): the query
is compiled once with days and people that stand for columns, and asked of every day on which something may change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any

import polars as pl
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Q
from django.db.models.lookups import LessThanOrEqual

from organization.access import after
from personnel.models import COUNTED_CATEGORIES
from reports.indicators import DIMENSIONS, Indicator, Span
from reports.indicators.columns import dimensions_of, with_codes, with_measures
from reports.indicators.expressions import InBand, WholeYears
from reports.models import PastColumn, PastState, StalePerson
from reports.rules.bands import Bands
from reports.rules.stretches import AREA, in_band, merged, on_day, unpacked, whole_years
from reports.selectors.direct import Row, counts_for_system
from reports.selectors.rollups import POPULATIONS, form_for_system, marks_for_system

MOST_STALE = 200  # people whom a question counts anew; past these it counts everything from the records
KEPT = {
    code: group
    for code, group in POPULATIONS.items()
    if marks_for_system(code) != "slips" and not group[0].population.last_of
}
EMPLOYED = "employed"  # whoever is paid is one of these, and has every trait there
# No record is of these: the day and the person in a compiled query, where a column is put (the year alone is a result's),
# and the path, in whose place all are put.
_DAY, _PERSON, _TOP = date(1066, 10, 14), -1066, "~/"
_COLUMNS: dict[Any, str] = {
    _DAY: "d.day", _DAY.year: "date_part('year', d.day)", _DAY.replace(month=1, day=1): "date_trunc('year', d.day)::date",
    date.min: "d.since", _PERSON: "d.person_id", _TOP: "''", after(_TOP): "'~'",
}  # fmt: skip
_HAPPENED = {  # of the day before the first without, or with
    code: pl.col("at").dt.offset_by("1d") if code in ("leavers", "taken", "risen") else pl.col("at")
    for code, group in KEPT.items()
    if group[0].population.events
}

# The days on which something that is counted of somebody may change, whatever the birthdays: those come with the question.
_CHANGES = """
  SELECT e.person_id, unnest(ARRAY[e.start, e."end"]) FROM personnel_employment e WHERE e.person_id = ANY (%(people)s)
  UNION SELECT t.person_id, unnest(ARRAY[t.start, t."end"]) FROM personnel_tenure t WHERE t.person_id = ANY (%(people)s)
  UNION SELECT r.person_id, unnest(ARRAY[r.start, r."end"]) FROM personnel_publicrole r WHERE r.person_id = ANY (%(people)s)
  UNION SELECT s.person_id, unnest(ARRAY[s.start, s."end"]) FROM personnel_specialtreatment s
         WHERE s.person_id = ANY (%(people)s)
  UNION SELECT n.person_id, unnest(ARRAY[n.start, n."end"]) FROM personnel_namedlistentry n
         WHERE n.person_id = ANY (%(people)s)
  UNION SELECT g.person_id, unnest(ARRAY[g.start, g."end"]) FROM payroll_gradespan g WHERE g.person_id = ANY (%(people)s)
  UNION SELECT e.person_id, e.graduated FROM personnel_education e WHERE e.person_id = ANY (%(people)s)
  UNION SELECT c.person_id, c.issued FROM personnel_certificate c WHERE c.person_id = ANY (%(people)s)
  UNION SELECT p.person_id, p.until FROM personnel_personpast p WHERE p.person_id = ANY (%(people)s)
  UNION SELECT h.person_id, h.day FROM personnel_honour h WHERE h.person_id = ANY (%(people)s)
  UNION SELECT r.person_id, make_date(r.year + more.years, 1, 1) FROM assessment_annualresult r, (VALUES (0), (1)) more (years)
         WHERE r.person_id = ANY (%(people)s)
"""
_AREAS = """
  UNION SELECT r.person_id, unnest(ARRAY[r.start, r."end"]) FROM personnel_responsibilityarea r
         WHERE r.person_id = ANY (%(people)s)"""
_MORE = {
    "employed": _AREAS,
    "workers": _AREAS
    + """
  UNION SELECT t.person_id, unnest(ARRAY[min(t.started), (date_trunc('year', t.started) + interval '1 year')::date])
          FROM training_trainingrecord t WHERE t.person_id = ANY (%(people)s)
         GROUP BY t.person_id, date_trunc('year', t.started)""",
    "trainings": """
  UNION SELECT t.person_id, t.started FROM training_trainingrecord t WHERE t.person_id = ANY (%(people)s)""",
}
# Of these days its units may stand elsewhere in the tree.
_MOVES = """
  SELECT whose.person_id, unnest(ARRAY[u.valid_from, u.valid_to])
          FROM (SELECT e.person_id, e.unit_id FROM personnel_employment e WHERE e.person_id = ANY (%(people)s)
                UNION SELECT t.person_id, s.unit_id FROM personnel_tenure t JOIN personnel_post s ON s.id = t.post_id
                       WHERE t.person_id = ANY (%(people)s)) whose
          JOIN organization_unit own ON own.id = whose.unit_id JOIN organization_unit u ON u.lineage = own.lineage
"""
# What is so is asked of every day. What happened is asked of its own day and stays, but where units move: there everything
# is asked again that has happened by then.
_ALL_DAYS = """
       SELECT person_id, day, lead(day) OVER (PARTITION BY person_id ORDER BY day) AS until
         FROM (SELECT * FROM changes UNION SELECT * FROM moves) days WHERE day IS NOT NULL"""
_OWN_DAYS = """
       SELECT person_id, day, CASE WHEN moves THEN '0001-01-01' ELSE day END AS since,
              min(day) FILTER (WHERE moves) OVER (PARTITION BY person_id ORDER BY day
                                                  ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS until
         FROM (SELECT person_id, day, bool_or(moves) AS moves
                 FROM (SELECT *, false AS moves FROM changes UNION ALL SELECT *, true FROM moves) every
                WHERE day IS NOT NULL GROUP BY person_id, day) days"""
_QUESTION = f"""
WITH changes (person_id, day) AS ({_CHANGES}{{more}}),
     moves (person_id, day) AS ({_MOVES}),
     d AS MATERIALIZED ({{days}})
SELECT d.person_id, d.day, d.until, p.birth_date,
       (SELECT min(e.start) FROM personnel_employment e
         WHERE e.person_id = d.person_id AND e.category = ANY (%(counted)s)), q.*
  FROM d JOIN personnel_person p ON p.id = d.person_id CROSS JOIN LATERAL ({{rows}}) q
"""


def stretches_for_system(population: str, people: Sequence[int]) -> pl.DataFrame:
    """The stretches of some people, as they are told by the records; those of all places."""
    columns = _columns(population)
    schema = {"person": pl.Int64, "start": pl.Date, "end": pl.Date, "born": pl.Date, "first": pl.Date, **columns}
    asked: dict[str, Any] = {"people": list(people), "counted": list(COUNTED_CATEGORIES)}
    text, given = _compiled(population)
    with connection.cursor() as cursor:
        cursor.execute(_question(population, text), asked | given)
        rows = cursor.fetchall()
    return merged(pl.DataFrame(rows, schema=schema, orient="row"))


def _question(population: str, rows: str = "") -> str:
    days = _OWN_DAYS if KEPT[population][0].population.events else _ALL_DAYS
    return _QUESTION.format(more=_MORE.get(population, ""), days=days, rows=rows)


def _compiled(population: str) -> tuple[str, dict[str, Any]]:
    """The catalogue's query of a population with columns for its day and person, and its other parameters by name."""
    rows = _rows(population).filter(person_id=_PERSON).values_list(*_columns(population))
    text, values = rows.query.sql_with_params()
    left = iter(values)
    given: dict[str, Any] = {}

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(left)
        if isinstance(value, date | int | str) and value in _COLUMNS:
            return _COLUMNS[value]
        given[f"p{len(given)}"] = value
        return f"%(p{len(given) - 1})s"

    return re.sub("%[%s]", put, text), given


def _rows(population: str) -> Any:
    of = KEPT[population][0].population
    span = Span(_TOP, _DAY, date.min)
    rows = with_codes(of.rows(span).order_by(), of, span, dimensions_of(of))
    return with_measures(rows, KEPT[population], span)


@cache
def _columns(population: str) -> dict[str, Any]:
    """What a stretch says, and how: all that doesn't follow from the day of a question."""
    group = KEPT[population]
    found: dict[str, Any] = {"place": pl.String}
    if group[0].population.events:
        found["at"] = pl.Date
    if group[0].population.chained:
        found["next"] = pl.Date
    clock = _clock(population)
    found |= {f"by_{code}": pl.String for code in dimensions_of(group[0].population)}
    found |= {f"{one.code}_fits": pl.Boolean for one in group if one.condition is not None}
    found |= {f"{one.code}_number": pl.Int64 for one in group if one.value is not None}
    return {name: kind for name, kind in found.items() if name not in clock}


@cache
def _clock(population: str) -> dict[str, pl.Expr]:
    """What follows from the day of the question and a day of the person: ages and years of service."""
    group = KEPT[population]
    of, span = group[0].population, Span(_TOP, _DAY, date.min)
    found: dict[str, pl.Expr] = {}
    for code in dimensions_of(of):
        expression = DIMENSIONS[code].expression(of, span)
        if isinstance(expression, InBand):
            years, edges = expression.get_source_expressions()
            codes = tuple(re.findall("'(.*?)'", expression.extra["codes"]))
            found[f"by_{code}"] = in_band(_years(years), Bands(tuple(edges.value), codes))
    for one in group:
        if one.value is not None and isinstance(value := one.value(span), WholeYears):
            found[f"{one.code}_number"] = _years(value).cast(pl.Int64)
        if one.condition is not None:
            for part in one.condition(span).children:
                if isinstance(part, LessThanOrEqual) and isinstance(part.lhs, WholeYears):
                    found[f"{one.code}_fits"] = _years(part.lhs) <= part.rhs
    return found


def _years(expression: Any) -> pl.Expr:
    _at, earlier = expression.get_source_expressions()
    return whole_years("born" if getattr(earlier, "name", "") == "person__birth_date" else "first")


@cache
def past_form_for_system() -> str:
    """What the stretches mean: a digest of the queries that they come from, in the form that no moved unit changes."""
    parts = [form_for_system(tuple(KEPT))]
    for code in sorted(KEPT):
        parts += [_question(code), str(list(_columns(code)))]
    return sha256("\n".join(parts).encode()).hexdigest()


def stale_people_for_system(path: str) -> list[int] | None:
    """Who has to be counted from the records beside what is kept of a part of the tree; None where everybody has. One query.

    To be asked before what is kept: somebody written between the two is then counted once all the same.
    """
    if path.count("/") > AREA:  # below a county people are few, and may be all that one sees
        return None
    marks = StalePerson.objects.order_by().values("whose").distinct()[: MOST_STALE + 1]
    through = PastState.objects.filter(form=past_form_for_system(), reached__isnull=True)
    stale: list[int] | None = through.values_list(ArraySubquery(marks), flat=True).first()
    return stale if stale is None or len(stale) <= MOST_STALE else None


def past_for_system(
    stale: Sequence[int] | None,
    group: Sequence[Indicator],
    span: Span,
    by: Sequence[str] = (),
    within: Mapping[str, str] | None = None,
) -> dict[tuple[str, ...], Row] | None:
    """As `counts_for_system`, from what is kept, and of stale people (`stale_people_for_system`) from the records.

    None where it has to be counted. One query, and one where somebody is stale.
    """
    code = _kept_as(group)
    if stale is None or code not in KEPT:
        return None
    needed = _needed(group, by, within or {}) | ({"person"} if stale else set())
    frame = pl.concat([one.select(sorted(needed)) for one in _read(span.path, code, needed)] or [_empty(code)])
    found = _counted(on_day(frame, span.day, stale), group, span, by, within or {})
    if stale:
        for key, fresh in counts_for_system(group, span, by, within, people=stale).items():
            found[key] = _together(found[key], fresh) if key in found else dict(fresh)
    return dict(found)


def _kept_as(group: Sequence[Indicator]) -> str:
    """The population from whose stretches indicators are answered."""
    return group[0].population.last_of or group[0].population.code


def with_traits_for_system(
    frame: pl.DataFrame, path: str, codes: Sequence[str], stale: Sequence[int]
) -> tuple[pl.DataFrame, list[int]]:
    """Rows with "person" and "at", and what the people employed then were like: `by_…` for each dimension. Rows of people
    of whom that isn't kept, and of stale ones, are left out; they come second. One query.
    """
    clock, stored = _clock(EMPLOYED), _columns(EMPLOYED)
    wanted = {f"by_{code}" for code in codes}
    sources = {root for name in wanted & clock.keys() for root in clock[name].meta.root_names()} - {"at"}
    needed = sorted({"person", "start", "end"} | sources | (wanted & stored.keys()))
    kept = _read(path, EMPLOYED, needed)
    stretches = pl.concat([one.select(needed) for one in kept] or [_empty(EMPLOYED).select(needed)])
    starts, goes_on = pl.col("start"), pl.col("end").is_null()
    of_these_days = (starts <= frame["at"].max()) & (goes_on | (pl.col("end") > frame["at"].min()))
    known = frame.filter(~pl.col("person").is_in(list(stale))).join(stretches.filter(of_these_days), on="person")
    known = known.filter((starts <= pl.col("at")) & (goes_on | (pl.col("end") > pl.col("at"))))
    found = known.with_columns((clock[name] if name in clock else pl.col(name)).alias(name) for name in sorted(wanted))
    left = frame.join(found.select("person", "at"), on=["person", "at"], how="anti")
    return found, left["person"].unique().to_list()


def _read(path: str, population: str, columns: Collection[str]) -> list[pl.DataFrame]:
    """Columns of what is kept in each part of the tree below a path."""
    inside = Q(unit_path__gte=path, unit_path__lt=after(path))
    kept = PastColumn.objects.filter(inside, population=population, column__in=columns).order_by("unit_path")
    found: dict[str, list[bytes | memoryview]] = {}
    for area, data in kept.values_list("unit_path", "data"):
        found.setdefault(area, []).append(data)
    return [unpacked(some) for some in found.values()]


def _needed(group: Sequence[Indicator], by: Sequence[str], within: Mapping[str, str]) -> set[str]:
    """The columns that a question is answered from."""
    code, of = _kept_as(group), group[0].population
    wanted = {f"by_{one}" for one in (*by, *within) if one != "unit"}
    wanted |= {f"{one.code}_fits" for one in group} | {f"{one.code}_number" for one in group}
    clock = _clock(code)
    sources = {root for name in wanted & clock.keys() for root in clock[name].meta.root_names()} - {"at"}
    if "unit" in (*by, *within):
        sources.add("place")
    if of.events:
        sources.add("at")
    if of.last_of:
        sources.add("next")
    stored = _columns(code)
    return {"start", "end"} | sources | (wanted & stored.keys())


def _empty(population: str) -> pl.DataFrame:
    schema = {"person": pl.Int64, "start": pl.Date, "end": pl.Date, "born": pl.Date, "first": pl.Date}
    return pl.DataFrame(schema={**schema, "at": pl.Date, **_columns(population)})


def _counted(
    frame: pl.DataFrame, group: Sequence[Indicator], span: Span, by: Sequence[str], within: Mapping[str, str]
) -> dict[tuple[str, ...], dict[str, Any]]:
    code, of = _kept_as(group), group[0].population
    clock = _clock(code)
    if of.events:
        frame = frame.filter(_HAPPENED[code] >= span.since)
    if of.last_of:
        frame = frame.filter(pl.col("next").is_null() | (pl.col("next") > span.day))

    def column(name: str) -> pl.Expr:
        if name == "by_unit":
            level = span.path.count("/")
            return pl.col("place").cast(pl.String).str.split("/").list.get(level, null_on_oob=True).fill_null("")
        return clock[name] if name in clock else pl.col(name)

    for one, value in within.items():
        frame = frame.filter(column(f"by_{one}").cast(pl.String) == value)
    sums = []
    for item in group:
        sums.append(pl.len().alias(f"{item.code}_rows"))
        if item.condition is not None:
            sums.append(column(f"{item.code}_fits").fill_null(False).sum().alias(f"{item.code}_part"))
        if item.value is not None:
            number = column(f"{item.code}_number")
            sums[-1] = number.is_not_null().sum().alias(f"{item.code}_rows")
            sums.append(number.sum().alias(f"{item.code}_total"))
    if not by:
        return {(): frame.select(sums).row(0, named=True)}
    # First by units and codes as they are kept, then by their words: of these there are few.
    names = {one: "place" if one == "unit" else f"by_{one}" for one in by}
    kept = frame.group_by([pl.col("place") if one == "unit" else column(f"by_{one}").alias(f"by_{one}") for one in by])
    cells = kept.agg(sums).with_columns(pl.col(name).cast(pl.String) for name in names.values())
    keys = [column(f"by_{one}").alias(f"by_{one}") if one == "unit" else pl.col(f"by_{one}") for one in by]
    rows = cells.group_by(keys).agg(pl.exclude(*names.values()).sum()).iter_rows(named=True)
    return {tuple(row[f"by_{one}"] for one in by): row for row in rows}


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of two parts of the people; what is kept has no least and no most."""
    return {
        name: (value or 0) + (other[name] or 0) if not name.startswith("by_") else value for name, value in one.items()
    }


def beyond_records_for_system() -> list[int]:
    """People of whom something is kept and who are on record no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT whose FROM reports_pastarea, unnest(people) whose"
            " WHERE NOT EXISTS (SELECT FROM personnel_person p WHERE p.id = whose)"
        )
        return [whose for (whose,) in cursor.fetchall()]
