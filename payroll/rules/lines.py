"""The lines of pay of one month, from one reading of the facts: standards, and what of them is due for the month.

The order for every line is that of docs/algorithms/pay.md: `when`, amount × factors, rounding (the standard),
probation, proration, rounding. Amounts are whole fen; between two roundings everything is an exact fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import polars as pl

from core.money import INT64_BOUND, rounded_to
from core.periods import Month
from policy.rules.conditions import condition, facts_of, walk
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Component, Name, Pay, Policy, Rounding, Share
from policy.rules.facts import Facts
from policy.rules.figures import Number, figure, number_of, product
from policy.rules.service import counted
from policy.rules.terms import Figure

FEN = 100  # fen in a yuan
MEAN_WORKDAYS = Fraction(87, 4)  # 21.75 workdays a month, the statutory mean
AMOUNT_BOUND = 10**9  # no line of a person reaches ten million yuan


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a slip, in the order of the run. kind: component, share, limit or deduction."""

    code: str
    name: Name
    kind: str
    payer: Mapping[str, int]
    paid: bool
    cite: str | None
    monthly: bool = True


@dataclass(frozen=True)
class Reading:
    """Facts of many people on their days, derived and with their ladder values, and the rules that hold for them.

    manual: person, line, amount (fen), what was entered by hand and approved for the month.
    """

    facts: Facts
    policy: Policy
    ctx: Context
    manual: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"person": pl.Int64, "line": pl.String, "amount": pl.Int64})
    )

    @property
    def pay(self) -> Pay:
        if self.policy.pay is None:
            raise ValueError(f"{self.policy.place} has no pay section")
        return self.policy.pay


def payables(component: Component) -> tuple[Component | Share, ...]:
    """A component and its shares: whatever may have a cycle, a payer and a share of its own."""
    return (component, *component.shares)


def component_order(policy: Policy) -> tuple[Line, ...]:
    """The lines of a slip under a policy: components (a split by its shares), limits that add a line, deductions."""
    lines: list[Line] = []
    pay = policy.pay
    if pay is None:
        return ()
    for component in pay.components:
        payer = component.payer or {}
        if component.kind == "split":
            lines += [
                Line(
                    share.code, share.name, "share", share.payer or payer, share.paid, share.cite or component.cite,
                    share.cycle.every == "month",
                )
                for share in component.shares
            ]  # fmt: skip
        else:
            monthly = component.cycle.every == "month"
            lines.append(
                Line(component.code, component.name, "component", payer, component.paid, component.cite, monthly)
            )
    for limit in pay.limits:
        if limit.action in ("top_up", "cut") and limit.of != "mean_total":
            lines.append(Line(f"limit.{limit.code}", limit.name, "limit", {}, True, limit.cite))
    for code, deduction in pay.deductions.items():
        if deduction.rates is not None:
            name = deduction.name or Name(zh=code, en=code)
            lines.append(Line(f"deduction.{code}", name, "deduction", {}, True, deduction.cite))
    return tuple(lines)


def std(code: str) -> str:
    """The column of a line's standard (fen)."""
    return f"std:{code}"


def due(code: str) -> str:
    """The column of what is due for the month: the standard after probation and proration (fen)."""
    return f"due:{code}"


def assumed(code: str) -> str:
    return f"assumed:{code}"


def unset(code: str) -> str:
    return f"unset:{code}"


def missing(code: str) -> str:
    return f"missing:{code}"


def month_lines(reading: Reading, month: Month) -> pl.DataFrame:
    """A row a person with std:, due:, assumed:, unset: and missing: columns for every component and share.

    `due` is what the month is worth, whether it is paid this month or accrues. The facts frame needs pay_from and
    pay_to (Date, half open), the part of the month in which the person is employed.
    """
    return _with_lines(prepared(reading), month)


def standards(reading: Reading) -> pl.DataFrame:
    """The same for facts read on one day, for what is paid for a whole cycle: `due` is the standard after probation."""
    facts = reading.facts
    people = facts.people.with_columns(pay_from=pl.col("day"), pay_to=pl.col("day") + pl.duration(days=1))
    on_day = Facts(facts.day, people, facts.spans, facts.honours, facts.left_out)
    return _with_lines(Reading(on_day, reading.policy, reading.ctx, reading.manual), None)


