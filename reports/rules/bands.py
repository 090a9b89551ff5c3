"""Bands of ages and of years of service: half-open ranges of whole years that cover every number once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bands:
    """edges: the first whole year of each band but the lowest. codes: one more than edges, from the lowest.

    >>> AGE_BANDS.of(35), AGE_BANDS.of(36), SERVICE_BANDS.of(0)
    ('31-35', '36-45', '0')
    """

    edges: tuple[int, ...]
    codes: tuple[str, ...]

    def of(self, years: int) -> str:
        return self.codes[bisect_right(self.edges, years)]


def bands_from(*edges: int) -> Bands:
    """Bands that begin at 0 and at each edge; a code is the first and last whole year: "0-30", "31-35", "46+"."""
    starts = (0, *edges)
    codes = [f"{low}" if low == high - 1 else f"{low}-{high - 1}" for low, high in zip(starts, edges, strict=False)]
    return Bands(edges, (*codes, f"{starts[-1]}+"))


AGE_BANDS = bands_from(31, 36, 46)  # of organisation departments: up to 30, 31–35, 36–45, over 45
AGE_BANDS_CIVIL = bands_from(36, 46, 56)  # of civil affairs: up to 35, 36–45, 46–55, 56 and more
SERVICE_BANDS = bands_from(1, 3, 6, 11, 21)
