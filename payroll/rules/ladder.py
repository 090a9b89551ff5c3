"""Ladders: first placement, reviews, post changes, probation (docs/algorithms/ladder.md).

Everything is a frame with a row a person. A reason is a code with parameters (JSON), for those who move and for those
who stay; what a later review has to know travels in the same parameters, under `state`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from core.periods import Month, whole_months_between
from policy.rules.conditions import condition, facts_of, walk, window, with_years
from policy.rules.context import Context
from policy.rules.document import Credits, Move, Policy, Scale
from policy.rules.facts import TWELFTHS, Facts
from policy.rules.figures import Number, figure
from policy.rules.service import counted
from policy.rules.terms import ALWAYS, Figure, HistoryTest

START_CODES = ("PLACED", "NO_RANGE", "UNSET_VALUE", "NO_POST_VALUE")

OUTCOMES: dict[str, pl.DataType | type[pl.DataType]] = {
    "person": pl.Int64,
    "old": pl.Int64,
    "new": pl.Int64,
    "effective": pl.Date,
    "code": pl.String,
    "params": pl.String,
}

# What a review has to know of the past of a value: since when it holds, and what was stored when it began.
PREVIOUS: dict[str, pl.DataType | type[pl.DataType]] = {
    "person": pl.Int64,
    "value": pl.Int64,
    "since": pl.Date,
    "left_over": pl.Int64,  # whole years that count towards the next rise already
    "used_until": pl.Int64,  # results up to this year have served an early rise
    "credits": pl.Int64,  # credits that the value contains; null: not known
    "post": pl.String,
    "reduced": pl.Int64,  # values that probation took off
    "taken": pl.List(pl.String),  # moves taken in the career
}


@dataclass(frozen=True)
class _Ladder:
    scale: Scale
    policy: Policy
    ctx: Context


def previous_of(spans: pl.DataFrame) -> pl.DataFrame:
    """The newest span of each person (person, value, since, params as JSON) as the frame of `PREVIOUS`."""
    state = pl.Struct(
        {
            "left_over": pl.Int64,
            "used_until": pl.Int64,
            "credits": pl.Int64,
            "post": pl.String,
            "reduced": pl.Int64,
            "taken": pl.List(pl.String),
        }
    )
    if spans.is_empty():
        return pl.DataFrame(schema=PREVIOUS)
    decoded = spans.with_columns(
        pl.col("params").str.json_decode(pl.Struct({"state": state})).struct.field("state").alias("state")
    ).unnest("state")
    return decoded.select(
        "person",
        "value",
        "since",
        pl.col("left_over").fill_null(0),
        "used_until",
        "credits",
        "post",
        pl.col("reduced").fill_null(0),
        pl.col("taken").fill_null([]),
    )


def start(facts: Facts, policy: Policy, scale_code: str, ctx: Context) -> pl.DataFrame:
    """First values on a scale: person, value (null: none), code, params (JSON with `state`).

    The order: from + years + credits, cut to the range, then probation.
    """
    ladder = _Ladder(policy.scales[scale_code], policy, ctx)
    placed = _placed(facts, ladder)
    return placed.select("person", "value", "code", params=_json(placed, _START_PARAMS))


_START_PARAMS = ("from", "years", "steps", "credits", "cut", "path", "because")
_STATE = ("left_over", "used_until", "credits_in", "post", "reduced", "taken")


def _placed(facts: Facts, ladder: _Ladder) -> pl.DataFrame:
    """Each person's first value with what it is made of."""
    scale, ctx = ladder.scale, ladder.ctx
    people = facts.people
    low, high = _range(ladder)
    beginning = scale.start
    years = _years(facts, ladder)
    frame = people.join(years, on="person", how="left", maintain_order="left").with_columns(
        _low=low.numerator // low.denominator, _high=high.numerator // high.denominator
    )
    if beginning is None or isinstance(beginning.from_, str):
        origin, marks = pl.col("_low"), [low]
    else:
        number = figure(beginning.from_, ctx)
        origin, marks = number.numerator // number.denominator, [number]
    steps, step_marks = _steps(frame, ladder)
    frame = frame.with_columns(steps.alias("_steps"))
    frame, credit_marks = _with_credits(frame, ladder)
    marks = [low, high, *marks, *step_marks, *credit_marks]
    in_range = ~pl.col("post").is_in(list(scale.no_range)).fill_null(False) if scale.no_range else pl.lit(True)
    on_probation = (
        pl.col("probation").fill_null(False) if scale.probation and "probation" in frame.columns else pl.lit(False)
    )
    frame = frame.with_columns(
        origin.cast(pl.Int64).alias("_from"),
        pl.coalesce([mark.unset for mark in marks]).alias("_unset"),
        (pl.any_horizontal([mark.missing for mark in marks]) | ~in_range).alias("_missing"),
        on_probation.alias("_probation"),
    ).with_columns(_sum=pl.col("_from") + pl.col("_steps") + pl.col("_credits"))
    frame = frame.with_columns(_cut=pl.col("_sum").clip(pl.col("_low"), pl.col("_high")))
    if scale.probation is not None:
        down = int(scale.probation.down.number)
        floor = int(scale.probation.not_below.number) if scale.probation.not_below else 1
        reduced = pl.max_horizontal(pl.col("_cut") - down, pl.min_horizontal(pl.col("_cut"), pl.lit(floor)))
        frame = frame.with_columns(_value=pl.when("_probation").then(reduced).otherwise("_cut"))
    else:
        frame = frame.with_columns(_value=pl.col("_cut"))
    left = _left_over(ladder)
    nobody = pl.col("_missing") | pl.col("_unset").is_not_null()
    because = {leaf.path: leaf.because or "" for leaf in ladder.policy.leaves}
    return frame.select(
        "person",
        value=pl.when(~nobody).then("_value").otherwise(None),
        code=pl.when(pl.col("_unset").is_not_null())
        .then(pl.lit("UNSET_VALUE"))
        .when("_missing")
        .then(pl.lit("NO_RANGE"))
        .otherwise(pl.lit("PLACED")),
        **{
            "from": pl.col("_from"),
            "years": pl.col("_years") // TWELFTHS,
            "steps": pl.col("_steps"),
            "credits": pl.col("_credits"),
            "cut": pl.col("_cut") - pl.col("_sum"),
            "path": pl.col("_unset"),
            "because": pl.col("_unset").replace_strict(because, default=None, return_dtype=pl.String),
        },
        left_over=left,
        used_until=pl.lit(None, dtype=pl.Int64),
        credits_in=pl.col("_credits"),
        post=pl.col("post") if "post" in frame.columns else pl.lit(None, dtype=pl.String),
        reduced=pl.col("_cut") - pl.col("_value"),
        taken=pl.lit([], dtype=pl.List(pl.String)),
    )


