"""Rows of the page of differences: everybody whose pay is not that of the month before, with causes that add up."""

from __future__ import annotations

from core.periods import Month
from payroll.models import PayDifference, PayRun
from payroll.selectors.month import MonthlyPay


def difference_rows(*, run: PayRun, month: Month, pay: MonthlyPay, path_from: str, path_to: str) -> list[PayDifference]:
    return []
