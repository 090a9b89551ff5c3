"""The three kinds of run: where their rows are. No Django here: the tests look at the database by themselves."""

from __future__ import annotations

from dataclasses import dataclass

# Who comes to the middle of a piece of work waits there as long as a test holds this lock.
PAUSE_LOCK = 20261


@dataclass(frozen=True)
class Kind:
    """runs, batches: tables. results: the table with the people's rows; more: (table, its way to the run)."""

    name: str
    runs: str
    batches: str
    results: str
    run_column: str
    more: tuple[tuple[str, str], ...] = ()

    def tables(self) -> list[tuple[str, str]]:
        """(table, condition with %(run)s), the people's results first: everything that a run writes."""
        return [(self.results, f"{self.run_column} = %(run)s"), *self.more]


_OF_POOL = "pool_id IN (SELECT id FROM assessment_poolresult WHERE evaluation_id = %(run)s)"

PAY = Kind(
    "pay",
    "payroll_payrun",
    "payroll_paybatch",
    "payroll_payslip",
    "run_id",
    tuple(
        (table, "run_id = %(run)s") for table in ("payroll_payleftout", "payroll_arrearsline", "payroll_paydifference")
    ),
)
EVALUATION = Kind(
    "evaluation",
    "assessment_evaluation",
    "assessment_evaluationbatch",
    "assessment_annualresult",
    "evaluation_id",
    (
        *(
            (f"assessment_{table}", "evaluation_id = %(run)s")
            for table in ("schemeresult", "poolresult", "consequence", "evaluationissue")
        ),
        ("assessment_poolcap", _OF_POOL),
        ("assessment_tiedecision", _OF_POOL),
    ),
)
PROMOTION = Kind("promotion", "payroll_promotionrun", "payroll_promotionbatch", "payroll_promotionoutcome", "run_id")
KINDS = (PAY, EVALUATION, PROMOTION)
