"""Which open runs stand in the way of a change of units."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.models import RunState
from organization.access import touching
from organization.selectors.above import Subject
from payroll.models import PayRun, PromotionRun

OPEN = (RunState.RUNNING, RunState.READY, RunState.CONFIRMED)


def runs_in_the_way_for_system(paths: list[str]) -> list[str]:
    """A sentence for each open pay run and review that has people of these parts of the tree. Two queries."""
    pay = PayRun.objects.filter(touching(paths), state__in=OPEN).select_related("unit").order_by("month", "pk")
    reviews = PromotionRun.objects.filter(touching(paths), state__in=OPEN[:2]).select_related("unit").order_by("pk")
    return [
        _(
            "Pay run %(number)s of %(unit)s for %(month)s is open (%(state)s). Seal or cancel it first; the change can be "
            "entered afterwards with its own day."
        )
        % {
            "number": run.pk,
            "unit": run.unit.name,
            "month": f"{run.month:%Y-%m}",
            "state": run.get_state_display(),
        }
        for run in pay
    ] + [
        _(
            "Review %(number)s of %(unit)s as of %(day)s is open (%(state)s). Confirm or cancel it first; the change can "
            "be entered afterwards with its own day."
        )
        % {"number": run.pk, "unit": run.unit.name, "day": run.day, "state": run.get_state_display()}
        for run in reviews
    ]


def pay_run_subject_for_system(number: int) -> Subject | None:
    """A pay run, for the question who may do what with it."""
    return _subject(PayRun.objects.filter(pk=number).first())


def promotion_subject_for_system(number: int) -> Subject | None:
    """A promotion review, for the question who may do what with it."""
    return _subject(PromotionRun.objects.filter(pk=number).first())


def _subject(run: PayRun | PromotionRun | None) -> Subject | None:
    if run is None:
        return None
    return Subject(str(run), (run.unit_path,), str(run.get_state_display()), run.started_by_id)
