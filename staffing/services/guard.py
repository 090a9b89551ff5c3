"""The guard of the approved seats: whoever writes a person into a unit asks here first, under a lock.

Staffing knows no people; the caller counts them, after the lock. The order is: lock the person, hold the seats, count,
write. Two who take the last seat at once are one after the other, and the second finds it taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services import audit
from organization.models import Unit, User
from staffing.models import QuotaAllocation, QuotaPlan
from staffing.rules import SeatRule
from staffing.selectors import Ceiling, approved_ceilings_for_system, seat_rule_for_system, units_above_for_system


class Heads(Protocol):
    """How the caller counts, after the lock and after the write of whoever comes."""

    def count(self, paths: Sequence[str], day: date) -> dict[str, tuple[int, int]]:
        """How many fill a seat in or below each path on a day: without what was written, and with it."""
        ...

    def days(self, path: str, first: date, end: date | None) -> list[date]:
        """The days after `first`, and before `end`, on which somebody else begins in or below a path."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """One more in a unit on a day: its seats, who filled them before, and who does with the one who comes."""

    ceiling: Ceiling
    day: date
    before: int
    after: int

    @property
    def over(self) -> int:
        """How many people there are beyond the seats that may be filled with the one who comes."""
        return max(self.after - self.ceiling.number + self.ceiling.frozen, 0)


def _hold(units: Iterable[Unit]) -> list[Unit]:
    """Nobody else takes a seat of these units, of a unit above them, or changes their plans, until the transaction ends.

    Returns the units and all above them, as they are by now, the highest first. Whoever holds several units holds them
    with one call, so that two who do can't wait for each other.
    """
    lines = units_above_for_system(units)
    held = QuotaPlan.objects.filter(allocations__unit__lineage__in={unit.first_row for unit in lines})
    numbers = sorted(set(held.values_list("pk", flat=True)))
    list(QuotaPlan.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk"))
    return lines


@transaction.atomic
def seats_take(
    *,
    actor: User | None,
    person: str,
    unit: Unit,
    first: date,
    end: date | None,
    heads: Heads,
    reason: str = "",
    past: bool = False,
) -> list[Taken]:
    """One more person is in a unit from `first` on, until (and without) `end`. Part of the caller's write, after it.

    Looked at are the first day, and each later one on which somebody else begins or another plan does. person: the
    name, for the words of a refusal. reason: why somebody comes beyond the seats. past: they came before the rules came
    into the system, so that nobody lets them in now: a record is counted and refused nowhere. Returns what it makes of
    the unit and each one above it with seats, on each day, where it makes a difference. Where the rules of the place
    say `over: block`, raises Refused with every unit without a free seat and the first such day; else whoever comes
    beyond the seats is noted at the plan with the reason.
    """
    lines = [one for one in _hold([unit]) if unit.path.startswith(one.path)]
    taken: list[Taken] = []
    refused: dict[int, str] = {}  # by unit: the first day says it
    for day in _days(lines, first, end, heads):
        rule = seat_rule_for_system(unit, day)
        ceilings = [*approved_ceilings_for_system(lines, day), *_kept_ceilings(lines, day, rule, heads)]
        counted = heads.count([one.unit.path for one in ceilings], day) if ceilings else {}
        here = [Taken(one, day, *counted[one.unit.path]) for one in ceilings]
        here = [one for one in here if one.after > one.before]
        taken += here
        if rule.blocks and not past:
            for one in here:
                if one.over:
                    refused.setdefault(one.ceiling.unit.pk, _no_seat(person, one, rule))
    if refused:
        raise Refused([*refused.values()], {"unit": [*refused.values()]})
    noted: set[int] = set()
    for one in taken:
        if one.over and one.ceiling.plan is not None and one.ceiling.unit.pk not in noted:
            noted.add(one.ceiling.unit.pk)
            _note(actor, one, one.ceiling.plan, reason)
    return taken


def _days(lines: list[Unit], first: date, end: date | None, heads: Heads) -> list[date]:
    """The first day, and what is later: the days on which a plan of a unit or somebody else begins. None where no unit
    has seats."""
    shares = QuotaAllocation.objects.filter(unit__lineage__in=[unit.first_row for unit in lines])
    starts = list(shares.values_list("unit__lineage", "plan__start"))
    highest = next((unit for unit in lines if unit.first_row in {lineage for lineage, _start in starts}), None)
    if highest is None:
        rule = seat_rule_for_system(lines[-1], first)
        highest = next((unit for unit in lines if rule.one_in_one_out and unit.kind == rule.level.upper()), None)
    if highest is None:
        return []
    later = {start for _lineage, start in starts if start > first and (end is None or start < end)}
    return sorted({first, *later, *heads.days(highest.path, first, end)})


def _kept_ceilings(lines: list[Unit], day: date, rule: SeatRule, heads: Heads) -> list[Ceiling]:
    """Under one in, one out, a unit without approved seats has as many as people when the rules came into force."""
    if not rule.one_in_one_out:
        return []
    bare = [one for one in lines if one.kind == rule.level.upper()]
    approved = {one.unit.pk for one in approved_ceilings_for_system(bare, day)}
    found = []
    for unit in bare:
        if unit.pk not in approved:
            Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
            found.append(Ceiling(unit, heads.count([unit.path], rule.since)[unit.path][1], None))
    return found


def _note(actor: User | None, taken: Taken, plan: QuotaPlan, reason: str) -> None:
    unit = taken.ceiling.unit
    audit(
        actor=actor,
        action="staffing.plan.over",
        obj=plan,
        unit_code=unit.code,
        after={
            "unit": unit.code,
            "day": str(taken.day),
            "number": taken.ceiling.number,
            "frozen": taken.ceiling.frozen,
            "people": taken.after,
            "reason": reason.strip(),
        },
    )


def _no_seat(person: str, taken: Taken, rule: SeatRule) -> str:
    words = {
        "unit": taken.ceiling.unit.name,
        "day": taken.day,
        "seats": taken.ceiling.number,
        "frozen": taken.ceiling.frozen,
        "document": taken.ceiling.document,
        "people": taken.before,
        "person": person,
        "place": rule.place,
        "clause": rule.clause,
    }
    if taken.ceiling.plan is None:
        text = _(
            "%(unit)s has %(people)s people on %(day)s and had %(seats)s when the rules came into force: %(person)s can "
            "come when somebody has gone. The rules of %(place)s (%(clause)s) keep the number."
        )
    elif taken.ceiling.frozen:
        text = _(
            "%(unit)s has %(seats)s approved seats on %(day)s (%(document)s), %(frozen)s of them frozen, and %(people)s "
            "people: there is none for %(person)s. The rules of %(place)s (%(clause)s) let nobody in beyond the seats. "
            "Wait until one is free, or have the freeze lifted."
        )
    else:
        text = _(
            "%(unit)s has %(seats)s approved seats on %(day)s (%(document)s), and %(people)s people fill them: there is "
            "none for %(person)s. The rules of %(place)s (%(clause)s) let nobody in beyond the seats. Wait until one is "
            "free, or have more approved."
        )
    return text % words
