"""Whether the values that somebody has on ladders can go along to another unit."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from organization.models import Unit
from payroll.models import GradeSpan
from policy.models import named
from policy.selectors import policy_of_unit_for_system


def value_faults_for_system(person: int, unit: Unit, day: date) -> list[str]:
    """Why the values that somebody has can't go along to a unit: its ladder doesn't have them."""
    version = policy_of_unit_for_system(unit.code, day)
    scales = version.document.scales if version is not None else {}
    found = []
    # Also one that begins later: it would begin there.
    lasting = GradeSpan.objects.filter(Q(end__isnull=True) | Q(end__gt=day), person=person, scale__in=scales)
    for span in lasting.select_related("person").order_by("start"):
        scale = scales[span.scale]
        if span.value > scale.values:
            found.append(
                _(
                    "%(person)s has %(scale)s %(value)s, and the ladder of %(unit)s ends at %(most)s: it can't be recognised "
                    "there as it is. The rules there have to say that it is worked out anew (keeps: recompute)."
                )
                % {
                    "person": span.person.name, "scale": named(scale.name), "value": span.value, "unit": unit.name,
                    "most": scale.values,
                }
            )  # fmt: skip
    return found
