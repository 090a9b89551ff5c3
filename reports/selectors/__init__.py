"""Figures of units: counted from the records, with the people behind them."""

from reports.selectors.counting import Counted, counted_for_system
from reports.selectors.direct import rows_for_system
from reports.selectors.figures import Figure, Table, breakdown, figure, figures, people_behind, series

__all__ = [
    "Counted", "Figure", "Table", "breakdown", "counted_for_system", "figure", "figures", "people_behind",
    "rows_for_system", "series",
]  # fmt: skip
