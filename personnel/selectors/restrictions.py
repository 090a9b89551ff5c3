"""Which files are restricted on a day."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet
from django.utils import timezone

from personnel.models import Person, Restriction
from personnel.models.ranges import holding


def holding_for_system() -> QuerySet[Restriction]:
    """What restricts a file today."""
    return Restriction.objects.filter(holding(timezone.localdate()))


def restricted_for_system(people: Collection[int]) -> frozenset[int]:
    """Those of some people whose files are restricted today. One query."""
    return frozenset(holding_for_system().filter(person__in=people).values_list("person_id", flat=True))


def restriction_of_for_system(person: Person) -> Restriction | None:
    """What restricts the person's file, or will from a day on; None for nothing."""
    return Restriction.objects.select_related("set_by").filter(person=person, end=None).first()
