"""Which definition of a ratio a unit reports by."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from organization.models import Unit, UnitFact, User
from organization.services import fact_enter
from personnel.models import CrossDefinition
from personnel.selectors.ratios import FACT
from personnel.services.steps import refuse


@transaction.atomic
def cross_definition_set(*, actor: User | None, unit: Unit, day: date, definition: str, source: str) -> UnitFact:
    """From `day` on the unit, and what lies below it, reports its cross-appointment ratio by a definition.

    source: who says so, for everybody who reads the figure. It is a fact of the unit: who may enter those may do this.
    Raises Refused for a definition that is none, and as `fact_enter` does.
    """
    if definition not in CrossDefinition.values:
        refuse({"definition": [_("“%(code)s” is no definition of this ratio.") % {"code": definition}]})
    return fact_enter(actor=actor, unit=unit, key=FACT, day=day, value=definition, source=source)