def _with_lines(reading: Reading, month: Month | None) -> pl.DataFrame:
    """One plan for all components, run once: a pass a component would cost more than what it works out."""
    people = reading.facts.people
    all_month = month is None or not people.select(_partial(month).any()).item()
    of_frame = (month, all_month, tuple(people.columns))
    plan = people.lazy()
    for component in reading.pay.components:
        if component.kind == "manual":  # what was entered is in the expressions themselves
            steps = _steps(component, reading, month, all_month)
        else:
            build = partial(_steps, component, reading, month, all_month)
            steps = reading.ctx.once(("lines", of_frame), component, build)
        for columns, dropped in steps:
            plan = plan.with_columns(columns).drop(dropped)
    return plan.collect(engine="in-memory", optimizations=_AS_WRITTEN)


# Every column is wanted and stands where it is needed: there is nothing that looking for better plans would find.
_AS_WRITTEN = pl.QueryOptFlags.none()

_Step = tuple[list[pl.Expr], list[str]]  # columns to add, and those to drop thereafter


# -- One component ----------------------------------------------------------------------------------------------------


def _steps(component: Component, reading: Reading, month: Month | None, all_month: bool) -> list[_Step]:
    ctx = reading.ctx
    code = component.code
    counts = _own_service(reading.facts.people, component)
    amount = _amount(component, reading, month)
    holds = condition(component.when, ctx) if component.when is not None else pl.lit(True)
    standard = rounded_to(amount.numerator, amount.denominator, component.rounding.to, component.rounding.mode)
    columns = [
        pl.when(holds).then(standard.cast(pl.Int64)).otherwise(0).alias(std(code)),
        (holds & amount.assumed).alias(assumed(code)),
        pl.when(holds).then(amount.unset).otherwise(None).alias(unset(code)),
        (holds & amount.missing).alias(missing(code)),
    ]
    # A component that counts service in its own way sees its own years, and nobody after it does.
    kept = [f"kept:{fact}" for fact in counts]
    own = [pl.col(fact).alias(name) for fact, name in zip(counts, kept, strict=True)]
    own += [pl.col(own_column(fact, component)).alias(fact) for fact in counts]
    back = [pl.col(name).alias(fact) for fact, name in zip(counts, kept, strict=True)]
    steps: list[_Step] = [(own, []), (columns, []), (back, kept)] if counts else [(columns, [])]
    if component.kind == "split":
        return steps + _share_steps(component, reading, month, all_month)
    return [*steps, ([_due(component, code, reading, month, all_month).alias(due(code))], [])]


def _share_steps(component: Component, reading: Reading, month: Month | None, all_month: bool) -> list[_Step]:
    """All shares but the last are rounded; the last is the rest, so that they re-add to the whole."""
    whole = pl.col(std(component.code))
    rest = whole
    columns: list[pl.Expr] = []
    for share in component.shares[:-1]:
        part = _percent_of(whole, figure(share.percent, reading.ctx))
        value = rounded_to(part.numerator, part.denominator, share.rounding.to, share.rounding.mode).cast(pl.Int64)
        columns.append(value.alias(std(share.code)))
        rest = rest - value
    columns.append(rest.alias(std(component.shares[-1].code)))
    marks: list[pl.Expr] = []
    for share in component.shares:
        fits = condition(share.when, reading.ctx) if share.when is not None else pl.lit(True)
        percent = figure(share.percent, reading.ctx)
        marks += [
            (pl.col(assumed(component.code)) | (percent.assumed & (whole != 0))).alias(assumed(share.code)),
            pl.coalesce(pl.col(unset(component.code)), percent.unset).alias(unset(share.code)),
            pl.col(missing(component.code)).alias(missing(share.code)),
            pl.when(fits).then(_due(share, share.code, reading, month, all_month)).otherwise(0).alias(due(share.code)),
        ]
    return [(columns, []), (marks, [])]


def own_column(fact: str, component: Component) -> str:
    """The column of a fact as one component counts it, where it counts in a way of its own."""
    return f"{fact}@{component.code}"


def before_column(component: Component) -> str:
    """The column of a `once` component's number as it was a month earlier."""
    return f"{component.fact}@before:{component.code}"


def extra_columns(policy: Policy) -> tuple[str, ...]:
    """The columns that `prepared` adds: a slip keeps them too, since its spans of employment are not kept."""
    found: list[str] = []
    for component in policy.pay.components if policy.pay else ():
        if component.service is not None:
            found += [
                own_column(fact, component) for fact in _COUNTED if fact in facts_of(component) | {component.fact}
            ]
        if component.kind == "once":
            found.append(before_column(component))
    return tuple(found)


