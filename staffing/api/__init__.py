"""Approved seats for programs: plans, how they are shared out, and freezes, as on the pages."""

from staffing.api.freezes import FreezeViewSet
from staffing.api.plans import PlanViewSet
from staffing.api.shares import ShareViewSet

__all__ = ["FreezeViewSet", "PlanViewSet", "ShareViewSet"]
