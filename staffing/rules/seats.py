"""What a number of seats and a number of people make together, and what is wrong with an allocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from policy.rules.document import Counts, Quota


@dataclass(frozen=True, slots=True)
class Balance:
    """Seats that are free, and people beyond the seats; at most one of the two is above 0."""

    vacant: int
    over: int


@dataclass(frozen=True, slots=True)
class SeatRule:
    """What the rules of a place say of its seats. place: its name, "" where no rules are in force; clause and review_clause:
    where they say what happens beyond the seats, and when the number changes; since: their first day; blocks: nobody
    comes beyond the seats."""

    place: str = ""
    clause: str = ""
    review_clause: str = ""
    since: date = date.min
    blocks: bool = False
    one_in_one_out: bool = False
    level: str = "county"
    counts: Counts = field(default_factory=Counts)
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class ShareFault:
    """code: TOTAL (the shares with what is kept are not the whole) or BELOW (a share is less than what it is shared
    out into); key: the share's, None for TOTAL. `found` and `wanted` are numbers of seats."""

    code: str
    key: int | None
    found: int
    wanted: int


def balance(approved: int, occupied: int, frozen: int = 0) -> Balance:
    """Whoever fills a frozen seat isn't beyond the seats; a seat that is frozen is not free.

    >>> balance(27, 39)
    Balance(vacant=0, over=12)
    >>> balance(27, 20)
    Balance(vacant=7, over=0)
    >>> balance(27, 20, frozen=3)
    Balance(vacant=4, over=0)
    >>> balance(27, 26, frozen=3)
    Balance(vacant=0, over=0)
    """
    return Balance(vacant=max(approved - frozen - occupied, 0), over=max(occupied - approved, 0))


def share_faults(whole: int, shares: Mapping[int, int], kept: int, below: Mapping[int, int]) -> list[ShareFault]:
    """What is wrong with sharing out a whole; all of it at once, shares in their order.

    shares: seats by key. kept: seats that stay with the whole. below: how many seats a share is itself shared out
    into, by key; a key that has no share counts as a share of 0.
    """
    faults = [
        ShareFault("BELOW", key, shares.get(key, 0), wanted)
        for key, wanted in below.items()
        if shares.get(key, 0) < wanted
    ]
    given = sum(shares.values()) + kept
    if given != whole:
        faults.append(ShareFault("TOTAL", None, given, whole))
    return faults