def prepared(reading: Reading) -> Reading:
    """The reading with what single components count in their own way, so that nothing after it needs the spans."""
    people = reading.facts.people
    for component in reading.pay.components:
        if component.service is not None:
            wanted = [fact for fact in _COUNTED if own_column(fact, component) in extra_columns(reading.policy)]
            for fact in wanted:
                if own_column(fact, component) in people.columns:
                    continue
                how = "restarts" if fact == "continuous_years" else None
                years = counted(reading.facts, component.service, reading.ctx, interruption=how)
                years = years.select("person", pl.col("value").alias(own_column(fact, component)))
                people = people.join(years, on="person", how="left", maintain_order="left")
        if component.kind == "once" and before_column(component) not in people.columns:
            people = people.with_columns(_a_month_before(people, component, reading).alias(before_column(component)))
    if people is reading.facts.people:
        return reading
    facts = reading.facts
    return Reading(
        Facts(facts.day, people, facts.spans, facts.honours, facts.left_out),
        reading.policy,
        reading.ctx,
        reading.manual,
    )


_COUNTED = ("service_years", "continuous_years")


def _own_service(people: pl.DataFrame, component: Component) -> list[str]:
    """The facts that a component counts in its own way, as far as somebody asks for them."""
    return [fact for fact in _COUNTED if own_column(fact, component) in people.columns]


def _amount(component: Component, reading: Reading, month: Month | None) -> Number:
    """What a full month of the component is worth, in fen, exact."""
    ctx = reading.ctx
    match component.kind:
        case "amount":
            assert component.amount is not None
            return _in_fen(
                product([figure(component.amount, ctx), *(figure(factor, ctx) for factor in component.times)])
            )
        case "percent_of":
            assert component.percent is not None
            base = pl.sum_horizontal([pl.col(std(code)) for code in component.of])
            part = _percent_of(base, figure(component.percent, ctx))
            return _inherit(part, component.of)
        case "split":
            whole = pl.sum_horizontal([pl.col(std(code)) for code in component.of])
            return _inherit(_fen(whole), component.of)
        case "per_unit":
            return _per_unit(component, ctx)
        case "once":
            return _once(component, reading, month)
        case _:
            return _manual(component, reading)


def _in_fen(number: Number) -> Number:
    return product([number, number_of(FEN)])


def _fen(amount: pl.Expr) -> Number:
    """An amount in fen that is known already."""
    return Number(
        amount, 1, AMOUNT_BOUND, pl.lit(False), pl.lit(None, dtype=pl.String), pl.lit(False), (),
        lambda: pl.lit(None, dtype=pl.Int32),
    )  # fmt: skip


def _percent_of(base: pl.Expr, percent: Number) -> Number:
    """A share of an amount in fen."""
    whole = product([_fen(base), percent])
    return Number(
        whole.numerator, whole.denominator * 100, whole.bound, percent.assumed, percent.unset, percent.missing,
        percent.leaves, lambda: percent.leaf,
    )  # fmt: skip


def _inherit(number: Number, codes: tuple[str, ...]) -> Number:
    """What rests on earlier lines rests on what those rest on."""
    return Number(
        number.numerator,
        number.denominator,
        number.bound,
        pl.any_horizontal([number.assumed, *(pl.col(assumed(code)) for code in codes)]),
        pl.coalesce([number.unset, *(pl.col(unset(code)) for code in codes)]),
        pl.any_horizontal([number.missing, *(pl.col(missing(code)) for code in codes)]),
        number.leaves,
        lambda: number.leaf,
    )


def _per_unit(component: Component, ctx: Context) -> Number:
    assert component.fact is not None
    assert component.amount is not None
    scale = ctx.vocabulary[component.fact].scale
    units = pl.col(component.fact).fill_null(0)
    parts = [figure(component.amount, ctx)]
    marks = list(parts)
    if component.at_most_units is not None:
        most = figure(component.at_most_units, ctx)
        marks.append(most)
        units = pl.min_horizontal(units * most.denominator, most.numerator * scale)
        scale *= most.denominator
    counted_units = Number(
        units, scale, 10**9, pl.lit(False), pl.lit(None, dtype=pl.String), pl.lit(False), (),
        lambda: pl.lit(None, dtype=pl.Int32),
    )  # fmt: skip
    total = _in_fen(product([parts[0], counted_units]))
    if component.at_most_yuan is not None:
        most = figure(component.at_most_yuan, ctx)
        marks.append(most)
        total = _capped(total, _in_fen(most))
    return _marked(total, marks)


