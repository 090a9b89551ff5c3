"""Values on ladders, promotion runs, pay runs and their slips."""

from payroll.models.ladder import (
    ConversionStep,
    GradeSpan,
    PromotionBatch,
    PromotionKind,
    PromotionOutcome,
    PromotionRun,
)
from payroll.models.pay import (
    ArrearsLine,
    ManualItem,
    PayBatch,
    PayDifference,
    PayKind,
    PayLeftOut,
    PayLine,
    PayRun,
    PayShare,
    PaySlip,
)

__all__ = [
    "ArrearsLine",
    "ConversionStep",
    "GradeSpan",
    "ManualItem",
    "PayBatch",
    "PayDifference",
    "PayKind",
    "PayLeftOut",
    "PayLine",
    "PayRun",
    "PayShare",
    "PaySlip",
    "PromotionBatch",
    "PromotionKind",
    "PromotionOutcome",
    "PromotionRun",
]
