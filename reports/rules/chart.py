"""The picture of a series: where its points, lines and bars lie, in units of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 96, 16, 12, 28  # margins, of the numbers at the left and the days below
LABELS = 6  # days below, at most
_STEPS = tuple(Decimal(number) for number in ("1", "2", "5"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the series: its number in it, and its place, y downwards; left and height: of its bar."""

    index: int
    x: int
    left: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """ticks: numbers of the axis with their y. lines: runs of points beside each other, as an SVG polyline takes them.
    marks: of the points that have a value. named: the numbers of those whose day is written below, with their x. bar:
    how wide one is."""

    ticks: list[tuple[str, int]]
    lines: list[str]
    marks: list[Mark]
    named: list[tuple[int, int]]
    bar: int


def drawn(values: Sequence[Decimal | None], *, from_zero: bool) -> Chart | None:
    """The chart of values in their order, None where one has none; nothing to draw without two of them.

    from_zero: the axis begins at zero, as it has to where bars are drawn.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    least, most = min(known), max(known)
    if from_zero:
        least, most = min(least, Decimal(0)), max(most, Decimal(0))
    step = _step(most - least)
    low = (least / step).to_integral_value(rounding="ROUND_FLOOR")
    high = max((most / step).to_integral_value(rounding="ROUND_CEILING"), low + 1)
    inner, across = HEIGHT - TOP - BOTTOM, WIDTH - LEFT - RIGHT

    def y(value: Decimal) -> int:
        return TOP + inner - int(inner * (value / step - low) / (high - low))

    slot = Decimal(across) / len(values)

    bar = max(int(slot * Decimal("0.6")), 1)

    def x(n: int) -> int:
        return LEFT + int(slot * n + slot / 2)

    marks = [
        Mark(n, x(n), x(n) - bar // 2, y(value), y(max(low * step, Decimal(0))) - y(value))
        for n, value in enumerate(values)
        if value is not None
    ]
    runs: list[list[Mark]] = []
    for mark in marks:
        if runs and runs[-1][-1].index == mark.index - 1:
            runs[-1].append(mark)
        else:
            runs.append([mark])
    every = -(-len(values) // LABELS)
    return Chart(
        [(f"{((low + n) * step).normalize():f}", y((low + n) * step)) for n in range(int(high - low) + 1)],
        [" ".join(f"{mark.x},{mark.y}" for mark in run) for run in runs if len(run) > 1],
        marks,
        [(n, x(n)) for n in range(0, len(values), every)],
        bar,
    )


def _step(span: Decimal) -> Decimal:
    """A round step with which five at most lie in the span."""
    wanted = span / 5 if span else Decimal(1)
    power = Decimal(10) ** wanted.adjusted()
    return next((one * power for one in _STEPS if one * power >= wanted), 10 * power)