def _capped(number: Number, most: Number) -> Number:
    """The smaller of the two, exact."""
    wide = (
        pl.Int128
        if number.bound * most.denominator >= INT64_BOUND or most.bound * number.denominator >= INT64_BOUND
        else pl.Int64
    )
    left = number.numerator.cast(wide) * most.denominator
    right = most.numerator.cast(wide) * number.denominator
    return Number(
        pl.min_horizontal(left, right), number.denominator * most.denominator,
        min(number.bound * most.denominator, most.bound * number.denominator),
        number.assumed, number.unset, number.missing, number.leaves, lambda: number.leaf,
    )  # fmt: skip


def _marked(number: Number, marks: list[Number]) -> Number:
    return Number(
        number.numerator,
        number.denominator,
        number.bound,
        pl.any_horizontal([mark.assumed for mark in marks]),
        pl.coalesce([mark.unset for mark in marks]),
        pl.any_horizontal([mark.missing for mark in marks]),
        tuple(leaf for mark in marks for leaf in mark.leaves),
        lambda: marks[0].leaf,
    )


def _once(component: Component, reading: Reading, month: Month | None) -> Number:
    """Paid in the month in which the number reaches a mark; every mark passed counts on its own."""
    assert component.fact is not None
    if month is None:
        return number_of(0)
    ctx, fact = reading.ctx, component.fact
    scale = ctx.vocabulary[fact].scale
    first_version = Month.of(reading.policy.effective.from_) == month and reading.policy.extends is None
    if first_version and component.passed_before == "paid":
        earlier: pl.Expr = pl.lit(0, dtype=pl.Int64)
    else:
        earlier = pl.col(before_column(component))
    numbers = [figure(amount, ctx) for amount in component.at.values()]
    total: pl.Expr = pl.lit(0, dtype=pl.Int64)
    assumed_here: pl.Expr = pl.lit(False)
    denominator = 1
    for number in numbers:
        denominator = denominator * number.denominator
    for mark, number in zip(component.at, numbers, strict=True):
        passed = (pl.col(fact) >= mark * scale) & (earlier < mark * scale)
        total = total + pl.when(passed).then(number.numerator * (denominator // number.denominator)).otherwise(0)
        assumed_here = assumed_here | (passed & number.assumed)
    bound = sum(number.bound for number in numbers) * denominator
    result = Number(
        total, denominator, bound, assumed_here, pl.coalesce([number.unset for number in numbers]), pl.lit(False),
        tuple(leaf for number in numbers for leaf in number.leaves), lambda: pl.lit(None, dtype=pl.Int32),
    )  # fmt: skip
    return _in_fen(result)


def _a_month_before(people: pl.DataFrame, component: Component, reading: Reading) -> pl.Series:
    """The same number a month earlier, worked out from the same records; 0 for whoever was not there yet."""
    fact = str(component.fact)
    raw = people.drop([name for name in DERIVED if name in people.columns])
    shifted = raw.with_columns(day=pl.col("day").dt.offset_by("-1mo"))
    facts = Facts(reading.facts.day, shifted, reading.facts.spans, reading.facts.honours, reading.facts.left_out)
    if component.service is not None and fact in _COUNTED:
        how = "restarts" if fact == "continuous_years" else None
        before = counted(facts, component.service, reading.ctx, interruption=how).rename({"value": fact})
    else:
        before = derive(facts, reading.policy, reading.ctx, needs={fact}).people
    joined = people.select("person").join(before.select("person", fact), on="person", how="left", maintain_order="left")
    return joined[fact].fill_null(0)


DERIVED = ("age", "working_years", "post_years", "service_years", "continuous_years", "months_in_year")


def _manual(component: Component, reading: Reading) -> Number:
    entered = reading.manual.filter(pl.col("line") == component.code).group_by("person").agg(pl.col("amount").sum())
    amounts = reading.facts.people.select("person").join(entered, on="person", how="left", maintain_order="left")[
        "amount"
    ]
    number = _fen(pl.lit(amounts.fill_null(0)))
    if component.at_most_yuan is None:
        return number
    most = figure(component.at_most_yuan, reading.ctx)
    return _marked(_capped(number, _in_fen(most)), [most])


# -- Probation and proration ------------------------------------------------------------------------------------------


def _due(part: Component | Share, code: str, reading: Reading, month: Month | None, all_month: bool) -> pl.Expr:
    """The standard after probation and proration, rounded again in the same way, once.

    all_month: nobody joins or leaves in the month.
    """
    numerator, denominator = _factor(part, code, reading, month, all_month)
    standard = pl.col(std(code))
    if denominator == 1 and numerator is None:
        return standard
    assert numerator is not None
    if denominator * AMOUNT_BOUND >= INT64_BOUND:
        standard, numerator = standard.cast(pl.Int128), numerator.cast(pl.Int128)
    return _rounded(standard * numerator, denominator, part.rounding)


def _rounded(numerator: pl.Expr, denominator: int, rounding: Rounding) -> pl.Expr:
    return rounded_to(numerator, denominator, rounding.to, rounding.mode).cast(pl.Int64)


def _factor(
    part: Component | Share, code: str, reading: Reading, month: Month | None, all_month: bool
) -> tuple[pl.Expr | None, int]:
    """(numerator, denominator) of probation × (share of the month − absence); (None, 1) where all get the whole."""
    people = reading.facts.people
    probation = _probation(part.probation, reading, month)
    share, whole = (None, 1) if month is None or all_month else _share_of_month(part.proration, month)
    for absence in reading.pay.absence:
        column = f"absence_days.{absence.kind}"
        if code in absence.of and column in people.columns and month is not None:
            share, whole = _less_absence(share, whole, pl.col(column).fill_null(0), absence.take, month)
    if probation is None and share is None:
        return None, 1
    numerator = pl.lit(1, dtype=pl.Int64) if share is None else share
    if probation is not None:
        return numerator * probation[0], whole * probation[1]
    return numerator, whole


def _probation(rule: str | Figure, reading: Reading, month: Month | None) -> tuple[pl.Expr, int] | None:
    """The share that someone on probation gets: 1 for everybody else."""
    if rule == "full" or "probation" not in reading.facts.people.columns:
        return None
    percent = number_of(0) if isinstance(rule, str) else figure(rule, reading.ctx)
    whole = percent.denominator * 100
    on = pl.col("probation").fill_null(False)
    if (
        reading.pay.probation_ends == "exact_day"
        and month is not None
        and "probation_end" in reading.facts.people.columns
    ):
        days = (pl.col("pay_to") - pl.col("pay_from")).dt.total_days()
        under = (
            (pl.min_horizontal(pl.col("pay_to"), pl.col("probation_end")) - pl.col("pay_from"))
            .dt.total_days()
            .fill_null(0)
            .clip(lower_bound=0)
        )
        # Over days × whole; brought to one denominator by the least common multiple of all lengths of a month.
        common = _EVERY_LENGTH
        numerator = (under * percent.numerator + (days - under) * whole) * (pl.lit(common) // days.clip(lower_bound=1))
        return numerator, whole * common
    return pl.when(on).then(percent.numerator).otherwise(pl.lit(whole, dtype=pl.Int64)), whole


_EVERY_LENGTH = 2329089562800  # least common multiple of 1 … 31


def _partial(month: Month) -> pl.Expr:
    """Who is there for a part of the month alone."""
    return (pl.col("pay_from") > month.first_day) | (pl.col("pay_to") < month.next_first)


def _share_of_month(proration: str, month: Month) -> tuple[pl.Expr | None, int]:
    """Which part of the month is paid; (None, 1) where everybody gets all of it."""
    if proration in ("whole_month", "none"):
        return None, 1
    if proration == "calendar_days":
        return (pl.col("pay_to") - pl.col("pay_from")).dt.total_days(), month.days
    worked = pl.business_day_count("pay_from", "pay_to").cast(pl.Int64)
    in_month = pl.business_day_count(pl.lit(month.first_day), pl.lit(month.next_first)).cast(pl.Int64)
    absent = in_month - worked
    whole = MEAN_WORKDAYS.numerator
    step = MEAN_WORKDAYS.denominator
    shorter = pl.when(worked <= absent).then(worked * step).otherwise(whole - absent * step)
    return pl.when(_partial(month)).then(shorter.clip(0, whole)).otherwise(whole), whole


def _less_absence(share: pl.Expr | None, whole: int, days: pl.Expr, take: str, month: Month) -> tuple[pl.Expr, int]:
    """Takes unpaid days (hundredths) off the share of the month, never below zero."""
    length = Fraction(month.days) if take == "calendar_days" else MEAN_WORKDAYS
    denominator = length.numerator * 100
    off = days * length.denominator
    base = pl.lit(whole, dtype=pl.Int64) if share is None else share
    return (base * denominator - off * whole).clip(lower_bound=0), whole * denominator


def depends_on_results(component: Component | Share) -> bool:
    """Whether a payment for a cycle has to wait until results are closed."""
    names = facts_of(component)
    return any(
        name in ("annual_grade", "annual_grades", "points") or name.startswith(("score.", "grade.", "rank."))
        for name in names
    )


__all__ = [
    "Line", "Reading", "assumed", "component_order", "depends_on_results", "due", "missing", "month_lines", "standards",
    "std", "unset", "walk",
]  # fmt: skip
