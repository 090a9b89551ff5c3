"""The facts of many people as columns: one function for a day, one for a month, and everything starts from them.

The number of queries depends on what is needed and never on how many people there are. Rows leave the database by
COPY as text and become polars columns; dates travel as days since 1970.

Everybody is read on a day of their own: the day asked for, or for a month its first day, and the day of joining for
whoever joins later. A person whose records contradict each other is left out with the reason, and nobody else is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db import connection

from core.selectors import Among, frame_for_system
from organization.access import after
from personnel.models import COUNTED_CATEGORIES, CertificateLevel, EducationLevel, LeftOut, PostTitle
from policy.rules.facts import Facts

if TYPE_CHECKING:
    from core.periods import Month


_LeftOut = tuple[int, str, dict[str, str]]

# What has to be read for which fact. A fact that is in none of these sets comes from the employment itself.
_PERSON = {
    "sex": "sex",
    "political_status": "political_status",
    "birth_date": "birth_date - date '1970-01-01'",
    "work_started": "work_started - date '1970-01-01'",
    "certificate_exams_failed": "certificate_exams_failed",
    "background": "NULLIF(background, '')",
    "registered_residence": "NULLIF(registered_residence, '')",
    "lives_in": "NULLIF(lives_in, '')",
}
_EMPLOYMENT = {
    "entry_channel": "entry_channel",
    "probation_end": "probation_end - date '1970-01-01'",
    "contract_start": "contract_start - date '1970-01-01'",
    "contract_end": "contract_end - date '1970-01-01'",
    "establishment": "establishment",
}
_DATES = frozenset({"birth_date", "work_started", "probation_end", "contract_start", "contract_end"})
_POSTS = frozenset({"posts_held", "bodies", "full_time", "appointed_as", "post_since"})
_EDUCATION = frozenset({"education", "degree", "study_mode", "major"})
_CERTIFICATES = frozenset({"certificates", "certificate", "appointed_certificate"})
_UNIT_FACTS = frozenset({"urban_residents", "households", "grids", "area_kind", "branch_star", "unit_grade"})
_UNIT_NUMBERS = frozenset({"urban_residents", "households", "grids"})

# Which of the columns above a derived fact is worked out from.
_DERIVED: dict[str, frozenset[str]] = {
    "age": frozenset({"birth_date"}),
    "working_years": frozenset({"work_started"}),
    "probation": frozenset({"probation_end"}),
    "post": frozenset({"posts_held"}),
    "post_years": frozenset({"post_since"}),
    "lives_in_unit": frozenset({"lives_in"}),
}
_EDUCATION_ORDER = {level: n for n, level in enumerate(EducationLevel.values)}
_CERTIFICATE_ORDER = {level: n for n, level in enumerate(CertificateLevel.values)}
_POST_ORDER = {title: n for n, title in enumerate(PostTitle.values)}

# A path stands for everything in and below the unit; (low, high) for low <= path < high, which is what a batch has.
PathOrRange = str | tuple[str, str]


def day_facts_for_system(
    paths: Iterable[PathOrRange],
    day: date,
    needs: Collection[str] | None = None,
    categories: Sequence[str] = COUNTED_CATEGORIES,
) -> Facts:
    """The facts of everybody employed in or below the paths on a day.

    `needs`: names of facts that will be used, so that nothing else is read; None reads all. `categories`: the
    employments that make somebody one of these people.
    """
    return _facts(tuple(paths), day, day + timedelta(days=1), needs, tuple(categories), month=False)


def month_facts_for_system(
    paths: Iterable[PathOrRange],
    month: Month,
    needs: Collection[str] | None = None,
    categories: Sequence[str] = COUNTED_CATEGORIES,
) -> Facts:
    """The facts of everybody employed in or below the paths on at least one day of the month, one row a person.

    Adds `pay_from` and `pay_to`, the half-open part of the month in which they are employed. Somebody who moves from
    one unit to another in the month belongs to the last one, so that two batches never both have them.
    """
    return _facts(tuple(paths), month.first_day, month.next_first, needs, tuple(categories), month=True)


def _facts(
    paths: tuple[PathOrRange, ...],
    first: date,
    end: date,
    needs: Collection[str] | None,
    categories: tuple[str, ...],
    *,
    month: bool,
) -> Facts:
    wanted = _wanted(needs)
    scope = _scope(paths, first, end, categories)
    stretches = _employments(scope, wanted)
    who = Among.of(stretches["person"].unique().sort())
    spans = _spans(who, scope, stretches)
    units = _units(stretches["unit_id"].unique().to_list(), wanted, first)
    homes, left_out = _homes(stretches, spans, first, end, categories)
    days = homes.select("person", "day")
    lazy = homes.lazy().join(units.lazy(), on="unit_id", how="left")
    if wanted & set(_PERSON):
        lazy = lazy.join(_persons(who, wanted).lazy(), on="person", how="left")
    if wanted & _POSTS:
        lazy = _with_posts(lazy, days, _tenures(who, first, end), wanted | {"posts_held"})
    if wanted & _EDUCATION:
        lazy = _with_education(lazy, days, _educations(who, end), wanted)
    if wanted & _CERTIFICATES:
        lazy = _with_certificates(lazy, days, _certificates(who, end), wanted)
    if "discipline_in_effect" in wanted:
        lazy = _with_disciplines(lazy, days, _disciplines(who, first, end))
    if "special_treatment" in wanted:
        lazy = _with_treatments(lazy, days, _treatments(who, first, end))
    people = _finished(lazy, spans, wanted, month=month).sort("person").collect(engine="in-memory")
    if wanted & _POSTS:
        people = _leave_out(people, "posts_held", LeftOut.NO_POST, left_out)
    if "birth_date" in wanted and needs is not None:
        people = _leave_out(people, "birth_date", LeftOut.NO_BIRTH_DATE, left_out)
    honours = _honours(who, end) if "honours" in wanted else _NO_HONOURS
    if people.height < spans.height or honours.height:
        keep = people.select("person")
        spans = spans.join(keep, on="person", how="semi")
        honours = honours.join(keep, on="person", how="semi")
    return Facts(
        day=first,
        people=people,
        spans=spans.select("person", "category", "start", "end"),
        honours=honours,
        left_out=pl.DataFrame(
            {
                "person": [person for person, _code, _params in left_out],
                "code": [str(code) for _person, code, _params in left_out],
                "params": [json.dumps(params, ensure_ascii=False) for _person, _code, params in left_out],
            },
            schema={"person": pl.Int64, "code": pl.String, "params": pl.String},
        ).sort("person"),
    )


def _leave_out(people: pl.DataFrame, fact: str, code: str, left_out: list[_LeftOut]) -> pl.DataFrame:
    """Those without a fact that everybody must have go to the list with the reason; the others stay."""
    if not people[fact].null_count():
        return people
    for person, day in people.filter(pl.col(fact).is_null()).select("person", "day").iter_rows():
        left_out.append((person, code, {"day": str(day)}))
    return people.filter(pl.col(fact).is_not_null())


def _wanted(needs: Collection[str] | None) -> frozenset[str]:
    """The columns to read for the facts needed. A fact of no table here is somebody else's to add."""
    everything = (
        frozenset(_PERSON)
        | frozenset(_EMPLOYMENT)
        | _POSTS
        | _EDUCATION
        | _CERTIFICATES
        | _UNIT_FACTS
        | {"honours", "entry_date", "experience_years", "discipline_in_effect", "special_treatment"}
    )
    if needs is None:
        return everything
    wanted: set[str] = set()
    for need in needs:
        wanted |= _DERIVED.get(need, frozenset({need}))
    return everything & wanted


