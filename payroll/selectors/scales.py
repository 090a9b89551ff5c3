"""What the scales of the rules are called."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import get_language

from payroll.models import GradeSpan, PromotionRun
from policy.models import PolicyVersion


def scale_names_for_system(holders: Iterable[GradeSpan | PromotionRun]) -> dict[str, str]:
    """{code: name in the reader's language} of the scales of some runs, or of the runs that gave some grades.

    A grade that no run gave was taken over with the records; it is named by the newest rules that name it.
    """
    runs = [one if isinstance(one, PromotionRun) else one.run for one in holders]
    versions = PolicyVersion.objects.order_by("effective", "pk")
    if all(runs):
        versions = versions.filter(pk__in={entry["id"] for run in runs if run for entry in run.policies})
    chinese = str(get_language()).startswith("zh")
    return {
        code: scale.name.zh if chinese else scale.name.en
        for version in versions
        for code, scale in version.document.scales.items()
    }
