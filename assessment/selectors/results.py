"""Closed results as facts, for the rules of ladders and pay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from assessment.rules.evaluating import needed_facts, prepared
from assessment.rules.periods import Period, containing
from core.selectors import Among, frame_for_system
from personnel.selectors import day_facts_for_system
from policy.rules.conditions import facts_of, window
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Policy
from policy.rules.facts import Facts
from policy.rules.workers import evaluated_categories

_KINDS: dict[str, Any] = {"score": pl.Int64, "rank": pl.Int64, "grade": pl.String}
YEARS_BACK = 10
FIRST_YEAR = 1900  # earlier than any result; a year without one has no column


def with_results_for_system(
    facts: Facts, policy: Policy, up_to_year: int, needs: Collection[str] | None = None, *, day: date | None = None
) -> Facts:
    """Adds what closed results say: `annual_grades.<year>` as far back as the policy looks, and of that year itself
    `score.<scheme>`, `grade.<scheme>`, `rank.<scheme>` (the last closed period of shorter schemes), `points` and
    `review_decision`.

    day: a day of the month that is paid; results of schemes shorter than a year are then those of the period in which
    it lies (the last closed one before, while that is open), whatever the year.
    needs: names of facts that will be used, so that nothing else is read; None reads all. An appeal granted after
    closing counts instead of the closed grade. At most five queries, whatever the headcount.
    """
    wanted = None if needs is None else set(needs)
    schemes = [scheme.code for scheme in policy.assessment.schemes] if policy.assessment else []
    who = Among.of(facts.people["person"])
    people = facts.people
    of_schemes = [
        f"{kind}.{code}" for code in schemes for kind in _KINDS if wanted is None or f"{kind}.{code}" in wanted
    ]
    histories = wanted is None or _takes_years_out(policy) or any(name.startswith("annual_grade") for name in wanted)
    if histories or of_schemes:
        people = _with_annual(people, who, _years(policy, up_to_year), set(of_schemes), schemes)
    if of_schemes:
        people = _with_schemes(people, who, up_to_year, of_schemes, _limits(policy, up_to_year, day))
    if wanted is None or "points" in wanted:
        people = _with_points(people, who, up_to_year)
    if wanted is None or "review_decision" in wanted:
        people = _with_decisions(people, who, up_to_year)
    return replace(facts, people=people)


def _years(policy: Policy, last: int) -> range:
    """The years that any rule of the policy looks back at: all where service leaves years out, ten where a scale or
    pay looks at the yearly grade, else the windows.
    """
    if _takes_years_out(policy):
        return range(FIRST_YEAR, last + 1)
    blocks = [policy.service, *policy.scales.values(), policy.pay]
    if any("annual_grade" in facts_of(block) for block in blocks):
        return range(last - YEARS_BACK + 1, last + 1)
    found = window(policy, last)
    return range(min([last, *found]), last + 1)


def _takes_years_out(policy: Policy) -> bool:
    """Whether any counting of service looks at the result of each year: one that was taken out stays out for good."""
    own = [component.service for component in policy.pay.components] if policy.pay else []
    services = [policy.service, *(scale.service for scale in policy.scales.values()), *own]
    return any(
        service is not None and (service.leave_out is not None or service.year_open == "leave_out")
        for service in services
    )


def _join(people: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    fresh = [name for name in own.columns if name != "person"]
    return people.drop(fresh, strict=False).join(own, on="person", how="left", maintain_order="left")


def _with_annual(
    people: pl.DataFrame, who: Among, years: range, of_schemes: set[str], schemes: list[str]
) -> pl.DataFrame:
    first, up_to_year = years[0], years[-1]
    more: dict[str, Any] = {"scheme": pl.String, "score": pl.Int64, "rank": pl.Int64} if of_schemes else {}
    rows = frame_for_system(
        f"""SELECT {", ".join(["person_id", "year", "grade", *more])} FROM assessment_annualresult
             WHERE {who.on("person_id")} AND year BETWEEN %s AND %s AND state = 'CLOSED'""",
        [*who.params, first, up_to_year],
        {"person": pl.Int64, "year": pl.Int32, "grade": pl.String} | more,
    )
    # Granted appeals are few, so that they are read on their own and not looked up for every result.
    granted = frame_for_system(
        f"""SELECT DISTINCT ON (a.result_id) r.person_id, r.year, a.new_grade
              FROM assessment_appeal a JOIN assessment_annualresult r ON r.id = a.result_id
             WHERE a.state = 'GRANTED' AND a.new_grade IS NOT NULL AND {who.on("r.person_id")}
               AND r.year BETWEEN %s AND %s AND r.state = 'CLOSED'
             ORDER BY a.result_id, a.id DESC""",
        [*who.params, first, up_to_year],
        {"person": pl.Int64, "year": pl.Int32, "new_grade": pl.String},
    )
    if granted.height:
        rows = rows.join(granted, on=["person", "year"], how="left", maintain_order="left").with_columns(
            pl.coalesce("new_grade", "grade").alias("grade")
        )
    for year in sorted({*rows["year"].unique(), up_to_year}):
        own = rows.filter(pl.col("year") == year).select("person", pl.col("grade").alias(f"annual_grades.{year}"))
        people = _join(people, own)
    newest = rows.filter(pl.col("year") == up_to_year)
    for code in schemes:
        names = [kind for kind in _KINDS if f"{kind}.{code}" in of_schemes]
        if names:
            own = newest.filter(pl.col("scheme") == code)
            people = _join(people, own.select("person", *(pl.col(kind).alias(f"{kind}.{code}") for kind in names)))
    return people


def _limits(policy: Policy, year: int, day: date | None) -> dict[str, tuple[str, str]]:
    """The first and the last period of each scheme that may be read, as texts in order of time."""
    limits = {}
    for scheme in policy.assessment.schemes if policy.assessment else ():
        if day is None or scheme.cycle in ("year", "special", "day"):
            limits[scheme.code] = (f"{year}", f"{year}~")  # everything of the year
        else:
            limits[scheme.code] = (f"{day.year - 1}", containing(scheme.cycle, day))
    return limits


def _with_schemes(
    people: pl.DataFrame, who: Among, year: int, of_schemes: list[str], limits: dict[str, tuple[str, str]]
) -> pl.DataFrame:
    codes = sorted({name.split(".", 1)[1] for name in of_schemes})
    rows = frame_for_system(
        f"""SELECT DISTINCT ON (r.person_id, r.scheme) r.person_id, r.scheme, r.score, r.rank, r.grade
             FROM assessment_schemeresult r
             JOIN unnest(%s::text[], %s::text[], %s::text[]) AS own (scheme, low, high) ON own.scheme = r.scheme
            WHERE {who.on("person_id")} AND r.closed
              AND r.period COLLATE "C" >= own.low AND r.period COLLATE "C" <= own.high
            ORDER BY r.person_id, r.scheme, r.period COLLATE "C" DESC""",
        [codes, [limits[code][0] for code in codes], [limits[code][1] for code in codes], *who.params],
        {"person": pl.Int64, "scheme": pl.String, "score": pl.Int64, "rank": pl.Int64, "grade": pl.String},
    )
    for code in codes:
        own = rows.filter(pl.col("scheme") == code)
        if own.height:
            names = [kind for kind in _KINDS if f"{kind}.{code}" in of_schemes]
            people = _join(people, own.select("person", *(pl.col(kind).alias(f"{kind}.{code}") for kind in names)))
    return people


def _with_points(people: pl.DataFrame, who: Among, year: int) -> pl.DataFrame:
    rows = frame_for_system(
        f"""SELECT person_id, sum(points) FROM assessment_pointentry
            WHERE {who.on("person_id")} AND day >= make_date(%s, 1, 1) AND day < make_date(%s, 1, 1)
            GROUP BY person_id""",
        [*who.params, year, year + 1],
        {"person": pl.Int64, "points": pl.Int64},
    )
    return _join(people, rows).with_columns(pl.col("points").fill_null(0))


def _with_decisions(people: pl.DataFrame, who: Among, year: int) -> pl.DataFrame:
    rows = frame_for_system(
        f"""SELECT r.person_id, d.value FROM assessment_decision d JOIN assessment_annualresult r ON r.id = d.result_id
            WHERE {who.on("person_id")} AND r.year = %s AND r.state = 'CLOSED' AND d.code = 'RETAIN'""",
        [*who.params, year],
        {"person": pl.Int64, "review_decision": pl.String},
    )
    return _join(people, rows)


def people_of_range_for_system(
    policy: Policy, period: Period, path_from: str, path_to: str
) -> tuple[Facts, pl.DataFrame, Context]:
    """The facts of everybody in the range on the last day of the period, prepared for the schemes of its cycle.

    Results of earlier years count in conditions; those of the year itself are what is being found out.
    """
    needs = needed_facts(policy, period.cycle)
    facts = day_facts_for_system([(path_from, path_to)], period.last, needs, evaluated_categories(policy))
    earlier = {name for name in needs if not name.startswith(("score.", "grade.", "rank."))}
    facts = with_results_for_system(facts, policy, period.year - 1, earlier)
    ctx = Context(policy=policy, day=period.last, results_year=period.year - 1)
    facts = derive(facts, policy, ctx, needs=needs)
    return facts, prepared(facts, policy, ctx), ctx
