"""What a standard table is, whichever face shows it: headings, rows and a total that is the sum of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

Cell = str | int | Decimal | None  # None: nothing can be said

WITHHELD = "*"
UNKNOWN = "—"


class Counted(Protocol):
    """A figure as a cell needs it."""

    @property
    def withheld(self) -> bool: ...
    @property
    def numerator(self) -> int | None: ...
    @property
    def value(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Column:
    """group: what stands over several columns. number: its cells are numbers. width: in characters."""

    label: str
    group: str = ""
    number: bool = True
    width: int = 10

    @property
    def heading(self) -> str:
        return f"{self.group}：{self.label}" if self.group else self.label


@dataclass(frozen=True, slots=True)
class StandardTable:
    """A table as of `day`; of what happened, in the days from `since`, else None.

    rows: a cell a column. total: the last line, None where rows can't be added. keys: of each row what it is about, so
    that a page can lead there: the code of a unit or the number of a person, "" for nothing. count: the rows of the whole table, where these are a part of it.
    """

    code: str
    title: str
    unit: str
    unit_code: str
    day: date
    since: date | None
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None
    keys: Sequence[str] = ()
    notes: Sequence[str] = ()
    count: int | None = None

    @property
    def groups(self) -> list[tuple[str, int]]:
        """What stands over the headings, with how many columns each; nothing where no column has a group."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and column.group and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found if any(column.group for column in self.columns) else []


def written(cell: Cell) -> str:
    """A cell as text.

    >>> written(None), written(12), written("*")
    ('—', '12', '*')
    """
    return UNKNOWN if cell is None else str(cell)


def added(cells: Iterable[Cell]) -> Cell:
    """The sum of cells; what can't be said of one isn't counted, and one that is withheld withholds the sum.

    >>> added([3, None, 4]), added([3, "*"]), added([None])
    (7, '*', None)
    """
    cells = list(cells)
    if WITHHELD in cells:
        return WITHHELD
    numbers = [cell for cell in cells if isinstance(cell, int | Decimal)]
    return sum(numbers) if numbers else None


def number(one: Counted | None) -> Cell:
    """The count of a figure; nobody where there is no figure."""
    if one is None:
        return 0
    return WITHHELD if one.withheld else one.numerator


def value(one: Counted | None) -> Cell:
    """The rounded value of a figure."""
    if one is None:
        return None
    return WITHHELD if one.withheld else one.value


def totalled(
    rows: Sequence[Sequence[Cell]], first: str, whole: Mapping[int, Callable[[], Cell]] | None = None
) -> list[Cell]:
    """The line of sums under rows whose first cell is a name; `first` is its own.

    whole: by place of a column, what says the number of the unit as a whole: asked where a row of it is withheld.
    """
    sums: list[Cell] = [first]
    for place, column in list(enumerate(zip(*rows, strict=True)))[1:]:
        cell = added(column)
        sums.append(whole[place]() if cell == WITHHELD and whole and place in whole else cell)
    return sums


def balance(
    before: Iterable[tuple[int, str]],
    after: Iterable[tuple[int, str]],
    came: Iterable[tuple[int, str]],
    left: Iterable[tuple[int, str]],
) -> tuple[dict[str, int], dict[str, int]]:
    """Who moved into and out of each place: what of a person's change is neither a hire nor a leaving.

    before, after: (person, place) of whom the two days don't have in the same place. came, left: hires and leavings,
    (person, place) each. For every place people before + came + in − left − out = people after.
    """
    change: dict[tuple[int, str], int] = {}
    for rows, sign in ((after, 1), (before, -1), (came, -1), (left, 1)):
        for row in rows:
            change[row] = change.get(row, 0) + sign
    moved_in: dict[str, int] = {}
    moved_out: dict[str, int] = {}
    for (_person, place), number in change.items():
        if number > 0:
            moved_in[place] = moved_in.get(place, 0) + number
        elif number < 0:
            moved_out[place] = moved_out.get(place, 0) - number
    return moved_in, moved_out


def vacant_and_over(approved: int | None, occupied: Cell, frozen: int = 0) -> tuple[Cell, Cell]:
    """The seats that may be filled and nobody fills, and the people beyond the seats; neither where no number is
    approved.

    >>> vacant_and_over(27, 39), vacant_and_over(10, 8), vacant_and_over(10, 8, frozen=1), vacant_and_over(None, 3)
    ((0, 12), (2, 0), (1, 0), (None, None))
    """
    if occupied == WITHHELD:
        return WITHHELD, WITHHELD
    if approved is None or not isinstance(occupied, int):
        return None, None
    return max(approved - frozen - occupied, 0), max(occupied - approved, 0)
