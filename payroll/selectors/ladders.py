"""What a review of ladders finds in a range of units: read, derive, judge; nothing is written."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from django.db import connection

from assessment.selectors.results import with_results_for_system
from core.selectors import frame_for_system
from payroll.models import PromotionKind, PromotionRun
from payroll.rules.ladder import OUTCOMES, convert, previous_of, review
from payroll.rules.needs import ladder_needs
from payroll.rules.yearly import with_values
from payroll.selectors.frames import with_grades_for_system, with_open_results_for_system
from payroll.selectors.yearly import year_pay_for_system
from personnel.models import Person
from personnel.selectors import day_facts_for_system
from policy.models import PolicyVersion
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.facts import Facts
from policy.rules.workers import paid_categories
from policy.selectors import policy_of_unit_for_system

_SCHEMA = OUTCOMES | {"scale": pl.String, "unit_id": pl.Int64, "unit_path": pl.String}
_WORTH = {"old_year": pl.Int64, "new_year": pl.Int64}


def outcomes_of_range_for_system(run: PromotionRun, path_from: str, path_to: str) -> pl.DataFrame:
    """One row a person and scale: person, unit_id, unit_path, scale, old, new, effective, code, params (JSON).

    Of a conversion, a placement or a run about one person also old_year and new_year (fen), on each person's first
    scale: the pay of a year without and with the new values.
    """
    version: PolicyVersion = PolicyVersion.objects.get(pk=run.policies[0]["id"])
    policy = version.document
    year = run.day.year - 1
    needs = ladder_needs(policy)
    ctx = Context(policy=policy, day=run.day, results_year=year, known=run.created.date())
    facts = day_facts_for_system([(path_from, path_to)], run.day, needs, paid_categories(policy))
    if run.subject is not None:
        facts = _alone(facts, Person.objects.values_list("pk", flat=True).get(key=run.subject))
    facts = with_open_results_for_system(facts, year)
    facts = with_results_for_system(facts, policy, up_to_year=year, needs=needs)
    facts = with_grades_for_system(facts, needs & set(policy.scales))
    facts = derive(facts, policy, ctx, needs=needs)
    found = [pl.DataFrame(schema=_SCHEMA)]
    for scale in run.scales:
        previous = previous_of(_spans(facts.people["person"].to_list(), scale, run.day))
        judged = facts
        if run.kind == PromotionKind.PLACEMENT:
            people = facts.people.join(previous.select("person"), on="person", how="anti", maintain_order="left")
            judged = Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)
        judge = convert if run.kind == PromotionKind.CONVERSION else review
        rows = judge(judged, previous, policy, scale, run.day, ctx)
        places = judged.people.select("person", "unit_id", "unit_path")
        found.append(
            rows.join(places, on="person", how="left").with_columns(pl.lit(scale).alias("scale")).select(*_SCHEMA)
        )
        found.append(_left_out(facts.left_out, scale, run.day))
    outcomes = pl.concat(found, how="vertical_relaxed")
    if run.kind == PromotionKind.REVIEW and run.subject is None:
        return outcomes.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in _WORTH.items())
    return _with_worth(outcomes, run, version, [(path_from, path_to)])


def _alone(facts: Facts, person: int) -> Facts:
    """The facts of one person alone."""
    own = pl.col("person") == person
    return Facts(
        facts.day, facts.people.filter(own), facts.spans.filter(own), facts.honours.filter(own),
        facts.left_out.filter(own),
    )  # fmt: skip


def _with_worth(
    outcomes: pl.DataFrame, run: PromotionRun, version: PolicyVersion, ranges: list[tuple[str, str]]
) -> pl.DataFrame:
    """Adds the pay of a year before and then. Before is by the rules of the day before, where these are others."""
    values = outcomes.filter(pl.col("new").is_not_null()).select("person", "scale", value="new")
    before = policy_of_unit_for_system(run.unit.code, run.day - timedelta(days=1))
    if before is None or before.pk == version.pk:
        old = year_pay_for_system(run.unit, run.day, version, ranges)
    else:
        old = year_pay_for_system(run.unit, run.day - timedelta(days=1), before, ranges)
    new = year_pay_for_system(run.unit, run.day, version, ranges, suppose=with_values(values))
    first = pl.col("scale") == run.scales[0]
    return (
        outcomes.join(old.rename({"year": "old_year"}), on="person", how="left", maintain_order="left")
        .join(new.rename({"year": "new_year"}), on="person", how="left", maintain_order="left")
        .with_columns(
            pl.when(first).then("old_year").alias("old_year"),
            pl.when(first & pl.col("new").is_not_null()).then("new_year").alias("new_year"),
        )
    )


def _spans(ids: list[int], scale: str, day: date) -> pl.DataFrame:
    """The values that hold on the day: person, value, since, params (JSON text)."""
    return frame_for_system(
        """SELECT person_id, value, start - date '1970-01-01', params::text FROM payroll_gradespan
            WHERE person_id = ANY(%s) AND scale = %s AND start <= %s AND ("end" IS NULL OR "end" > %s)""",
        [ids, scale, day, day],
        {"person": pl.Int64, "value": pl.Int64, "since": pl.Date, "params": pl.String},
    )


def _left_out(left_out: pl.DataFrame, scale: str, day: date) -> pl.DataFrame:
    """Those whose records contradict themselves, with where they are employed."""
    if left_out.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    first = left_out.unique("person", keep="first", maintain_order=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (person_id) person_id, unit_id, unit_path FROM personnel_employment
                WHERE person_id = ANY(%s) AND start <= %s AND ("end" IS NULL OR "end" > %s)
                ORDER BY person_id, start DESC, id DESC""",
            [first["person"].to_list(), day, day],
        )
        places = pl.DataFrame(
            cursor.fetchall(),
            schema={"person": pl.Int64, "unit_id": pl.Int64, "unit_path": pl.String},
            orient="row",
        )
    return (
        first.join(places, on="person", how="inner")
        .with_columns(
            pl.lit(None, dtype=pl.Int64).alias("old"),
            pl.lit(None, dtype=pl.Int64).alias("new"),
            pl.lit(None, dtype=pl.Date).alias("effective"),
            pl.lit(scale).alias("scale"),
        )
        .select(*_SCHEMA)
    )
