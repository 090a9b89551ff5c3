"""Who bears what of pay. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.money import Fen, round_ratio

SOMEBODY = {"": 100}  # who bears a line for which the rules name nobody


def borne(lines: Iterable[tuple[Mapping[str, Any], Fen]]) -> dict[str, Fen]:
    """What each payer bears of some lines, each as a run keeps it and with its sum; deductions are nobody's.

    A payer's share of a line is rounded once, half up; the last payer of the line bears the rest, so that the payers add
    up to the paid lines. A line without a payer stands under "".

    >>> borne([({"payer": {"CITY": 60, "STREET": 40}, "paid": True}, 101), ({"payer": {}, "paid": True}, 7)])
    {'CITY': 61, 'STREET': 40, '': 7}
    """
    found: dict[str, Fen] = {}
    for line, fen in lines:
        if not line["paid"] or not fen:
            continue
        *shares, (last, _percent) = (line["payer"] or SOMEBODY).items()
        rest = fen
        for payer, percent in shares:
            part = round_ratio(fen * percent, 100)
            found[payer] = found.get(payer, 0) + part
            rest -= part
        found[last] = found.get(last, 0) + rest
    return found
