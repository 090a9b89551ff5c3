"""The year-end chain of the demonstration.

Pay of December 2025, evaluation of 2025, steps of 1 January 2026, and the pay of January 2026, which shows its differences
from December's. Everything goes through the services that the pages use: an officer starts, somebody else confirms,
finance seals. Chaohu's January is left for the user to seal and Leshan's evaluation to confirm, and Qingyang's pay is
refused, with the values that its policy leaves open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from assessment.models import Evaluation, EvaluationIssue, TieDecision
from assessment.services import (
    compute_evaluation,
    evaluation_close,
    evaluation_confirm,
    evaluation_decide_tie,
    evaluation_start,
    issue_accept,
)
from core.errors import Refused
from core.models import RunState
from core.periods import Month
from cwms.demo.users import users_of
from organization.models import Role, Unit, User
from organization.selectors import unit_for_system
from payroll.models import PayRun, PromotionRun
from payroll.services.batches import compute_pay_run
from payroll.services.pay_runs import pay_run_seal, pay_run_start
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start
from policy.selectors import policy_of_unit_for_system

YEAR = 2025
REVIEW_DAY = date(2026, 1, 1)
MONTH = Month(2026, 1)
# Months paid before the evaluation is closed: December, and June where performance is paid each half-year
_EARLIER: dict[str, tuple[Month, ...]] = {
    "leshan-shizhong": (Month(YEAR, 6), Month(YEAR, 12)),
    "qingyang": (),
}
LEFT_UNSEALED = "chaohu"
LEFT_UNCONFIRMED = "leshan-shizhong"  # no line of its pay rests on the yearly grade
TIE_REASON = "同分，经街道党工委会议研究决定（演示数据）"
ISSUE_NOTE = "已核实，本年度不定等次（演示数据）"
WAIVED = "演示数据，申诉期不适用"
UNITS = {
    "chaohu": "340181",
    "songling": "232762",
    "tongren": "5206",
    "leshan-shizhong": "511102",
    "qingyang": "6210",
}
# Shorter periods whose scores the yearly evaluation takes
_PERIODS = {
    "chaohu": [f"{YEAR}-Q{quarter}" for quarter in range(1, 5)],
    "leshan-shizhong": [f"{YEAR}-{month:02d}" for month in range(1, 13)],
}


@dataclass(frozen=True)
class ChainStep:
    """One step of the chain: what was run, how it ended, and a sentence where it was refused."""

    place: str
    what: str
    state: str
    run: int | None = None
    text: str = ""


def run_chain(places: Iterable[str] = tuple(UNITS)) -> list[ChainStep]:
    """Runs what has not been run yet of each place's chain; returns the steps taken now."""
    return [step for place in places for step in _Chain(place).run()]


class _Chain:
    def __init__(self, place: str) -> None:
        self.place = place
        self.unit: Unit = unit_for_system(UNITS[place])
        self.officer = self._user(Role.ORG_OFFICER)
        self.approver = self._user(Role.ORG_APPROVER)
        self.finance = self._user(Role.FINANCE)

    def _user(self, role: str) -> User:
        username = next(row.username for row in users_of(self.place) if row.role == role)
        return User.objects.get(username=username)

    def run(self) -> list[ChainStep]:
        steps = [self.evaluate(period) for period in _PERIODS.get(self.place, ())]
        steps += [self.pay(month) for month in _EARLIER.get(self.place, (Month(YEAR, 12),))]
        steps += [self.evaluate(str(YEAR)), self.promote(), self.pay(MONTH)]
        return [step for step in steps if step is not None]

    def evaluate(self, period: str) -> ChainStep | None:
        """Starts and computes; decides ties, accepts who has no result, and the second person confirms and closes."""
        live = (RunState.READY, RunState.CONFIRMED, RunState.CLOSED)
        if Evaluation.objects.filter(unit=self.unit, period=period, state__in=live).exists():
            return None
        try:
            run = evaluation_start(actor=self.officer, unit=self.unit, period=period)
        except Refused as refused:
            return ChainStep(self.place, f"evaluation {period}", RunState.REFUSED, text=str(refused))
        run = compute_evaluation(actor=self.officer, run=run)
        if run.state == RunState.READY and not (self.place == LEFT_UNCONFIRMED and period == str(YEAR)):
            for tie in TieDecision.objects.filter(pool__evaluation=run, chosen__isnull=True):
                evaluation_decide_tie(
                    actor=self.officer, tie=tie, chosen=sorted(tie.candidates)[: tie.places], reason=TIE_REASON
                )
            for issue in EvaluationIssue.objects.filter(evaluation=run, accepted=False):
                issue_accept(actor=self.officer, issue=issue, note=ISSUE_NOTE)
            run.refresh_from_db()
            run = evaluation_confirm(actor=self.approver, run=run, fingerprint=run.fingerprint)
            run = evaluation_close(actor=self.approver, run=run, waive_appeals=WAIVED)
        return ChainStep(self.place, f"evaluation {period}", run.state, run.pk, run.error)

    def promote(self) -> ChainStep | None:
        version = policy_of_unit_for_system(self.unit.code, REVIEW_DAY)
        if version is None or not version.document.scales:
            return None
        if PromotionRun.objects.filter(unit=self.unit, day=REVIEW_DAY, state=RunState.CONFIRMED).exists():
            return None
        try:
            run = promotion_start(actor=self.officer, unit=self.unit, day=REVIEW_DAY)
        except Refused as refused:
            return ChainStep(self.place, f"promotion {REVIEW_DAY}", RunState.REFUSED, text=str(refused))
        run = compute_promotion_run(actor=self.officer, run=run)
        if run.state == RunState.READY:
            run = promotion_confirm(actor=self.approver, run=run)
        return ChainStep(self.place, f"promotion {REVIEW_DAY}", run.state, run.pk, run.error)

    def pay(self, month: Month) -> ChainStep | None:
        done = PayRun.objects.filter(
            unit=self.unit, month=month.first_day, dry_run=False, state__in=(RunState.READY, RunState.SEALED)
        )
        if done.exists():
            return None
        try:
            run = pay_run_start(actor=self.officer, unit=self.unit, month=month)
        except Refused as refused:
            return ChainStep(self.place, f"pay {month}", RunState.REFUSED, text=str(refused))
        run = compute_pay_run(actor=self.officer, run=run)
        if run.state == RunState.READY and not (self.place == LEFT_UNSEALED and month == MONTH):
            run = pay_run_seal(actor=self.finance, run=run, fingerprint=run.fingerprint)
        return ChainStep(self.place, f"pay {month}", run.state, run.pk, run.error)