# -- Queries ----------------------------------------------------------------------------------------------------------


def _in_paths(paths: tuple[PathOrRange, ...], column: str) -> tuple[str, list[str]]:
    if not paths:
        return "false", []
    conditions = " OR ".join(f"({column} >= %s AND {column} < %s)" for _path in paths)
    ranges = [path if isinstance(path, tuple) else (path, after(path)) for path in paths]
    return f"({conditions})", [bound for one in ranges for bound in one]


_SPAN: dict[str, Any] = {
    "employment": pl.Int64,
    "person": pl.Int64,
    "unit_id": pl.Int64,
    "category": pl.String,
    "start": pl.Date,
    "end": pl.Date,
}
_SPAN_COLUMNS = "id, person_id, unit_id, category, start - date '1970-01-01', \"end\" - date '1970-01-01'"


def _scope(
    paths: tuple[PathOrRange, ...], first: date, end: date, categories: tuple[str, ...]
) -> tuple[str, tuple[Any, ...]]:
    """The employments of the categories in or below the paths that hold on some day of [first, end), as a condition."""
    condition, params = _in_paths(paths, "unit_path")
    condition += ' AND start < %s AND ("end" IS NULL OR "end" > %s) AND category = ANY(%s)'
    return condition, (*params, end, first, list(categories))


