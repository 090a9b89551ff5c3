"""The year-end chain under the rules of five places, through the services, with the figures that the articles print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from assessment.models import AnnualResult, Evaluation
from core.models import RunState
from core.periods import Month
from cwms.demo.chain import ChainStep, _Chain, run_chain
from cwms.demo.roster import Roster
from cwms.demo.users import load_users
from organization.models import User
from organization.selectors import unit_for_system
from payroll.models import GradeSpan, PayRun, PaySlip, PromotionKind
from payroll.services.batches import compute_pay_run
from payroll.services.conversion import conversion_step
from payroll.services.pay_runs import pay_run_seal, pay_run_start
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start

Place = Callable[[str], Roster]


@pytest.fixture
def chain(place: Place) -> Callable[[str], dict[str, ChainStep]]:
    def run(name: str) -> dict[str, ChainStep]:
        place(name)
        load_users(name)
        return {step.what: step for step in run_chain([name])}

    return run


def gross(run: PayRun) -> list[int]:
    return sorted(PaySlip.objects.filter(run=run).values_list("gross", flat=True))


def amounts(month: str, *codes: str) -> list[Fraction]:
    """The mean of each of some lines in a month's sealed run."""
    run = PayRun.objects.get(month=month, state=RunState.SEALED)
    order = [line["code"] for line in run.lines]
    slips = list(PaySlip.objects.filter(run=run).values_list("amounts", flat=True))
    return [Fraction(sum(slip[order.index(code)] for slip in slips), len(slips)) for code in codes]


@pytest.mark.requirement(
    "SL-19", "SL-27", "SL-28", "SL-29", "SL-30", "SL-31", "SL-32", "SL-33", "SL-34", "SL-35", "SL-36"
)
def test_songlings_pay_is_3700_on_average_3640_at_least_and_4160_at_most(
    chain: Callable[[str], dict[str, ChainStep]],
) -> None:
    steps = chain("songling")
    assert steps["evaluation 2025"].state == RunState.CLOSED
    pay = PayRun.objects.get(pk=steps["pay 2026-01"].run)
    assert pay.state == RunState.SEALED
    slips = gross(pay)
    assert (len(slips), slips[0], slips[-1]) == (39, 364_000, 416_000)
    assert Fraction(sum(slips), len(slips)) == 370_000
    assert pay.left_out.count() == 0


@pytest.mark.requirement("TR-21", "TR-25", "TR-36", "TR-44", "TR-45")
def test_tongrens_mean_is_3962_09(chain: Callable[[str], dict[str, ChainStep]]) -> None:
    steps = chain("tongren")
    slips = gross(PayRun.objects.get(pk=steps["pay 2026-01"].run))
    assert len(slips) == 1_087
    assert round(Fraction(sum(slips), len(slips))) == 396_209


@pytest.mark.requirement("TR-03", "TR-04")
def test_tongren_converts_1087_people_to_a_mean_of_3962_09(place: Place) -> None:
    """After the evaluation of 2025, in four steps instead of the yearly review; the pay of January says the same."""
    place("tongren")
    load_users("tongren")
    unit = unit_for_system("5206")
    officer, approver, finance = (
        User.objects.get(username=f"tongren.{name}") for name in ("officer", "approver", "finance")
    )
    evaluated = _Chain("tongren").evaluate("2025")
    assert evaluated is not None
    assert evaluated.state == RunState.CLOSED
    run = promotion_start(actor=officer, unit=unit, day=date(2026, 1, 1), kind=PromotionKind.CONVERSION)
    run = compute_promotion_run(actor=officer, run=run)
    assert (run.totals["people"], run.totals["left_out"], run.totals["paid"]) == (1_087, 0, 1_087)
    assert round(Fraction(run.totals["new_year"], 1_087 * 12)) == 396_209
    for code in ("SURVEY", "RECOGNITION", "INSPECTION"):
        conversion_step(actor=officer, run=run, code=code, document=f"铜组〔2025〕{code}")
    promotion_confirm(actor=approver, run=run, document="铜组通〔2026〕1号")
    assert GradeSpan.objects.filter(run=run, start=date(2026, 1, 1), end=None).count() == 1_087
    pay = compute_pay_run(actor=officer, run=pay_run_start(actor=officer, unit=unit, month=Month(2026, 1)))
    pay = pay_run_seal(actor=finance, run=pay)
    assert round(Fraction(sum(gross(pay)), 1_087)) == 396_209
    assert sum(gross(pay)) * 12 == run.totals["new_year"]


