"""Writes of the training ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.services import audit
from organization.models import Permission, User
from personnel.models import Person
from personnel.selectors import person_for
from training.models import TrainingMode, TrainingRecord


@transaction.atomic
def training_record_add(
    *,
    actor: User | None,
    person: Person,
    title: str,
    organiser: str,
    mode: str,
    started: date,
    days: Decimal,
) -> TrainingRecord:
    """Enter that a person took part in a course. Raises Refused with all that is wrong, Conflict if it is there."""
    if actor is not None:
        person = person_for(user=actor, person_id=person.pk, permission=Permission.CHANGE_PEOPLE)
    person = Person.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    errors = []
    if mode not in TrainingMode.values:
        errors.append(_("“%(mode)s” is no mode of training.") % {"mode": mode})
    if days <= 0 or days != days.quantize(Decimal("0.1")) or days >= 1000:
        errors.append(_("The days of %(title)s must be more than 0, with one digit at most.") % {"title": title})
    if not title.strip():
        errors.append(_("Give the title of the training."))
    if errors:
        raise Refused(errors)
    record = TrainingRecord(
        person=person, title=title.strip(), organiser=organiser.strip(), mode=mode, started=started, days=days
    )
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("%(person)s is already entered for %(title)s on %(day)s.")
            % {"person": person.name, "title": title, "day": started}
        ) from error
    audit(
        actor=actor,
        action="training.record.add",
        obj=record,
        after={"person": person.pk, "title": record.title, "mode": mode, "started": str(started), "days": str(days)},
    )
    return record