def _employments(scope: tuple[str, tuple[Any, ...]], wanted: frozenset[str]) -> pl.DataFrame:
    """The employments of the scope, with what is wanted of them."""
    own = {name: sql for name, sql in _EMPLOYMENT.items() if name in wanted}
    return frame_for_system(
        f"SELECT {', '.join([_SPAN_COLUMNS, *own.values()])} FROM personnel_employment WHERE {scope[0]}",
        scope[1],
        _SPAN | {name: pl.Date if name in _DATES else pl.String for name in own},
    )


def _spans(who: Among, scope: tuple[str, tuple[Any, ...]], stretches: pl.DataFrame) -> pl.DataFrame:
    """Every employment these people ever had, whichever unit it was in: those of the scope, read already, and others."""
    others = frame_for_system(
        f"SELECT {_SPAN_COLUMNS} FROM personnel_employment WHERE {who.on('person_id')} AND NOT ({scope[0]})",
        [*who.params, *scope[1]],
        _SPAN,
    )
    # What was changed between the two readings must not be there twice.
    others = others.join(stretches, on="person", how="semi").join(stretches, on="employment", how="anti")
    return pl.concat([stretches.select(*_SPAN), others]).sort("person", "start", "employment")


def _persons(who: Among, wanted: frozenset[str]) -> pl.DataFrame:
    """What is on record of the people themselves, as far as it is wanted."""
    columns = {name: sql for name, sql in _PERSON.items() if name in wanted}
    schema: dict[str, Any] = {"person": pl.Int64}
    for name in columns:
        schema[name] = pl.Date if name in _DATES else pl.String
    if "certificate_exams_failed" in schema:
        schema["certificate_exams_failed"] = pl.Int64
    return frame_for_system(
        f"SELECT {', '.join(['id', *columns.values()])} FROM personnel_person WHERE {who.on('id')}",
        [*who.params],
        schema,
    )


def _tenures(who: Among, first: date, end: date) -> pl.DataFrame:
    return frame_for_system(
        f"""SELECT person_id, title, body, start - date '1970-01-01', "end" - date '1970-01-01', full_time::int,
                  appointed_as
           FROM personnel_tenure WHERE {who.on("person_id")} AND start < %s AND ("end" IS NULL OR "end" > %s)""",
        [*who.params, end, first],
        {
            "person": pl.Int64,
            "title": pl.String,
            "body": pl.String,
            "t_start": pl.Date,
            "t_end": pl.Date,
            "full_time": pl.Boolean,
            "appointed_as": pl.String,
        },
    )


def _educations(who: Among, end: date) -> pl.DataFrame:
    """Studies with a diploma: who left a school without graduating has not the level that it leads to."""
    return frame_for_system(
        f"""SELECT person_id, level, degree, study_mode, NULLIF(major, ''), graduated - date '1970-01-01'
           FROM personnel_education
          WHERE {who.on("person_id")} AND graduated < %s AND completion = 'GRADUATED'""",
        [*who.params, end],
        {
            "person": pl.Int64,
            "education": pl.String,
            "degree": pl.String,
            "study_mode": pl.String,
            "major": pl.String,
            "graduated": pl.Date,
        },
    )


def _certificates(who: Among, end: date) -> pl.DataFrame:
    return frame_for_system(
        f"""SELECT person_id, level, issued - date '1970-01-01', appointed_from - date '1970-01-01'
           FROM personnel_certificate WHERE {who.on("person_id")} AND issued < %s""",
        [*who.params, end],
        {"person": pl.Int64, "level": pl.String, "issued": pl.Date, "appointed_from": pl.Date},
    )


def _disciplines(who: Among, first: date, end: date) -> pl.DataFrame:
    return frame_for_system(
        f"""SELECT person_id, start - date '1970-01-01', effect_end - date '1970-01-01'
           FROM personnel_discipline
           WHERE {who.on("person_id")} AND start < %s AND (effect_end IS NULL OR effect_end > %s)""",
        [*who.params, end, first],
        {"person": pl.Int64, "d_start": pl.Date, "d_end": pl.Date},
    )


