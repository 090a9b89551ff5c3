"""The catalogue of indicators: who is counted, by what, with which definition. Counting them is the selectors' work."""

from reports.indicators.catalogue import INDICATORS
from reports.indicators.dimensions import DIMENSIONS, Dimension
from reports.indicators.kinds import Aggregate, Indicator, Measure, Population, Span

__all__ = ["DIMENSIONS", "INDICATORS", "Aggregate", "Dimension", "Indicator", "Measure", "Population", "Span"]
