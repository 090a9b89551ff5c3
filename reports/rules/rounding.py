"""Figures as they are printed: rounded half up, from whole numbers alone."""

from __future__ import annotations

from decimal import Decimal


def half_up(part: int, whole: int, places: int = 1) -> Decimal | None:
    """part ÷ whole with so many decimals, half up (away from nothing); None of nothing.

    >>> half_up(11_339, 290), half_up(1, 8, 2), half_up(5, 0)
    (Decimal('39.1'), Decimal('0.13'), None)
    """
    if whole <= 0:
        return None
    scaled = 2 * abs(part) * 10**places + whole
    number = Decimal(scaled // (2 * whole)).scaleb(-places)
    return -number if part < 0 else number
