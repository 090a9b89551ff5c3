"""The guard of the approved seats in front of every write that lets one more counted person into a unit."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from organization.models import User
from personnel.models import Employment, Placement, PlacementKind
from personnel.selectors.headcount import HeadsFor, Held
from staffing.selectors import seat_rule_for_system
from staffing.services import Taken, seats_take


@transaction.atomic
def take_seat(
    *,
    actor: User | None,
    employment: Employment,
    first: date | None = None,
    before: Held | None = None,
    reason: str = "",
) -> list[Taken]:
    """Whoever was written into a unit takes one of its seats. Part of the write that saved the employment.

    first: from which day on, else from its own first. before: the seat that it filled before it was changed
    (`held_for_system`), which it keeps. reason: why somebody comes beyond the seats. Nothing happens for who doesn't
    count. Raises Refused where the rules of the place let nobody in beyond the seats.
    """
    return seats_take(
        actor=actor,
        person=employment.person.name,
        unit=employment.unit,
        first=first or employment.start,
        end=employment.end,
        heads=HeadsFor(employment, before),
        reason=reason,
    )


@transaction.atomic
def take_seat_again(*, actor: User | None, placement: Placement, day: date | None) -> None:
    """Whoever is no longer seconded from a day on needs a free seat, where they counted nowhere meanwhile."""
    if placement.kind != PlacementKind.SECONDED_OUT or day is None:
        return
    if seat_rule_for_system(placement.employment.unit, day).counts.seconded_out == "nowhere":
        take_seat(actor=actor, employment=placement.employment, first=day)
