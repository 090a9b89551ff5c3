"""What an assessment is made of, what comes out of it, and what follows from that."""

from assessment.models.follow_up import Appeal, Consequence, Decision, TieDecision
from assessment.models.inputs import PointEntry, Rating
from assessment.models.results import (
    AnnualResult,
    Evaluation,
    EvaluationBatch,
    EvaluationIssue,
    PoolCap,
    PoolResult,
    ResultState,
    SchemeResult,
    Source,
)
from assessment.models.wording import ConsequenceCode, DecisionCode, IssueCode, ReasonCode, reason_text

__all__ = [
    "AnnualResult",
    "Appeal",
    "Consequence",
    "ConsequenceCode",
    "Decision",
    "DecisionCode",
    "Evaluation",
    "EvaluationBatch",
    "EvaluationIssue",
    "IssueCode",
    "PointEntry",
    "PoolCap",
    "PoolResult",
    "Rating",
    "ReasonCode",
    "ResultState",
    "SchemeResult",
    "Source",
    "TieDecision",
    "reason_text",
]
