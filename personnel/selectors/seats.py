"""Seats: the posts that units have, who holds them on a day, and which of them nobody holds.

A post that is held goes along with its unit when that gets another name, code or place; what has ended stays in the
unit's former row. So the seats of a unit are those of its newest row, and their holders are looked for in all its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.errors import NotFound
from organization.access import Viewer, scope_for
from organization.models import Permission, Unit
from personnel.models import Post, Tenure
from personnel.models.ranges import holding


def seats_list(*, user: Viewer, day: date) -> QuerySet[Post]:
    """The seats of the user's units that have not ended by a day; `empty`: nobody holds them on it."""
    later = Unit.objects.filter(lineage=OuterRef("unit__lineage"), valid_from__gt=OuterRef("unit__valid_from"))
    there = Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=day)
    return scope_for(user, Permission.VIEW_PEOPLE).filter(
        _seats(day).filter(there).exclude(Exists(later)), "unit__path"
    )


def seat_for(*, user: Viewer, number: int, day: date) -> Post:
    """One seat of the user's units with its `holders` on a day. Raises NotFound."""
    return _one(seats_list(user=user, day=day), number, day)


def seat_again_for_system(number: int, day: date) -> Post:
    """A seat as it is now, after somebody has locked it. Raises NotFound if it is gone."""
    return _one(_seats(day), number, day)


def with_holders_for_system(seats: Iterable[Post], day: date) -> list[Post]:
    """The seats, each with `holders`: who holds it on the day, by the day of appointment. One query for all."""
    found: list[Any] = list(seats)
    held: dict[tuple[int, str], list[Tenure]] = {}
    if found:
        units = {seat.unit.lineage for seat in found}
        rows = Tenure.objects.filter(holding(day), post__unit__lineage__in=units).annotate(
            _unit=F("post__unit__lineage")
        )
        for row in rows.select_related("person").order_by("start", "pk"):
            held.setdefault((row._unit, row.title), []).append(row)
    for seat in found:
        seat.holders = held.get((seat.unit.lineage, seat.title), [])
    return found


def _one(seats: QuerySet[Post], number: int, day: date) -> Post:
    found = with_holders_for_system(seats.filter(pk=number), day)
    if not found:
        raise NotFound
    return found[0]


def _seats(day: date) -> QuerySet[Post]:
    held = Tenure.objects.filter(holding(day), post__unit__lineage=OuterRef("unit__lineage"), title=OuterRef("title"))
    return Post.objects.select_related("unit").annotate(empty=~Exists(held))


__all__ = ["seat_again_for_system", "seat_for", "seats_list", "with_holders_for_system"]