def _treatments(who: Among, first: date, end: date) -> pl.DataFrame:
    return frame_for_system(
        f"""SELECT person_id, level, start - date '1970-01-01', "end" - date '1970-01-01'
           FROM personnel_specialtreatment
           WHERE {who.on("person_id")} AND start < %s AND ("end" IS NULL OR "end" > %s)""",
        [*who.params, end, first],
        {"person": pl.Int64, "special_treatment": pl.String, "s_start": pl.Date, "s_end": pl.Date},
    )


_NO_HONOURS = pl.DataFrame(schema={"person": pl.Int64, "kind": pl.String, "level": pl.String, "day": pl.Date})


def _honours(who: Among, end: date) -> pl.DataFrame:
    return frame_for_system(
        f"""SELECT person_id, kind, level, day - date '1970-01-01'
           FROM personnel_honour WHERE {who.on("person_id")} AND day < %s""",
        [*who.params, end],
        dict(_NO_HONOURS.schema),
    ).sort("person", "day")


def _units(ids: list[int], wanted: frozenset[str], day: date) -> pl.DataFrame:
    """The units of the people, with the codes above them and, if asked for, what is known of them on the day."""
    rows = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, path, kind FROM organization_unit WHERE id = ANY(%s)", [ids])
        for unit_id, path, kind in cursor.fetchall():
            parts = {len(part): part for part in path.rstrip("/").split("/")}
            rows.append(
                {
                    "unit_id": unit_id,
                    "unit": path.rstrip("/").rsplit("/", 1)[-1].ljust(12, "0"),
                    "community": parts.get(12),
                    "street": parts[9].ljust(12, "0") if 9 in parts else None,
                    "county": parts.get(6),
                    "unit_path": path,
                    "unit_kind": kind,
                }
            )
        schema: dict[str, Any] = {"unit_id": pl.Int64} | dict.fromkeys(
            ("unit", "community", "street", "county", "unit_path", "unit_kind"), pl.String
        )
        units = pl.DataFrame(rows, schema=schema)
        keys = sorted(wanted & _UNIT_FACTS)
        if keys:
            cursor.execute(
                """SELECT DISTINCT ON (unit_id, key) unit_id, key, value FROM organization_unitfact
                   WHERE unit_id = ANY(%s) AND key = ANY(%s) AND day <= %s ORDER BY unit_id, key, day DESC""",
                [ids, keys, day],
            )
            known: dict[str, dict[int, str]] = {key: {} for key in keys}
            for unit_id, key, value in cursor.fetchall():
                known[key][unit_id] = value
            units = units.with_columns(
                pl.Series(
                    key,
                    [_unit_value(key, known[key].get(unit_id)) for unit_id in units["unit_id"]],
                    dtype=pl.Int64 if key in _UNIT_NUMBERS else pl.String,
                )
                for key in keys
            )
    return units


def _unit_value(key: str, value: str | None) -> int | str | None:
    return (int(value) if value is not None else 0) if key in _UNIT_NUMBERS else value


# -- Putting the columns together -------------------------------------------------------------------------------------


def _homes(
    stretches: pl.DataFrame, spans: pl.DataFrame, first: date, end: date, categories: tuple[str, ...]
) -> tuple[pl.DataFrame, list[_LeftOut]]:
    """One employment a person: the last of those that hold in [first, end); and who has contradicting ones.

    `stretches` are the employments in the scope, `spans` all employments of the same people. Someone whose last
    employment lies outside the scope belongs to another one.
    """
    relevant = spans.filter(
        pl.col("category").is_in(categories)
        & (pl.col("start") < end)
        & (pl.col("end").is_null() | ((pl.col("end") > first) & (pl.col("end") > pl.col("start"))))
    )
    left_out: list[_LeftOut] = []
    entered = pl.lit(None, dtype=pl.Date).alias("entered")
    several = relevant.filter(pl.col("person").is_duplicated())
    if several.height:
        merged: dict[int, date] = {}
        not_here: list[int] = []
        own = set(stretches["employment"].to_list())
        for rows in several.partition_by("person", maintain_order=True):
            found = rows.to_dicts()
            home = found[-1]
            person = home["person"]
            if home["employment"] not in own:
                not_here.append(person)
                continue
            problem = _contradiction(found)
            if problem is not None:
                left_out.append((person, *problem))
            else:
                merged[person] = found[0]["start"]
        drop = pl.Series(not_here + [person for person, _code, _params in left_out], dtype=pl.Int64)
        last = relevant.group_by("person").agg(pl.col("employment").last())
        stretches = stretches.join(last, on=["person", "employment"], how="semi").filter(
            ~pl.col("person").is_in(drop.implode())
        )
        entered = (
            pl.col("person").replace_strict(merged, default=None, return_dtype=pl.Date).alias("entered")
            if merged
            else entered
        )
    people = (
        stretches.lazy()
        .with_columns(entered)
        .with_columns(
            pl.coalesce("entered", "start").alias("entry_date"),
        )
    )
    return (
        people.with_columns(
            pl.max_horizontal(pl.lit(first), "entry_date").alias("day"),
            pl.max_horizontal(pl.lit(first), "entry_date").alias("pay_from"),
            pl.min_horizontal(pl.lit(end), pl.coalesce("end", pl.lit(end))).alias("pay_to"),
        )
        .drop("entered", "employment", "start", "end")
        .collect(),
        left_out,
    )