@pytest.mark.requirement("CH-35", "CH-43", "CH-44", "CH-45", "CH-53", "CH-54", "CH-55")
def test_chaohus_chain(chain: Callable[[str], dict[str, ChainStep]]) -> None:
    steps = chain("chaohu")
    assert steps["evaluation 2025"].state == RunState.CLOSED
    evaluation = Evaluation.objects.get(period="2025")
    for pool in evaluation.pools.filter(scheme="annual"):
        graded = AnnualResult.objects.filter(pool=pool, grade__isnull=False)
        assert graded.filter(grade="EXCELLENT").count() <= graded.count() * 30 // 100
    pay = PayRun.objects.get(pk=steps["pay 2026-01"].run)
    assert (pay.state, pay.error) == (RunState.READY, "")  # left for the user to seal
    at = [line["code"] for line in pay.lines].index("certificate")
    allowances = Counter(slip.amounts[at] for slip in PaySlip.objects.filter(run=pay))
    assert {amount: people for amount, people in allowances.items() if amount} == {10_000: 66, 20_000: 22}
    assert Counter(pay.left_out.values_list("code", flat=True))["NO_POST"] == 2
    assert (
        pay.left_out.count() == 5
    )  # nobody but the two without a post, the two without a grade, and one employed twice


@pytest.mark.requirement("CH-51", "CH-58")
def test_chaohus_mean_is_79_thousand_a_year(chain: Callable[[str], dict[str, ChainStep]]) -> None:
    steps = chain("chaohu")
    pay = PayRun.objects.get(pk=steps["pay 2026-01"].run)
    order = [line["code"] for line in pay.lines]
    base, certificate, performance = (order.index(code) for code in ("base", "certificate", "performance"))
    slips = list(PaySlip.objects.filter(run=pay).values_list("amounts", flat=True))
    year = sum(12 * (slip[base] + slip[certificate]) + slip[performance] for slip in slips)
    assert round(Fraction(year, len(slips)) / 100_000) == 79  # 7.9 万, as printed


@pytest.mark.requirement("LS-21", "LS-23", "LS-24")
def test_leshans_chain(chain: Callable[[str], dict[str, ChainStep]]) -> None:
    steps = chain("leshan-shizhong")
    assert steps["evaluation 2025"].state == RunState.READY  # left for the user: three people have no score yet
    assert Evaluation.objects.get(period="2025").issues.filter(code="MISSING_INPUT").count() == 3
    slips = gross(PayRun.objects.get(pk=steps["pay 2026-01"].run))
    assert len(slips) == 300
    assert Fraction(sum(slips), len(slips)) == 452_000  # 80 % of 5,650.00; performance comes in June and December
    june, december = (amounts(day, "fixed", "performance") for day in ("2025-06-01", "2025-12-01"))
    assert june == december == [452_000, 678_000]  # 6,780.00 each half-year
    assert 12 * june[0] + june[1] + december[1] == 6_780_000


@pytest.mark.requirement("QY-11", "QY-12", "QY-14")
def test_qingyangs_evaluation_runs_and_its_pay_refuses_with_every_missing_value(
    chain: Callable[[str], dict[str, ChainStep]],
) -> None:
    steps = chain("qingyang")
    assert steps["evaluation 2025"].state == RunState.CLOSED
    refused = steps["pay 2026-01"]
    assert refused.state == RunState.REFUSED
    for grade in range(1, 19):
        assert f"pay.components.grade_pay.amount.values.{grade}:" in refused.text
    assert not PayRun.objects.exists()


def test_the_chain_runs_once(chain: Callable[[str], dict[str, ChainStep]]) -> None:
    assert chain("songling")
    assert run_chain(["songling"]) == []
