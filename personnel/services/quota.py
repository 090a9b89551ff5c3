"""The guard of the approved seats in front of every write that lets one more counted person into a unit."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from organization.models import User
from personnel.models import Employment, Placement, PlacementKind
from personnel.selectors.headcount import HeadsFor, Held
from personnel.services.guard import KnownRules
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
    newly: bool = False,
) -> list[Taken]:
    """Whoever was written into a unit takes one of its seats. Part of the write that saved the employment.

    first: from which day on, else from its own first. before: the seat that it filled before it was changed
    (`held_for_system`), which it keeps. reason: why somebody comes beyond the seats. Nothing happens for who doesn't
    count. newly: the employment was on no record. Raises Refused where the rules of the place let nobody in beyond the
    seats; not for a new record of somebody who came before the rules came into the system.
    """
    day = first or employment.start
    rules = KnownRules()
    version = rules.on(employment.unit, max(day, timezone.localdate()))
    return seats_take(
        actor=actor,
        person=employment.person.name,
        unit=employment.unit,
        first=day,
        end=employment.end,
        heads=HeadsFor(employment, before),
        reason=reason,
        past=newly and version is not None and day < rules.since(version),
    )


@transaction.atomic
def take_seat_again(*, actor: User | None, placement: Placement, day: date | None) -> None:
    """Whoever is no longer seconded from a day on needs a free seat, where they counted nowhere meanwhile."""
    if placement.kind != PlacementKind.SECONDED_OUT or day is None:
        return
    if seat_rule_for_system(placement.employment.unit, day).counts.seconded_out == "nowhere":
        take_seat(actor=actor, employment=placement.employment, first=day)