def _contradiction(rows: list[dict[str, Any]]) -> tuple[str, dict[str, str]] | None:
    """What keeps several employments of one person in the month from being one stretch; None if they are one."""
    for earlier, later in pairwise(rows):
        if earlier["end"] is None or earlier["end"] > later["start"]:
            return LeftOut.TWO_EMPLOYMENTS, {
                "first": earlier["category"],
                "first_from": str(earlier["start"]),
                "second": later["category"],
                "second_from": str(later["start"]),
            }
        if earlier["end"] < later["start"] or earlier["category"] != later["category"]:
            return LeftOut.SPLIT_MONTH, {
                "first_to": str(earlier["end"] - timedelta(days=1)),
                "second_from": str(later["start"]),
            }
    return None


def _with_posts(
    people: pl.LazyFrame, days: pl.DataFrame, tenures: pl.DataFrame, wanted: frozenset[str]
) -> pl.LazyFrame:
    """Adds the posts held on each person's day."""
    held = (
        tenures.lazy()
        .join(days.lazy(), on="person", how="inner")
        .filter((pl.col("t_start") <= pl.col("day")) & (pl.col("t_end").is_null() | (pl.col("t_end") > pl.col("day"))))
        .with_columns(pl.col("title").replace_strict(_POST_ORDER, return_dtype=pl.Int8).alias("rank"))
        .sort("person", "rank", "t_start")
    )
    if tenures["person"].n_unique() == tenures.height:  # one post each, as most people have: a list of one, ungrouped
        facts = held.select(
            "person",
            pl.concat_list("title").alias("posts_held"),
            pl.concat_list("body").alias("bodies"),
            "full_time",
            "appointed_as",
            pl.col("t_start").alias("post_since"),
        )
    else:
        facts = held.group_by("person", maintain_order=True).agg(
            pl.col("title").alias("posts_held"),
            pl.col("body").alias("bodies"),
            pl.col("full_time").any(),
            pl.col("appointed_as").drop_nulls().first(),
            pl.col("t_start").first().alias("post_since"),
        )
        if "bodies" in wanted:
            facts = facts.with_columns(pl.col("bodies").list.unique(maintain_order=True))
    return people.join(facts.select("person", *sorted(wanted & _POSTS)), on="person", how="left")


def _with_education(
    people: pl.LazyFrame, days: pl.DataFrame, educations: pl.DataFrame, wanted: frozenset[str]
) -> pl.LazyFrame:
    """Adds the highest education of each person's day with its mode and major, and the highest degree."""
    known = educations.lazy().join(days.lazy(), on="person", how="inner").filter(pl.col("graduated") <= pl.col("day"))
    if educations["person"].n_unique() == educations.height:
        return people.join(known.select("person", *sorted(wanted & _EDUCATION)), on="person", how="left")
    highest = _highest(known, "education", _EDUCATION_ORDER)
    people = people.join(highest.select("person", *sorted(wanted & (_EDUCATION - {"degree"}))), on="person", how="left")
    if "degree" in wanted:
        # DOCTOR, MASTER, BACHELOR stand in the same order as the levels of education of these names
        degrees = _highest(known.filter(pl.col("degree").is_not_null()), "degree", _EDUCATION_ORDER)
        people = people.join(degrees.select("person", "degree"), on="person", how="left")
    return people


def _highest(rows: pl.LazyFrame, column: str, order: dict[str, int]) -> pl.LazyFrame:
    """The row of each person whose code stands first in the order."""
    return (
        rows.with_columns(pl.col(column).replace_strict(order, return_dtype=pl.Int8).alias("rank"))
        .sort("person", "rank", maintain_order=True)
        .unique("person", keep="first", maintain_order=True)
    )


