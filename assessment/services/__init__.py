"""Writes of assessments: inputs, evaluations and what follows from them."""

from assessment.services.batches import (
    compute_evaluation,
    compute_evaluation_batch,
    settle_evaluation,
    settle_evaluations,
)
from assessment.services.evaluations import (
    evaluation_cancel,
    evaluation_close,
    evaluation_confirm,
    evaluation_start,
    issue_accept,
)
from assessment.services.follow_up import (
    appeal_decide,
    appeal_submit,
    consequence_settle,
    decision_record,
)
from assessment.services.inputs import (
    Ballots,
    points_record,
    points_take_back,
    rating_record,
    results_import,
    scheme_results_import,
)
from assessment.services.ties import evaluation_decide_tie

__all__ = [
    "Ballots",
    "appeal_decide",
    "appeal_submit",
    "compute_evaluation",
    "compute_evaluation_batch",
    "consequence_settle",
    "decision_record",
    "evaluation_cancel",
    "evaluation_close",
    "evaluation_confirm",
    "evaluation_decide_tie",
    "evaluation_start",
    "issue_accept",
    "points_record",
    "points_take_back",
    "rating_record",
    "results_import",
    "scheme_results_import",
    "settle_evaluation",
    "settle_evaluations",
]
