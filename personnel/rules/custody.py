"""Who keeps somebody's archive: it follows from the posts, day by day.

The organisation department of the county keeps the archives of party secretaries, because it appoints them; the street
keeps everybody else's. Who holds no post and works nowhere any more stays with the last custodian.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

ORGANISATION_DEPARTMENT, STREET = "ORGANISATION_DEPARTMENT", "STREET"

# The level of the unit that appoints to a post and removes from it; every other post is the street's.
MANAGED_BY_COUNTY = frozenset({"PARTY_SECRETARY"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days [start, end) (end None: open) for which something holds; `unit` is the key of the county or street."""

    kind: str
    unit: int
    start: date
    end: date | None


def custody_of(stretches: Iterable[Stretch], opened: date) -> list[Stretch]:
    """Who keeps the archive from the day it was opened: contiguous stretches, the last one open; [] if nobody ever did.

    stretches: the days in which somebody was a secretary (kind ORGANISATION_DEPARTMENT, the county) and in which they
    worked or held another post (kind STREET, the street); they may overlap, and the department goes before the street,
    the later beginning before the earlier.
    """
    known = [stretch for stretch in stretches if stretch.end is None or stretch.end > stretch.start]
    if not known:
        return []
    days = sorted({opened, *(day for one in known for day in (one.start, one.end) if day is not None and day > opened)})
    kept: list[Stretch] = []
    for day in days:
        holding = _holding(known, day) or (kept[-1] if kept else _first(known, opened))
        if kept and (kept[-1].kind, kept[-1].unit) == (holding.kind, holding.unit):
            continue
        if kept:
            kept[-1] = Stretch(kept[-1].kind, kept[-1].unit, kept[-1].start, day)
        kept.append(Stretch(holding.kind, holding.unit, day, None))
    return kept


def _holding(stretches: Sequence[Stretch], day: date) -> Stretch | None:
    holding = [one for one in stretches if one.start <= day and (one.end is None or one.end > day)]
    return max(holding, key=lambda one: (one.kind == ORGANISATION_DEPARTMENT, one.start, one.unit), default=None)


def _first(stretches: Sequence[Stretch], opened: date) -> Stretch:
    """Before anything holds: the last custodian of before, or else the first one to come."""
    before = [one for one in stretches if one.end is not None and one.end <= opened]
    if before:
        return max(before, key=lambda one: (one.end or opened, one.kind == ORGANISATION_DEPARTMENT, one.unit))
    return min(stretches, key=lambda one: (one.start, one.kind != ORGANISATION_DEPARTMENT, one.unit))