def _with_certificates(
    people: pl.LazyFrame, days: pl.DataFrame, certificates: pl.DataFrame, wanted: frozenset[str]
) -> pl.LazyFrame:
    """Adds the certificates held on each person's day, the highest of them, and the level they are appointed to."""
    held = certificates.lazy().join(days.lazy(), on="person", how="inner").filter(pl.col("issued") <= pl.col("day"))
    if "certificates" in wanted:
        lists = held.sort("person", "issued").group_by("person", maintain_order=True).agg(pl.col("level"))
        people = people.join(
            lists.select("person", pl.col("level").list.unique(maintain_order=True).alias("certificates")),
            on="person",
            how="left",
        )
    for fact, rows in (
        ("certificate", held),
        (
            "appointed_certificate",
            held.filter(pl.col("appointed_from").is_not_null() & (pl.col("appointed_from") <= pl.col("day"))),
        ),
    ):
        if fact in wanted:
            highest = _highest(rows, "level", _CERTIFICATE_ORDER)
            people = people.join(highest.select("person", pl.col("level").alias(fact)), on="person", how="left")
    return people


def _with_disciplines(people: pl.LazyFrame, days: pl.DataFrame, disciplines: pl.DataFrame) -> pl.LazyFrame:
    affected = (
        disciplines.lazy()
        .join(days.lazy(), on="person", how="inner")
        .filter((pl.col("d_start") <= pl.col("day")) & (pl.col("d_end").is_null() | (pl.col("d_end") > pl.col("day"))))
        .select("person", pl.lit(True).alias("discipline_in_effect"))
        .unique()
    )
    return people.join(affected, on="person", how="left").with_columns(pl.col("discipline_in_effect").fill_null(False))


def _with_treatments(people: pl.LazyFrame, days: pl.DataFrame, treatments: pl.DataFrame) -> pl.LazyFrame:
    """The treatment enjoyed on each person's day; of several the one that began last."""
    enjoyed = (
        treatments.lazy()
        .join(days.lazy(), on="person", how="inner")
        .filter((pl.col("s_start") <= pl.col("day")) & (pl.col("s_end").is_null() | (pl.col("s_end") > pl.col("day"))))
        .sort("person", "s_start", "special_treatment")
        .group_by("person")
        .agg(pl.col("special_treatment").last())
    )
    return people.join(enjoyed, on="person", how="left")


def _finished(people: pl.LazyFrame, spans: pl.DataFrame, wanted: frozenset[str], *, month: bool) -> pl.LazyFrame:
    """Turns what was read into facts of the vocabulary, and drops what only the reading needed."""
    columns: list[pl.Expr] = []
    drop: list[str] = []
    if "probation_end" in wanted:
        columns.append(
            (pl.col("probation_end").is_not_null() & (pl.col("day") < pl.col("probation_end"))).alias("probation")
        )
    if "lives_in" in wanted:
        columns.append((pl.col("lives_in") == pl.col("community")).fill_null(False).alias("lives_in_unit"))
        drop.append("lives_in")
    if "background" in wanted:
        columns.append(pl.col("background").str.split("|").fill_null([]).alias("background"))
    if "certificates" in wanted:
        columns.append(pl.col("certificates").fill_null([]))
    people = people.with_columns(columns) if columns else people
    if "experience_years" in wanted:
        people = _with_experience(people, spans.lazy())
    if not month:
        drop += ["pay_from", "pay_to"]
    return people.drop(drop)


def _with_experience(people: pl.LazyFrame, spans: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the full months of community service before this entry, which are twelfths of a year."""
    before = (
        spans.join(people.select("person", "entry_date"), on="person", how="inner")
        .filter((pl.col("start") < pl.col("entry_date")) & pl.col("category").is_in(COUNTED_CATEGORIES))
        .with_columns(pl.min_horizontal(pl.coalesce("end", pl.lit(date.max)), "entry_date").alias("until"))
        .with_columns(
            (
                (pl.col("until").dt.year() - pl.col("start").dt.year()) * 12
                + pl.col("until").dt.month().cast(pl.Int32)
                - pl.col("start").dt.month().cast(pl.Int32)
                - (pl.col("until").dt.day() < pl.col("start").dt.day()).cast(pl.Int32)
            ).alias("months")
        )
        .group_by("person")
        .agg(pl.col("months").sum().cast(pl.Int64).alias("experience_years"))
    )
    return people.join(before, on="person", how="left").with_columns(pl.col("experience_years").fill_null(0))
