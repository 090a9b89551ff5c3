"""What a move to another unit does to somebody's values on ladders: they go along, or are worked out anew there."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.models import RunState
from core.services import audit
from organization.models import Unit, User
from payroll.models import GradeSpan, PromotionKind, PromotionOutcome
from payroll.models.wording import ladder_text
from payroll.services.promotion import compute_promotion_run, promotion_confirm, promotion_start
from personnel.models import Person
from personnel.models.ranges import holding
from policy.models import named
from policy.selectors import policy_of_unit_for_system


@transaction.atomic
def values_end(*, actor: User | None, person: int, day: date) -> None:
    """Somebody's values end with a day, because the rules where they go work them out anew.

    Part of the service that moves them, under the lock of their file. Raises Conflict for values that begin later.
    """
    spans = GradeSpan.objects.select_for_update(of=("self",)).filter(person=person)
    if spans.filter(start__gt=day).exists():
        raise Conflict(_("A value on a ladder begins after %(day)s. Take that back first.") % {"day": day})
    for span in spans.filter(holding(day)).select_related("person"):
        before = {"scale": span.scale, "value": span.value, "start": span.start}
        if span.start == day:
            span.delete()
        else:
            span.end = day
            span.save(update_fields=["end"])
        audit(actor=actor, action="payroll.value.end", obj=span.person, before=before, after={"end": day})


@transaction.atomic
def values_begin(*, actor: User | None, person: int, unit: Unit, day: date) -> None:
    """Work out the first values of somebody who came to a unit by its rules, as a placement of theirs alone.

    The decision is the case's, with the word of both units, so the system starts and confirms the placement; it stays
    to be read with its outcome, its explanation and the pay of the year. Raises Refused with the reason where the rules
    give no value.
    """
    version = policy_of_unit_for_system(unit.code, day)
    if version is None or not version.document.scales:
        return
    newcomer = Person.objects.get(pk=person)
    run = promotion_start(actor=None, unit=unit, day=day, kind=PromotionKind.PLACEMENT, person=newcomer)
    run = compute_promotion_run(run=run)
    if run.state != RunState.READY:
        raise Refused([run.error or str(run.get_state_display())])
    without = PromotionOutcome.objects.filter(run=run, new__isnull=True)
    if without.exists():
        raise Refused(
            [
                _("No %(scale)s can be worked out for %(person)s in %(unit)s: %(why)s")
                % {
                    "scale": named(version.document.scales[one.scale].name), "person": newcomer.name, "unit": unit.name,
                    "why": ladder_text(one.code, one.params),
                }
                for one in without
            ]
        )  # fmt: skip
    run = promotion_confirm(actor=None, run=run)
    audit(
        actor=actor,
        action="payroll.value.recognise",
        obj=run,
        unit_code=unit.code,
        after={"person": person, "day": day},
    )


__all__ = ["values_begin", "values_end"]
