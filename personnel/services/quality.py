"""Counts of records that would take too long to wait for."""

from __future__ import annotations

from django.db.models import F, Value
from django.db.models.functions import Length, Replace
from django.utils import timezone

from organization.models import Unit, units_on
from personnel.models import QualityCount
from personnel.selectors.workplace import COUNTED_BELOW, count_for_system


def quality_count() -> int:
    """Count the people of each province and city, and what their records lack; returns of how many units.

    Each unit is counted by itself and kept at once: what is not reached stands as it was counted before.
    """
    today = timezone.localdate()
    slashes = Length("path") - Length(Replace(F("path"), Value("/"), Value("")))
    large = Unit.objects.filter(units_on(today)).alias(slashes=slashes).filter(slashes__lte=COUNTED_BELOW)
    paths = list(large.order_by("path").values_list("path", flat=True))
    for path in paths:
        moment = timezone.now()
        people, lacking = count_for_system((path,), today)
        QualityCount.objects.update_or_create(
            unit_path=path, defaults={"people": people, "lacking": lacking, "counted": moment}
        )
    QualityCount.objects.exclude(unit_path__in=paths).delete()
    return len(paths)
