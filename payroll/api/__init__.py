"""Pay and grades for programs: the same selectors, services and permissions as the pages."""

from payroll.api.pay import PayRunViewSet, PaySlipViewSet
from payroll.api.promotions import PromotionOutcomeViewSet, PromotionRunViewSet

__all__ = ["PayRunViewSet", "PaySlipViewSet", "PromotionOutcomeViewSet", "PromotionRunViewSet"]
