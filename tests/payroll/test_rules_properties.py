"""What holds for the pay of anybody under any rules: random people and random tables, against a reference of its own.

The reference below works on one person at a time in Decimal and shares nothing with the rules but the policy's numbers.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.money import round_ratio, rounded
from core.periods import Month, whole_months, whole_months_between, whole_years
from payroll.rules.components import PayResult, Reading, pay
from policy.rules.context import Context
from policy.rules.derive import derive
from policy.rules.document import Policy
from policy.rules.facts import Facts
from tests.payroll.test_golden import facts_of, policy_of

MONTH = Month(2026, 1)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
POSTS = {"chief": ["PARTY_SECRETARY"], "deputy": ["DEPUTY_DIRECTOR"], "general": ["STAFF"]}
GRADES = ["EXCELLENT", "QUALIFIED", "BASICALLY_QUALIFIED", "UNQUALIFIED"]
CERTIFICATES = ["SENIOR", "SOCIAL_WORKER", "ASSISTANT"]

yuan = st.decimals(min_value=0, max_value=20_000, places=2)
factor = st.decimals(min_value=Decimal("0.01"), max_value=3, places=2)
percent = st.decimals(min_value=1, max_value=99, places=1)

people = st.lists(
    st.fixed_dictionaries(
        {
            "posts_held": st.sampled_from(list(POSTS.values())),
            "grades": st.one_of(st.just({}), st.fixed_dictionaries({2025: st.sampled_from(GRADES)})),
            "certificate": st.one_of(st.none(), st.sampled_from(CERTIFICATES)),
            "probation": st.booleans(),
            "pay_from": st.dates(date(2026, 1, 1), date(2026, 1, 31)),
            "grade": st.integers(1, 18),
            "spans": st.dates(date(1990, 1, 1), date(2025, 12, 31)).map(lambda day: [["COMMUNITY_WORKER", day, None]]),
        }
    ),
    min_size=1,
    max_size=8,
)
rules = st.fixed_dictionaries(
    {
        "post": st.fixed_dictionaries(dict.fromkeys(POSTS, yuan)),
        "certificate": st.fixed_dictionaries(dict.fromkeys([*CERTIFICATES, "NONE"], yuan)),
        "performance": st.fixed_dictionaries(dict.fromkeys([*GRADES, "NONE"], percent)),
        "first": factor,
        "each": st.decimals(min_value=0, max_value=Decimal("0.20"), places=2),
        "year": st.decimals(min_value=0, max_value=50, places=2),
        "probation": percent,
        "fixed": percent,
        "to": st.sampled_from(["fen", "jiao", "yuan"]),
        "mode": st.sampled_from(["half_up", "up", "down"]),
    }
)


def policy_from(drawn: dict[str, Any]) -> Policy:
    def number(value: Decimal) -> float:
        # YAML is written with plain numbers; two decimals survive the way through a float's shortest form.
        return float(value)

    rounding = {"to": drawn["to"], "mode": drawn["mode"]}
    components = [
        {"code": "post", "name": "p", "kind": "amount", "rounding": rounding,
         "amount": {"by": "post", "of": {post: number(v) for post, v in drawn["post"].items()}},
         "times": [{"by": "grade", "first": number(drawn["first"]), "each": number(drawn["each"])}],
         "probation": {"percent": number(drawn["probation"])}},
        {"code": "certificate", "name": "c", "kind": "amount",
         "amount": {"by": "certificate", "of": {code: number(v) for code, v in drawn["certificate"].items()}}},
        {"code": "seniority", "name": "s", "kind": "per_unit", "fact": "service_years", "amount": number(drawn["year"])},
        {"code": "performance", "name": "f", "kind": "percent_of", "of": ["post", "seniority"], "rounding": rounding,
         "percent": {"by": "annual_grade", "of": {grade: number(v) for grade, v in drawn["performance"].items()}}},
        {"code": "standard", "name": "t", "kind": "amount", "amount": {"by": "post", "of": {
            post: number(v) for post, v in drawn["post"].items()}}, "paid": False},
        {"code": "parts", "name": "x", "kind": "split", "of": "standard", "shares": [
            {"code": "fixed", "name": "a", "percent": number(drawn["fixed"])},
            {"code": "variable", "name": "b", "percent": number(100 - drawn["fixed"])}]},
    ]  # fmt: skip
    scales = {"grade": {"name": "g", "values": 18, "start": {"from": 1}}}
    return policy_of({"name": "random", "policy": {"scales": scales, "pay": {"components": components}}})


def compute(policy: Policy, rows: list[dict[str, Any]]) -> PayResult:
    ctx = Context(policy, MONTH.first_day, results_year=2025, month=MONTH)
    facts = facts_of({"people": rows}, MONTH.first_day, MONTH, None)
    return pay(Reading(derive(facts, policy, ctx), policy, ctx), MONTH)


# -- The reference ----------------------------------------------------------------------------------------------------

STEPS = {"fen": Decimal("0.01"), "jiao": Decimal("0.1"), "yuan": Decimal(1)}
MODES = {"half_up": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}


def cut(amount: Decimal, to: str = "fen", mode: str = "half_up") -> Decimal:
    step = STEPS[to]
    return (amount / step).quantize(Decimal(1), rounding=MODES[mode]) * step


def expected(drawn: dict[str, Any], person: dict[str, Any]) -> dict[str, Decimal]:
    """The lines of one person in yuan, straight from the words of the regulation."""
    post = next(code for code, held in POSTS.items() if held == person["posts_held"])
    to, mode = drawn["to"], drawn["mode"]
    days = Decimal((date(2026, 2, 1) - person["pay_from"]).days)
    begin = person["spans"][0][1]
    today = max(date(2026, 1, 1), person["pay_from"])
    years = today.year - begin.year - ((today.month, today.day) < (begin.month, begin.day))
    coefficient = drawn["first"] + (person["grade"] - 1) * drawn["each"]
    standard_post = cut(drawn["post"][post] * coefficient, to, mode)
    seniority = cut(drawn["year"] * years)
    share = drawn["performance"][person["grades"].get(2025, "NONE")]
    performance = cut((standard_post + seniority) * share / 100, to, mode)
    on_probation = drawn["probation"] / 100 if person["probation"] else Decimal(1)
    certificate = drawn["certificate"][person["certificate"] or "NONE"]
    fixed = cut(drawn["post"][post] * drawn["fixed"] / 100)
    return {
        "post": cut(standard_post * on_probation * days / 31, to, mode),
        "certificate": cut(certificate * days / 31),
        "seniority": cut(seniority * days / 31),
        "performance": cut(performance * days / 31, to, mode),
        "standard": Decimal(0),
        "fixed": cut(fixed * days / 31),
        "variable": cut((drawn["post"][post] - fixed) * days / 31),
    }


# -- Properties -------------------------------------------------------------------------------------------------------


@QUICK
@given(drawn=rules, rows=people)
def test_every_line_equals_the_reference(drawn: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    result = compute(policy_from(drawn), rows)
    codes = [line.code for line in result.lines]
    for slip in result.slips.iter_rows(named=True):
        found = {code: Decimal(fen) / 100 for code, fen in zip(codes, slip["amounts"], strict=True)}
        assert found == expected(drawn, rows[slip["person"] - 1])


@QUICK
@given(drawn=rules, rows=people)
def test_the_gross_is_the_sum_of_the_lines_and_shares_add_up(drawn: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    result = compute(policy_from(drawn), rows)
    codes = [line.code for line in result.lines]
    for slip in result.slips.iter_rows(named=True):
        assert slip["gross"] == sum(slip["amounts"])
        standards = dict(zip(codes, slip["standards"], strict=True))
        assert standards["fixed"] + standards["variable"] == standards["standard"]


@QUICK
@given(drawn=rules, rows=people, order=st.randoms())
def test_neither_order_nor_batch_size_matters(drawn: dict[str, Any], rows: list[dict[str, Any]], order: Any) -> None:
    policy = policy_from(drawn)
    ctx = Context(policy, MONTH.first_day, results_year=2025, month=MONTH)
    facts = facts_of({"people": rows}, MONTH.first_day, MONTH, None)

    def slips(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
        part = Facts(facts.day, frame, facts.spans, facts.honours)
        return pay(Reading(derive(part, policy, ctx), policy, ctx), MONTH).slips.sort("person").rows()

    whole = slips(facts.people)
    numbers = list(range(facts.people.height))
    order.shuffle(numbers)
    shuffled = facts.people[numbers]
    assert slips(shuffled) == whole
    one_by_one = [row for n in range(shuffled.height) for row in slips(shuffled.slice(n, 1))]
    assert sorted(one_by_one) == sorted(whole)


@QUICK
@given(drawn=rules, row=people, grade=st.integers(1, 17))
def test_a_higher_grade_never_pays_less(drawn: dict[str, Any], row: list[dict[str, Any]], grade: int) -> None:
    person = row[0]
    result = compute(policy_from(drawn), [person | {"grade": grade}, person | {"grade": grade + 1}])
    low, high = result.slips.sort("person")["gross"]
    assert low <= high


@given(numerator=st.integers(-(10**15), 10**15), denominator=st.integers(1, 10**6), mode=st.sampled_from(list(MODES)))
def test_both_forms_of_rounding_equal_decimal(numerator: int, denominator: int, mode: str) -> None:
    exact = Fraction(numerator, denominator)
    wanted = int((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), rounding=MODES[mode]))
    if abs(Fraction(wanted) - exact) <= 1 and (2 * exact).denominator != 1:  # Decimal's 28 digits blur exact halves
        assert round_ratio(numerator, denominator, mode) == wanted
    column = pl.DataFrame({"n": [numerator]}).select(rounded(pl.col("n"), denominator, mode)).item()
    assert column == round_ratio(numerator, denominator, mode)


@pytest.mark.parametrize(
    ("amount", "mode", "wanted"),
    [((5, 2), "half_up", 3), ((-5, 2), "half_up", -3), ((9, 4), "down", 2), ((-9, 4), "down", -2), ((9, 4), "up", 3)],
)
def test_halves_go_away_from_zero(amount: tuple[int, int], mode: str, wanted: int) -> None:
    assert round_ratio(*amount, mode) == wanted


@given(start=st.dates(date(1950, 1, 1), date(2030, 1, 1)), day=st.dates(date(1950, 1, 1), date(2060, 1, 1)))
def test_both_forms_of_whole_months_agree(start: date, day: date) -> None:
    frame = pl.DataFrame({"start": [start], "day": [day]})
    months = frame.select(whole_months_between(pl.col("start"), pl.col("day"))).item()
    assert months == whole_months(start, day)
    assert whole_years(start, day) == months // 12
    # An anniversary that has been reached stays reached.
    assert whole_months(start, date.fromordinal(day.toordinal() + 1)) >= months
