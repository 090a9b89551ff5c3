"""Seats: the posts that units have, who holds them on a day, and which of them nobody holds."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from core.errors import NotFound
from organization.access import Viewer, scope_for
from organization.models import Permission
from personnel.models import Post, Tenure


def seats_list(*, user: Viewer, day: date) -> QuerySet[Post]:
    """The seats of the user's units that are there on a day, each with `holders` (of that day) and `empty`.

    Two queries however many there are.
    """
    units = Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=day)
    return scope_for(user, Permission.VIEW_PEOPLE).filter(_with_holders(day).filter(units), "unit__path")


def seat_for(*, user: Viewer, number: int, day: date) -> Post:
    """One seat of the user's units with its holders on a day. Raises NotFound."""
    found = seats_list(user=user, day=day).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def seat_again_for_system(number: int, day: date) -> Post:
    """A seat as it is now, after somebody has locked it. Raises NotFound if it is gone."""
    found = _with_holders(day).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def _with_holders(day: date) -> QuerySet[Post]:
    holding = Tenure.objects.filter(Q(end__isnull=True) | Q(end__gt=day), start__lte=day).order_by("start", "pk")
    return (
        Post.objects.select_related("unit")
        .prefetch_related(Prefetch("tenures", holding.select_related("person"), to_attr="holders"))
        .annotate(empty=~Exists(holding.filter(post=OuterRef("pk"))))
    )


__all__ = ["seat_again_for_system", "seat_for", "seats_list"]
