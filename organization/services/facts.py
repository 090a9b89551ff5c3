"""Numbers and words about units, with their source."""

from __future__ import annotations

import re
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from core.services import audit
from organization.access import require
from organization.models import FactKey, Permission, Unit, UnitFact, User
from organization.services.steps import locked, newest_row


@transaction.atomic
def fact_enter(*, actor: User | None, unit: Unit, key: str, day: date, value: str, source: str) -> UnitFact:
    """What is so about a unit from a day on, and who says so. The same fact of the same day is corrected.

    value: a whole number, or a word of at most 60 characters for a key that is no known one. Raises Refused.
    """
    if actor is not None:
        require(actor, Permission.CHANGE_UNITS, unit)
    unit, first_day = newest_row(unit)
    unit = locked(unit)
    key, value, source = key.strip(), value.strip().replace(",", ""), source.strip()
    errors: dict[str, list[str]] = {}
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", key):
        errors["key"] = [_("“%(key)s” names no fact: small letters, digits and _, at most 30.") % {"key": key}]
    if key in FactKey.values and not re.fullmatch(r"[0-9]{1,12}", value):
        label = FactKey(key).label
        errors["value"] = [_("%(fact)s is a whole number, not “%(value)s”.") % {"fact": label, "value": value}]
    elif not 1 <= len(value) <= 60:
        errors["value"] = [_("Enter a value of 1 to 60 characters.")]
    if not 1 <= len(source) <= 200:
        errors["source"] = [_("Say where the value comes from, in 1 to 200 characters.")]
    if day < first_day:
        errors["day"] = [_("%(unit)s begins on %(from)s only.") % {"unit": unit.name, "from": first_day}]
    if errors:
        raise Refused([text for texts in errors.values() for text in texts], errors)
    fact = UnitFact.objects.select_for_update().filter(unit__lineage=unit.first_row, key=key, day=day).first()
    before = {"value": fact.value, "source": fact.source} if fact is not None else None
    if fact is None:
        fact = UnitFact(unit=unit, key=key, day=day)
    fact.value, fact.source = value, source
    if before == {"value": value, "source": source}:
        return fact
    fact.save()
    audit(
        actor=actor,
        action="organization.unit.fact",
        obj=fact,
        unit_code=unit.code,
        before=before,
        after={"key": key, "day": str(day), "value": value, "source": source},
    )
    return fact
