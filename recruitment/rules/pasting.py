"""Marks as they are pasted from a table: a row an applicant, its number first, then a mark a column."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from recruitment.rules.exam import SCALE

AWAY = frozenset({"缺考", "缺席", "absent"})
_MARK = re.compile(r"\d{1,3}(\.\d{1,2})?")
_BETWEEN = re.compile(r"\t|[,，;；]|\s{2,}| ")
FULL = 100 * SCALE


@dataclass(frozen=True, slots=True)
class Pasted:
    """A cell that is a mark (1/10,000 of a point; None: was absent), of an applicant by number, by column from 1."""

    number: int
    column: int
    mark: int | None


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell: code NUMBER, TWICE, UNKNOWN, MARK, BOUNDS, WIDTH, AWAY; row and column from 1."""

    code: str
    row: int
    column: int
    found: str


def pasted(text: str, known: Collection[int], columns: Sequence[str]) -> tuple[list[Pasted], list[CellFault]]:
    """The marks of a grid and everything that is wrong with it, cell by cell.

    known: numbers of those who are to be examined. columns: what each mark is of; fewer marks than columns may stand in
    a row (a judge less), none may not. Empty lines are passed over; a first line without a number is a heading.
    """
    marks: list[Pasted] = []
    faults: list[CellFault] = []
    seen: set[int] = set()
    lines = [(row, line.strip()) for row, line in enumerate(text.splitlines(), start=1) if line.strip()]
    for at, (row, line) in enumerate(lines):
        first, *cells = [cell.strip() for cell in _BETWEEN.split(line)]
        while cells and not cells[-1]:
            cells.pop()
        if not first.isdecimal():
            if at:
                faults.append(CellFault("NUMBER", row, 1, first))
            continue
        number = int(first)
        if number not in known:
            faults.append(CellFault("UNKNOWN", row, 1, first))
        elif number in seen:
            faults.append(CellFault("TWICE", row, 1, first))
        seen.add(number)
        if not cells or len(cells) > len(columns):
            faults.append(CellFault("WIDTH", row, len(cells) + 1, str(len(cells))))
            continue
        if any(cell.casefold() in AWAY for cell in cells):
            if len({cell.casefold() for cell in cells}) > 1:
                faults.append(CellFault("AWAY", row, 2, line))
            marks += [Pasted(number, column, None) for column in range(1, len(cells) + 1)]
            continue
        for column, cell in enumerate(cells, start=1):
            if not _MARK.fullmatch(cell):
                faults.append(CellFault("MARK", row, column + 1, cell))
                continue
            mark = int(Decimal(cell) * SCALE)
            if mark > FULL:
                faults.append(CellFault("BOUNDS", row, column + 1, cell))
            marks.append(Pasted(number, column, mark))
    return marks, faults
