"""Cases and the questions of joint reviews, for programs."""

from approvals.api.cases import DETAIL, CaseViewSet, writes
from approvals.api.questions import QuestionViewSet
from approvals.api.shapes import CaseDetailSerializer, StepSerializer

__all__ = [
    "DETAIL",
    "CaseDetailSerializer",
    "CaseViewSet",
    "QuestionViewSet",
    "StepSerializer",
    "writes",
]
