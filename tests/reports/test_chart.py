"""Where the points of a series lie."""

from __future__ import annotations

from decimal import Decimal

from reports.rules.chart import drawn


def test_points_lie_in_proportion_between_round_numbers() -> None:
    """0 to 40: a fifth of it is 8, the next round step 10. 180 units high from 12 on, 528 wide from 96 on, in 4 slots."""
    chart = drawn([Decimal(0), Decimal(10), None, Decimal(40)], from_zero=False)
    assert chart is not None
    assert chart.ticks == [("0", 192), ("10", 147), ("20", 102), ("30", 57), ("40", 12)]
    assert [(mark.index, mark.x, mark.y) for mark in chart.marks] == [(0, 162, 192), (1, 294, 147), (3, 558, 12)]
    assert chart.lines == ["162,192 294,147"]  # and none over what isn't known
    assert chart.named == [(0, 162), (1, 294), (2, 426), (3, 558)]


def test_bars_begin_at_zero() -> None:
    """30 and 40: from 0, 135 and 180 high; a line's axis begins near its least: 30 to 40 by 2."""
    bars = drawn([Decimal(30), Decimal(40)], from_zero=True)
    assert bars is not None
    assert [mark.height for mark in bars.marks] == [135, 180]
    line = drawn([Decimal(30), Decimal(40)], from_zero=False)
    assert line is not None
    assert [text for text, _y in line.ticks] == ["30", "32", "34", "36", "38", "40"]


def test_what_stays_the_same_is_a_level_line_and_one_point_is_none() -> None:
    level = drawn([Decimal("54.8"), Decimal("54.8")], from_zero=False)
    assert level is not None
    assert {mark.y for mark in level.marks} == {12 + 180 - int(180 * Decimal("0.8"))}
    assert drawn([Decimal(5), None], from_zero=False) is None


def test_of_many_points_a_few_have_their_day_below() -> None:
    chart = drawn([Decimal(n) for n in range(24)], from_zero=False)
    assert chart is not None
    assert [n for n, _x in chart.named] == [0, 4, 8, 12, 16, 20]