def _range(ladder: _Ladder) -> tuple[Number, Number]:
    """The lowest and the highest value for each person."""
    from policy.rules.figures import number_of

    scale = ladder.scale
    low = figure(scale.range_low, ladder.ctx) if scale.range_low is not None else number_of(1)
    high = figure(scale.range_high, ladder.ctx) if scale.range_high is not None else number_of(scale.values)
    return low, high


def _years(facts: Facts, ladder: _Ladder) -> pl.DataFrame:
    """Counted and deemed years together: person, _years (twelfths), _exact (just at an anniversary)."""
    scale, ctx = ladder.scale, ladder.ctx
    beginning = scale.start
    if beginning is None or beginning.years is None:
        return facts.people.select("person", _years=pl.lit(0, dtype=pl.Int64), _exact=pl.lit(False))
    # People may carry the value that they hold already; what is counted goes by a name of its own.
    service = counted(facts, scale.service or ladder.policy.service, ctx).rename(
        {"value": "_counted", "moved": "_moved"}
    )
    frame = facts.people.join(service, on="person", how="left", maintain_order="left")
    deemed: pl.Expr = pl.lit(0, dtype=pl.Int64)
    for row in reversed(beginning.years.deemed):
        number = figure(row.years, ctx)
        deemed = (
            pl.when(condition(row.when, ctx)).then(number.numerator * TWELFTHS // number.denominator).otherwise(deemed)
        )
    months = whole_months_between(pl.col("_moved"), pl.col("day"))
    exact = (months == pl.col("_counted")) & (pl.col("_moved").dt.day() == pl.col("day").dt.day())
    return frame.select("person", _years=pl.col("_counted").fill_null(0) + deemed, _exact=exact.fill_null(False))


def _steps(frame: pl.DataFrame, ladder: _Ladder) -> tuple[pl.Expr, list[Number]]:
    """How many values the years add."""
    beginning = ladder.scale.start
    if beginning is None or beginning.years is None:
        return pl.lit(0, dtype=pl.Int64), []
    rule = beginning.years
    if rule.bands is not None:
        shown = ladder.ctx.vocabulary
        number = figure(rule.bands, ladder.ctx)
        if "service_years" in facts_of(rule.bands) and "service_years" in shown:
            # The bands see counted and deemed years together.
            seen = frame.with_columns(service_years=pl.col("_years"))
            values = seen.with_columns((number.numerator // number.denominator).cast(pl.Int64).alias("_"))["_"]
            return pl.lit(values), [number]
        return (number.numerator // number.denominator).cast(pl.Int64), [number]
    assert rule.every is not None
    every = int(rule.every.number * TWELFTHS)
    full = pl.col("_years") // every
    if rule.reached == "passed":
        at_the_mark = (pl.col("_years") % every == 0) & pl.col("_exact") & (pl.col("_years") > 0)
        full = full - at_the_mark.cast(pl.Int64)
    return full, []


def _left_over(ladder: _Ladder) -> pl.Expr:
    """Whole years beyond the last full step, for the first rise."""
    beginning = ladder.scale.start
    if beginning is None or beginning.years is None or beginning.years.every is None or beginning.left_over != "counts":
        return pl.lit(0, dtype=pl.Int64)
    every = int(beginning.years.every.number * TWELFTHS)
    return (pl.col("_years") - pl.col("_steps") * every) // TWELFTHS


def _with_credits(frame: pl.DataFrame, ladder: _Ladder) -> tuple[pl.DataFrame, list[Number]]:
    beginning = ladder.scale.start
    entries: tuple[Credits, ...] = beginning.credits if beginning is not None else ()
    marks: list[Number] = []
    total: pl.Expr = pl.lit(0, dtype=pl.Int64)
    for entry in entries:
        values: list[pl.Expr] = []
        first: pl.Expr = pl.lit(0, dtype=pl.Int64)
        for row in reversed(entry.rows):
            number = figure(row.up, ladder.ctx)
            holds = condition(row.when, ladder.ctx)
            up = (number.numerator // number.denominator).cast(pl.Int64)
            values.append(pl.when(holds).then(up).otherwise(0))
            first = pl.when(holds).then(up).otherwise(first)
            marks.append(number)
        match entry.take:
            case "sum":
                total = total + pl.sum_horizontal(values)
            case "first":
                total = total + first
            case _:
                total = total + pl.max_horizontal(values)
    return frame.with_columns(total.alias("_credits")), marks


# -- Reviews ----------------------------------------------------------------------------------------------------------


def review(
    facts: Facts, previous: pl.DataFrame, policy: Policy, scale_code: str, day: date, ctx: Context
) -> pl.DataFrame:
    """What a review on `day` means for everybody: the frame of `OUTCOMES`, one row a person.

    `previous` as in `PREVIOUS`; who has no row there is placed. `new` is null for whoever can't be judged, with why.
    On another day than the scale's own review only post changes, later credits and the end of probation are looked at.
    """
    scale = policy.scales[scale_code]
    ladder = _Ladder(scale, policy, ctx)
    newcomers = facts.people.join(previous, on="person", how="anti", maintain_order="left")
    found = [_placements(_with_people(facts, newcomers), ladder, day)]
    known = facts.people.join(previous, on="person", how="inner", maintain_order="left", suffix="_before")
    if known.height:
        held = _with_people(facts, known)
        found.append(_recomputed(held, ladder, day) if scale.mode == "recomputed" else _kept(held, ladder, day))
    return pl.concat(found).sort("person")


def convert(
    facts: Facts, previous: pl.DataFrame, policy: Policy, scale_code: str, day: date, ctx: Context
) -> pl.DataFrame:
    """The conversion of everybody on `day` (套改): the value that they would begin with, beside the one they have.

    One row a person as in `OUTCOMES`. Whoever keeps the number of their value begins to count anew as well.
    """
    ladder = _Ladder(policy.scales[scale_code], policy, ctx)
    rows = _placements(facts, ladder, day)
    if rows.is_empty():
        return rows
    old = previous.select("person", _old="value")
    return (
        rows.join(old, on="person", how="left", maintain_order="left")
        .with_columns(old="_old")
        .select(*OUTCOMES)
        .sort("person")
    )


def _with_people(facts: Facts, people: pl.DataFrame) -> Facts:
    return Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)


def _placements(facts: Facts, ladder: _Ladder, day: date) -> pl.DataFrame:
    if facts.people.is_empty():
        return pl.DataFrame(schema=OUTCOMES)
    placed = _placed(facts, ladder)
    return placed.select(
        "person",
        old=pl.lit(None, dtype=pl.Int64),
        new="value",
        effective=pl.lit(day),
        code="code",
        params=_json(placed, _START_PARAMS),
    )


def _recomputed(facts: Facts, ladder: _Ladder, day: date) -> pl.DataFrame:
    people = facts.people
    placed = _placed(_with_people(facts, people.drop("post_before", strict=False)), ladder)
    joined = placed.join(people.select("person", old="value"), on="person", how="left", maintain_order="left")
    reviewed = _due(ladder, day)
    frame = joined.join(people.select("person", _due=reviewed), on="person", how="left", maintain_order="left")
    return frame.select(
        "person",
        "old",
        new=pl.when(~pl.col("_due")).then("old").otherwise("value"),
        effective=pl.lit(day),
        code=pl.when(~pl.col("_due"))
        .then(pl.lit("NOT_DUE"))
        .when(pl.col("value").is_null())
        .then("code")
        .when(pl.col("value") == pl.col("old"))
        .then(pl.lit("SAME"))
        .otherwise(pl.lit("RECOMPUTED")),
        params=_json(frame, _START_PARAMS),
    )


def _due(ladder: _Ladder, day: date) -> pl.Expr:
    """Whether somebody's value is up for review on the day."""
    each = ladder.scale.review.each
    if (each == "yearly" and (day.month, day.day) != (1, 1)) or day.day != 1:
        return pl.lit(False)
    when = ladder.scale.review.when
    return condition(when, ladder.ctx) if when is not None else pl.lit(True)


def _kept(facts: Facts, ladder: _Ladder, day: date) -> pl.DataFrame:
    """A kept value: post change, end of probation, later credits, then the moves; the sum is cut to the range."""
    scale, ctx = ladder.scale, ladder.ctx
    low, high = _range(ladder)
    frame = facts.people
    years = window(scale.moves, ctx.results_year)
    first_year = frame["since"].dt.year().min()
    if isinstance(first_year, int) and ctx.results_year is not None:
        years = range(min(years.start if len(years) else first_year, first_year), ctx.results_year + 1)
    frame = with_years(frame, years)
    frame = frame.with_columns(
        (low.numerator // low.denominator).cast(pl.Int64).alias("_low"),
        (high.numerator // high.denominator).cast(pl.Int64).alias("_high"),
        pl.coalesce([low.unset, high.unset]).alias("_unset"),
        (low.missing | high.missing).alias("_missing"),
        _due(ladder, day).alias("_due"),
        old="value",
    ).with_columns(_now=pl.col("old"))
    if scale.no_range and "post" in frame.columns:
        frame = frame.with_columns(
            _missing=pl.col("_missing") | pl.col("post").is_in(list(scale.no_range)).fill_null(False)
        )
    frame = _after_post_change(facts, frame, ladder)
    frame = _after_probation(frame, ladder)
    frame, credited = _after_credits(frame, ladder, day)
    frame = _after_moves(frame, ladder, day)
    new = pl.col("_now").clip(pl.col("_low"), pl.col("_high"))
    waits = pl.col("result_open").fill_null(False) & pl.col("_due") if "result_open" in frame.columns else pl.lit(False)
    nobody = pl.col("_unset").is_not_null() | pl.col("_missing") | waits
    rose = pl.col("_new") > pl.col("old")
    frame = frame.with_columns(_new=new).with_columns(
        code=pl.when(pl.col("_unset").is_not_null())
        .then(pl.lit("UNSET_VALUE"))
        .when("_missing")
        .then(pl.lit("NO_RANGE"))
        .when(waits)
        .then(pl.lit("RESULT_OPEN"))
        .when(pl.col("_new") == pl.col("old"))
        .then(
            pl.when(~pl.col("_due"))
            .then(pl.lit("NOT_DUE"))
            .when(
                (pl.col("_now") > pl.col("_high"))
                | ((pl.col("old") >= pl.col("_high")) & pl.col("_needed").is_not_null())
            )
            .then(pl.lit("AT_TOP"))
            .when(pl.col("_now") < pl.col("_low"))
            .then(pl.lit("AT_BOTTOM"))
            .when(pl.col("_needed").is_not_null())
            .then(pl.lit("COUNTING"))
            .otherwise(pl.lit("STAYS"))
        )
        .when(pl.col("_move").is_not_null() & rose)
        .then(pl.lit("ROSE"))
        .when(pl.col("_move").is_not_null())
        .then(pl.lit("FELL"))
        .when("_post_changed")
        .then(pl.lit("POST_CHANGED"))
        .when("_probation_over")
        .then(pl.lit("PROBATION_OVER"))
        .otherwise(pl.lit("CREDITED")),
    )
    frame = frame.with_columns(
        counted=pl.col("_count"),
        needed=pl.col("_needed"),
        year=pl.lit(ctx.results_year, dtype=pl.Int64),
        next=_next_review(day),
        path=pl.col("_unset"),
        left_over=pl.col("_left_over"),
        used_until=pl.col("_used_until"),
        credits_in=credited,
        reduced=pl.col("_reduced"),
        taken=pl.col("_taken"),
    )
    return frame.select(
        "person",
        "old",
        new=pl.when(nobody).then(None).otherwise("_new"),
        effective=pl.lit(day),
        code="code",
        params=_json(frame, ("move", "move_en", "counted", "needed", "year", "skipped", "next", "low", "high", "path")),
    )


def _next_review(day: date) -> pl.Expr:
    """1 January of the year in which enough years can be together, if all coming ones count."""
    missing = (pl.col("_needed") - pl.col("_count")).clip(lower_bound=1)
    return pl.date(day.year + missing, 1, 1)


def _after_post_change(facts: Facts, frame: pl.DataFrame, ladder: _Ladder) -> pl.DataFrame:
    change = ladder.scale.post_change
    changed = (
        (pl.col("post") != pl.col("post_before")).fill_null(False)
        if "post_before" in frame.columns and "post" in frame.columns
        else pl.lit(False)
    )
    frame = frame.with_columns(_post_changed=changed)
    if not frame["_post_changed"].any():
        return frame
    match change.do:
        case "keep_within_range":
            new = pl.col("_now").clip(pl.col("_low"), pl.col("_high"))
        case "keep_offset":
            old_low = _at_post_before(ladder.scale.range_low, frame, ladder)
            new = pl.col("_now") - pl.lit(old_low) + pl.col("_low")
        case "recompute":
            placed = _placed(_with_people(facts, frame.drop("post_before")), ladder).select("person", _placed="value")
            frame = frame.join(placed, on="person", how="left", maintain_order="left")
            new = pl.col("_placed")
        case _:
            assert change.table is not None
            number = figure(change.table, ladder.ctx)
            frame = frame.with_columns(
                _unset=pl.when(changed).then(pl.coalesce("_unset", number.unset)).otherwise("_unset")
            )
            new = (number.numerator // number.denominator).cast(pl.Int64)
    return frame.with_columns(
        _now=pl.when("_post_changed").then(new.clip(pl.col("_low"), pl.col("_high"))).otherwise("_now")
    )


def _at_post_before(fig: Figure | None, frame: pl.DataFrame, ladder: _Ladder) -> pl.Series:
    if fig is None:
        return pl.Series([1] * frame.height, dtype=pl.Int64)
    number = figure(fig, ladder.ctx)
    before = frame.with_columns(post=pl.col("post_before"))
    return before.with_columns((number.numerator // number.denominator).cast(pl.Int64).alias("_"))["_"]


def _after_probation(frame: pl.DataFrame, ladder: _Ladder) -> pl.DataFrame:
    """What probation took off comes back with its end."""
    on = pl.col("probation").fill_null(False) if "probation" in frame.columns else pl.lit(False)
    over = (pl.col("reduced") > 0) & ~on
    return frame.with_columns(_probation_over=over).with_columns(
        _now=pl.when("_probation_over").then(pl.col("_now") + pl.col("reduced")).otherwise("_now"),
        _reduced=pl.when("_probation_over").then(0).otherwise("reduced"),
    )


def _after_credits(frame: pl.DataFrame, ladder: _Ladder, day: date) -> tuple[pl.DataFrame, pl.Expr]:
    """Credits earned since the value began move it by the difference; they are never taken back."""
    beginning = ladder.scale.start
    later = beginning.credits_later if beginning is not None and beginning.credits else "never"
    frame, _marks = _with_credits(frame, ladder)
    if later == "never" or (later == "next_january" and (day.month, day.day) != (1, 1)):
        return frame, pl.col("credits")
    gained = (pl.col("_credits") - pl.col("credits")).fill_null(0).clip(lower_bound=0)
    frame = frame.with_columns(_now=pl.col("_now") + gained)
    return frame, pl.max_horizontal("_credits", "credits")


def _after_moves(frame: pl.DataFrame, ladder: _Ladder, day: date) -> pl.DataFrame:
    """Tries the moves in their order; each person takes the first that holds, or all of them added up."""
    scale, ctx = ladder.scale, ladder.ctx
    frame = frame.with_columns(
        _step=pl.lit(0, dtype=pl.Int64),
        _hit=pl.lit(False),
        move=pl.lit(None, dtype=pl.String),
        move_en=pl.lit(None, dtype=pl.String),
        _move=pl.lit(None, dtype=pl.String),
        _count=pl.lit(None, dtype=pl.Int64),
        _needed=pl.lit(None, dtype=pl.Int64),
        skipped=pl.lit(None, dtype=pl.String),
        low=pl.col("_low"),
        high=pl.col("_high"),
        _left_over=pl.col("left_over"),
        _used_until=pl.col("used_until"),
        _taken=pl.col("taken"),
    )
    for number, move in enumerate(scale.moves, start=1):
        if move.manual:
            continue
        code = move.code or str(number)
        frame, holds = _holds(frame, move, ladder, day)
        holds = holds & pl.col("_due")
        if move.at_most is not None:
            holds = holds & (pl.col("taken").list.count_matches(code) < move.at_most)
        if scale.one_review == "first":
            holds = holds & ~pl.col("_hit")
        step, marks = _step(move, ctx)
        frame = frame.with_columns(holds.fill_null(False).alias("_holds")).with_columns(
            _unset=pl.when("_holds").then(pl.coalesce("_unset", marks.unset)).otherwise("_unset")
        )
        every = pl.col("_needed") if move.every is not None else pl.lit(None, dtype=pl.Int64)
        carried = (
            (pl.col("_count") - every).clip(lower_bound=0).fill_null(0)
            if scale.after_move == "carry"
            else pl.lit(0, dtype=pl.Int64)
        )
        frame = frame.with_columns(
            _step=pl.when("_holds").then(pl.col("_step") + step).otherwise("_step"),
            _hit=pl.col("_hit") | pl.col("_holds"),
            _move=pl.when("_holds").then(pl.coalesce("_move", pl.lit(code))).otherwise("_move"),
            move=pl.when("_holds").then(pl.coalesce("move", pl.lit(move.name.zh))).otherwise("move"),
            move_en=pl.when("_holds").then(pl.coalesce("move_en", pl.lit(move.name.en))).otherwise("move_en"),
            _left_over=pl.when("_holds").then(carried).otherwise("_left_over"),
            _used_until=pl.when(pl.col("_holds") & pl.lit(move.uses_years))
            .then(pl.lit(ctx.results_year, dtype=pl.Int64))
            .otherwise("_used_until"),
            _taken=pl.when("_holds")
            .then(pl.concat_list("_taken", pl.lit([code], dtype=pl.List(pl.String))))
            .otherwise("_taken"),
        )
    return frame.with_columns(_now=pl.col("_now") + pl.col("_step"))


def _step(move: Move, ctx: Context) -> tuple[pl.Expr, Number]:
    fig = move.up if move.up is not None else move.down
    assert fig is not None
    number = figure(fig, ctx)
    size = (number.numerator // number.denominator).cast(pl.Int64)
    return (size if move.up is not None else -size), number


def _holds(frame: pl.DataFrame, move: Move, ladder: _Ladder, day: date) -> tuple[pl.DataFrame, pl.Expr]:
    ctx = ladder.ctx
    holds: pl.Expr = pl.lit(True)
    if move.every is not None:
        frame = _with_count(frame, move, ladder, day)
        holds = holds & (pl.col("_count") >= pl.col("_needed"))
    if move.when is not None:
        if move.uses_years and any(isinstance(part, HistoryTest) for part in walk(move.when)):
            fresh = _without_used(frame, move, ctx)
            holds = holds & pl.lit(fresh.with_columns(condition(move.when, ctx).alias("_"))["_"])
        else:
            holds = holds & condition(move.when, ctx)
    return frame, holds


def _without_used(frame: pl.DataFrame, move: Move, ctx: Context) -> pl.DataFrame:
    """The frame as a move sees it that may not look at results which served an earlier one."""
    years = window(move.when, ctx.results_year)
    return frame.with_columns(
        pl.when(pl.col("used_until") >= year)
        .then(None)
        .otherwise(pl.col(f"annual_grades.{year}"))
        .alias(f"annual_grades.{year}")
        for year in years
    )


def _with_count(frame: pl.DataFrame, move: Move, ladder: _Ladder, day: date) -> pl.DataFrame:
    """How many years count towards the move, how many it takes, and which did not count."""
    ctx, every = ladder.ctx, move.every
    assert every is not None
    needed = figure(every.years, ctx)
    last = ctx.results_year if ctx.results_year is not None else day.year - 1
    first = frame["since"].dt.year().min()
    years = range(first if isinstance(first, int) else last + 1, last + 1)
    count: pl.Expr = pl.col("left_over")
    skipped: list[pl.Expr] = []
    for year in years:
        inside = pl.col("since").dt.year() <= year
        counts = inside & _year_counts(frame, every.counting, year, ctx)
        fails = inside & ~_year_counts(frame, every.counting, year, ctx)
        count = count + counts.cast(pl.Int64)
        if every.otherwise == "restart":
            count = pl.when(fails).then(0).otherwise(count)
        skipped.append(pl.when(fails).then(pl.lit(str(year))))
    return frame.with_columns(
        _count=count,
        _needed=(needed.numerator // needed.denominator).cast(pl.Int64),
        skipped=pl.concat_str(skipped, separator=", ", ignore_nulls=True) if skipped else pl.lit(""),
    )


def _year_counts(frame: pl.DataFrame, counting: object, year: int, ctx: Context) -> pl.Expr:
    """Whether a year's result meets the condition; other facts are those of the day."""
    if counting == ALWAYS:
        return pl.lit(True)
    column = f"annual_grades.{year}"
    seen = frame.with_columns(annual_grade=pl.col(column) if column in frame.columns else pl.lit(None, dtype=pl.String))
    return pl.lit(seen.with_columns(condition(counting, replace(ctx, results_year=year)).alias("_"))["_"])  # type: ignore[arg-type]


def _json(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    """The named columns and the state as one JSON text."""
    fields = [pl.col(name) for name in names if name in frame.columns]
    state = pl.struct(
        "left_over",
        "used_until",
        pl.col("credits_in").alias("credits"),
        "post" if "post" in frame.columns else pl.lit(None).alias("post"),
        "reduced",
        "taken",
    )
    return pl.struct([*fields, state.alias("state")]).struct.json_encode()


def review_days(scale: Scale, month: Month) -> tuple[date, ...]:
    """The days of a month on which a scale is reviewed."""
    if scale.review.each == "monthly" or month.month == 1:
        return (month.first_day,)
    return ()
