"""Values on ladders, promotion runs, pay runs and their slips."""

from payroll.models.ladder import (
    LEFT_OUT,
    MOVED,
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
    "LEFT_OUT",
    "MOVED",
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
