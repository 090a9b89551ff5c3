"""What a decision makes of the approved seats and of the pay of a year, before it is taken.

The decision is tried out by the very service that would take it, inside a part of the transaction that is undone: what
is shown is what the write would leave, guards, posts that end with it and values on ladders included
(docs/decisions/0058-decisions-are-tried-out.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import CaseAct
from core.errors import Conflict, NotAllowed, Refused
from organization.access import scope_for
from organization.models import Permission, Unit, User
from organization.selectors.above import LastPay, YearPay, above
from personnel.models import Person
from personnel.models.ranges import holding
from personnel.selectors.appointments import works_in_for_system
from personnel.selectors.headcount import Effect, seats_around_for_system
from personnel.services.appointments import carry_out


@dataclass(frozen=True, slots=True)
class PayLine:
    """The pay of a year (fen) of a person or of a unit, before and after; None with the reason where it can't be said.

    missing: of how many people of the unit it can't be said, who are in neither total.
    """

    before: int | None
    after: int | None
    why_before: str = ""
    why_after: str = ""
    missing: int = 0

    @property
    def difference(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class UnitPay:
    unit: Unit
    line: PayLine


@dataclass(frozen=True, slots=True)
class Foreseen:
    """day: as of which. refused: why the decision would not be taken; nothing else is known then. own: of the person. last: the
    last slip of whoever leaves.
    """

    day: date
    seats: Sequence[Effect] = ()
    own: PayLine | None = None
    units: Sequence[UnitPay] = ()
    refused: Sequence[str] = ()
    last: LastPay | None = None

    @property
    def moving(self) -> list[Effect]:
        """The seats of which the decision changes how many are filled."""
        return [one for one in self.seats if one.now != one.after]


def foreseen(
    *,
    actor: User,
    person: Person | None,
    units: Iterable[Unit | None],
    day: date,
    decide: Callable[[], object],
    leaves: Unit | None = None,
) -> Foreseen:
    """What `decide`, a write by the actor, would make of the seats and the pay of some units from a day on.

    person: whom it is about; None for a newcomer, whom `decide` then returns. leaves: the unit that they leave for
    good. Pay is told of units whose pay the actor may look at alone. Nothing of the write stays.
    """
    named = {unit.first_row: unit for unit in units if unit is not None}
    places = list(named.values())
    seen = scope_for(actor, Permission.VIEW_PAY)
    told = [unit for unit in places if seen.covers(unit.path)]
    on = max(day, timezone.localdate())
    seats = seats_around_for_system(places, on)
    before = {unit.first_row: above.year_pay(unit, day) for unit in told}
    worked = person is not None and _works(person, places, day)
    try:
        with transaction.atomic():
            found = decide()
            person = person if person is not None else found if isinstance(found, Person) else None
            works = person is not None and _works(person, places, day)
            filled = {one.unit.pk: one.now for one in seats_around_for_system(places, on)}
            after = {unit.first_row: above.year_pay(unit, day, before[unit.first_row]) for unit in told}
            last = (
                above.last_pay(person.pk, leaves, day)
                if person is not None and leaves is not None and seen.covers(leaves.path)
                else None
            )
            transaction.set_rollback(True)
    except (Refused, Conflict, NotAllowed) as error:
        errors = error.errors if isinstance(error, Refused) else [error]
        return Foreseen(day, seats, refused=[str(one) for one in errors])
    seats = [replace(one, after=filled.get(one.unit.pk, one.now)) for one in seats]
    unseen = [unit.name for unit in places if unit not in told]
    own = None
    if person is not None:
        (was, why_was), (will, why_will) = _own(person, worked, before, unseen), _own(person, works, after, unseen)
        own = PayLine(was, will, why_was, why_will)
    totals = [UnitPay(unit, _total(before[unit.first_row], after[unit.first_row])) for unit in told]
    return Foreseen(day, seats, own, totals, last=last)


def change_foreseen(
    *,
    actor: User,
    person: Person,
    act: str,
    unit: Unit,
    day: date,
    to_unit: Unit | None = None,
    decide: Callable[[], object] | None = None,
    **parts: Any,
) -> Foreseen:
    """What the order of a case would make of seats and pay, if it were there on a day.

    parts: of `carry_out`, as the case has them (post, exit_code, away, due_back). decide: taking the last step of a case
    that is open; without it, what its order would change is tried out alone.
    """
    return foreseen(
        actor=actor,
        person=person,
        units=[works_in_for_system(person) if to_unit is None else to_unit, unit],
        day=day,
        leaves=unit if act == CaseAct.EXIT else None,
        decide=decide
        or partial(
            carry_out, actor=actor, act=act, person=person, unit=unit, day=day, to_unit=to_unit, **{"post": "", **parts}
        ),
    )


def _works(person: Person, units: Iterable[Unit], day: date) -> bool:
    """Whether somebody is employed in one of the units on a day, in whatever category."""
    return any(person.employments.filter(holding(day), unit__lineage=unit.first_row).exists() for unit in units)


def _own(person: Person, works: bool, readings: Mapping[int, YearPay], unseen: list[str]) -> tuple[int | None, str]:
    """What somebody gets: nothing where they aren't employed, None with the reason where it can't be said."""
    if unseen:
        return None, _("You may not look at pay in %(units)s.") % {"units": "、".join(unseen)}
    found = [one.years[person.pk] for one in readings.values() if person.pk in one.years]
    if found or not works:
        return sum(found), ""
    whys = [one.unsaid or one.why.get(person.pk, "") for one in readings.values()]
    why = " ".join(dict.fromkeys(text for text in whys if text))
    return None, why or _("The rules of pay don't cover in what category %(person)s is employed.") % {
        "person": person.name
    }


def _total(before: YearPay, after: YearPay) -> PayLine:
    """Of the people whose pay is known both times, or who come or go, the sums."""
    if before.unsaid or after.unsaid:
        return PayLine(None, None, before.unsaid, after.unsaid)
    unknown = set(before.why) | set(after.why)
    was, will = (sum(fen for who, fen in one.years.items() if who not in unknown) for one in (before, after))
    return PayLine(was, will, missing=len(unknown))


__all__ = ["Foreseen", "PayLine", "UnitPay", "change_foreseen", "foreseen"]
