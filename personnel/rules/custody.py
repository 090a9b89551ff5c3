"""Who keeps somebody's archive, day by day: what the rules of the place say of the posts held on the day.

Where the rules say nothing of a day, nothing moves: the archive is where it is on record, else where it was before. Who
holds no post and works nowhere any more stays with the last custodian.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ORGANISATION_DEPARTMENT, STREET = "ORGANISATION_DEPARTMENT", "STREET"

Custodian = tuple[str, int]  # kind, and the key of the county or street
Says = Callable[[Hashable, frozenset[str]], str | None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days [start, end) (end None: open) for which something holds; `unit` is the key of the county or street."""

    kind: str
    unit: int
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Recorded(Stretch):
    """Days for which a custodian is on record; acknowledged: who keeps it has said that the papers are there."""

    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Days [start, end) (end None: open) of a post (`title`) or an employment (title "") under the same rules.

    county, street: keys of the units in which it lies, None where there is none. since: the day from which it lies
    there, on or before start. rules: what `Says` knows the rules by, None where there are none. in_force: whether they
    are in force on these days; else they are the first that came later, and speak for days on which nobody has
    acknowledged that they keep it.
    """

    title: str
    county: int | None
    street: int | None
    start: date
    end: date | None
    since: date
    rules: Hashable
    in_force: bool


def custody_of(held: Iterable[Held], says: Says, opened: date, recorded: Sequence[Recorded] = ()) -> list[Stretch]:
    """Who keeps the archive from the day it was opened: stretches one after the other, the last one open; [] if nobody
    ever did, and nothing before the first day of which anything is known.

    says: the custodian that rules give to who holds some posts (codes), None where they name none. The posts held in a
    county under the same rules are asked together. Of several custodians of a day the department goes before the
    street, the later beginning before the earlier. recorded: who keeps it by the record, for the days on which no rules
    in force name anybody.
    """
    known = [one for one in held if one.end is None or one.end > one.start]
    if not known:
        return []
    spans: list[Held | Stretch] = [*known, *recorded]
    days = sorted({opened, *(day for one in spans for day in (one.start, one.end) if day is not None and day > opened)})
    now = _before(known, says, opened, recorded)
    leading = True
    coming = next((_found(on, says, day, recorded) for day in days if (on := held_on(known, day))), (None, False))
    kept: list[Stretch] = []
    for day in days:
        if on := held_on(known, day):
            now, leading = _found(on, says, day, recorded)[0] or now, False
        elif now is None:
            # Nothing is held yet: it waits with the first custodian to come, if the rules name one.
            now = coming[0] if leading and coming[1] else _recorded(recorded, day)
        if now is None or (kept and (kept[-1].kind, kept[-1].unit) == now):
            continue
        if kept:
            kept[-1] = Stretch(kept[-1].kind, kept[-1].unit, kept[-1].start, day)
        kept.append(Stretch(*now, day, None))
    return kept


def held_on(held: Iterable[Held], day: date) -> list[Held]:
    """What of it is held on a day."""
    return [one for one in held if one.start <= day and (one.end is None or one.end > day)]


def _recorded(recorded: Sequence[Recorded], day: date, *, acknowledged: bool = False) -> Custodian | None:
    on = (one for one in recorded if one.start <= day and (one.end is None or one.end > day))
    return next(((one.kind, one.unit) for one in on if one.acknowledged or not acknowledged), None)


def _found(
    holding: Sequence[Held], says: Says, day: date, recorded: Sequence[Recorded]
) -> tuple[Custodian | None, bool]:
    """Who keeps it on a day on which something is held, None where nobody knows; and whether the rules say so."""
    together: dict[tuple[Hashable, int | None], list[Held]] = {}
    for one in holding:
        if one.rules is not None:
            together.setdefault((one.rules, one.county), []).append(one)
    named: list[tuple[bool, bool, date, int, str]] = []
    for (rules, county), ones in together.items():
        kind = says(rules, frozenset(one.title for one in ones if one.title))
        for one in ones if kind is not None else ():
            unit = county if kind == ORGANISATION_DEPARTMENT else one.street
            if unit is not None:
                named.append((one.in_force, kind == ORGANISATION_DEPARTMENT, one.since, unit, str(kind)))
    best = max(named, default=None)
    if best is None or not best[0]:
        on_record = _recorded(recorded, day, acknowledged=best is not None)
        if best is None or on_record is not None:
            return on_record, False
    return (best[4], best[3]), True


def _before(known: Sequence[Held], says: Says, opened: date, recorded: Sequence[Recorded]) -> Custodian | None:
    """The last custodian of before, of an archive that is opened when nothing is held any more."""
    ends = [one.end for one in known if one.end is not None and one.end <= opened]
    if not ends or held_on(known, opened):
        return None
    last = max(ends) - timedelta(days=1)
    # The record begins with the opening.
    return _found(held_on(known, last), says, opened, recorded)[0]
